//! `join`: puts further inputs beside the features.

use super::super::args::{Args, ParamSpec};
use super::super::{Builder, Causality, ChainCx, Checked, Env, LayerRow, Row, lead};
use super::conditioning::PARAMS;
use super::parts::{as_vector, given_shape, given_value, misfit, named_givens, need_vector, view};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{Dim, Shape, Value};
use crate::syntax::ast;

/// `join(y)`
pub struct Join;

impl Row for Join {
    fn name(&self) -> &'static str {
        "join"
    }
    fn doc(&self) -> &'static str {
        "The further inputs of the net behind the features: [n] -> [n + m], or [C, H, W] -> [C + m, H, W] with a vector repeated at every \
         pixel. `Class(n)` enters as one-hot."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

/// Further inputs laid beside an event of some shape.
#[derive(Clone)]
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
            let shape = given_shape(&ty);
            let laid = match (shape.as_slice(), event) {
                ([c, h, w], [_, rows, columns]) if (h, w) == (rows, columns) => vec![*c, *h, *w],
                ([], [_, _, _]) => vec![1, 1, 1],
                ([n], [_, _, _]) => vec![*n, 1, 1],
                (_, [_]) => vec![shape.iter().product()],
                (_, _) => {
                    let d = misfit(
                        args,
                        format!(
                            "`{name}` of shape {} does not fit beside an event of shape {}",
                            ty.shape_text(),
                            crate::event::shape_text(event)
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
    /// `[B, n + added, ..]`
    pub fn lower(&self, cx: &mut Builder, env: &Env, x: Value) -> Value {
        self.lower_behind(cx, env, Some(x)).unwrap_or(x)
    }
    /// The same, behind nothing where `x` is absent; `None` when there are no further inputs either.
    pub fn lower_behind(&self, cx: &mut Builder, env: &Env, x: Option<Value>) -> Option<Value> {
        let mut all: Vec<Value> = x.into_iter().collect();
        for (name, ty, laid) in &self.given {
            let Some(v) = env.given.get(name).copied() else { continue };
            let v = given_value(cx, v, ty);
            all.push(view(cx, v, laid));
        }
        // An input that is the same for every example has a first axis of 1, and one number for every pixel is repeated.
        let first = lead(cx, &all);
        let rest: Vec<Dim> = x.map(|x| cx.shape(x).0.into_iter().skip(2).collect()).unwrap_or_default();
        for v in &mut all {
            let features = cx.shape(*v).0.get(1).copied().unwrap_or(Dim::fixed(1));
            let mut dims = vec![first, features];
            dims.extend(&rest);
            *v = cx.broadcast(*v, Shape(dims));
        }
        (!all.is_empty()).then(|| cx.concat(&all, 1))
    }
}

impl LayerRow for Join {
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let given = named_givens(cx, args, "inputs")?;
        let mut shape = match (input.kind, input.shape.as_slice()) {
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), [c, h, w]) => vec![*c, *h, *w],
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_), _) => {
                vec![need_vector(args, input)?]
            }
        };
        let beside = Beside::check(args, given, &shape)?;
        // A longer vector has other positions; a pixel keeps its place.
        let causality = if shape.len() == 3 { Causality::Weak } else { Causality::Global };
        if let Some(first) = shape.first_mut() {
            *first += beside.added;
        }
        let input = input.clone();
        let whole = Checked::elementwise(EventTy::real(shape), move |cx, env, x| {
            let x = as_vector(cx, x, &input);
            beside.lower(cx, env, x)
        });
        Ok(Checked { causality, ..whole })
    }
}
