//! The health of a latent variable model, in words: is the code ignored, is it compressed? (families.md, C10)
//!
//! Measured are the KL of each latent dimension, or of the whole site where it has no parts (a flow or a sum lies between the draw and its
//! density), how many dimensions are active, how widely the codes of the data lie, and how far what the
//! model shows lies from real examples: the distance of each picture of the decoder to the nearest of many training examples, for
//! reconstructions of test examples and for samples. Both come out of the same decoder as means (levels with an order, too; medians where
//! there is no mean), so that noise and blur are the same, and nothing in it is the model's own opinion of itself (a bound is: where the
//! guide was never trained, it says little). Where the codes of the data fill the prior both distances agree; where samples decode what was
//! never trained, samples lie farther off.

use crate::evaluate::draw;
use crate::exec::{ExecError, RngKey};
use crate::session::{At, Session};
use gmc_compiler::event::Kind;
use std::collections::BTreeMap;

/// KL below which a latent dimension carries nothing, in nats. (The analogue of [`VARIES`] for the quantity the bound pays for.)
const INACTIVE: f64 = 0.01;
/// Variance over the data of the guide's mean above which a dimension is active (Burda et al. 2016, section 5); of the median where its
/// draws have no mean, and of what a flow makes of the mean where the guide is a flow.
const VARIES: f64 = 0.01;
/// KL that at least one dimension of a code has that the decoder reads, in nats.
const USED: f64 = 0.1;
/// KL per active dimension above which a code is suspected of not being compressed, in nats.
const EXPENSIVE: f64 = 4.0;
/// How many times wider than the prior the codes of the data may lie.
const WIDE: f64 = 1.5;
/// How many times farther than reconstructions samples may lie from real examples.
const FAR: f64 = 1.5;
/// Test examples, and samples, that are looked at.
const LOOK: usize = 500;
/// Test examples whose codes are looked at.
const CODES: usize = 2000;
/// Training examples that distances are measured to.
const REAL: usize = 5000;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Active {
    /// Active ones.
    pub active: usize,
    /// All.
    pub of: usize,
}

/// What was measured at one latent site.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The site; several, joined by commas, where one sum holds the densities of all.
    pub name: String,
    /// Its KL.
    pub kl: Kl,
    /// Numbers of one draw.
    pub size: usize,
    /// Active dimensions; nothing where the KL has no parts and the data are not mapped to codes.
    pub active: Option<Active>,
    /// Standard deviation of the data's codes over that of the prior's draws, the largest over the dimensions.
    pub spread: f64,
    /// Reconstructions and samples against real examples, where the model has both.
    pub distances: Option<Distances>,
}

impl Code {
    fn shown(&self) -> String {
        self.name.replace(',', "`, `")
    }

    /// What was measured.
    pub fn facts(&self) -> String {
        let name = self.shown();
        let mut text = match (&self.kl, self.active) {
            (Kl::Each(kl), active) => {
                let Active { active, of } =
                    active.unwrap_or(Active { active: active_parts(kl), of: kl.len() });
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
            (Kl::Whole(total), Some(Active { active, of })) => format!(
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
            return Some(format!(
                "{sign}; lower beta or warm it up, as in `elbo(p, q, beta: ramp(0 -> 1, over: 10 epochs))`"
            ));
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
            return Some(format!(
                "`{name}` is not compressed: its KL is {price:.1} nats for each of {parts} dimensions where {EXPENSIVE} are many, {}; raise beta",
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
                Some(Active { active: 0, of }) => Some(format!(
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
fn active_parts(kl: &[f64]) -> usize {
    kl.iter().filter(|k| **k > INACTIVE).count()
}

/// How many dimensions of each latent site are active, given its KL: those whose KL is above a hundredth of a nat, and where the KL has no
/// parts, those in which the code of a datum, which is the guide's mean, varies over at most `most` test examples (Burda et al. 2016, section 5). A
/// site without either is left out.
///
/// # Errors
/// What running a program reports.
pub fn activity(
    s: &mut Session,
    kl: &BTreeMap<String, Kl>,
    most: usize,
    seed: u64,
) -> Result<BTreeMap<String, Active>, ExecError> {
    let mut means: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    if kl.values().any(|k| matches!(k, Kl::Whole(_))) {
        for (site, (values, d)) in codes(s, most, seed)? {
            means.insert(site, deviations(&values, d));
        }
    }
    let of = |name: &String, kl: &Kl| match kl {
        Kl::Each(kl) => Some(Active { active: active_parts(kl), of: kl.len() }),
        Kl::Whole(_) => name.split(',').try_fold(Active { active: 0, of: 0 }, |sum, site| {
            let deviations = means.get(site)?;
            let active = deviations.iter().filter(|d| **d * **d > VARIES).count();
            Some(Active { active: sum.active + active, of: sum.of + deviations.len() })
        }),
    };
    Ok(kl.iter().filter_map(|(name, kl)| Some((name.clone(), of(name, kl)?))).collect())
}

/// Test examples whose codes are looked at.
fn test_rows(s: &Session, most: usize) -> usize {
    s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most).min(CODES)
}

/// The codes of the test part, row by row, and the numbers of one code, by site.
fn codes(s: &mut Session, most: usize, seed: u64) -> Result<BTreeMap<String, (Vec<f32>, usize)>, ExecError> {
    if !s.has("encode") {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<usize> = (0..test_rows(s, most)).collect();
    let mut codes: BTreeMap<String, (Vec<f32>, usize)> = BTreeMap::new();
    for (i, rows) in rows.chunks(500).enumerate() {
        let data = s.batch(true, rows);
        let at = At { key: RngKey { seed, step: 1 << 57 | i as u64 }, ..At::default() };
        for (name, t) in s.run("encode", rows.len(), &data, at, false)? {
            if let Some(site) = name.strip_prefix("code:") {
                let d = t.shape().iter().skip(1).product();
                codes.entry(site.to_string()).or_insert_with(|| (Vec::new(), d)).0.extend(t.to_f32());
            }
        }
    }
    Ok(codes)
}

/// Mean over `shown` of the distance to the nearest of `real`, all rows of `d` numbers: root mean square per element.
fn nearest(shown: &[f32], real: &[f32], d: usize) -> f64 {
    let rows = shown.chunks_exact(d.max(1));
    let n = rows.len().max(1) as f64;
    let mut sum = 0.0;
    for x in rows {
        let mut best = f32::INFINITY;
        for y in real.chunks_exact(d.max(1)) {
            best = best.min(x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum());
        }
        sum += (f64::from(best) / d.max(1) as f64).sqrt();
    }
    sum / n
}

/// How far reconstructions and samples lie from real examples; nothing where the model lacks either, or has no training data to compare with,
/// or where all that it shows is a class.
fn distances(s: &mut Session, most: usize, seed: u64) -> Result<Option<Distances>, ExecError> {
    let Some((name, ty)) = crate::pictures::observed(s) else { return Ok(None) };
    if s.typed
        .data
        .iter()
        .flat_map(|d| &d.vars)
        .any(|v| v.name == name && matches!(v.ty.kind, Kind::Class(_)))
    {
        return Ok(None);
    }
    let d = ty.size();
    // Of pixels that are drawn anew at every visit these are the probabilities: what a mean is to be compared with.
    let mut real: Vec<f32> = Vec::new();
    for (item, set) in s.typed.data.iter().zip(&s.sets) {
        for (_, c) in item.vars.iter().zip(&set.train.columns).filter(|(v, _)| v.name == name) {
            real = c.values.iter().take(REAL * d).copied().collect();
        }
    }
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most).min(LOOK);
    if real.is_empty() || n == 0 || d == 0 || !s.has("reconstruct") {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    let data = s.batch(true, &rows);
    let at = At { key: RngKey { seed, step: 1 << 58 }, ..At::default() };
    let again = s
        .run("reconstruct", n, &data, at, false)?
        .into_iter()
        .find(|(o, _)| *o == format!("site:{name}"))
        .map(|(_, t)| t.to_f32());
    let drawn = draw(s, n, seed)?;
    let pick =
        |prefix: &str| drawn.iter().find(|(o, _, _)| *o == format!("{prefix}:{name}")).map(|(_, v, _)| v);
    let (Some(again), Some(fresh)) = (again, pick("mean").or_else(|| pick("site"))) else { return Ok(None) };
    Ok(Some(Distances { reconstructions: nearest(&again, &real, d), samples: nearest(fresh, &real, d) }))
}

fn deviations(values: &[f32], d: usize) -> Vec<f64> {
    let n = (values.len() / d.max(1)).max(1) as f64;
    let mut out = Vec::new();
    for j in 0..d {
        let column = || values.iter().skip(j).step_by(d).map(|x| f64::from(*x));
        let mean = column().sum::<f64>() / n;
        out.push((column().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt());
    }
    out
}

/// Measures the latent sites of a model with a bound, given the KL by site: how many dimensions are active, how widely the codes of at most
/// `most` test examples lie, and how far from real examples what the model shows.
///
/// # Errors
/// What running a program reports.
pub fn measure(
    s: &mut Session,
    kl: BTreeMap<String, Kl>,
    most: usize,
    seed: u64,
) -> Result<Vec<Code>, ExecError> {
    if kl.is_empty() {
        return Ok(Vec::new());
    }
    let n = test_rows(s, most);
    s.infer_test(n, seed)?;
    let codes = codes(s, most, seed)?;
    let active = activity(s, &kl, most, seed)?;
    let drawn = draw(s, 1000, seed)?;
    let distances = distances(s, most, seed)?;
    let mut out = Vec::new();
    for (name, kl) in kl {
        let (mut spread, mut size) = (0f64, 0);
        for site in name.split(',') {
            let prior = drawn.iter().find(|(o, _, _)| *o == format!("site:{site}"));
            let d = prior.map_or(0, |(_, _, shape)| shape.iter().product());
            size += d;
            if let (Some((_, p, _)), Some((c, _))) = (prior, codes.get(site)) {
                let wider = deviations(c, d)
                    .iter()
                    .zip(&deviations(p, d))
                    .map(|(c, p)| c / p.max(1e-6))
                    .fold(0.0, f64::max);
                spread = spread.max(wider);
            }
        }
        out.push(Code { active: active.get(&name).copied(), name, kl, size, spread, distances });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kl: Kl, active: Option<Active>, spread: f64, samples: f64) -> Code {
        Code {
            name: "z".into(),
            kl,
            size: 8,
            active,
            spread,
            distances: Some(Distances { reconstructions: 0.1, samples }),
        }
    }

    fn each(kl: Vec<f64>, spread: f64, samples: f64) -> Code {
        let active = Some(Active { active: active_parts(&kl), of: kl.len() });
        code(Kl::Each(kl), active, spread, samples)
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
        let some = |active| Some(Active { active, of: 8 });
        let well = code(Kl::Whole(9.0), some(7), 1.0, 0.1);
        assert_eq!(well.words(), None);
        assert!(
            well.facts().contains("7 of 8 dimensions active (the mean code's variance")
                && well.facts().contains("KL 9.00 nats in all")
        );
        assert!(code(Kl::Whole(0.4), some(0), 1.0, 0.1).words().unwrap().contains(
            "ignores `z`: the variance of its mean code over the data is above 0.01 in none of its 8"
        ));
        assert!(
            code(Kl::Whole(0.04), None, 1.0, 0.1)
                .words()
                .unwrap()
                .contains("all but ignores `z`: its KL is 0.04 nats in all")
        );
        assert!(
            code(Kl::Whole(60.0), some(8), 2.0, 0.1)
                .words()
                .unwrap()
                .contains("7.5 nats for each of 8 dimensions")
        );
        let unknown = code(Kl::Whole(9.0), None, 1.0, 0.1);
        assert!(
            unknown.words().is_none() && unknown.facts().starts_with("`z` has a KL of 9.00 nats in all"),
            "{}",
            unknown.facts()
        );
    }

    #[test]
    fn distances_to_the_nearest_row() {
        let real = [0.0, 0.0, 3.0, 4.0];
        // (0, 0) lies on the first row, (3, 2) is 2 away from the second: (0 + 2 / √2) / 2.
        assert!((nearest(&[0.0, 0.0, 3.0, 2.0], &real, 2) - 2f64.sqrt() / 2.0).abs() < 1e-6);
    }
}
