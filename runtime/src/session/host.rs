//! The compiler's [`Host`] on real files: known sets are looked for in `$GMC_DATA/set`, `./data/set` and the
//! cache folder, paths of the user relative to the working folder; gzip is unpacked by its content, not its
//! name.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use flate2::read::MultiGzDecoder;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::{Decoded, Host, HostError, NOT_FOUND};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Larger files, unpacked, are refused rather than filling the memory.
const MOST_BYTES: u64 = 4 << 30;

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
}

/// A world whose data may be gone: what a run remembers of them comes first.
pub struct RememberingHost<'a> {
    /// Where files are.
    pub files: FileHost,
    /// Types of the variables of data items, by their names.
    pub types: &'a dyn Fn(&[&str]) -> Option<Vec<EventTy>>,
}

impl Host for RememberingHost<'_> {
    fn path(&self, set: Option<&str>, name: &str) -> Option<String> {
        self.files.path(set, name)
    }
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        self.files.read(set, name)
    }
    fn images(&self, folder: &str) -> Result<Vec<Decoded>, HostError> {
        self.files.images(folder)
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        self.files.uniform(stream, n)
    }
    fn known(&self, variables: &[&str]) -> Option<Vec<EventTy>> {
        (self.types)(variables)
    }
}

impl FileHost {
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
        Err(HostError { what: NOT_FOUND.into(), tried })
    }

    fn images(&self, folder: &str) -> Result<Vec<Decoded>, HostError> {
        let path = self.base.join(folder);
        let error = |what: String| HostError { what, tried: Vec::new() };
        if path.is_file() {
            let one = decode(&path).map_err(|e| error(format!("cannot read {}: {e}", path.display())))?;
            return Ok(vec![one]);
        }
        let entries = std::fs::read_dir(&path).map_err(|e| {
            if e.kind() == ErrorKind::NotFound {
                HostError { what: NOT_FOUND.into(), tried: vec![path.display().to_string()] }
            } else {
                error(format!("cannot list {}: {e}", path.display()))
            }
        })?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")));
        files.sort();
        files
            .iter()
            .map(|f| decode(f).map_err(|e| error(format!("cannot read {}: {e}", f.display()))))
            .collect()
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

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
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

/// A picture as it is read for masks and data.
///
/// # Errors
/// Why it cannot be read.
pub fn read_image(path: &Path) -> Result<Decoded, String> {
    decode(path)
}

/// Reads a PNG file; transparency is dropped, 16 bits become 8. Sides over 16,384 are refused.
fn decode(path: &Path) -> Result<Decoded, String> {
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width > 16_384 || height > 16_384 {
        return Err(format!("{width} by {height} pixels are too many"));
    }
    let mut data = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut data).map_err(|e| e.to_string())?;
    let samples = info.color_type.samples().max(1);
    data.truncate(info.buffer_size());
    let rgb = data
        .chunks_exact(samples)
        .flat_map(|p| match *p {
            [r, g, b] | [r, g, b, _] => [r, g, b],
            [v, ..] => [v; 3],
            [] => [0; 3],
        })
        .collect();
    Ok(Decoded { name: path.display().to_string(), width, height, rgb })
}
