//! A checkpoint: one file with all that a run needs to continue bit for bit.
//!
//! ```text
//! "gmc ckpt"  u32 length of the header  u32 its CRC-32  header (JSON)  tensors (f32)     all little endian
//! ```
//!
//! The header holds the CRC-32 and length of all tensors, so that truncation and flipped bits are found
//! before anything is used.

use super::regular;
use crate::failure::Failure;
use crate::session::memory::of_this_machine;
use crate::session::snapshot::{Group, Snapshot, Stored};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 8] = b"gmc ckpt";
/// Most bytes of a header.
const MOST_HEADER: u32 = 256 << 20;
/// Rises when old files can no longer be read as they are.
const VERSION: u32 = 1;

/// Where training stands, and of what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// Rounds done.
    pub step: u64,
    /// Rounds done in the current epoch.
    pub epoch_step: u64,
    /// Seed of the run.
    pub seed: u64,
    /// Hash of the spec's text.
    pub spec_hash: String,
    /// Hash of the IR.
    pub ir_hash: String,
    /// Whatever else the trainer must know, by name.
    pub extra: BTreeMap<String, String>,
}

/// Everything to continue from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Where training stands.
    pub meta: Meta,
    /// Tensors by what they are and by path.
    pub tensors: Snapshot,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    meta: Meta,
    bytes: u64,
    crc: u32,
    tensors: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    group: Group,
    name: String,
    shape: Vec<usize>,
    /// First byte, counted from the end of the header.
    offset: u64,
}

impl Checkpoint {
    /// The tensors of one group, by path.
    pub fn group(&self, group: Group) -> impl Iterator<Item = (&str, &Stored)> {
        self.tensors.iter().filter(move |((g, _), _)| *g == group).map(|((_, name), t)| (name.as_str(), t))
    }

    /// The file's bytes; equal checkpoints give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(4 * self.tensors.values().map(|t| t.values.len()).sum::<usize>());
        let mut tensors = Vec::new();
        for ((group, name), tensor) in &self.tensors {
            let entry = Entry {
                group: *group,
                name: name.clone(),
                shape: tensor.shape.clone(),
                offset: data.len() as u64,
            };
            tensors.push(entry);
            data.extend(tensor.values.iter().flat_map(|v| v.to_le_bytes()));
        }
        let header = Header {
            version: VERSION,
            meta: self.meta.clone(),
            bytes: data.len() as u64,
            crc: crc32fast::hash(&data),
            tensors,
        };
        // A struct of numbers, texts and lists always has a JSON text.
        let header = serde_json::to_vec(&header).unwrap_or_default();
        let mut file = Vec::with_capacity(16 + header.len() + data.len());
        file.extend(MAGIC);
        file.extend((header.len() as u32).to_le_bytes());
        file.extend(crc32fast::hash(&header).to_le_bytes());
        file.extend(header);
        file.extend(data);
        file
    }

    /// Reads where training stands, and nothing of the tensors.
    pub fn read_meta(path: &Path) -> Result<Meta, Failure> {
        let (file, size) = regular::open(path, u64::MAX)?;
        let mut start = Vec::new();
        let most = (16 + u64::from(MOST_HEADER)).min(size);
        file.take(most).read_to_end(&mut start).map_err(|e| Failure::file("read", path, e))?;
        Ok(Header::split(&start, path, size)?.meta)
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Checkpoint, Failure> {
        let (mut file, size) = regular::open(path, u64::MAX)?;
        // Its own beginning says how long it is: nothing else is read into memory.
        let mut start = Vec::new();
        let most = 16 + u64::from(MOST_HEADER);
        let read = |e: std::io::Error| Failure::file("read", path, e);
        (&mut file).take(most.min(size)).read_to_end(&mut start).map_err(read)?;
        let stated = Header::split(&start, path, size)?;
        let there = of_this_machine().unwrap_or(u64::MAX);
        if stated.bytes > there {
            let why =
                format!("it holds {} bytes, more than the memory of this machine, {there}", stated.bytes);
            return Err(Failure::file("read", path, why));
        }
        file.take(size - start.len() as u64).read_to_end(&mut start).map_err(read)?;
        Checkpoint::decode(&start, path)
    }

    /// Reads a file's bytes; `path` is for messages.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Checkpoint, Failure> {
        let corrupt = |what: &str| corrupt(path, what);
        let header = Header::split(bytes, path, bytes.len() as u64)?;
        let data = bytes.get(bytes.len() - header.bytes as usize..).unwrap_or(&[]);
        if crc32fast::hash(data) != header.crc {
            return Err(corrupt("checksum of the tensors"));
        }
        let mut tensors = BTreeMap::new();
        for entry in header.tensors {
            let size = entry.shape.iter().try_fold(4usize, |a, d| a.checked_mul(*d));
            let start = usize::try_from(entry.offset).ok();
            let values = start.zip(size).and_then(|(start, size)| data.get(start..start.checked_add(size)?));
            let Some(values) = values else { return Err(corrupt(&format!("extent of `{}`", entry.name))) };
            let values = values.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            tensors.insert((entry.group, entry.name), Stored { shape: entry.shape, values });
        }
        Ok(Checkpoint { meta: header.meta, tensors })
    }
}

fn corrupt(path: &Path, what: &str) -> Failure {
    Failure::file("read", path, format!("the checkpoint is corrupt ({what})"))
}

impl Header {
    /// The header at the beginning of a file of `size` bytes, which are as many as it states.
    fn split(start: &[u8], path: &Path, size: u64) -> Result<Header, Failure> {
        let error = |what: String| Failure::file("read", path, what);
        let truncated = || error(format!("the checkpoint is truncated ({size} bytes)"));
        let Some((magic, rest)) = start.split_first_chunk::<8>() else { return Err(truncated()) };
        if magic != MAGIC {
            return Err(error("not a checkpoint of gmc".into()));
        }
        let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Err(truncated()) };
        let Some((crc, rest)) = rest.split_first_chunk::<4>() else { return Err(truncated()) };
        let length = u32::from_le_bytes(*length);
        if size < 16 + u64::from(length) {
            return Err(truncated());
        }
        if length > MOST_HEADER {
            return Err(corrupt(path, "length of the header"));
        }
        let Some((header, _)) = rest.split_at_checked(length as usize) else { return Err(truncated()) };
        if crc32fast::hash(header) != u32::from_le_bytes(*crc) {
            return Err(corrupt(path, "checksum of the header"));
        }
        let header: Header = serde_json::from_slice(header).map_err(|e| corrupt(path, &e.to_string()))?;
        if header.version != VERSION {
            return Err(error(format!(
                "format version {}, and this gmc reads version {VERSION}",
                header.version
            )));
        }
        let data = size - 16 - u64::from(length);
        match data.cmp(&header.bytes) {
            Ordering::Less => Err(truncated()),
            Ordering::Greater => Err(corrupt(path, "length of the tensors")),
            Ordering::Equal => Ok(header),
        }
    }
}
