//! pest pairs to expressions, calls, types and layers.

use super::ast::{Arg, BinOp, Binding, Call, Expr, ExprKind, Ident, Layer, RepeatLayer, TypeExpr};
use super::grammar::{Rule, is_punctuation};
use crate::diag::Diag;
use crate::diag::codes::{e0100, e0105, e0107, e0108, e0109, e0114, e0602};
use crate::span::{FileId, Span};
use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::iter::Peekable;
use std::sync::LazyLock;

/// A built node, or the one error of the item.
pub(super) type Built<T> = Result<T, Diag>;

/// Operators chained along any one path of an expression; keeps recursive passes within their stack.
const MAX_CHAIN: usize = 400;

/// Where the text that pest parsed lies in its file.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a> {
    /// The file.
    pub file: FileId,
    /// The whole file with comments blanked.
    pub text: &'a str,
    /// Offset of what pest parsed.
    pub base: usize,
}

/// The children of a pair without punctuation and keywords.
pub(super) struct Parts<'i> {
    pairs: Peekable<Pairs<'i, Rule>>,
    whole: Span,
}

impl<'i> Parts<'i> {
    /// The next child.
    pub fn next(&mut self) -> Option<Pair<'i, Rule>> {
        while self.pairs.peek().is_some_and(|p| is_punctuation(p.as_rule())) {
            self.pairs.next();
        }
        self.pairs.next()
    }
    /// The next child if it is a `rule`.
    pub fn take(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        while self.pairs.peek().is_some_and(|p| is_punctuation(p.as_rule())) {
            self.pairs.next();
        }
        self.pairs.next_if(|p| p.as_rule() == rule)
    }
    /// The next child, which the grammar promises.
    pub fn need(&mut self) -> Built<Pair<'i, Rule>> {
        let whole = self.whole;
        self.next().ok_or_else(|| broken(whole))
    }
}

/// The grammar and the builder disagree. Reported, not panicked, as every input must be answered.
pub(super) fn broken(span: Span) -> Diag {
    Diag::new("E0100", "the parser did not understand its own grammar", span, "while reading this")
        .note("this is a bug in gmc, not in the spec")
}

impl<'a> Cx<'a> {
    /// The span of a pair without the blanks that pest counts to it.
    pub fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let start = self.base + span.start();
        Span::new(self.file, start, start + span.as_str().trim_end().len())
    }
    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
    /// The children of `pair`.
    pub fn parts<'i>(&self, pair: Pair<'i, Rule>) -> Parts<'i> {
        let whole = self.span(&pair);
        Parts { pairs: pair.into_inner().peekable(), whole }
    }
    /// A name.
    pub fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: pair.as_str().to_string(), span: self.span(pair) }
    }
    /// The names left in `parts`.
    pub fn idents(&self, parts: &mut Parts<'_>) -> Vec<Ident> {
        std::iter::from_fn(|| parts.take(Rule::name)).map(|p| self.ident(&p)).collect()
    }

    /// `name: type`
    pub fn binding(&self, pair: Pair<'_, Rule>) -> Built<Binding> {
        let mut parts = self.parts(pair);
        let name = self.ident(&parts.need()?);
        Ok(Binding { name, ty: self.ty(parts.need()?)? })
    }

    /// The bindings next in `parts`.
    pub fn bindings(&self, parts: &mut Parts<'_>) -> Built<Vec<Binding>> {
        std::iter::from_fn(|| parts.take(Rule::binding)).map(|p| self.binding(p)).collect()
    }

    /// A type.
    pub fn ty(&self, pair: Pair<'_, Rule>) -> Built<TypeExpr> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let base = self.ident(&parts.need()?);
        let cardinality = parts.take(Rule::expr).map(|p| self.expr(p, 0)).transpose()?;
        let shape = parts.take(Rule::shape).map(|p| self.shape(p)).transpose()?;
        let missing = parts.take(Rule::missing).map(|p| self.span(&p));
        let support = parts.take(Rule::call).map(|p| self.call(p, 0)).transpose()?;
        Ok(TypeExpr { base, cardinality, shape, missing, support, span })
    }

    /// `[a, b]`
    pub fn shape(&self, pair: Pair<'_, Rule>) -> Built<Vec<Expr>> {
        self.exprs(&mut self.parts(pair), 0)
    }

    fn exprs(&self, parts: &mut Parts<'_>, depth: usize) -> Built<Vec<Expr>> {
        std::iter::from_fn(|| parts.take(Rule::expr)).map(|p| self.expr(p, depth)).collect()
    }

    /// `{ layer, layer }`
    pub fn layers(&self, pair: Pair<'_, Rule>) -> Built<Vec<Layer>> {
        let mut parts = self.parts(pair);
        std::iter::from_fn(|| parts.take(Rule::layer)).map(|p| self.layer(p)).collect()
    }

    fn layer(&self, pair: Pair<'_, Rule>) -> Built<Layer> {
        let inner = self.parts(pair).need()?;
        let span = self.span(&inner);
        if inner.as_rule() != Rule::repeat {
            let mut parts = self.parts(inner);
            let mut call = self.call(parts.need()?, 0)?;
            call.block = parts.take(Rule::body).map(|p| self.layers(p)).transpose()?;
            return Ok(Layer::Call(call));
        }
        let mut parts = self.parts(inner);
        let count = self.expr(parts.need()?, 0)?;
        let head = Span { end: count.span.end, ..span };
        let index = parts.take(Rule::name).map(|p| self.ident(&p));
        let body = self.layers(parts.need()?)?;
        Ok(Layer::Repeat(RepeatLayer { count, index, body, head, span }))
    }

    /// `name(args)`, or a bare `name`.
    pub fn call(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Call> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let name = self.ident(&parts.need()?);
        let mut dotted = name.span;
        while let Some(part) = parts.take(Rule::compat_dotted) {
            dotted = dotted.to(self.span(&part));
        }
        let list = parts.take(Rule::args);
        if dotted != name.span {
            return Err(e0107::dotted(self.slice(dotted), dotted, &self.called(list)));
        }
        let parens = list.is_some();
        if parens && e0108::NAMES.contains(&name.name.as_str()) {
            let called = self.called(list);
            let around = match (called.list, called.args.len()) {
                (Some(list), 1) => {
                    vec![Span { end: list.start + 1, ..name.span }, Span { start: list.end - 1, ..list }]
                }
                (Some(_) | None, _) => Vec::new(),
            };
            return Err(e0108::stop(&name.name, name.span, called.text, &around));
        }
        let args = match list {
            Some(list) => {
                let mut parts = self.parts(list);
                std::iter::from_fn(|| parts.take(Rule::arg))
                    .map(|p| self.arg(p, depth))
                    .collect::<Built<_>>()?
            }
            None => Vec::new(),
        };
        Ok(Call { name, args, parens, block: None, span })
    }

    /// The arguments of a call as they are written.
    fn called(&self, list: Option<Pair<'_, Rule>>) -> e0107::Called<'a> {
        let Some(list) = list else { return e0107::Called::default() };
        let span = self.span(&list);
        let text = self.slice(Span { start: span.start + 1, end: span.end - 1, ..span }).trim();
        let mut parts = self.parts(list);
        let each = std::iter::from_fn(|| parts.take(Rule::arg)).map(|arg| {
            let at = self.span(&arg);
            let named = self.parts(arg).take(Rule::name).is_some();
            (!named).then(|| self.slice(at))
        });
        e0107::Called { list: Some(span), text, args: each.collect::<Option<_>>().unwrap_or_default() }
    }

    pub fn arg(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Arg> {
        let mut parts = self.parts(pair);
        let key = parts.take(Rule::name).map(|p| self.ident(&p));
        let sign = parts.take(Rule::compat_named_sign).map(|p| self.span(&p));
        let value = self.value(parts.need()?, depth)?;
        if let (Some(key), Some(sign)) = (&key, sign) {
            return Err(e0109::argument((&key.name, key.span), sign, (self.slice(value.span), value.span)));
        }
        Ok(Arg { key, value })
    }

    /// An expression, a range or a quantity; also the value of a setting.
    pub fn value(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Expr> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let first = parts.need()?;
        let first = match first.as_rule() == Rule::quantity {
            true => return self.quantity(first),
            false => self.expr(first, depth)?,
        };
        let times = parts.take(Rule::up_to).is_some();
        let second = parts.take(Rule::expr).map(|p| self.expr(p, depth)).transpose()?;
        let unit = parts.take(Rule::unit).map(|p| self.ident(&p));
        let ends = match second {
            Some(second) => {
                let span = first.span.to(second.span);
                let (first, second) = (Box::new(first), Box::new(second));
                let kind =
                    if times { ExprKind::Times(first, second) } else { ExprKind::Range(first, second) };
                Expr { kind, span }
            }
            None => first,
        };
        Ok(match unit {
            Some(unit) => Expr { kind: ExprKind::Quantity(Box::new(ends), unit), span },
            None => ends,
        })
    }

    fn quantity(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let number = self.primary(parts.need()?, 0)?;
        let unit = self.ident(&parts.need()?);
        Ok(Expr { kind: ExprKind::Quantity(Box::new(number), unit), span })
    }

    /// An expression; `depth` counts the operators above it.
    pub fn expr(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Expr> {
        let whole = self.span(&pair);
        let inner = pair.into_inner();
        let depth = depth + inner.len();
        if depth > MAX_CHAIN {
            let at = inner.clone().nth(MAX_CHAIN).map_or(whole, |p| self.span(&p));
            return Err(e0114::chained(at));
        }
        PRATT
            .map_primary(|p| self.primary(p, depth))
            .map_prefix(|op, e| {
                let e = e?;
                let span = self.span(&op).to(e.span);
                Ok(Expr { kind: ExprKind::Neg(Box::new(e)), span })
            })
            .map_infix(|a, op, b| {
                let (a, b) = (a?, b?);
                let span = a.span.to(b.span);
                let at = self.span(&op);
                let op = match op.as_rule() {
                    Rule::add => BinOp::Add,
                    Rule::sub => BinOp::Sub,
                    Rule::mul => BinOp::Mul,
                    Rule::div => BinOp::Div,
                    Rule::pow => BinOp::Pow,
                    _ => return Err(e0105::power(at, self.slice(a.span), self.slice(b.span))),
                };
                Ok(Expr { kind: ExprKind::Binary(op, Box::new(a), Box::new(b)), span })
            })
            .parse(inner)
    }

    #[expect(clippy::too_many_lines, reason = "one match over all forms of expression")]
    fn primary(&self, pair: Pair<'_, Rule>, depth: usize) -> Built<Expr> {
        let span = self.span(&pair);
        let text = self.slice(span);
        let kind = match pair.as_rule() {
            Rule::number => {
                let value: f64 = text.parse().map_err(|_| broken(span))?;
                ExprKind::Number { value, integer: text.bytes().all(|b| b.is_ascii_digit()) }
            }
            Rule::string => ExprKind::Text(text.trim_matches('"').to_string()),
            Rule::name => ExprKind::Name(text.to_string()),
            Rule::hole => ExprKind::Name("_".to_string()),
            Rule::field => {
                let mut parts = self.parts(pair);
                ExprKind::Field(self.ident(&parts.need()?), self.ident(&parts.need()?))
            }
            Rule::call_value => ExprKind::Call(self.call(pair, depth)?),
            Rule::expect => ExprKind::Expect(Box::new(self.expr(self.parts(pair).need()?, depth)?)),
            Rule::others => ExprKind::Others(Box::new(self.expr(self.parts(pair).need()?, depth)?)),
            Rule::another => {
                let mut parts = self.parts(pair);
                let of = self.ident(&parts.need()?);
                let kind = match parts.take(Rule::name) {
                    Some(site) => ExprKind::Field(of, self.ident(&site)),
                    None => ExprKind::Name(of.name),
                };
                ExprKind::Another(Box::new(Expr { kind, span }))
            }
            Rule::before => {
                let mut parts = self.parts(pair);
                let of = self.ident(&parts.need()?);
                let up_to = parts.take(Rule::compat_up_to);
                let index = self.ident(&parts.need()?);
                match up_to {
                    None => ExprKind::Before(of, index),
                    Some(p) => return Err(e0602::up_to(self.span(&p), &of.name, &index.name)),
                }
            }
            Rule::at => {
                let mut parts = self.parts(pair);
                let of = self.ident(&parts.need()?);
                let place = self.expr(self.parts(parts.need()?).need()?, depth)?;
                ExprKind::At(of, Box::new(place))
            }
            Rule::under | Rule::divergence | Rule::entropy | Rule::chain | Rule::weights => {
                ExprKind::Written(Box::new(self.written(pair, depth)?))
            }
            Rule::list => ExprKind::List(self.exprs(&mut self.parts(pair), depth)?),
            Rule::paren => {
                let mut items = self.exprs(&mut self.parts(pair), depth)?;
                match (items.len(), items.pop()) {
                    // The span keeps the parentheses, so that messages underline and quote them.
                    (1, Some(inner)) => return Ok(Expr { span, ..inner }),
                    (_, last) => {
                        items.extend(last);
                        ExprKind::Tuple(items)
                    }
                }
            }
            Rule::log_prob => {
                let mut parts = self.parts(pair);
                let model = self.ident(&parts.need()?);
                let target = self.exprs(&mut self.parts(parts.need()?), depth)?;
                let given = match parts.take(Rule::densities) {
                    Some(given) => self.exprs(&mut self.parts(given), depth)?,
                    None => Vec::new(),
                };
                ExprKind::LogProb { model, target, given }
            }
            _ => return Err(broken(span)),
        };
        Ok(Expr { kind, span })
    }
}

/// Precedence, lowest first: `+ -`, `* /`, unary `-`, `^` (right associative).
static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::add, Assoc::Left) | Op::infix(Rule::sub, Assoc::Left))
        .op(Op::infix(Rule::mul, Assoc::Left) | Op::infix(Rule::div, Assoc::Left))
        .op(Op::prefix(Rule::neg))
        .op(Op::infix(Rule::pow, Assoc::Right) | Op::infix(Rule::compat_power, Assoc::Right))
});

/// An expression is unexpected where a more particular thing must stand.
pub(super) fn misplaced(found: &str, expected: &str, span: Span) -> Diag {
    e0100::unexpected(found, &[expected.to_string()], span)
}
