//! `gmc explain`: what was concluded about a spec, and what it costs.

use super::args::Spec;
use super::kept::{Kept, compiled, kept, whole};
use super::reference;
use crate::console::{Messages, say};
use crate::failure::Failure;
use crate::session::load;
use crate::session::snapshot::Group;
use crate::store::RunDir;
use crate::store::weights::fitted;
use crate::train::run::rounds;
use gmc_compiler::derive::{Compiled, NumberKind};
use gmc_compiler::diag::codes;
use gmc_compiler::explain::chains::chain_reads;
use gmc_compiler::explain::costs;
use gmc_compiler::explain::latex::document;
use gmc_compiler::explain::math::equations::{self, Equations};
use gmc_compiler::explain::math::{self, Objective};
use gmc_compiler::explain::passes::{self, Asked};
use gmc_compiler::explain::sampling::{self, Piece};
use gmc_compiler::explain::{shared, typed};
use gmc_compiler::rows::measure::Infer;
use gmc_compiler::rows::setting::{Batch, Ema};
use gmc_compiler::types::{TPlayer, Typed};
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn explain(
    what: &str,
    latex: bool,
    derive: bool,
    set: Vec<(String, String)>,
    m: Messages,
) -> Result<(), Failure> {
    if let Some(page) = codes::page(what) {
        let accept = match page.code.starts_with('W') {
            true => format!(
                "\nWhere it is meant, a comment in the spec keeps the warning away: `# accept {}: why`.\n",
                page.code
            ),
            false => String::new(),
        };
        return say(&format!("{}: {}\n\n{}{accept}", page.code, page.title, page.text));
    }
    let path = PathBuf::from(what);
    if path.is_dir() && path.join("spec.gm").exists() {
        return of_run(&path, (latex, derive), m);
    }
    // A folder of this name, such as `images`, is not meant.
    if !path.is_file() {
        if let Some(text) = reference::about(what) {
            return say(&text);
        }
        if path.extension().is_none() && !path.exists() {
            return Err(reference::unknown(what));
        }
    }
    let u = compiled(&Spec { spec: path, set }, m)?;
    let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else { return Ok(()) };
    say(&explanation(typed, c, latex, derive))
}

/// What was concluded about a spec; with `derive` only the objective.
pub fn explanation(typed: &Typed, c: &Compiled, latex: bool, derive: bool) -> String {
    if latex {
        let skipped = if derive { typed.models.len() } else { 0 };
        let all: Vec<Equations> = equations::of(typed).into_iter().skip(skipped).collect();
        return document(&all);
    }
    let mut out = String::new();
    if !derive {
        conclusions(typed, &mut out);
    }
    for p in &typed.train.players {
        objective(&math::objective(typed, p, false), &mut out);
    }
    if !derive {
        sampling(typed, &mut out);
        passes(typed, &mut out);
        chains(typed, &mut out);
        queries(c, &mut out);
        ownership(typed, c, &mut out);
        shared(typed, &mut out);
        per_datum(typed, c, &mut out);
        costs(typed, c, &mut out);
    }
    out
}

/// Explains the spec of a run, and says what became of its `param`s. It needs no data.
fn of_run(path: &Path, (latex, derive): (bool, bool), m: Messages) -> Result<(), Failure> {
    let dir = RunDir::view(path)?;
    let Kept { unit, checkpoint, .. } = kept(&dir, m)?;
    let (_, typed, c) = whole(unit)?;
    let mut out = explanation(&typed, &c, latex, derive);
    if let Some(checkpoint) = checkpoint.filter(|_| !latex) {
        let planned = rounds(&checkpoint.meta).map_or(String::new(), |n| format!(" of {n}"));
        let _ = writeln!(out, "\nafter {}{planned} rounds", checkpoint.meta.step);
        let kept = |name: &str| {
            let of = |group| checkpoint.tensors.get(&(group, name.to_string()));
            of(Group::Ema).or_else(|| of(Group::Param)).map(|t| t.values.clone())
        };
        for (name, values) in fitted(&typed, kept) {
            let _ = writeln!(out, "  param {name:<12} {values}");
        }
    }
    say(&out)
}

fn conclusions(typed: &Typed, out: &mut String) {
    for d in &typed.data {
        let types: Vec<_> = d.vars.iter().map(|v| v.ty.clone()).collect();
        let names: Vec<&str> = d.vars.iter().map(|v| v.name.as_str()).collect();
        for fact in d.row.entropy(&d.args, &types) {
            let _ = writeln!(out, "data {}: {fact}", names.join(", "));
        }
    }
    for m in typed.models.iter().filter(|m| !m.guide) {
        let _ = writeln!(out, "model {}: {}", m.name, typed::density(m));
    }
    if typed.models.iter().all(|m| m.guide) {
        let _ = writeln!(
            out,
            "no model: nothing is said about how data arise, so there are no samples and no density"
        );
    }
    for (net, layer) in typed.nets.iter().filter_map(|n| Some((n, n.filled.as_ref()?))) {
        let outs: Vec<String> = net.outs.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            out,
            "net {}: the size of {layer} follows from what it yields, {}",
            net.name,
            outs.join(" and ")
        );
    }
    for f in typed.flows.iter().filter(|f| f.volume_preserving()) {
        let _ = writeln!(out, "flow {}: volume-preserving", f.name);
    }
    if typed.train.players.len() > 1 {
        let kind = if typed.train.simultaneous { "at once" } else { "in turn" };
        let _ = writeln!(out, "a game of {} players, who move {kind}", typed.train.players.len());
    }
}

/// An objective, term by term.
pub fn objective(o: &Objective, out: &mut String) {
    let who = if o.player == "all" { String::new() } else { format!("{} ", o.player) };
    let _ =
        writeln!(out, "\nobjective ({who}{}, {})", o.verb, if o.derived { "derived" } else { "as written" });
    signed(&o.goal, "  ", out);
    if o.goal != o.terms {
        let _ = writeln!(out, "    # in full");
        signed(&o.terms, "    #   ", out);
    }
    for n in &o.notes {
        let _ = writeln!(out, "    # {n}");
    }
}

/// What draws in an order read, keep and cost.
fn sampling(typed: &Typed, out: &mut String) {
    for s in sampling::of(typed) {
        for site in &s.sites {
            let places = site.order.order.places();
            let _ = writeln!(
                out,
                "\ndraws of {} from {}, one place after the other: {places} places, {}",
                site.name, s.model.name, site.order.text
            );
            let _ = writeln!(out, "  {:<12} {}", "reads", field(site));
            keeps(&site.kept, "drawn", "place", out);
            computed("whole", &site.whole, "at every place anew", out);
            computed("in part", &site.own, "the numbers of the place from all that it reads", out);
        }
        with_and_without("one draw", [s.madds, s.without], "place", out);
    }
}

/// What the slow direction of masked flows keeps and costs.
fn passes(typed: &Typed, out: &mut String) {
    for p in passes::of(typed) {
        let (what, one) = match p.asked {
            Asked::Draw => ("draws from", "one draw"),
            Asked::Density => ("densities of", "one datum"),
        };
        let _ = writeln!(out, "\n{what} {}, one coordinate after the other", p.model.name);
        for l in &p.layers {
            let times = if l.times == 1 { String::new() } else { format!("{} of ", l.times) };
            let _ = writeln!(out, "  {:<12} {times}{}: {} coordinates", "through", l.text, l.places);
            keeps(&l.kept, "made", "coordinate", out);
            computed("whole", &l.whole, "at every coordinate anew", out);
            computed("in part", &l.own, "the numbers of the coordinate from all that it reads", out);
        }
        with_and_without(one, [p.madds, p.without], "coordinate", out);
    }
}

/// What is kept from place to place.
fn keeps(kept: &[Piece], drawn: &str, place: &str, out: &mut String) {
    let numbers: usize = kept.iter().map(|k| k.numbers).sum();
    let _ = match kept {
        [] => writeln!(out, "  {:<12} nothing but what is {drawn}", "keeps"),
        _ => writeln!(out, "  {:<12} {} numbers from {place} to {place}", "keeps", grouped(numbers)),
    };
    for k in kept {
        let _ = writeln!(out, "  {:<12}   {} of {}", "", k.what, k.by);
    }
}

/// What something costs as it is computed, and what it would cost if everything were computed at every place.
fn with_and_without(what: &str, [with, without]: [u64; 2], place: &str, out: &mut String) {
    let million = |n: u64| n as f64 / 1e6;
    let _ = writeln!(
        out,
        "  {what:<12} {:.3} million multiply-adds; {:.3} million if everything were computed at every {place}, {:.1} times as many",
        million(with),
        million(without),
        without as f64 / with.max(1) as f64
    );
}

/// What chains in time cost: draws step by step, and sums over hidden classes.
fn chains(typed: &Typed, out: &mut String) {
    for c in sampling::in_time(typed) {
        let _ = writeln!(
            out,
            "\ndraws of {} from {}, one time after the other: a loop of {} steps",
            c.name, c.model.name, c.steps
        );
        if let Some(read) = chain_reads(typed, &c.model.name, c.name) {
            let _ = writeln!(out, "  {:<12} {}", "reads", read.elements.join(", "));
            let of = if read.look_back == 1 { "time" } else { "times" };
            let numbers = grouped(read.look_back * read.numbers);
            let what = if numbers == "1" { "number" } else { "numbers" };
            let _ = writeln!(out, "  {:<12} {} {of}: {numbers} {what}", "keeps", read.look_back);
        }
        let _ = writeln!(out, "  {:<12} {:.3} million multiply-adds", "one draw", c.madds as f64 / 1e6);
    }
    for (m, c) in sampling::summed(typed) {
        let window =
            u32::try_from(c.back + 1).ok().and_then(|n| c.values.checked_pow(n)).unwrap_or(usize::MAX);
        let _ = writeln!(
            out,
            "\nsum over {} of {}, by the forward recursion: {} steps, each over {} combinations of {} classes at {} times",
            c.site,
            m.name,
            c.length,
            grouped(window),
            c.values,
            c.back + 1
        );
        let terms = c.length.saturating_mul(window);
        let _ = writeln!(
            out,
            "  {:<12} {} terms, in place of {}^{} paths",
            "one datum",
            grouped(terms),
            c.values,
            c.length
        );
    }
}

/// Ops that draws compute, and how.
fn computed(title: &str, all: &[Piece], how: &str, out: &mut String) {
    for (i, p) in all.iter().enumerate() {
        let title = if i == 0 { title } else { "" };
        let times = if p.numbers == 1 { String::new() } else { format!("{} ", p.numbers) };
        let _ = writeln!(out, "  {title:<12} {times}{} of {}, {how}", p.what, p.by);
    }
}

/// What of the earlier places is read.
fn field(site: &sampling::Drawn) -> String {
    let Some(f) = &site.reads else { return "no earlier place".to_string() };
    let [row, column] = f.pixel;
    let pixel = match f.image {
        [1, _] => format!("place {column}"),
        _ => format!("row {row}, column {column}"),
    };
    match f.unread() {
        0 => "all earlier places".to_string(),
        n => {
            let read = f.read.len() - n;
            let picture = f.picture([7, 12]).replace('\n', "\n               ");
            format!(
                "{read} of the {} before {pixel}, `?`; of those near, `+` and not `.`:\n               {picture}",
                f.read.len()
            )
        }
    }
}

/// Terms with their signs, a line each.
fn signed(terms: &[String], indent: &str, out: &mut String) {
    for (i, t) in terms.iter().enumerate() {
        let (sign, t) = match t.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None if i > 0 => ("+", t.as_str()),
            None => (" ", t.as_str()),
        };
        let _ = writeln!(out, "{indent}{sign} {t}");
    }
}

fn queries(c: &Compiled, out: &mut String) {
    // Whom a question goes to is said where there is a choice.
    let several = c.queries.iter().any(|q| q.model.is_some());
    let mut of: Option<&str> = None;
    let _ = writeln!(out, "\nqueries");
    for q in &c.queries {
        if q.model.as_deref() != of {
            of = q.model.as_deref();
            let _ = writeln!(out, "\nqueries with --model {}", of.unwrap_or_default());
        }
        let text = match &q.answer {
            Ok(answer) => {
                let by = answer.model.as_deref().filter(|_| several && of.is_none());
                let by = by.map_or(String::new(), |m| format!(", of `{m}`"));
                let untrained = match answer.untrained.as_slice() {
                    [] => String::new(),
                    names => format!(", with `{}` as the spec says: no goal trains it", names.join("`, `")),
                };
                format!("{}{by}{untrained}", answer.number.map_or("yes", NumberKind::text))
            }
            Err(why) => format!("no: {why}"),
        };
        let _ = writeln!(out, "  {:<12} {text}", q.question);
    }
}

/// What a player is called: the only one has no name.
fn called(player: &TPlayer) -> &str {
    if player.name == "all" { "the only player" } else { &player.name }
}

fn ownership(typed: &Typed, c: &Compiled, out: &mut String) {
    let _ = writeln!(out, "\nparameters");
    let mut total = 0usize;
    for costs::Trained { name, numbers, owner, from } in costs::trained(typed, c) {
        let whose = match from {
            Some(f) => format!("owned by nobody, from \"{}\" (CRC-32 {})", f.path, f.hash),
            None => format!("owned by {}", owner.map_or("nobody", called)),
        };
        let _ = writeln!(out, "  {name:<12} {numbers:>10}  {whose}");
        total += if from.is_some() { 0 } else { numbers };
    }
    let _ = writeln!(out, "  {:<12} {total:>10}", "all");
}

/// What several players compute in a round, and whether it is one value for all.
fn shared(typed: &Typed, out: &mut String) {
    let all = shared::shared(typed);
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\ncomputed by several players");
    for s in all {
        let _ = writeln!(out, "  {:<12} {}: {}", s.what, s.players.join(", "), s.same.words());
    }
}

/// What guides hold for each datum: the memory that grows with the data, how it is updated, and how new data
/// are inferred.
fn per_datum(typed: &Typed, c: &Compiled, out: &mut String) {
    // The number of data is known where the data are there.
    let sets = if c.per_datum.is_empty() { None } else { load::data(typed).ok() };
    for held in costs::per_datum(typed, c) {
        let (g, player, size) = (held.guide, held.owner, held.numbers);
        let x = g.conds.first().map_or("x", |x| x);
        let _ =
            write!(out, "\nguide {}: {size} parameters for each {x}, owned by {}", g.name, called(player));
        match sets.as_ref().and_then(|s| s.get(held.item)).map(|s| s.train.n) {
            Some(n) => {
                let megabytes = |numbers: usize| 4e-6 * (numbers * n) as f64;
                let _ = writeln!(
                    out,
                    "; {} data: {} parameters, {:.1} MB ({:.1} MB with what {} keeps)",
                    grouped(n),
                    grouped(size * n),
                    megabytes(size),
                    megabytes(size + held.slots),
                    player.optimizer.name()
                );
            }
            None => {
                let _ = writeln!(out, "; how many in all is known where the data are");
            }
        }
        let (steps, rate) = Infer::of(&typed.eval);
        let _ = writeln!(
            out,
            "  a step moves the parameters of the data in its minibatch and no others; each datum counts its own steps"
        );
        if Ema::of(&typed.train.settings).is_some() {
            let _ =
                writeln!(out, "  they are not averaged by `ema`: each is moved once in a pass over the data");
        }
        let _ = writeln!(
            out,
            "  a new {x} starts at 0 and takes {steps} Adam steps with the model fixed, at a rate that falls from {rate} to 0"
        );
        let _ = writeln!(
            out,
            "  a guide that computes them with a net, `guide {}({x})`, has the parameters of the net, however many data there are",
            g.name
        );
    }
}

/// 1,920,000
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

fn costs(typed: &Typed, c: &Compiled, out: &mut String) {
    let _ = writeln!(out, "\none step at batch {}", Batch::of(&typed.train.settings));
    for step in costs::steps(typed, c) {
        let name = if step.player.name == "all" { "" } else { &step.player.name };
        let _ = writeln!(
            out,
            "  {name:<12} {:.1} million multiply-adds, at most {:.1} MB, {} operations",
            step.madds as f64 / 1e6,
            step.peak_bytes as f64 / 1e6,
            step.operations
        );
    }
}
