//! Learned projections of further inputs onto the features of a layer's input, shared by `bias_from` and `film`.

use super::convolution::Convolution;
use super::linear::Linear;
use super::parts::{as_numbers, shape_as_numbers};
use super::require::{misfit, named_givens};
use super::{Causality, ChainCx, LowerCx};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

/// The list of further inputs.
pub const INPUTS: ParamSpec =
    ParamSpec { name: "inputs", kind: ArgKind::List, default: None, doc: "names of further inputs" };

/// A linear map of each of several further inputs to `features` numbers (an example, or a pixel), summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    parts: Vec<(String, EventTy, Part)>,
    rank: usize,
    features: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A vector: the same numbers for every pixel.
    Vector(Linear),
    /// An image of the same rows and columns.
    Image(Convolution),
    /// A sequence of as many places.
    Sequence(Linear),
}

impl Projection {
    /// Checks the inputs named in `inputs` against an input of this type; `features` are made for each place of axis 1.
    ///
    /// # Errors
    /// E0205 for unknown names; E0201 for an image of another size.
    pub fn check(
        cx: &dyn ChainCx,
        args: &Args,
        prefix: &str,
        input: &EventTy,
        features: usize,
    ) -> Result<Projection, Diag> {
        let mut parts = Vec::new();
        for (name, ty) in named_givens(cx, args, INPUTS.name)? {
            let shape = shape_as_numbers(&ty);
            let path = format!("{prefix}{name}.");
            let part = match (shape.as_slice(), input.shape.as_slice()) {
                ([c, h, w], [_, rows, columns]) if (h, w) == (rows, columns) => Part::Image(Convolution {
                    bias: false,
                    ..Convolution::same(path, *c, features, 1, *h, *w)
                }),
                ([t, d], [places, _]) if t == places => {
                    Part::Sequence(Linear { bias: false, ..Linear::plain(path, *d, features) })
                }
                ([_, _, _], [_, rows, columns]) => {
                    let d = misfit(
                        args,
                        format!(
                            "`{name}` of shape {} cannot be laid over an image of {rows} x {columns}",
                            ty.shape_text()
                        ),
                        format!("receives {}", input.shape_text()),
                    );
                    return Err(d.help(format!(
                        "use it where rows and columns agree, or pass a vector made from `{name}`"
                    )));
                }
                (s, _) => {
                    Part::Vector(Linear { bias: false, ..Linear::plain(path, s.iter().product(), features) })
                }
            };
            parts.push((name, ty, part));
        }
        Ok(Projection { parts, rank: input.shape.len() + 1, features })
    }
    /// What is read of each input: an image pixel by pixel, a sequence place by place, a vector whole.
    pub fn given(&self) -> Vec<(String, Causality)> {
        let read = |part: &Part| match part {
            Part::Vector(_) => Causality::Global,
            Part::Image(_) | Part::Sequence(_) => Causality::Weak,
        };
        self.parts.iter().map(|(name, _, part)| (name.clone(), read(part))).collect()
    }
    /// Its tensors: uniform on ±1/√fan_in, or all 0.
    pub fn params(&self, zero: bool) -> Vec<ParamDecl> {
        let weights = |fan_in| if zero { Init::ZEROS } else { Init::lecun(fan_in) };
        self.parts
            .iter()
            .flat_map(|(_, _, part)| match part {
                Part::Vector(m) | Part::Sequence(m) => m.params(Some(weights(m.n_in))),
                Part::Image(c) => c.params(Some(weights(c.c_in))),
            })
            .collect()
    }
    /// `[B, features]`, `[B, T or 1, features]` for sequences, or `[B, features, H or 1, W or 1]` for images; `None` where no input is named.
    pub fn lower<'g>(&self, cx: LowerCx<'g, '_>) -> Option<Ex<'g>> {
        let each = self.parts.iter().map(|(name, ty, part)| {
            let v = as_numbers(cx.given(name), ty);
            match part {
                Part::Image(c) => c.lower(cx, v),
                Part::Sequence(m) => m.lower_each(cx, v),
                Part::Vector(m) => {
                    let event: &[usize] = match self.rank {
                        3 => &[1, self.features],
                        4 => &[self.features, 1, 1],
                        _ => &[self.features],
                    };
                    m.lower(cx, v.view(&[m.n_in])).view(event)
                }
            }
        });
        each.reduce(|total, y| total + y)
    }
}
