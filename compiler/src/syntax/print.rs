//! AST to text, for everything that stays on one line.

use super::ast::{
    Arg, BinOp, BindSite, Binding, Call, Density, Expr, ExprKind, Goal, Ident, Setting, Site, TypeExpr,
    Written,
};

/// Prints nodes; numbers keep the user's spelling where the source is known.
#[derive(Clone, Copy)]
pub(super) struct Printer<'a> {
    /// The text that the spans point into.
    pub source: Option<&'a str>,
}

impl std::fmt::Display for Expr {
    /// As it is written in the canonical layout.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Printer { source: None }.expr(self))
    }
}

/// How tightly an expression binds: sums, products, negation, powers, everything else.
fn strength(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Binary(op, _, _) => op_strength(*op),
        ExprKind::Neg(_) => 3,
        ExprKind::Range(..) | ExprKind::Times(..) | ExprKind::Quantity(..) => 0,
        ExprKind::Number { .. }
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::Field(..)
        | ExprKind::Call(_)
        | ExprKind::Tuple(_)
        | ExprKind::List(_)
        | ExprKind::Expect(_)
        | ExprKind::Others(_)
        | ExprKind::Another(_)
        | ExprKind::LogProb { .. }
        | ExprKind::Before(..)
        | ExprKind::At(..)
        | ExprKind::Written(_) => 5,
    }
}

fn op_strength(op: BinOp) -> u8 {
    match op {
        BinOp::Add | BinOp::Sub => 1,
        BinOp::Mul | BinOp::Div => 2,
        BinOp::Pow => 4,
    }
}

fn sign(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => " + ",
        BinOp::Sub => " - ",
        BinOp::Mul => " * ",
        BinOp::Div => " / ",
        BinOp::Pow => "^",
    }
}

/// The names joined by commas.
pub(super) fn names(list: &[Ident]) -> String {
    list.iter().map(|i| i.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The shorter of the decimal and the scientific spelling.
fn number(value: f64, integer: bool) -> String {
    let decimal = if integer { format!("{value}") } else { format!("{value:?}") };
    let scientific = format!("{value:e}");
    if integer || decimal.len() <= scientific.len() { decimal } else { scientific }
}

impl Printer<'_> {
    fn list<'e>(&self, items: impl IntoIterator<Item = &'e Expr>) -> String {
        items.into_iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(", ")
    }

    /// An expression with the fewest parentheses.
    pub fn expr(&self, e: &Expr) -> String {
        match &e.kind {
            ExprKind::Number { value, integer } => {
                let written = self.source.and_then(|s| s.get(e.span.start as usize..e.span.end as usize));
                // A parenthesised number has the parentheses in its span.
                match written
                    .map(|w| w.trim_matches(['(', ')', ' ']))
                    .filter(|w| w.parse::<f64>() == Ok(*value))
                {
                    Some(written) => written.to_string(),
                    None => number(*value, *integer),
                }
            }
            ExprKind::Text(text) => format!("\"{text}\""),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Field(a, b) => format!("{}.{}", a.name, b.name),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Tuple(items) => format!("({})", self.list(items)),
            ExprKind::List(items) => format!("[{}]", self.list(items)),
            ExprKind::Neg(a) => format!("-{}", self.at_least(a, 3)),
            ExprKind::Binary(op, a, b) => {
                let p = op_strength(*op);
                // `^` is right associative, and `2^-b` reads badly.
                let (left, right) = if *op == BinOp::Pow { (p + 1, p) } else { (p, p + 1) };
                format!("{}{}{}", self.at_least(a, left), sign(*op), self.at_least(b, right))
            }
            ExprKind::Expect(a) => format!("E[{}]", self.expr(a)),
            ExprKind::Others(a) => format!("E'[{}]", self.expr(a)),
            ExprKind::Another(a) if let ExprKind::Field(m, s) = &a.kind => format!("{}'.{}", m.name, s.name),
            ExprKind::Another(a) => format!("{}'", self.expr(a)),
            ExprKind::LogProb { model, target, given } if given.is_empty() => {
                format!("log {}({})", model.name, self.list(target))
            }
            ExprKind::LogProb { model, target, given } => {
                format!("log {}({} | {})", model.name, self.list(target), self.list(given))
            }
            ExprKind::Before(x, i) => format!("{}[< {}]", x.name, i.name),
            ExprKind::At(x, place) => format!("{}[{}]", x.name, self.expr(place)),
            ExprKind::Times(a, b) => format!("{}..{}", self.expr(a), self.expr(b)),
            ExprKind::Written(w) => self.written(w),
            ExprKind::Range(a, b) => format!("{} -> {}", self.expr(a), self.expr(b)),
            ExprKind::Quantity(a, unit) => format!("{} {}", self.expr(a), unit.name),
        }
    }

    /// `q(z | x)`
    fn density(&self, d: &Density) -> String {
        match d.given.is_empty() {
            true => format!("{}({})", d.model.name, self.list(&d.targets)),
            false => format!("{}({} | {})", d.model.name, self.list(&d.targets), self.list(&d.given)),
        }
    }

    fn written(&self, w: &Written) -> String {
        match w {
            Written::Under(q, e) => format!("E_{}[{}]", q.name, self.expr(e)),
            Written::Divergence(q, p, args) => {
                let args: String = args.iter().map(|a| format!(", {}", self.arg(a))).collect();
                format!("KL({} || {}{args})", self.density(q), self.density(p))
            }
            Written::Entropy(q) => format!("H({})", self.density(q)),
            Written::Chain(i, order, p) => {
                let (x, i) = (self.list(&p.targets), &i.name);
                let given: String = p.given.iter().map(|g| format!(", {}", self.expr(g))).collect();
                format!(
                    "sum_{{{i} in {}}} log {}({x}[{i}] | {x}[< {i}]{given})",
                    self.call(order),
                    p.model.name
                )
            }
            Written::Weights(k, p, q) => {
                format!("log mean_{{{}}} {} / {}", self.expr(k), self.density(p), self.density(q))
            }
        }
    }

    fn at_least(&self, e: &Expr, limit: u8) -> String {
        let text = self.expr(e);
        if strength(e) < limit { format!("({text})") } else { text }
    }

    /// The terms of a sum, each but the first with its sign in front; joined by blanks they are the expression.
    pub fn terms(&self, e: &Expr) -> Vec<String> {
        if let ExprKind::Binary(op @ (BinOp::Add | BinOp::Sub), a, b) = &e.kind {
            let mut terms = self.terms(a);
            terms.push(format!("{} {}", sign(*op).trim(), self.at_least(b, 2)));
            return terms;
        }
        vec![self.expr(e)]
    }

    /// `name(args)`; the block of a layer is not part of it.
    pub fn call(&self, call: &Call) -> String {
        let args: Vec<String> = call.args.iter().map(|a| self.arg(a)).collect();
        match call.parens {
            true => format!("{}({})", call.name.name, args.join(", ")),
            false => call.name.name.clone(),
        }
    }

    fn arg(&self, arg: &Arg) -> String {
        match &arg.key {
            Some(key) => format!("{}: {}", key.name, self.expr(&arg.value)),
            None => self.expr(&arg.value),
        }
    }

    /// A type.
    pub fn ty(&self, ty: &TypeExpr) -> String {
        let mut out = ty.base.name.clone();
        if let Some(n) = &ty.cardinality {
            out.push_str(&format!("({})", self.expr(n)));
        }
        out.push_str(&self.shape(&ty.shape));
        if ty.missing.is_some() {
            out.push('?');
        }
        if let Some(support) = &ty.support {
            out.push_str(&format!(" in {}", self.call(support)));
        }
        out
    }

    fn shape(&self, shape: &Option<Vec<Expr>>) -> String {
        shape.as_ref().map(|s| format!("[{}]", self.list(s))).unwrap_or_default()
    }

    /// `x: T, y: U`
    pub fn bindings(&self, list: &[Binding]) -> String {
        list.iter().map(|b| format!("{}: {}", b.name.name, self.ty(&b.ty))).collect::<Vec<_>>().join(", ")
    }

    /// A site.
    pub fn site(&self, site: &Site) -> String {
        match site {
            Site::Draw(s) => {
                let by = s.by.as_ref().map(|c| format!(" by {}", self.call(c))).unwrap_or_default();
                format!("{} ~ {}{}{by}", s.name.name, self.call(&s.dist), self.shape(&s.shape))
            }
            Site::Auto(s) => {
                format!(
                    "{}[{} in {}] ~ {}{}",
                    s.name.name,
                    s.index.name,
                    self.expr(&s.order),
                    self.call(&s.dist),
                    self.shape(&s.shape)
                )
            }
            Site::Start(s) => {
                let (place, dist) = (self.expr(&s.place), self.call(&s.dist));
                format!("{}[{place}] ~ {dist}{}", s.name.name, self.shape(&s.shape))
            }
            Site::Bind(s) => self.bind(s),
        }
    }

    /// `x = e`, `(a, b) = e`
    pub fn bind(&self, bind: &BindSite) -> String {
        let pattern = names(&bind.pattern);
        match bind.pattern.len() {
            1 => format!("{pattern} = {}", self.expr(&bind.value)),
            _ => format!("({pattern}) = {}", self.expr(&bind.value)),
        }
    }

    /// `epochs 20`
    pub fn setting(&self, s: &Setting) -> String {
        match &s.key {
            Some(key) => format!("{}({}: {})", s.name.name, key.name, self.expr(&s.value)),
            None => format!("{} {}", s.name.name, self.expr(&s.value)),
        }
    }

    /// `minimizes` and the terms of the payoff.
    pub fn goal(&self, goal: &Goal) -> Vec<String> {
        let verb = if goal.maximize { "maximizes" } else { "minimizes" };
        let mut terms = self.terms(&goal.payoff);
        if let Some(first) = terms.first_mut() {
            *first = format!("{verb} {first}");
        }
        terms
    }
}
