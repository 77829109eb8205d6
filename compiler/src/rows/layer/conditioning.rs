//! Learned projections of further inputs onto the features of a layer's input, shared by `bias_from` and `film`.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, ChainCx, Env, ParamDecl, init};
use super::convolution::Convolution;
use super::linear::Linear;
use super::parts::{given_shape, given_value, misfit, named_givens, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Value;

/// The list of further inputs.
pub const PARAMS: &[ParamSpec] =
    &[ParamSpec { name: "inputs", kind: ArgKind::List, default: None, doc: "names of further inputs" }];

/// A linear map of each of several further inputs to `features` numbers (an example, or a pixel), summed.
#[derive(Clone)]
pub struct Projection {
    parts: Vec<(String, EventTy, Part)>,
    rank: usize,
    features: usize,
}

#[derive(Clone)]
enum Part {
    /// A vector: the same numbers for every pixel.
    Vector(Linear),
    /// An image of the same rows and columns.
    Image(Convolution),
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
        for (name, ty) in named_givens(cx, args, "inputs")? {
            let shape = given_shape(&ty);
            let path = format!("{prefix}{name}.");
            let part = match (shape.as_slice(), input.shape.as_slice()) {
                ([c, h, w], [_, rows, columns]) if (h, w) == (rows, columns) => Part::Image(Convolution {
                    bias: false,
                    ..Convolution::same(path, *c, features, 1, *h, *w)
                }),
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
    /// Its tensors: uniform on ±1/√fan_in, or all 0.
    pub fn params(&self, zero: bool) -> Vec<ParamDecl> {
        let weights = |fan_in| if zero { init::zeros() } else { init::lecun_uniform(fan_in) };
        self.parts
            .iter()
            .flat_map(|(_, _, part)| match part {
                Part::Vector(m) => m.params(Some(weights(m.n_in))),
                Part::Image(c) => c.params(Some(weights(c.c_in))),
            })
            .collect()
    }
    /// `[B, features]`, or `[B, features, H or 1, W or 1]` for images. `None` when an input was not supplied.
    pub fn lower(&self, cx: &mut Builder, env: &Env) -> Option<Value> {
        let mut total: Option<Value> = None;
        for (name, ty, part) in &self.parts {
            let v = env.given.get(name).copied()?;
            let v = given_value(cx, v, ty);
            let y = match part {
                Part::Image(c) => c.lower(cx, env, v),
                Part::Vector(m) => {
                    let flat = view(cx, v, &[m.n_in]);
                    let y = m.lower(cx, env, flat);
                    let mut event = vec![1; self.rank.saturating_sub(1)];
                    if let Some(first) = event.first_mut() {
                        *first = self.features;
                    }
                    view(cx, y, &event)
                }
            };
            total = Some(match total {
                Some(t) => cx.add(t, y),
                None => y,
            });
        }
        total
    }
}
