//! What guides `q[x]` hold for each datum: tables in main memory, beside the data, whose rows travel with the
//! minibatch.

use crate::exec::{Device, Tensor};

/// One row for each datum of a data item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The data item: index.
    pub item: usize,
    /// Axes of a row.
    pub event: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

impl Table {
    /// `n` rows of zeros.
    pub fn zeros(item: usize, n: usize, event: &[usize]) -> Table {
        Table { item, event: event.to_vec(), values: vec![0.0; n * event.iter().product::<usize>()] }
    }

    fn size(&self) -> usize {
        self.event.iter().product()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.size().max(1)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Rows as a tensor `[rows, ..event]`; `None` where one lies past the end.
    pub fn rows(&self, device: &Device, rows: &[usize]) -> Option<Tensor> {
        let size = self.size();
        let mut values = Vec::with_capacity(rows.len() * size);
        for r in rows {
            values.extend_from_slice(self.values.get(r * size..(r + 1) * size)?);
        }
        let mut shape = vec![rows.len()];
        shape.extend(&self.event);
        Some(Tensor::from_f32(device, values, &shape))
    }

    /// Puts rows back. Where one is named twice the last one stays: a datum makes one move in a minibatch.
    pub fn put(&mut self, rows: &[usize], values: &[f32]) {
        let size = self.size();
        for (r, new) in rows.iter().zip(values.chunks(size.max(1))) {
            if let Some(old) = self.values.get_mut(r * size..(r + 1) * size)
                && old.len() == new.len()
            {
                old.copy_from_slice(new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_back_where_they_were_and_nowhere_else() {
        let mut t = Table::zeros(0, 4, &[2]);
        t.put(&[2, 0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(t.values, [3.0, 4.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]);
        t.put(&[1, 1], &[5.0, 5.0, 6.0, 7.0]);
        assert_eq!(t.values[2..4], [6.0, 7.0]);
        t.put(&[4], &[9.0, 9.0]);
        assert_eq!((t.len(), t.values.len()), (4, 8));
        let mut counts = Table::zeros(0, 3, &[]);
        counts.put(&[1], &[1.0]);
        assert_eq!(counts.values, [0.0, 1.0, 0.0]);
    }
}
