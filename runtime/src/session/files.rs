//! Files as they lie on disks: regular ones, of a bounded size, unpacked where they are gzip.

use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::path::Path;

/// Larger files, unpacked, are refused rather than filling the memory.
const MOST_BYTES: u64 = 4 << 30;

/// The bytes of a file, unpacked where its content is gzip.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe would keep the process waiting, and data are read more than once.
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut bytes = bounded(std::fs::File::open(path)?)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes = bounded(MultiGzDecoder::new(bytes.as_slice()))
            .map_err(|e| std::io::Error::other(format!("corrupt or truncated gzip stream ({e})")))?;
    }
    Ok(bytes)
}

fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::other(format!("more than {} GiB", MOST_BYTES >> 30)));
    }
    Ok(bytes)
}
