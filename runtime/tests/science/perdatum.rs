//! Classical variational inference, a block of parameters for each datum: against the exact posterior of a linear model, against the
//! amortised guide of the same model, and datum by datum.

use super::common::{session, text, train, value};
use gmc_compiler::rows::setting::{Batch, Seed};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::posteriors;
use gmc_runtime::measure::{Budget, evaluate, full};
use gmc_runtime::session::Session;
use gmc_runtime::session::snapshot::Group;
use gmc_runtime::store::checkpoint::{Checkpoint, Meta};
use gmc_runtime::train::Trainer;
use gmc_runtime::train::order::Order;
use std::collections::BTreeSet;
use std::path::Path;

/// x = W z + b + 0.5 e with one latent number, whose posterior is normal. The player that owns the model stands still.
const LINEAR: &str = "\
data x: Real[2] from moons(n: 400)
net decode(z: Real[1]) -> Real[2] { dense(2) }
model p    { z ~ Normal(0, I)[1];  x ~ Normal(decode(z), 0.5) }
guide q[x] { z ~ Normal(free(1), exp(free(1))) }
train {
  epochs 600  batch 100
  player model { owns decode  maximizes elbo(p, q)  using sgd(lr: 0) }
  player codes { owns q       maximizes elbo(p, q)  using adam(lr: cosine(0.1 -> 1e-4)) }
}
eval { infer(steps: 1500) }
";
const W: [f64; 2] = [0.8, -1.3];
const BIAS: [f64; 2] = [0.2, 0.4];

/// z | x ~ N(v Wᵀ(x - b) / σ², v) with v = 1 / (1 + |W|² / σ²): mean and standard deviation (Bishop 2006, eqs. 2.113 to 2.117).
fn posterior(x: &[f32]) -> (f64, f64) {
    let v = 1.0 / (1.0 + (W[0] * W[0] + W[1] * W[1]) / 0.25);
    let along = W[0] * (f64::from(x[0]) - BIAS[0]) + W[1] * (f64::from(x[1]) - BIAS[1]);
    (v * along / 0.25, v.sqrt())
}

/// log N(x; b, W Wᵀ + σ² I) in two dimensions.
fn evidence(x: &[f32]) -> f64 {
    let (a, b, d) = (W[0] * W[0] + 0.25, W[0] * W[1], W[1] * W[1] + 0.25);
    let det = a * d - b * b;
    let (u, v) = (f64::from(x[0]) - BIAS[0], f64::from(x[1]) - BIAS[1]);
    -0.5 * (2.0 * std::f64::consts::TAU.ln() + det.ln() + (d * u * u - 2.0 * b * u * v + a * v * v) / det)
}

fn linear() -> Session {
    let mut s = session(LINEAR, &[]);
    let tensor = |s: &Session, v: [f64; 2], dims: &[usize]| {
        Tensor::from_f32(&s.device, v.map(|x| x as f32).to_vec(), dims)
    };
    let (w, b) = (tensor(&s, W, &[1, 2]), tensor(&s, BIAS, &[2]));
    s.tensors.insert("decode.0.weight".into(), w);
    s.tensors.insert("decode.0.bias".into(), b);
    s
}

/// How far blocks are from the exact posteriors: of means and of standard deviations the root mean square and the mean of the errors.
struct Off {
    mean: (f64, f64),
    deviation: (f64, f64),
}

fn off(data: &[f32], means: &[f32], logs: &[f32]) -> Off {
    assert_eq!((data.len(), logs.len()), (2 * means.len(), means.len()));
    let n = means.len() as f64;
    let errors = |of: &dyn Fn(usize, (f64, f64)) -> f64| {
        let all: Vec<f64> = data.chunks(2).enumerate().map(|(i, x)| of(i, posterior(x))).collect();
        ((all.iter().map(|e| e * e).sum::<f64>() / n).sqrt(), all.iter().sum::<f64>() / n)
    };
    let spread = data
        .chunks(2)
        .map(|x| posterior(x).0)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), m| (a.min(m), b.max(m)));
    assert!(spread.1 - spread.0 > 1.2, "the posteriors hardly differ: {spread:?}");
    Off {
        mean: errors(&|i, (m, _)| f64::from(means[i]) - m),
        deviation: errors(&|i, (_, s)| f64::from(logs[i]).exp() - s),
    }
}

#[test]
fn blocks_become_the_exact_posterior() {
    let mut s = linear();
    train(&mut s);
    let trained =
        off(&s.sets[0].train.columns[0].values, &s.tables["q.free0"].values, &s.tables["q.free1"].values);
    let mut inferred = |steps: u64| {
        s.infer_steps = Some(steps);
        s.inferred.clear();
        let said = s.infer_test(usize::MAX, 1).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(said, Some(format!("z of 400 test examples inferred by {steps} Adam steps each")));
        off(&s.sets[0].test.columns[0].values, &s.inferred["q.free0"].values, &s.inferred["q.free1"].values)
    };
    // Errors are the noise of the draws, which falls with the number of steps; the posterior's standard deviation is 0.31.
    for (how, o, most, bias) in [
        ("trained", trained, 0.04, 0.01),
        ("1500 steps", inferred(1500), 0.04, 0.01),
        ("12000 steps", inferred(12_000), 0.018, 0.004),
    ] {
        println!(
            "{how}: root mean square and mean of the errors of means {:?}, of deviations {:?}",
            o.mean, o.deviation
        );
        for (rms, mean) in [o.mean, o.deviation] {
            assert!(rms < most && mean.abs() < bias, "{how}: errors of {rms}, {mean} on average");
        }
    }
    // At the posterior the bound is the evidence: every weight p(x, z) / q(z | x) is p(x), so one sample is enough.
    let data = &s.sets[0].test.columns[0].values;
    let exact = -data.chunks(2).map(evidence).sum::<f64>() / (data.len() / 2) as f64;
    for k in [1, 16] {
        let budget = Budget { k, ..full(&s) };
        let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        let bound = value(&scores, "importance-weighted bound", "nats");
        println!("K = {k}: {bound:.4}, exact: {exact:.4}");
        assert!((bound - exact).abs() < 0.01, "K = {k}: {bound}, exact: {exact}");
    }
}

/// On new data: of a model trained with blocks the bounds are about those of one trained with a net; and given one and the same model,
/// blocks are the better guide, by what the net leaves open (Cremer et al. 2018 call it the amortisation gap).
#[test]
fn the_bound_is_that_of_an_amortised_guide_or_better() {
    let trained = |name: &str| {
        let mut s = session(&text(name), &[]);
        train(&mut s);
        s
    };
    let bounds = |s: &mut Session| {
        let budget = full(s);
        let scores = evaluate(s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        (value(&scores, "negative ELBO", "nats"), value(&scores, "importance-weighted bound", "nats"))
    };
    let (mut blocks, mut net) = (trained("vae_perdatum"), trained("vae"));
    let (by_blocks, by_net) = (bounds(&mut blocks), bounds(&mut net));
    println!("negative ELBO and K = 64: {by_blocks:.3?} with blocks, {by_net:.3?} with a net");
    assert!(by_blocks.0 < by_net.0 + 0.3 && by_blocks.1 < by_net.1 + 0.4, "{by_blocks:?} {by_net:?}");
    let decode =
        net.tensors.iter().filter(|(n, _)| n.starts_with("decode.")).map(|(n, t)| (n.clone(), t.clone()));
    blocks.tensors.extend(decode);
    blocks.inferred.clear();
    let same_model = bounds(&mut blocks);
    println!("blocks for the model that was trained with the net: {same_model:.3?}");
    assert!(same_model.0 < by_net.0 - 0.2, "{same_model:?} {by_net:?}");
}

/// More steps of inference tighten the bound of new data; none leave the prior.
#[test]
fn inference_of_new_data_improves_their_bound() {
    let mut s = session(&text("vae_perdatum"), &[("train.epochs", "30")]);
    train(&mut s);
    let mut last = f64::INFINITY;
    for steps in [1, 20, 200] {
        s.infer_steps = Some(steps);
        s.inferred.clear();
        let budget = Budget { k: 0, ..full(&s) };
        let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        let elbo = value(&scores, "negative ELBO", "nats");
        println!("{steps} steps: {elbo:.3}");
        assert!(elbo < last - 0.3, "{steps} steps: {elbo} after {last}");
        last = elbo;
    }
    // Twice the same, bit for bit.
    let before = s.inferred.clone();
    s.inferred.clear();
    s.infer_test(usize::MAX, 1).unwrap_or_else(|e| panic!("{e}"));
    assert!(before == s.inferred);
}

/// A round moves the data of its minibatch, all of them, and no others; each counts its visits.
#[test]
fn data_that_are_not_visited_do_not_move() {
    let mut s = session(&text("vae_perdatum"), &[]);
    let (seed, batch) = (Seed::of(&s.typed.train.settings), Batch::of(&s.typed.train.settings));
    let mut order = Order::new(seed, batch, s.leftover(), vec![s.sets[0].train.n]);
    let mut trainer = Trainer::new(&s);
    let moving = |s: &Session| -> BTreeSet<usize> {
        let rows = s.tables["q.free0"].values.chunks(8).zip(s.tables["q.free1"].values.chunks(8)).enumerate();
        rows.filter(|(_, (a, b))| a.iter().chain(*b).any(|x| *x != 0.0)).map(|(i, _)| i).collect()
    };
    assert_eq!((s.tables["q.free0"].len(), moving(&s).len()), (1500, 0));
    let mut visited = BTreeSet::new();
    for step in 0..5 {
        let before = s.tables.clone();
        let now: BTreeSet<usize> = order.minibatch(&s, step).rows[0].iter().copied().collect();
        trainer.round(&mut s, step).unwrap_or_else(|e| panic!("{e}"));
        for (path, table) in &s.tables {
            let size = table.event.iter().product::<usize>();
            for (r, (old, new)) in before[path].values.chunks(size).zip(table.values.chunks(size)).enumerate()
            {
                assert_eq!(old != new, now.contains(&r), "{path}: row {r} in round {step}");
            }
        }
        visited.extend(now);
    }
    assert_eq!(moving(&s), visited);
    assert_eq!(visited.len(), 5 * batch);
    // Past the end of the first pass every datum has been visited once, some twice.
    for step in 5..30 {
        trainer.round(&mut s, step).unwrap_or_else(|e| panic!("{e}"));
    }
    let visits = &s.tables["@opt.codes.visits.q.free0"].values;
    assert!(visits.iter().all(|v| *v == 1.0 || *v == 2.0));
    let twice = visits.iter().filter(|v| **v == 2.0).count();
    assert_eq!(twice, 6 * batch);
}

/// The state after every round, as a checkpoint's bytes hold it, is that of a run that was never stopped.
#[test]
fn a_run_goes_on_from_a_checkpoint_bit_for_bit() {
    let new = || session(&text("vae_perdatum"), &[("train.clip", "5"), ("train.ema", "0.99")]);
    let go = |s: &mut Session, from: u64, to: u64| {
        let mut trainer = Trainer::new(s);
        for step in from..to {
            trainer.round(s, step).unwrap_or_else(|e| panic!("{e}"));
        }
    };
    let kept = |s: &Session| Checkpoint { meta: Meta::default(), tensors: s.snapshot() };
    let mut whole = new();
    go(&mut whole, 0, 40);
    let mut first = new();
    go(&mut first, 0, 17);
    let bytes = kept(&first).encode();
    let stored = Checkpoint::decode(&bytes, Path::new("a checkpoint")).unwrap_or_else(|e| panic!("{e}"));
    let table = &stored.tensors[&(Group::Param, "q.free1".to_string())];
    assert_eq!(table.shape, [1500, 8]);
    assert!(stored.tensors.contains_key(&(Group::Optimizer, "codes.visits.q.free1".to_string())));
    assert!(
        !stored.tensors.keys().any(|(g, n)| *g == Group::Ema && n.contains("free")),
        "blocks are not averaged"
    );
    let mut second = new();
    second.restore(&stored.tensors).unwrap_or_else(|e| panic!("{e}"));
    go(&mut second, 17, 40);
    assert!(kept(&whole).encode() == kept(&second).encode());
    // A table holds a row for each of its data: with other data it is refused.
    let text = text("vae_perdatum").replace("(binarize: 0.5)", "(binarize: 0.5) split (train 0.5, test 0.5)");
    let mut other = session(&text, &[]);
    let refused = other.restore(&stored.tensors).err().unwrap_or_default();
    assert!(
        refused.contains("has shape [1500, 8] in the checkpoint and [750, 8] with these data"),
        "{refused}"
    );
}

/// Players who move at once, one of them twice in a round.
#[test]
fn blocks_move_in_games_of_any_order() {
    let text = text("vae_perdatum")
        .replace("epochs 100", "epochs 2  simultaneous")
        .replace("using adam(lr: 0.1)", "using adam(lr: 0.1) steps 2");
    let mut s = session(&text, &[]);
    train(&mut s);
    // Two passes over the data, two minibatches a round.
    assert_eq!(Trainer::new(&s).total, 24);
    assert!(s.tables["@opt.codes.visits.q.free0"].values.iter().all(|v| *v == 2.0));
    assert!(s.tables["q.free0"].values.chunks(8).all(|row| row.iter().any(|x| *x != 0.0)));
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    assert!(value(&scores, "negative ELBO", "nats").is_finite());
}

/// By Bayes' rule every class is tried with a block of its own: the true class has no part in it.
#[test]
fn classes_do_not_leak_into_the_blocks() {
    let spec = "
data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net decode(z: Real[4], y: Class(10)) -> Real[64] { dense(64), relu, dense(64) }
model p       { y ~ Categorical(logits: free(10));  z ~ Normal(0, I)[4];  x ~ Bernoulli(logits: decode(z, y)) }
guide q[x, y] { z ~ Normal(free(4), exp(free(4))) }
train {
  epochs 20  batch 64
  player model { owns decode, p  maximizes elbo(p, q)  using adam(lr: 5e-3) }
  player codes { owns q          maximizes elbo(p, q)  using adam(lr: 0.1) }
}
eval { infer(steps: 60) }
";
    let mut s = session(spec, &[]);
    train(&mut s);
    let ask = |s: &mut Session| {
        posteriors(s, 1, 120, 2).unwrap_or_else(|e| panic!("{e}")).unwrap_or_else(|| panic!("no classes"))
    };
    let honest = ask(&mut s);
    let right = honest.decisions().iter().zip(&honest.truth).filter(|(a, b)| **b == Some(**a)).count();
    println!("{right} of 120 classes are found");
    assert!(right > 84, "{right} of 120");
    s.sets[0].test.columns[1].values.iter_mut().for_each(|y| *y = (*y + 1.0) % 10.0);
    s.inferred.clear();
    s.infer_test(120, 1).unwrap_or_else(|e| panic!("{e}"));
    let other = ask(&mut s);
    assert_ne!(honest.truth, other.truth);
    assert!(honest.log == other.log, "the true class changes the answer");
}
