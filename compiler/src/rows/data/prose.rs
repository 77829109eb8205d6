use super::windows::{STRIDE, Symbols};
use super::{DataIssue, DataRow, Dataset, Host, Writing, at_most};
use crate::event::EventTy;
use crate::rows::args::Args;

const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/data/prose/prose.txt"));

row! {
    /// English prose that comes with gmc, character by character: the sentences of its documentation and of its licence. It needs no file and
    /// stays as it is while the documentation changes. Yields windows as `text(.., by: chars)` does, of one or two pieces; the last tenth is the test part.
    pub struct Prose = "prose" [STRIDE];
}

fn symbols() -> Symbols {
    Symbols::characters("`prose`".into(), TEXT)
}

impl DataRow for Prose {
    fn check(&self, _: &Args, declared: &[EventTy], _: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("prose", declared, &["a window of text", "what follows it"])?;
        symbols().types(declared)
    }

    fn load(&self, args: &Args, types: &[EventTy], _: &dyn Host) -> Result<Dataset, DataIssue> {
        symbols().windows(args, types)
    }

    fn writing(&self, _: &Args) -> Option<Writing> {
        Some(Writing::Names)
    }
}
