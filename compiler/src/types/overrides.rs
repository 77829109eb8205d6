//! `--set path=value`: replaces one literal of a spec before it is checked.
//!
//! All places that can be changed are visited with their paths, `places`; [`apply`] changes the one whose path is asked for.
//! Values keep spans near the place they change, so that the checker's messages about them point there.

mod literals;

use crate::diag::{Diag, codes};
use crate::rows::measure::{self, Needs};
use crate::rows::{self, Row, setting};
use crate::span::{FileId, Span};
use crate::syntax::ast::{
    Arg, Call, EvalItem, Expr, ExprKind, Ident, Item, Layer, Setting, Site, Spec, TrainItem,
};
use crate::syntax::walk::{self, Visitor};
use literals::literals;

/// Sets the literal at `path` to `value`, or adds the argument or setting that the path names.
///
/// # Errors
/// E0217: no place of the spec has this path, or the value cannot be read.
pub fn apply(spec: &mut Spec, path: &str, value: &str) -> Result<(), Diag> {
    let path = path.trim();
    let at = item_span(spec, path);
    let value = crate::syntax::parse_expr(FileId::SPEC, value)
        .map_err(|d| codes::e0217::bad_value(path, value.trim(), at, &d.message))?;
    let mut known = Vec::new();
    let mut done = None;
    places(spec, &mut |paths, place| {
        if done.is_none() && paths.iter().any(|p| p == path) {
            done = Some(place.set(&value));
        }
        known.extend(paths.first().cloned());
    });
    match done {
        Some(true) => Ok(()),
        Some(false) => Err(codes::e0217::bad_value(
            path,
            &text(&value),
            at,
            "an optimizer is a call, such as `adam(lr: 1e-3)`",
        )),
        None => Err(codes::e0217::unknown(path, at, &known)),
    }
}

/// Every path that [`apply`] understands for this spec, each place once.
pub fn paths(spec: &Spec) -> Vec<String> {
    let mut known = Vec::new();
    places(&mut spec.clone(), &mut |paths, _| known.extend(paths.first().cloned()));
    known
}

/// Where the text of a spec says what `path` names; none where that is not written, or the spec has no such path.
pub fn written(spec: &Spec, path: &str) -> Option<Span> {
    let mut found = None;
    places(&mut spec.clone(), &mut |paths, place| {
        if found.is_none() && paths.iter().any(|p| p == path.trim()) {
            found = Some(place.span());
        }
    });
    found.flatten()
}

/// A place that can be changed.
enum Place<'a> {
    /// An expression that is there.
    Expr(&'a mut Expr),
    /// An expression that may be absent; the span says where it would stand.
    Optional(&'a mut Option<Expr>, Span),
    /// An argument to be added to a call, by name or as the first one.
    Argument(&'a mut Call, Option<&'static str>),
    /// The first of several arguments without names; a list takes the place of all.
    Positions(&'a mut Call),
    /// A setting to be added.
    Setting(&'a mut Vec<Setting>, &'static str, Span),
    /// A call to be added, with the name of its argument.
    Call(&'a mut Vec<Call>, &'static str, &'static str, Span),
    /// An optimizer.
    Using(&'a mut Option<Call>, Span),
    /// An optimizer to be added, with one argument.
    UsingWith(&'a mut Option<Call>, &'static str, Span),
}

impl Place<'_> {
    /// The text that it replaces.
    fn span(&self) -> Option<Span> {
        match self {
            Place::Expr(e) => Some(e.span),
            Place::Optional(e, _) => e.as_ref().map(|e| e.span),
            Place::Using(c, _) => c.as_ref().map(|c| c.span),
            Place::Argument(..)
            | Place::Positions(_)
            | Place::Setting(..)
            | Place::Call(..)
            | Place::UsingWith(..) => None,
        }
    }

    /// Whether the value fits there.
    fn set(self, value: &Expr) -> bool {
        match self {
            Place::Expr(e) => *e = moved(value, e.span),
            Place::Optional(slot, span) => {
                let at = slot.as_ref().map_or(span, |e| e.span);
                *slot = Some(moved(value, at));
            }
            Place::Argument(call, key) => add_argument(call, key, value),
            Place::Positions(call) => {
                let list = matches!(value.kind, ExprKind::List(_) | ExprKind::Tuple(_));
                let mut first = true;
                call.args.retain_mut(|a| {
                    if a.key.is_some() {
                        return true;
                    }
                    if first {
                        a.value = moved(value, a.value.span);
                    }
                    std::mem::take(&mut first) || !list
                });
            }
            Place::Setting(all, name, span) => {
                // Of the settings that say how long to train there is one.
                let length = |n: &str| rows::find(setting::ROWS, n).is_some_and(|r| r.counts().is_some());
                all.retain(|s| !(length(name) && length(&s.name.name)));
                all.push(Setting {
                    name: ident(name, span),
                    key: None,
                    value: moved(value, after(span, all.len())),
                });
            }
            Place::Call(all, name, key, span) => {
                let mut call =
                    Call { name: ident(name, span), args: Vec::new(), parens: true, block: None, span };
                add_argument(&mut call, Some(key), value);
                all.push(call);
            }
            Place::Using(slot, span) => {
                let at = slot.as_ref().map_or(span, |c| c.span);
                let value = moved(value, at);
                if let ExprKind::Call(c) = value.kind {
                    *slot = Some(c);
                } else if let ExprKind::Name(n) = &value.kind {
                    *slot = Some(Call {
                        name: ident(n, value.span),
                        args: Vec::new(),
                        parens: false,
                        block: None,
                        span: value.span,
                    });
                } else {
                    return false;
                }
            }
            Place::UsingWith(slot, key, span) => {
                let name = ident(rows::optimizer::DEFAULT.name(), span);
                let mut call = Call { name, args: Vec::new(), parens: true, block: None, span };
                add_argument(&mut call, Some(key), value);
                *slot = Some(call);
            }
        }
        true
    }
}

fn add_argument(call: &mut Call, key: Option<&str>, value: &Expr) {
    call.parens = true;
    let at = after(call.span, call.args.len());
    let arg = Arg { key: key.map(|k| ident(k, at)), value: moved(value, at) };
    match key {
        Some(_) => call.args.push(arg),
        None => call.args.insert(0, arg),
    }
}

fn ident(name: &str, span: Span) -> Ident {
    Ident { name: name.to_string(), span }
}

/// A place behind `span`, another one for each `n`: the checker tells arguments apart by their spans.
fn after(span: Span, n: usize) -> Span {
    let end = span.end.saturating_add(n as u32);
    Span { start: end, end, ..span }
}

/// The value with its spans counted from the start of `at`.
fn moved(value: &Expr, at: Span) -> Expr {
    struct Shift(Span);
    impl Visitor for Shift {
        fn name(&mut self, _: &mut String, span: &mut Span, _: walk::Role) {
            self.span(span);
        }
        fn span(&mut self, s: &mut Span) {
            let by = self.0.start;
            *s = Span { file: self.0.file, start: s.start.saturating_add(by), end: s.end.saturating_add(by) };
        }
    }
    let mut e = value.clone();
    walk::expr(&mut e, &mut Shift(at));
    e
}

fn text(e: &Expr) -> String {
    if let ExprKind::Number { value, .. } = e.kind { value.to_string() } else { "this value".to_string() }
}

/// The name of the item that a path starts with.
fn item_span(spec: &Spec, path: &str) -> Span {
    let head = path.split('.').next().unwrap_or(path);
    let found = spec.items.iter().find_map(|i| match i {
        Item::Use(_) | Item::Alias(_) | Item::Fn(_) => None,
        Item::Dim(d) => (d.name.name == head).then_some(d.name.span),
        Item::Param(p) => (p.name.name == head).then_some(p.name.span),
        Item::Data(d) => d.bindings.iter().find(|b| b.name.name == head).map(|b| b.name.span),
        Item::Net(n) => (n.name.name == head).then_some(n.name.span),
        Item::Flow(f) => (f.name.name == head).then_some(f.name.span),
        Item::Model(m) => (m.name.name == head).then_some(m.name.span),
        Item::Guide(g) => (g.name.name == head).then_some(g.name.span),
        Item::Train(t) => (head == "train").then_some(first(t.span, "train")),
        Item::Eval(e) => (head == "eval").then_some(first(e.span, "eval")),
    });
    found.unwrap_or(Span::new(FileId::SPEC, 0, 1))
}

fn first(span: Span, word: &str) -> Span {
    Span { end: span.start + word.len() as u32, ..span }
}

type Visit<'v> = &'v mut dyn FnMut(&[String], Place<'_>);

/// Visits every place with its paths, the most telling one first.
fn places(spec: &mut Spec, visit: Visit<'_>) {
    let per_datum = spec.items.iter().any(|i| matches!(i, Item::Guide(g) if g.per_datum));
    for item in &mut spec.items {
        match item {
            Item::Use(_) | Item::Alias(_) | Item::Fn(_) => {}
            Item::Dim(d) => {
                let n = &d.name.name;
                visit(&[n.clone(), format!("dim.{n}")], Place::Optional(&mut d.value, d.name.span));
            }
            Item::Param(p) => {
                let n = &p.name.name;
                visit(&[n.clone(), format!("param.{n}")], Place::Optional(&mut p.init, p.name.span));
            }
            Item::Data(d) => {
                let names: Vec<String> = d
                    .bindings
                    .iter()
                    .flat_map(|b| [b.name.name.clone(), format!("data.{}", b.name.name)])
                    .collect();
                let row = rows::find(rows::data::ROWS, &d.source.name.name);
                let known: Vec<&'static str> =
                    row.map_or(Vec::new(), |r| r.params().iter().map(|p| p.name).collect());
                arguments(&mut d.source, &names, &known, visit);
            }
            Item::Net(n) => layers(&mut n.body, &n.name.name, visit),
            Item::Flow(f) => layers(&mut f.body, &f.name.name, visit),
            Item::Model(m) => sites(&mut m.sites, &m.name.name, visit),
            Item::Guide(g) => sites(&mut g.sites, &g.name.name, visit),
            Item::Train(t) => train(t, visit),
            Item::Eval(e) => eval(e, per_datum, visit),
        }
    }
    if !spec.items.iter().any(|i| matches!(i, Item::Train(_))) {
        let end = spec.items.len() as u32;
        let span = Span { file: FileId::SPEC, start: end, end: end + 1 };
        let mut t = TrainItem {
            lets: Vec::new(),
            players: Vec::new(),
            goal: None,
            using: None,
            simultaneous: None,
            settings: Vec::new(),
            span,
        };
        train(&mut t, visit);
        if t.using.is_some() || !t.settings.is_empty() {
            spec.items.push(Item::Train(t));
        }
    }
}

/// The items of `eval` that are there, then those that can be added; what asks about parameters of each datum only where there are such.
fn eval(e: &mut EvalItem, per_datum: bool, visit: Visit<'_>) {
    for s in &mut e.settings {
        visit(&[format!("eval.{}", s.name.name)], Place::Expr(&mut s.value));
    }
    for c in &mut e.calls {
        let path = format!("eval.{}", c.name.name);
        let Some(row) = rows::find(measure::ROWS, &c.name.name) else { continue };
        match row.single() {
            None => {
                let known: Vec<&'static str> = row.params().iter().map(|p| p.name).collect();
                arguments(c, &[path], &known, visit);
            }
            Some(p) => {
                let paths = [path.clone(), format!("{path}.{}", p.name)];
                match c.args.first_mut() {
                    Some(a) => visit(&paths, Place::Expr(&mut a.value)),
                    None => visit(&paths, Place::Argument(c, Some(p.name))),
                }
            }
        }
    }
    for row in measure::ROWS {
        let name = row.name();
        let there =
            e.settings.iter().any(|s| s.name.name == name) || e.calls.iter().any(|c| c.name.name == name);
        if there || (row.needs() == Needs::PerDatum && !per_datum) {
            continue;
        }
        match row.single() {
            Some(p) if p.name == name => {
                visit(&[format!("eval.{name}")], Place::Setting(&mut e.settings, name, e.span));
            }
            Some(p) => {
                let paths = [format!("eval.{name}"), format!("eval.{name}.{}", p.name)];
                visit(&paths, Place::Call(&mut e.calls, name, p.name, e.span));
            }
            None => {
                for p in row.params() {
                    let path = format!("eval.{name}.{}", p.name);
                    visit(&[path], Place::Call(&mut e.calls, name, p.name, e.span));
                }
            }
        }
    }
}

/// The arguments of a call below each of `prefixes`: those that are there, by name and position, and those that its row takes.
fn arguments(call: &mut Call, prefixes: &[String], known: &[&'static str], visit: Visit<'_>) {
    let below = |last: &str| -> Vec<String> { prefixes.iter().map(|p| format!("{p}.{last}")).collect() };
    let mut given: Vec<String> = Vec::new();
    let mut position = 0;
    for a in &mut call.args {
        let mut paths = Vec::new();
        match &a.key {
            Some(k) => {
                given.push(k.name.clone());
                paths.extend(below(&k.name));
            }
            None => {
                if let Some(name) = known.get(position) {
                    given.push((*name).to_string());
                    paths.extend(below(name));
                } else {
                    paths.extend(below(&position.to_string()));
                }
                position += 1;
            }
        }
        visit(&paths, Place::Expr(&mut a.value));
    }
    for name in known.iter().copied().filter(|n| !given.iter().any(|g| g == n)) {
        visit(&below(name), Place::Argument(call, Some(name)));
    }
}

/// What a layer of this name takes.
fn layer_arguments(name: &str) -> Vec<&'static str> {
    let names = |r: &dyn Row| r.params().iter().map(|p| p.name).collect();
    let layer = rows::find(rows::layer::ROWS, name).map(|r| names(r));
    let bijection = || rows::find(rows::bijection::ROWS, name).map(|r| names(r));
    let map = || rows::find(rows::map::ROWS, name).map(|r| names(r));
    layer.or_else(bijection).or_else(map).unwrap_or_default()
}

fn layers(body: &mut [Layer], prefix: &str, visit: Visit<'_>) {
    for (i, l) in body.iter_mut().enumerate() {
        let path = format!("{prefix}.{i}");
        match l {
            Layer::Repeat(r) => {
                visit(std::slice::from_ref(&path), Place::Expr(&mut r.count));
                layers(&mut r.body, &path, visit);
            }
            Layer::Call(c) => {
                let known = layer_arguments(&c.name.name);
                let plain = c.args.iter().filter(|a| a.key.is_none()).count();
                match (plain, known.first()) {
                    (0, None) => {}
                    (0, Some(_))
                        if c.args.iter().any(|a| {
                            a.key.as_ref().is_some_and(|k| Some(&k.name.as_str()) == known.first())
                        }) => {}
                    (0, Some(_)) => visit(std::slice::from_ref(&path), Place::Argument(c, None)),
                    (1, _) => {
                        if let Some(a) = c.args.iter_mut().find(|a| a.key.is_none()) {
                            visit(std::slice::from_ref(&path), Place::Expr(&mut a.value));
                        }
                    }
                    (_, _) => visit(std::slice::from_ref(&path), Place::Positions(c)),
                }
                arguments(c, std::slice::from_ref(&path), &known, visit);
                if let Some(b) = &mut c.block {
                    layers(b, &path, visit);
                }
            }
        }
    }
}

fn sites(all: &mut [Site], model: &str, visit: Visit<'_>) {
    for s in all {
        match s {
            Site::Draw(d) => {
                let path = format!("{model}.{}", d.name.name);
                if let Some([one]) = d.shape.as_deref_mut() {
                    visit(&[format!("{path}.shape")], Place::Expr(one));
                }
                distribution(&mut d.dist, &path, visit);
            }
            Site::Auto(a) => {
                let path = format!("{model}.{}", a.name.name);
                if let Some([one]) = a.shape.as_deref_mut() {
                    visit(&[format!("{path}.shape")], Place::Expr(one));
                }
                distribution(&mut a.dist, &path, visit);
            }
            Site::Start(s) => distribution(&mut s.dist, &format!("{model}.{}.start", s.name.name), visit),
            Site::Bind(b) => {
                let names: Vec<&str> = b.pattern.iter().map(|n| n.name.as_str()).collect();
                literals(&mut b.value, &format!("{model}.{}", names.join(".")), visit);
            }
        }
    }
}

/// The arguments of a distribution, and of the one inside it, where a form is around one: all below the same path.
fn distribution(call: &mut Call, path: &str, visit: Visit<'_>) {
    let names = |r: &'static dyn rows::DistRow| {
        r.dist_params().iter().map(|p| p.name).chain(r.params().iter().map(|p| p.name)).collect()
    };
    if let Some(form) = rows::find(rows::distribution::FORMS, &call.name.name) {
        let inside =
            call.args.iter().position(|a| a.key.is_none() && matches!(a.value.kind, ExprKind::Call(_)));
        let inner = inside.map(|i| call.args.remove(i));
        let known: Vec<&'static str> = form.own_params().iter().map(|p| p.name).collect();
        arguments(call, &[path.to_string()], &known, visit);
        if let (Some(i), Some(mut inner)) = (inside, inner) {
            if let ExprKind::Call(c) = &mut inner.value.kind {
                distribution(c, path, visit);
            }
            call.args.insert(i, inner);
        }
        return;
    }
    let known: Vec<&'static str> =
        rows::find(rows::distribution::ROWS, &call.name.name).map(names).unwrap_or_default();
    arguments(call, &[path.to_string()], &known, visit);
}

fn optimizer_arguments(call: &Call) -> Vec<&'static str> {
    rows::find(rows::optimizer::ROWS, &call.name.name)
        .map_or(Vec::new(), |r| r.params().iter().map(|p| p.name).collect())
}

/// The places of one optimizer below `prefix`.
fn using(slot: &mut Option<Call>, prefix: &str, span: Span, visit: Visit<'_>) {
    let path = format!("{prefix}.optimizer");
    match slot {
        Some(c) => {
            let known = optimizer_arguments(c);
            arguments(c, &[prefix.to_string(), path.clone()], &known, visit);
        }
        None => {
            for p in rows::optimizer::DEFAULT.params() {
                let paths = [format!("{prefix}.{}", p.name), format!("{path}.{}", p.name)];
                visit(&paths, Place::UsingWith(slot, p.name, span));
            }
        }
    }
    visit(&[path, format!("{prefix}.using")], Place::Using(slot, span));
}

fn train(t: &mut TrainItem, visit: Visit<'_>) {
    for s in &mut t.settings {
        visit(&[format!("train.{}", s.name.name)], Place::Expr(&mut s.value));
    }
    for name in setting::ROWS.iter().map(|r| r.name()) {
        if !t.settings.iter().any(|s| s.name.name == name) {
            visit(&[format!("train.{name}")], Place::Setting(&mut t.settings, name, t.span));
        }
    }
    // The optimizer of the block counts where some player has none of its own.
    if t.players.is_empty() || t.players.iter().any(|p| p.using.is_none()) {
        using(&mut t.using, "train", t.span, visit);
    }
    for l in &mut t.lets {
        let names: Vec<&str> = l.pattern.iter().map(|n| n.name.as_str()).collect();
        let path = format!("train.{}", names.join("."));
        literals(&mut l.value, &path, visit);
    }
    if let Some(g) = &mut t.goal {
        literals(&mut g.payoff, "train.objective", visit);
    }
    for p in &mut t.players {
        let path = format!("train.{}", p.name.name);
        literals(&mut p.goal.payoff, &format!("{path}.objective"), visit);
        visit(&[format!("{path}.steps")], Place::Optional(&mut p.steps, p.name.span));
        if p.using.is_some() {
            using(&mut p.using, &path, p.span, visit);
        }
        if let Some(a) = p.within.as_mut().and_then(|w| w.args.first_mut()) {
            visit(&[format!("{path}.clip")], Place::Expr(&mut a.value));
        }
    }
}
