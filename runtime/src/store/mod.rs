//! The run folder: all that a run reads again or leaves behind.
//!
//! ```text
//! runs/vae-3/
//!   spec.gm  ir/*.txt  ir/*.ron      what was run
//!   metrics.jsonl                    one line a measurement, appended
//!   events.out.tfevents.gmc          the same for TensorBoard
//!   scores.json                      final numbers and their kinds
//!   checkpoints/00000500.ckpt        the last two; best.ckpt where a spec may stop
//!   weights.safetensors  images/*.png  samples.txt  report.html
//!   about.json  findings.json       what the report says of the run beside its numbers
//!   progress/00000500.png           samples while it trained
//!   folder.txt                      the folder that paths of the spec are relative to
//!   data.ron                        what the data were: types, sizes of parts, names of classes
//!   lock                             held while a process trains here
//! ```
//!
//! Invariant: whenever the process dies, the folder can be opened again. Every file but `metrics.jsonl` and the event file beside it is
//! replaced whole ([`atomic_write`]); a torn last line of `metrics.jsonl` is dropped when it is opened. Only
//! regular files within stated sizes are opened ([`regular`]).

pub mod about;
pub mod atomic;
pub mod checkpoint;
pub mod events;
pub mod identity;
pub mod log;
pub mod regular;
pub mod remembered;
pub mod weights;

pub use atomic::atomic_write;

use crate::failure::Failure;
use crate::measure::scores::Score;
use atomic::TEMPORARY;
use checkpoint::{Checkpoint, Meta};
use gmc_compiler::diag::suggest::did_you_mean;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Says which folder the paths of the spec are relative to.
const FOLDER: &str = "folder.txt";
/// The checkpoint of the best weights, where a spec may stop.
const BEST: &str = "best.ckpt";
/// Checkpoints kept.
const KEPT: usize = 2;

/// A name as a folder may have it: letters, digits, `-`, `_`, `.` and `=`; what is none of these becomes `_`.
pub fn folder_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_.=".contains(c) { c } else { '_' }).collect()
}

/// A run folder. While it is open for training no other process can train in it.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    lock: Option<File>,
}

impl RunDir {
    /// Makes `root/name-1`, `root/name-2` ..: the first number above those in use, and locks it.
    pub fn create(root: &Path, name: &str) -> Result<RunDir, Failure> {
        let name = folder_name(name);
        fs::create_dir_all(root).map_err(|e| Failure::file("make", root, e))?;
        let used = fs::read_dir(root).map_err(|e| Failure::file("list", root, e))?.filter_map(|entry| {
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
                Err(e) => return Err(Failure::file("make", path, e)),
            }
        }
    }

    /// Opens a run to train in it: fails if another process does. What a killed process left half-written is
    /// swept away.
    pub fn open(path: &Path) -> Result<RunDir, Failure> {
        let mut run = RunDir::view(path)?;
        let at = path.join("lock");
        regular::writable(&at)?;
        let file =
            File::options().create(true).append(true).open(&at).map_err(|e| Failure::file("open", &at, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::file("train in", path, "another process is training in this folder"));
            }
            // File systems without locks exist; there the guard is the user's.
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(Failure::file("lock", &at, e)),
        }
        run.lock = Some(file);
        run.sweep();
        Ok(run)
    }

    /// Removes what a killed process left half-written.
    fn sweep(&self) {
        let inside = ["checkpoints", "images", "progress", "ir", "use"].map(|name| self.path.join(name));
        for folder in inside.iter().chain([&self.path]) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if name.to_str().is_some_and(|n| n.starts_with('.') && n.ends_with(TEMPORARY)) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    /// Opens a run to read it, whether or not a process trains in it.
    pub fn view(path: &Path) -> Result<RunDir, Failure> {
        match fs::metadata(path) {
            Ok(m) if m.is_dir() => Ok(RunDir { path: path.to_path_buf(), lock: None }),
            Ok(_) => Err(Failure::file("open", path, "not a run folder")),
            Err(e) => {
                let failure = Failure::file("open", path, e);
                Err(match near(path) {
                    Some(run) => failure.help(format!("did you mean {}?", run.display())),
                    None => failure,
                })
            }
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

    /// Writes a file of the folder, whole or not at all: `spec.gm`, `ir/train.txt`, `images/samples-500.png`.
    /// Names that lead out of the folder are refused.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.file(name, "write")?;
        regular::writable(&path)?;
        atomic_write(&path, bytes)
    }

    /// Removes a file of the folder, if it is there.
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.file(name, "remove")?;
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Failure::file("remove", path, e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads a file of the folder of at most `most` bytes.
    pub fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, Failure> {
        regular::read(&self.file(name, "read")?, most)
    }

    /// Reads a text file of the folder.
    pub fn read_text(&self, name: &str) -> Result<String, Failure> {
        let bytes = self.read(name, regular::TEXT)?;
        String::from_utf8(bytes).map_err(|_| Failure::file("read", self.path.join(name), "not UTF-8 text"))
    }

    /// As [`RunDir::read_text`]; none where there is no such file.
    pub fn text_if_there(&self, name: &str) -> Result<Option<String>, Failure> {
        match fs::symlink_metadata(self.file(name, "read")?) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Ok(_) | Err(_) => self.read_text(name).map(Some),
        }
    }

    fn file(&self, name: &str, doing: &'static str) -> Result<PathBuf, Failure> {
        let inside = Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        let path = self.path.join(name);
        if inside && !name.is_empty() {
            Ok(path)
        } else {
            Err(Failure::file(doing, path, "leads out of the run folder"))
        }
    }

    /// Writes which folder the paths of the spec are relative to.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn remember_base(&self, folder: &Path) -> Result<(), Failure> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let whole = std::path::absolute(folder).map_err(|e| Failure::file("find", folder, e))?;
        self.write(FOLDER, format!("{}\n", whole.display()).as_bytes())
    }

    /// The folder that the paths of the spec are relative to; unknown of a run of an older gmc, whose paths were relative to the
    /// working folder.
    pub fn base(&self) -> Option<PathBuf> {
        let text = self.text_if_there(FOLDER).ok().flatten()?;
        Some(PathBuf::from(text.trim_end_matches('\n')))
    }

    /// Names of the PNG files in `images`, sorted.
    pub fn images(&self) -> Vec<String> {
        self.pictures_in("images")
    }

    /// Names of the PNG files in one of its folders, sorted.
    pub fn pictures_in(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path.join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|e| e.path().is_file())
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

    /// Writes the checkpoint of the best weights, beside those of the last rounds.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save_best(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let path = self.path.join("checkpoints").join(BEST);
        regular::writable(&path)?;
        atomic_write(&path, &checkpoint.encode())
    }

    /// The checkpoint of the best weights.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn best(&self) -> Result<Checkpoint, Failure> {
        Checkpoint::read(&self.path.join("checkpoints").join(BEST))
    }

    /// Writes a checkpoint, then removes all but the last two.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let path = self.checkpoint_path(checkpoint.meta.step);
        regular::writable(&path)?;
        atomic_write(&path, &checkpoint.encode())?;
        // Checkpoints of later steps belong to a future that this run has left: it was resumed from before
        // them.
        for step in self.checkpoints().into_iter().filter(|s| *s > checkpoint.meta.step) {
            let _ = fs::remove_file(self.checkpoint_path(step));
        }
        for step in self.checkpoints().into_iter().skip(KEPT) {
            let _ = fs::remove_file(self.checkpoint_path(step));
        }
        Ok(())
    }

    /// The latest checkpoint that can be read, and what is wrong with later ones. `None` with an empty list:
    /// there is none.
    pub fn latest(&self) -> (Option<Checkpoint>, Vec<Failure>) {
        let mut broken = Vec::new();
        for step in self.checkpoints() {
            match Checkpoint::read(&self.checkpoint_path(step)) {
                Ok(checkpoint) => return (Some(checkpoint), broken),
                Err(error) => broken.push(error),
            }
        }
        (None, broken)
    }

    /// Where the run stands, from the latest checkpoint whose header can be read.
    pub fn standing(&self) -> Option<Meta> {
        self.checkpoints()
            .into_iter()
            .find_map(|step| Checkpoint::read_meta(&self.checkpoint_path(step)).ok())
    }

    /// Whether a process trains in it now.
    pub fn in_use(&self) -> bool {
        let at = self.path.join("lock");
        let regular = fs::symlink_metadata(&at).is_ok_and(|m| m.is_file());
        let file = regular.then(|| File::open(&at).ok()).flatten();
        file.is_some_and(|f| matches!(f.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Replaces the final numbers.
    pub fn write_scores(&self, scores: &[Score]) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(scores)
            .map_err(|e| Failure::file("write", self.path.join("scores.json"), e))?;
        self.write("scores.json", &text)
    }

    /// The final numbers; none before the run has ended.
    pub fn scores(&self) -> Result<Vec<Score>, Failure> {
        let path = self.path.join("scores.json");
        match regular::read_if_there(&path, regular::TEXT)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|e| Failure::file("read", path, e)),
            None => Ok(Vec::new()),
        }
    }
}

/// The folder of runs, unless another is named.
const RUNS: &str = "runs";

/// A run whose folder is called nearly as a path that is not there: the latest of the runs of that name, or one whose name is spelt alike, there or in `runs`.
fn near(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for folder in [parent, &parent.join(RUNS)] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let runs: Vec<String> = entries
            .filter(|e| e.path().join("spec.gm").is_file())
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        let number = |run: &String| {
            let rest = run.strip_prefix(name)?.strip_prefix('-')?;
            rest.rsplit('-').next()?.parse::<u64>().ok()
        };
        let latest =
            runs.iter().filter_map(|run| Some((number(run)?, run))).max().map(|(_, run)| run.as_str());
        if let Some(run) = latest.or_else(|| did_you_mean(name, runs.iter().map(String::as_str))) {
            return Some(if folder == Path::new(".") { run.into() } else { folder.join(run) });
        }
    }
    None
}
