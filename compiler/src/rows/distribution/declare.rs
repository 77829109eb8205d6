//! How a distribution is declared: its parameters once, as named fields, and its formulas over them.
//!
//! A row is a [`distribution!`] block and an `impl Distribution`; [`DistRow`], which the rest of the compiler calls, follows
//! from the two.

use super::axes::{broadcast_to_params, with_last};
use super::cdf::{Cdf, Link};
use super::{AtEnd, DistEvent, DistParam, DistRow, EntropyFn, LinkFn, MeanFn, RelaxedFn, Reparameterised};
use crate::event::{EventTy, Kind, Support};
use crate::ir::ops::exactly;
use crate::ir::{Ex, Graph, Scope, Shape, Value};
use crate::rows::Row;

/// What the files of rows use.
pub(super) mod prelude {
    pub(in super::super) use super::super::cdf::{Cdf, Law, Link};
    pub(in super::super) use super::super::events::single;
    pub(in super::super) use super::super::{AtEnd, DistEvent, HALF_LN_TAU, Reparameterised, constant};
    pub(in super::super) use super::{Closed, Distribution, LinkOf, Noise, RelaxationOf};
    pub(in super::super) use crate::event::{Kind, Support};
    pub(in super::super) use crate::ir::Ex;
}

/// A list of [`DistParam`]s, each as `/// documentation`, `name: SUPPORT[axes] or other = default`: the support is a constant
/// of [`Support`]; `[axes]` is the number of trailing axes that one draw reads, 0 unless written; `or other` says that
/// exactly one of the two is given; `named ".."` that it must be written with its name, because elsewhere its place holds what it says.
macro_rules! dist_params {
    (@default) => { None };
    (@default $default:expr) => { Some($default) };
    (@group) => { 0 };
    (@group $other:ident) => { 1 };
    (@axes) => { 0 };
    (@axes $axes:literal) => { $axes };
    (@elsewhere) => { None };
    (@elsewhere $elsewhere:literal) => { Some($elsewhere) };
    ($($(#[doc = $doc:literal])+
        $field:ident : $support:ident $([$axes:literal])? $(or $other:ident)? $(named $elsewhere:literal)? $(= $default:expr)?),+ $(,)?) => {
        const {
            &[$($crate::rows::DistParam {
                name: stringify!($field),
                support: $crate::event::Support::$support,
                default: dist_params!(@default $($default)?),
                group: dist_params!(@group $($other)?),
                axes: dist_params!(@axes $($axes)?),
                elsewhere: dist_params!(@elsewhere $($elsewhere)?),
                doc: concat!($($doc),+).trim_ascii(),
            }),+]
        }
    };
}

/// Declares a distribution by what it says about itself: the documentation comment is what `gmc explain NAME` prints, then come
/// the name in the language and the parameters, as in [`dist_params!`]. Next to the row it makes `Params<'g>`, the parameters
/// as the formulas read them, and `Types<'t>`, what the checker knows of them.
///
/// ```text
/// distribution! {
///     /// Double exponential.
///     pub struct Laplace = "Laplace" {
///         /// centre
///         loc: REALS,
///         /// width
///         scale: POSITIVE,
///     }
/// }
/// ```
///
/// `pub struct Row = "Row" as Other;` takes the parameters of another row.
macro_rules! distribution {
    (@type $g:lifetime) => { $crate::ir::Ex<$g> };
    (@type $g:lifetime $other:ident) => { Option<$crate::ir::Ex<$g>> };
    (@read $name:literal $field:ident $scope:ident $given:expr) => {
        $crate::rows::distribution::declare::required($given, $name, stringify!($field))
    };
    (@read $name:literal $field:ident $scope:ident $given:expr, or $other:ident) => { $given };
    (@read $name:literal $field:ident $scope:ident $given:expr, = $default:expr) => {
        $given.unwrap_or_else(|| $scope.num($default))
    };
    ($(#[doc = $doc:literal])+ $vis:vis struct $Row:ident = $name:literal {
        $($(#[doc = $of:literal])+
            $field:ident : $support:ident $([$axes:literal])? $(or $other:ident)? $(named $elsewhere:literal)? $(= $default:expr)?),+ $(,)?
    }) => {
        row! {
            $(#[doc = $doc])+
            $vis struct $Row = $name;
        }

        /// The parameters as the formulas read them.
        #[derive(Clone, Copy)]
        pub struct Params<'g> {
            $($(#[doc = $of])+ pub $field: distribution!(@type 'g $($other)?)),+
        }

        /// The types of the parameters that are given.
        #[derive(Clone, Copy)]
        pub struct Types<'t> {
            $($(#[doc = $of])+ pub $field: Option<&'t $crate::event::EventTy>),+
        }

        impl $crate::rows::distribution::declare::Parameters for $Row {
            type Params<'g> = Params<'g>;
            type Types<'t> = Types<'t>;
            const PARAMS: &'static [$crate::rows::DistParam] = dist_params! {
                $($(#[doc = $of])+ $field : $support $([$axes])? $(or $other)? $(named $elsewhere)? $(= $default)?),+
            };
            fn read<'g>(scope: $crate::ir::Scope<'g>, given: &[Option<$crate::ir::Value>]) -> Params<'g> {
                let mut given = given.iter().map(|v| v.map(|v| scope.ex(v)));
                Params {
                    $($field: distribution!(
                        @read $name $field scope given.next().flatten() $(, or $other)? $(, = $default)?
                    )),+
                }
            }
            fn types(given: &[Option<$crate::event::EventTy>]) -> Types<'_> {
                let mut given = given.iter().map(Option::as_ref);
                Types { $($field: given.next().flatten()),+ }
            }
        }

        impl<'t> $crate::rows::distribution::declare::Named<'t> for Types<'t> {
            fn named(self) -> Vec<(&'static str, Option<&'t $crate::event::EventTy>)> {
                vec![$((stringify!($field), self.$field)),+]
            }
        }
    };
    ($(#[doc = $doc:literal])+ $vis:vis struct $Row:ident = $name:literal as $Other:ty;) => {
        row! {
            $(#[doc = $doc])+
            $vis struct $Row = $name;
        }

        impl $crate::rows::distribution::declare::Parameters for $Row {
            type Params<'g> = <$Other as $crate::rows::distribution::declare::Parameters>::Params<'g>;
            type Types<'t> = <$Other as $crate::rows::distribution::declare::Parameters>::Types<'t>;
            const PARAMS: &'static [$crate::rows::DistParam] =
                <$Other as $crate::rows::distribution::declare::Parameters>::PARAMS;
            fn read<'g>(
                scope: $crate::ir::Scope<'g>,
                given: &[Option<$crate::ir::Value>],
            ) -> Self::Params<'g> {
                <$Other as $crate::rows::distribution::declare::Parameters>::read(scope, given)
            }
            fn types(given: &[Option<$crate::event::EventTy>]) -> Self::Types<'_> {
                <$Other as $crate::rows::distribution::declare::Parameters>::types(given)
            }
        }
    };
}

/// The parameters of a row, as `distribution!` declares them.
pub trait Parameters: Row {
    /// As the formulas read them: one field each, with the default where none is given; optional where there are alternatives.
    type Params<'g>: Copy;
    /// What the checker knows of them, `None` where one is not given.
    type Types<'t>: Copy + Named<'t>;
    /// In the order in which they are written and passed.
    const PARAMS: &'static [DistParam];
    /// The fields from the values of [`Parameters::PARAMS`].
    fn read<'g>(scope: Scope<'g>, given: &[Option<Value>]) -> Self::Params<'g>;
    /// The fields from the types of [`Parameters::PARAMS`].
    fn types(given: &[Option<EventTy>]) -> Self::Types<'_>;
}

/// Types that have the names of parameters.
pub trait Named<'t> {
    /// All of them, in the order of the parameters.
    fn named(self) -> Vec<(&'static str, Option<&'t EventTy>)>;
}

/// A parameter that the checker has seen to it is given.
pub(super) fn required<'g>(given: Option<Ex<'g>>, row: &str, name: &str) -> Ex<'g> {
    given.unwrap_or_else(|| panic!("internal: `{row}` is without its parameter `{name}`"))
}

/// A formula over the parameters of `D`, or why there is none in closed form.
pub type Closed<'g, D> = Result<fn(<D as Parameters>::Params<'g>) -> Ex<'g>, &'static str>;
/// A relaxed draw of `D` at a temperature.
pub type RelaxationOf<'g, D> = fn(<D as Parameters>::Params<'g>, &Noise<'g>, f64) -> Ex<'g>;
/// How a variable of `D` follows from a standard one.
pub type LinkOf<'g, D> = fn(<D as Parameters>::Params<'g>) -> Link<'g>;

/// The formulas of a distribution, over the graph that `'g` lends out. What each means is said at [`DistRow`], which every such
/// row is.
pub trait Distribution<'g>: Parameters {
    /// As [`DistRow::event`].
    fn event(&self, types: Self::Types<'_>) -> Result<DistEvent, String>;
    /// As [`DistRow::together`].
    fn together(&self, _types: Self::Types<'_>) -> Result<(), (String, String)> {
        Ok(())
    }
    /// As [`DistRow::covers`].
    fn covers(&self, _types: Self::Types<'_>) -> Option<Support> {
        None
    }
    /// As [`DistRow::at_ends`].
    fn at_ends(&self, _types: Self::Types<'_>) -> [AtEnd; 2] {
        [AtEnd::Finite; 2]
    }
    /// As [`DistRow::log_prob`].
    fn log_prob(&self, p: Self::Params<'g>, x: Ex<'g>) -> Ex<'g>;
    /// As [`DistRow::sample`]; the draw has the shape of the noise.
    fn sample(&self, p: Self::Params<'g>, noise: &Noise<'g>) -> Ex<'g>;
    /// As [`DistRow::reparameterised`].
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>>;
    /// As [`DistRow::mean`], and broadcasting to the shape of a draw.
    fn mean(&self) -> Closed<'g, Self>;
    /// As [`DistRow::centre`], and broadcasting to the shape of a draw. Where there is no mean the row must say what it is.
    fn centre(&self, p: Self::Params<'g>, _kind: Kind) -> Ex<'g> {
        match self.mean() {
            Ok(mean) => mean(p),
            Err(why) => {
                panic!("internal: nothing stands for `{}`, whose mean is unknown: {why}", self.name())
            }
        }
    }
    /// As [`DistRow::entropy`].
    fn entropy(&self) -> Closed<'g, Self>;
    /// As [`DistRow::cdf`].
    fn cdf(&self) -> Option<Cdf<LinkOf<'g, Self>>> {
        None
    }
    /// As [`DistRow::values`].
    fn values(&self, _p: Self::Params<'g>) -> Option<usize> {
        None
    }
    /// As [`DistRow::vector`].
    fn vector(&self) -> bool {
        false
    }
    /// Whether density and entropy, then made of functions of single numbers, are computed in f64, because in f32 they would lose
    /// their digits where parameters are large or arguments far out.
    fn wide(&self) -> bool {
        false
    }
    /// As [`DistRow::work`].
    fn work(&self) -> usize {
        if self.wide() { 60 } else { 10 }
    }
}

/// `f` of these parameters and of further values, computed in f64.
pub(super) fn in_f64<'g>(
    s: Scope<'g>,
    params: &[Option<Value>],
    more: &[Ex<'g>],
    f: impl for<'w> FnOnce(Scope<'w>, &[Option<Value>], &[Ex<'w>]) -> Ex<'w>,
) -> Ex<'g> {
    let given: Vec<bool> = params.iter().map(Option::is_some).collect();
    let args: Vec<Ex> = params.iter().flatten().map(|v| s.ex(*v)).chain(more.iter().copied()).collect();
    s.wide(&args, |s, args| {
        let mut args = args.iter();
        let param = |given: &bool| if *given { args.next().map(|a| a.v) } else { None };
        let params: Vec<Option<Value>> = given.iter().map(param).collect();
        f(s, &params, args.as_slice())
    })
}

/// The randomness of a draw of some shape. Streams are numbered in the order of the calls.
pub struct Noise<'g> {
    /// The graph of the draw.
    pub scope: Scope<'g>,
    /// The shape of the draw.
    pub shape: Shape,
}

impl<'g> Noise<'g> {
    /// Noise of this shape.
    pub fn new(scope: Scope<'g>, shape: &Shape) -> Noise<'g> {
        Noise { scope, shape: shape.clone() }
    }
    /// Standard normal.
    pub fn normal(&self) -> Ex<'g> {
        self.scope.normal(&self.shape)
    }
    /// Uniform on the open interval (0, 1).
    pub fn uniform(&self) -> Ex<'g> {
        self.scope.uniform(&self.shape)
    }
    /// Standard Gumbel.
    pub fn gumbel(&self) -> Ex<'g> {
        -(-self.uniform().ln()).ln()
    }
    /// Standard logistic.
    pub fn logistic(&self) -> Ex<'g> {
        let u = self.uniform();
        u.ln() - (-u).ln_1p()
    }
    /// Numbers of classes, `I [..shape, 1]`, with these logits (`[.., n]`, or broadcasting to `shape` and n): the largest logit
    /// after adding Gumbel noise. (Maddison, Tarlow and Minka 2014, section 2.)
    pub fn class(&self, logits: Ex<'g>) -> Ex<'g> {
        let each = Noise::new(self.scope, &with_last(&self.shape, logits.last_size()));
        (logits.less_greatest() + each.gumbel()).argmax(self.shape.rank())
    }
}

/// What a row has said it knows.
fn known<T>(answer: Result<T, &'static str>) -> T {
    answer.unwrap_or_else(|why| panic!("internal: {why}"))
}

// A boxed formula outlives the graph for which the row gave it, so the row is asked again for each graph.
impl<D: for<'g> Distribution<'g>> DistRow for D {
    fn dist_params(&self) -> &'static [DistParam] {
        D::PARAMS
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        Distribution::event(self, D::types(params))
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        Distribution::together(self, D::types(params))
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        Distribution::covers(self, D::types(params))
    }
    fn at_ends(&self, params: &[Option<EventTy>]) -> [AtEnd; 2] {
        Distribution::at_ends(self, D::types(params))
    }
    fn work(&self) -> usize {
        Distribution::work(self)
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let s = Scope::of(g);
        if !Distribution::wide(self) {
            return Distribution::log_prob(self, D::read(s, params), s.ex(x)).v;
        }
        in_f64(s, params, &[s.ex(x)], |s, params, x| {
            let [x] = *exactly(x);
            Distribution::log_prob(self, D::read(s, params), x)
        })
        .v
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let s = Scope::of(g);
        Distribution::sample(self, D::read(s, params), &Noise::new(s, shape)).v
    }
    fn reparameterised(&self) -> Reparameterised<RelaxedFn<'_>> {
        Distribution::reparameterised(self).map(|_| -> RelaxedFn<'_> {
            Box::new(|g, params, shape, tau| {
                let s = Scope::of(g);
                match Distribution::reparameterised(self) {
                    Reparameterised::Relaxed(draw) => draw(D::read(s, params), &Noise::new(s, shape), tau).v,
                    Reparameterised::Exactly | Reparameterised::No => {
                        panic!("internal: `{}` has no relaxed form", self.name())
                    }
                }
            })
        })
    }
    fn mean(&self) -> Result<MeanFn<'_>, &'static str> {
        Distribution::mean(self)?;
        Ok(Box::new(|g, params, shape| {
            let s = Scope::of(g);
            known(Distribution::mean(self))(D::read(s, params)).broadcast(shape).v
        }))
    }
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, kind: Kind) -> Value {
        let s = Scope::of(g);
        Distribution::centre(self, D::read(s, params), kind).broadcast(shape).v
    }
    fn entropy(&self) -> Result<EntropyFn<'_>, &'static str> {
        Distribution::entropy(self)?;
        Ok(Box::new(|g, params| {
            let s = Scope::of(g);
            let h = if Distribution::wide(self) {
                in_f64(s, params, &[], |s, params, _| known(Distribution::entropy(self))(D::read(s, params)))
            } else {
                known(Distribution::entropy(self))(D::read(s, params))
            };
            if DistRow::elementwise(self) { broadcast_to_params(h, params).v } else { h.v }
        }))
    }
    fn cdf(&self) -> Option<Cdf<LinkFn<'_>>> {
        let Cdf { law, .. } = Distribution::cdf(self)?;
        let link: LinkFn<'_> = Box::new(|s, params| match Distribution::cdf(self) {
            Some(cdf) => (cdf.link)(D::read(s, params)),
            None => panic!("internal: `{}` has no distribution function", self.name()),
        });
        Some(Cdf { law, link })
    }
    fn values(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<usize> {
        Distribution::values(self, D::read(Scope::of(g), params))
    }
    fn vector(&self) -> bool {
        Distribution::vector(self)
    }
}
