use super::windows::{length, no_length, pieces};
use super::{DataIssue, DataRow, Dataset, Host, Part, SplitMix, Writing, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::LN_2;

row! {
    /// Windows of a stationary Markov chain over the letters a, b, ..: each letter is drawn given the `order` letters before it, with
    /// probabilities proportional to exp(sharp u), the u uniform between 0 and 1 and fixed by `seed`; a window begins as the chain
    /// does in the long run. The entropy rate, below which no model's mean loss can stay, is known (Cover & Thomas 2006, theorem 4.2.4), and `gmc data` says
    /// it: a test of models of sequences. Yields `Class(letters)[T]`, or two pieces of a window that follow each other, as many test windows as training windows.
    pub struct Markov = "markov" [
        ParamSpec { name: "letters", kind: ArgKind::Whole(2, 26), default: Some("8"), doc: "Number of letters." },
        ParamSpec { name: "order", kind: ArgKind::Whole(1, 3), default: Some("1"), doc: "How many letters before it a letter depends on." },
        ParamSpec { name: "sharp", kind: ArgKind::Num(0.0, 50.0), default: Some("5"), doc: "How unequal the probabilities are; 0: all equal." },
        ParamSpec { name: "n", kind: ArgKind::Int(1), default: Some("2000"), doc: "Number of training windows." },
        ParamSpec { name: "seed", kind: ArgKind::Int(0), default: Some("0"), doc: "Another number is another chain; the run's seed draws other windows of the same one." },
    ];
}

/// More contexts than this are refused: their transitions stand in memory.
const MOST_CONTEXTS: usize = 5_000;
/// More elements than this are refused.
const MOST_ELEMENTS: usize = 100_000_000;

/// A chain over contexts of `order` letters each; the number of a context has its oldest letter as the highest digit.
struct Chain {
    letters: usize,
    order: usize,
    /// Probabilities of the next letter, a row for each context.
    next: Vec<Vec<f64>>,
    /// How probable each context is in the long run.
    stationary: Vec<f64>,
}

impl Chain {
    fn of(args: &Args) -> Chain {
        let (letters, order) = (args.int("letters"), args.int("order"));
        let mut bits = SplitMix::new(args.int("seed") as u64);
        let sharp = args.num("sharp");
        let contexts = letters.pow(order as u32);
        let rows = (0..contexts).map(|_| {
            let weights: Vec<f64> = (0..letters).map(|_| (sharp * bits.unit()).exp()).collect();
            let total: f64 = weights.iter().sum();
            weights.iter().map(|w| w / total).collect()
        });
        Chain::new(letters, order, rows.collect())
    }

    /// Every probability is above 0, so that the long run does not depend on the beginning.
    fn new(letters: usize, order: usize, next: Vec<Vec<f64>>) -> Chain {
        let mut chain = Chain { letters, order, stationary: vec![1.0 / next.len() as f64; next.len()], next };
        for _ in 0..100_000 {
            let mut after = vec![0.0; chain.next.len()];
            for (context, (p, row)) in chain.stationary.iter().zip(&chain.next).enumerate() {
                for (letter, q) in row.iter().enumerate() {
                    if let Some(a) = after.get_mut(chain.then(context, letter)) {
                        *a += p * q;
                    }
                }
            }
            let moved: f64 = after.iter().zip(&chain.stationary).map(|(a, b)| (a - b).abs()).sum();
            chain.stationary = after;
            if moved < 1e-15 {
                break;
            }
        }
        chain
    }

    fn then(&self, context: usize, letter: usize) -> usize {
        (context * self.letters + letter) % self.next.len()
    }

    /// Nats a letter in the long run: Σ π(c) H(next | c).
    fn rate(&self) -> f64 {
        self.stationary.iter().zip(&self.next).map(|(p, row)| p * entropy(row)).sum()
    }

    /// Nats of a window of `length` letters.
    fn of_window(&self, length: usize) -> f64 {
        if length >= self.order {
            return entropy(&self.stationary) + (length - self.order) as f64 * self.rate();
        }
        // The first letters of a context are its high digits.
        let behind = self.letters.pow((self.order - length) as u32);
        let starts: Vec<f64> = self.stationary.chunks(behind).map(|c| c.iter().sum()).collect();
        entropy(&starts)
    }

    /// A window, from as many numbers uniform on (0, 1) as it has letters, and one more.
    fn window(&self, length: usize, uniform: &[f64]) -> Vec<f32> {
        let mut uniform = uniform.iter().copied();
        let mut draw = |p: &[f64]| below(p, uniform.next().unwrap_or(0.5));
        let mut context = draw(&self.stationary);
        let first =
            (0..self.order).map(|i| context / self.letters.pow((self.order - 1 - i) as u32) % self.letters);
        let mut all: Vec<f32> = first.take(length).map(|l| l as f32).collect();
        while all.len() < length {
            let letter = self.next.get(context).map_or(0, |row| draw(row));
            all.push(letter as f32);
            context = self.then(context, letter);
        }
        all
    }
}

/// Which of several events of these probabilities `u` tells.
pub(super) fn below(p: &[f64], u: f64) -> usize {
    let mut sum = 0.0;
    p.iter()
        .position(|q| {
            sum += q;
            u < sum
        })
        .unwrap_or(p.len().saturating_sub(1))
}

/// -Σ p ln p.
pub(super) fn entropy(p: &[f64]) -> f64 {
    p.iter().filter(|q| **q > 0.0).map(|q| -q * q.ln()).sum()
}

impl DataRow for Markov {
    fn check(&self, args: &Args, declared: &[EventTy], _: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("markov", declared, &["a window of letters", "what follows it"])?;
        let (letters, order) = (args.int("letters"), args.int("order"));
        if letters.pow(order as u32) > MOST_CONTEXTS {
            let message = format!("{letters} letters have more than {MOST_CONTEXTS} contexts of {order}");
            return Err(args.error("order", message, "too many").into());
        }
        let kind = |k| match k {
            Kind::Int(_) => Kind::Int(letters),
            Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Count => Kind::Class(letters),
        };
        if let Some(ty) = declared.iter().find(|t| t.shape.is_empty()) {
            return Err(no_length("`markov`", "letters", kind(ty.kind)));
        }
        let shape = |s: &[usize]| vec![s.iter().product::<usize>().max(1)];
        let types: Vec<EventTy> =
            declared.iter().map(|t| EventTy { kind: kind(t.kind), shape: shape(&t.shape) }).collect();
        let size = types.iter().map(EventTy::size).sum::<usize>();
        if args.int("n").saturating_mul(size) > MOST_ELEMENTS {
            return Err(args.error("n", format!("more than {MOST_ELEMENTS} letters"), "too many").into());
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let (chain, length, n) = (Chain::of(args), length(types), args.int("n"));
        let part = |number: u64| {
            let uniform = host
                .uniform((0x6d61_726b_6f76 << 8) ^ (2 * args.int("seed") as u64 + number), n * (length + 1));
            let all: Vec<f32> =
                uniform.chunks_exact(length + 1).flat_map(|u| chain.window(length, u)).collect();
            Part { n, columns: pieces(types, all.chunks_exact(length)), ..Part::default() }
        };
        let notes = self.entropy(args, types);
        let names: Vec<String> = ('a'..='z').take(chain.letters).map(String::from).collect();
        Ok(Dataset {
            train: part(0),
            test: Some(part(1)),
            notes,
            labels: vec![names; types.len()],
            ..Dataset::default()
        })
    }

    fn entropy(&self, args: &Args, types: &[EventTy]) -> Vec<String> {
        let (chain, length) = (Chain::of(args), length(types));
        let (rate, each) = (chain.rate(), chain.of_window(length) / length as f64);
        vec![
            format!("entropy rate {rate:.6} nats ({:.6} bits) a letter", rate / LN_2),
            format!(
                "of windows of {length} letters, whose first has nothing before it, {:.6} nats a window, {each:.6} nats ({:.6} bits) a letter: \
                 no model has a lower mean loss on new windows",
                each * length as f64,
                each / LN_2
            ),
        ]
    }

    fn writing(&self, _: &Args) -> Option<Writing> {
        Some(Writing::Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two letters that change with probabilities a and b: π = (b, a) / (a + b), and the rate is that mix of their entropies.
    #[test]
    fn two_letters_by_hand() {
        let (a, b) = (0.1, 0.4);
        let chain = Chain::new(2, 1, vec![vec![1.0 - a, a], vec![b, 1.0 - b]]);
        assert!((chain.stationary[0] - 0.8).abs() < 1e-12);
        let h = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        assert!((chain.rate() - (0.8 * h(a) + 0.2 * h(b))).abs() < 1e-12);
        assert!((chain.of_window(3) - (h(0.8) + 2.0 * chain.rate())).abs() < 1e-12);
    }

    /// The probabilities of all words of four letters sum to 1 and have the entropy that is said of windows of four.
    #[test]
    fn words_of_four_letters_one_by_one() {
        for order in [1, 2, 3] {
            let mut bits = SplitMix::new(7);
            let rows = (0..3usize.pow(order)).map(|_| {
                let w: Vec<f64> = (0..3).map(|_| bits.unit()).collect();
                let total: f64 = w.iter().sum();
                w.iter().map(|x| x / total).collect()
            });
            let chain = Chain::new(3, order as usize, rows.collect());
            let mut all = Vec::new();
            for word in 0..81usize {
                let letters: Vec<usize> = (0..4).map(|i| word / 3usize.pow(3 - i) % 3).collect();
                let mut context = letters.iter().take(order as usize).fold(0, |c, l| 3 * c + l);
                let mut p = chain.stationary[context];
                for l in letters.iter().skip(order as usize) {
                    p *= chain.next[context][*l];
                    context = chain.then(context, *l);
                }
                all.push(p);
            }
            assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!((entropy(&all) - chain.of_window(4)).abs() < 1e-9, "order {order}");
        }
    }
}
