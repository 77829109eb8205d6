//! Data from hidden variables whose values are given: what `gmc interpolate` and `gmc sample --decode` run.

use super::{Model, autoencoder, models};
use crate::derive::lower::{Ctx, Draws, Vars};
use crate::derive::query::Answer;
use crate::derive::{Input, Output, Program};
use crate::event::EventTy;
use crate::ir::Op;
use crate::ir::{self, DType, Graph, Node, Role, Shape, optimise};
use crate::types::density::upstream;
use crate::types::{TModel, TSite, TSiteKind, Typed};

/// A program that makes data of codes.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// Its inputs are the codes ([`Input::Code`]) beside data; its outputs are sites, and their means where they are drawn.
    pub graph: Graph,
    /// The codes: names and types.
    pub codes: Vec<(String, EventTy)>,
    /// The data variables whose values it is given: what the model is conditioned on, and what it draws apart from the codes.
    pub given: Vec<String>,
}

/// What a decoder makes of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// What stands for data where they are shown: means, the most probable classes.
    Shown,
    /// Draws.
    Drawn,
}

/// Whether there is a way between two data, and what answers.
pub(super) fn query(
    typed: &Typed,
    model: Option<Model<'_>>,
    encode: &Result<Answer, String>,
    others: [&Result<Answer, String>; 2],
) -> Result<Answer, String> {
    let [sample, reconstruct] = others;
    let Some((_, m)) = model.filter(|(_, m)| !hidden(m).is_empty()) else {
        // Without hidden variables the code of an autoencoder is left.
        encode.clone()?;
        return match reconstruct {
            Ok(answer) => of_nets(typed).map(|_| answer.clone()),
            Err(_) => Err("what stands for the data is not mapped back to them".into()),
        };
    };
    let hidden = hidden(m);
    if hidden.iter().all(|s| s.ty.kind.discrete()) {
        let names: Vec<&str> = hidden.iter().map(|s| s.name.as_str()).collect();
        return Err(format!(
            "`{}` of `{}` has a few values only: there is no way from one to another",
            names.join("`, `"),
            m.name
        ));
    }
    if !m.sites.iter().any(|s| depends(m, s, &hidden)) {
        return Err(format!("no data depend on the hidden variables of `{}`", m.name));
    }
    sample.clone()
}

/// The hidden draws of a model.
fn hidden(m: &TModel) -> Vec<&TSite> {
    m.sites.iter().filter(|s| !s.observed && matches!(s.kind, TSiteKind::Draw(_))).collect()
}

/// Whether an observed site is made of any of these.
fn depends(m: &TModel, s: &TSite, of: &[&TSite]) -> bool {
    s.observed && upstream(m, &s.name).iter().any(|u| of.iter().any(|h| h.name == u.name))
}

/// The program that decodes these hidden variables of a model; of a spec that has no model of hidden variables, or where none is named, the code
/// of its autoencoder.
///
/// # Errors
/// Names that are no hidden variables, or that depend on others that are not given; nothing that decodes.
pub fn decoder(
    typed: &Typed,
    model: Option<&str>,
    codes: &[String],
    as_: Decoded,
) -> Result<Decoder, String> {
    let found = model.and_then(|name| models(typed).into_iter().find(|(_, m)| m.name == name));
    match found.filter(|(_, m)| !hidden(m).is_empty()) {
        Some(model) if !codes.is_empty() && codes.iter().all(|c| model.1.site(c).is_none()) => {
            // Nets beside the model may encode and decode, with a code that is no site.
            let nets = of_nets(typed).ok();
            let theirs = |d: &Decoder| codes.iter().all(|c| d.codes.iter().any(|(name, _)| name == c));
            nets.filter(theirs).map_or_else(|| of_model(typed, model, codes, as_), Ok)
        }
        Some(m) => of_model(typed, m, codes, as_),
        None => of_nets(typed),
    }
}

fn of_model(typed: &Typed, (_, m): Model<'_>, codes: &[String], as_: Decoded) -> Result<Decoder, String> {
    let hidden = hidden(m);
    let mut given_codes = Vec::new();
    for name in codes {
        // What is computed of hidden draws, such as what a flow makes of them, stands for the data as well.
        let site = m.sites.iter().find(|s| !s.observed && s.name == *name);
        given_codes.push(site.ok_or_else(|| {
            let all: Vec<&str> = hidden.iter().map(|s| s.name.as_str()).collect();
            format!("`{}` has no hidden variable `{name}`: it has `{}`", m.name, all.join("`, `"))
        })?);
    }
    for s in given_codes.iter().filter(|s| matches!(s.kind, TSiteKind::Draw(_))) {
        let open = upstream(m, &s.name).into_iter().find(|u| {
            u.name != s.name && hidden.iter().any(|h| h.name == u.name) && !codes.contains(&u.name)
        });
        if let Some(u) = open {
            return Err(format!("`{}` depends on `{}`: give `{}` as well", s.name, u.name, u.name));
        }
    }
    let mut ctx = Ctx::new(typed, Program::Sample(m.name.clone()), false);
    if as_ == Decoded::Shown {
        ctx.draws = Draws::Means;
    }
    let mut vars = ctx.conditions(m);
    // What is observed and drawn apart from the codes is data.
    let apart =
        |s: &&TSite| s.observed && matches!(s.kind, TSiteKind::Draw(_)) && !depends(m, s, &given_codes);
    let mut given = m.conds.clone();
    for s in m.sites.iter().filter(apart) {
        let v = ctx.data(&s.name);
        vars.insert(s.name.clone(), v);
        given.push(s.name.clone());
    }
    for s in &given_codes {
        let v =
            ctx.cx.input(&Input::Code(s.name.clone()).to_string(), Role::Data, Shape::batched(&s.ty.shape));
        vars.insert(s.name.clone(), v);
    }
    sites(&mut ctx, m, vars);
    let codes = given_codes.iter().map(|s| (s.name.clone(), s.ty.clone())).collect();
    Ok(Decoder { graph: ctx.finish().1, codes, given })
}

/// Gives out the observed sites, given some of the hidden ones.
fn sites(ctx: &mut Ctx<'_>, m: &TModel, mut vars: Vars) {
    let known: Vec<String> = vars.keys().cloned().collect();
    ctx.solve(m, &mut vars);
    for s in &m.sites {
        if !vars.contains_key(&s.name) {
            let v = ctx.site_value(s, &vars);
            vars.insert(s.name.clone(), v);
        }
        if !s.observed || known.contains(&s.name) {
            continue;
        }
        if let Some(v) = vars.get(&s.name) {
            ctx.output(Output::Site(s.name.clone()), *v);
        }
        if let Some(mean) = ctx.mean_of(s, &vars) {
            ctx.output(Output::Mean(s.name.clone()), mean);
        }
    }
}

/// What the nets of an autoencoder make of a code: its program of reconstructions, in which the code is an input.
fn of_nets(typed: &Typed) -> Result<Decoder, String> {
    let of = autoencoder::find(typed)?;
    let code = of.code.ok_or("no net of this spec encodes the data")?;
    let mut ctx = Ctx::new(typed, Program::Reconstruct, false);
    ctx.draws = Draws::Means;
    let v = ctx.payoff(code);
    let made = autoencoder::estimate(&mut ctx, &of);
    let name = Output::Code(CODE.into());
    ctx.output(name.clone(), v);
    ctx.output(Output::Site(of.variable.into()), made);
    // Equal expressions are one value now.
    let mut g = optimise(&ctx.finish().1);
    let at = g.outputs.iter().find(|(n, _)| *n == name.to_string()).map(|(_, v)| *v);
    let Some(at) = at else { return Err("no net of this spec encodes the data".into()) };
    let ty = EventTy::real(code.ty.shape.clone());
    let (code_in, shape) = (Input::Code(CODE.into()).to_string(), Shape::batched(&code.ty.shape));
    let input = ir::Input { name: code_in.clone(), role: Role::Data, dtype: DType::F, shape };
    if let Some(node) = g.nodes.get_mut(at.0 as usize) {
        node.op = Op::Input(input);
        node.args.clear();
    }
    g.outputs.retain(|(n, _)| *n != name.to_string());
    let graph = optimise::sweep(&g);
    let reads = |n: &Node| matches!(&n.op, Op::Input(i) if i.role == Role::Data && i.name != code_in);
    if graph.nodes.iter().any(reads) {
        return Err("what stands for the data is not made of one code of them alone".into());
    }
    Ok(Decoder { graph, codes: vec![(CODE.into(), ty)], given: Vec::new() })
}

/// What the code of an autoencoder is called.
const CODE: &str = "code";
