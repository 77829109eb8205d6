//! Files that are written whole or not at all.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files beside the true ones end like this; after a crash they are swept away.
pub(super) const TEMPORARY: &str = ".tmp";

/// Writes a file whole or not at all: beside, fsync, rename, fsync of the folder. Missing folders are made. A
/// link stays a link: the file behind it is replaced. What is no regular file, a pipe or a device, is written
/// into, for there is nothing to replace.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let error = |e: std::io::Error| Failure::file("write", path, e);
    let behind = behind_links(path).map_err(error)?;
    let path = behind.as_path();
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return File::options().write(true).open(path).and_then(|mut f| f.write_all(bytes)).map_err(error);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else { return Err(Failure::file("write", path, "no file name")) };
    fs::create_dir_all(folder).map_err(error)?;
    let beside = folder.join(format!(".{}.{}{TEMPORARY}", name.to_string_lossy(), std::process::id()));
    let written = File::create(&beside).and_then(|mut f| {
        f.write_all(bytes)?;
        f.sync_all()
    });
    if let Err(e) = written.and_then(|()| fs::rename(&beside, path)) {
        // Best effort: the error that matters is the one above.
        let _ = fs::remove_file(&beside);
        return Err(error(e));
    }
    // Makes the rename itself durable; folders cannot be opened everywhere.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Most links that lead from one to the next, as on Linux.
const LINKS: usize = 40;

/// The path at the end of the links that begin at `path`; it need not exist.
fn behind_links(path: &Path) -> std::io::Result<PathBuf> {
    let mut at = path.to_path_buf();
    for _ in 0..=LINKS {
        match fs::symlink_metadata(&at) {
            Ok(m) if m.is_symlink() => {
                let to = fs::read_link(&at)?;
                at = at.parent().unwrap_or(Path::new("")).join(to);
            }
            // What is wrong with the path itself is said by whoever writes there.
            Ok(_) | Err(_) => return Ok(at),
        }
    }
    Err(std::io::Error::other("too many links that lead to links"))
}
