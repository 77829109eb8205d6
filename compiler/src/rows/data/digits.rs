#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::grey::{BINARIZE, EDGES, Grey, LEVELS, dynamic, edged};
use super::{DataIssue, DataRow, Dataset, Host, SplitMix, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{Args, ParamSpec};

/// 1,797 handwritten digits of 8 by 8 pixels, compiled in.
pub struct Digits;

const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/data/digits/digits.csv"));
const ROWS: usize = 1797;
const PIXELS: usize = 64;
/// How many of the shuffled rows are the test part.
const TEST: usize = 297;
/// Seed of the shuffle; another one is another test part, and no number measured before is comparable.
const SPLIT: u64 = 1797;

impl Row for Digits {
    fn name(&self) -> &'static str {
        "digits"
    }
    fn doc(&self) -> &'static str {
        "1,797 handwritten digits, 8×8 pixels, 17 grey levels, 10 classes (UCI Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, \
         CC BY 4.0). It is part of gmc and needs no file. Yields `[64]`, `[8, 8]` or `[1, 8, 8]`: `Real in unit` (grey / 16; \
         `Real in interval(-1, 1)` if so declared), `Int(17)`, or `Bool` when binarised; and, if asked for, the digit as `Class(10)`. \
         A fixed shuffle leaves 1,500 for training and 297 for testing."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const { &[BINARIZE, LEVELS, EDGES] }
    }
}

fn grey() -> Grey {
    Grey { source: "digits".into(), size: [8, 8], levels: 17 }
}

impl DataRow for Digits {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("digits", declared, &["an image", "its class"])?;
        let mut types = Vec::new();
        for (i, ty) in declared.iter().enumerate() {
            types.push(if i == 0 {
                grey().ty(args, ty)?
            } else {
                EventTy { kind: Kind::Class(10), shape: Vec::new() }
            });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], _host: &dyn Host) -> Result<Dataset, DataIssue> {
        let (pixels, classes) = parse(FILE)
            .ok_or_else(|| DataIssue::new("the embedded digits are damaged", "build gmc again"))?;
        let order = SplitMix::new(SPLIT).permutation(ROWS);
        let (train, test) = order.split_at(ROWS - TEST);
        let part = |rows: &[usize]| {
            let images: Vec<u8> =
                rows.iter().flat_map(|r| pixels[r * PIXELS..(r + 1) * PIXELS].iter().copied()).collect();
            let labels: Vec<u8> = rows.iter().map(|r| classes[*r]).collect();
            grey().part(args, types, &edged(args, images, grey().size), &labels)
        };
        Ok(Dataset { train: part(train)?, test: Some(part(test)?), ..Dataset::default() })
    }

    fn dynamic(&self, args: &Args) -> bool {
        dynamic(args)
    }
}

/// Pixels and classes; `None` unless all [`ROWS`] lines have all numbers in range.
fn parse(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut pixels, mut classes) = (Vec::with_capacity(ROWS * PIXELS), Vec::with_capacity(ROWS));
    for line in text.lines() {
        let numbers = line.split(',').map(|n| n.parse::<u8>().ok()).collect::<Option<Vec<u8>>>()?;
        let (class, image) = numbers.split_last()?;
        if image.len() != PIXELS || image.iter().any(|v| *v > 16) || *class > 9 {
            return None;
        }
        pixels.extend_from_slice(image);
        classes.push(*class);
    }
    (classes.len() == ROWS).then_some((pixels, classes))
}
