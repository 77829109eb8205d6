//! `hidden_markov`.

use super::markov::{below, entropy};
use super::{Column, DataIssue, DataRow, Dataset, Host, Part, SplitMix, Writing, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Windows of a stationary hidden Markov chain (Rabiner 1989): a state that is drawn given the one before it, and at each time a letter drawn given
    /// the state. The state stays with probability `stay`; where else it goes, and the letters of each state, have probabilities
    /// proportional to exp(sharp u), the u uniform between 0 and 1 and fixed by `seed`. Bounds on the entropy rate, which get
    /// closer the longer the words that are looked at (Cover & Thomas 2006, theorem 4.5.1), are told by `gmc data`, with the mean loss that
    /// the chain itself has on the test windows. Yields `Class(letters)[T]`, and as a second variable the states, `Class(states)[T]`.
    pub struct HiddenMarkov = "hidden_markov" [
        ParamSpec { name: "states", kind: ArgKind::Whole(2, 16), default: Some("3"), doc: "Number of hidden states." },
        ParamSpec { name: "letters", kind: ArgKind::Whole(2, 26), default: Some("6"), doc: "Number of letters." },
        ParamSpec { name: "stay", kind: ArgKind::Num(0.0, 1.0), default: Some("0.8"), doc: "Probability that the state stays as it is." },
        ParamSpec { name: "sharp", kind: ArgKind::Num(0.0, 50.0), default: Some("6"), doc: "How unequal the other probabilities are; 0: all equal." },
        ParamSpec { name: "n", kind: ArgKind::Int(1), default: Some("2000"), doc: "Number of training windows." },
        ParamSpec { name: "seed", kind: ArgKind::Int(0), default: Some("0"), doc: "Another number is another chain; the run's seed draws other windows of the same one." },
    ];
}

/// More elements than this are refused.
const MOST_ELEMENTS: usize = 100_000_000;
/// Most words over which the bounds of the entropy rate are summed.
const MOST_WORDS: usize = 20_000;

/// A hidden chain.
struct Hidden {
    /// Probabilities of the next state, a row for each state.
    next: Vec<Vec<f64>>,
    /// Probabilities of the letters, a row for each state.
    letter: Vec<Vec<f64>>,
    /// How probable each state is in the long run.
    stationary: Vec<f64>,
}

/// Probabilities in proportion to these weights.
fn shares(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

impl Hidden {
    fn of(args: &Args) -> Hidden {
        let (states, letters) = (args.int("states"), args.int("letters"));
        let (stay, sharp) = (args.num("stay"), args.num("sharp"));
        let mut bits = SplitMix::new(args.int("seed") as u64);
        let mut weights = |n: usize| (0..n).map(|_| (sharp * bits.unit()).exp()).collect::<Vec<f64>>();
        let mut next = Vec::new();
        for s in 0..states {
            let mut others = weights(states);
            others.get_mut(s).into_iter().for_each(|w| *w = 0.0);
            let own = |k: usize, p: f64| if k == s { stay } else { (1.0 - stay) * p };
            next.push(shares(&others).into_iter().enumerate().map(|(k, p)| own(k, p)).collect());
        }
        let letter = (0..states).map(|_| shares(&weights(letters))).collect();
        Hidden::new(next, letter)
    }

    fn new(next: Vec<Vec<f64>>, letter: Vec<Vec<f64>>) -> Hidden {
        let mut stationary = vec![1.0 / next.len() as f64; next.len()];
        // Half a step at a time, so that a chain that never stays settles, too.
        for _ in 0..100_000 {
            let after: Vec<f64> =
                stepped(&stationary, &next).iter().zip(&stationary).map(|(a, b)| 0.5 * (a + b)).collect();
            let moved: f64 = after.iter().zip(&stationary).map(|(a, b)| (a - b).abs()).sum();
            stationary = after;
            if moved < 1e-15 {
                break;
            }
        }
        Hidden { next, letter, stationary }
    }

    /// The probability of the letters of a word and of each state at its last one; `state` are those of the first.
    fn joint(&self, state: &[f64], word: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut now = state.to_vec();
        for (i, l) in word.enumerate() {
            if i > 0 {
                now = stepped(&now, &self.next);
            }
            now.iter_mut().zip(&self.letter).for_each(|(p, row)| *p *= row.get(l).copied().unwrap_or(0.0));
        }
        now
    }

    /// The entropy of words of `n` letters whose first state is drawn from these probabilities.
    fn of_words(&self, state: &[f64], n: usize) -> f64 {
        let letters = self.letter.first().map_or(1, Vec::len);
        let word = |w: usize| (0..n).map(move |i| w / letters.pow(i as u32) % letters);
        let all: Vec<f64> =
            (0..letters.pow(n as u32)).map(|w| self.joint(state, word(w)).iter().sum()).collect();
        entropy(&all)
    }

    /// Between which numbers the entropy rate lies: that of the last letter of a word given the others and the first state, and given the others.
    fn rate(&self) -> (f64, f64) {
        let letters = self.letter.first().map_or(1, Vec::len);
        let n = (1..).find(|n| letters.pow(*n + 1) > MOST_WORDS).unwrap_or(1).max(2) as usize;
        let upper = self.of_words(&self.stationary, n) - self.of_words(&self.stationary, n - 1);
        let given = |n: usize| -> f64 {
            let one = |s: usize| {
                (0..self.stationary.len()).map(|k| f64::from(u8::from(k == s))).collect::<Vec<_>>()
            };
            self.stationary.iter().enumerate().map(|(s, p)| p * self.of_words(&one(s), n)).sum()
        };
        (given(n) - given(n - 1), upper)
    }

    /// -log p of a window.
    fn loss(&self, window: &[f32]) -> f64 {
        let (mut now, mut total) = (self.stationary.clone(), 0.0);
        for (i, l) in window.iter().enumerate() {
            if i > 0 {
                now = stepped(&now, &self.next);
            }
            now.iter_mut()
                .zip(&self.letter)
                .for_each(|(p, row)| *p *= row.get(*l as usize).copied().unwrap_or(0.0));
            let p: f64 = now.iter().sum();
            total -= p.ln();
            now.iter_mut().for_each(|x| *x /= p);
        }
        total
    }

    /// The letters and the states of a window, from twice as many numbers uniform on (0, 1).
    fn window(&self, uniform: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let (mut letters, mut states) = (Vec::new(), Vec::new());
        let mut state: Option<usize> = None;
        for u in uniform.chunks_exact(2) {
            let &[s, l] = u else { continue };
            let from = state.and_then(|s| self.next.get(s)).unwrap_or(&self.stationary);
            let now = below(from, s);
            letters.push(self.letter.get(now).map_or(0, |row| below(row, l)) as f32);
            states.push(now as f32);
            state = Some(now);
        }
        (letters, states)
    }
}

/// Probabilities of the states one step later.
fn stepped(now: &[f64], next: &[Vec<f64>]) -> Vec<f64> {
    let mut after = vec![0.0; now.len()];
    for (p, row) in now.iter().zip(next) {
        after.iter_mut().zip(row).for_each(|(a, q)| *a += p * q);
    }
    after
}

impl DataRow for HiddenMarkov {
    fn check(&self, args: &Args, declared: &[EventTy], _: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("hidden_markov", declared, &["a window of letters", "its states"])?;
        let counts = [args.int("letters"), args.int("states")];
        let size = declared.first().map_or(1, |t| t.shape.iter().product::<usize>().max(1));
        let types: Vec<EventTy> = (declared.iter().zip(counts))
            .map(|(_, n)| EventTy { kind: Kind::Class(n), shape: vec![size] })
            .collect();
        if args.int("n").saturating_mul(size) > MOST_ELEMENTS {
            return Err(args.error("n", format!("more than {MOST_ELEMENTS} letters"), "too many").into());
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let Some(ty) = types.first() else { return Ok(Dataset::default()) };
        let (chain, length, n) = (Hidden::of(args), ty.size().max(1), args.int("n"));
        let part = |number: u64| {
            let stream = (0x6869_6464_656e << 8) ^ (2 * args.int("seed") as u64 + number);
            let uniform = host.uniform(stream, 2 * n * length);
            let (mut letters, mut states) = (Vec::new(), Vec::new());
            for u in uniform.chunks_exact(2 * length) {
                let (l, s) = chain.window(u);
                letters.extend(l);
                states.extend(s);
            }
            let columns =
                types.iter().zip([letters, states]).map(|(ty, values)| Column { ty: ty.clone(), values });
            Part { n, columns: columns.collect(), ..Part::default() }
        };
        let (train, test) = (part(0), part(1));
        let windows = test.columns.first().map_or(&[][..], |c| &c.values);
        let mean = windows.chunks(length).map(|w| chain.loss(w)).sum::<f64>() / n as f64;
        let mut notes = self.entropy(args, types);
        notes.push(format!(
            "the chain itself has a mean loss of {mean:.6} nats a test window, {:.6} nats a letter: no other has a lower one in the long run",
            mean / length as f64
        ));
        let names = ('a'..='z').take(args.int("letters")).map(String::from).collect();
        let numbers = (0..args.int("states")).map(|s| s.to_string()).collect();
        let labels = [names, numbers].into_iter().take(types.len()).collect();
        Ok(Dataset { train, test: Some(test), notes, labels, ..Dataset::default() })
    }

    fn entropy(&self, args: &Args, _: &[EventTy]) -> Vec<String> {
        let (low, high) = Hidden::of(args).rate();
        vec![format!("entropy rate between {low:.6} and {high:.6} nats a letter")]
    }

    fn writing(&self, _: &Args) -> Option<Writing> {
        Some(Writing::Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Hidden {
        Hidden::new(vec![vec![0.9, 0.1], vec![0.4, 0.6]], vec![vec![0.7, 0.2, 0.1], vec![0.1, 0.1, 0.8]])
    }

    /// The long run by hand, the loss of a word as the sum over its paths, and words whose probabilities sum to 1.
    #[test]
    fn two_states_by_hand() {
        let c = two();
        assert!((c.stationary[0] - 0.8).abs() < 1e-9 && (c.stationary[1] - 0.2).abs() < 1e-9);
        let word = [0usize, 2, 2, 1];
        let mut sum = 0.0;
        for path in 0..16usize {
            let s: Vec<usize> = (0..4).map(|i| path >> i & 1).collect();
            let steps: f64 = s.windows(2).map(|w| c.next[w[0]][w[1]]).product();
            let letters: f64 = s.iter().zip(word).map(|(s, l)| c.letter[*s][l]).product();
            sum += c.stationary[s[0]] * steps * letters;
        }
        let window: Vec<f32> = word.iter().map(|l| *l as f32).collect();
        assert!((c.loss(&window) + sum.ln()).abs() < 1e-12);
        let all: f64 = (0..81usize)
            .map(|w| (-c.loss(&[w % 3, w / 3 % 3, w / 9 % 3, w / 27].map(|l| l as f32))).exp())
            .sum();
        assert!((all - 1.0).abs() < 1e-12);
    }

    /// The bounds hold the mean loss of a long window, and meet where the letters say the state.
    #[test]
    fn the_entropy_rate_is_bounded() {
        let c = two();
        let (low, high) = c.rate();
        let uniform: Vec<f64> = {
            let mut bits = SplitMix::new(3);
            (0..200_000).map(|_| bits.unit()).collect()
        };
        let (letters, states) = c.window(&uniform);
        let mean = c.loss(&letters) / letters.len() as f64;
        assert!(low <= high && high - low < 1e-3 && (mean - low).abs() < 0.02, "{low} {high} {mean}");
        let first = states.iter().filter(|s| **s == 0.0).count() as f64 / states.len() as f64;
        assert!((first - 0.8).abs() < 0.01, "{first}");
        let seen = Hidden::new(vec![vec![0.9, 0.1], vec![0.4, 0.6]], vec![vec![1.0, 0.0], vec![0.0, 1.0]]);
        let h = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        let (low, high) = seen.rate();
        let want = 0.8 * h(0.1) + 0.2 * h(0.4);
        assert!((low - want).abs() < 1e-9 && (high - want).abs() < 1e-9, "{low} {high} {want}");
    }
}
