//! The event file: the numbers of `metrics.jsonl` and the pictures of `progress` as TensorBoard reads them.
//!
//! A sequence of records as TFRecord frames them, each a message `Event` (tensorflow/core/util/event.proto):
//!
//! ```text
//! u64 length  u32 masked CRC-32C of it  the bytes  u32 masked CRC-32C of them     all little endian
//! ```
//!
//! The file says nothing that its folder does not, so it is made anew whenever a run goes on; from there it is appended to.

use super::RunDir;
use super::about::PROGRESS;
use super::atomic::atomic_write;
use super::regular;
use crate::failure::Failure;
use crate::measure::scores::Record;
use gmc_compiler::protobuf::Message;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file's name: TensorBoard takes every file with `tfevents` in its name for one.
pub const EVENTS: &str = "events.out.tfevents.gmc";

/// The event file, open for appending.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    file: File,
    /// Seconds since 1970 at which training would have begun, had it not been interrupted.
    began: f64,
}

/// Where a measurement stands.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Rounds done.
    pub step: u64,
    /// Seconds trained.
    pub seconds: f64,
}

impl Events {
    /// Appends the numbers of a measurement, in one write.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn scalars(&mut self, record: &Record) -> Result<(), Failure> {
        let bytes = frame(&scalars(record, self.began));
        self.append(&bytes)
    }

    /// Appends a picture of samples, the bytes of a PNG.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn picture(&mut self, png: &[u8], when: When) -> Result<(), Failure> {
        let bytes = frame(&picture(png, when, self.began));
        self.append(&bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|e| Failure::file("write", &self.path, e))
    }
}

impl RunDir {
    /// Opens the event file for appending, written anew from the records and pictures of the folder up to a round.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub(super) fn events(&self, step: Option<u64>) -> Result<Events, Failure> {
        let records = self.records()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        let began = now - records.iter().map(|r| r.seconds).fold(0.0, f64::max);
        let version = Message::new().double(WALL_TIME, began).text(FILE_VERSION, "brain.Event:2");
        let mut bytes = frame(&version);
        let mut pictures = self.pictures_in(PROGRESS).into_iter().filter_map(|name| {
            let at: u64 = name.strip_suffix(".png")?.parse().ok()?;
            step.is_none_or(|s| at <= s).then_some((at, name))
        });
        let mut next = pictures.next();
        for record in &records {
            bytes.extend(frame(&scalars(record, began)));
            while let Some((at, name)) = next.take_if(|(at, _)| *at <= record.step) {
                let png = self.read(&format!("{PROGRESS}/{name}"), regular::PICTURE)?;
                bytes.extend(frame(&picture(&png, When { step: at, seconds: record.seconds }, began)));
                next = pictures.next();
            }
        }
        let path = self.path.join(EVENTS);
        regular::writable(&path)?;
        atomic_write(&path, &bytes)?;
        let file = File::options().append(true).open(&path).map_err(|e| Failure::file("open", &path, e))?;
        Ok(Events { path, file, began })
    }
}

// The fields of `Event`.
const WALL_TIME: u64 = 1;
const STEP: u64 = 2;
const FILE_VERSION: u64 = 3;
const SUMMARY: u64 = 5;

/// An event with a summary, whose values are `Summary.Value`s (tensorflow/core/framework/summary.proto).
fn event(when: When, began: f64, values: impl IntoIterator<Item = Message>) -> Message {
    let summary = Message::new().each(values, |m, v| m.message(1, &v));
    let step = i64::try_from(when.step).unwrap_or(i64::MAX);
    Message::new().double(WALL_TIME, began + when.seconds).int(STEP, step).message(SUMMARY, &summary)
}

/// The numbers of a measurement, each under its name and part: `negative ELBO [nats]/test`, so that a chart has all parts of a quantity.
fn scalars(record: &Record, began: f64) -> Message {
    let value = |(name, v): (&String, &crate::measure::scores::Number)| {
        // A tag's first `/` parts groups.
        let tag = format!("{}/{}", name.replace('/', " per "), record.part);
        Message::new().text(1, &tag).float(2, v.0 as f32)
    };
    let when = When { step: record.step, seconds: record.seconds };
    event(when, began, record.values.iter().map(value))
}

/// A picture as `Summary.Image`: height, width, number of channels, the PNG itself.
fn picture(png: &[u8], when: When, began: f64) -> Message {
    // Behind the signature stands the header: length, name, width, height, bit depth, colour type.
    let number = |at: usize| {
        let bytes = png.get(at..at + 4).and_then(|b| b.try_into().ok());
        i64::from(bytes.map_or(0, u32::from_be_bytes))
    };
    let image = Message::new().int(1, number(20)).int(2, number(16)).int(3, 3).blob(4, png);
    event(when, began, [Message::new().text(1, "samples").message(4, &image)])
}

/// A record of the file.
fn frame(event: &Message) -> Vec<u8> {
    let bytes = event.clone().into_bytes();
    let length = (bytes.len() as u64).to_le_bytes();
    let sums = [masked(&length), masked(&bytes)].map(u32::to_le_bytes);
    [&length[..], &sums[0], &bytes, &sums[1]].concat()
}

/// CRC-32C, turned and moved, so that a sum of bytes that hold sums is not 0.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), reflected, with the polynomial 0x1EDC6F41 (RFC 3720, B.4).
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for b in bytes {
        crc ^= u32::from(*b);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    /// The examples of RFC 3720, B.4.
    #[test]
    fn sums_of_the_standard() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
