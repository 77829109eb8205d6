//! Layers of nets, one file each. The files that hold no row (`parts`, `linear`, `convolution`, `spectral`, `affine`, `pool`,
//! `conditioning`) hold what several rows share.

pub mod affine;
pub mod conditioning;
pub mod convolution;
pub mod linear;
pub mod parts;
pub mod pool;
pub mod spectral;

mod attention;
mod avg_pool;
mod batch_norm;
mod bias_from;
mod conv;
mod conv_transpose;
pub mod dense;
mod dropout;
mod embed;
mod film;
mod flatten;
mod global_pool;
mod group_norm;
mod heads;
mod instance_norm;
pub mod join;
mod layer_norm;
mod logits;
mod max_pool;
mod minibatch_stddev;
mod pixel_norm;
mod reflect_pad;
mod rescale;
pub mod reshape;
mod residual;
mod scalar;
mod up;

use super::LayerRow;

/// Every layer.
pub const ROWS: &[&dyn LayerRow] = &[
    &dense::Dense,
    &heads::Heads,
    &logits::Logits,
    &embed::Embed,
    &flatten::Flatten,
    &reshape::Reshape,
    &scalar::Scalar,
    &rescale::Rescale,
    &conv::Conv,
    &conv_transpose::ConvTranspose,
    &up::Up,
    &avg_pool::AvgPool,
    &max_pool::MaxPool,
    &global_pool::GlobalPool,
    &reflect_pad::ReflectPad,
    &attention::Attention,
    &residual::Residual,
    &dropout::Dropout,
    &batch_norm::BatchNorm,
    &layer_norm::LayerNorm,
    &group_norm::GroupNorm,
    &instance_norm::InstanceNorm,
    &pixel_norm::PixelNorm,
    &minibatch_stddev::MinibatchStddev,
    &bias_from::BiasFrom,
    &film::Film,
    &join::Join,
];
