//! What the functions of a codebook share: vectors laid out as rows, and the entry nearest to each (van den Oord et al. 2017, eq. 1-2).

use super::numbers;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{DType, Dim, Ex, Shape, exactly};

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

/// What the checker has found to be right.
pub fn sure(found: Result<Layout, (usize, String)>) -> Layout {
    match found {
        Ok(layout) => layout,
        Err((i, why)) => panic!("internal: argument {i} {why}"),
    }
}

/// Vectors and the entries nearest to them.
pub struct Nearest<'g> {
    /// The vectors, `[places·B, d]`.
    pub rows: Ex<'g>,
    /// Number of the nearest entry, `I [places·B]`.
    pub ids: Ex<'g>,
    /// The nearest entries, `[places·B, d]`, with a derivative to the codebook.
    pub entries: Ex<'g>,
}

impl Layout {
    /// `[B, ..event]` as `[places·B, d]`.
    fn rows<'g>(&self, z: Ex<'g>) -> Ex<'g> {
        let z = if self.image.is_some() { z.permute(&[0, 2, 3, 1]) } else { z };
        let lead = z.lead();
        z.reshape(Shape(vec![Dim { n: lead.n * self.places, ..lead }, Dim::fixed(self.width)]))
    }
    /// `[places·B, d]` laid out as `like`.
    pub fn back<'g>(&self, rows: Ex<'g>, like: Ex<'g>) -> Ex<'g> {
        let Some([h, w]) = self.image else { return rows.reshape(like.shape()) };
        let pixels = Shape(vec![like.lead(), Dim::fixed(h), Dim::fixed(w), Dim::fixed(self.width)]);
        rows.reshape(pixels).permute(&[0, 3, 1, 2])
    }
    /// The entries of least squared distance; the first of several.
    pub fn nearest<'g>(&self, z: Ex<'g>, book: Ex<'g>) -> Nearest<'g> {
        let table = book.reshape(Shape::fixed(&[self.entries, self.width]));
        let rows = self.rows(z);
        // |z - e|² is least where this is greatest.
        let turned = table.transpose();
        let score = rows.matmul(turned) - turned.sq().sum(&[0]) * 0.5;
        let ids = score.argmax(1).reshape(Shape(vec![rows.lead()]));
        Nearest { rows, ids, entries: table.lookup(ids) }
    }
    /// How often each entry was chosen among all vectors of the batch: the perplexity of the frequencies, and how many entries were used.
    pub fn usage<'g>(&self, ids: Ex<'g>) -> (Ex<'g>, Ex<'g>) {
        let column = ids.cast(DType::F).reshape(Shape(vec![ids.lead(), Dim::fixed(1)]));
        let numbers = ids.scope().literal((0..self.entries).map(|k| k as f64).collect(), &[1, self.entries]);
        let share = column.eq(numbers).cast(DType::F).mean(&[0]);
        // 0 ln 0 = 0.
        let entropy = -(share * share.max(1e-30).ln()).sum_all();
        let used = share.step();
        (entropy.exp(), used.sum_all())
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
    Ok(EventTy { kind: Kind::Real(Support::NONNEGATIVE), shape: Vec::new() })
}

/// `Σ |z - e|²` over the vectors of each example and their nearest entries, `[B]`, with a derivative to one side only.
pub fn distance<'g>(args: &[Ex<'g>], types: &[EventTy], moved: &Moved) -> Ex<'g> {
    let (&[z, book], layout) = (exactly(args), sure(layout(types)));
    let found = layout.nearest(z, book);
    let (rows, entries) = match moved {
        Moved::Entries => (found.rows.detach(), found.entries),
        Moved::Vectors => (found.rows, found.entries.detach()),
    };
    layout.back((rows - entries).sq(), z).sum_event()
}
