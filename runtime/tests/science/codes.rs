//! Models whose latent variables have structure: each spec trains for a few seconds, gets better, and answers its queries.

use super::common::{drawn, run, session, text, train, value};
use gmc_runtime::measure::{evaluate, full};
use gmc_runtime::session::Session;

/// Trains a spec of the repository for some epochs; the score of this name before and after.
fn trained(name: &str, epochs: &str, score: &str, unit: &str) -> (Session, f64, f64) {
    let mut s = session(&text(name), &[("train.epochs", epochs)]);
    let budget = full(&s);
    let before = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{name}: {e}"));
    train(&mut s);
    let after = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{name}: {e}"));
    for s in &after {
        println!("{name}: {} = {:.4} {}", s.name, s.value.0, s.unit);
    }
    (s, value(&before, score, unit), value(&after, score, unit))
}

/// Samples, codes and reconstructions are there and are numbers.
fn answers(name: &str, s: &mut Session, code: &str) {
    let drawn = drawn(s, 50, 1);
    let x = drawn.iter().find(|(n, _, _)| n == "site:x").unwrap_or_else(|| panic!("{name}: no samples"));
    assert_eq!(x.1.len(), 50 * 64);
    assert!(drawn.iter().all(|(_, v, _)| v.iter().all(|x| x.is_finite())), "{name}");
    let rows: Vec<usize> = (0..20).collect();
    for (program, output) in [("encode", format!("code:{code}")), ("reconstruct", "site:x".to_string())] {
        let data = s.batch(true, &rows);
        let out = run(s, program, rows.len(), &data);
        let v = out
            .iter()
            .find(|(n, _)| *n == output)
            .unwrap_or_else(|| panic!("{name}: {program} gives no {output}"))
            .1
            .to_f32();
        assert!(v.len() >= rows.len() && v.iter().all(|x| x.is_finite()), "{name}: {program}");
        // Different data have different codes and reconstructions.
        let width = v.len() / rows.len();
        assert!(v.chunks(width).any(|r| *r != v[..width]), "{name}: {program} says the same of every datum");
    }
}

#[test]
fn priors_and_guides_of_every_kind() {
    for name in ["vae_vamp", "vae_mixture_prior", "vae_two_layers", "vae_flow_prior", "vae_iaf"] {
        let (mut s, before, after) = trained(name, "10", "negative ELBO", "nats");
        assert!(after < 0.8 * before && after < 29.0, "{name}: {before} to {after}");
        answers(name, &mut s, "z");
    }
}

/// Binary codes with the score function: with a learned baseline they learn, from a payoff that is no function of theirs.
#[test]
fn binary_codes_with_a_learned_baseline() {
    let (mut s, before, after) = trained("vae_bernoulli", "20", "negative ELBO", "nats");
    assert!(after < 0.8 * before && after < 32.0, "{before} to {after}");
    answers("vae_bernoulli", &mut s, "z");
}

#[test]
fn vector_quantisation_uses_its_codebook() {
    let (mut s, before, after) = trained("vq", "20", "E[sum((decode(nearest(z, book)) - x)^2)]", "");
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let (used, perplexity) =
        (value(&scores, "codes used of 64", ""), value(&scores, "perplexity of the codes", ""));
    println!("squared error {before:.3} to {after:.3}; {used} codes used, perplexity {perplexity:.2}");
    assert!(after < 0.5 * before, "{before} to {after}");
    assert!(used >= 8.0 && perplexity > 4.0 && perplexity <= used + 1e-6, "{used} {perplexity}");
    answers("vq", &mut s, "code");
    // A code is one of the entries, to the last bit.
    let book = s.tensors["book"].to_f32();
    let data = s.batch(true, &[0, 1, 2]);
    let out = run(&mut s, "encode", 3, &data);
    for code in out[0].1.to_f32().chunks(8) {
        assert!(book.chunks(8).any(|e| e == code), "{code:?} is no entry");
    }
}
