//! Initial values of parameters, as IR of the `init` program. Layers name one; users may overrule it (`dense(64, init: zeros)`).

mod constant;
mod normal;
mod orthogonal;
pub mod rotation;
mod uniform;

use super::Row;
use super::args::{ArgKind, Args, Const, ParamSpec};
use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::ir::{Ex, Scope, Shape};
use rotation::{Factor, Rotation};

/// The words that `init:` understands.
pub const ROWS: &[&dyn InitRow] = &[
    &constant::Zeros,
    &constant::Ones,
    &constant::Constant,
    &uniform::Uniform,
    &normal::Normal,
    &uniform::Lecun,
    &uniform::Xavier,
    &normal::He,
    &orthogonal::Orthogonal,
];

/// A word of `init: ..`.
pub trait InitRow: Row {
    /// Another word for the same.
    fn also(&self) -> Option<&'static str> {
        None
    }
    /// The number behind the word, as in `normal(0.02)`.
    fn number(&self) -> Number {
        Number::None
    }
    /// The initial value, for the number that was written or stands for it (0 where there is none).
    fn init(&self, number: f64, fan: Fan) -> Init;
}

/// Whether a word takes a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// It takes none.
    None,
    /// This one where none is written.
    Default(f64),
    /// It must be written.
    Required,
}

/// How a parameter starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// All this number.
    Constant(f64),
    /// Uniform on (-bound, bound).
    Uniform(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// A matrix (first axis × the others) whose shorter side is orthonormal.
    Orthogonal,
    /// A factor of a fixed rotation.
    Rotation(Rotation, Factor),
}

/// How many values one output element reads, and how many outputs read one input element; on average over a stride, rounded up, and
/// away from the edges of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// Inputs of one output element.
    pub input: usize,
    /// Outputs of one input element.
    pub output: usize,
}

impl Init {
    /// All 0.
    pub const ZEROS: Init = Init::Constant(0.0);
    /// All 1.
    pub const ONES: Init = Init::Constant(1.0);

    /// Uniform on ±1/√fan_in: what `kaiming_uniform` with a = √5 amounts to.
    pub fn lecun(fan_in: usize) -> Init {
        Init::Uniform(1.0 / (fan_in.max(1) as f64).sqrt())
    }
    /// The value of a parameter with these axes.
    pub fn lower<'g>(&self, s: Scope<'g>, dims: &[usize]) -> Ex<'g> {
        let shape = Shape::fixed(dims);
        match self {
            Init::Constant(c) => s.full(*c, &shape),
            Init::Uniform(bound) => s.uniform(&shape) * (2.0 * bound) - *bound,
            Init::Normal(std) => s.normal(&shape) * *std,
            Init::Orthogonal => orthogonal::matrix(s, dims),
            Init::Rotation(rotation, factor) => rotation.factor(s, *factor),
        }
    }
}

/// The `init` argument of layers with weights.
pub const PARAM: ParamSpec = ParamSpec {
    name: "init",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "initial weights: `zeros`, `ones`, `constant(c)`, `uniform(b)`, `normal(s)`, `lecun`, `xavier`, `he` or `orthogonal`; the bias then starts at 0",
};

/// The initial value that the user wrote as `init: ..`, if one was written.
///
/// # Errors
/// E0205 for an unknown word, or an argument that is no number.
pub fn from_args(args: &Args, fan: Fan) -> Result<Option<Init>, Diag> {
    let Some(value) = args.get(PARAM.name) else { return Ok(None) };
    let word = args.called(PARAM.name).unwrap_or_default();
    let wrong =
        |message: String, label: &str, help: String| Err(args.error(PARAM.name, message, label).help(help));
    let number = match value {
        Const::Call(c) => match c.args.first().map(|(_, v)| (v, v.num())) {
            None => None,
            Some((_, Some(x))) if x.is_finite() => Some(x),
            Some((v, _)) => {
                return wrong(
                    format!("`{word}` takes a number"),
                    &format!("`{v}` is not a finite number"),
                    format!("write `init: {word}(0.1)`"),
                );
            }
        },
        Const::Word(_)
        | Const::Text(_)
        | Const::Int(_)
        | Const::Num(_)
        | Const::List(_)
        | Const::Range(..)
        | Const::Quantity(..) => None,
    };
    let Some(row) = ROWS.iter().find(|r| r.name() == word || r.also() == Some(word)) else {
        let names: Vec<&str> = ROWS.iter().map(|r| r.name()).collect();
        let help = match did_you_mean(word, names.iter().copied()) {
            Some(s) => format!("did you mean `{s}`?"),
            None => format!("one of {}", names.join(", ")),
        };
        return wrong(format!("there is no initial value called `{value}`"), "not known", help);
    };
    match (row.number(), number) {
        (Number::None, None) => Ok(Some(row.init(0.0, fan))),
        (Number::Default(x), None) | (Number::Default(_) | Number::Required, Some(x)) => {
            Ok(Some(row.init(x, fan)))
        }
        (Number::Required, None) => {
            wrong(format!("`{word}` needs a number"), "no number here", format!("write `init: {word}(0.1)`"))
        }
        (Number::None, Some(_)) => {
            wrong(format!("`{word}` takes no number"), "with a number", format!("write `init: {word}`"))
        }
    }
}
