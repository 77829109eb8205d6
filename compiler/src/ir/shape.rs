//! Shapes and dtypes of IR values. The batch is one symbolic dimension: an axis is `n` or `n·B`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Element type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DType {
    /// Floating point: f32 on a device, f64 in the reference interpreter.
    F,
    /// Signed integer (indices).
    I,
    /// Truth value.
    B,
}

/// One axis: `n` elements, or `n` times the batch size. Written `784`, `B`, `2B`, in every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Dim {
    /// The constant factor, at least 0.
    pub n: usize,
    /// Whether the axis also carries the batch.
    pub batch: bool,
}

impl Dim {
    /// The batch axis itself.
    pub const BATCH: Dim = Dim { n: 1, batch: true };
    /// A fixed axis.
    pub const fn fixed(n: usize) -> Dim {
        Dim { n, batch: false }
    }
    /// The size at a batch of `b`.
    pub fn size(self, b: usize) -> usize {
        if self.batch { self.n.saturating_mul(b) } else { self.n }
    }
    /// Whether the axis has exactly one element whatever the batch, so that it broadcasts.
    pub fn is_one(self) -> bool {
        self.n == 1 && !self.batch
    }
}

/// The axes of a value, outermost first. Written `[B, 784]`, in every format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shape(pub Vec<Dim>);

impl Shape {
    /// Rank 0.
    pub fn scalar() -> Shape {
        Shape(Vec::new())
    }
    /// All axes fixed.
    pub fn fixed(dims: &[usize]) -> Shape {
        Shape(dims.iter().map(|&n| Dim::fixed(n)).collect())
    }
    /// The batch axis, then fixed axes: how every event travels.
    pub fn batched(event: &[usize]) -> Shape {
        let mut dims = vec![Dim::BATCH];
        dims.extend(event.iter().map(|&n| Dim::fixed(n)));
        Shape(dims)
    }
    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }
    /// Number of elements at a batch of `b`.
    pub fn size(&self, b: usize) -> usize {
        self.0.iter().fold(1, |p: usize, d| p.saturating_mul(d.size(b)))
    }
    /// Sizes of the axes at a batch of `b`.
    pub fn at(&self, b: usize) -> Vec<usize> {
        self.0.iter().map(|d| d.size(b)).collect()
    }
    /// (constant factor, power of the batch): two shapes with the same pair hold the same number of elements.
    pub fn count(&self) -> (usize, u32) {
        (
            self.0.iter().fold(1, |p: usize, d| p.saturating_mul(d.n)),
            self.0.iter().filter(|d| d.batch).count() as u32,
        )
    }
}

/// dtype and shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ty {
    /// Element type.
    pub dtype: DType,
    /// Axes.
    pub shape: Shape,
}

impl Ty {
    /// A floating-point value of this shape.
    pub fn f(shape: Shape) -> Ty {
        Ty { dtype: DType::F, shape }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.batch, self.n) {
            (true, 1) => write!(f, "B"),
            (true, n) => write!(f, "{n}B"),
            (false, n) => write!(f, "{n}"),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[")?;
        for (i, d) in self.0.iter().enumerate() {
            if i > 0 {
                write!(f, ", ")?;
            }
            write!(f, "{d}")?;
        }
        write!(f, "]")
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = match self.dtype {
            DType::F => "f",
            DType::I => "i",
            DType::B => "b",
        };
        write!(f, "{d}{}", self.shape)
    }
}

impl From<Dim> for String {
    fn from(d: Dim) -> String {
        d.to_string()
    }
}

impl From<Shape> for String {
    fn from(s: Shape) -> String {
        s.to_string()
    }
}

impl FromStr for Dim {
    type Err = String;
    fn from_str(s: &str) -> Result<Dim, String> {
        let (digits, batch) = match s.strip_suffix('B') {
            Some(rest) => (if rest.is_empty() { "1" } else { rest }, true),
            None => (s, false),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse() {
            Ok(n) if plain => Ok(Dim { n, batch }),
            Ok(_) | Err(_) => Err(format!("`{s}` is no axis")),
        }
    }
}

impl FromStr for Shape {
    type Err = String;
    fn from_str(s: &str) -> Result<Shape, String> {
        let inside = s
            .strip_prefix('[')
            .and_then(|s| s.strip_suffix(']'))
            .ok_or_else(|| format!("`{s}` is no shape"))?;
        if inside.is_empty() {
            return Ok(Shape::scalar());
        }
        inside.split(',').map(|d| d.trim().parse()).collect::<Result<Vec<Dim>, String>>().map(Shape)
    }
}

impl FromStr for Ty {
    type Err = String;
    fn from_str(s: &str) -> Result<Ty, String> {
        let dtype = match s.as_bytes().first() {
            Some(b'f') => DType::F,
            Some(b'i') => DType::I,
            Some(b'b') => DType::B,
            Some(_) | None => return Err(format!("`{s}` is no type")),
        };
        Ok(Ty { dtype, shape: s.get(1..).unwrap_or_default().parse()? })
    }
}

impl TryFrom<String> for Dim {
    type Error = String;
    fn try_from(s: String) -> Result<Dim, String> {
        s.parse()
    }
}

impl TryFrom<String> for Shape {
    type Error = String;
    fn try_from(s: String) -> Result<Shape, String> {
        s.parse()
    }
}
