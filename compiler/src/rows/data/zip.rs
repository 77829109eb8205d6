//! The members of a zip archive (PKWARE's APPNOTE 6.3.10), stored or deflated, as `numpy.savez` and `numpy.savez_compressed` write them.

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::collections::BTreeMap;

/// Larger members, unpacked, are refused rather than filling the memory.
const MOST_BYTES: u64 = 4 << 30;

/// The end of the central directory, one entry of it, and the header of a member.
const END: u32 = 0x0605_4b50;
const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;

/// Bytes of the three without their names and remarks.
const END_SIZE: usize = 22;
const ENTRY_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;

/// Little-endian numbers at a place.
fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<u64> {
    u32_at(bytes, at).map(u64::from)
}

/// A member as the directory tells of it.
struct Entry {
    name: String,
    deflated: bool,
    packed: u64,
    size: u64,
    /// Where its header stands.
    offset: u64,
}

/// The members by name, unpacked.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn members(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut all = BTreeMap::new();
    for e in directory(bytes)? {
        let torn = || format!("its member {} is torn", e.name);
        if e.size > MOST_BYTES {
            return Err(format!("its member {} has more than {} GiB", e.name, MOST_BYTES >> 30));
        }
        let at = usize::try_from(e.offset).map_err(|_| torn())?;
        if u32_at(bytes, at) != Some(LOCAL) {
            return Err(torn());
        }
        let names = u16_at(bytes, at + 26).zip(u16_at(bytes, at + 28)).ok_or_else(torn)?;
        let start = at + LOCAL_SIZE + names.0 + names.1;
        let end = usize::try_from(e.packed).ok().and_then(|n| start.checked_add(n)).ok_or_else(torn)?;
        let packed = bytes.get(start..end).ok_or_else(torn)?;
        let size = usize::try_from(e.size).map_err(|_| torn())?;
        let data = match e.deflated {
            true => decompress_to_vec_with_limit(packed, size).map_err(|_| torn())?,
            false => packed.to_vec(),
        };
        if data.len() != size {
            return Err(torn());
        }
        all.insert(e.name, data);
    }
    Ok(all)
}

/// The entries of the central directory.
fn directory(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let none = || "it is no zip archive, or its end is missing".to_string();
    // A remark of at most 64 KiB may stand behind the end.
    let last = bytes.len().checked_sub(END_SIZE).ok_or_else(none)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find(|at| u32_at(bytes, *at) == Some(END)).ok_or_else(none)?;
    let (count, start) = u16_at(bytes, end + 10).zip(u32_at(bytes, end + 16)).ok_or_else(none)?;
    let mut at = usize::try_from(start).map_err(|_| none())?;
    let mut all = Vec::new();
    for _ in 0..count {
        let (entry, next) = entry(bytes, at).ok_or_else(|| "its directory is torn".to_string())??;
        all.push(entry);
        at = next;
    }
    Ok(all)
}

/// An entry, and where the next one stands.
fn entry(bytes: &[u8], at: usize) -> Option<Result<(Entry, usize), String>> {
    if u32_at(bytes, at)? != ENTRY {
        return None;
    }
    let (flags, method) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
    let (names, extra, remark) = (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
    let behind = at + ENTRY_SIZE;
    let name = String::from_utf8_lossy(bytes.get(behind..behind + names)?).into_owned();
    if flags & 1 == 1 || !matches!(method, 0 | 8) {
        return Some(Err(format!("its member {name} is encrypted, or packed otherwise than by deflate")));
    }
    let mut sizes = [size_at(bytes, at + 24)?, size_at(bytes, at + 20)?, size_at(bytes, at + 42)?];
    wide(bytes.get(behind + names..behind + names + extra)?, &mut sizes);
    let [size, packed, offset] = sizes;
    Some(Ok((Entry { name, deflated: method == 8, packed, size, offset }, behind + names + extra + remark)))
}

/// Sizes of 64 bits stand in a field of their own, in this order, where those of 32 bits are full.
fn wide(extra: &[u8], sizes: &mut [u64; 3]) {
    let mut at = 0;
    while let (Some(kind), Some(length)) = (u16_at(extra, at), u16_at(extra, at + 2)) {
        if kind == 1 {
            let mut field = extra.get(at + 4..).unwrap_or_default().chunks_exact(8);
            for size in sizes.iter_mut().filter(|s| **s == u64::from(u32::MAX)) {
                if let Some(v) = field.next().and_then(|b| b.try_into().ok()) {
                    *size = u64::from_le_bytes(v);
                }
            }
            return;
        }
        at += 4 + length;
    }
}
