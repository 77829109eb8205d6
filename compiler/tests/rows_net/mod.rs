//! What the tests of layers and bijections share: a small checker of blocks over the parser, random parameters, evaluation.

use gmc_compiler::diag::Diag;
use gmc_compiler::event::EventTy;
use gmc_compiler::ir::interp::run;
use gmc_compiler::ir::*;
use gmc_compiler::rows::args::{ArgKind, Args, Const, ConstCall, ParamSpec};
use gmc_compiler::rows::{
    self, Builder, Chain, ChainCx, ChainLayer, Checked, CheckedBijection, Direction, FlowChain, FlowLayer,
    Layer, ParamDecl,
};
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::{ast, parse, parse_expr};
use std::collections::BTreeMap;

/// splitmix64.
pub struct Rng(pub u64);

impl Rng {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn tensor(&mut self, dims: &[usize], from: f64, to: f64) -> Tensor64 {
        Tensor64::from_fn(dims, |_| from + (to - from) * self.uniform())
    }
}

fn constant(e: &ast::Expr) -> Const {
    match &e.kind {
        ast::ExprKind::Number { value, integer: true } => Const::Int(*value as i64),
        ast::ExprKind::Number { value, integer: false } => Const::Num(*value),
        ast::ExprKind::Name(n) => Const::Word(n.clone()),
        ast::ExprKind::Text(t) => Const::Text(t.clone()),
        ast::ExprKind::Tuple(l) | ast::ExprKind::List(l) => Const::List(l.iter().map(constant).collect()),
        ast::ExprKind::Call(c) => Const::Call(ConstCall {
            name: c.name.name.clone(),
            args: c
                .args
                .iter()
                .map(|a| (a.key.as_ref().map(|k| k.name.clone()), constant(&a.value)))
                .collect(),
            span: c.span,
        }),
        ast::ExprKind::Neg(_)
        | ast::ExprKind::Binary(..)
        | ast::ExprKind::Field(..)
        | ast::ExprKind::LogProb { .. }
        | ast::ExprKind::Before(..)
        | ast::ExprKind::Written(_)
        | ast::ExprKind::Range(..)
        | ast::ExprKind::Quantity(..)
        | ast::ExprKind::At(..)
        | ast::ExprKind::Times(..)
        | ast::ExprKind::Others(_)
        | ast::ExprKind::Another(_)
        | ast::ExprKind::Expect(_) => panic!("the test's arguments are plain, not {:?}", e.kind),
    }
}

fn bind(specs: &'static [ParamSpec], c: &ast::Call) -> Args {
    let mut values = Vec::new();
    let (named, plain): (Vec<_>, Vec<_>) = c.args.iter().partition(|a| a.key.is_some());
    match specs.first() {
        Some(s) if s.kind == ArgKind::List && plain.len() > 1 => {
            values.push((s.name, Const::List(plain.iter().map(|a| constant(&a.value)).collect()), c.span));
        }
        _ => values.extend(specs.iter().zip(plain).map(|(s, a)| (s.name, constant(&a.value), a.value.span))),
    }
    for a in named {
        let key = &a.key.as_ref().expect("it is named").name;
        let spec = specs
            .iter()
            .find(|s| s.name == key)
            .unwrap_or_else(|| panic!("`{}` has no argument `{key}`", c.name.name));
        values.push((spec.name, constant(&a.value), a.value.span));
    }
    for s in specs {
        if values.iter().any(|(n, _, _)| *n == s.name) {
            continue;
        }
        match s.default {
            None => panic!("`{}` needs `{}`", c.name.name, s.name),
            Some("") => {}
            Some(text) => values.push((
                s.name,
                constant(&parse_expr(FileId::PRELUDE, text).expect("a default can be read")),
                c.span,
            )),
        }
    }
    Args { span: c.span, name: c.name.name.clone(), declared: specs, values }
}

/// Checks blocks of rows and maps; no nets, no `repeat`.
pub struct Blocks {
    pub given: Vec<(String, EventTy)>,
}

impl ChainCx for Blocks {
    fn chain(&mut self, block: &[ast::Layer], input: &EventTy) -> Result<Chain, Diag> {
        let mut layers: Vec<ChainLayer> = Vec::new();
        for (i, l) in block.iter().enumerate() {
            let ast::Layer::Call(c) = l else { panic!("no repeat here") };
            let ty = layers.last().map_or(input.clone(), |l| l.checked.out[0].clone());
            let checked = match rows::find(rows::layer::ROWS, &c.name.name) {
                Some(row) => row.check(self, &bind(row.params(), c), c.block.as_deref(), &ty)?,
                None => {
                    let row = rows::find(rows::map::ROWS, &c.name.name)
                        .unwrap_or_else(|| panic!("no layer `{}`", c.name.name));
                    let args = bind(row.params(), c);
                    rows::layer::map::checked(row, args, EventTy::real(ty.shape))
                }
            };
            layers.push(ChainLayer { path: i.to_string(), text: c.name.name.clone(), span: c.span, checked });
        }
        let out = layers.last().map_or(vec![input.clone()], |l| l.checked.out.clone());
        Ok(Chain { input: input.clone(), out, layers })
    }
    fn flow_chain(&mut self, block: &[ast::Layer], input: &EventTy) -> Result<FlowChain, Diag> {
        let mut layers: Vec<FlowLayer> = Vec::new();
        for (i, l) in block.iter().enumerate() {
            let ast::Layer::Call(c) = l else { panic!("no repeat here") };
            let ty = layers.last().map_or(input.clone(), |l| l.checked.out.clone());
            let row = rows::find(rows::bijection::ROWS, &c.name.name)
                .unwrap_or_else(|| panic!("no bijection `{}`", c.name.name));
            let checked = row.check(self, &bind(row.params(), c), c.block.as_deref(), &ty)?;
            layers.push(FlowLayer { path: i.to_string(), text: c.name.name.clone(), span: c.span, checked });
        }
        let out = layers.last().map_or(input.clone(), |l| l.checked.out.clone());
        Ok(FlowChain { input: input.clone(), out, layers })
    }
    fn given(&self) -> &[(String, EventTy)] {
        &self.given
    }
}

fn body(text: &str) -> Vec<ast::Layer> {
    let (spec, diags) = parse(FileId::SPEC, &format!("net t(x: Real[1]) -> Real[1] {{ {text} }}"));
    assert!(diags.is_empty(), "{text}: {diags:?}");
    match spec.items.into_iter().next() {
        Some(ast::Item::Net(n)) => n.body,
        other => panic!("{text}: {other:?}"),
    }
}

pub fn given(list: &[(&str, EventTy)]) -> Vec<(String, EventTy)> {
    list.iter().map(|(n, t)| (n.to_string(), t.clone())).collect()
}

pub fn net(text: &str, input: &EventTy, given: &[(String, EventTy)]) -> Result<Chain, Diag> {
    Blocks { given: given.to_vec() }.chain(&body(text), input)
}

pub fn flow(text: &str, input: &EventTy, given: &[(String, EventTy)]) -> Result<FlowChain, Diag> {
    Blocks { given: given.to_vec() }.flow_chain(&body(text), input)
}

/// The only bijection of a text.
pub fn bijection(text: &str, input: &EventTy, given: &[(String, EventTy)]) -> CheckedBijection {
    match flow(text, input, given) {
        Ok(f) => f.layers.into_iter().next().expect("one layer").checked,
        Err(d) => panic!("{text}: {d:?}"),
    }
}

pub fn layer(text: &str, input: &EventTy, given: &[(String, EventTy)]) -> Checked {
    match net(text, input, given) {
        Ok(f) => f.layers.into_iter().next().expect("one layer").checked,
        Err(d) => panic!("{text}: {d:?}"),
    }
}

/// The environment `l` with an input for each further value.
pub fn env(cx: &mut Builder, given: &[(String, EventTy)]) -> rows::Env {
    let values =
        given.iter().map(|(n, t)| (n.clone(), cx.input(n, Role::Data, Shape::batched(&t.shape)))).collect();
    rows::Env { path: "l".into(), given: values }
}

/// A layer on `x`, one value for each output.
pub fn lower(layer: &dyn Layer, cx: &mut Builder, env: &rows::Env, x: Value) -> Vec<Value> {
    let cx = cx.at(env);
    layer.lower(cx, cx.ex(x)).iter().map(|y| y.v).collect()
}

/// One direction of a bijection on `x`.
pub fn move_by(
    b: &CheckedBijection,
    to: Direction,
    cx: &mut Builder,
    env: &rows::Env,
    x: Value,
) -> (Value, Option<Value>) {
    let cx = cx.at(env);
    let (y, log_det) = b.bijection.run(cx, cx.ex(x), to);
    (y.v, log_det.map(|l| l.v))
}

/// A whole block as a layer.
#[derive(Debug, PartialEq)]
pub struct Net(pub Chain);

impl Layer for Net {
    fn lower<'g>(&self, cx: rows::LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        self.0.lower(cx, x)
    }
}

pub type Inputs = BTreeMap<String, Tensor64>;

/// Random values for declared tensors: parameters around 0, states positive.
pub fn random_params(params: &[ParamDecl], rng: &mut Rng, size: f64) -> Inputs {
    let value = |p: &ParamDecl, rng: &mut Rng| {
        if p.trainable { rng.tensor(&p.shape, -size, size) } else { rng.tensor(&p.shape, 0.5, 1.5) }
    };
    params.iter().map(|p| (format!("l.{}", p.name), value(p, rng))).collect()
}

/// Initial values, as the `init` program gives them.
pub fn initial_params(params: &[ParamDecl]) -> Inputs {
    let mut g = Graph::new("init");
    for p in params {
        let v = p.init.lower(Scope::of(&mut g), &p.shape).v;
        assert_eq!(g.shape(v), Shape::fixed(&p.shape), "{}", p.name);
        g.output(format!("l.{}", p.name), v);
    }
    evaluate(&g, &Inputs::new(), 1)
}

fn draws(kind: RandomKind, stream: u32, n: usize) -> Vec<f64> {
    let mut rng = Rng(u64::from(stream) + 77);
    (0..n)
        .map(|_| match kind {
            RandomKind::Uniform => rng.uniform().max(1e-12),
            RandomKind::Normal => {
                (-2.0 * rng.uniform().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * rng.uniform()).cos()
            }
        })
        .collect()
}

pub fn evaluate(g: &Graph, inputs: &Inputs, batch: usize) -> Inputs {
    if let Err(v) = verify(g) {
        panic!("{v:?}\n{}", text::print(g));
    }
    match run(g, &Env { batch, inputs: inputs.clone(), random: &draws }) {
        Ok(outputs) => outputs.into_iter().collect(),
        Err(why) => panic!("{why}\n{}", text::print(g)),
    }
}

/// `batch` copies of one event.
pub fn repeated(event: &Tensor64, batch: usize) -> Tensor64 {
    let mut dims = vec![batch];
    dims.extend(event.dims.iter().skip(1));
    Tensor64::from_fn(&dims, |i| event.data[i % event.data.len()])
}

/// ln |det| by elimination with pivoting.
pub fn log_abs_det(mut a: Vec<Vec<f64>>) -> f64 {
    let n = a.len();
    let mut log = 0.0;
    for k in 0..n {
        let p = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).expect("a row is left");
        a.swap(k, p);
        log += a[k][k].abs().ln();
        for i in k + 1..n {
            let f = a[i][k] / a[k][k];
            let top = a[k].clone();
            a[i].iter_mut().zip(&top).skip(k).for_each(|(x, t)| *x -= f * t);
        }
    }
    log
}
