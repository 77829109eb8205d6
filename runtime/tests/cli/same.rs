//! A run is a function of its spec and its seed.

use super::common::*;

#[test]
fn two_runs_of_one_spec_and_seed_are_equal_bit_for_bit_and_another_seed_is_another_run() {
    for (name, spec) in [("vae", VAE), ("flow", FLOW), ("gan", GAN)] {
        let place = Place::new();
        let text = spec.replace("TRAIN", "steps 30");
        let first = place.train(name, &text);
        for line in ["--device cpu", "--device cpu --seed 2"] {
            place.gmc(&format!("run {name}.gm --name {name} {line}")).succeeds();
        }
        assert_same(&first, &place.path(&format!("runs/{name}-2")));
        let other = place.path(&format!("runs/{name}-3"));
        assert!(weights(&first) != weights(&other));
        assert_ne!(records(&first), records(&other));
        // `--seed` and `seed` are the same thing said twice.
        let written = place.train("written", &text.replace("batch 64", "seed 2  batch 64"));
        assert!(weights(&other) == weights(&written));
        assert_eq!(records(&other), records(&written));
    }
}

#[test]
fn what_is_asked_of_a_run_depends_on_the_seed_of_the_question_only() {
    let place = Place::new();
    place.train("vae", &VAE.replace("TRAIN", "steps 10"));
    for verb in ["sample runs/vae-1 -n 5 --out", "encode runs/vae-1 --out"] {
        let ask = |seed: u32, file: &str| {
            place.gmc(&format!("{verb} {file}.csv --seed {seed} --device cpu")).succeeds();
            std::fs::read_to_string(place.path(&format!("{file}.csv"))).unwrap()
        };
        assert_eq!(ask(7, "a"), ask(7, "b"), "{verb}");
        if verb.starts_with("sample") {
            assert_ne!(ask(7, "a"), ask(8, "b"), "{verb}");
        }
    }
    assert_eq!(place.gmc("eval runs/vae-1 --device cpu").out, place.gmc("eval runs/vae-1 --device cpu").out);
}

#[test]
fn evaluation_while_training_changes_nothing() {
    // 40 rounds are looked at 20 times; 40 rounds of a longer run are looked at less often.
    let mut a = session(&VAE.replace("TRAIN", "steps 40").replace("cosine(2e-3 -> 1e-5)", "1e-3"));
    play(&mut a, 40);
    let place = Place::new();
    let run = place.train("vae", &VAE.replace("TRAIN", "steps 40").replace("cosine(2e-3 -> 1e-5)", "1e-3"));
    for ((group, name), bits) in
        weights(&run).iter().filter(|((g, _), _)| *g == gmc_runtime::session::snapshot::Group::Param)
    {
        let here: Vec<u32> = values(&a, name).iter().map(|v| v.to_bits()).collect();
        assert!(here == *bits, "{group:?} {name}");
    }
}
