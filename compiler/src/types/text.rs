//! Typed expressions as people write them: plain text and LaTeX from one tree walk.

use super::{Place, TDist, TExpr, TKind, TObjective, TSubject, Typed};
use crate::rows::DistRow;
use crate::rows::args::Args;
use crate::syntax::ast::BinOp;

/// Plain text of a typed expression.
pub fn plain(typed: &Typed, e: &TExpr) -> String {
    Notation { typed, latex: false, lets: false, another: false }.expr(e, 0)
}

/// A drawn site's distribution as it is written; with `named`, each parameter with its name.
pub fn distribution(typed: &Typed, d: &TDist, named: bool) -> String {
    Notation { typed, latex: false, lets: false, another: false }.call(d.row, &d.params, None, named)
}

/// How expressions are written.
#[derive(Clone, Copy)]
pub struct Notation<'t> {
    /// The spec that they belong to.
    pub typed: &'t Typed,
    /// As LaTeX, or as plain text.
    pub latex: bool,
    /// With what the `let`s of the train block stand for in place of their names.
    pub lets: bool,
    /// Of another example: `x'` for `x`, `q'.z` for `q.z`.
    pub another: bool,
}

/// How strongly what surrounds an expression binds: it is put in parentheses where it binds less.
mod strength {
    pub(super) const NONE: u8 = 0;
    pub(super) const SUM: u8 = 1;
    pub(super) const PRODUCT: u8 = 2;
    pub(super) const POWER: u8 = 3;
    pub(super) const ATOM: u8 = 4;
}
use strength::{ATOM, NONE, POWER, PRODUCT, SUM};

/// A text that binds with `own` strength, inside of something that binds with `outer`.
fn wrap(own: u8, outer: u8, s: String) -> String {
    if own < outer { format!("({s})") } else { s }
}

impl Notation<'_> {
    /// One of two texts, LaTeX and plain.
    pub fn either<'a>(&self, latex: &'a str, plain: &'a str) -> &'a str {
        if self.latex { latex } else { plain }
    }

    /// A name of the spec.
    pub fn name(&self, n: &str) -> String {
        if self.latex && n.chars().count() > 1 {
            format!("\\mathrm{{{}}}", n.replace('_', "\\_"))
        } else {
            n.to_string()
        }
    }

    /// The name of what each example has.
    fn of_example(&self, n: &str) -> String {
        format!("{}{}", self.name(n), if self.another { "'" } else { "" })
    }

    /// A name of the language.
    pub fn op(&self, n: &str) -> String {
        if self.latex { format!("\\operatorname{{{}}}", n.replace('_', "\\_")) } else { n.to_string() }
    }

    /// The name of flow number `i`.
    pub fn flow(&self, i: usize) -> String {
        self.name(&self.typed.flow(i).name)
    }

    /// The name of schedule number `i`, as it is written.
    fn schedule(&self, i: usize) -> String {
        self.words(&self.typed.schedule(i).text)
    }

    /// Words of the spec that are no formula: a schedule, an order, a corruption.
    fn words(&self, text: &str) -> String {
        match self.latex {
            true => format!(
                "\\text{{{}}}",
                text.replace('_', "\\_").replace("->", "to").replace(['{', '}', '%', '#'], " ")
            ),
            false => text.to_string(),
        }
    }

    /// An order of a site, as it is written.
    pub fn order(&self, text: &str) -> String {
        match text.chars().all(|c| c.is_alphanumeric() || c == '_') {
            true => self.op(text),
            false => self.words(text),
        }
    }

    /// The name of model or guide number `i`.
    fn model(&self, i: usize) -> String {
        self.name(&self.typed.model(i).name)
    }

    /// The name of net number `i`, as it is written.
    fn net(&self, i: usize) -> &str {
        &self.typed.net(i).name
    }

    /// An expression; `outer` is the binding strength of what surrounds: 0 none, 1 sum, 2 product, 3 power or sign.
    #[expect(clippy::too_many_lines, reason = "one match over all forms")]
    pub fn expr(&self, e: &TExpr, outer: u8) -> String {
        match &e.kind {
            // Equal logits are written as how many there are.
            TKind::Const(_) if !e.ty.shape.is_empty() => e.ty.size().to_string(),
            TKind::Const(x) => format!("{x}"),
            TKind::Schedule(i) => self.schedule(*i),
            TKind::Data(n) | TKind::Var(n) => self.of_example(n),
            TKind::Before(x, i) if self.latex => format!("{}_{{<{}}}", self.name(x), self.name(i)),
            TKind::Before(x, i) => format!("{x}[< {i}]"),
            TKind::At(of, place) => self.at(of, place),
            TKind::Time(t) => self.name(t),
            TKind::Along(pieces) => {
                let each = pieces.iter().map(|p| format!("{} at {}", self.expr(&p.value, NONE), p.times));
                each.collect::<Vec<_>>().join("; ")
            }
            TKind::Sample(m, s) if self.another => format!("{m}'.{s}"),
            TKind::Sample(m, s) => self.name(&format!("{m}.{s}")),
            TKind::Param(i) => self.param(*i),
            TKind::Let(_)
                if self.lets
                    && let Some(x) = self.stands_for(e) =>
            {
                self.expr(x, outer)
            }
            TKind::Let(i) => self.of_example(&self.typed.bound(*i).0),
            TKind::Net { net, args, output } => {
                let several = self.typed.net(*net).outs.len() > 1;
                let tail = match (several, self.latex) {
                    (true, true) => format!("_{{{}}}", output + 1),
                    (true, false) => format!("_{}", output + 1),
                    (false, _) => String::new(),
                };
                format!("{}{tail}({})", self.name(self.net(*net)), self.list(args))
            }
            TKind::Flow { flow, .. } => format!("{}({})", self.flow(*flow), self.list(e.children())),
            TKind::Map { row, args, arg } => {
                format!("{}({}{})", self.op(row.name()), self.expr(arg, NONE), self.compile_time(args))
            }
            TKind::Fn { row, args } => format!("{}({})", self.op(row.name()), self.list(args)),
            TKind::Neg(a) => wrap(SUM, outer, format!("-{}", self.expr(a, POWER))),
            TKind::Binary(op, a, b) => self.binary(*op, a, b, outer),
            TKind::Expect(a) if self.latex => {
                format!("\\mathbb{{E}}\\left[{}\\right]", self.expr(a, NONE))
            }
            TKind::Expect(a) => format!("E[{}]", self.expr(a, NONE)),
            TKind::LogProb { model, values, targets } => {
                wrap(PRODUCT, outer, self.log_prob(*model, values, targets))
            }
            TKind::Objective(o) => self.objective(o),
            TKind::Grad { of, at } => {
                format!("{}({}, {})", self.op("grad"), self.expr(of, NONE), self.expr(at, NONE))
            }
            TKind::Others(a) if self.latex => {
                format!("\\mathbb{{E}}'\\left[{}\\right]", self.expr(a, NONE))
            }
            TKind::Others(a) => format!("E'[{}]", self.expr(a, NONE)),
            // The prime stands at the names: what is computed of another example is computed of its values.
            TKind::Another(a) => Notation { another: true, ..*self }.expr(a, outer),
            TKind::Kept(k) => {
                format!("{}({}, {})", self.op(k.keep.name()), self.expr(&k.arg, NONE), k.keep.amount())
            }
            TKind::Corrupt { arg, row, args, schedules } => {
                let how = self.scheduled(args, schedules);
                format!("{}({}, {}({how}))", self.op("corrupt"), self.expr(arg, NONE), self.op(row.name()))
            }
        }
    }

    /// `z[t - 1]`
    fn at(&self, of: &TExpr, place: &Place) -> String {
        let of = if let TKind::Before(x, _) = &of.kind { self.name(x) } else { self.expr(of, ATOM) };
        match self.latex {
            true => format!("{of}_{{{place}}}"),
            false => format!("{of}[{place}]"),
        }
    }

    /// What a `let` stands for, where that can be written by itself: not one of several outputs of a net.
    pub fn stands_for<'e>(&'e self, e: &'e TExpr) -> Option<&'e TExpr> {
        let TKind::Let(i) = &e.kind else { return None };
        let (_, x) = self.typed.bound(*i);
        let several = |net: &usize| self.typed.net(*net).outs.len() > 1;
        (!matches!(&x.kind, TKind::Net { net, .. } if several(net))).then_some(x)
    }

    /// Expressions with commas between them.
    fn list<'e>(&self, es: impl IntoIterator<Item = &'e TExpr>) -> String {
        es.into_iter().map(|e| self.expr(e, NONE)).collect::<Vec<_>>().join(", ")
    }

    /// Parameter number `i`; with the variable whose every datum has its own.
    fn param(&self, i: usize) -> String {
        let p = self.typed.param(i);
        let of = p.each.and_then(|d| self.typed.item(d).vars.first());
        let of = of.map_or(String::new(), |v| format!("[{}]", self.name(&v.name)));
        format!("{}{of}", self.name(&p.name))
    }

    fn binary(&self, op: BinOp, a: &TExpr, b: &TExpr, outer: u8) -> String {
        let infix = |own: u8, left: u8, sign: &str, right: u8| {
            wrap(own, outer, format!("{}{sign}{}", self.expr(a, left), self.expr(b, right)))
        };
        match op {
            BinOp::Add => infix(SUM, SUM, " + ", SUM),
            BinOp::Sub => infix(SUM, SUM, " - ", PRODUCT),
            BinOp::Mul => infix(PRODUCT, PRODUCT, self.either(" \\, ", " * "), PRODUCT),
            BinOp::Div if self.latex => {
                format!("\\frac{{{}}}{{{}}}", self.expr(a, NONE), self.expr(b, NONE))
            }
            BinOp::Div => infix(PRODUCT, PRODUCT, " / ", POWER),
            BinOp::Pow if self.latex => format!("{}^{{{}}}", self.expr(a, ATOM), self.expr(b, NONE)),
            BinOp::Pow => infix(POWER, ATOM, "^", POWER),
        }
    }

    /// `log p(x | z)`
    fn log_prob(&self, model: usize, values: &[(String, TExpr)], targets: &[String]) -> String {
        let shown = |target: bool| {
            self.list(values.iter().filter(|(n, _)| targets.contains(n) == target).map(|(_, v)| v))
        };
        let given = shown(false);
        let bar = match given.is_empty() {
            true => String::new(),
            false => format!(" {} {given}", self.either("\\mid", "|")),
        };
        let m = self.name(&self.typed.model(model).name);
        format!("{} {m}({}{bar})", self.either("\\log", "log"), shown(true))
    }

    /// An objective as it is written, without arguments that are as when they are not written.
    pub fn objective(&self, o: &TObjective) -> String {
        let subjects = o.subjects.iter().map(|s| match s {
            TSubject::Model(i) | TSubject::Guide(i) => self.model(*i),
            TSubject::Critic(c) if c.given.is_empty() => self.name(self.net(c.net)),
            TSubject::Critic(c) => {
                format!(
                    "{}({}, {})",
                    self.name(self.net(c.net)),
                    self.either("\\cdot", "·"),
                    self.list(c.given.iter())
                )
            }
            TSubject::Input(x) => self.expr(x, NONE),
        });
        let args = o.row.params().iter().filter_map(|p| {
            let value = match o.amount(p.name) {
                Some(x) => Some(self.expr(x, NONE)),
                None => o.args.get(p.name).map(ToString::to_string),
            };
            value.filter(|v| p.default != Some(v)).map(|v| format!("{}: {v}", self.name(p.name)))
        });
        format!("{}({})", self.op(o.row.name()), subjects.chain(args).collect::<Vec<_>>().join(", "))
    }

    /// `, lr: 0.1`: the arguments that were written.
    fn compile_time(&self, args: &Args) -> String {
        let written = args.values.iter().filter(|v| v.2 != args.span);
        written.map(|(n, v, _)| format!(", {}: {v}", self.name(n))).collect()
    }

    /// The values of arguments, or the schedules that they follow.
    fn scheduled(&self, args: &Args, schedules: &[(String, usize)]) -> String {
        let values = args.values.iter().map(|(n, v, _)| match schedules.iter().find(|(s, _)| s == n) {
            Some((_, i)) => self.schedule(*i),
            None => v.to_string(),
        });
        values.collect::<Vec<_>>().join(", ")
    }

    /// A distribution as it is written, without names: `Normal(m, s)`.
    pub fn dist(&self, d: &TDist) -> String {
        self.call(d.row, &d.params, None, false)
    }

    /// `Normal(x; m, s)`
    pub fn density_at(&self, d: &TDist, x: &str) -> String {
        self.call(d.row, &d.params, Some(x), false)
    }

    /// A distribution as it is written, `Mixture(Normal(m, s), logits: w)`, at the point `at` if there is one: `Normal(x; m, s)`. With
    /// `named` every parameter has its name.
    fn call(&self, row: &dyn DistRow, params: &[Option<TExpr>], at: Option<&str>, named: bool) -> String {
        let specs = row.dist_params();
        let inside =
            row.form().map(|(form, inner)| (form.name(), inner, inner.dist_params().len().min(params.len())));
        let own = inside.map_or(0, |(_, _, n)| n);
        let mut shown = Vec::new();
        if let Some((_, inner, n)) = inside {
            let (of_inner, _) = params.split_at(n);
            shown.push(self.call(inner, of_inner, None, named));
        }
        let all_ends = specs.iter().zip(params).skip(own).all(|(_, p)| p.is_some());
        for (s, p) in specs.iter().zip(params).skip(own) {
            let Some(p) = p else { continue };
            let v = self.expr(p, NONE);
            let end = s.default.is_some_and(f64::is_infinite);
            // What a form adds is told from the row inside by its name, and one end of an interval from the other.
            let count = matches!(p.kind, TKind::Const(_)) && !p.ty.shape.is_empty();
            let by_name = match (named, inside.is_some()) {
                _ if count => false,
                (true, _) => true,
                (false, true) => !(end && all_ends),
                (false, false) => (s.group != 0 || s.elsewhere.is_some()) && at.is_none(),
            };
            let as_default =
                inside.is_some() && matches!((&p.kind, s.default), (TKind::Const(c), Some(d)) if *c == d);
            match (as_default, by_name) {
                (true, _) => {}
                (false, true) => shown.push(format!("{}: {v}", self.name(s.name))),
                (false, false) => shown.push(v),
            }
        }
        let name = inside.map_or(row.name(), |(form, _, _)| form);
        let point = at.map_or(String::new(), |x| format!("{x}; "));
        format!("{}({point}{})", self.op(name), shown.join(", "))
    }
}
