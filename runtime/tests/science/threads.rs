//! What a run computes does not depend on how many threads share its work: not one bit.

use super::common::{drawn, mnist, session, text, train};

/// One of each kind of arithmetic: dense, convolutions and their transposes, normalisation, couplings, masks, attention, recurrence, a hidden chain,
/// games with slopes, mixtures, parameters per datum; those of MNIST are large enough for several threads in every operation.
const SPECS: [&str; 16] = [
    "vae",
    "gan_ring",
    "realnvp",
    "glow",
    "pixel_transformer",
    "char_rnn",
    "hmm",
    "ddpm",
    "wgan_gp",
    "mixture",
    "vae_perdatum",
    "vq",
    "pixelcnn",
    "dcgan",
    "vae_conv",
    "realnvp_mnist",
];

/// The bits of all that two rounds of training leave, and of what is drawn then.
fn bits(name: &str, threads: usize) -> Vec<(String, Vec<u32>)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let source = text(name);
        let mut set = vec![("train.steps", "2")];
        if source.contains("from mnist") {
            set.push(("x.limit", "256"));
        }
        let mut s = session(&source, &set);
        train(&mut s);
        let of = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect();
        let mut found: Vec<(String, Vec<u32>)> =
            s.tensors.iter().map(|(path, t)| (path.clone(), of(t.to_f32()))).collect();
        found.sort();
        found.extend(drawn(&mut s, 40, 1).into_iter().map(|(path, x, _)| (path, of(x))));
        found
    })
}

#[test]
fn threads_change_no_bit() {
    for name in SPECS {
        if text(name).contains("from mnist") && !mnist() {
            continue;
        }
        let alone = bits(name, 1);
        for threads in [2, 3] {
            let several = bits(name, threads);
            assert_eq!(alone.len(), several.len(), "{name}");
            for ((path, one), (_, several)) in alone.iter().zip(&several) {
                assert_eq!(one.len(), several.len(), "{name}: {path}");
                let other = one.iter().zip(several).position(|(a, b)| a != b);
                assert_eq!(other, None, "{name}: {path} with {threads} threads");
            }
        }
    }
}
