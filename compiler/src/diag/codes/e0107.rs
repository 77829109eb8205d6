//! E0107: a dotted name is called, as in `nn.Linear(784, 256)`.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0107` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0107",
    title: "layers and functions have no module in front",
    text: "\
Layers, distributions and functions are known by one name. A layer states its output size alone; its input size follows
from the layer before it.

Wrong:
    net f(x: Real[784]) -> Real[16] { nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 16) }
Right:
    net f(x: Real[784]) -> Real[16] { dense(256), relu, dense(16) }
",
};

/// Names of PyTorch, Keras, JAX libraries and Pyro, and the gm layer, function or distribution.
const KNOWN: [(&str, &str); 30] = [
    ("Linear", "dense(256)"),
    ("Dense", "dense(256)"),
    ("Conv1d", "conv(64, k: 3)"),
    ("Conv2d", "conv(64, k: 3)"),
    ("Conv2D", "conv(64, k: 3)"),
    ("Conv", "conv(64, k: 3)"),
    ("ConvTranspose2d", "up(2), conv(64, k: 3)"),
    ("Upsample", "up(2)"),
    ("ReLU", "relu"),
    ("relu", "relu"),
    ("LeakyReLU", "leaky_relu(0.2)"),
    ("leaky_relu", "leaky_relu(0.2)"),
    ("Tanh", "tanh"),
    ("tanh", "tanh"),
    ("Sigmoid", "sigmoid"),
    ("sigmoid", "sigmoid"),
    ("Softplus", "softplus"),
    ("softplus", "softplus"),
    ("Flatten", "flatten"),
    ("BatchNorm1d", "batch_norm"),
    ("BatchNorm2d", "batch_norm"),
    ("LayerNorm", "layer_norm"),
    ("Normal", "Normal(0, I)"),
    ("Bernoulli", "Bernoulli(logits: decode(z))"),
    ("Categorical", "Categorical(logits: decode(z))"),
    ("Adam", "adam(lr: 1e-3)"),
    ("adam", "adam(lr: 1e-3)"),
    ("SGD", "sgd(lr: 1e-2)"),
    ("exp", "exp(s)"),
    ("sample", "p.x"),
];

/// `path` is a dotted name such as `nn.Linear`, called at `span`.
pub fn dotted(path: &str, span: Span) -> Diag {
    let last = path.rsplit('.').next().unwrap_or(path);
    let help = match KNOWN.iter().find(|(name, _)| *name == last) {
        Some((_, "p.x")) => "a sample is a field of its model: `p.x`".to_string(),
        Some((_, gm)) => format!("write `{gm}`"),
        None => format!("write the name alone: `{last}(..)`"),
    };
    Diag::new("E0107", format!("`{path}` cannot be called"), span, "a dotted name is a sample, such as `p.x`")
        .help(help)
}
