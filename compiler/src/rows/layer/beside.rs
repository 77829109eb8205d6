//! Further inputs laid beside the features of an event, shared by `join`, couplings and the nets that join their inputs.

use super::parts::{as_numbers, shape_as_numbers};
use super::require::misfit;
use super::{Causality, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, shape_text};
use crate::ir::{Dim, Ex, Scope, Shape, common_lead};
use crate::rows::args::Args;

/// Further inputs laid beside an event of some shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    given: Vec<(String, EventTy, Vec<usize>)>,
    /// Features they add along axis 1.
    pub added: usize,
}

impl Beside {
    /// Checks that each fits beside `event`: a vector beside a vector, a vector or an image of the same size beside an image.
    ///
    /// # Errors
    /// E0201 for one that does not.
    pub fn check(args: &Args, given: Vec<(String, EventTy)>, event: &[usize]) -> Result<Beside, Diag> {
        let mut all = Vec::new();
        let mut added = 0;
        for (name, ty) in given {
            let shape = shape_as_numbers(&ty);
            let laid = match (shape.as_slice(), event) {
                ([c, h, w], [_, rows, columns]) if (h, w) == (rows, columns) => vec![*c, *h, *w],
                ([], [_, _, _]) => vec![1, 1, 1],
                ([n], [_, _, _]) => vec![*n, 1, 1],
                (_, [_]) => vec![shape.iter().product()],
                (_, _) => {
                    let text = (ty.shape_text(), shape_text(event));
                    let d = misfit(
                        args,
                        format!(
                            "`{name}` of shape {} does not fit beside an event of shape {}",
                            text.0, text.1
                        ),
                        format!("puts `{name}` beside its input"),
                    );
                    return Err(d.help("an image takes vectors, and images of the same rows and columns"));
                }
            };
            added += laid.first().copied().unwrap_or(0);
            all.push((name, ty, laid));
        }
        Ok(Beside { given: all, added })
    }
    /// What is read of each further input: images pixel by pixel, vectors whole.
    pub fn given(&self) -> Vec<(String, Causality)> {
        let read = |laid: &[usize]| match laid {
            [_, h, w] if h * w > 1 => Causality::Weak,
            _ => Causality::Global,
        };
        self.given.iter().map(|(name, _, laid)| (name.clone(), read(laid))).collect()
    }
    /// `[B, n + added, ..]`
    pub fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        self.lower_behind(cx, Some(x)).unwrap_or(x)
    }
    /// The same, behind nothing where `x` is absent; `None` when there are no further inputs either.
    pub fn lower_behind<'g>(&self, cx: LowerCx<'g, '_>, x: Option<Ex<'g>>) -> Option<Ex<'g>> {
        let mut all: Vec<Ex> = x.into_iter().collect();
        all.extend(self.given.iter().map(|(name, ty, laid)| as_numbers(cx.given(name), ty).view(laid)));
        let rest: Vec<Dim> = x.map(|x| x.shape().0.into_iter().skip(2).collect()).unwrap_or_default();
        (!all.is_empty()).then(|| concat(cx.scope(), &all, &rest))
    }
}

/// Values `[B, n_i, ..]` one after the other along axis 1, as `[B, Σ n_i, ..rest]`. A value that is the same for every example has a first
/// axis of 1, and one number for every pixel has further axes of 1: both are repeated.
pub fn concat<'g>(s: Scope<'g>, all: &[Ex<'g>], rest: &[Dim]) -> Ex<'g> {
    let first = common_lead(all);
    let wide = |x: &Ex<'g>| {
        let features = x.shape().0.get(1).copied().unwrap_or(Dim::fixed(1));
        x.broadcast(&Shape([&[first, features], rest].concat()))
    };
    s.concat(&all.iter().map(wide).collect::<Vec<_>>(), 1)
}
