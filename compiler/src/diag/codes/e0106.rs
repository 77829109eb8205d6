//! E0106: statements of a programming language.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0106` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0106",
    title: "gm has no control flow, classes or imports",
    text: "\
A spec says what the model is; the loops over batches, examples and steps are derived. What is usually written with a
statement of a programming language has a form of its own:
  for       `repeat 4 as i { .. }` in a net or flow, a shape: `z ~ Normal(0, I)[16]` is 16 draws, or times: `x[t in 1..6] ~ ..`
  if        a mixture: `k ~ Categorical(..)`, or a schedule: `ramp(0 -> 1, over: 10 epochs)`
  def       `fn f(a) = ..`, `net`, `flow`
  import    `use \"file.gm\"`; `specs/prelude.gm` is always in scope

Wrong:
    net f(x: Real[2]) -> Real[2] { for i in range(4) { dense(64), relu } }
Right:
    net f(x: Real[2]) -> Real[2] { repeat 4 as i { dense(64), relu }, dense(2) }
",
};

/// The words that other languages begin statements with, and what to write in gm.
pub const WORDS: [(&str, &str); 24] = [
    (
        "if",
        "mix with a discrete site, `k ~ Categorical(..)`, or vary a number with a schedule, `ramp(0 -> 1, over: 10 epochs)`",
    ),
    (
        "else",
        "mix with a discrete site, `k ~ Categorical(..)`, or vary a number with a schedule, `ramp(0 -> 1, over: 10 epochs)`",
    ),
    (
        "elif",
        "mix with a discrete site, `k ~ Categorical(..)`, or vary a number with a schedule, `ramp(0 -> 1, over: 10 epochs)`",
    ),
    (
        "for",
        "repeat layers with `repeat 4 as i { .. }`; draw many at once with a shape, `z ~ Normal(0, I)[16]`, or one after the other, `x[t in 1..6] ~ Normal(x[t - 1], 1)`",
    ),
    ("while", "repeat layers a fixed number of times with `repeat 4 as i { .. }`"),
    (
        "def",
        "define a function with `fn f(a, b) = a + b`, or layers with `net f(x: Real[2]) -> Real[1] { .. }`",
    ),
    (
        "function",
        "define a function with `fn f(a, b) = a + b`, or layers with `net f(x: Real[2]) -> Real[1] { .. }`",
    ),
    (
        "func",
        "define a function with `fn f(a, b) = a + b`, or layers with `net f(x: Real[2]) -> Real[1] { .. }`",
    ),
    ("class", "define layers with `net f(x: Real[2]) -> Real[1] { dense(1) }`"),
    ("struct", "define layers with `net f(x: Real[2]) -> Real[1] { dense(1) }`"),
    ("import", "read another spec with `use \"file.gm\"`; the prelude is always in scope"),
    ("include", "read another spec with `use \"file.gm\"`; the prelude is always in scope"),
    ("return", "end a `fn` with its one expression, `fn f(a) = a^2`; the last layer of a net is its output"),
    ("lambda", "name the function, `fn f(a) = a^2`, and call it"),
    (
        "with",
        "leave it out: resources are handled by the compiler; independent draws (a `plate`) are a shape, `z ~ Normal(0, I)[16]`",
    ),
    ("try", "leave it out: a spec cannot fail once `gmc check` accepts it"),
    ("assert", "leave it out: `gmc check` verifies shapes and supports"),
    ("print", "leave it out; `gmc explain` shows what was derived, `eval { .. }` adds metrics"),
    ("var", "compute with `x = ..` in a model, or `let x = ..` in `train`"),
    ("const", "name a dimension with `dim n = 16`"),
    (
        "parameters",
        "draw the unknowns in a model, `model p { z ~ Normal(0, I)[2] }`, or learn them, `param s: Real[1]`",
    ),
    ("transformed", "compute a site in a model: `x = f(z)`"),
    ("priors", "draw the unknowns in a model: `model p { z ~ Normal(0, I)[2] }`"),
    ("loss", "state a goal in `train`: `minimizes nll(p)` or `maximizes elbo(p, q)`"),
];

/// What to write instead of `word`, if it is such a word.
pub fn advice(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(w, _)| *w == word).map(|(_, help)| *help)
}

/// `word` leads a statement that gm does not have.
pub fn foreign(word: &str, span: Span, help: &str) -> Diag {
    Diag::new("E0106", format!("gm has no `{word}`"), span, "not a keyword of gm").help(help)
}
