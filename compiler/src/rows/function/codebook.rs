//! What the functions of a codebook share: vectors laid out as rows, and the entry nearest to each (van den Oord et al. 2017, eq. 1-2).

use super::numbers;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{ArgMax, DType, Dim, Lookup, Op, Shape, Value};
use crate::rows::Builder;

/// How the vectors of an event lie, and the size of the table they are compared with.
pub struct Layout {
    /// Entries of the codebook.
    pub entries: usize,
    /// Numbers of an entry.
    pub width: usize,
    /// Vectors in one event.
    pub places: usize,
    /// Rows and columns, where the vectors are the pixels of an image and their numbers its channels.
    image: Option<[usize; 2]>,
}

/// Vectors `[d]`, `[n, d]` or, as the pixels of an image, `[d, h, w]`, against a codebook `[entries, d]`.
pub fn layout(args: &[EventTy]) -> Result<Layout, (usize, String)> {
    numbers(args)?;
    let [z, book] = args else { return Err((0, "needs a codebook beside it".into())) };
    let [entries, width] = *book.shape.as_slice() else {
        return Err((
            1,
            format!("has shape {} and must be a table [entries, numbers of an entry]", book.shape_text()),
        ));
    };
    let (places, own, image) = match *z.shape.as_slice() {
        [d] => (1, d, None),
        [n, d] => (n, d, None),
        [d, h, w] => (h * w, d, Some([h, w])),
        _ => {
            return Err((
                0,
                format!(
                    "has shape {}; a vector [{width}], vectors [n, {width}] or an image [{width}, rows, columns] fit the codebook",
                    z.shape_text()
                ),
            ));
        }
    };
    match own == width {
        true => Ok(Layout { entries, width, places, image }),
        false => Err((0, format!("has vectors of {own} numbers where an entry of the codebook has {width}"))),
    }
}

/// Vectors and the entries nearest to them.
pub struct Nearest {
    /// The vectors, `[places·B, d]`.
    pub rows: Value,
    /// Number of the nearest entry, `I [places·B]`.
    pub ids: Value,
    /// The nearest entries, `[places·B, d]`, with a derivative to the codebook.
    pub entries: Value,
}

impl Layout {
    /// `[B, ..event]` as `[places·B, d]`.
    fn rows(&self, cx: &mut Builder, z: Value) -> Value {
        let z = if self.image.is_some() { cx.permute(z, &[0, 2, 3, 1]) } else { z };
        let mut lead = cx.shape(z).0.first().copied().unwrap_or(Dim::fixed(1));
        lead.n *= self.places;
        cx.reshape(z, Shape(vec![lead, Dim::fixed(self.width)]))
    }
    /// `[places·B, d]` laid out as `like`.
    pub fn back(&self, cx: &mut Builder, rows: Value, like: Value) -> Value {
        let shape = cx.shape(like);
        let Some([h, w]) = self.image else { return cx.reshape(rows, shape) };
        let lead = shape.0.first().copied().unwrap_or(Dim::fixed(1));
        let pixels =
            cx.reshape(rows, Shape(vec![lead, Dim::fixed(h), Dim::fixed(w), Dim::fixed(self.width)]));
        cx.permute(pixels, &[0, 3, 1, 2])
    }
    /// The entries of least squared distance; the first of several.
    pub fn nearest(&self, cx: &mut Builder, z: Value, book: Value) -> Nearest {
        let table = cx.reshape(book, Shape::fixed(&[self.entries, self.width]));
        let rows = self.rows(cx, z);
        // |z - e|² is least where z·e - |e|²/2 is greatest.
        let turned = cx.transpose(table);
        let along = cx.matmul(rows, turned);
        let sq = cx.square(turned);
        let half = cx.sum(sq, &[0]);
        let half = cx.mul_c(half, 0.5);
        let score = cx.sub(along, half);
        let ids = cx.push(Op::ArgMax(ArgMax { axis: 1 }), &[score]);
        let lead = cx.shape(rows).0.first().copied().unwrap_or(Dim::fixed(1));
        let ids = cx.reshape(ids, Shape(vec![lead]));
        let entries = cx.push(Op::Lookup(Lookup), &[table, ids]);
        Nearest { rows, ids, entries }
    }
    /// How often each entry was chosen among all vectors of the batch: the perplexity of the frequencies, and how many entries were used.
    pub fn usage(&self, cx: &mut Builder, ids: Value) -> (Value, Value) {
        let lead = cx.shape(ids).0.first().copied().unwrap_or(Dim::fixed(1));
        let ids = cx.cast(ids, DType::F);
        let column = cx.reshape(ids, Shape(vec![lead, Dim::fixed(1)]));
        let numbers = cx.literal((0..self.entries).map(|k| k as f64).collect(), &[1, self.entries]);
        let hot = cx.compare(crate::ir::Compare::Eq, column, numbers);
        let hot = cx.cast(hot, DType::F);
        let share = cx.reduce(crate::ir::ReduceKind::Mean, hot, &[0]);
        // 0 ln 0 = 0.
        let least = cx.scalar(1e-30);
        let inside = cx.binary(crate::ir::Binary::Max, share, least);
        let log = cx.log(inside);
        let each = cx.mul(share, log);
        let entropy = cx.sum_all(each);
        let entropy = cx.neg(entropy);
        let used = cx.unary(crate::ir::Unary::Step, share);
        (cx.exp(entropy), cx.sum_all(used))
    }
}

/// Which side of a squared distance to the nearest entries its derivative moves.
pub enum Moved {
    /// The codebook.
    Entries,
    /// The vectors.
    Vectors,
}

/// The type of [`distance`].
pub fn distance_ty(args: &[EventTy]) -> Result<EventTy, (usize, String)> {
    layout(args)?;
    Ok(EventTy { kind: Kind::Real(Support::POSITIVE), shape: Vec::new() })
}

/// `Σ |z - e|²` over the vectors of each example and their nearest entries, `[B]`, with a derivative to one side only.
pub fn distance(cx: &mut Builder, args: &[Value], types: &[EventTy], moved: &Moved) -> Value {
    let ([z, book], Ok(layout)) = (args, layout(types)) else { return cx.scalar(0.0) };
    let found = layout.nearest(cx, *z, *book);
    let (rows, entries) = match moved {
        Moved::Entries => (cx.detach(found.rows), found.entries),
        Moved::Vectors => (found.rows, cx.detach(found.entries)),
    };
    let d = cx.sub(rows, entries);
    let d = cx.square(d);
    let d = layout.back(cx, d, *z);
    cx.sum_event(d)
}
