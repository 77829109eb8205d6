//! Events that stay in their file and are read one by one: arrays that are larger than memory should be.

use super::array::{Element, Grey, Head};
use super::{DataIssue, verify};
use crate::event::EventTy;
use std::fmt::Debug;
use std::sync::Arc;

/// A file of which parts are read.
pub trait Bytes: Debug + Send + Sync {
    /// Its length.
    fn length(&self) -> u64;
    /// Fills `into` with what stands from byte `from` on.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, from: u64, into: &mut [u8]) -> Result<(), String>;
}

/// Arrays whose events take more memory than this, as numbers of 32 bits, stay in their file unasked.
pub(super) const MOST_IN_MEMORY: u64 = 1 << 30;
/// Events of a part that are looked at where all are too many.
const SAMPLE: usize = 1000;
/// Numbers of those, at most.
const SAMPLE_NUMBERS: usize = 4 << 20;

/// The events of an array in a file.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The name of the file, for messages.
    file: String,
    bytes: Arc<dyn Bytes>,
    /// Where the first event begins.
    start: u64,
    element: Element,
    /// What an event is.
    ty: EventTy,
    /// Rows, columns and channels of an image whose channels stand last in the file.
    last: Option<[usize; 3]>,
    grey: Option<Grey>,
}

impl PartialEq for Stored {
    fn eq(&self, other: &Stored) -> bool {
        (&self.file, self.start, &self.ty) == (&other.file, other.start, &other.ty)
    }
}

impl Stored {
    /// The events of the array that begins so, as this type.
    pub(super) fn of(head: &Head, file: &str, bytes: Arc<dyn Bytes>, ty: &EventTy) -> Stored {
        let grey = Grey::of(ty).filter(|_| head.bytes);
        let (start, element, last) = (head.start, head.element, head.last);
        Stored { file: file.into(), bytes, start, element, ty: ty.clone(), last, grey }
    }

    /// Puts an event of the file, by its number, behind `into`.
    ///
    /// # Errors
    /// What the system says; a number that the declared type excludes.
    pub fn read(&self, event: usize, into: &mut Vec<f32>) -> Result<(), DataIssue> {
        let size = self.ty.size();
        let each = size * self.element.size;
        let mut bytes = vec![0; each];
        self.bytes.read_at(self.start + event as u64 * each as u64, &mut bytes).map_err(|why| {
            DataIssue::new(
                format!("cannot read event {event} of `{}`", self.file),
                "the file must stay where it is, and as it is, while it is used",
            )
            .note(why)
        })?;
        let from = into.len();
        let numbers = bytes.chunks_exact(self.element.size).map(|b| self.element.read(b) as f32);
        match self.last {
            None => into.extend(numbers),
            Some([h, w, c]) => {
                let all: Vec<f32> = numbers.collect();
                let order = (0..c).flat_map(|k| (0..h * w).map(move |p| p * c + k));
                into.extend(order.filter_map(|i| all.get(i).copied()));
            }
        }
        let Some(read) = into.get_mut(from..) else { return Ok(()) };
        if let Some(grey) = self.grey {
            grey.apply(read);
        }
        verify(&self.file, &self.ty, read)
            .map_err(|issue| issue.note(format!("it is event {event} of the file")))
    }

    /// What is said of where its `n` events are.
    pub(super) fn said(&self, n: usize) -> String {
        let gigabytes = n as f64 * self.ty.size() as f64 * 4e-9;
        let grey = if self.grey.is_some() { "; its bytes are read as grey levels" } else { "" };
        format!(
            "the {n} events of `{}` stay in the file, {gigabytes:.1} GB as numbers: minibatches are read as they are wanted, and what is said of \
             ranges and of rows that are odd is said of some of them{grey}",
            self.file
        )
    }

    /// Some of these `n` events at even distances, whole: what is looked at in place of all; `event` is the number in the file.
    ///
    /// # Errors
    /// As [`Stored::read`].
    pub fn some(&self, n: usize, event: impl Fn(usize) -> usize) -> Result<Vec<f32>, DataIssue> {
        let most = (SAMPLE_NUMBERS / self.ty.size().max(1)).clamp(1, SAMPLE).min(n);
        let mut values = Vec::with_capacity(most * self.ty.size());
        for i in 0..most {
            self.read(event((i as u64 * n as u64 / most as u64) as usize), &mut values)?;
        }
        Ok(values)
    }

    /// Its length and its first bytes, and what stands at even distances behind them, so many bytes each: what tells files apart that are too
    /// large to be read as a whole.
    pub fn marks(&self, mut take: impl FnMut(&[u8])) {
        const BLOCKS: u64 = 1024;
        const BLOCK: u64 = 4096;
        let length = self.bytes.length();
        take(&length.to_le_bytes());
        let mut block = vec![0; BLOCK.min(length) as usize];
        for i in 0..BLOCKS {
            let from = (length - block.len() as u64) / BLOCKS.max(1) * i;
            if self.bytes.read_at(from, &mut block).is_ok() {
                take(&block);
            }
        }
    }
}
