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

/// What one pixel reads of those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its row and column.
    pub pixel: [usize; 2],
    /// Rows and columns of the image.
    pub image: [usize; 2],
    /// Of each earlier pixel, in raster order, whether it is read.
    pub read: Vec<bool>,
}

impl Field {
    /// How many earlier pixels are not read.
    pub fn unread(&self) -> usize {
        self.read.iter().filter(|on| !**on).count()
    }
    /// Rows above it and columns to its right of an earlier pixel.
    fn away(&self, place: usize) -> [isize; 2] {
        let [[row, column], width] = [self.pixel, [self.image[1].max(1); 2]];
        [(row - place / width[0]) as isize, (place % width[0]) as isize - column as isize]
    }
    /// How many of them lie no farther away than one on the same side that is read: more layers of the same kind reach beyond them.
    pub fn passed_over(&self) -> usize {
        let places = |on: bool| {
            let those = self.read.iter().enumerate().filter(move |(_, read)| **read == on);
            those.map(|(place, _)| self.away(place))
        };
        let beyond = |[up, right]: [isize; 2]| {
            let far = |[u, r]: [isize; 2]| u >= up && (r >= right && right >= 0 || r <= right && right <= 0);
            places(true).any(far)
        };
        places(false).filter(|away| beyond(*away)).count()
    }
    /// The pixel as `?`, those around it that it reads as `+`, those that it does not read as `.`, at most so many rows up and columns to
    /// both sides.
    pub fn picture(&self, [up, aside]: [usize; 2]) -> String {
        let ([row, column], width) = (self.pixel, self.image[1]);
        let rows = row.saturating_sub(up)..=row;
        let line = |r: usize| -> String {
            let shown = column.saturating_sub(aside)..width.min(column + aside + 1);
            let of = |c: usize| match self.read.get(r * width + c) {
                Some(true) => '+',
                Some(false) => '.',
                None if [r, c] == self.pixel => '?',
                None => ' ',
            };
            shown.map(of).collect::<String>().trim_end().to_string()
        };
        rows.map(line).collect::<Vec<_>>().join("\n")
    }
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
    /// What one pixel of an image of h x w reads.
    pub fn field(&self, pixel: [usize; 2], image @ [h, w]: [usize; 2]) -> Field {
        let place = pixel[0] * w + pixel[1];
        let wanted: Vec<bool> = (0..h * w).map(|p| p == place).collect();
        let mut read = self.reached(&wanted, image);
        read.truncate(place);
        Field { pixel, image, read }
    }
    /// What the pixel of the last row reads that reads least: masked convolutions, one on top of the other, do not see what lies to the
    /// right in the rows above (van den Oord et al. 2016b, figure 1), and few layers with small kernels do not reach far.
    pub fn worst(&self, image @ [h, w]: [usize; 2]) -> Field {
        let last = h.saturating_sub(1);
        let fields = (1..w).map(|column| self.field([last, column], image));
        fields.fold(self.field([last, 0], image), |a, b| if b.unread() > a.unread() { b } else { a })
    }
}

impl Chain {
    /// Which places its layers read, one behind the other.
    pub fn reads(&self) -> Reads {
        Reads::Steps(self.layers.iter().map(|l| l.checked.layer.reads(l.checked.causality)).collect())
    }
    /// For a chain over images of h x w: the pixel of the last row that reads least of what lies before it. `None` where all is read.
    pub fn unread(&self, image: [usize; 2]) -> Option<Unread> {
        let worst = self.reads().worst(image);
        let unread = Unread { pixel: worst.pixel, earlier: worst.read.len(), unread: worst.unread() };
        Some(unread).filter(|u| u.unread > 0)
    }
}
