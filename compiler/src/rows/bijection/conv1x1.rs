//! `conv1x1`: an invertible mixture of channels.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::layer::parts::{misfit, per_example, view};
use super::super::{BijectionRow, Builder, ChainCx, CheckedBijection, Env, Jacobian, ParamDecl, Row, init};
use super::parts::{direction, need_places};
use super::permutation::{rotation, undo};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{Graph, Shape, Value};
use crate::syntax::ast;
use std::rc::Rc;

/// More channels would need a matrix beyond reason.
const LARGEST: usize = 4096;

/// `conv1x1`
pub struct Conv1x1;

impl Row for Conv1x1 {
    fn name(&self) -> &'static str {
        "conv1x1"
    }
    fn doc(&self) -> &'static str {
        "z = W x for the channels of every pixel, or the coordinates of a vector, with W = P L (U + diag(s)): P and the signs of s fixed, L, U \
         and log |s| trained (Glow, Kingma & Dhariwal 2018, eq. 10-11). It starts as a rotation that the seed fixes (a permutation above 128 \
         channels). log |det| = H W Σ log |s| from x to z."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "seed",
            kind: ArgKind::Int(0),
            default: Some("0"),
            doc: "which rotation it starts from",
        }]
    }
}

impl BijectionRow for Conv1x1 {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let n = need_places(args, input)?;
        if n > LARGEST {
            let d = misfit(
                args,
                format!("`conv1x1` mixes at most {LARGEST} channels"),
                format!("receives {n}, which would take {n} x {n} weights"),
            );
            return Err(d.help("mix fewer at a time, or use `permute`"));
        }
        let start = rotation(n, args.int("seed") as u64);
        let decl = |name: &str, shape: Vec<usize>, data: Vec<f64>| ParamDecl {
            name: name.into(),
            shape,
            init: init::literal(data),
            trainable: true,
        };
        let logs = start.diagonal.iter().map(|d| d.abs().ln()).collect();
        let signs = start.diagonal.iter().map(|d| d.signum()).collect();
        let params = vec![
            decl("lower", vec![n, n], start.lower),
            decl("upper", vec![n, n], start.upper),
            decl("log_scale", vec![n], logs),
        ];
        let mix = Rc::new(Mix {
            n,
            pixels: input.size() / n.max(1),
            event: input.shape.clone(),
            gather: undo(&start.rows),
            rows: start.rows,
            signs,
        });
        let back = mix.clone();
        Ok(CheckedBijection {
            out: input.with_kind(Kind::REAL),
            params,
            jacobian: Jacobian::SmallDense,
            copies: vec![None; input.size()],
            forward: direction(move |cx, env, z| back.run(cx, env, z, true)),
            inverse: direction(move |cx, env, x| mix.run(cx, env, x, false)),
        })
    }
}

struct Mix {
    n: usize,
    pixels: usize,
    event: Vec<usize>,
    /// Row r of L U is row `rows[r]` of W.
    rows: Vec<usize>,
    /// Row i of W is row `gather[i]` of L U.
    gather: Vec<usize>,
    signs: Vec<f64>,
}

impl Mix {
    fn run(&self, cx: &mut Builder, env: &Env, x: Value, solve: bool) -> (Value, Option<Value>) {
        let n = self.n;
        let lower = self.triangle(cx, env, "lower", |i, j| i > j);
        let upper = self.triangle(cx, env, "upper", |i, j| i < j);
        let logs = cx.param(env, "log_scale", &[n]);
        let size = cx.exp(logs);
        let signs = cx.literal(self.signs.clone(), &[n]);
        let diagonal = cx.mul(size, signs);
        let v = view(cx, x, &[n, self.pixels]);
        let v = if solve {
            // U + D = D (I + D⁻¹ U)
            let one = cx.scalar(1.0);
            let inv = cx.div(one, diagonal);
            let column = cx.reshape(inv, Shape::fixed(&[n, 1]));
            let row = cx.reshape(inv, Shape::fixed(&[1, n]));
            let scaled = cx.mul(upper, column);
            let u = unit_inverse(cx, scaled, n);
            let u = cx.mul(u, row);
            let l = unit_inverse(cx, lower, n);
            let w = cx.matmul(u, l);
            let v = cx.take(v, 1, self.rows.clone());
            self.multiply(cx, w, v)
        } else {
            let eye = identity(cx, n);
            let row = cx.reshape(diagonal, Shape::fixed(&[1, n]));
            let d = cx.mul(eye, row);
            let u = cx.add(upper, d);
            let l = cx.add(lower, eye);
            let w = cx.matmul(l, u);
            let w = cx.take(w, 0, self.gather.clone());
            self.multiply(cx, w, v)
        };
        let y = view(cx, v, &self.event);
        let sum = cx.sum_all(logs);
        let sum = cx.mul_c(sum, if solve { -1.0 } else { 1.0 } * self.pixels as f64);
        let log_det = per_example(cx, x, sum);
        (y, Some(log_det))
    }
    fn triangle(&self, cx: &mut Builder, env: &Env, name: &str, keep: fn(usize, usize) -> bool) -> Value {
        let n = self.n;
        let p = cx.param(env, name, &[n, n]);
        let mask = (0..n * n).map(|e| f64::from(keep(e / n, e % n))).collect();
        let mask = cx.literal(mask, &[n, n]);
        cx.mul(p, mask)
    }
    fn multiply(&self, cx: &mut Builder, w: Value, v: Value) -> Value {
        let w = cx.reshape(w, Shape::fixed(&[1, self.n, self.n]));
        cx.matmul(w, v)
    }
}

fn identity(g: &mut Graph, n: usize) -> Value {
    let data = (0..n * n).map(|e| f64::from(e / n == e % n)).collect();
    g.literal(data, &[n, n])
}

/// (I + N)⁻¹ for strictly triangular N: with M = -N it is (I + M)(I + M²)(I + M⁴) .., which ends because Mⁿ = 0.
fn unit_inverse(g: &mut Graph, strict: Value, n: usize) -> Value {
    let eye = identity(g, n);
    let mut power = g.neg(strict);
    let mut all = g.add(eye, power);
    let mut reach = 2;
    while reach < n {
        power = g.matmul(power, power);
        let factor = g.add(eye, power);
        all = g.matmul(all, factor);
        reach *= 2;
    }
    all
}
