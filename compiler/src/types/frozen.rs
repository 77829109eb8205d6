//! Nets whose weights come from a file: `net look(x: Real[64]) -> Real[32] { dense(32), relu } from "f.safetensors"`. Nobody owns them, and
//! nothing changes them.

use super::{Bad, Checker, Res, TNet};
use crate::diag::codes;
use crate::rows::ParamDecl;
use crate::rows::safetensors::{File, Tensor};
use crate::span::Span;
use crate::syntax::ast::{NetItem, Weights};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The weights of a net, read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct TFrozen {
    /// The path as it is written.
    pub path: String,
    /// CRC-32 of the file's bytes, in eight digits.
    pub hash: String,
    /// Values by the paths of the net's parameters and states (`0.weight`).
    pub values: BTreeMap<String, Rc<[f32]>>,
}

impl Checker<'_> {
    /// Reads the weights of a net that says where they are.
    pub(super) fn frozen(&self, n: &NetItem, net: &TNet) -> Res<Option<TFrozen>> {
        let Some(from) = &n.weights else { return Ok(None) };
        let name = &n.name.name;
        let inner = net.calls.iter().find(|c| matches!(self.names.get(*c), Some(("net", _))));
        if let Some(inner) = inner {
            return Err(codes::e0229::net_inside(name, inner, from.span).into());
        }
        let declared = net.chain.params();
        if declared.is_empty() {
            return Err(codes::e0229::no_parameters(name, from.span).into());
        }
        let bytes = self
            .host
            .weights(&from.path)
            .map_err(|why| codes::e0229::unreadable(&from.path, from.span, &why.what, &why.tried))?;
        let hash = format!("{:08x}", crc32(&bytes));
        let file =
            File::read(&bytes).map_err(|why| codes::e0229::no_safetensors(&from.path, from.span, &why))?;
        let mut values = BTreeMap::new();
        for p in &declared {
            let own = format!("{name}.{}", p.name);
            let Some(tensor) = file.tensor(&own).or_else(|| file.tensor(&p.name)) else {
                return Err(
                    codes::e0229::missing((name, n.name.span), &p.name, place(from), &file.names()).into()
                );
            };
            values.insert(p.name.clone(), fitting(p, &tensor, from)?);
        }
        Ok(Some(TFrozen { path: from.path.clone(), hash, values }))
    }

    /// Refuses a net from a file as a layer of another.
    pub(super) fn no_frozen_layers(&self, name: &str, calls: &[String], at: crate::span::Span) -> Res<()> {
        let frozen = |c: &&String| self.typed.nets.iter().any(|n| n.frozen.is_some() && n.name == **c);
        match calls.iter().find(frozen) {
            Some(inner) => Err(codes::e0229::as_a_layer(name, inner, at).into()),
            None => Ok(()),
        }
    }
}

/// The file as it is written, and where.
fn place(from: &Weights) -> (&str, Span) {
    (&from.path, from.span)
}

/// The values of a tensor, where it has the axes of the parameter.
fn fitting(p: &ParamDecl, tensor: &Tensor<'_>, from: &Weights) -> Result<Rc<[f32]>, Bad> {
    if tensor.shape != p.shape {
        return Err(codes::e0229::shape(&p.name, &p.shape, &tensor.shape, place(from)).into());
    }
    match tensor.values() {
        Ok(values) if values.iter().all(|v| v.is_finite()) => Ok(values.into()),
        Ok(_) => Err(codes::e0229::values(&p.name, "holds values that are not finite", place(from)).into()),
        Err(why) => Err(codes::e0229::values(&p.name, &why, place(from)).into()),
    }
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |c: u32| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 };
    let byte = |c: u32, b: &u8| (0..8).fold(c ^ u32::from(*b), |c, _| step(c));
    !bytes.iter().fold(!0, byte)
}

#[cfg(test)]
mod tests {
    /// The check value of the catalogue of CRC algorithms.
    #[test]
    fn the_hash_is_the_usual_one() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
