//! Which examples a minibatch holds: a fresh permutation of every item for every pass, a pure function of the
//! seed.

use crate::exec::Tensor;
use crate::session::Parts;
use crate::session::ahead::{Ahead, all};
use crate::session::{Minibatch, Session};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use gmc_compiler::rows::data::Stored;
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
    /// What reads the next minibatch of events that stay in their file.
    ahead: Option<Ahead>,
}

impl Order {
    /// Orders of items of these sizes.
    pub fn new(seed: u64, batch: usize, leftover: Leftover, sizes: Vec<usize>) -> Order {
        Order { seed, batch, leftover, items: sizes.into_iter().map(Item::of).collect() }
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
            let of = Drawn { single, item: k, seed, batch, leftover };
            let rows = item.rows(of, draw);
            out.n = rows.len();
            if let (Some(data), Some(set)) = (s.typed.data.get(k), s.sets.get(k)) {
                out.data.extend(s.weights(data, &set.train, &rows));
                for (i, v) in data.vars.iter().enumerate() {
                    let t = match &set.train.stored {
                        Some(stored) if i == 0 => item.events(s, (set, stored), of, (draw, &rows)),
                        _ => s.rows(&set.train, i, &rows),
                    };
                    out.data.extend(t.map(|t| (v.name.clone(), t)));
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

/// How rows are drawn for an item.
#[derive(Clone, Copy)]
struct Drawn {
    single: bool,
    item: usize,
    seed: u64,
    batch: usize,
    leftover: Leftover,
}

impl Item {
    fn of(size: usize) -> Item {
        Item { size, pass: None, permutation: Vec::new(), ahead: None }
    }

    /// The rows of minibatch number `draw`. Of one item there are passes of about N/B minibatches; of several minibatches are whole, and streams
    /// wrap on their own.
    fn rows(&mut self, of: Drawn, draw: u64) -> Vec<usize> {
        let (size, batch) = (self.size, of.batch);
        let rows: Vec<usize> = if of.single || size < batch {
            let cut = Pass::new(size, batch, of.leftover);
            let (pass, at) = (draw / cut.count as u64, (draw % cut.count as u64) as usize);
            let p = self.permuted(of.seed, of.item, pass);
            p.get(cut.examples(at)).unwrap_or_default().to_vec()
        } else {
            let first = draw as u128 * batch as u128;
            (0..batch as u128)
                .map(|j| {
                    let at = first + j;
                    let (pass, i) = ((at / size as u128) as u64, (at % size as u128) as usize);
                    self.permuted(of.seed, of.item, pass).get(i).copied().unwrap_or(0)
                })
                .collect()
        };
        if of.single { rows } else { rows.iter().copied().cycle().take(batch).collect() }
    }

    /// Events that stay in their file: as they were read ahead, or read now; the next minibatch is asked for.
    fn events(
        &mut self,
        s: &Session,
        (set, stored): (&Parts, &Stored),
        of: Drawn,
        (draw, rows): (u64, &[usize]),
    ) -> Option<Tensor> {
        let numbers = |rows: &[usize]| -> Vec<usize> { rows.iter().map(|r| set.train.event(*r)).collect() };
        let read = self.ahead.get_or_insert_with(|| Ahead::of(stored)).take(draw);
        let t = s.events(&set.train, rows.len(), read.unwrap_or_else(|| all(stored, &numbers(rows))));
        let next = numbers(&self.rows(of, draw + 1));
        if let Some(ahead) = &mut self.ahead {
            ahead.ask(draw + 1, next);
        }
        t
    }

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
