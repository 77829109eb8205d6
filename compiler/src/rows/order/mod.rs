//! Orders in which a site draws the elements of its event, one after the other: `x[i in raster] ~ ..`.

mod forward;
mod permuted;
mod raster;
mod reverse;

pub use forward::UNTIL;

use super::Row;
use super::args::Args;

/// Every order.
pub const ROWS: &[&dyn OrderRow] =
    &[&raster::Raster, &forward::Forward, &reverse::Reverse, &permuted::Permuted];

/// An order of the elements of an event.
pub trait OrderRow: Row {
    /// The order of an event whose independent draws have these axes.
    ///
    /// # Errors
    /// Which events the order goes with, and what to write instead.
    fn order(&self, args: &Args, axes: &[usize]) -> Result<Order, (String, String)>;
}

/// The places of an event in the order in which they are drawn. A place is one index along each of some axes of the event; what lies along
/// the others is drawn together.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The axes, ascending.
    pub axes: Vec<Along>,
    /// Place i is element `permutation[i]` of the first axis; the axis as it is where there is none. What reads `x[< i]` sees the
    /// elements in the order.
    pub permutation: Option<Vec<usize>>,
    /// How many of the places follow each other at one pixel: the channels of an image, else 1.
    pub channels: usize,
}

/// An axis of an event along which places lie: the index of place i is `(i / every) % size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Along {
    /// The axis of the event.
    pub axis: usize,
    /// How many places it has.
    pub size: usize,
    /// How many places stay at one index.
    pub every: usize,
}

impl Order {
    /// An order along the first axis, of n elements.
    pub fn along_first(n: usize, permutation: Option<Vec<usize>>) -> Order {
        Order { axes: vec![Along { axis: 0, size: n, every: 1 }], permutation, channels: 1 }
    }
    /// How many places there are.
    pub fn places(&self) -> usize {
        self.axes.iter().map(|a| a.size).product()
    }
    /// At which place an element, counted row by row, of an event of axes `dims` is drawn.
    pub fn place(&self, dims: &[usize], element: usize) -> usize {
        self.axes.iter().map(|a| self.moved(a.axis, index(dims, a.axis, element)) * a.every).sum()
    }
    /// The same of an event whose first axis is in the order already.
    pub fn place_in_order(&self, dims: &[usize], element: usize) -> usize {
        self.axes.iter().map(|a| index(dims, a.axis, element) * a.every).sum()
    }
    /// Where in the order an index along an axis stands.
    fn moved(&self, axis: usize, i: usize) -> usize {
        match &self.permutation {
            Some(p) if axis == 0 => p.iter().position(|e| *e == i).unwrap_or(0),
            Some(_) | None => i,
        }
    }
    /// How many places come before the first one of which an element is not `known`, of an event of axes `dims`.
    pub fn known_first(&self, dims: &[usize], known: &[bool]) -> usize {
        let open = known.iter().enumerate().filter(|(_, k)| !**k).map(|(e, _)| self.place(dims, e));
        open.min().unwrap_or_else(|| self.places())
    }
    /// The same order with all channels of a pixel at one place, to be drawn together.
    pub fn by_pixel(&self) -> Order {
        let c = self.channels;
        let axes = self.axes.iter().filter(|a| c == 1 || a.every % c == 0 && a.every >= c);
        let axes = axes.map(|a| Along { every: a.every / c, ..*a }).collect();
        Order { axes, permutation: self.permutation.clone(), channels: 1 }
    }
    /// The axes along which features of a net have places: those of [`Order::axes`] without the channels.
    pub fn pixels(&self) -> impl Iterator<Item = &Along> {
        let channels = self.channels;
        self.axes.iter().filter(move |a| channels == 1 || a.every >= channels)
    }
}

/// The index along an axis of an element, counted row by row.
fn index(dims: &[usize], axis: usize, element: usize) -> usize {
    let behind: usize = dims.iter().skip(axis + 1).product();
    let n = dims.get(axis).copied().unwrap_or(1).max(1);
    (element / behind.max(1)) % n
}

/// The order along the first axis of a vector, or of a sequence of vectors.
fn along(
    name: &str,
    axes: &[usize],
    permutation: impl Fn(usize) -> Option<Vec<usize>>,
) -> Result<Order, (String, String)> {
    match axes {
        [] => Err((
            format!("`{name}` goes along an axis, and one number has none"),
            "draw it with `~`, without an order".into(),
        )),
        [_, _, _] => Err((
            format!("`{name}` goes along the elements of a vector or sequence, and this is an image"),
            "write `in raster`, or declare the variable as a vector".into(),
        )),
        [n, ..] => Ok(Order::along_first(*n, permutation(*n))),
    }
}
