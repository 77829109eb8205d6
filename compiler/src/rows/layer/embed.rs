//! `embed`: a trained vector for each value of a discrete event.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, ChainCx, Checked, LayerRow, ParamDecl, Row, init};
use super::parts::{misfit, shape_like, view};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Dim, Lookup, Op, Shape, Value};
use crate::syntax::ast;

/// `embed(16)`
pub struct Embed;

impl Row for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }
    fn doc(&self) -> &'static str {
        "A trained vector of k numbers for each value of a discrete event: Class(n)[s..] -> [s.., k]; an image Int(n)[1, H, W] becomes \
         channels, [k, H, W]. A class that arrives as its one-hot vector [n] becomes [k]. A relaxed bit, between 0 and 1, takes its place between the two vectors. The table is stored as [n, k] and starts normal with standard deviation 1."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec { name: "k", kind: ArgKind::Int(1), default: None, doc: "numbers for each value" },
            ParamSpec {
                doc: "initial table, normal with standard deviation 1 when not written: `zeros`, `ones`, `constant(c)`, `uniform(b)`, \
                      `normal(s)`, `lecun`, `xavier`, `he` or `orthogonal`; one number of the output reads one of the table",
                ..init::PARAM
            },
        ];
        PARAMS
    }
}

impl LayerRow for Embed {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = match input.kind {
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) => {
                input.kind.cardinality().unwrap_or(0)
            }
            Kind::Real(_) if input.shape.len() == 1 => return one_hot_table(args, input.size()),
            Kind::Real(_) => {
                let d = misfit(args, "`embed` takes a discrete event", format!("receives {input}"));
                return Err(d.help("use `dense` for real numbers"));
            }
        };
        let k = args.int("k");
        let image = match input.shape.as_slice() {
            [1, h, w] => Some([*h, *w]),
            _ => None,
        };
        let mut long = input.shape.clone();
        long.push(k);
        let out = match image {
            Some([h, w]) => vec![k, h, w],
            None => long.clone(),
        };
        let count = input.size();
        let params = vec![table(args, n)?];
        let bits = matches!(input.kind, Kind::Bool | Kind::OneHot);
        let event = long;
        let whole = Checked::elementwise(EventTy::real(out), move |cx, env, x| {
            let table = cx.param(env, "table", &[n, k]);
            if bits {
                let rows = between(cx, table, x, &event);
                let Some([h, w]) = image else { return rows };
                let planes = cx.permute(rows, &[0, 4, 1, 2, 3]);
                return view(cx, planes, &[k, h, w]);
            }
            let mut first = cx.shape(x).0.first().copied().unwrap_or(Dim::BATCH);
            first.n *= count;
            let ids = cx.reshape(x, Shape(vec![first]));
            let ids = cx.cast(ids, DType::I);
            let rows = cx.push(Op::Lookup(Lookup), &[table, ids]);
            match image {
                None => {
                    let mut dims = cx.shape(x).0;
                    dims.push(Dim::fixed(k));
                    cx.reshape(rows, Shape(dims))
                }
                Some([h, w]) => {
                    let per_pixel = shape_like(cx, x, &[h, w, k]);
                    let rows = cx.reshape(rows, per_pixel);
                    let planes = cx.permute(rows, &[0, 3, 1, 2]);
                    view(cx, planes, &[k, h, w])
                }
            }
        });
        Ok(Checked { params, ..whole })
    }
}

/// The table of n rows.
fn table(args: &Args, n: usize) -> Result<ParamDecl, Diag> {
    let k = args.int("k");
    let init = init::from_args(args, init::Fan { input: 1, output: k })?.unwrap_or_else(|| init::normal(1.0));
    Ok(ParamDecl { name: "table".into(), shape: vec![n, k], init, trainable: true })
}

/// `(1 - b) table[0] + b table[1]` for every bit b of `x`, as `[B, ..event]`: the table's rows at 0 and 1, and what lies between them for a
/// relaxed draw, with a derivative to it.
fn between(cx: &mut Builder, table: Value, x: Value, event: &[usize]) -> Value {
    let shape = shape_like(cx, x, event);
    let mut one = event.to_vec();
    if let Some(last) = one.last_mut() {
        *last = 1;
    }
    let b = view(cx, x, &one);
    let rest = cx.neg(b);
    let rest = cx.add_c(rest, 1.0);
    let mut row = |i: usize, weight: Value| {
        let r = cx.slice(table, 0, i, 1);
        let mut dims = vec![Dim::fixed(1); event.len()];
        dims.push(cx.shape(r).0.last().copied().unwrap_or(Dim::fixed(1)));
        let r = cx.reshape(r, Shape(dims));
        let r = cx.broadcast(r, shape.clone());
        let weight = cx.broadcast(weight, shape.clone());
        cx.mul(r, weight)
    };
    let (zero, one) = (row(0, rest), row(1, b));
    cx.add(zero, one)
}

/// The row of the table that a one-hot vector points at.
fn one_hot_table(args: &Args, n: usize) -> Result<Checked, Diag> {
    let k = args.int("k");
    let params = vec![table(args, n)?];
    Ok(Checked::global(EventTy::real([k]), params, move |cx, env, x| {
        let table = cx.param(env, "table", &[n, k]);
        cx.matmul(x, table)
    }))
}
