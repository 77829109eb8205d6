//! IDX files: `00 00 08 rank`, one big-endian u32 an axis, then bytes (the format of MNIST).
#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::grey::{BINARIZE, Grey, LEVELS, dynamic};
use super::{Column, DataIssue, DataRow, Dataset, Host, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Grey images, and labels, from IDX files.
pub struct Idx;

const HELP: &str = "IDX files of unsigned bytes begin with the bytes 0, 0, 8 and the number of axes: 3 for images, 1 for labels";

impl Row for Idx {
    fn name(&self) -> &'static str {
        "idx"
    }
    fn doc(&self) -> &'static str {
        "Grey images from an IDX file of unsigned bytes (images × height × width), gzip or not: `idx(\"images.idx\", labels: \"labels.idx\")`. \
         Yields `[h * w]`, `[h, w]` or `[1, h, w]` as `mnist` does; and, if asked for, the labels as the declared `Class(n)`. \
         Without `test` the run splits off a test part."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec { name: "images", kind: ArgKind::Text, default: None, doc: "Path of the images." },
                ParamSpec {
                    name: "labels",
                    kind: ArgKind::Text,
                    default: Some(""),
                    doc: "Path of the labels.",
                },
                ParamSpec {
                    name: "test",
                    kind: ArgKind::Text,
                    default: Some(""),
                    doc: "Path of the test images.",
                },
                ParamSpec {
                    name: "test_labels",
                    kind: ArgKind::Text,
                    default: Some(""),
                    doc: "Path of the test labels.",
                },
                BINARIZE,
                LEVELS,
            ]
        }
    }
}

impl Idx {
    fn images(args: &Args, which: &str, host: &dyn Host) -> Result<Tensor, DataIssue> {
        let name = args.word(which);
        let bytes =
            host.read(None, name).map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, HELP))?;
        read_images(bytes, name, HELP.into())
    }

    fn part(
        args: &Args,
        types: &[EventTy],
        host: &dyn Host,
        files: [&str; 2],
    ) -> Result<super::Part, DataIssue> {
        let images = Idx::images(args, files[0], host)?;
        let grey = Grey { source: "idx".into(), size: [images.dims[1], images.dims[2]], levels: 256 };
        let mut part = grey.part(args, &types[..types.len().min(1)], &images.data, &[])?;
        if let Some(ty) = types.get(1) {
            let Some(name) = args.word_if_given(files[1]).filter(|f| !f.is_empty()) else {
                let message = format!("`{}` has no labels", args.word(files[0]));
                return Err(args.error(files[0], message, format!("no `{}`", files[1])).into());
            };
            let bytes = host
                .read(None, name)
                .map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, HELP))?;
            let labels = read_labels(bytes, name, HELP.into())?;
            images.same_count(&labels, HELP.into())?;
            labels.below(ty.kind.cardinality().unwrap_or(256), HELP.into())?;
            part.columns
                .push(Column { ty: ty.clone(), values: labels.data.iter().map(|c| f32::from(*c)).collect() });
        }
        Ok(part)
    }
}

impl DataRow for Idx {
    fn own(&self) -> bool {
        true
    }

    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("idx", declared, &["an image", "its label"])?;
        let images = Idx::images(args, "images", host)?;
        let grey = Grey { source: "idx".into(), size: [images.dims[1], images.dims[2]], levels: 256 };
        let mut types = Vec::new();
        for (i, ty) in declared.iter().enumerate() {
            types.push(match (i, ty.kind) {
                (0, _) => grey.ty(args, ty)?,
                (_, Kind::Class(n)) => EventTy { kind: Kind::Class(n), shape: Vec::new() },
                (_, Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count) => {
                    EventTy { kind: Kind::Class(256), shape: Vec::new() }
                }
            });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let train = Idx::part(args, types, host, ["images", "labels"])?;
        let test = match args.word_if_given("test").filter(|f| !f.is_empty()) {
            None => None,
            Some(_) => Some(Idx::part(args, types, host, ["test", "test_labels"])?),
        };
        let size = |p: &super::Part| p.columns.first().map_or(0, |c| c.values.len() / p.n.max(1));
        match &test {
            Some(t) if size(t) != size(&train) => Err(args
                .error(
                    "test",
                    "training and test images differ in size",
                    format!("{} pixels, not {}", size(t), size(&train)),
                )
                .into()),
            Some(_) | None => Ok(Dataset { train, test, ..Dataset::default() }),
        }
    }

    fn dynamic(&self, args: &Args) -> bool {
        dynamic(args)
    }
}

/// A parsed IDX file; `data.len()` is the product of `dims`, and no axis is 0.
#[derive(Debug)]
pub(super) struct Tensor {
    pub file: String,
    pub dims: Vec<usize>,
    pub data: Vec<u8>,
}

pub(super) fn read_images(bytes: Vec<u8>, file: &str, help: String) -> Result<Tensor, DataIssue> {
    parse(bytes, file, 3, help)
}

pub(super) fn read_labels(bytes: Vec<u8>, file: &str, help: String) -> Result<Tensor, DataIssue> {
    parse(bytes, file, 1, help)
}

fn parse(mut bytes: Vec<u8>, file: &str, rank: u8, help: String) -> Result<Tensor, DataIssue> {
    let what = if rank == 3 { "images" } else { "labels" };
    let issue = |expected: String, found: String| {
        let message = format!("`{file}` is not an IDX file of {what}");
        DataIssue::new(message, help.clone())
            .note(format!("expected {expected}"))
            .note(format!("found {found}"))
    };
    let magic = [0, 0, 8, rank];
    let head = 4 + 4 * usize::from(rank);
    if bytes.len() < head {
        return Err(issue(format!("at least {head} bytes"), format!("{} bytes", bytes.len())));
    }
    if !bytes.starts_with(&magic) {
        return Err(issue(format!("the bytes {magic:?} at the start"), format!("{:?}", &bytes[..4])));
    }
    let dims: Vec<usize> = bytes[4..head]
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let stated = dims.iter().try_fold(1usize, |a, d| a.checked_mul(*d));
    let present = bytes.len() - head;
    if stated == Some(0) {
        return Err(issue("at least one element on every axis".into(), format!("axes {dims:?}")));
    }
    if stated != Some(present) {
        let words = if stated.is_none_or(|s| s > present) {
            "truncated, or not what it says"
        } else {
            "longer than it says"
        };
        let message = format!("`{file}` is {words}");
        return Err(DataIssue::new(message, help)
            .note(format!(
                "expected {} bytes after the header, for axes {dims:?}",
                stated.map_or("far more".into(), |s| s.to_string())
            ))
            .note(format!("found {present}")));
    }
    bytes.drain(..head);
    Ok(Tensor { file: file.into(), dims, data: bytes })
}

impl Tensor {
    /// Images and labels must be as many.
    pub(super) fn same_count(&self, labels: &Tensor, help: String) -> Result<(), DataIssue> {
        if self.dims[0] == labels.dims[0] {
            return Ok(());
        }
        Err(DataIssue::new(format!("`{}` and `{}` do not belong together", self.file, labels.file), help)
            .note(format!("{} images", self.dims[0]))
            .note(format!("{} labels", labels.dims[0])))
    }
    /// Labels must be classes.
    pub(super) fn below(&self, classes: usize, help: String) -> Result<(), DataIssue> {
        match self.data.iter().position(|c| usize::from(*c) >= classes) {
            None => Ok(()),
            Some(at) => Err(DataIssue::new(
                format!("`{}` holds labels outside of {classes} classes", self.file),
                help,
            )
            .note(format!("label {at} is {}", self.data[at]))),
        }
    }
}
