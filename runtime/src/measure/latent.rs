//! What was measured at a latent site, and what it gives reason to say: is the code ignored, is it
//! compressed? (families.md, C10)

/// KL below which a latent dimension carries nothing, in nats. (The analogue of [`VARIES`] for the quantity
/// the bound pays for.)
pub(super) const INACTIVE: f64 = 0.01;
/// Variance over the data of the guide's mean above which a dimension is active (Burda et al. 2016, section
/// 5); of the median where its draws have no mean, and of what a flow makes of the mean where the guide is a
/// flow.
pub(super) const VARIES: f64 = 0.01;
/// KL that at least one dimension of a code has that the decoder reads, in nats.
const USED: f64 = 0.1;
/// KL per active dimension above which a code is suspected of not being compressed, in nats.
const EXPENSIVE: f64 = 4.0;
/// How many times wider than the prior the codes of the data may lie.
const WIDE: f64 = 1.5;
/// How many times farther than reconstructions samples may lie from real examples.
const FAR: f64 = 1.5;

/// Root mean square distances, per element, from what the decoder shows to the nearest real example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distances {
    /// Of reconstructions of test examples.
    pub reconstructions: f64,
    /// Of samples.
    pub samples: f64,
}

impl Distances {
    /// How many times farther from real examples samples lie than reconstructions.
    pub fn gap(&self) -> f64 {
        self.samples / self.reconstructions.max(1e-9)
    }
}

/// What a bound pays for a latent site: its KL, the mean over the data, in nats.
#[derive(Clone, Debug, PartialEq)]
pub enum Kl {
    /// Of each dimension, or of each vector whose elements are drawn together.
    Each(Vec<f64>),
    /// Of the whole site: it has no parts.
    Whole(f64),
}

impl Kl {
    /// Of the whole site, nats.
    pub fn total(&self) -> f64 {
        match self {
            Kl::Each(each) => each.iter().sum(),
            Kl::Whole(total) => *total,
        }
    }
}

/// How many dimensions of a latent site are active, of how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Active {
    /// Active ones.
    pub active: usize,
    /// All.
    pub of: usize,
    /// Standard error of how many are, where it follows from variances over the data.
    pub error: Option<f64>,
}

/// How probable it is that what was measured as `mean`, with this standard error, lies above `threshold`.
pub(super) fn above(mean: f64, error: f64, threshold: f64) -> f64 {
    match error > 0.0 {
        true => 0.5 * libm::erfc((threshold - mean) / (error * std::f64::consts::SQRT_2)),
        false => f64::from(u8::from(mean > threshold)),
    }
}

/// What was measured at one latent site.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentReport {
    /// The site; several, joined by commas, where one sum holds the densities of all.
    pub name: String,
    /// Its KL.
    pub kl: Kl,
    /// Numbers of one draw.
    pub size: usize,
    /// Active dimensions; nothing where the KL has no parts and the data are not mapped to codes.
    pub active: Option<Active>,
    /// Standard deviation of the data's codes over that of the prior's draws, the largest over the
    /// dimensions.
    pub spread: f64,
    /// Reconstructions and samples against real examples, where the model has both.
    pub distances: Option<Distances>,
    /// Whether a goal writes the KL out as a term of its own, so that its weight stands beside it.
    pub written: bool,
}

impl LatentReport {
    fn shown(&self) -> String {
        self.name.replace(',', "`, `")
    }

    /// What was measured.
    pub fn facts(&self) -> String {
        let name = self.shown();
        let mut text = match (&self.kl, self.active) {
            (Kl::Each(kl), active) => {
                let (active, of) = active.map_or((active_parts(kl), kl.len()), |a| (a.active, a.of));
                let part = if kl.len() == self.size { "dimension" } else { "vector" };
                let mut kl = kl.clone();
                kl.sort_by(|a, b| b.total_cmp(a));
                let most = 32;
                let mut each: Vec<String> = kl.iter().take(most).map(|k| format!("{k:.2}")).collect();
                if kl.len() > most {
                    each.push("..".into());
                }
                format!(
                    "`{name}` has {active} of {of} {part}s active (KL above {INACTIVE}), KL per {part} {} nats",
                    each.join(" ")
                )
            }
            (Kl::Whole(total), Some(Active { active, of, .. })) => format!(
                "`{name}` has {active} of {of} dimensions active (the mean code's variance over the data above {VARIES}), KL {total:.2} nats in all"
            ),
            (Kl::Whole(total), None) => format!("`{name}` has a KL of {total:.2} nats in all"),
        };
        if let Some(d) = self.distances {
            text += &format!(
                "; samples lie {:.2} times as far from real examples as reconstructions do ({:.3} and {:.3} per element)",
                d.gap(),
                d.samples,
                d.reconstructions
            );
        }
        text
    }

    /// What is wrong, and what to do.
    pub fn words(&self) -> Option<String> {
        let name = self.shown();
        if let Some(sign) = self.ignored() {
            return Some(match self.written {
                true => format!(
                    "{sign}; weigh the KL less, as in `.. + 0.1 * kl(q, p)`, and sum what is reconstructed over the elements (`sse`, not `mse`)"
                ),
                false => format!(
                    "{sign}; lower beta or warm it up, as in `elbo(p, q, beta: ramp(0 -> 1, over: 10 epochs))`"
                ),
            });
        }
        let parts = self.active.map_or(self.size, |a| a.active).max(1);
        let price = self.kl.total() / parts as f64;
        let far = self.distances.is_some_and(|d| d.gap() > FAR);
        let wide = self.spread > WIDE;
        if price > EXPENSIVE && (wide || far) {
            let mut signs = Vec::new();
            if wide {
                signs.push(format!(
                    "the codes of the data lie {:.1} times wider than the prior's draws, so samples decode what was never trained",
                    self.spread
                ));
            }
            if let (true, Some(d)) = (far, self.distances) {
                signs.push(format!(
                    "samples lie {:.1} times as far from real examples as reconstructions do",
                    d.gap()
                ));
            }
            let cure = if self.written { "weigh the KL more" } else { "raise beta" };
            return Some(format!(
                "`{name}` is not compressed: its KL is {price:.1} nats for each of {parts} dimensions where {EXPENSIVE} are many, {}; {cure}",
                signs.join(", and ")
            ));
        }
        None
    }

    /// The sign that the decoder ignores the code, if there is one.
    fn ignored(&self) -> Option<String> {
        let name = self.shown();
        match &self.kl {
            Kl::Each(kl) => {
                let largest = kl.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let part = if kl.len() == self.size { "dimensions" } else { "vectors" };
                if active_parts(kl) == 0 {
                    return Some(format!(
                        "the decoder ignores `{name}`: none of its {} {part} has a KL above {INACTIVE} nats",
                        kl.len()
                    ));
                }
                let say = || {
                    let (n, total) = (kl.len(), self.kl.total());
                    format!(
                        "the decoder all but ignores `{name}`: none of its {n} {part} has a KL of {USED} nats (the largest {largest:.2}, all together {total:.2})"
                    )
                };
                (largest < USED).then(say)
            }
            Kl::Whole(total) => match self.active {
                Some(Active { active: 0, of, .. }) => Some(format!(
                    "the decoder ignores `{name}`: the variance of its mean code over the data is above {VARIES} in none of its {of} dimensions"
                )),
                Some(_) | None => (*total < USED).then(|| {
                    format!("the decoder all but ignores `{name}`: its KL is {total:.2} nats in all")
                }),
            },
        }
    }
}

/// How many of these mean KLs, in nats, are of dimensions that carry something.
pub(super) fn active_parts(kl: &[f64]) -> usize {
    kl.iter().filter(|k| **k > INACTIVE).count()
}

#[cfg(test)]
mod tests {

    use super::*;

    fn report(kl: Kl, active: Option<Active>, spread: f64, samples: f64) -> LatentReport {
        LatentReport {
            name: "z".into(),
            kl,
            size: 8,
            active,
            spread,
            distances: Some(Distances { reconstructions: 0.1, samples }),
            written: false,
        }
    }

    fn each(kl: Vec<f64>, spread: f64, samples: f64) -> LatentReport {
        let active = Some(Active { active: active_parts(&kl), of: kl.len(), error: None });
        report(Kl::Each(kl), active, spread, samples)
    }

    #[test]
    fn words_name_the_illness() {
        let dead = each(vec![0.001; 8], 1.0, 0.1).words().unwrap();
        assert!(
            dead.contains("the decoder ignores `z`: none of its 8 dimensions has a KL above 0.01 nats"),
            "{dead}"
        );
        let weak = each(vec![0.03; 8], 1.0, 0.1);
        assert!(weak.facts().contains("8 of 8 dimensions active (KL above 0.01)"), "{}", weak.facts());
        let words = weak.words().unwrap();
        assert!(
            words.contains("all but ignores `z`")
                && words.contains("0.1 nats (the largest 0.03, all together 0.24)"),
            "{words}"
        );
        let written = LatentReport { written: true, ..each(vec![0.001; 8], 1.0, 0.1) }.words().unwrap();
        assert!(written.contains("weigh the KL less") && written.contains("`sse`"), "{written}");
        let wide = each(vec![6.0; 8], 3.0, 0.1).words().unwrap();
        assert!(
            wide.contains("not compressed")
                && wide.contains("3.0 times wider")
                && !wide.contains("times as far"),
            "{wide}"
        );
        assert!(wide.contains("6.0 nats for each of 8 dimensions where 4 are many"), "{wide}");
        let far = each(vec![6.0; 8], 1.0, 0.2).words().unwrap();
        assert!(
            far.contains("not compressed") && far.contains("2.0 times as far") && !far.contains("wider"),
            "{far}"
        );
        assert_eq!(each(vec![1.5; 8], 0.9, 0.1).words(), None);
        assert_eq!(
            each(vec![6.0; 8], 1.0, 0.1).words(),
            None,
            "an expensive code that samples well is no illness"
        );
        let mut one = vec![0.001; 8];
        one[3] = 0.7;
        assert_eq!(each(one, 0.9, 0.1).words(), None, "one dimension in use is enough");
    }

    #[test]
    fn a_kl_without_parts_is_spoken_of_as_a_whole() {
        let some = |active| Some(Active { active, of: 8, error: None });
        let well = report(Kl::Whole(9.0), some(7), 1.0, 0.1);
        assert_eq!(well.words(), None);
        assert!(
            well.facts().contains("7 of 8 dimensions active (the mean code's variance")
                && well.facts().contains("KL 9.00 nats in all")
        );
        assert!(report(Kl::Whole(0.4), some(0), 1.0, 0.1).words().unwrap().contains(
            "ignores `z`: the variance of its mean code over the data is above 0.01 in none of its 8"
        ));
        assert!(
            report(Kl::Whole(0.04), None, 1.0, 0.1)
                .words()
                .unwrap()
                .contains("all but ignores `z`: its KL is 0.04 nats in all")
        );
        assert!(
            report(Kl::Whole(60.0), some(8), 2.0, 0.1)
                .words()
                .unwrap()
                .contains("7.5 nats for each of 8 dimensions")
        );
        let unknown = report(Kl::Whole(9.0), None, 1.0, 0.1);
        assert!(
            unknown.words().is_none() && unknown.facts().starts_with("`z` has a KL of 9.00 nats in all"),
            "{}",
            unknown.facts()
        );
    }
}
