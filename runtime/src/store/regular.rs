//! Files of a run folder are regular files of a stated size. Whatever else lies in their place, a pipe above all, which would keep a process
//! waiting for ever, is neither opened nor replaced.

use crate::failure::Failure;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Most bytes of a text: `spec.gm`, `set.txt`, `scores.json`, `data.ron`, a file in `use`.
pub const TEXT: u64 = 16 << 20;
/// Most bytes of a file of weights.
pub const WEIGHTS: u64 = 4 << 30;
/// Most bytes of a picture.
pub const PICTURE: u64 = 256 << 20;
/// Most bytes of `metrics.jsonl`.
pub const LOG: u64 = 1 << 30;

/// What lies there where no regular file does: `a named pipe`.
fn kind(m: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let t = m.file_type();
        let kinds = [
            (t.is_fifo(), "a named pipe"),
            (t.is_socket(), "a socket"),
            (t.is_char_device() || t.is_block_device(), "a device"),
        ];
        if let Some((_, kind)) = kinds.iter().find(|(is, _)| *is) {
            return kind;
        }
    }
    if m.is_dir() { "a folder" } else { "something else" }
}

fn not_regular(doing: &'static str, path: &Path, m: &Metadata) -> Failure {
    Failure::file(doing, path, format!("it is {}, not a regular file", kind(m)))
        .help("put the file of the run back, or remove what lies in its place")
}

/// Opens a regular file of at most `most` bytes, links followed; its size.
///
/// # Errors
/// What lies there is no regular file, is larger, or cannot be read.
pub fn open(path: &Path, most: u64) -> Result<(File, u64), Failure> {
    let error = |e| Failure::file("read", path, e);
    // Looked at before it is opened: opening a pipe waits for whoever writes into it.
    let before = fs::metadata(path).map_err(error)?;
    if !before.is_file() {
        return Err(not_regular("read", path, &before));
    }
    let file = File::open(path).map_err(error)?;
    let m = file.metadata().map_err(error)?;
    if !m.is_file() {
        return Err(not_regular("read", path, &m));
    }
    if m.len() > most {
        let why = format!("it holds {} bytes, and gmc reads at most {most} of such a file", m.len());
        return Err(Failure::file("read", path, why));
    }
    Ok((file, m.len()))
}

/// All bytes of a regular file of at most `most` bytes, links followed.
///
/// # Errors
/// As [`open`]; less memory than it needs.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let (file, size) = open(path, most)?;
    let error = |e: &dyn std::fmt::Display| Failure::file("read", path, e);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX)).map_err(|e| error(&e))?;
    // A file that grows meanwhile is read as far as it went.
    file.take(size).read_to_end(&mut bytes).map_err(|e| error(&e))?;
    Ok(bytes)
}

/// As [`read`]; none where nothing lies there.
///
/// # Errors
/// As [`read`].
pub fn read_if_there(path: &Path, most: u64) -> Result<Option<Vec<u8>>, Failure> {
    match fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => read(path, most).map(Some),
    }
}

/// Refuses to write where something lies that is no regular file.
///
/// # Errors
/// What lies there.
pub fn writable(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(m) if m.is_file() => Ok(()),
        Ok(m) => Err(not_regular("write", path, &m)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Failure::file("write", path, e)),
    }
}
