//! Names, dimensions, type aliases, data items and free parameters.

use super::consts::{bind, eval, known_number, size};
use super::{Bad, Checker, Res, TData, TParam, TVar};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, INTERVAL, Kind, MARGIN, RANGES, Support, shape_text};
use crate::rows::args::{Args, Const};
use crate::rows::data::split::{PARTS, Split};
use crate::rows::data::{Cells, DataRow, Declared, GROUP};
use crate::rows::{self, init};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, DataItem, Expr, ExprKind, Ident, Item, TypeExpr};

/// Most numbers of one event, and of one weight.
const MOST_NUMBERS: usize = 1 << 31;

/// Whether something of this shape has at most [`MOST_NUMBERS`] numbers.
pub(super) fn holds(shape: &[usize]) -> bool {
    shape.iter().try_fold(1usize, |a, b| a.checked_mul(*b)).is_some_and(|n| n <= MOST_NUMBERS)
}

const BASES: [&str; 6] = ["Real", "Bool", "Int", "Class", "Count", "Time"];

/// `split (.., by: chance)`: rows are shuffled although there is an order in time.
const CHANCE: &str = "chance";

/// Which part of a declared type a dimension without a value stands for.
#[derive(Clone, Copy)]
enum Open {
    /// The size of this axis.
    Axis(usize),
    /// The number of classes or levels.
    Classes,
}

/// A declared type, and what it says of the cells that it is read from.
type DeclaredType = (EventTy, Cells);

/// A dimension without a value: of which variable, at which part of its type, and its name.
type OpenDim = (usize, Open, String);

/// Most axes of a shape: with that of the batch and one of classes as many as programs have.
const MOST_AXES: usize = 6;

/// Whether a type leaves the number of its values open: `Class`, `Int`.
fn bare(t: &TypeExpr) -> bool {
    t.cardinality.is_none() && matches!(t.base.name.as_str(), "Class" | "Int")
}

/// Most types of which each is defined by the next.
const MOST_ALIASES: usize = 100;

impl Checker<'_> {
    /// Collects the names of all items; reports doubles. Dimensions and aliases are usable before their text.
    pub(crate) fn declare(&mut self, items: &[&Item]) {
        for item in items {
            match item {
                Item::Dim(d) => {
                    self.name(&d.name, "dim");
                    match &d.value {
                        None => {
                            self.open_dims.insert(d.name.name.clone(), d.name.span);
                        }
                        Some(e) => match known_number(&self.consts, e) {
                            Ok(v) => {
                                self.consts.insert(d.name.name.clone(), v);
                            }
                            Err(d2) => {
                                self.broken.push(d.name.name.clone());
                                self.say(d2);
                            }
                        },
                    }
                }
                Item::Alias(a) => {
                    self.name(&a.name, "type");
                    self.aliases.insert(a.name.name.clone(), a.ty.clone());
                }
                Item::Data(d) => d.bindings.iter().for_each(|b| self.name(&b.name, "data")),
                Item::Net(n) => self.name(&n.name, "net"),
                Item::Flow(f) => self.name(&f.name, "flow"),
                Item::Param(p) => self.name(&p.name, "param"),
                Item::Fn(f) => {
                    self.name(&f.name, "fn");
                    self.fns.insert(f.name.name.clone(), f.clone());
                }
                Item::Model(m) => self.name(&m.name, "model"),
                Item::Guide(g) => self.name(&g.name, "guide"),
                Item::Use(_) | Item::Train(_) | Item::Eval(_) => {}
            }
        }
    }

    fn name(&mut self, id: &Ident, what: &'static str) {
        if let Some((_, first)) = self.names.insert(id.name.clone(), (what, id.span)) {
            self.say(codes::e0202::declared_twice(&id.name, id.span, first));
        }
    }

    /// A type as written, as an event type.
    pub(crate) fn event_ty(&mut self, t: &TypeExpr) -> Res<EventTy> {
        self.event_ty_through(t, &mut Vec::new())
    }

    /// As [`Checker::event_ty`], where the aliases `through` lead to it.
    fn event_ty_through(&mut self, t: &TypeExpr, through: &mut Vec<String>) -> Res<EventTy> {
        if let Some(at) = t.missing {
            return Err(codes::e0225::not_of_data(at).into());
        }
        if let Some(alias) = self.aliases.get(&t.base.name).cloned() {
            return self.aliased(t, &alias, through);
        }
        let card = match &t.cardinality {
            Some(e) => Some(size(&self.consts, e, 1)?),
            None => None,
        };
        let kind = match (t.base.name.as_str(), card) {
            ("Real" | "Time", None) => Kind::Real(match &t.support {
                Some(s) => self.support(s)?,
                None => Support::REALS,
            }),
            ("Bool", None) => Kind::Bool,
            ("Count", None) => Kind::Count,
            ("Int", Some(n)) => Kind::Int(n),
            ("Class", Some(n)) => Kind::Class(n),
            ("Int" | "Class", None) => {
                return Err(codes::e0208::needs_cardinality(&t.base.name, t.base.span).into());
            }
            ("Real" | "Bool" | "Count" | "Time", Some(_)) => {
                return Err(codes::e0208::no_cardinality(&t.base.name, t.span).into());
            }
            (other, _) => {
                let known = BASES.iter().copied().chain(self.aliases.keys().map(String::as_str));
                let near = did_you_mean(other, known).map(str::to_string);
                return Err(codes::e0200::unknown("type", other, t.base.span, near.as_deref()).into());
            }
        };
        if let (Some(s), true) = (&t.support, kind.discrete()) {
            return Err(codes::e0208::no_support(&t.base.name, s.span).into());
        }
        let shape = match &t.shape {
            Some(dims) => self.dims(dims)?,
            None => Vec::new(),
        };
        if let (Kind::Real(Support::Simplex { .. }), true, Some(s)) = (kind, shape.is_empty(), &t.support) {
            return Err(codes::e0208::simplex_of_a_number(s.span).into());
        }
        Ok(EventTy { kind, shape })
    }

    /// The type `t`, which goes by the name of `alias`, with axes and a range of its own.
    fn aliased(&mut self, t: &TypeExpr, alias: &TypeExpr, through: &mut Vec<String>) -> Res<EventTy> {
        if through.contains(&t.base.name) {
            return Err(codes::e0208::cyclic_alias(&t.base.name, t.span).into());
        }
        if through.len() >= MOST_ALIASES {
            return Err(codes::e0206::too_many_types(&t.base.name, t.span, MOST_ALIASES).into());
        }
        through.push(t.base.name.clone());
        let mut ty = self.event_ty_through(alias, through)?;
        if let Some(shape) = &t.shape {
            let mut outer = self.dims(shape)?;
            outer.extend(ty.shape);
            ty.shape = outer;
            if !holds(&ty.shape) {
                let shape = ty.shape_text();
                return Err(codes::e0206::too_many_numbers(t.span, "is an event", &shape).into());
            }
        }
        if let Some(s) = &t.support {
            ty.kind = Kind::Real(self.support(s)?);
        }
        Ok(ty)
    }

    pub(crate) fn dims(&self, dims: &[crate::syntax::ast::Expr]) -> Res<Vec<usize>> {
        let mut out = Vec::new();
        for d in dims {
            if let ExprKind::Name(n) = &d.kind
                && self.broken.contains(n)
            {
                return Err(Bad::Said);
            }
            out.push(size(&self.consts, d, 1)?);
        }
        if let Some(d) = dims.get(MOST_AXES) {
            return Err(codes::e0206::too_many_axes(d.span, dims.len(), MOST_AXES).into());
        }
        if !holds(&out) {
            let span = dims.first().map_or(Span::default(), |d| d.span);
            return Err(
                codes::e0206::size(span, "makes an event of more than two thousand million numbers").into()
            );
        }
        Ok(out)
    }

    /// The margin among the named arguments of `interval`.
    fn margin(&self, named: &[&Arg]) -> Res<Option<f64>> {
        let mut margin = None;
        for (a, key) in named.iter().filter_map(|a| Some((a, a.key.as_ref()?))) {
            if key.name != MARGIN {
                return Err(codes::e0207::unknown_argument(INTERVAL.0, &key.name, key.span, &[MARGIN]).into());
            }
            if margin.is_some() {
                return Err(codes::e0207::twice(INTERVAL.0, MARGIN, a.value.span).into());
            }
            let share = eval(&self.consts, &a.value)?.num().filter(|m| m.is_finite() && *m >= 0.0);
            margin = Some(share.ok_or_else(|| codes::e0208::bad_margin(a.value.span))?);
        }
        Ok(margin)
    }

    fn support(&self, c: &Call) -> Res<Support> {
        let number = |a: &Arg| match super::consts::infinite(&self.consts, &a.value) {
            Some(end) => Ok(Some(end)),
            None => eval(&self.consts, &a.value).map(|v| v.num()),
        };
        let name = c.name.name.as_str();
        let (named, ends): (Vec<&Arg>, Vec<&Arg>) = c.args.iter().partition(|a| a.key.is_some());
        let nums: Vec<f64> =
            ends.into_iter().map(number).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if name == INTERVAL.0 {
            return match (nums.as_slice(), self.margin(named.as_slice())?) {
                ([lo, hi], None) if lo < hi => Ok(Support::closed(*lo, *hi)),
                ([lo, hi], Some(share)) if lo < hi && (hi - lo).is_finite() => {
                    let more = share * (hi - lo);
                    Ok(Support::closed(lo - more, hi + more))
                }
                ([lo, hi], Some(_)) if lo < hi => Err(codes::e0208::margin_of_a_ray(c.span).into()),
                _ => Err(codes::e0208::bad_interval(c.span).into()),
            };
        }
        if let Some(key) = named.first().and_then(|a| a.key.as_ref()) {
            return Err(codes::e0207::unknown_argument(name, &key.name, key.span, &[]).into());
        }
        match RANGES.iter().find(|(n, ..)| *n == name && nums.is_empty()) {
            Some((_, support, _)) => Ok(*support),
            None => {
                let known = RANGES.iter().map(|r| r.0).chain([INTERVAL.0]);
                let near = did_you_mean(name, known).map(str::to_string);
                Err(codes::e0200::unknown("support", name, c.name.span, near.as_deref()).into())
            }
        }
    }

    pub(crate) fn data_items(&mut self, items: &[&Item]) {
        for item in items {
            if let Item::Data(d) = item
                && let Err(bad) = self.data_item(d)
            {
                self.broken.extend(d.bindings.iter().map(|b| b.name.name.clone()));
                self.left_open(d);
                self.say(bad);
            }
        }
    }

    /// A dimension that nothing decides counts as 1 until its data are read.
    fn open_is_one(&mut self, name: &str) {
        if self.consts.get(name).is_none() {
            self.consts.insert(name.to_string(), Const::Int(1));
        }
    }

    /// The dimensions that a broken data item was to decide are nothing to complain about.
    fn left_open(&mut self, d: &DataItem) {
        let types = d.bindings.iter().map(|b| &b.ty);
        for e in types.flat_map(|ty| ty.shape.iter().flatten().chain(&ty.cardinality)) {
            if let ExprKind::Name(n) = &e.kind
                && self.open_dims.remove(n).is_some()
            {
                self.open_is_one(n);
            }
        }
    }

    fn data_item(&mut self, d: &DataItem) -> Res<()> {
        let row = rows::find(rows::data::ROWS, &d.source.name.name).ok_or_else(|| {
            let near = did_you_mean(&d.source.name.name, rows::data::ROWS.iter().map(|r| r.name()))
                .map(str::to_string);
            codes::e0200::unknown("data source", &d.source.name.name, d.source.name.span, near.as_deref())
        })?;
        let mut args = bind(&self.consts, row.params(), &d.source)?;
        self.grouped(d, row, &mut args)?;
        let (mut types, open) = self.declared_types(d)?;
        let yields = self.yielded(d, row, &args, &types)?;
        for ((b, (declared, _)), got) in d.bindings.iter().zip(&mut types).zip(&yields) {
            if bare(&b.ty) && !self.aliases.contains_key(&b.ty.base.name) {
                // A source without a number of its own repeats the stand-in.
                if got.kind == declared.kind || got.kind.cardinality().is_none() {
                    return Err(codes::e0208::needs_cardinality(&b.ty.base.name, b.ty.base.span).into());
                }
                declared.kind = got.kind;
            }
        }
        self.settle(d, open, &yields, &mut types)?;
        let all: Vec<EventTy> = types.iter().map(|(t, _)| t.clone()).collect();
        let mut vars = Vec::new();
        for (v, ((b, (want, cells)), got)) in d.bindings.iter().zip(types).zip(yields).enumerate() {
            if want.shape != got.shape {
                return Err(self.other_shape(d, row, &args, (v, &all), &got));
            }
            if !got.kind.inside(want.kind) {
                let (source, at) = (&d.source.name.name, d.source.span);
                return Err(codes::e0204::kind(source, at, b.ty.span, &want, &got).into());
            }
            let (name, span) = (b.name.name.clone(), b.name.span);
            vars.push(TVar { name, ty: want, cells, ty_span: b.ty.span, span });
        }
        let mut split = self.split(d)?;
        split.watched = row.own();
        // An order in time is not shuffled unasked.
        let times =
            if split.in_order || d.by.is_some() { None } else { vars.iter().position(|v| v.cells.time) };
        split.time = times.filter(|v| vars.get(*v).is_some_and(|v| v.ty.size() == 1));
        let (dynamic, base, span) = (row.dynamic(&args), self.host.base(), d.source.span);
        self.typed.data.push(TData { vars, row, args, base, dynamic, split, span });
        Ok(())
    }

    /// The declared types of a data item with what they say of cells. A dimension without a value, standing alone in a shape or as a number of
    /// classes, counts as 1 in them, and is listed: it takes the size that the source yields.
    fn declared_types(&mut self, d: &DataItem) -> Res<(Vec<DeclaredType>, Vec<OpenDim>)> {
        let (mut types, mut open) = (Vec::new(), Vec::new());
        for (v, b) in d.bindings.iter().enumerate() {
            let axes = b.ty.shape.iter().flatten().enumerate().map(|(i, e)| (Open::Axis(i), e));
            for (what, e) in axes.chain(b.ty.cardinality.iter().map(|e| (Open::Classes, e))) {
                if let ExprKind::Name(n) = &e.kind
                    && self.open_dims.contains_key(n)
                {
                    open.push((v, what, n.clone()));
                    self.open_is_one(n);
                }
            }
            let (ty, of) = self.cells(&b.ty);
            types.push((self.event_ty(&ty)?, of));
        }
        Ok((types, open))
    }

    /// The types that the source yields for the declared ones, or that a run remembers; one for each variable.
    fn yielded<'d>(
        &self,
        d: &'d DataItem,
        row: &dyn DataRow,
        args: &Args,
        types: &[DeclaredType],
    ) -> Res<Vec<EventTy>> {
        let names: Vec<&'d str> = d.bindings.iter().map(|b| b.name.name.as_str()).collect();
        if let Some(known) = self.host.known(&names).filter(|known| known.len() == types.len()) {
            return Ok(known);
        }
        let declared =
            |(name, (ty, cells)): (&&'d str, &DeclaredType)| Declared { name, ty: ty.clone(), cells: *cells };
        let all: Vec<Declared<'_>> = names.iter().zip(types).map(declared).collect();
        let yields = row.check_named(args, &all, self.host).map_err(|issue| match issue.diag.clone() {
            Some(d) => d,
            None => codes::e0209::data_issue(&issue.message, &issue.notes, &issue.help, d.source.span),
        })?;
        if yields.len() != names.len() {
            let (first, last) = (d.bindings.first(), d.bindings.last());
            let span = first.zip(last).map_or(d.span, |(a, b)| a.name.span.to(b.ty.span));
            let source = &d.source;
            let (written, found) = (names.len(), yields.len());
            return Err(codes::e0204::variables(&source.name.name, source.span, span, written, found).into());
        }
        Ok(yields)
    }

    /// Gives open dimensions the sizes that the source yields, and the declared types theirs.
    fn settle(
        &mut self,
        d: &DataItem,
        open: Vec<OpenDim>,
        yields: &[EventTy],
        types: &mut [DeclaredType],
    ) -> Res<()> {
        for (v, what, n) in open {
            let size = yields.get(v).and_then(|y| match what {
                Open::Axis(i) => y.shape.get(i).copied(),
                // A source that has no number of its own repeats the stand-in.
                Open::Classes => y.kind.cardinality().filter(|n| *n > 1),
            });
            // What decides it first does; where it stands elsewhere it must agree.
            if let (Some(size), true) = (size, self.open_dims.contains_key(&n)) {
                self.consts.insert(n.clone(), Const::Int(size as i64));
                self.open_dims.remove(&n);
            }
            if let Some(((t, _), b)) = types.get_mut(v).zip(d.bindings.get(v)) {
                let again = self.event_ty(&self.cells(&b.ty).0)?;
                t.shape = again.shape;
                if !bare(&b.ty) {
                    t.kind = again.kind;
                }
            }
        }
        Ok(())
    }

    /// What is to be said where the source yields `got` for variable `v`, which is declared with another shape.
    fn other_shape(
        &self,
        d: &DataItem,
        row: &dyn DataRow,
        args: &Args,
        (v, all): (usize, &[EventTy]),
        got: &EventTy,
    ) -> Bad {
        let (Some(b), Some(want)) = (d.bindings.get(v), all.get(v)) else { return Bad::Said };
        let (source, at) = (&d.source.name.name, d.source.name.span);
        let (declared, found) = (want.shape_text(), got.shape_text());
        let other = || codes::e0204::shape(source, at, b.ty.span, &declared, &found).into();
        let Some((written, event)) = want.shape.split_first() else { return other() };
        // The source yields what is left without the first axis, which is no number of channels.
        let colours =
            want.shape.len() == got.shape.len() && got.shape.get(1..) == Some(event) && *written <= 4;
        if colours || event.is_empty() {
            return other();
        }
        let mut one = all.to_vec();
        one.get_mut(v).into_iter().for_each(|t| t.shape = event.to_vec());
        let answers = row.check(args, &one, self.host);
        if !answers.is_ok_and(|y| y.get(v).is_some_and(|y| y.shape == event)) {
            return other();
        }
        let event = EventTy { shape: event.to_vec(), ..got.clone() }.shape_text();
        let classes = want.kind.cardinality().filter(|_| b.ty.cardinality.is_some());
        let classes = classes.map_or(String::new(), |n| format!("({n})"));
        let right = format!("{}{classes}{event}", b.ty.base.name);
        let shape = b.ty.shape.as_ref().and_then(|s| Some(s.first()?.span.to(s.last()?.span)));
        let shape = shape.unwrap_or(b.ty.span);
        codes::e0203::batch_axis(shape, &declared, at, &event, &right, *written).into()
    }

    /// A type of a data item with a stand-in for the number of values that it leaves open, and what it says of cells.
    fn cells(&self, t: &TypeExpr) -> (TypeExpr, Cells) {
        let mut named = t;
        for _ in 0..MOST_ALIASES {
            match self.aliases.get(&named.base.name) {
                Some(alias) => named = alias,
                None => break,
            }
        }
        let bare = bare(named) && std::ptr::eq(named, t);
        let open = t
            .cardinality
            .as_ref()
            .is_some_and(|e| matches!(&e.kind, ExprKind::Name(n) if self.open_dims.contains_key(n)));
        let mut ty = t.clone();
        ty.missing = None;
        if bare {
            let kind = ExprKind::Number { value: 1.0, integer: true };
            ty.cardinality = Some(Expr { kind, span: t.base.span });
        }
        (ty, Cells { time: named.base.name == "Time", counted: bare || open, missing: t.missing.is_some() })
    }

    /// The parts of a data item: known names, each once, fractions that fit into the whole.
    fn split(&self, d: &DataItem) -> Res<Split> {
        let mut parts: Vec<(String, f64)> = Vec::new();
        for (i, (name, e)) in d.split.iter().enumerate() {
            if !PARTS.contains(&name.name.as_str()) {
                let near = match name.name.as_str() {
                    "validation" | "val" | "dev" => Some("valid"),
                    "training" => Some("train"),
                    other => did_you_mean(other, PARTS.iter().copied()),
                };
                return Err(codes::e0205::unknown_part(&name.name, name.span, near, PARTS).into());
            }
            if let Some((first, _)) = d.split.iter().take(i).find(|(n, _)| n.name == name.name) {
                return Err(codes::e0205::set_twice("split", &name.name, first.span, name.span).into());
            }
            match eval(&self.consts, e)?.num() {
                Some(x) if x > 0.0 && x <= 1.0 => parts.push((name.name.clone(), x)),
                Some(_) | None => {
                    let want = "a fraction between 0 and 1";
                    return Err(codes::e0205::wrong_kind("split", &name.name, e.span, "this", want).into());
                }
            }
        }
        let sum = parts.iter().map(|s| s.1).sum::<f64>();
        if sum > 1.0 + 1e-9 {
            let span = d.split.first().zip(d.split.last()).map_or(d.span, |(a, b)| a.0.span.to(b.1.span));
            return Err(codes::e0205::split_sum(span, sum).into());
        }
        Ok(Split { parts, in_order: d.in_order, ..Split::default() })
    }

    /// `split (.., by: "customer")`: rows with the same cell in a column stay together, in sources that have columns.
    fn grouped(&self, d: &DataItem, row: &dyn DataRow, args: &mut Args) -> Res<()> {
        let Some(by) = &d.by else { return Ok(()) };
        let column = match eval(&self.consts, by) {
            Ok(Const::Word(word)) if word == CHANCE => return Ok(()),
            Ok(column @ (Const::Text(_) | Const::Int(_))) => column,
            Ok(
                Const::Word(_)
                | Const::Num(_)
                | Const::List(_)
                | Const::Call(_)
                | Const::Range(..)
                | Const::Quantity(..),
            )
            | Err(_) => return Err(codes::e0205::split_by(by.span).into()),
        };
        match row.params().iter().find(|p| p.name == GROUP) {
            Some(p) => args.set(p.name, column, by.span),
            None => return Err(codes::e0205::no_groups(&d.source.name.name, by.span).into()),
        }
        Ok(())
    }

    /// Every dimension must have a value by now.
    pub(crate) fn close_dims(&mut self) {
        for (name, span) in std::mem::take(&mut self.open_dims) {
            self.broken.push(name.clone());
            self.say(codes::e0206::open_dim(&name, span));
        }
    }

    pub(crate) fn param_items(&mut self, items: &[&Item]) {
        for item in items {
            if let Item::Param(p) = item {
                let made = self.event_ty(&p.ty).and_then(|ty| {
                    let init = match &p.init {
                        Some(e) => {
                            let v = eval(&self.consts, e)?;
                            if let (Const::Word(_) | Const::Call(_), Kind::Real(Support::REALS)) = (&v, ty.kind) {
                                return self.drawn_param(p, ty, v, e.span);
                            }
                            let want = "a number, or for a real param without a range an initial value such as `normal(1)`";
                            let x = v.num().ok_or_else(|| codes::e0205::wrong_kind("param", &p.name.name, e.span, &v.to_string(), want))?;
                            (x, e.span)
                        }
                        None => (ty.kind.support().inner(), p.span),
                    };
                    let Kind::Real(support) = ty.kind else {
                        return Err(codes::e0208::discrete_param(&p.name.name, p.ty.span, &shape_text(&ty.shape)).into());
                    };
                    // A map from the reals reaches none of the ends.
                    let parts = ty.shape.last().copied().unwrap_or(1);
                    let whole = parts == 1 && matches!(support, Support::Simplex { .. });
                    // A single part is all of it.
                    let support = if whole { support } else { support.interior() };
                    let ty = ty.with_kind(Kind::Real(support));
                    if let (Support::Simplex { .. }, Some(e)) = (support, &p.init)
                        && (init.0 * parts as f64 - 1.0).abs() > 1e-6
                    {
                        return Err(codes::e0208::init_off_simplex(&p.name.name, e.span, init.0, parts).into());
                    }
                    if !matches!(support, Support::Simplex { .. }) && !support.interval().holds(init.0) {
                        return Err(codes::e0208::init_outside(&p.name.name, init.1, init.0, support).into());
                    }
                    Ok(TParam { name: p.name.name.clone(), ty, init: init.0, drawn: None, each: None, span: p.name.span })
                });
                match made {
                    Ok(t) => self.typed.params.push(t),
                    Err(bad) => {
                        self.broken.push(p.name.name.clone());
                        self.say(bad);
                    }
                }
            }
        }
    }

    /// `param book: Real[32, 8] = normal(0.5)`: the initial values of layers, rows being what one output reads.
    fn drawn_param(&self, p: &crate::syntax::ast::ParamItem, ty: EventTy, v: Const, at: Span) -> Res<TParam> {
        let fan = init::Fan {
            input: ty.shape.last().copied().unwrap_or(1),
            output: ty.shape.first().copied().unwrap_or(1),
        };
        let text = v.to_string();
        let declared = const { &[init::PARAM] };
        let values = vec![(init::PARAM.name, v, at)];
        let args = Args { span: at, name: p.name.name.clone(), declared, values };
        let init = init::from_args(&args, fan)?;
        Ok(TParam {
            name: p.name.name.clone(),
            ty,
            init: 0.0,
            drawn: init.map(|i| (text, i)),
            each: None,
            span: p.name.span,
        })
    }
}
