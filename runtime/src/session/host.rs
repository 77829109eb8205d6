//! The compiler's [`Host`] on real files: known sets are looked for in `$GMC_DATA/set`, `./data/set` and the
//! cache folder, paths of the user relative to the folder of the spec; gzip is unpacked by its content, not its
//! name.

use super::files::read;
use super::images::{File, known, pictures};
use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::{Bytes, Decoded, Host, HostError, NOT_FOUND, Skipped};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files and random numbers for data sources.
#[derive(Clone, Debug)]
pub struct FileHost {
    /// The folders that hold folders of known sets, in the order of looking.
    pub roots: Vec<PathBuf>,
    /// What paths of the user are relative to.
    pub base: PathBuf,
    /// Seed of [`Host::uniform`].
    pub seed: u64,
}

impl FileHost {
    /// The usual places: `$GMC_DATA`, `./data`, and `gmc` in the cache folder of the user.
    pub fn new(seed: u64) -> FileHost {
        let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|h| h.join(".cache")));
        let roots = folder("GMC_DATA")
            .into_iter()
            .chain([PathBuf::from("data")])
            .chain(cache.map(|c| c.join("gmc")))
            .collect();
        FileHost { roots, base: PathBuf::new(), seed }
    }

    /// The usual places for a spec in this folder: paths of the user are relative to it.
    pub fn beside(folder: &Path, seed: u64) -> FileHost {
        FileHost { base: folder.to_path_buf(), ..FileHost::new(seed) }
    }

    /// That nothing is there, with a word where the working folder has something of that name.
    fn nothing(&self, name: &str, tried: Vec<String>) -> HostError {
        let elsewhere =
            !self.base.as_os_str().is_empty() && Path::new(name).exists() && Path::new(name).is_relative();
        let what = match elsewhere {
            true => format!(
                "{NOT_FOUND}: the working folder has a `{name}`, but paths in a spec are relative to the spec"
            ),
            false => NOT_FOUND.into(),
        };
        HostError { what, tried }
    }
}

/// A world whose data may be gone: what a run remembers of them comes first.
pub struct RememberingHost<'a> {
    /// Where files are.
    pub files: FileHost,
    /// Types of the variables of data items, by their names.
    pub types: &'a dyn Fn(&[&str]) -> Option<Vec<EventTy>>,
    /// What the run keeps of a file of weights, by the path in the spec.
    pub weights: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

impl Host for RememberingHost<'_> {
    fn base(&self) -> String {
        self.files.base()
    }
    fn path(&self, set: Option<&str>, name: &str) -> Option<String> {
        self.files.path(set, name)
    }
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        self.files.read(set, name)
    }
    fn weights(&self, name: &str) -> Result<Vec<u8>, HostError> {
        (self.weights)(name).map_or_else(|| self.files.weights(name), Ok)
    }
    fn images(
        &self,
        folder: &str,
        classes: bool,
        each: &mut dyn FnMut(Decoded),
    ) -> Result<Vec<Skipped>, HostError> {
        self.files.images(folder, classes, each)
    }
    fn open(&self, name: &str) -> Option<Arc<dyn Bytes>> {
        self.files.open(name)
    }
    fn class_folders(&self, folder: &str) -> Result<Vec<String>, HostError> {
        self.files.class_folders(folder)
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        self.files.uniform(stream, n)
    }
    fn known(&self, variables: &[&str]) -> Option<Vec<EventTy>> {
        (self.types)(variables)
    }
}

impl FileHost {
    /// The files of a folder or of an archive that may be pictures, sorted by name.
    fn pictures_in(&self, folder: &str, classes: bool) -> Result<Vec<File>, HostError> {
        let path = self.base.join(folder);
        let found = pictures(&path, classes)?;
        found.ok_or_else(|| self.nothing(folder, vec![path.display().to_string()]))
    }

    /// The files that [`Host::read`] tries, in order.
    fn places(&self, set: Option<&str>, name: &str) -> Vec<PathBuf> {
        let folders = match set {
            Some(set) => self.roots.iter().map(|r| r.join(set)).collect(),
            None => vec![self.base.clone()],
        };
        folders.iter().flat_map(|f| [f.join(name), f.join(format!("{name}.gz"))]).collect()
    }
}

impl Host for FileHost {
    fn base(&self) -> String {
        self.base.display().to_string()
    }

    fn path(&self, set: Option<&str>, name: &str) -> Option<String> {
        self.places(set, name).into_iter().find(|p| p.is_file()).map(|p| p.display().to_string())
    }

    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let mut tried = Vec::new();
        for path in self.places(set, name) {
            match read(&path) {
                Ok(bytes) => return Ok(bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => tried.push(path.display().to_string()),
                Err(error) => {
                    let what = format!("cannot read {}: {error}", path.display());
                    return Err(HostError { what, tried: Vec::new() });
                }
            }
        }
        match set {
            Some(_) => Err(HostError { what: NOT_FOUND.into(), tried }),
            None => Err(self.nothing(name, tried)),
        }
    }

    fn images(
        &self,
        folder: &str,
        classes: bool,
        each: &mut dyn FnMut(Decoded),
    ) -> Result<Vec<Skipped>, HostError> {
        let mut skipped = Vec::new();
        for file in self.pictures_in(folder, classes)? {
            let name = file.name.clone();
            match file.decoded() {
                Ok(image) => each(image),
                Err(Some(why)) => skipped.push(Skipped { name, why }),
                Err(None) => {}
            }
        }
        Ok(skipped)
    }

    fn open(&self, name: &str) -> Option<Arc<dyn Bytes>> {
        // As `read` does, what stands first in the order of looking; the packed one is unpacked as a whole.
        let path = self.places(None, name).into_iter().find(|p| p.is_file())?;
        let file = std::fs::File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let opened = Opened { length, file: Mutex::new(file) };
        let mut first = [0; 2];
        opened.read_at(0, &mut first).ok()?;
        (first != GZIP).then(|| Arc::new(opened) as Arc<dyn Bytes>)
    }

    fn class_folders(&self, folder: &str) -> Result<Vec<String>, HostError> {
        let files = self.pictures_in(folder, true)?;
        let mut names: Vec<String> =
            files.into_iter().filter(|f| known(&f.name)).filter_map(|f| f.class).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        let mut key = [0; 32];
        key.iter_mut().zip(self.seed.to_le_bytes()).for_each(|(k, s)| *k = s);
        // Apart from the draws of programs, whose keys have a salt in these bytes.
        key.iter_mut().skip(8).zip(*b"gmc data").for_each(|(k, s)| *k = s);
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        (0..n).map(|_| ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64).collect()
    }
}

/// What gzip streams begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that is read in parts.
#[derive(Debug)]
struct Opened {
    length: u64,
    file: Mutex<std::fs::File>,
}

impl Bytes for Opened {
    fn length(&self) -> u64 {
        self.length
    }
    fn read_at(&self, from: u64, into: &mut [u8]) -> Result<(), String> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from)).and_then(|_| file.read_exact(into)).map_err(|e| e.to_string())
    }
}
