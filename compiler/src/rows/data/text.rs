#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::{Column, DataIssue, DataRow, Dataset, Host, Part, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Windows of a text file.
pub struct Text;

impl Row for Text {
    fn name(&self) -> &'static str {
        "text"
    }
    fn doc(&self) -> &'static str {
        "Windows of a file, byte by byte: `data x: Class(256)[64] from text(\"f.txt\")` yields every window of 64 bytes that begins at a \
         multiple of `stride` (the window's length unless written). The last tenth of the file is the test part, so that no test \
         window overlaps a training window."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the text." },
                ParamSpec {
                    name: "stride",
                    kind: ArgKind::Int(1),
                    default: Some(""),
                    doc: "Bytes from the beginning of a window to the beginning of the next.",
                },
            ]
        }
    }
}

/// More elements than this are refused.
const MOST_ELEMENTS: usize = 500_000_000;

impl DataRow for Text {
    fn check(&self, _args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("text", declared, &["a window of bytes"])?;
        Ok(declared
            .iter()
            .map(|ty| {
                let kind = if ty.kind == Kind::Int(256) { ty.kind } else { Kind::Class(256) };
                let shape = if ty.shape.is_empty() { vec![1] } else { ty.shape.clone() };
                EventTy { kind, shape }
            })
            .collect())
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let name = args.word("file");
        let bytes = host
            .read(None, name)
            .map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, "check the path"))?;
        let Some(ty) = types.first() else { return Ok(Dataset::default()) };
        let window = ty.size().max(1);
        let stride = args.int_if_given("stride").unwrap_or(window);
        let (head, tail) = bytes.split_at(bytes.len() - bytes.len() / 10);
        if tail.len() < window {
            return Err(DataIssue::new(
                format!("`{name}` is too short for windows of {window} bytes"),
                "declare shorter events",
            )
            .note(format!("{} bytes, of which a tenth is for testing", bytes.len())));
        }
        let part = |text: &[u8]| -> Result<Part, DataIssue> {
            let n = (text.len() - window) / stride + 1;
            if n.saturating_mul(window) > MOST_ELEMENTS {
                return Err(args
                    .error("stride", format!("{n} windows of {window} bytes are too many"), "too small")
                    .into());
            }
            let starts = (0..n).map(|i| i * stride);
            let values = starts.flat_map(|s| text[s..s + window].iter().map(|b| f32::from(*b))).collect();
            Ok(Part { n, columns: vec![Column { ty: ty.clone(), values }], ..Part::default() })
        };
        Ok(Dataset { train: part(head)?, test: Some(part(tail)?), ..Dataset::default() })
    }
}
