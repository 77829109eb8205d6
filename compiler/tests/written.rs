//! Objectives that are written as mathematics: what `explain` prints of every spec means the same where it is pasted, other spellings
//! of one bound have one program, and what has no number is refused.

use crate::spec_common::{clean, inputs, run, specs, unit};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::text;
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::ast::{Goal, Item};
use gmc_compiler::syntax::parse;
use gmc_compiler::types::Typed;

/// Every program as text without places. A part of a payoff and what a critic says are reported under the names by which they are written,
/// which may be those of a `let`: of such outputs the names, and the order that follows from them, are left out, and nothing else.
fn programs(c: &Compiled) -> String {
    let line = |l: &str| {
        let l = l.split("  // ").next().unwrap_or(l);
        let bare = l.rsplit_once(" @").filter(|(_, at)| at.contains(':') && !at.contains('"'));
        let l = bare.map_or(l, |(l, _)| l);
        let written = l.trim_start();
        let named = ["output \"term:", "output \"says:"].into_iter().find(|kind| written.starts_with(kind));
        match named {
            Some(kind) => Err(format!("{kind}{}", written.rsplit_once('"').map_or(written, |(_, of)| of))),
            None => Ok(l.to_string()),
        }
    };
    let one = |g| {
        let (mut all, mut named) = (Vec::new(), Vec::new());
        for l in text::print_with(g, &|_| None).lines() {
            match line(l) {
                Ok(l) => all.push(l),
                Err(l) => named.push(l),
            }
        }
        named.sort();
        all.extend(named);
        all.join("\n")
    };
    c.programs.graphs().map(one).collect::<Vec<_>>().join("\n\n")
}

/// What `explain` prints as the objective of each player.
fn printed(typed: &Typed) -> Vec<String> {
    let one = |terms: Vec<String>| {
        let sign = |(i, t): (usize, &String)| match t.strip_prefix('-') {
            Some(rest) => format!("\n    - {rest}"),
            None if i > 0 => format!("\n    + {t}"),
            None => t.clone(),
        };
        terms.iter().enumerate().map(sign).collect::<String>()
    };
    typed.train.players.iter().map(|p| one(math::objective(typed, p, false).goal)).collect()
}

/// The text of a spec with the printed objectives in place of those that it writes, or in its `train` block.
fn pasted(text: &str, typed: &Typed) -> String {
    let (spec, _) = parse(FileId::SPEC, text);
    let train = spec.items.iter().find_map(|i| if let Item::Train(t) = i { Some(t) } else { None });
    let train = train.expect("every spec has a train block");
    let written: Vec<&Goal> = train.players.iter().map(|p| &p.goal).chain(&train.goal).collect();
    let all = printed(typed);
    if written.is_empty() {
        let verb = if typed.train.players[0].maximize { "maximizes" } else { "minimizes" };
        let open = train.span.start as usize + text[train.span.start as usize..].find('{').unwrap() + 1;
        return format!("{}\n  {verb} {}\n  {}", &text[..open], all[0], &text[open..]);
    }
    let mut out = text.to_string();
    for (goal, new) in written.iter().zip(&all).rev() {
        let at = goal.payoff.span;
        out.replace_range(at.start as usize..at.end as usize, new);
    }
    out
}

/// There is no spec without training, so every one is pasted.
#[test]
fn what_explain_prints_can_be_pasted() {
    let mut wrong = Vec::new();
    for (name, text) in specs() {
        let (typed, c) = clean(&name, &text);
        let new = pasted(&text, &typed);
        let u = unit(&name, &new);
        match &u.compiled {
            Some(d) if programs(d) == programs(&c) => {}
            Some(_) => wrong.push(format!("{name}: other programs\n{new}")),
            None => wrong.push(format!("{name}: {:?}\n{new}", u.diags)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// No name of an objective, and none of a `let`, is left in what is printed, neither in the goal nor down to distributions nor in LaTeX.
#[test]
fn what_explain_prints_is_mathematics() {
    let own = OWN.iter().map(|goal| (goal.to_string(), VAE.replace("GOAL", goal)));
    for (name, text) in specs().into_iter().chain(own) {
        let (typed, _) = clean(&name, &text);
        let mut all = printed(&typed);
        for p in &typed.train.players {
            all.extend(math::objective(&typed, p, false).terms);
            all.extend(math::objective(&typed, p, true).terms);
        }
        for goal in all {
            let plain = goal.replace("\\operatorname{", "").replace("}(", "(");
            for word in ["elbo(", "iwae(", "nll(", "kl(", "mse(", "says_real(", "sse("] {
                assert!(!plain.contains(word), "{name}: {goal}");
            }
        }
    }
}

/// Goals with objectives in forms, with factors and inside of sums.
const OWN: [&str; 8] = [
    "maximizes elbo(p, q, beta: 0.5, form: entropy)",
    "maximizes elbo(p, q, free: 0.25, form: entropy)",
    "maximizes elbo(p, q, beta: ramp(0 -> 1, over: 2 epochs), free: 0.25, form: entropy)",
    "maximizes elbo(p, q) / 2",
    "maximizes 2 * (elbo(p, q) - iwae(p, q, k: 3)) - 1",
    "maximizes iwae(p, q, k: 3) * 3",
    "minimizes 0.5 * (kl(q, p) - 2 * E[log p(x | q.z)])",
    "maximizes 3 * E[log p(x | q.z)] + H(q(z | x))",
];

#[test]
fn factors_and_forms_can_be_pasted() {
    for goal in OWN {
        let text = VAE.replace("GOAL", goal);
        let (typed, c) = clean("own", &text);
        let new = pasted(&text, &typed);
        assert!(programs(&clean("pasted", &new).1) == programs(&c), "{goal}\n{new}");
    }
}

/// What importance weights and penalties are, down to distributions.
#[test]
fn weights_and_penalties_are_written_out() {
    let full = |text: &str, latex: bool| {
        let (typed, _) = clean("full", text);
        math::objective(&typed, &typed.train.players[0], latex)
    };
    let weights = VAE.replace("GOAL", "maximizes 2 * iwae(p, q, k: 3)");
    assert_eq!(
        full(&weights, false).terms,
        ["2 * E_q[log mean_{3} Normal(z; 0, 1) Bernoulli(x; decode(z)) / Normal(z; m, exp(s))]"]
    );
    let latex = full(&weights, true).terms.concat();
    assert!(latex.contains("\\sum_{k = 1}^{3} \\frac{\\operatorname{Normal}(z; 0, 1)"), "{latex}");
    let game = "data x: Real[2] from moons
net G(z: Real[2]) -> Real[2] { dense(8), relu, dense(2) }
net D(x: Real[2]) -> Real[] { dense(8), tanh, dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player critic { owns D  maximizes E[D(x)] - E[D(p.x)] - 10 * gradient_penalty(D, x, p.x) }
  player maker  { owns G  maximizes E[D(p.x)] }
}
";
    let o = full(game, false);
    assert_eq!(o.goal, ["E[D(x)]", "-E[D(p.x)]", "-10 * gradient_penalty(D, x, p.x)"]);
    assert_eq!(o.terms, ["E[D(x)]", "-E[D(p.x)]", "-10 * E[(norm(grad(D(w), w)) - 1)^2]"]);
    let note =
        "w lies at random between x and p.x: w = a * x + (1 - a) * p.x, a ~ Uniform(0, 1) for each example";
    assert!(o.notes.iter().any(|n| n == note), "{:?}", o.notes);
    assert!(full(game, true).terms.concat().contains("\\nabla_{\\hat x} D(\\hat x)"));
    let of = LADDER
        .replace("GOAL", "maximizes E[log p(x | q.z)] - 2 * kl(q, p, of: [\"w\"]) - kl(q, p, of: [\"z\"])");
    let terms = full(&of, false).terms;
    assert!(
        terms.len() == 4 && terms[1].starts_with("-2 * KL(Normal(u, exp(v)) || Normal(0, 1))"),
        "{terms:?}"
    );
}

/// An entropy that stands alone is estimated by the guide's sample: its mean is the entropy that the bound takes in closed form.
#[test]
fn an_entropy_alone_has_the_mean_of_the_closed_one() {
    let value = |goal: &str| {
        let (typed, c) = clean("entropy", &VAE.replace("GOAL", goal));
        let (g, batch) = (&c.programs["loss"], 4000);
        run(g, batch, &inputs(&typed, &c, g, batch))["payoff:all"].data[0]
    };
    let closed = value("maximizes E_q[log p(x, z)] + H(q(z | x))");
    let drawn = value("maximizes E_q[log p(x, z)] + 1 * H(q(z | x))");
    let without = value("maximizes E_q[log p(x, z)] + 0 * H(q(z | x))");
    assert!(closed != drawn && (closed - drawn).abs() < 0.1, "{closed} {drawn}");
    assert!(closed - without > 2.0, "{closed} {without}");
}

const VAE: &str = "data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[4]) -> Real[64] { dense(8), tanh, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { heads(4, 4) }
model p { z ~ Normal(0, I)[4];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { GOAL  epochs 1 }
";

const LADDER: &str = "data x: Bool[64] from digits(binarize: 0.5)
net down(w: Real[2]) -> (Real[4], Real[4]) { heads(4, 4) }
net decode(z: Real[4]) -> Real[64] { dense(8), tanh, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { heads(4, 4) }
net up(z: Real[4]) -> (Real[2], Real[2]) { heads(2, 2) }
model p { w ~ Normal(0, I)[2];  (a, b) = down(w);  z ~ Normal(a, exp(b));  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s));  (u, v) = up(z);  w ~ Normal(u, exp(v)) }
train { GOAL  epochs 1 }
";

fn same(text: &str, a: &str, b: &str) {
    let of = |goal: &str| programs(&clean("goal", &text.replace("GOAL", goal)).1);
    assert!(of(a) == of(b), "{a}\n{b}");
}

#[test]
fn one_meaning_has_one_program() {
    for (written, call) in [
        ("maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z))", "maximizes elbo(p, q)"),
        ("maximizes -KL(q(z | x) || p(z)) + E_q[log p(x | z)]", "maximizes elbo(p, q)"),
        ("minimizes KL(q(z | x) || p(z)) - E_q[log p(x | z)]", "minimizes -elbo(p, q)"),
        ("maximizes E_q[log p(x | z)] - 0.5 * KL(q(z | x) || p(z))", "maximizes elbo(p, q, beta: 0.5)"),
        (
            "maximizes E_q[log p(x | z)] - ramp(0 -> 1, over: 2 epochs) * KL(q(z | x) || p(z))",
            "maximizes elbo(p, q, beta: ramp(0 -> 1, over: 2 epochs))",
        ),
        (
            "maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z), free: 0.25)",
            "maximizes elbo(p, q, free: 0.25)",
        ),
        ("maximizes E_q[log p(x, z)] + H(q(z | x))", "maximizes elbo(p, q, form: entropy)"),
        (
            "maximizes E_q[log p(x | z)] - 0.5 * KL(q(z | x) || p(z), free: 0.25, form: entropy)",
            "maximizes elbo(p, q, beta: 0.5, free: 0.25, form: entropy)",
        ),
        ("maximizes (E_q[log p(x | z)] - KL(q(z | x) || p(z))) / 2", "maximizes elbo(p, q) / 2"),
        (
            "maximizes H(q(z | x)) + 3 * E_q[log p(x | z)]",
            "maximizes -E[log q(q.z | x)] + 3 * E[log p(x | q.z)]",
        ),
        ("maximizes E_q[log mean_{3} p(x, z) / q(z | x)]", "maximizes iwae(p, q, k: 3)"),
        ("minimizes 2 * KL(q(z | x) || p(z)) - E_q[log p(x | z)] - 3", "minimizes -elbo(p, q, beta: 2) - 3"),
        ("minimizes sse(decode(q.z), x) + KL(q(z | x) || p(z))", "minimizes sse(decode(q.z), x) + kl(q, p)"),
        (
            "minimizes E_q[sum((decode(z) - x)^2)] + KL(q(z | x) || p(z))",
            "minimizes sse(decode(q.z), x) + kl(q, p)",
        ),
        (
            "maximizes 3 * E_q[log p(x | z)] - KL(q(z | x) || p(z))",
            "maximizes 3 * E[log p(x | q.z)] - kl(q, p)",
        ),
    ] {
        same(VAE, written, call);
    }
    for written in [
        "maximizes E_q[log p(x | z)] - KL(q(z, w | x) || p(w, z))",
        "maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z | w)) - KL(q(w | z) || p(w))",
    ] {
        same(LADDER, written, "maximizes elbo(p, q)");
    }
}

/// A goal given by a `let` or a `fn` is read there.
#[test]
fn bounds_in_lets_and_functions() {
    same(
        VAE,
        "let b = E_q[log p(x | z)] - KL(q(z | x) || p(z))  maximizes 2 * b",
        "let b = elbo(p, q)  maximizes 2 * b",
    );
    let with =
        VAE.replace("train", "fn bound(beta) = E_q[log p(x | z)] - beta * KL(q(z | x) || p(z))\ntrain");
    same(&with, "maximizes bound(0.5)", "maximizes elbo(p, q, beta: 0.5)");
}

/// KLs of single sites, each with a weight of its own, are parts of the whole one.
#[test]
fn a_kl_for_each_site() {
    let goal = "minimizes 2 * KL(q(z | x) || p(z | w)) + 3 * KL(q(w | z) || p(w)) + kl(q, p) + 0 * E_q[log p(x | z)]";
    let (typed, c) = clean("ladder", &LADDER.replace("GOAL", goal));
    let g = &c.programs["loss"];
    let out = run(g, 5, &inputs(&typed, &c, g, 5));
    let term = |start: &str| {
        let found = out.iter().find(|(n, _)| n.starts_with(&format!("term:{start}")));
        found.unwrap_or_else(|| panic!("{:?}", out.keys())).1.data[0]
    };
    let (z, w, whole) = (term("2 * "), term("3 * "), term("kl(q, p)"));
    assert!((z / 2.0 + w / 3.0 - whole).abs() < 1e-9 * whole.abs(), "{z} {w} {whole}");
    assert!(z.abs() > 1e-3 && w.abs() > 1e-3);
}

/// A chain rule in the order of the site is its log-density.
#[test]
fn chain_rules() {
    let text = "data x: Bool[6] from npy(\"x\")\nnet f(x: Bool[6]) -> Real[6] { dense(8, mask: A), relu, dense(6, mask: B) }
model p { x[i in reverse] ~ Bernoulli(logits: f(x[< i])) }\ntrain { GOAL  epochs 1 }\n"
        .replace("Bool[6] from npy(\"x\")", "Bool[64] from digits(binarize: 0.5)")
        .replace("Bool[6]", "Bool[64]")
        .replace("Real[6]", "Real[64]")
        .replace("dense(6,", "dense(64,");
    let (typed, _) = clean("chain", &text.replace("GOAL", ""));
    let o = math::objective(&typed, &typed.train.players[0], false);
    assert_eq!(o.goal, ["-E[sum_{i in reverse} log p(x[i] | x[< i])]"]);
    let note = "the chain rule: log p(x) = sum_{i in reverse} log Bernoulli(x[i]; f(x[< i]))";
    assert!(o.notes.iter().any(|n| n == note), "{:?}", o.notes);
    same(&text, "minimizes -E[sum_{j in reverse} log p(x[j] | x[< j])]", "");
    same(&text, "minimizes -E[log p(x)]", "minimizes nll(p)");
}
