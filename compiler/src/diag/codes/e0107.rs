//! E0107: a dotted name is called, as in `nn.Linear(784, 256)`.

use crate::diag::Diag;
use crate::diag::foreign;
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

/// What a dotted name says that has the same name here, with an example of its use.
const SAME: [(&str, &str); 9] = [
    ("dense", "`dense(256)`"),
    ("conv", "`conv(64, k: 3)`"),
    ("relu", "`relu`"),
    ("normal", "`Normal(0, I)`"),
    ("bernoulli", "`Bernoulli(logits: decode(z))`"),
    ("categorical", "`Categorical(logits: decode(z))`"),
    ("adam", "`adam(lr: 1e-3)`"),
    ("sgd", "`sgd(lr: 1e-2)`"),
    ("sample", "`p.x`: a sample is a field of its model"),
];

/// `path` is a dotted name such as `nn.Linear`, called at `span`.
pub fn dotted(path: &str, span: Span) -> Diag {
    let last = path.rsplit('.').next().unwrap_or(path);
    if super::e0108::NAMES.contains(&last) {
        return super::e0108::stop(last, span, path.rsplit_once('.').map_or("", |(value, _)| value));
    }
    let same = SAME.iter().find(|(name, _)| name.eq_ignore_ascii_case(last)).map(|(_, advice)| *advice);
    let help = match same.or_else(|| foreign::advice(last, foreign::Place::Name)) {
        Some(advice) => format!("write {advice}"),
        None => format!("write the name alone: `{last}(..)`"),
    };
    Diag::new("E0107", format!("`{path}` cannot be called"), span, "a dotted name is a sample, such as `p.x`")
        .help(help)
}

/// `name` is called behind a value, as in `decode(z).sum()`, at `span`.
pub fn method(name: &str, span: Span) -> Diag {
    Diag::new("E0107", "values have no methods", span, "what follows the dot is called behind a value")
        .help(format!("write it in front: `{name}(..)`"))
}
