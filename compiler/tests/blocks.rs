//! What guides `q[x]` hold for each datum: programs read and move the rows of their minibatch, each for itself.

use crate::spec_common::{clean, initial, inputs, inputs_from, normal, run, specs, unit};
use gmc_compiler::ir::{Op, Role, Tensor64};
use gmc_compiler::rows::optimizer;
use std::collections::BTreeMap;

const HEAD: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[3]) -> Real[64] { dense(64) }
model p { z ~ Normal(0, I)[3];  x ~ Bernoulli(logits: decode(z)) }
guide q[x] { z ~ Normal(free(3), exp(free(3))) }
";

/// A discrete code is summed over, so every example is repeated, and its block with it.
const DISCRETE: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(c: Class(5)) -> Real[64] { dense(64) }
model p { c ~ Categorical(logits: free(5));  x ~ Bernoulli(logits: decode(c)) }
guide q[x] { c ~ Categorical(logits: free(5)) }
train { maximizes elbo(p, q) }
";

fn text(name: &str) -> String {
    specs().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn rows(t: &Tensor64, keep: &[usize]) -> Tensor64 {
    let each = t.data.len() / t.dims[0];
    let mut dims = t.dims.clone();
    dims[0] = keep.len();
    Tensor64 { dims, data: keep.iter().flat_map(|r| t.data[r * each..(r + 1) * each].to_vec()).collect() }
}

/// The step of `infer` is Adam's first: it goes against the sign of the derivative of the goal, by the rate, in every coordinate; and the
/// moment that it keeps is that derivative, which differences of the goal confirm.
#[test]
fn inference_moves_blocks_along_the_goal_of_their_player() {
    for text in [HEAD, DISCRETE, &text("vae_perdatum")] {
        let (typed, c) = clean("infer", text);
        let g = &c.programs["infer"];
        let n = 3;
        let mut given = inputs(&typed, &c, g, n);
        given.insert("@rate".into(), Tensor64::scalar(0.01));
        let out = run(g, n, &given);
        assert!(out.keys().all(|k| k.starts_with("per_datum:")), "{:?}", out.keys());
        // The program `loss` draws the same streams in the same shapes.
        let owner =
            typed.train.players.iter().find(|p| p.owns.iter().any(|(o, _)| o.starts_with('q'))).unwrap();
        let payoff = |given: &BTreeMap<String, Tensor64>| {
            let mut inputs = given.clone();
            inputs.retain(|k, _| !k.starts_with("@opt.") && k != "@rate" && k != "@update");
            run(&c.programs["loss"], n, &inputs)[&format!("payoff:{}", owner.name)].data[0] * n as f64
        };
        for b in &c.per_datum {
            let m = &out[&format!("per_datum:@opt.@infer.m.{}", b.path)];
            let moved = &out[&format!("per_datum:{}", b.path)];
            for i in 0..m.data.len() {
                let at = |by: f64| {
                    let mut e = given.clone();
                    e.get_mut(&b.path).unwrap().data[i] += by;
                    payoff(&e)
                };
                let h = 1e-5;
                let want = -(at(h) - at(-h)) / (2.0 * h);
                assert!(
                    (m.data[i] - want).abs() < 1e-5 * (1.0 + want.abs()),
                    "{}[{i}]: {} {want}",
                    b.path,
                    m.data[i]
                );
                let step = moved.data[i] - given[&b.path].data[i];
                assert!((step + 0.01 * want.signum()).abs() < 1e-5, "{}[{i}]: {step} {want}", b.path);
            }
        }
    }
}

/// What becomes of a datum's block in a step of inference does not depend on the data beside it.
#[test]
fn inference_of_a_datum_depends_on_it_alone() {
    let (typed, c) = clean("alone", DISCRETE);
    let g = &c.programs["infer"];
    let given = inputs(&typed, &c, g, 4);
    let together = run(g, 4, &given);
    assert_eq!(together.len(), 3 * c.per_datum.len());
    for r in 0..4 {
        let mut alone = given.clone();
        for n in &g.nodes {
            if let Op::Input(i) = &n.op
                && matches!(i.role, Role::PerDatum | Role::Data)
            {
                alone.insert(i.name.clone(), rows(&given[&i.name], &[r]));
            }
        }
        for (name, t) in run(g, 1, &alone) {
            let want = rows(&together[&name], &[r]);
            assert!(t.data.iter().zip(&want.data).all(|(a, b)| (a - b).abs() < 1e-12), "{name} {r}");
        }
    }
}

/// In training each row is moved by its optimizer as if it were alone at its own count of visits: with every optimizer, the row that
/// was visited seven times moves as a whole table at update number eight does.
#[test]
fn every_row_counts_its_own_updates() {
    for row in optimizer::ROWS {
        let of = |sets: &str| clean(row.name(), &format!("{HEAD}train {{ using {}({sets}) }}", row.name()));
        let (typed, c) = of("lr: 0.05");
        let g = &c.programs["step.all"];
        let mut given = inputs(&typed, &c, g, 2);
        for (name, t) in &mut given {
            if name.starts_with("@opt.") && !name.contains("visits") {
                t.data.iter_mut().zip(normal(9, 64)).for_each(|(x, e)| *x = e.abs());
            }
        }
        let visits: Vec<String> = given.keys().filter(|k| k.contains("visits")).cloned().collect();
        assert_eq!(visits.len(), 2, "{}", row.name());
        let out = |counts: [f64; 2], update: f64| {
            let mut e = given.clone();
            visits.iter().for_each(|v| e.get_mut(v).unwrap().data.copy_from_slice(&counts));
            e.insert("@update".into(), Tensor64::scalar(update));
            run(g, 2, &e)
        };
        let (mixed, seven, none) = (out([0.0, 7.0], 100.0), out([7.0, 7.0], 3.0), out([0.0, 0.0], 1.0));
        for v in &visits {
            assert_eq!(mixed[&format!("per_datum:{v}")].data, [1.0, 8.0]);
        }
        for path in ["per_datum:q.free0", "per_datum:q.free1"] {
            assert_eq!(rows(&mixed[path], &[1]), rows(&seven[path], &[1]), "{} {path}", row.name());
            assert_eq!(rows(&mixed[path], &[0]), rows(&none[path], &[0]), "{} {path}", row.name());
            let before = &given[path.trim_start_matches("per_datum:")];
            assert!(mixed[path].data.iter().zip(&before.data).all(|(a, b)| a != b), "{} {path}", row.name());
        }
    }
}

/// No table enters a program: programs are the same however many data there are, and `init` makes none.
#[test]
fn programs_know_the_minibatch_only() {
    let (_, c) = clean("vae_perdatum", &text("vae_perdatum"));
    for g in c.programs.graphs() {
        for n in &g.nodes {
            if let Op::Input(i) = &n.op
                && (i.name.contains("q.free") || i.role == Role::PerDatum)
            {
                assert!(i.role == Role::PerDatum && i.name.contains("q.free"), "{}: {}", g.name, i.name);
                assert!(i.shape.0[0].batch, "{}: {} {}", g.name, i.name, i.shape);
            }
        }
    }
    assert!(initial(&c).keys().all(|k| !k.contains("free")));
    let paths: Vec<(&str, &[usize])> =
        c.per_datum.iter().map(|b| (b.path.as_str(), b.shape.as_slice())).collect();
    assert_eq!(paths, [("q.free0", &[8][..]), ("q.free1", &[8])]);
}

/// With round brackets `free` is one parameter for all data, as it is in a model.
#[test]
fn free_in_an_amortised_guide_is_shared() {
    let (typed, c) = clean("shared", &HEAD.replace("q[x]", "q(x)"));
    assert!(c.per_datum.is_empty() && c.programs.named("infer").is_none());
    let leaf = c.leaves.iter().find(|l| l.path == "q.free0").unwrap();
    assert_eq!(leaf.shape, [3]);
    let g = &c.programs["step.all"];
    let out = run(g, 5, &inputs_from(&typed, &initial(&c), g, 5));
    assert_eq!(out["param:q.free0"].dims, [3]);
}

/// `owns q` takes the blocks; without it they have no owner, said once, by the name that can be owned.
#[test]
fn a_guide_is_owned_by_its_name() {
    let game =
        |owns: &str| format!("{HEAD}train {{\n  player a {{ owns decode{owns}  maximizes elbo(p, q) }}\n}}");
    clean("owned", &game(", q"));
    let u = unit("owner", &game(""));
    let said: Vec<(&str, &str)> = u.diags.iter().map(|d| (d.code, d.message.as_str())).collect();
    assert_eq!(said, [("E0704", "no player owns `q`")]);
}
