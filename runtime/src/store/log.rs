//! `metrics.jsonl`: one line a measurement; the same in the event file beside it.

use super::RunDir;
use super::atomic::atomic_write;
use super::events::{Events, When};
use super::regular;
use crate::failure::Failure;
use crate::measure::scores::Record;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// `metrics.jsonl`, open for appending.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    events: Events,
}

impl Log {
    /// Appends one line in one write, without fsync: a crash of the machine loses lines, a killed process at
    /// most the one being written.
    pub fn append(&mut self, record: &Record) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(record).map_err(|e| Failure::file("write", &self.path, e))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| Failure::file("write", &self.path, e))?;
        self.events.scalars(record)
    }

    /// Appends a picture of samples, the bytes of a PNG, to the event file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn picture(&mut self, png: &[u8], when: When) -> Result<(), Failure> {
        self.events.picture(png, when)
    }
}

impl RunDir {
    /// Opens `metrics.jsonl` for appending, without the lines after `step` (they will be measured again) and
    /// without a torn last line. `None` keeps all whole lines.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn log(&self, step: Option<u64>) -> Result<Log, Failure> {
        let path = self.path.join("metrics.jsonl");
        let text = regular::read_if_there(&path, regular::LOG)?.unwrap_or_default();
        let kept: Vec<u8> = text
            .split_inclusive(|b| *b == b'\n')
            .filter(|line| {
                line.ends_with(b"\n")
                    && serde_json::from_slice::<Record>(line)
                        .is_ok_and(|record| step.is_none_or(|s| record.step <= s))
            })
            .flatten()
            .copied()
            .collect();
        if kept != text {
            atomic_write(&path, &kept)?;
        }
        let events = self.events(step)?;
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|e| Failure::file("open", &path, e))?;
        Ok(Log { path, file, events })
    }

    /// All whole lines of `metrics.jsonl`; a missing file has none, and lines that are torn or foreign are
    /// passed over.
    pub fn records(&self) -> Result<Vec<Record>, Failure> {
        let path = self.path.join("metrics.jsonl");
        let bytes = regular::read_if_there(&path, regular::LOG)?.unwrap_or_default();
        Ok(bytes.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect())
    }
}
