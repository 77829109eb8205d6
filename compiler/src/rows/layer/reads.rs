//! The receptive field: which places a layer reads for one of its outputs, and which earlier pixels a whole chain never reads.

use super::{Causality, Chain};

/// The places that an output at place p reads. Places of an image are its pixels in raster order.
#[derive(Clone, Debug, PartialEq)]
pub enum Reads {
    /// p itself.
    Own,
    /// The pixels this many rows and columns away from p.
    Offsets(Vec<[isize; 2]>),
    /// The places this far before p.
    Back(Vec<usize>),
    /// All places before p, and p itself where so told.
    Earlier(bool),
    /// All places.
    All,
    /// What several layers read, one behind the other.
    Steps(Vec<Reads>),
    /// What several branches read that meet.
    Either(Vec<Reads>),
}

/// How much of what lies before a pixel is never read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Row and column of the pixel that misses most.
    pub pixel: [usize; 2],
    /// How many pixels lie before it.
    pub earlier: usize,
    /// How many of them it does not read.
    pub unread: usize,
}

impl Reads {
    /// What a layer reads of which no more is known than its causality, and which does not look at other places unless it must.
    pub fn of(causality: Causality) -> Reads {
        match causality {
            Causality::Strict => Reads::Earlier(false),
            Causality::Own | Causality::Weak | Causality::StrictChannels(_) | Causality::WeakChannels(_) => {
                Reads::Own
            }
            Causality::Global => Reads::All,
        }
    }
    /// The pixels of an image of h x w that are read for any of those in `wanted`, which has one entry a pixel in raster order.
    fn reached(&self, wanted: &[bool], [h, w]: [usize; 2]) -> Vec<bool> {
        let places = || wanted.iter().enumerate().filter(|(_, on)| **on).map(|(p, _)| p);
        let mut read = vec![false; wanted.len()];
        let mut mark = |p: usize| {
            if let Some(on) = read.get_mut(p) {
                *on = true;
            }
        };
        match self {
            Reads::Own => places().for_each(mark),
            Reads::Offsets(offsets) => {
                for p in places() {
                    for [down, across] in offsets {
                        let row = (p / w.max(1)).checked_add_signed(*down).filter(|r| *r < h);
                        let column = (p % w.max(1)).checked_add_signed(*across).filter(|c| *c < w);
                        if let (Some(row), Some(column)) = (row, column) {
                            mark(row * w + column);
                        }
                    }
                }
            }
            Reads::Back(far) => {
                places().flat_map(|p| far.iter().filter_map(move |f| p.checked_sub(*f))).for_each(mark)
            }
            Reads::Earlier(own) => {
                (0..places().next_back().unwrap_or(0)).for_each(&mut mark);
                if *own {
                    places().for_each(mark);
                }
            }
            Reads::All => (0..wanted.len()).for_each(mark),
            Reads::Steps(steps) => {
                return steps.iter().rev().fold(wanted.to_vec(), |wanted, s| s.reached(&wanted, [h, w]));
            }
            Reads::Either(branches) => {
                for branch in branches {
                    let one = branch.reached(wanted, [h, w]);
                    one.iter().enumerate().filter(|(_, on)| **on).for_each(|(p, _)| mark(p));
                }
            }
        }
        read
    }
}

impl Chain {
    /// Which places its layers read, one behind the other.
    pub fn reads(&self) -> Reads {
        Reads::Steps(self.layers.iter().map(|l| l.checked.layer.reads(l.checked.causality)).collect())
    }
    /// For a chain over images of h x w: the pixel of the last row that reads least of what lies before it. `None` where all is read: masked
    /// convolutions, one on top of the other, do not see what lies to the right in the rows above (van den Oord et al. 2016b, figure 1),
    /// and few layers with small kernels do not reach far.
    pub fn unread(&self, image: [usize; 2]) -> Option<Unread> {
        let ([h, w], reads) = (image, self.reads());
        let missed = |column: usize| {
            let place = h.saturating_sub(1) * w + column;
            let mut wanted = vec![false; h * w];
            wanted.get_mut(place).map(|on| *on = true)?;
            let read = reads.reached(&wanted, image);
            let unread = read.iter().take(place).filter(|on| !**on).count();
            Some(Unread { pixel: [h.saturating_sub(1), column], earlier: place, unread })
        };
        let worst = (0..w).filter_map(missed).reduce(|a, b| if b.unread > a.unread { b } else { a });
        worst.filter(|u| u.unread > 0)
    }
}
