//! Weights for other programs: safetensors, names being the paths in the spec (`decode.0.weight`).

use crate::failure::Failure;
use crate::session::snapshot::Stored;
use gmc_compiler::derive::meant;
use gmc_compiler::types::{TParam, Typed};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The values of `param`s with a range as the model means them; what training keeps of them, reals without bounds, stands beside them as
/// `raw.NAME`.
pub fn as_meant(typed: &Typed, mut tensors: BTreeMap<String, Stored>) -> BTreeMap<String, Stored> {
    for p in &typed.params {
        let Some(kept) = tensors.get(&p.name).cloned() else { continue };
        let Some(values) = meant(p, &kept.values) else { continue };
        tensors.insert(p.name.clone(), Stored { shape: kept.shape.clone(), values });
        // A net may have a tensor of that name.
        let mut raw = format!("raw.{}", p.name);
        while tensors.contains_key(&raw) {
            raw = format!("raw.{raw}");
        }
        tensors.insert(raw, kept);
    }
    tensors
}

/// Most numbers of a `param` that are listed.
const LISTED: usize = 16;

/// The `param`s of a spec with their values as the model means them, in words; `kept` gives what training keeps of one.
pub fn fitted(typed: &Typed, kept: impl Fn(&str) -> Option<Vec<f32>>) -> Vec<(String, String)> {
    let one = |p: &TParam| {
        let kept = kept(&p.name)?;
        let values = meant(p, &kept).unwrap_or(kept);
        let mut shown: Vec<String> = values.iter().take(LISTED).map(|v| format!("{v:.6}")).collect();
        if values.len() > LISTED {
            shown.push(format!(".. ({} numbers)", values.len()));
        }
        Some((p.name.clone(), shown.join(" ")))
    };
    typed.params.iter().filter(|p| p.each.is_none()).filter_map(one).collect()
}

/// What a file of weights is of: it stands in its metadata under `gmc`, as JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Of<'a> {
    /// The gmc that wrote it.
    pub version: &'static str,
    /// The spec's text.
    pub spec: &'a str,
    /// Its overrides, a line each: `train.lr=1e-3`.
    pub set: &'a str,
}

/// The bytes of a safetensors file. `path` is for messages.
///
/// # Errors
/// Tensors that are not as their shapes say.
pub fn encode<'a>(
    tensors: impl Iterator<Item = (&'a str, &'a Stored)>,
    path: &Path,
) -> Result<Vec<u8>, Failure> {
    encode_of(tensors, None, path)
}

/// The same with what they are of.
///
/// # Errors
/// As [`encode`].
pub fn encode_of<'a>(
    tensors: impl Iterator<Item = (&'a str, &'a Stored)>,
    of: Option<&Of<'_>>,
    path: &Path,
) -> Result<Vec<u8>, Failure> {
    let error = |e: safetensors::SafeTensorError| Failure::file("write", path, e);
    let raw: Vec<(&str, &Stored, Vec<u8>)> =
        tensors.map(|(name, t)| (name, t, t.values.iter().flat_map(|v| v.to_le_bytes()).collect())).collect();
    let mut views = Vec::with_capacity(raw.len());
    for (name, tensor, bytes) in &raw {
        views.push((*name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(error)?));
    }
    // One entry: the order of several would differ from run to run.
    let about = of.and_then(|of| serde_json::to_string(of).ok());
    let about = about.map(|text| HashMap::from([("gmc".to_string(), text)]));
    safetensors::serialize(views, about).map_err(error)
}

/// Reads the f32 tensors of a safetensors file; another element type is an error.
pub fn decode(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Stored>, Failure> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| Failure::file("read", path, e))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(Failure::file("read", path, format!("`{name}` is {:?}, not F32", view.dtype())));
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        tensors.insert(name.to_string(), Stored { shape: view.shape().to_vec(), values });
    }
    Ok(tensors)
}
