//! Which examples a minibatch holds: a fresh permutation of every item for every pass, a pure function of the
//! seed.

use crate::session::{Minibatch, Session};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use gmc_compiler::rows::setting::{Leftover, Pass};
use rand::seq::SliceRandom;

/// Orders of the data items of one run.
pub struct Order {
    seed: u64,
    batch: usize,
    leftover: Leftover,
    items: Vec<Item>,
}

struct Item {
    size: usize,
    /// The pass whose permutation is held.
    pass: Option<u64>,
    permutation: Vec<usize>,
}

impl Order {
    /// Orders of items of these sizes.
    pub fn new(seed: u64, batch: usize, leftover: Leftover, sizes: Vec<usize>) -> Order {
        Order {
            seed,
            batch,
            leftover,
            items: sizes.into_iter().map(|size| Item { size, pass: None, permutation: Vec::new() }).collect(),
        }
    }

    /// Minibatches in one pass over the largest item (the last one may be smaller or larger where there is one
    /// item; several are streams, whose minibatches are whole).
    pub fn per_epoch(&self) -> u64 {
        let largest = self.items.iter().map(|i| i.size).max().unwrap_or(0);
        let leftover = if self.items.len() == 1 { self.leftover } else { Leftover::Alone };
        Pass::new(largest, self.batch, leftover).count as u64
    }

    /// Minibatch number `draw`.
    pub fn minibatch(&mut self, s: &Session, draw: u64) -> Minibatch {
        let single = self.items.len() == 1;
        let mut out =
            Minibatch { n: self.batch, rows: vec![Vec::new(); self.items.len()], ..Minibatch::default() };
        let (seed, batch, leftover) = (self.seed, self.batch, self.leftover);
        for (k, item) in self.items.iter_mut().enumerate() {
            if item.size == 0 {
                continue;
            }
            // One item: passes of about N/B minibatches. Several: whole minibatches, streams wrap on their own.
            let rows: Vec<usize> = if single || item.size < batch {
                let cut = Pass::new(item.size, batch, leftover);
                let (pass, at) = (draw / cut.count as u64, (draw % cut.count as u64) as usize);
                let p = item.permuted(seed, k, pass);
                p.get(cut.examples(at)).unwrap_or_default().to_vec()
            } else {
                let first = draw as u128 * batch as u128;
                (0..batch as u128)
                    .map(|j| {
                        let at = first + j;
                        let (pass, i) = ((at / item.size as u128) as u64, (at % item.size as u128) as usize);
                        item.permuted(seed, k, pass).get(i).copied().unwrap_or(0)
                    })
                    .collect()
            };
            let rows: Vec<usize> =
                if single { rows } else { rows.iter().copied().cycle().take(batch).collect() };
            out.n = rows.len();
            if let (Some(data), Some(set)) = (s.typed.data.get(k), s.sets.get(k)) {
                out.data.extend(s.weights(data, &set.train, &rows));
                for (v, column) in data.vars.iter().zip(&set.train.columns) {
                    out.data.insert(v.name.clone(), s.rows(column, set.train.n, &rows));
                }
            }
            for (path, table) in s.tables.iter().filter(|(_, t)| t.item == k) {
                out.data.extend(table.rows(&s.device, &rows).map(|t| (path.clone(), t)));
            }
            if let Some(of_item) = out.rows.get_mut(k) {
                *of_item = rows;
            }
        }
        out
    }
}

impl Item {
    fn permuted(&mut self, seed: u64, item: usize, pass: u64) -> &[usize] {
        if self.pass != Some(pass) {
            let mut rng =
                ChaCha8Rng::seed_from_u64(seed ^ 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(item as u64 + 1));
            rng.set_stream(pass);
            self.permutation = (0..self.size).collect();
            self.permutation.shuffle(&mut rng);
            self.pass = Some(pass);
        }
        &self.permutation
    }
}
