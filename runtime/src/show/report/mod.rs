//! `report.html`: one file that opens anywhere. Equal inputs give equal bytes.

pub(super) mod curves;
pub mod facts;
pub(super) mod pictures;
mod plots;
pub mod style;

use crate::failure::Failure;
use crate::measure::scores::{Record, Score};
use crate::show::costs::{self, Line, PROFILE};
use crate::store::RunDir;
use crate::store::about::{About, Findings, PROGRESS};
use crate::store::identity::{plain, set_of};
use crate::store::regular::PICTURE;
use std::fmt::Write;
use style::{escape, head};

/// Text drawn from a model of text.
pub const PASSAGES: &str = "samples.txt";

/// What a report shows.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// `vae-3`
    pub title: String,
    /// The spec as it was written.
    pub spec: String,
    /// What was overridden, by path.
    pub set: Vec<(String, String)>,
    /// What the run is; none of an older gmc.
    pub about: Option<About>,
    /// What was found when it ended.
    pub found: Findings,
    /// Final numbers.
    pub scores: Vec<Score>,
    /// Measurements.
    pub records: Vec<Record>,
    /// Names and the bytes of PNG files.
    pub images: Vec<(String, Vec<u8>)>,
    /// Samples while it trained: after how many rounds, and the bytes of a PNG file.
    pub progress: Vec<(u64, Vec<u8>)>,
    /// Text drawn from the model, as it is read; empty where none is.
    pub passages: String,
    /// What the steps cost, line by line of the spec; empty where it was not measured.
    pub costs: Vec<Line>,
    /// Rounds after which it is not finished yet; the page then loads itself again.
    pub running: bool,
}

impl Report {
    /// What the run folder says.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn of(dir: &RunDir) -> Result<Report, Failure> {
        let picture = |folder: &str, name: &String| dir.read(&format!("{folder}/{name}"), PICTURE);
        let mut images = Vec::new();
        for name in dir.images() {
            images.push((name.trim_end_matches(".png").to_string(), picture("images", &name)?));
        }
        let mut progress = Vec::new();
        for name in dir.pictures_in(PROGRESS) {
            if let Ok(step) = name.trim_end_matches(".png").parse() {
                progress.push((step, picture(PROGRESS, &name)?));
            }
        }
        let path = dir.path().canonicalize().ok();
        let name = path.as_deref().unwrap_or(dir.path()).file_name();
        let spec = dir.read_text("spec.gm")?;
        let profile = dir.text_if_there(PROFILE)?.unwrap_or_default();
        Ok(Report {
            costs: costs::read(&profile, &spec, &|name| {
                dir.text_if_there(&format!("use/{}", plain(name))).ok()?
            }),
            title: name.map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
            spec,
            set: set_of(dir)?,
            about: dir.about()?,
            found: dir.findings()?.unwrap_or_default(),
            scores: dir.scores()?,
            records: dir.records()?,
            images,
            progress,
            passages: dir.text_if_there(PASSAGES)?.unwrap_or_default(),
            running: false,
        })
    }
}

/// Seconds after which the page of a run that goes on loads itself again.
const AGAIN: u32 = 5;

/// A page that says why there is none.
pub fn broken(why: &str) -> String {
    format!("{}<p>{}</p></body></html>\n", head("no report", ""), escape(why))
}

/// The text of the page.
pub fn html(report: &Report) -> String {
    let mut page = head(&report.title, "");
    if report.running {
        let again = format!("<head><meta http-equiv=\"refresh\" content=\"{AGAIN}\">");
        page = page.replacen("<head>", &again, 1);
    }
    let _ = writeln!(page, "<h1>{}</h1>", escape(&report.title));
    facts::top(&mut page, report);
    facts::scores(&mut page, &report.scores);
    facts::equations(&mut page, report);
    curves::charts(&mut page, report);
    plots::all(&mut page, &report.found);
    pictures::all(&mut page, report);
    if !report.passages.is_empty() {
        let _ = writeln!(page, "<h2>Samples</h2>\n<pre>{}</pre>", escape(&report.passages));
    }
    facts::spec(&mut page, report);
    facts::costs(&mut page, &report.costs);
    facts::tables(&mut page, report);
    page.push_str("</body></html>\n");
    page
}
