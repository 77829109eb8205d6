//! pest pairs to `pattern = expr`, which models, guides and `train` share, and to what is `given`.

use super::ast::{Arg, BindSite, Expr, ExprKind, Ident};
use super::build_expr::{Built, Cx, Parts, misplaced};
use super::grammar::Rule;
use crate::diag::codes::e0103;
use crate::span::Span;

/// The names after `given`, if it stands here.
pub(super) fn given(cx: Cx<'_>, parts: &mut Parts<'_>) -> Vec<Ident> {
    parts.take(Rule::given_names).map(|p| cx.idents(&mut cx.parts(p))).unwrap_or_default()
}

/// `pattern = expr`, of a model, a guide or `let`.
pub(super) fn bind(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<BindSite> {
    let pattern = parts.need()?;
    let written = cx.slice(cx.span(&pattern));
    let pattern = cx.idents(&mut cx.parts(pattern));
    let sign = parts.take(Rule::compat_assign).map(|p| cx.span(&p));
    let mut value = cx.expr(parts.need()?, 0)?;
    if let Some(sign) = sign {
        let rest = cx.slice(Span { start: value.span.start, ..span });
        return Err(e0103::sign(written, cx.slice(sign), sign, rest));
    }
    // `x = f(z) given y` says the same as `f(z, y)`.
    for name in given(cx, &mut parts) {
        let ExprKind::Call(call) = &mut value.kind else {
            return Err(misplaced("`given`", "it after the call of a net or flow", name.span));
        };
        call.args.push(Arg { key: None, value: Expr { kind: ExprKind::Name(name.name), span: name.span } });
    }
    Ok(BindSite { pattern, value, span })
}
