//! Models of sequences: against a source whose entropy is known, and with lengths that differ.

use super::common::{run, session, train, value};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::{evaluate, full};
use gmc_runtime::session::Batch;

const MARKOV: &str = "\
dim V
data x: Class(V)[32] from markov(letters: 6)
net next(x: Class(V)[32]) -> Real[32, V] { embed(8), shift_right, gru(12), logits(V) }
model p { x[t in forward] ~ Categorical(logits: next(x[< t])) }
train { steps 150  batch 64  using adam(lr: cosine(3e-2 -> 1e-4)) }
";

/// The number behind some words of the notes of the data.
fn told(notes: &[String], before: &str) -> f64 {
    let rest = notes.iter().find_map(|n| Some(n.split_once(before)?.1));
    rest.and_then(|r| r.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {before:?} in {notes:?}"))
}

/// A recurrent net comes within 2 % of the entropy rate of a stationary Markov chain, and not below what its windows have.
#[test]
fn letters_of_a_markov_chain_cost_their_entropy() {
    let mut s = session(MARKOV, &[]);
    train(&mut s);
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let nats = value(&scores, "negative log-likelihood", "nats") / 32.0;
    let (rate, least) = (told(&s.sets[0].notes, "entropy rate "), told(&s.sets[0].notes, "a window, "));
    println!("{nats:.4} nats a letter, entropy rate {rate:.4}, of windows {least:.4}");
    assert!((nats / rate - 1.0).abs() < 0.02, "{nats} nats a letter, entropy rate {rate}");
    // 64,000 letters: the standard error of their mean is far below 1 %.
    assert!(nats > 0.99 * least, "{nats} nats a letter, below {least}");
    let bits = value(&scores, "negative log-likelihood", "bits/char");
    assert!(
        (bits - nats / 2f64.ln()).abs() < 1e-6
            && (value(&scores, "perplexity", "") - nats.exp()).abs() < 1e-5
    );
}

/// What stands behind the end of a sequence is in no likelihood and no gradient: not even as what is no number.
#[test]
fn what_stands_behind_the_end_is_never_read() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let path = folder.path().join("s.csv");
    let rows: String =
        (0..20).flat_map(|i| (0..=i % 4).map(move |t| format!("s{i},{}\n", (i + t) % 3))).collect();
    std::fs::write(&path, format!("id,a\n{rows}")).unwrap_or_else(|e| panic!("{e}"));
    let spec = format!(
        "data (x: Real[4], n: Int(5)) from csv({:?}, sequence: \"id\")\nnet f(x: Real[4]) -> Real[4] {{ dense(4, mask: A) }}\n\
         model p(n) {{ x[t in forward(until: n)] ~ Normal(f(x[< t]), 1) }}\ntrain {{ steps 2 }}\n",
        path.display().to_string()
    );
    let mut s = session(&spec, &[]);
    let lengths = [0.0f32, 1.0, 2.0, 4.0];
    let x = |behind: f32| -> Vec<f32> {
        let at = |e: usize, t: usize| if (t as f32) < lengths[e] { 0.3 * t as f32 - 0.5 } else { behind };
        (0..4).flat_map(|e| (0..4).map(move |t| at(e, t))).collect()
    };
    let mut of = |behind: f32| -> Vec<f32> {
        let mut data = Batch::new();
        data.insert("x".into(), Tensor::from_f32(&s.device, x(behind), &[4, 4]));
        data.insert("n".into(), Tensor::from_f32(&s.device, lengths.to_vec(), &[4]));
        let mut outputs = run(&mut s, "log_prob.p", 4, &data);
        outputs.remove(0).1.to_f32()
    };
    let (zeros, wild) = (of(0.0), of(1e6));
    assert_eq!(zeros, wild);
    assert_eq!(of(f32::NAN)[3], zeros[3]);
    // By hand: of an empty sequence nothing, of one of one element its density given nothing.
    let bias = s.tensors.get("f.0.bias").map(Tensor::to_f32).unwrap_or_default()[0];
    let one = -0.5 * (-0.5 - bias).powi(2) - 0.5 * std::f32::consts::TAU.ln();
    assert!(zeros[0] == 0.0 && (zeros[1] - one).abs() < 1e-5, "{zeros:?} {one}");
    train(&mut s);
}

/// Letters given the ones before them, which a recurrent encoder reads: each costs the entropy rate, the first one too.
#[test]
fn letters_given_a_sequence_cost_the_entropy_rate() {
    let spec = "\
data (a: Class(6)[6], x: Class(6)[4]) from markov(letters: 6, sharp: 8)
net read(a: Class(6)[6]) -> Real[8] { embed(8), gru(8), last }
net next(x: Class(6)[4], h: Real[8]) -> Real[4, 6] { embed(8), shift_right, bias_from(h), gru(12), bias_from(h), logits(6) }
model p(a) { h = read(a);  x[t in forward] ~ Categorical(logits: next(x[< t], h)) }
train { steps 300  batch 64  using adam(lr: cosine(3e-2 -> 1e-4)) }
";
    let mut s = session(spec, &[]);
    train(&mut s);
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let nats = value(&scores, "negative log-likelihood", "nats");
    let rate = told(&s.sets[0].notes, "entropy rate ");
    // A window of four without what is before it costs more by what a first letter tells of itself.
    let alone = session(&MARKOV.replace("32", "4").replace("letters: 6", "letters: 6, sharp: 8"), &[]);
    let least = told(&alone.sets[0].notes, "has nothing before it, ");
    println!(
        "{nats:.4} nats of four letters, {:.4} at the rate, {least:.4} without what is before",
        4.0 * rate
    );
    assert!((nats / (4.0 * rate) - 1.0).abs() < 0.03, "{nats} {rate}");
    assert!(nats < least, "{nats} {least}");
}
