//! What the report says of a run beside its numbers: `about.json`, written when it begins, and `findings.json`, written when it ends.

use super::{RunDir, regular};
use crate::failure::Failure;
use crate::measure::classes::Bin;
use crate::measure::critics::Histogram;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a run is, known before its first round.
const ABOUT: &str = "about.json";
/// What was found when it ended.
const FINDINGS: &str = "findings.json";
/// The folder of the samples that were drawn while it trained.
pub const PROGRESS: &str = "progress";

/// Equations below each other, in LaTeX.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Equations {
    /// What they are, in words.
    pub title: String,
    /// Left and right of the alignment.
    pub lines: Vec<(String, String)>,
    /// Facts about them.
    pub notes: Vec<String>,
}

/// A quantity over rounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What it is.
    pub name: String,
    /// Rounds and values.
    pub points: Vec<(f64, f64)>,
}

/// What a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Of gmc.
    pub version: String,
    /// When it began: `2026-11-29 07:35 UTC`.
    pub date: String,
    /// Where it computes.
    pub device: String,
    /// Rounds in an epoch.
    pub per_epoch: u64,
    /// Settings of training, optimizers among them, with those that were not written.
    pub settings: Vec<(String, String)>,
    /// The data items: variables with types, where they come from, sizes of the parts, hash of the values.
    pub data: Vec<[String; 4]>,
    /// What is trained, how many numbers it has, and who owns it.
    pub parameters: Vec<(String, u64, String)>,
    /// The models and objectives.
    pub equations: Vec<Equations>,
    /// Learning rates and schedules that are no constants.
    pub schedules: Vec<Curve>,
}

/// Numbers of several bars.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    /// What is shown.
    pub name: String,
    /// In which unit; empty where there is none.
    pub unit: String,
    /// One bar each.
    pub values: Vec<f64>,
}

/// Points in the plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// What is shown: `points`, or of which variable they are the codes.
    #[serde(default)]
    pub name: String,
    /// What the axes are.
    #[serde(default)]
    pub axes: [String; 2],
    /// Left, right, bottom, top.
    pub window: [f64; 4],
    /// Sets of points by what they are: `x, y, x, y ..`.
    pub sets: Vec<(String, Vec<f32>)>,
    /// The density over the window, a PNG in base64, and the highest value; none where it is not known.
    pub density: Option<(String, f64)>,
}

/// What was found when a run ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Facts in words: health of latent sites.
    pub facts: Vec<String>,
    /// What to change, in words.
    pub advice: Vec<String>,
    /// Fitted parameters of the spec by name.
    pub fitted: Vec<(String, String)>,
    /// KL of each latent dimension, by site.
    pub kl: Vec<Bars>,
    /// Calibration of classes, by variable.
    pub calibration: Vec<(String, Vec<Bin>)>,
    /// What critics say.
    pub critics: Vec<Histogram>,
    /// The columns of a table, data beside samples.
    #[serde(default)]
    pub marginals: Vec<Histogram>,
    /// Data and samples in the plane.
    pub planes: Vec<Plane>,
    /// Codes of test examples, in the plane in which they vary most, by class where there is one.
    #[serde(default)]
    pub codes: Vec<Plane>,
    /// What columns of the picture of samples are, by name.
    pub columns: Vec<String>,
}

impl RunDir {
    fn keep<T: Serialize>(&self, name: &str, what: &T) -> Result<(), Failure> {
        let text = serde_json::to_vec(what).map_err(|e| Failure::file("write", self.path().join(name), e))?;
        self.write(name, &text)
    }

    fn kept<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let path = self.path().join(name);
        let bytes = regular::read_if_there(&path, regular::TEXT)?;
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes).map_err(|e| {
                Failure::file("read", &path, e).help("remove it: the report is then made without it")
            })
        };
        bytes.map(read).transpose()
    }

    /// Writes what the run is.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn introduce(&self, about: &About) -> Result<(), Failure> {
        self.keep(ABOUT, about)
    }

    /// Whether the folder says what the run is.
    pub fn introduced(&self) -> bool {
        std::fs::symlink_metadata(self.path().join(ABOUT)).is_ok()
    }

    /// What the run is; none of an older gmc.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn about(&self) -> Result<Option<About>, Failure> {
        self.kept(ABOUT)
    }

    /// Writes what was found.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_findings(&self, found: &Findings) -> Result<(), Failure> {
        self.keep(FINDINGS, found)
    }

    /// What was found; none before the run has ended.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn findings(&self) -> Result<Option<Findings>, Failure> {
        self.kept(FINDINGS)
    }
}
