#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::grey::{BINARIZE, EDGES, Grey, LEVELS, SIZE, dynamic, edged, shrunk};
use super::idx::{Tensor, read_images, read_labels};
use super::{DataIssue, DataRow, Dataset, Host, HostError, NOT_FOUND, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// 70,000 handwritten digits of 28 by 28 pixels.
pub struct Mnist;

impl Row for Mnist {
    fn name(&self) -> &'static str {
        "mnist"
    }
    fn doc(&self) -> &'static str {
        "60,000 + 10,000 handwritten digits, 28×28 pixels, 256 grey levels, 10 classes (LeCun, Cortes and Burges 1998). Read from the four IDX \
         files, gzip or not, in `$GMC_DATA/mnist`, `./data/mnist` or the cache folder. Yields `[784]`, `[28, 28]` or `[1, 28, 28]`: `Real in unit` \
         (grey / 255; `Real in interval(-1, 1)` if so declared), `Int(256)`, or `Bool` when binarised; and, if asked for, the digit as \
         `Class(10)`. With `size: 14` the images are of 14×14 pixels."
    }
    fn params(&self) -> &'static [ParamSpec] {
        SET_PARAMS
    }
}

impl DataRow for Mnist {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        MNIST.check(args, declared)
    }
    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        MNIST.load(args, types, host)
    }
    fn dynamic(&self, args: &Args) -> bool {
        dynamic(args)
    }
}

const MNIST: KnownSet =
    KnownSet { name: "mnist", title: "MNIST", home: "https://storage.googleapis.com/cvdf-datasets/mnist/" };

/// Pixels along a side of an image, as the files have it.
const SIDE: usize = 28;

/// The arguments of sets in the layout of MNIST.
pub(super) const SET_PARAMS: &[ParamSpec] = &[
    BINARIZE,
    LEVELS,
    EDGES,
    SIZE,
    ParamSpec {
        name: "limit",
        kind: ArgKind::Int(1),
        default: Some(""),
        doc: "Only the first so many images of each part, for quick runs.",
    },
];

/// A set in the layout of MNIST: four IDX files of known names in a known folder.
pub(super) struct KnownSet {
    /// Row and folder.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Where the files can be had.
    pub home: &'static str,
}

impl KnownSet {
    /// The images as `size:` wants them.
    fn grey(&self, args: &Args) -> Result<Grey, DataIssue> {
        let size = args.int(SIZE.name);
        if size > 0 && SIDE.is_multiple_of(size) {
            return Ok(Grey { source: self.name.into(), size: [size, size], levels: 256 });
        }
        let message = format!("images of {SIDE} by {SIDE} pixels cannot be reduced to {size} by {size}");
        let diag = args.error(SIZE.name, message, format!("does not divide {SIDE}"));
        Err(diag.help("each pixel is the mean of a square of pixels: write 14, 7, 4, 2 or 1").into())
    }

    pub(super) fn check(&self, args: &Args, declared: &[EventTy]) -> Result<Vec<EventTy>, DataIssue> {
        at_most(self.name, declared, &["an image", "its class"])?;
        let grey = self.grey(args)?;
        let mut types = Vec::new();
        for (i, ty) in declared.iter().enumerate() {
            types.push(if i == 0 {
                grey.ty(args, ty)?
            } else {
                EventTy { kind: Kind::Class(10), shape: Vec::new() }
            });
        }
        Ok(types)
    }

    pub(super) fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let grey = self.grey(args)?;
        let mut parts = Vec::new();
        for stem in ["train", "t10k"] {
            let images = self
                .file(host, &format!("{stem}-images"), "idx3-ubyte", |b, f| read_images(b, f, self.help()))?;
            if images.dims[1..] != [SIDE, SIDE] {
                let found = format!("found images of {} by {} pixels", images.dims[1], images.dims[2]);
                return Err(DataIssue::new(
                    format!("`{stem}-images-idx3-ubyte` is not of {}", self.title),
                    self.help(),
                )
                .note("expected images of 28 by 28 pixels")
                .note(found));
            }
            let labels = self
                .file(host, &format!("{stem}-labels"), "idx1-ubyte", |b, f| read_labels(b, f, self.help()))?;
            images.same_count(&labels, self.help())?;
            labels.below(10, self.help())?;
            let n = args.int_if_given("limit").map_or(images.dims[0], |limit| limit.min(images.dims[0]));
            let mut raw = images.data;
            raw.truncate(n * SIDE * SIDE);
            let raw = edged(args, shrunk(raw, SIDE, grey.size[0]), grey.size);
            parts.push(grey.part(args, types, &raw, &labels.data[..n])?);
        }
        let test = parts.pop();
        Ok(Dataset { train: parts.pop().unwrap_or_default(), test, ..Dataset::default() })
    }

    /// Reads one file; both `train-images-idx3-ubyte` and `train-images.idx3-ubyte` are in circulation.
    fn file(
        &self,
        host: &dyn Host,
        stem: &str,
        kind: &str,
        parse: impl Fn(Vec<u8>, &str) -> Result<Tensor, DataIssue>,
    ) -> Result<Tensor, DataIssue> {
        let name = format!("{stem}-{kind}");
        match host.read(Some(self.name), &name) {
            Ok(bytes) => parse(bytes, &host.path(Some(self.name), &name).unwrap_or(name)),
            Err(first) if first.what.starts_with(NOT_FOUND) => {
                match host.read(Some(self.name), &format!("{stem}.{kind}")) {
                    Ok(bytes) => {
                        parse(bytes, &host.path(Some(self.name), &format!("{stem}.{kind}")).unwrap_or(name))
                    }
                    Err(second) if second.what.starts_with(NOT_FOUND) => Err(self.missing(&first)),
                    Err(second) => Err(self.missing(&second)),
                }
            }
            Err(error) => Err(self.missing(&error)),
        }
    }

    fn missing(&self, error: &HostError) -> DataIssue {
        DataIssue::unreadable(&format!("{} files", self.title), error, self.help())
    }

    fn help(&self) -> String {
        format!(
            "get {{train,t10k}}-{{images-idx3,labels-idx1}}-ubyte.gz from {} and put the four files into `data/{}`, or set GMC_DATA to \
             the folder that holds `{}`; `digits` needs no file",
            self.home, self.name, self.name
        )
    }
}
