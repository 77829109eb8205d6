//! What a run is known by: its spec with all that it rests on, and its programs. A run goes on only where
//! these are what they were.

use super::RunDir;
use super::checkpoint::{Checkpoint, Meta};
use crate::failure::Failure;
use crate::session::Session;
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::Sources;
use gmc_compiler::ir::text;
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::span::FileId;
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;

/// Names and texts: overrides by path, or files by name.
pub type Pairs = Vec<(String, String)>;

/// What a run is of, as its checkpoints remember it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hashes {
    /// Of the spec as it runs: its text, the overrides and the files that it uses.
    pub spec: String,
    /// Of all programs.
    pub ir: String,
    /// Of each file of the run folder that says what is trained, by its path there.
    pub files: BTreeMap<String, String>,
    /// Of the values of each data item in all its parts, by its variables: `x, y`. Empty where no data were loaded.
    pub data: BTreeMap<String, String>,
}

/// Under this name a checkpoint keeps [`Hashes::files`].
const FILES: &str = "files";
/// Under this name a checkpoint keeps [`Hashes::data`].
const DATA: &str = "data";

impl Hashes {
    /// CRC-32 of a spec's text, its overrides, the files that it uses, and its programs.
    pub fn new(text: &str, set: &Pairs, used: &Pairs, compiled: Option<&Compiled>) -> Hashes {
        let crc = |text: &str| format!("{:08x}", crc32fast::hash(text.as_bytes()));
        let mut files =
            BTreeMap::from([("spec.gm".to_string(), crc(text)), (SET.to_string(), crc(&set_text(set)))]);
        files.extend(used.iter().map(|(path, text)| (format!("use/{}", plain(path)), crc(text))));
        let data = BTreeMap::new();
        Hashes {
            spec: spec_hash(text, set, used),
            ir: compiled.map(ir_hash).unwrap_or_default(),
            files,
            data,
        }
    }

    /// With the files that nets have their weights from.
    #[must_use]
    pub fn with_weights(mut self, typed: &Typed) -> Hashes {
        for f in typed.nets.iter().filter_map(|n| n.frozen.as_ref()) {
            self.spec = format!("{:08x}", crc32fast::hash(format!("{}\n{}", self.spec, f.hash).as_bytes()));
            self.files.insert(weights_file(&f.path), f.hash.clone());
        }
        self
    }

    /// With what was loaded.
    #[must_use]
    pub fn with_data(self, s: &Session) -> Hashes {
        let items = s.typed.data.iter().zip(&s.sets).enumerate().filter(|(i, _)| !s.absent.contains(i));
        let named = items.flat_map(|(_, (item, parts))| {
            let names: Vec<&str> = item.vars.iter().map(|v| v.name.as_str()).collect();
            let names = names.join(", ");
            let classes = labels_hash(parts).map(|crc| (format!("{names} (names of the classes)"), crc));
            std::iter::once((names, data_hash(parts))).chain(classes)
        });
        Hashes { data: named.collect(), ..self }
    }

    /// The data items, by their variables, whose values are not those that a checkpoint was trained with.
    pub fn changed_data(&self, checkpoint: &Checkpoint) -> Vec<String> {
        let then: BTreeMap<String, String> =
            checkpoint.meta.extra.get(DATA).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let differ = |name: &String, crc: &String| self.data.get(name).is_some_and(|now| now != crc);
        then.iter().filter(|(name, crc)| differ(name, crc)).map(|(name, _)| name.clone()).collect()
    }

    /// Writes what `Hashes::read` reads into a checkpoint's header.
    pub fn keep(&self, extra: &mut BTreeMap<String, String>) {
        extra.insert(FILES.into(), serde_json::to_string(&self.files).unwrap_or_default());
        extra.insert(DATA.into(), serde_json::to_string(&self.data).unwrap_or_default());
    }

    /// [`Hashes::files`] of the run that wrote a checkpoint; `None` of one that kept none.
    fn read(meta: &Meta) -> Option<BTreeMap<String, String>> {
        serde_json::from_str(meta.extra.get(FILES)?).ok()
    }

    /// Which files of a run folder are not those that a checkpoint was trained with.
    pub fn differ(&self, dir: &RunDir, checkpoint: &Checkpoint) -> Failure {
        let at = dir.path().display();
        let step = checkpoint.meta.step;
        let then = Hashes::read(&checkpoint.meta).unwrap_or_default();
        let differ: Vec<&String> = then
            .iter()
            .filter(|(name, crc)| self.files.get(*name) != Some(*crc))
            .map(|(name, _)| name)
            .collect();
        // What cannot be read at all is said first.
        let text = |name: &str| !name.starts_with(WEIGHTS);
        let unreadable =
            |name: &String| (text(name) && dir.path().join(name).exists()).then(|| dir.read_text(name).err());
        if let Some(why) = differ.iter().find_map(|name| unreadable(name).flatten()) {
            return why;
        }
        let lost = differ.iter().find(|name| !dir.path().join(name).exists());
        let what = match (lost, differ.as_slice()) {
            (Some(name), _) => format!("{at}/{name} is missing"),
            (None, [one]) => format!("{at}/{one} has changed since the run began"),
            (None, []) => format!("{at}/spec.gm, set.txt or a file in use has changed since the run began"),
            (None, _) => {
                let names: Vec<&str> = differ.iter().map(|n| n.as_str()).collect();
                format!("{} in {at} have changed since the run began", names.join(" and "))
            }
        };
        Failure::new(format!("{what}, or the checkpoint of round {step} is of another run"))
            .at("resume", dir.path())
            .help("put it back as it was, or train the changed spec with `gmc run`")
    }
}

/// CRC-32 of the spec as it runs: its text, the overrides, and the files that it uses.
fn spec_hash(text: &str, set: &Pairs, used: &Pairs) -> String {
    let mut spec = crc32fast::Hasher::new();
    spec.update(text.as_bytes());
    set.iter().for_each(|(a, b)| spec.update(format!("\n{a}={b}").as_bytes()));
    used.iter().for_each(|(path, text)| spec.update(format!("\n{path}\n{text}").as_bytes()));
    format!("{:08x}", spec.finalize())
}

/// CRC-32 of the values of all parts, each with its number of rows; of events that stay in a file that of some of its blocks, which is said.
fn data_hash(parts: &Parts) -> String {
    let mut crc = crc32fast::Hasher::new();
    let mut sampled = "";
    for part in [&parts.train, &parts.valid, &parts.test] {
        crc.update(&(part.n as u64).to_le_bytes());
        if let Some(stored) = &part.stored {
            sampled = "sampled-";
            stored.marks(|bytes| crc.update(bytes));
        }
        for chunk in part.columns.iter().flat_map(|c| c.values.chunks(4096)) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|v| v.to_le_bytes()).collect();
            crc.update(&bytes);
        }
    }
    format!("{sampled}{:08x}", crc.finalize())
}

/// CRC-32 of what the classes are called; none where they are numbers.
fn labels_hash(parts: &Parts) -> Option<String> {
    let mut crc = crc32fast::Hasher::new();
    let names: Vec<&String> = parts.labels.iter().flatten().collect();
    names.iter().for_each(|n| crc.update(format!("{n}\n").as_bytes()));
    (!names.is_empty()).then(|| format!("{:08x}", crc.finalize()))
}

/// CRC-32 of all programs.
fn ir_hash(c: &Compiled) -> String {
    let mut ir = crc32fast::Hasher::new();
    c.programs.graphs().for_each(|g| ir.update(text::print_with(g, &|_| None).as_bytes()));
    format!("{:08x}", ir.finalize())
}

/// The file of a run folder that holds its overrides.
const SET: &str = "set.txt";

/// The text of `set.txt`: a line each.
pub fn set_text(set: &Pairs) -> String {
    set.iter().map(|(a, b)| format!("{a}={}\n", b.replace('\n', " "))).collect()
}

/// The overrides of a run; none where it has none.
///
/// # Errors
/// A `set.txt` that cannot be read, or a line of it that is no override.
pub fn set_of(dir: &RunDir) -> Result<Pairs, Failure> {
    let text = dir.text_if_there(SET)?.unwrap_or_default();
    let pair = |(i, line): (usize, &str)| match line.split_once('=') {
        Some((path, value)) => Ok((path.to_string(), value.to_string())),
        None => {
            let why = format!("line {} is no override, as `train.lr=1e-3` is", i + 1);
            Err(Failure::file("read", dir.path().join(SET), why).help("put the file back as it was"))
        }
    };
    text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(pair).collect()
}

/// The name under which a run folder keeps a file named by `use`, whose path may lead anywhere.
pub fn plain(path: &str) -> String {
    let mut out = String::new();
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(b as char),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

/// The folder of the files that nets have their weights from.
const WEIGHTS: &str = "nets/";

/// Where a run folder keeps the file of weights that the spec calls so.
pub fn weights_file(path: &str) -> String {
    format!("{WEIGHTS}{}", plain(path))
}

/// Files named by `use`, as the spec names them, sorted.
pub fn used_files(sources: &Sources) -> Pairs {
    let mut all = Vec::new();
    let mut i = FileId::SPEC.0 + 1;
    while let (Some(n), Some(t)) = (sources.name(FileId(i)), sources.text(FileId(i))) {
        all.push((n.to_string(), t.to_string()));
        i += 1;
    }
    all.sort();
    all
}
