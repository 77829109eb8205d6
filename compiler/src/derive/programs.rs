//! The programs of a spec.

use super::blocks::{VISITS, blocks, visits};
use super::kl::Unit;
use super::lower::{Ctx, Draws, Vars};
use super::{Answer, Compiled, Input, Leaf, NumberKind, Output, Program, Query, Question};
use crate::diag::{Diag, codes};
use crate::event::Kind;
use crate::ir::{Compare, DType, Ex, Graph, ReduceKind, Role, Scope, Shape, Value, grad};
use crate::rows::Init;
use crate::rows::measure::Needs;
use crate::rows::optimizer::Update;
use crate::rows::setting::{self, Ema};
use crate::syntax::ast::BinOp;
use crate::types::{Density, TExpr, TKind, TModel, TPlayer, TSiteKind, Typed};

/// All programs, before optimisation.
pub fn all(typed: &Typed) -> Compiled {
    let leaves = leaves(typed);
    let mut graphs = vec![(Program::Init, init(&leaves))];
    let mut diags = Vec::new();
    for p in &typed.train.players {
        graphs.push((Program::Step(p.name.clone()), step(typed, p, &leaves, &mut diags)));
    }
    graphs.push((Program::Loss, loss(typed, false)));
    if corrupts(typed) {
        graphs.push((Program::LossCorrupted, loss(typed, true)));
    }
    graphs.extend(super::blocks::infer(typed).map(|g| (Program::Infer, g)));
    let start = typed.models.iter().enumerate().find_map(|(i, m)| start(typed, i, m));
    graphs.extend(start.map(|g| (Program::Start, g)));
    let mut queries = Vec::new();
    let models: Vec<(usize, &TModel)> = typed.models.iter().enumerate().filter(|(_, m)| !m.guide).collect();
    for (i, m) in &models {
        graphs.push((Program::Sample(m.name.clone()), sample(typed, *i, m)));
    }
    queries.push(sample_query(&models));
    queries.push(density(typed, &models, &mut graphs));
    queries.push(classify(&models, queries.last()));
    queries.push(encode(typed, &models, &mut graphs));
    queries.push(reconstruct(typed, &models, &mut graphs));
    graphs.extend(denoise(typed).map(|g| (Program::Denoise, g)));
    graphs.extend(agreement(typed, &models).map(|g| (Program::Agreement, g)));
    evals(typed, &models, &queries, &mut diags);
    let graphs = graphs.into_iter().collect();
    Compiled { leaves, blocks: blocks(typed), graphs, programs: super::Programs::default(), queries, diags }
}

/// Every parameter and state of the spec, in the order of the text.
fn leaves(typed: &Typed) -> Vec<Leaf> {
    let mut all = Vec::new();
    let mut add = |owner: &str, decls: Vec<crate::rows::ParamDecl>| {
        for d in decls {
            all.push(Leaf {
                path: format!("{owner}.{}", d.name),
                shape: d.shape,
                trainable: d.trainable,
                init: d.init,
            });
        }
    };
    for n in &typed.nets {
        add(&n.name, n.chain.params());
    }
    for f in &typed.flows {
        add(&f.name, f.chain.params());
    }
    for p in typed.params.iter().filter(|p| p.each.is_none()) {
        let raw = unconstrained(p.init, p.ty.kind.support());
        let init = p.drawn.as_ref().map_or(Init::Constant(raw), |(_, init)| init.clone());
        all.push(Leaf { path: p.name.clone(), shape: p.ty.shape.clone(), trainable: true, init });
    }
    for g in typed.models.iter().filter(|m| {
        m.guide && super::estimate::scored(m).iter().any(|(_, b)| *b == crate::types::Baseline::Moving)
    }) {
        all.push(Leaf {
            path: super::estimate::baseline_path(g),
            shape: Vec::new(),
            trainable: false,
            init: Init::ZEROS,
        });
    }
    all
}

/// The unconstrained value whose image in the support is `x` (see `Ctx::param`).
fn unconstrained(x: f64, support: crate::event::Support) -> f64 {
    use crate::event::Support;
    match support {
        Support::Simplex => x,
        Support::Interval { lo, hi } => match (lo.is_finite(), hi.is_finite()) {
            (true, true) => ((x - lo) / (hi - x)).ln(),
            (true, false) => (x - lo).ln(),
            (false, true) => (hi - x).ln(),
            (false, false) => x,
        },
    }
}

fn init(leaves: &[Leaf]) -> Graph {
    let mut g = Graph::new(Program::Init);
    for l in leaves {
        let v = l.init.lower(Scope::of(&mut g), &l.shape).v;
        let v = g.broadcast(v, Shape::fixed(&l.shape));
        g.output(if l.trainable { Output::Param(l.path.clone()) } else { Output::State(l.path.clone()) }, v);
    }
    g
}

/// Initial values that depend on data: the first data run backwards through the flows of a model with an exact density. `None` where no
/// layer asks for them.
fn start(typed: &Typed, i: usize, m: &TModel) -> Option<Graph> {
    if m.guide || !matches!(m.density, Density::Exact { .. }) {
        return None;
    }
    let mut ctx = Ctx::new(typed, &Program::Start, false);
    ctx.cx.starts = Some(std::collections::BTreeMap::new());
    ctx.log_likelihood(i);
    let starts = ctx.cx.starts.take().unwrap_or_default();
    for (path, v) in &starts {
        ctx.cx.output(Output::Param(path.clone()), *v);
    }
    (!starts.is_empty()).then_some(ctx.cx.g)
}

/// Whether the leaf or block at `path` belongs to one of these owners.
pub(super) fn owned(path: &str, owns: &[(String, crate::span::Span)]) -> bool {
    owns.iter().any(|(o, _)| path == o || path.strip_prefix(o.as_str()).is_some_and(|r| r.starts_with('.')))
}

fn step(typed: &Typed, p: &TPlayer, leaves: &[Leaf], diags: &mut Vec<Diag>) -> Graph {
    let mut ctx = Ctx::new(typed, &Program::Step(p.name.clone()), true);
    let payoff = ctx.payoff(&p.payoff);
    let loss = if p.maximize { ctx.cx.neg(payoff) } else { payoff };
    let mut terms = Vec::new();
    collect_terms(&mut ctx, &p.payoff, 1.0, true, &mut terms);
    let blocks = blocks(typed);
    let each = |path: &str| blocks.iter().any(|b| b.path == path);
    let (paths, params): (Vec<String>, Vec<Value>) = ctx
        .cx
        .leaves()
        .iter()
        .filter(|(path, _)| {
            owned(path, &p.owns) && (each(path) || leaves.iter().any(|l| l.path == **path && l.trainable))
        })
        .map(|(path, v)| (path.clone(), *v))
        .unzip();
    influence(typed, p, &mut ctx, loss, &paths, &params, diags);
    ctx.cx.g.at = p.span;
    let mut grads = grad::grad(&mut ctx.cx.g, loss, &params);
    let g = &mut ctx.cx.g;
    for row in setting::ROWS {
        let changed = row.gradients(g, &typed.train.settings, grads);
        grads = changed.grads;
        for (name, v) in changed.terms {
            g.output(Output::Term(name.into()), v);
        }
    }
    let t = g.input(&Input::Update.to_string(), Role::Scalar, Shape::scalar());
    for ((path, param), grad) in paths.iter().zip(&params).zip(&grads) {
        let shape = g.shape(*param);
        // A row of a table of blocks counts its own updates, and is not averaged: it is visited once in a pass over the data.
        let role = if each(path) { Role::Block } else { Role::State };
        let slot = |slot: &str| {
            Input::Slot { player: p.name.clone(), slot: slot.into(), path: path.clone() }.to_string()
        };
        let kept = |slot: String| if each(path) { Output::PerDatum(slot) } else { Output::State(slot) };
        let scope = Scope::of(g);
        let input = |s: &'static str| (s, scope.input(&slot(s), role, shape.clone()));
        let slots: Vec<(&'static str, Ex)> = p.optimizer.slots(&p.args).into_iter().map(input).collect();
        let t = if each(path) { scope.with(|g| visits(g, &slot(VISITS), &shape)) } else { t };
        let hyper = |name: &str| match p.schedules.iter().find(|(n, _)| n == name) {
            Some((_, i)) => scope.input(&Input::Schedule(*i).to_string(), Role::Scalar, Shape::scalar()),
            None => scope.num(p.args.num(name)),
        };
        let [t, param, grad] = scope.exs([t, *param, *grad]);
        let updated =
            p.optimizer.update(&Update { args: &p.args, hyper: &hyper, t, param, grad, slots: &slots });
        let new = match &p.within {
            Some((row, args)) => row.apply(args, updated.param).v,
            None => updated.param.v,
        };
        let moved: Vec<(&str, Value)> = slots.iter().map(|(s, _)| (*s, updated.slot(s).v)).collect();
        g.output(if each(path) { Output::PerDatum(path.clone()) } else { Output::Param(path.clone()) }, new);
        for (s, v) in moved {
            g.output(kept(slot(s)), v);
        }
        if let (Some(decay), false) = (Ema::of(&typed.train.settings), each(path)) {
            let kept = Input::Average(path.clone()).to_string();
            let old = g.input(&kept, Role::State, shape);
            let average = Ema::average(g, decay, old, new);
            g.output(Output::State(kept), average);
        }
    }
    for (path, v) in std::mem::take(&mut ctx.cx.state_updates) {
        ctx.cx.output(Output::State(path), v);
    }
    ctx.cx.output(Output::Loss, loss);
    ctx.cx.output(Output::Payoff, payoff);
    for (name, v) in terms {
        ctx.cx.output(Output::Term(name), v);
    }
    ctx.cx.g
}

/// The payoff must reach what its player owns by a differentiable path.
fn influence(
    typed: &Typed,
    p: &TPlayer,
    ctx: &mut Ctx<'_>,
    loss: Value,
    paths: &[String],
    params: &[Value],
    diags: &mut Vec<Diag>,
) {
    let reach = grad::grad_reach(&ctx.cx.g, loss, params);
    let reached = |owner: &(String, crate::span::Span)| {
        paths.iter().zip(&reach).any(|(path, r)| *r && owned(path, std::slice::from_ref(owner)))
    };
    // Only what has parameters can be reached.
    let all = leaves(typed);
    let owners: Vec<&(String, crate::span::Span)> = p
        .owns
        .iter()
        .filter(|o| {
            let of = |path: &str| owned(path, std::slice::from_ref(*o));
            all.iter().any(|l| l.trainable && of(&l.path)) || blocks(typed).iter().any(|b| of(&b.path))
        })
        .collect();
    let lost: Vec<&&(String, crate::span::Span)> = owners.iter().filter(|o| !reached(o)).collect();
    let mut books = codebooks(typed, p);
    books.retain(|(param, _)| lost.iter().any(|(o, _)| o == param));
    if p.name == "all" {
        let declared = |n: &str| typed.params.iter().find(|t| t.name == n).map_or(p.span, |t| t.span);
        diags.extend(books.iter().map(|(n, (at, z))| codes::w0707::codebook(n, declared(n), *at, z)));
    }
    if p.name == "all" && p.derived {
        return;
    }
    if p.name == "all" {
        // The anonymous player owns everything; nets it does not reach are reported as unused by the checker.
        if owners.len() == lost.len() {
            diags.push(codes::e0703::nothing_to_train(p.payoff.span));
        }
        return;
    }
    let mut data = None;
    visit(typed, &p.payoff, &mut |e| {
        if let TKind::Data(n) = &e.kind {
            data.get_or_insert_with(|| n.clone());
        }
    });
    let why = |net: &str| match &data {
        Some(x) => format!("does not depend on `{net}`: `{x}` is data"),
        None => format!("does not depend on `{net}`"),
    };
    let sample = data.as_ref().and_then(|x| {
        typed.models.iter().find(|m| !m.guide && m.site(x).is_some()).map(|m| (m.name.as_str(), x.as_str()))
    });
    match (lost.first(), owners.len() == lost.len()) {
        (Some((net, at)), true) => {
            diags.push(codes::e0703::cannot_change(&p.name, net, *at, p.payoff.span, &why(net), sample))
        }
        (Some(_), false) => lost.iter().for_each(|(net, at)| {
            diags.push(match books.iter().find(|(n, _)| n == net) {
                Some((_, (reads, z))) => codes::w0707::codebook(net, *at, *reads, z),
                None => codes::w0707::no_influence(&p.name, net, *at, p.payoff.span),
            });
        }),
        (None, _) => {}
    }
}

/// The params that a player's payoff, or a model or guide, reads as the codebook of `nearest`, which passes no derivative to it.
/// Each with the call and what it looks up.
fn codebooks(typed: &Typed, p: &TPlayer) -> Vec<(String, (crate::span::Span, String))> {
    let mut found: Vec<(String, (crate::span::Span, String))> = Vec::new();
    let sites = typed.models.iter().flat_map(|m| &m.sites).flat_map(crate::types::density::expressions);
    for e in std::iter::once(&p.payoff).chain(sites) {
        visit(typed, e, &mut |e| {
            if let TKind::Fn { row, args } = &e.kind
                && let ("nearest", [z, book]) = (row.name(), args.as_slice())
                && let TKind::Param(i) = &book.kind
                && let Some(param) = typed.params.get(*i)
                && !found.iter().any(|(n, _)| *n == param.name)
            {
                found.push((param.name.clone(), (e.span, super::math::text(typed, z))));
            }
        });
    }
    found
}

/// Visits an expression of the train block and everything inside it.
fn visit(typed: &Typed, e: &TExpr, f: &mut dyn FnMut(&TExpr)) {
    f(e);
    for c in children(typed, e) {
        visit(typed, c, f);
    }
}

/// The expressions directly inside an expression.
pub fn children<'a>(typed: &'a Typed, e: &'a TExpr) -> Vec<&'a TExpr> {
    match &e.kind {
        TKind::Let(i) => typed.train.lets.get(*i).map(|(_, x)| x).into_iter().collect(),
        TKind::Net { args, .. } | TKind::Fn { args, .. } => args.iter().collect(),
        TKind::Flow { arg, given, .. } => std::iter::once(&**arg).chain(given).collect(),
        TKind::Map { arg, .. } | TKind::Neg(arg) | TKind::Expect(arg) | TKind::Corrupt { arg, .. } => {
            vec![arg]
        }
        TKind::Elbo { beta, .. } => vec![beta],
        TKind::Binary(_, a, b) | TKind::Grad { of: a, at: b } | TKind::GradientPenalty { u: a, v: b, .. } => {
            vec![a, b]
        }
        TKind::LogProb { values, .. } => values.iter().map(|(_, v)| v).collect(),
        TKind::Const(_)
        | TKind::Schedule(_)
        | TKind::Data(_)
        | TKind::Sample(..)
        | TKind::Var(_)
        | TKind::Param(_) => Vec::new(),
        TKind::Nll(_) | TKind::Kl { .. } | TKind::Iwae { .. } => Vec::new(),
    }
}

/// The named parts of a payoff: the two halves of an ELBO, the summands of what the user wrote.
fn collect_terms(ctx: &mut Ctx<'_>, e: &TExpr, sign: f64, top: bool, out: &mut Vec<(String, Value)>) {
    match &e.kind {
        TKind::Elbo { p, q, entropy, .. } => {
            let parts = ctx.elbo(*p, *q, *entropy);
            let rec: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
            let rec = ctx.total(&rec);
            let rec = ctx.cx.mean_all(rec);
            out.push(("reconstruction".into(), rec));
            for kl in &parts.kl {
                let v = ctx.cx.mean_all(kl.total);
                out.push((format!("kl[{}]", kl.of.name), v));
            }
        }
        TKind::Binary(op @ (BinOp::Add | BinOp::Sub), a, b) => {
            collect_terms(ctx, a, sign, false, out);
            let flip = if *op == BinOp::Sub { -1.0 } else { 1.0 };
            collect_terms(ctx, b, sign * flip, false, out);
        }
        TKind::Neg(a) => collect_terms(ctx, a, -sign, false, out),
        _ if top => {}
        _ => {
            let v = ctx.payoff(e);
            let v = if sign < 0.0 { ctx.cx.neg(v) } else { v };
            let name = super::math::text(ctx.typed, e);
            out.push((if sign < 0.0 { format!("-{name}") } else { name }, v));
        }
    }
}

/// Whether a payoff corrupts what it reads.
fn corrupts(typed: &Typed) -> bool {
    let mut found = false;
    typed
        .train
        .players
        .iter()
        .for_each(|p| visit(typed, &p.payoff, &mut |e| found |= matches!(e.kind, TKind::Corrupt { .. })));
    found
}

/// The payoffs as they are measured. With `corrupted` on inputs as training sees them, and everything else as without.
fn loss(typed: &Typed, corrupted: bool) -> Graph {
    let mut ctx = Ctx::new(typed, if corrupted { &Program::LossCorrupted } else { &Program::Loss }, false);
    ctx.corrupting = corrupted;
    for p in &typed.train.players {
        let v = ctx.payoff(&p.payoff);
        ctx.cx.output(Output::PayoffOf(p.name.clone()), v);
        let mut terms = Vec::new();
        collect_terms(&mut ctx, &p.payoff, 1.0, true, &mut terms);
        let mut calls = Vec::new();
        visit(typed, &p.payoff, &mut |e| {
            if let TKind::Fn { row, args } = &e.kind {
                calls.push((*row, args.clone()));
            }
        });
        for (row, args) in calls {
            terms.extend(ctx.report(row, &args));
        }
        for (name, v) in terms {
            let name = Output::Term(name).to_string();
            if !ctx.cx.outputs.iter().any(|(n, _)| *n == name) {
                ctx.cx.output(name, v);
            }
        }
    }
    ctx.cx.g
}

fn sample(typed: &Typed, i: usize, m: &TModel) -> Graph {
    let mut ctx = Ctx::new(typed, &Program::Sample(m.name.clone()), false);
    let vars = ctx.ancestral(i);
    output_sites(&mut ctx, m, &vars);
    ctx.cx.g
}

fn output_sites(ctx: &mut Ctx<'_>, m: &TModel, vars: &Vars) {
    for s in &m.sites {
        if let Some(v) = vars.get(&s.name) {
            ctx.cx.output(Output::Site(s.name.clone()), *v);
        }
        if let (true, Some(mean)) = (s.observed, ctx.mean_of(s, vars)) {
            ctx.cx.output(Output::Mean(s.name.clone()), mean);
        }
    }
}

fn sample_query(models: &[(usize, &TModel)]) -> Query {
    let answer = match models {
        [] => Err("this spec has no `model`: its nets map data to data and say nothing about how data arise"
            .to_string()),
        [(_, m), ..] => Ok(Answer::of(Program::Sample(m.name.clone()))),
    };
    Query { question: Question::Sample, answer }
}

fn density(typed: &Typed, models: &[(usize, &TModel)], graphs: &mut Vec<(Program, Graph)>) -> Query {
    let answer = match models {
        [] => Err("this spec has no `model`, so no density is defined".to_string()),
        [(i, m), ..] => match &m.density {
            Density::Exact { dequantised, .. } => {
                let program = Program::LogProb(m.name.clone());
                let mut ctx = Ctx::new(typed, &program, false);
                let l = ctx.log_likelihood(*i);
                ctx.cx.output(Output::LogProb, l);
                graphs.push((program.clone(), ctx.cx.g));
                Ok(Answer::number(
                    program,
                    if *dequantised { NumberKind::LowerBound } else { NumberKind::Exact },
                ))
            }
            Density::Latent(u) => match guide_of(typed, *i) {
                Some(q) => {
                    let program = Program::Bound(m.name.clone());
                    graphs.push((program.clone(), bound(typed, &program, *i, q)));
                    Ok(Answer::number(program, NumberKind::LowerBound))
                }
                None => Err(format!(
                    "`{}` is not determined by the data and no guide with a density proposes it",
                    u.join("`, `")
                )),
            },
            Density::Implicit(x) => Err(format!(
                "`{x}` is computed by a net that cannot be inverted: the model has samples, but no density"
            )),
            Density::Unobserved => Err(format!("no site of `{}` is a data variable", m.name)),
        },
    };
    Query { question: Question::Density, answer }
}

/// The site of a model that is the class of the others: observed, drawn, one of a few unordered values.
pub fn class_site(m: &TModel) -> Option<&crate::types::TSite> {
    m.sites.iter().find(|s| {
        s.observed
            && s.ty.shape.is_empty()
            && matches!(s.ty.kind, Kind::Class(_))
            && matches!(s.kind, TSiteKind::Draw(_))
    })
}

/// Bayes' rule needs a class among the observed sites and the density of all of them together.
fn classify(models: &[(usize, &TModel)], density: Option<&Query>) -> Query {
    let answer = match (models.first(), density.map(|q| &q.answer)) {
        (None, _) | (_, None) => Err("this spec has no `model`".to_string()),
        (Some((_, m)), Some(density)) => match (class_site(m), density) {
            (Some(y), _) if !m.sites.iter().any(|s| s.observed && s.name != y.name) => {
                Err(format!("nothing but the class `{}` is observed", y.name))
            }
            (Some(_), Ok(answer)) => Ok(answer.clone()),
            (Some(_), Err(why)) => Err(why.clone()),
            (None, _) => Err(format!(
                "`{}` draws no class from the data; write `y ~ Categorical(free(10));  x ~ .. ` with `y: Class(10)` in the data",
                m.name
            )),
        },
    };
    Query { question: Question::Classify, answer }
}

/// The guide that covers a model and has a density at every latent site.
pub fn guide_of(typed: &Typed, p: usize) -> Option<usize> {
    let m = typed.models.get(p)?;
    typed.models.iter().position(|g| {
        let mut known: Vec<String> = m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect();
        known.extend(g.sites.iter().filter(|s| m.proposed(s).is_some()).map(|s| s.name.clone()));
        g.guide
            && crate::types::density::open_sites(m, &known).is_empty()
            && g.sites.iter().all(|s| {
                m.proposed(s).is_none()
                    || matches!(s.kind, TSiteKind::Draw(_))
                    || crate::types::density::flowed(g, s).is_some()
            })
    })
}

fn bound(typed: &Typed, program: &Program, p: usize, q: usize) -> Graph {
    let mut ctx = Ctx::new(typed, program, false);
    let parts = ctx.elbo(p, q, false);
    let rec: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
    let (rec, kl) = (ctx.total(&rec), ctx.total(&parts.kl_totals()));
    let elbo = ctx.cx.sub(rec, kl);
    let w = ctx.log_weight(p, q);
    ctx.cx.output(Output::Elbo, elbo);
    ctx.cx.output(Output::LogWeight, w);
    ctx.cx.output(Output::Reconstruction, rec);
    ctx.cx.output(Output::Kl, kl);
    for kl in parts.kl {
        match (kl.of.unit, kl.each) {
            (Unit::Dimension | Unit::Vector, Some(each)) => ctx.cx.output(Output::KlDim(kl.of.name), each),
            (Unit::Dimension | Unit::Vector | Unit::Site, _) => {
                ctx.cx.output(Output::KlSite(kl.of.name), kl.total)
            }
            (Unit::Nothing, _) => {}
        }
    }
    ctx.cx.g
}

/// Where `x` is encoded and decoded again in a payoff without a model: the outer net application of the data's type, and the code it
/// reads.
fn autoencoder<'a>(typed: &'a Typed) -> Option<(&'a TExpr, &'a TExpr, &'a str)> {
    fn search<'a>(typed: &'a Typed, e: &'a TExpr) -> Option<(&'a TExpr, &'a TExpr, &'a str)> {
        if let TKind::Net { args, .. } = &e.kind {
            let var = typed
                .data
                .iter()
                .flat_map(|d| &d.vars)
                .find(|v| v.ty.shape == e.ty.shape && reads_data(typed, e, &v.name));
            let codes = |a: &&TExpr| {
                matches!(
                    a.kind,
                    TKind::Net { .. }
                        | TKind::Let(_)
                        | TKind::Map { .. }
                        | TKind::Fn { .. }
                        | TKind::Corrupt { .. }
                )
            };
            let code = args.first().filter(codes);
            if let (Some(v), Some(code)) = (var, code) {
                return Some((e, code, &v.name));
            }
        }
        children(typed, e).into_iter().find_map(|c| search(typed, c))
    }
    typed.train.players.iter().find_map(|p| search(typed, &p.payoff))
}

fn reads_data(typed: &Typed, e: &TExpr, name: &str) -> bool {
    matches!(&e.kind, TKind::Data(n) if n == name)
        || children(typed, e).into_iter().any(|c| reads_data(typed, c, name))
}

/// A corrupted input and what an autoencoder makes of it, for a picture.
fn denoise(typed: &Typed) -> Option<Graph> {
    let (out, _, name) =
        autoencoder(typed).filter(|_| corrupts(typed) && typed.models.iter().all(|m| m.guide))?;
    let mut ctx = Ctx::new(typed, &Program::Denoise, false);
    ctx.corrupting = true;
    let clean = ctx.payoff(out);
    let input = ctx.corrupted.first().copied()?;
    ctx.cx.output(Output::Corrupted(name.into()), input);
    ctx.cx.output(Output::Site(name.into()), clean);
    Some(ctx.cx.g)
}

/// What `eval` asks for must have an answer.
fn evals(typed: &Typed, models: &[(usize, &TModel)], queries: &[Query], diags: &mut Vec<Diag>) {
    let refused = |q: Question| queries.iter().find(|o| o.question == q).and_then(|q| q.answer.clone().err());
    let density = queries.iter().find(|q| q.question == Question::Density).map(|q| &q.answer);
    let model = models.first().map_or("the model", |(_, m)| m.name.as_str());
    for (row, asked) in typed.eval.iter() {
        let (why, help) = match row.needs() {
            Needs::Bound => match density {
                Some(Ok(answer)) if answer.number == Some(NumberKind::Exact) => (
                    Some(format!("the density of `{model}` is exact: there is no bound to tighten")),
                    "leave it out: the exact value is measured anyway",
                ),
                Some(Ok(answer)) if !answer.is_bound() && refused(Question::Classify).is_some() => (
                    Some(format!("`{model}` is bounded by dequantisation, not by samples of a guide")),
                    "leave it out: the bound is measured anyway",
                ),
                Some(Ok(_)) | None => (None, ""),
                Some(Err(why)) => (
                    Some(why.clone()),
                    "leave it out, or write a latent variable model and a guide: `model p { z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1) }`",
                ),
            },
            Needs::Draws => (
                refused(Question::Sample),
                "leave it out, or say how data arise: `model p { z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1) }`",
            ),
            Needs::Code => {
                (refused(Question::Reconstruct), "leave it out, or write a `guide`, which encodes the data")
            }
            Needs::Modes => {
                let conditions = models.first().map(|(_, m)| m.conds.join("`, `")).filter(|c| !c.is_empty());
                let known = typed.data.iter().any(|d| d.row.modes(&d.args).is_some());
                let why = match (known, refused(Question::Sample), conditions) {
                    (false, _, _) => Some("the modes of these data are not known".to_string()),
                    (true, Some(why), _) => Some(why),
                    (true, None, Some(c)) => {
                        Some(format!("`{model}` draws given `{c}`, and modes are those of all data together"))
                    }
                    (true, None, None) => None,
                };
                (
                    why,
                    "leave it out, or use data with known modes, `gaussians(8)` or `grid(25)`, and a model that draws them",
                )
            }
            // Looks at the test part are always possible; the others were judged by the checker.
            Needs::Nothing | Needs::PerDatum | Needs::Judge => (None, ""),
        };
        if let Some(why) = why {
            diags.push(codes::e0507::eval(row.name(), asked.span, &why, help));
        }
    }
}

/// Whether the judge of `eval { agreement(judge) }` sees in each sample the class that it was drawn with, and whether it knows the
/// class of real examples.
fn agreement(typed: &Typed, models: &[(usize, &TModel)]) -> Option<Graph> {
    let a = typed.agreement.as_ref()?;
    let (i, m) = models.first()?;
    let mut ctx = Ctx::new(typed, &Program::Agreement, false);
    let vars = ctx.ancestral(*i);
    let (sample, asked) = (vars.get(&a.sample).copied()?, vars.get(&a.class).copied()?);
    let (real, class) = (ctx.data(&a.sample), ctx.data(&a.class));
    ctx.cx.g.at = m.span;
    for (output, x, y) in [(Output::Agrees, sample, asked), (Output::Knows, real, class)] {
        let scores = ctx.net_on(a.judge, vec![x]).first().copied()?;
        let hot = super::nets::one_hot(&mut ctx.cx, y, a.classes);
        let own = ctx.cx.mul(scores, hot);
        let own = ctx.cx.sum(own, &[1]);
        let best = ctx.cx.reduce(ReduceKind::Max, scores, &[1]);
        let hit = ctx.cx.compare(Compare::Ge, own, best);
        let hit = ctx.cx.cast(hit, DType::F);
        let hit = ctx.cx.sum_event(hit);
        ctx.cx.output(output, hit);
    }
    Some(ctx.cx.g)
}

fn encode(typed: &Typed, models: &[(usize, &TModel)], graphs: &mut Vec<(Program, Graph)>) -> Query {
    let mut ctx = Ctx::new(typed, &Program::Encode, false);
    ctx.draws = Draws::Means;
    let why = match models.first() {
        None => match autoencoder(typed) {
            Some((_, code, _)) => {
                let v = ctx.payoff(code);
                ctx.cx.output(Output::Code("code".into()), v);
                None
            }
            None => Some("no net of this spec encodes the data".to_string()),
        },
        Some((_, m)) => match (
            &m.density,
            typed.models.iter().position(|g| g.guide && g.sites.iter().any(|s| m.proposed(s).is_some())),
        ) {
            // What could be summed over has a code where a guide proposes one.
            (Density::Exact { summed, .. }, guide) if summed.is_empty() || guide.is_none() => {
                let mut vars = ctx.observed(m);
                ctx.solve(m, &mut vars);
                for s in m.sites.iter().filter(|s| !s.observed) {
                    if let (TSiteKind::Draw(_), Some(v)) = (&s.kind, vars.get(&s.name)) {
                        ctx.cx.output(Output::Code(s.name.clone()), *v);
                    }
                }
                if let (true, Some((_, code, _))) = (ctx.cx.outputs.is_empty(), autoencoder(typed)) {
                    let v = ctx.payoff(code);
                    ctx.cx.output(Output::Code("code".into()), v);
                }
                None
            }
            (
                Density::Exact { .. } | Density::Latent(_) | Density::Unobserved | Density::Implicit(_),
                guide,
            ) => match guide {
                Some(q) => {
                    let vars = ctx.ancestral(q);
                    for s in &ctx.model(q).sites {
                        if let (Some(_), Some(v)) = (m.proposed(s), vars.get(&s.name)) {
                            ctx.cx.output(Output::Code(s.name.clone()), *v);
                        }
                    }
                    None
                }
                None => {
                    Some(format!("`{}` has no guide: nothing maps data back to what they came from", m.name))
                }
            },
        },
    };
    if why.is_none() && ctx.cx.outputs.is_empty() {
        return Query {
            question: Question::Encode,
            answer: Err(
                "no hidden variable of the model is proposed by a guide or determined by the data".into()
            ),
        };
    }
    match why {
        None => {
            graphs.push((Program::Encode, ctx.cx.g));
            Query { question: Question::Encode, answer: Ok(Answer::of(Program::Encode)) }
        }
        Some(why) => Query { question: Question::Encode, answer: Err(why) },
    }
}

fn reconstruct(typed: &Typed, models: &[(usize, &TModel)], graphs: &mut Vec<(Program, Graph)>) -> Query {
    let mut ctx = Ctx::new(typed, &Program::Reconstruct, false);
    ctx.draws = Draws::Means;
    let why = match models.first() {
        None => match autoencoder(typed) {
            Some((out, _, name)) => {
                let v = ctx.payoff(out);
                ctx.cx.output(Output::Site(name.into()), v);
                None
            }
            None => Some("no net of this spec maps the data to their own type".to_string()),
        },
        Some((_, m)) => {
            let guide = typed
                .models
                .iter()
                .position(|g| g.guide && g.sites.iter().any(|s| m.proposed(s).is_some_and(|o| !o.observed)));
            match guide {
                Some(q) => {
                    let from = ctx.ancestral(q);
                    let mut vars = ctx.conditions(m);
                    for s in &ctx.model(q).sites {
                        if let (Some(of), Some(v)) = (m.proposed(s), from.get(&s.name))
                            && !of.observed
                        {
                            vars.insert(s.name.clone(), *v);
                        }
                    }
                    ctx.solve(m, &mut vars);
                    for s in &m.sites {
                        if !vars.contains_key(&s.name) {
                            let v = ctx.site_value(s, &vars);
                            vars.insert(s.name.clone(), v);
                        }
                        if let (true, Some(v)) = (s.observed, vars.get(&s.name)) {
                            ctx.cx.output(Output::Site(s.name.clone()), *v);
                        }
                    }
                    ctx.cx.outputs.is_empty().then(|| format!("no site of `{}` is a data variable", m.name))
                }
                None if let Some((out, _, name)) = autoencoder(typed) => {
                    let v = ctx.payoff(out);
                    ctx.cx.output(Output::Site(name.into()), v);
                    None
                }
                None => Some(match &m.density {
                    Density::Exact { .. } if m.sites.iter().any(|s| s.observed && !matches!(s.kind, TSiteKind::Draw(_))) => {
                        "every datum is mapped to its base variable and back without loss: there is nothing to reconstruct".to_string()
                    }
                    Density::Exact { .. } => {
                        format!("`{}` has the density of the data themselves, and no code of theirs to reconstruct them from", m.name)
                    }
                    Density::Latent(_) | Density::Implicit(_) | Density::Unobserved => {
                        format!("`{}` has no guide that would encode the data", m.name)
                    }
                }),
            }
        }
    };
    match why {
        None => {
            graphs.push((Program::Reconstruct, ctx.cx.g));
            Query { question: Question::Reconstruct, answer: Ok(Answer::of(Program::Reconstruct)) }
        }
        Some(why) => Query { question: Question::Reconstruct, answer: Err(why) },
    }
}
