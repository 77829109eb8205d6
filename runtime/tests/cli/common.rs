//! A folder to work in, the program, and what it left.

use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::Unit;
use gmc_compiler::rows::setting::Seed;
use gmc_runtime::exec::{DeviceChoice, open};
use gmc_runtime::measure::scores::Number;
use gmc_runtime::session::Session;
use gmc_runtime::session::load;
use gmc_runtime::session::snapshot::Group;
use gmc_runtime::store::RunDir;
use gmc_runtime::store::events::EVENTS;
use gmc_runtime::train::{Numbers, Trainer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An empty folder; the program runs in it and finds no data sets of this machine.
pub struct Place(tempfile::TempDir);

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
    /// The program with arguments separated by spaces.
    pub fn command(&self, line: &str) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_gmc"));
        c.args(line.split_whitespace()).current_dir(self.0.path());
        c.env_remove("GMC_DATA")
            .env("HOME", self.0.path())
            .env_remove("XDG_CACHE_HOME")
            .env_remove("NO_COLOR");
        c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        c
    }
    pub fn gmc(&self, line: &str) -> Said {
        said(self.command(line))
    }
    pub fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
    /// Trains `text` to the end on the CPU and returns the run folder.
    pub fn train(&self, name: &str, text: &str) -> PathBuf {
        self.write(&format!("{name}.gm"), text);
        let said = self.gmc(&format!("run {name}.gm --device cpu"));
        assert_eq!(said.code, Some(0), "{}", said.err);
        self.path(&format!("runs/{name}-1"))
    }
    pub fn files(&self, folder: &str) -> Vec<String> {
        files(&self.path(folder))
    }
}

/// All files below a folder, by path within it, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(f) = todo.pop() {
        for entry in std::fs::read_dir(&f).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => todo.push(entry.path()),
                false => out.push(entry.path().strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    out.sort();
    out
}

pub fn said(mut c: Command) -> Said {
    let o = c.output().unwrap();
    let said = Said {
        code: o.status.code(),
        out: String::from_utf8(o.stdout).unwrap(),
        err: String::from_utf8(o.stderr).unwrap(),
    };
    assert!(said.code != Some(101) && !said.err.contains("panicked"), "a bug: {said:?}");
    said
}

impl Said {
    /// A failed command with nothing on standard output, no control characters, and all of `parts` on standard error.
    pub fn fails(&self, parts: &[&str]) -> &Said {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", self.err);
        for p in parts {
            assert!(self.err.contains(p), "no {p:?} in:\n{}", self.err);
        }
        self
    }
    pub fn succeeds(&self) -> &Said {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

/// Parameters, states, slots and averages of the latest checkpoint, as bits.
pub type Bits = BTreeMap<(Group, String), Vec<u32>>;

pub fn weights(run: &Path) -> Bits {
    let (latest, broken) = RunDir::view(run).unwrap().latest();
    assert_eq!(broken, []);
    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect();
    latest.unwrap().tensors.iter().map(|(k, t)| (k.clone(), bits(&t.values))).collect()
}

/// The lines of `metrics.jsonl` without their seconds.
pub fn records(run: &Path) -> Vec<(u64, String, BTreeMap<String, Number>)> {
    RunDir::view(run).unwrap().records().unwrap().into_iter().map(|r| (r.step, r.part, r.values)).collect()
}

/// Files that say when or where a run was, not what it found.
const WITH_TIMES: [&str; 5] = ["metrics.jsonl", EVENTS, "about.json", "report.html", "folder.txt"];

/// Everything that two runs of one spec must agree in: file by file, but for times.
pub fn assert_same(a: &Path, b: &Path) {
    assert_eq!(records(a), records(b));
    assert!(weights(a) == weights(b), "other weights");
    // Which older checkpoint is kept depends on when a run was stopped.
    let compared =
        |run: &Path| files(run).into_iter().filter(|f| !f.starts_with("checkpoints/")).collect::<Vec<_>>();
    assert_eq!(compared(a), compared(b));
    for f in compared(a).iter().filter(|f| !WITH_TIMES.contains(&f.as_str())) {
        assert!(std::fs::read(a.join(f)).unwrap() == std::fs::read(b.join(f)).unwrap(), "{f} differs");
    }
}

/// Waits, at most five minutes (other tests train meanwhile), until `f` holds.
pub fn wait(what: &str, mut f: impl FnMut() -> bool) {
    let began = Instant::now();
    while !f() {
        assert!(began.elapsed() < Duration::from_secs(300), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A spec as a session on the CPU with its first parameters.
pub fn session(text: &str) -> Session {
    let u = load::unit("spec.gm", text, Path::new(""), &[]);
    assert!(!u.failed(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    let Unit { typed: Some(typed), compiled: Some(compiled), .. } = u else { panic!("nothing compiled") };
    let seed = Seed::of(&typed.train.settings);
    let mut s =
        load::session(typed, compiled, open(DeviceChoice::Cpu).unwrap()).unwrap_or_else(|f| panic!("{}", f));
    s.init(seed).unwrap();
    s
}

/// Plays the first `rounds` rounds.
pub fn play(s: &mut Session, rounds: u64) -> Vec<Numbers> {
    let mut trainer = Trainer::new(s);
    (0..rounds).map(|i| trainer.round(s, i).unwrap()).collect()
}

pub fn values(s: &Session, name: &str) -> Vec<f32> {
    s.tensors.get(name).unwrap_or_else(|| panic!("no `{name}`")).to_f32()
}

/// Specs that are small in every way but have the parts of large ones.
pub const VAE: &str = "
data x: Bool[64] from digits(binarize: dynamic)
net decode(z: Real[4]) -> Real[64]            { dense(16), relu, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { dense(16), batch_norm, relu, heads(4, 4) }
model p    { z ~ Normal(0, I)[4];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { TRAIN  batch 64  ema 0.9  using adam(lr: cosine(2e-3 -> 1e-5)) }
eval  { iwae(k: 2) }
";
pub const FLOW: &str = "
data x: Real[2] from moons(noise: 0.05, standardize: true)
flow f: Real[2] <-> Real[2] { repeat 2 as i { couple(parity(i), affine) { dense(8), relu } } }
model p { z ~ Normal(0, I)[2];  x = f(z) }
train { TRAIN  batch 64  clip 10  using rmsprop(lr: 1e-3, momentum: 0.5) }
";
pub const GAN: &str = "
data x: Real[2] from gaussians(8)
net G(z: Real[4]) -> Real[2]  { dense(16), relu, dense(2) }
net D(x: Real[2]) -> Real[]   { dense(16), leaky_relu(0.2), dropout(0.2), dense(1), scalar }
model p { z ~ Normal(0, I)[4];  x = G(z) }
train {
  player judge { owns D  minimizes says_real(D(x)) + says_fake(D(p.x))  using adam(lr: 2e-4, betas: (0.5, 0.999))  steps 2 }
  player maker { owns G  minimizes says_real(D(p.x))                    using adam(lr: 2e-4, betas: (0.5, 0.999)) }
  TRAIN  batch 64
}
";
