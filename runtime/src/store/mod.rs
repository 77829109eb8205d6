//! The run folder: all that a run reads again or leaves behind.
//!
//! ```text
//! runs/vae-3/
//!   spec.gm  ir/*.txt  ir/*.ron      what was run
//!   metrics.jsonl                    one line a measurement, appended
//!   scores.json                      final numbers and their kinds
//!   checkpoints/00000500.ckpt        the last two
//!   weights.safetensors  images/*.png  report.html
//!   lock                             held while a process trains here
//! ```
//!
//! Invariant: whenever the process dies, the folder can be opened again. Every file but `metrics.jsonl` is replaced whole
//! ([`atomic_write`]); a torn last line of `metrics.jsonl` is dropped when it is opened.

pub mod checkpoint;
pub mod table;
pub mod weights;

use crate::metrics::{Record, Score};
use checkpoint::Checkpoint;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Something about a file of a run: an IO error, or contents that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was being done: `read`, `write`.
    pub doing: &'static str,
    /// What is wrong.
    pub what: String,
}

impl StoreError {
    /// What is wrong with which file.
    pub fn new(path: impl Into<PathBuf>, doing: &'static str, what: impl fmt::Display) -> StoreError {
        StoreError { path: path.into(), doing, what: what.to_string() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.doing, self.path.display(), self.what)
    }
}

impl std::error::Error for StoreError {}

/// Writes a file whole or not at all: beside, fsync, rename, fsync of the folder. Missing folders are made. A link stays a link: the file
/// behind it is replaced. What is no regular file, a pipe or a device, is written into, for there is nothing to replace.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let error = |e: std::io::Error| StoreError::new(path, "write", e);
    let behind = behind_links(path).map_err(error)?;
    let path = behind.as_path();
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return File::options().write(true).open(path).and_then(|mut f| f.write_all(bytes)).map_err(error);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else { return Err(StoreError::new(path, "write", "no file name")) };
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

/// Files beside the true ones end like this; after a crash they are swept away.
const TEMPORARY: &str = ".tmp";
/// Checkpoints kept.
const KEPT: usize = 2;

/// A run folder. While it is open for training no other process can train in it.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    lock: Option<File>,
}

impl RunDir {
    /// Makes `root/name-1`, `root/name-2` ..: the first number above those in use, and locks it.
    pub fn create(root: &Path, name: &str) -> Result<RunDir, StoreError> {
        let name: String =
            name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        fs::create_dir_all(root).map_err(|e| StoreError::new(root, "make", e))?;
        let used = fs::read_dir(root).map_err(|e| StoreError::new(root, "list", e))?.filter_map(|entry| {
            let file = entry.ok()?.file_name();
            file.to_str()?.strip_prefix(name.as_str())?.strip_prefix('-')?.parse::<u64>().ok()
        });
        let mut number = used.max().unwrap_or(0);
        loop {
            number = number.saturating_add(1);
            let path = root.join(format!("{name}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => return RunDir::open(&path),
                Err(e) if e.kind() == ErrorKind::AlreadyExists && number < u64::MAX => {}
                Err(e) => return Err(StoreError::new(path, "make", e)),
            }
        }
    }

    /// Opens a run to train in it: fails if another process does. What a killed process left half-written is swept away.
    pub fn open(path: &Path) -> Result<RunDir, StoreError> {
        let mut run = RunDir::view(path)?;
        let at = path.join("lock");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&at)
            .map_err(|e| StoreError::new(&at, "open", e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::new(path, "train in", "another process is training in this folder"));
            }
            // File systems without locks exist; there the guard is the user's.
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(StoreError::new(&at, "lock", e)),
        }
        run.lock = Some(file);
        for folder in [
            path.to_path_buf(),
            path.join("checkpoints"),
            path.join("images"),
            path.join("ir"),
            path.join("use"),
        ] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if name.to_str().is_some_and(|n| n.starts_with('.') && n.ends_with(TEMPORARY)) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        Ok(run)
    }

    /// Opens a run to read it, whether or not a process trains in it.
    pub fn view(path: &Path) -> Result<RunDir, StoreError> {
        match fs::metadata(path) {
            Ok(m) if m.is_dir() => Ok(RunDir { path: path.to_path_buf(), lock: None }),
            Ok(_) => Err(StoreError::new(path, "open", "not a run folder")),
            Err(e) => Err(StoreError::new(path, "open", e)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process may train here.
    pub fn locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Writes a file of the folder, whole or not at all: `spec.gm`, `ir/train.txt`, `images/samples-500.png`. Names that lead
    /// out of the folder are refused.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        atomic_write(&self.file(name, "write")?, bytes)
    }

    /// Reads a file of the folder.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.file(name, "read")?;
        fs::read(&path).map_err(|e| StoreError::new(path, "read", e))
    }

    /// Reads a text file of the folder.
    pub fn read_text(&self, name: &str) -> Result<String, StoreError> {
        let bytes = self.read(name)?;
        String::from_utf8(bytes).map_err(|_| StoreError::new(self.path.join(name), "read", "not UTF-8 text"))
    }

    fn file(&self, name: &str, doing: &'static str) -> Result<PathBuf, StoreError> {
        let inside = Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        let path = self.path.join(name);
        if inside && !name.is_empty() {
            Ok(path)
        } else {
            Err(StoreError::new(path, doing, "leads out of the run folder"))
        }
    }

    /// Names of the PNG files in `images`, sorted.
    pub fn images(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path.join("images"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .filter(|n| n.ends_with(".png") && !n.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// Steps of the checkpoints, the latest first; nothing is said about whether they can be read.
    pub fn checkpoints(&self) -> Vec<u64> {
        let mut steps: Vec<u64> = fs::read_dir(self.path.join("checkpoints"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().to_str()?.strip_suffix(".ckpt")?.parse().ok())
            .collect();
        steps.sort_unstable_by(|a, b| b.cmp(a));
        steps.dedup();
        steps
    }

    fn checkpoint_path(&self, step: u64) -> PathBuf {
        self.path.join("checkpoints").join(format!("{step:08}.ckpt"))
    }

    /// Writes a checkpoint, then removes all but the last two.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        atomic_write(&self.checkpoint_path(checkpoint.meta.step), &checkpoint.encode())?;
        // Checkpoints of later steps belong to a future that this run has left: it was resumed from before them.
        for step in self.checkpoints().into_iter().filter(|s| *s > checkpoint.meta.step) {
            let _ = fs::remove_file(self.checkpoint_path(step));
        }
        for step in self.checkpoints().into_iter().skip(KEPT) {
            let _ = fs::remove_file(self.checkpoint_path(step));
        }
        Ok(())
    }

    /// The latest checkpoint that can be read, and what is wrong with later ones. `None` with an empty list: there is none.
    pub fn latest(&self) -> (Option<Checkpoint>, Vec<StoreError>) {
        let mut broken = Vec::new();
        for step in self.checkpoints() {
            match Checkpoint::read(&self.checkpoint_path(step)) {
                Ok(checkpoint) => return (Some(checkpoint), broken),
                Err(error) => broken.push(error),
            }
        }
        (None, broken)
    }

    /// Opens `metrics.jsonl` for appending, without the lines after `step` (they will be measured again) and without a
    /// torn last line. `None` keeps all whole lines.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn log(&self, step: Option<u64>) -> Result<Log, StoreError> {
        let path = self.path.join("metrics.jsonl");
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(StoreError::new(path, "read", e)),
        };
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
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|e| StoreError::new(&path, "open", e))?;
        Ok(Log { path, file })
    }

    /// All whole lines of `metrics.jsonl`; a missing file has none, and lines that are torn or foreign are passed over.
    pub fn records(&self) -> Result<Vec<Record>, StoreError> {
        let path = self.path.join("metrics.jsonl");
        match fs::read(&path) {
            Ok(bytes) => {
                Ok(bytes.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect())
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(StoreError::new(path, "read", e)),
        }
    }

    /// Replaces the final numbers.
    pub fn write_scores(&self, scores: &[Score]) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(scores)
            .map_err(|e| StoreError::new(self.path.join("scores.json"), "write", e))?;
        self.write("scores.json", &text)
    }

    /// The final numbers; none before the run has ended.
    pub fn scores(&self) -> Result<Vec<Score>, StoreError> {
        let path = self.path.join("scores.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| StoreError::new(path, "read", e)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(StoreError::new(path, "read", e)),
        }
    }
}

/// `metrics.jsonl`, open for appending.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Appends one line in one write, without fsync: a crash of the machine loses lines, a killed process at most the one being
    /// written.
    pub fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(record).map_err(|e| StoreError::new(&self.path, "write", e))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| StoreError::new(&self.path, "write", e))
    }
}
