//! Bijections, the layers of flows, one file each. The files that hold no row (`parts`, `mask`, `monotone`, `chance`) hold what several
//! rows share.

pub mod chance;
pub mod mask;
pub mod monotone;
pub mod parts;

mod actnorm;
mod conv1x1;
mod couple;
mod flatten;
mod masked;
mod permute;
mod reshape;
mod reverse;
mod scale;
mod shift;
mod split;
mod squeeze;
mod unsqueeze;

use super::BijectionRow;

/// Every bijection.
pub const ROWS: &[&dyn BijectionRow] = &[
    &couple::Couple,
    &masked::Masked,
    &split::Split,
    &scale::Scale,
    &shift::Shift,
    &actnorm::Actnorm,
    &conv1x1::Conv1x1,
    &reverse::Reverse,
    &permute::Permute,
    &squeeze::Squeeze,
    &unsqueeze::Unsqueeze,
    &flatten::Flatten,
    &reshape::Reshape,
];
