//! Weights for other programs: safetensors, names being the paths in the spec (`decode.0.weight`).

use crate::failure::Failure;
use crate::session::snapshot::Stored;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// The bytes of a safetensors file. `path` is for messages.
pub fn encode<'a>(
    tensors: impl Iterator<Item = (&'a str, &'a Stored)>,
    path: &Path,
) -> Result<Vec<u8>, Failure> {
    let error = |e: safetensors::SafeTensorError| Failure::file("write", path, e);
    let raw: Vec<(&str, &Stored, Vec<u8>)> =
        tensors.map(|(name, t)| (name, t, t.values.iter().flat_map(|v| v.to_le_bytes()).collect())).collect();
    let mut views = Vec::with_capacity(raw.len());
    for (name, tensor, bytes) in &raw {
        views.push((*name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(error)?));
    }
    safetensors::serialize(views, None).map_err(error)
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
