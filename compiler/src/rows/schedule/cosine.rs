//! `cosine`.

use super::{OVER, RANGE, ends, fraction};
use crate::rows::args::{Args, ParamSpec};
use crate::rows::{Progress, Row, ScheduleRow};
use std::f64::consts::PI;

/// The row.
pub struct Cosine;

impl Row for Cosine {
    fn name(&self) -> &'static str {
        "cosine"
    }
    fn doc(&self) -> &'static str {
        "Half a cosine from the first value to the last: slow, fast, slow. (Loshchilov and Hutter 2017, eq. 5, without restarts.)"
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[RANGE, OVER];
        P
    }
}

impl ScheduleRow for Cosine {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = ends(args);
        b + (a - b) * 0.5 * (1.0 + (PI * fraction(args, at)).cos())
    }
}
