//! Initial values of parameters, as IR of the `init` program. Layers name one; users may overrule it (`dense(64, init: zeros)`).

use super::args::{ArgKind, Args, Const, ParamSpec};
use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::ir::{Graph, RandomKind, Shape, Value};
use std::rc::Rc;

/// Makes the initial value of a parameter (shape fixed) as IR of the `init` program.
pub type Init = Rc<dyn Fn(&mut Graph, &[usize]) -> Value>;

/// How many values one output element reads, and how many outputs read one input element; on average over a stride, rounded up, and
/// away from the edges of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// Inputs of one output element.
    pub input: usize,
    /// Outputs of one input element.
    pub output: usize,
}

/// The words that `init:` understands, with their default argument where they take one.
pub const WORDS: &[(&str, &str)] = &[
    ("zeros", "all 0"),
    ("ones", "all 1"),
    ("constant", "`constant(c)`: all c"),
    ("uniform", "`uniform(b)`: uniform on (-b, b)"),
    ("normal", "`normal(s)`: normal with mean 0 and standard deviation s, 0.02 when not written"),
    ("lecun", "uniform on (-1/√fan_in, 1/√fan_in), the default of dense and convolutional layers"),
    ("xavier", "uniform with bound √(6 / (fan_in + fan_out)); Glorot & Bengio 2010, eq. 16"),
    ("he", "normal with standard deviation √(2 / fan_in); He et al. 2015, eq. 10"),
    ("orthogonal", "orthonormal rows or columns; Saxe et al. 2014"),
];

/// The `init` argument of layers with weights.
pub const PARAM: ParamSpec = ParamSpec {
    name: "init",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "initial weights: `zeros`, `ones`, `constant(c)`, `uniform(b)`, `normal(s)`, `lecun`, `xavier`, `he` or `orthogonal`; the bias then starts at 0",
};

/// All 0.
pub fn zeros() -> Init {
    constant(0.0)
}

/// All 1.
pub fn ones() -> Init {
    constant(1.0)
}

/// All `c`.
pub fn constant(c: f64) -> Init {
    Rc::new(move |g, dims| g.full(c, Shape::fixed(dims)))
}

/// Uniform on (-bound, bound).
pub fn uniform(bound: f64) -> Init {
    Rc::new(move |g, dims| {
        let u = g.random(RandomKind::Uniform, Shape::fixed(dims));
        let u = g.mul_c(u, 2.0 * bound);
        g.add_c(u, -bound)
    })
}

/// Normal with mean 0.
pub fn normal(std: f64) -> Init {
    Rc::new(move |g, dims| {
        let e = g.random(RandomKind::Normal, Shape::fixed(dims));
        g.mul_c(e, std)
    })
}

/// Uniform on ±1/√fan_in: what `kaiming_uniform` with a = √5 amounts to.
pub fn lecun_uniform(fan_in: usize) -> Init {
    uniform(1.0 / (fan_in.max(1) as f64).sqrt())
}

/// Uniform with bound √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16).
pub fn xavier_uniform(fan: Fan) -> Init {
    uniform((6.0 / (fan.input + fan.output).max(1) as f64).sqrt())
}

/// Normal with standard deviation √(2 / fan_in) (He et al. 2015, eq. 10).
pub fn he_normal(fan_in: usize) -> Init {
    normal((2.0 / fan_in.max(1) as f64).sqrt())
}

/// These numbers, row-major. The shape of the parameter must have as many elements.
pub fn literal(data: Vec<f64>) -> Init {
    Rc::new(move |g, dims| g.literal(data.clone(), dims))
}

/// A matrix (first axis × the others) whose shorter side is orthonormal: the orthogonal factor of a Gaussian matrix, by the
/// Newton-Schulz iteration X ← 1.5 X - 0.5 X Xᵀ X (Björck & Bowie 1971, eq. 2.9), which keeps the singular vectors and drives every
/// singular value to 1.
pub fn orthogonal() -> Init {
    Rc::new(|g, dims| {
        let rows = dims.first().copied().unwrap_or(1);
        let cols = dims.iter().skip(1).product::<usize>();
        let (short, long) = (rows.min(cols), rows.max(cols));
        let mut x = g.random(RandomKind::Normal, Shape::fixed(&[short, long]));
        // The largest singular value of a Gaussian matrix is at most about √short + √long; 1.5 leaves room below √3.
        x = g.mul_c(x, 1.5 / ((short as f64).sqrt() + (long as f64).sqrt()));
        for _ in 0..NEWTON_SCHULZ_STEPS {
            x = newton_schulz(g, x);
        }
        if rows > cols {
            x = g.transpose(x);
        }
        g.reshape(x, Shape::fixed(dims))
    })
}

/// Each step multiplies a small singular value by 1.5: 30 steps lift one of 1e-5, a square matrix' smallest, to 1.
const NEWTON_SCHULZ_STEPS: usize = 30;

fn newton_schulz(g: &mut Graph, x: Value) -> Value {
    let xt = g.transpose(x);
    let gram = g.matmul(x, xt);
    let cube = g.matmul(gram, x);
    let a = g.mul_c(x, 1.5);
    let b = g.mul_c(cube, 0.5);
    g.sub(a, b)
}

/// The initialiser that the user wrote as `init: ..`, if one was written.
///
/// # Errors
/// E0205 for an unknown word, or an argument that is no number.
pub fn from_args(args: &Args, fan: Fan) -> Result<Option<Init>, Diag> {
    let Some(value) = args.get(PARAM.name) else { return Ok(None) };
    let word = args.called(PARAM.name).unwrap_or_default().to_string();
    let number = match value {
        Const::Call(c) => match c.args.first() {
            None => None,
            Some((_, v)) => match v.num() {
                Some(x) if x.is_finite() => Some(x),
                Some(_) | None => {
                    return Err(args
                        .error(
                            PARAM.name,
                            format!("`{word}` takes a number"),
                            format!("`{v}` is not a finite number"),
                        )
                        .help(format!("write `init: {word}(0.1)`")));
                }
            },
        },
        Const::Word(_)
        | Const::Text(_)
        | Const::Int(_)
        | Const::Num(_)
        | Const::List(_)
        | Const::Range(..)
        | Const::Quantity(..) => None,
    };
    Ok(Some(match (word.as_str(), number) {
        ("zeros", None) => zeros(),
        ("ones", None) => ones(),
        ("constant", Some(c)) => constant(c),
        ("uniform", Some(b)) => uniform(b),
        ("normal", s) => normal(s.unwrap_or(0.02)),
        ("lecun", None) => lecun_uniform(fan.input),
        ("xavier" | "glorot", None) => xavier_uniform(fan),
        ("he" | "kaiming", None) => he_normal(fan.input),
        ("orthogonal", None) => orthogonal(),
        ("constant" | "uniform", None) => {
            let d = args.error(PARAM.name, format!("`{word}` needs a number"), "no number here");
            return Err(d.help(format!("write `init: {word}(0.1)`")));
        }
        ("zeros" | "ones" | "lecun" | "xavier" | "glorot" | "he" | "kaiming" | "orthogonal", Some(_)) => {
            return Err(args
                .error(PARAM.name, format!("`{word}` takes no number"), "with a number")
                .help(format!("write `init: {word}`")));
        }
        (_, _) => {
            let names: Vec<&str> = WORDS.iter().map(|(w, _)| *w).collect();
            let d =
                args.error(PARAM.name, format!("there is no initial value called `{value}`"), "not known");
            return Err(match did_you_mean(&word, names.iter().copied()) {
                Some(s) => d.help(format!("did you mean `{s}`?")),
                None => d.help(format!("one of {}", names.join(", "))),
            });
        }
    }))
}
