//! Autoencoders, the decoders and networks of variational ones, and what gmc says about their health.

use super::common::{drawn, mnist, run, session, text, train, value};
use gmc_runtime::measure::latent::Kl;
use gmc_runtime::measure::scores::Score;
use gmc_runtime::measure::{evaluate, full, health};
use gmc_runtime::session::Session;

fn scores(s: &mut Session) -> Vec<Score> {
    let budget = full(s);
    evaluate(s, 1, budget).unwrap_or_else(|e| panic!("{e}"))
}

fn trained(text: &str, set: &[(&str, &str)]) -> (Session, Vec<Score>) {
    let mut s = session(text, set);
    train(&mut s);
    let found = scores(&mut s);
    (s, found)
}

/// `from` must be there, so that a changed spec cannot make a test say nothing.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in\n{text}");
    text.replace(from, to)
}

const ACTIVE: &str = "active part of the code";

#[test]
fn sparsity_terms_silence_the_code() {
    let sparse = text("ae_sparse");
    let active = |text: &str| value(&trained(text, &[("train.epochs", "40")]).1, ACTIVE, "%");
    let (with, without) = (active(&sparse), active(&replaced(&sparse, " + 0.05 * l1(encode(x))", "")));
    println!("active: {with:.1} % with the L1 term, {without:.1} % without");
    assert!(with < 35.0 && with < 0.6 * without, "{with} {without}");

    // The rate of every unit is near the target, over all test examples.
    let rates = text("ae_sparse_kl");
    let mean = |text: &str| {
        let (mut s, _) = trained(text, &[("train.epochs", "40")]);
        let rows: Vec<usize> = (0..s.sets[0].test.n).collect();
        let data = s.batch(true, &rows);
        let out = run(&mut s, "encode", rows.len(), &data);
        let code = out[0].1.to_f32();
        code.iter().map(|c| f64::from(*c)).sum::<f64>() / code.len() as f64
    };
    let term = rates
        .find(" + 0.1 *")
        .map(|i| rates[i..].lines().next().unwrap_or_default().to_string())
        .unwrap_or_default();
    let (with, without) = (mean(&rates), mean(&replaced(&rates, &term, "")));
    println!("mean activity: {with:.3} with the rate of 0.05, {without:.3} without");
    assert!((0.03..0.12).contains(&with) && without > 2.0 * with, "{with} {without}");
}

/// The loss is measured on clean inputs, and beside it on inputs as training sees them.
#[test]
fn corruption_acts_in_training_only() {
    let masked = text("ae_masked");
    let gaussian =
        replaced(&masked, "corrupt(corrupt(x, mask(0.3)), salt_pepper(0.1))", "corrupt(x, gaussian(0.5))");
    // Gaussian noise leaves the unit interval.
    let gaussian = replaced(&gaussian, "net encode(x: Real[64] in unit)", "net encode(x: Real[64])");
    for (noisy, call) in [
        (masked, "corrupt(corrupt(x, mask(0.3)), salt_pepper(0.1))"),
        (gaussian, "corrupt(x, gaussian(0.5))"),
    ] {
        let (s, found) = trained(&noisy, &[("train.epochs", "30")]);
        let (clean, corrupted) = (value(&found, "payoff", ""), value(&found, "payoff, input corrupted", ""));
        // The same parameters in a spec that knows of no corruption say the same, bit for bit.
        let mut plain = session(&replaced(&noisy, call, "x"), &[]);
        plain.tensors = s.tensors.clone();
        let without = scores(&mut plain);
        assert_eq!(clean, value(&without, "payoff", ""), "{call}");
        assert!(!without.iter().any(|s| s.name.contains("corrupted")));
        // Such a net is better at corrupted inputs than one that was trained on clean ones.
        train(&mut plain);
        let mut naive = session(&noisy, &[]);
        naive.tensors = plain.tensors.clone();
        let naive = value(&scores(&mut naive), "payoff, input corrupted", "");
        println!(
            "{call}: squared error {clean:.4} of clean input, {corrupted:.4} of corrupted; trained on clean input {naive:.4}"
        );
        assert!(clean < corrupted && corrupted < 0.9 * naive, "{clean} {corrupted} {naive}");
    }
}

/// Every decoder and network: the bound rises, and samples are of the data's type.
#[test]
fn decoders_train_and_sample() {
    for (name, epochs, gain) in [
        ("vae_normal", "10", 30.0),
        ("vae_sigma", "10", 30.0),
        ("vae_levels", "6", 40.0),
        ("vae_logistic", "10", 30.0),
        ("vae_residual", "8", 25.0),
        ("vae_beta", "20", 15.0),
    ] {
        let mut s = session(&text(name), &[("train.epochs", epochs)]);
        let before = value(&scores(&mut s), "negative ELBO", "nats");
        train(&mut s);
        let after = value(&scores(&mut s), "negative ELBO", "nats");
        println!("{name}: negative ELBO {before:.1} to {after:.1} in {epochs} epochs");
        assert!(after < before - gain, "{name}: {before} to {after}");
        let drawn = drawn(&mut s, 100, 1);
        let x = &drawn.iter().find(|(n, _, _)| n == "site:x").unwrap_or_else(|| panic!("{name}: no x")).1;
        let whole = s.typed.data[0].vars[0].ty.kind.cardinality();
        let fits =
            |v: &f32| v.is_finite() && whole.is_none_or(|n| v.fract() == 0.0 && (0.0..n as f32).contains(v));
        assert!(x.len() == 6400 && x.iter().all(fits), "{name}");
        // A model of the data, and not of their mean only: samples differ as data do.
        let spread = |v: &[f32]| {
            let mean = v.iter().map(|x| f64::from(*x)).sum::<f64>() / v.len() as f64;
            (v.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / v.len() as f64).sqrt()
        };
        let real = spread(&s.sets[0].test.columns[0].values);
        assert!((0.6..1.6).contains(&(spread(x) / real)), "{name}: {} against {real}", spread(x));
    }
}

#[test]
fn convolutions_on_mnist() {
    if !mnist() {
        return;
    }
    let mut s =
        session(&text("vae_conv"), &[("x.limit", "640"), ("train.epochs", "4"), ("train.ema", "0.5")]);
    let before = value(&scores(&mut s), "negative ELBO", "nats");
    train(&mut s);
    let after = value(&scores(&mut s), "negative ELBO", "nats");
    println!("negative ELBO {before:.1} to {after:.1} in 40 steps");
    assert!(before > 500.0 && after < 300.0, "{before} to {after}");
}

/// The 64 by 64 pixels of a folder of pictures, here enlarged digits in two colours.
#[test]
fn pictures_of_64_by_64_pixels() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let digits = session(&text("ae"), &[]);
    for (i, d) in digits.sets[0].train.columns[0].values.chunks(64).take(60).enumerate() {
        let mut pixels = Vec::new();
        for y in 0..64 {
            for x in 0..64 {
                let v = (255.0 * d[y / 8 * 8 + x / 8]) as u8;
                pixels.extend([v, 255 - v, if i % 2 == 0 { 255 } else { 0 }]);
            }
        }
        let file = std::fs::File::create(folder.path().join(format!("{i:03}.png")))
            .unwrap_or_else(|e| panic!("{e}"));
        let mut encoder = png::Encoder::new(file, 64, 64);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .and_then(|mut w| w.write_image_data(&pixels))
            .unwrap_or_else(|e| panic!("{e}"));
    }
    let here = replaced(&text("vae_64"), "data/faces", &folder.path().display().to_string());
    let mut s = session(&here, &[("train.epochs", "6"), ("train.batch", "18")]);
    let before = value(&scores(&mut s), "negative ELBO", "nats");
    train(&mut s);
    let after = value(&scores(&mut s), "negative ELBO", "nats");
    println!("negative ELBO {before:.0} to {after:.0} in 18 steps");
    assert!(after < 0.85 * before, "{before} to {after}");
    let drawn = drawn(&mut s, 2, 1);
    assert!(
        drawn
            .iter()
            .any(|(n, v, shape)| n == "mean:x" && *shape == [3, 64, 64] && v.len() == 2 * 3 * 64 * 64)
    );
}

/// The conditional spec on the small digits: samples are of the class asked for once both players are trained, and not before.
#[test]
fn a_judge_sees_the_class_asked_for() {
    let small = replaced(&text("vae_conditional"), "784", "64");
    let small = replaced(&small, "mnist(binarize: dynamic)", "digits(binarize: 0.5)");
    let judge = small
        .find("net judge")
        .and_then(|i| small[i..].find("}\n").map(|n| small[i..i + n + 2].to_string()))
        .unwrap_or_default();
    let small = replaced(
        &small,
        &judge,
        "net judge(x: Bool[64]) -> Real[10] { dense(128), relu, dropout(0.3), dense(10) }\n",
    );
    let mut s = session(&small, &[("train.epochs", "60"), ("train.batch", "64")]);
    let (asked, real) = ("`judge` of the class asked for", "`judge` of the class of real data");
    let before = scores(&mut s);
    assert!(value(&before, asked, "%") < 30.0 && value(&before, real, "%") < 30.0, "{before:?}");
    train(&mut s);
    let after = scores(&mut s);
    println!(
        "{:.1} % of samples, {:.1} % of real digits",
        value(&after, asked, "%"),
        value(&after, real, "%")
    );
    assert!(value(&after, asked, "%") > 80.0 && value(&after, real, "%") > 88.0, "{after:?}");
}

/// What gmc says about the health of `specs/vae.gm` with another weight of the KL.
fn advice(beta: Option<&str>) -> (Option<String>, f64) {
    let mut spec = text("vae");
    if let Some(beta) = beta {
        spec = replaced(&spec, "train {", &format!("train {{ maximizes elbo(p, q, beta: {beta}) "));
    }
    let mut s = session(&spec, &[("train.epochs", "60")]);
    train(&mut s);
    let budget = full(&s);
    let found = health(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let [z] = found.as_slice() else { panic!("{found:?}") };
    println!("beta {}: {}", beta.unwrap_or("1"), z.facts());
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let active = z.active.unwrap_or_else(|| panic!("{z:?}"));
    assert_eq!(
        active.active as f64,
        value(&scores, "active units of 8", ""),
        "the words and the scores count the same"
    );
    assert!(matches!(&z.kl, Kl::Each(kl) if kl.len() == 8) && active.of == 8, "{z:?}");
    let gap = z.distances.unwrap_or_else(|| panic!("no distances")).gap();
    (z.words(), gap)
}

#[test]
fn illnesses_of_the_code_are_named() {
    let (words, healthy) = advice(None);
    assert_eq!(words, None);
    let (words, ignored) = advice(Some("20"));
    assert!(
        words
            .is_some_and(|w| w.contains("the decoder ignores `z`") && w.contains("lower beta or warm it up"))
    );
    let (words, loose) = advice(Some("0.001"));
    assert!(words.is_some_and(|w| w.contains("`z` is not compressed") && w.contains("raise beta")));
    // What ignores its code shows the same picture always; what does not compress it decodes in samples what was never trained.
    assert!(
        (ignored - 1.0).abs() < 0.05 && ignored < healthy && healthy < loose,
        "{ignored} {healthy} {loose}"
    );
}
