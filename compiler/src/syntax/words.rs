//! The words of the language: what `gmc explain WORD` says of each, and how it is used in a spec that compiles.
//!
//! A test reads the words off the grammar and asks for the page of each.

/// A word that the grammar, or an expression, has a meaning for.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// A few sentences.
    pub doc: &'static str,
    /// A whole spec that uses it.
    pub example: &'static str,
}

/// A flow from two standard normal numbers to the moons.
const FLOW: &str = "\
data x: Real[2] from moons(noise: 0.05)
flow f: Real[2] <-> Real[2] { repeat 4 as i { couple(parity(i), affine) { dense(32), relu } } }
model p { z ~ Normal(0, I)[2];  x = f(z) }
train { epochs 5  using adam(lr: 1e-3) }
";

/// A variational autoencoder of digits.
const VAE: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[8]) -> Real[64]            { dense(64), relu, dense }
net encode(x: Bool[64]) -> (Real[8], Real[8]) { dense(64), relu, heads }
model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { epochs 5  batch 64  maximizes elbo(p, q)  using adam(lr: 1e-3) }
";

/// A bound written out.
const WRITTEN_BOUND: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[8]) -> Real[64]            { dense(64), relu, dense }
net encode(x: Bool[64]) -> (Real[8], Real[8]) { dense(64), relu, heads }
model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { epochs 5  batch 64  maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z))  using adam(lr: 1e-3) }
";

/// The same in the form of an entropy.
const WRITTEN_ENTROPY: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[8]) -> Real[64]            { dense(64), relu, dense }
net encode(x: Bool[64]) -> (Real[8], Real[8]) { dense(64), relu, heads }
model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { epochs 5  batch 64  maximizes E_q[log p(x, z)] + H(q(z | x))  using adam(lr: 1e-3) }
";

/// A game of a critic and a maker.
const GAME: &str = "\
data x: Real[2] from gaussians(8)
net G(z: Real[2]) -> Real[2] { dense(32), relu, dense }
net D(x: Real[2]) -> Real[]  { dense(32), leaky_relu(0.2), dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player critic { owns D  maximizes E[D(x)] - E[D(p.x)]  using rmsprop(lr: 5e-4)  steps 5  within clip(0.1) }
  player maker  { owns G  maximizes E[D(p.x)]            using rmsprop(lr: 5e-4) }
  steps 100  batch 64
}
";

/// An autoencoder with a goal that is written.
const CODER: &str = "\
data x: Real[64] in unit from digits
net encode(x: Real[64]) -> Real[8] { dense(32), relu, dense }
net decode(z: Real[8]) -> Real[64] { dense(32), relu, dense }
fn squares(a, b) = E[sum((a - b)^2)]
train {
  let z = encode(x)
  minimizes squares(decode(z), x) + 1e-3 * l1(z) using adam(lr: 1e-3)
  epochs 5  batch 64
}
eval { reconstructions 8 }
";

/// Images of digits given their class.
const GIVEN: &str = "\
dim h = 64
type Image = Bool[h]
data (x: Image, y: Class(10)) from digits(binarize: 0.5) split in order (train 0.8, test 0.2)
param base: Real[h] = 0
net logits_of(y: Class(10)) -> Real[h] { dense(16), relu, dense }
model p(y) { x ~ Bernoulli(logits: base + logits_of(y)) }
train { epochs 5  using adam(lr: 1e-2) }
";

/// A flow given the class.
const GIVEN_FLOW: &str = "\
data (x: Real[2], y: Class(2)) from moons
flow f: Real[2] <-> Real[2] given (y: Class(2)) {
  repeat 4 as i { couple(parity(i), affine) { join(y), dense(32), relu } }
}
model p(y) { z ~ Normal(0, I)[2];  x = f(z, y) }
train { epochs 5  using adam(lr: 1e-3) }
";

/// A discrete latent variable, and how the gradient passes through it.
const SCORE: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(k: Class(20)) -> Real[64] { dense }
net scores(x: Bool[64]) -> Real[20]  { dense(64), relu, dense }
model p    { k ~ Categorical(20);  x ~ Bernoulli(logits: decode(k)) }
guide q(x) { k ~ Categorical(logits: scores(x)) by score }
train { epochs 5  maximizes elbo(p, q)  using adam(lr: 1e-3) }
";

/// Each pixel given those before it.
const ORDERED: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net before(x: Bool[64]) -> Real[64] { dense(128, mask: A), relu, dense(mask: B) }
model p { x[i in forward] ~ Bernoulli(logits: before(x[< i])) }
train { epochs 5  using adam(lr: 1e-3) }
";

/// A spec with a warning that is meant.
const ACCEPTED: &str = "\
data x: Bool[1, 8, 8] from digits(binarize: 0.5)
net near(x: Bool[1, 8, 8]) -> Real[1, 8, 8] { gated_pixelcnn(16, layers: 2), relu, conv(1, k: 1) }
# accept W0606: how the pixels far above look does not matter
model p { x[i in raster] ~ Bernoulli(logits: near(x[< i])) }
train { epochs 5  using adam(lr: 1e-3) }
";

/// A spec that takes its nets from a file.
const USED: &str = "\
use \"nets.gm\"    # net decode(z: Real[8]) -> Real[64] { dense(64), relu, dense }
data x: Bool[64] from digits(binarize: 0.5)
param s: Real[8] in positive = 1
model p    { z ~ Normal(0, s);  x ~ Bernoulli(logits: decode(z)) }
guide q[x] { z ~ Normal(free(8), exp(free(8))) }
train { epochs 5  maximizes elbo(p, q)  using adam(lr: 1e-3) }
";

/// A game whose players do not see each other's update.
const AT_ONCE: &str = "\
data x: Real[2] from gaussians(8)
net G(z: Real[2]) -> Real[2] { dense(32), relu, dense }
net D(x: Real[2]) -> Real[]  { dense(32), leaky_relu(0.2), dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  let real = D(x), fake = D(p.x)
  player critic { owns D  minimizes says_real(real) + says_fake(fake) }
  player maker  { owns G  minimizes says_real(fake) }
  using adam(lr: ramp(1e-3 -> 1e-4, over: 50 steps))
  simultaneous
  steps 100
}
";

/// An adversarial autoencoder: the density of data given a code is written.
const DENSITY: &str = "\
data x: Real[64] in unit from digits
net decode(z: Real[4]) -> Real[64] { dense(32), relu, dense }
net encode(x: Real[64]) -> Real[4] { dense(32), relu, dense }
net judge(z: Real[4]) -> Real[]    { dense(32), relu, dense(1), scalar }
model p    { z ~ Normal(0, I)[4];  x ~ Normal(decode(z), 0.1) }
guide q(x) { z = encode(x) }
train {
  player coder { owns encode, decode  minimizes -E[log p(x | q.z)] + says_real(judge(q.z))  using adam(lr: 1e-3) }
  player rival { owns judge  minimizes says_real(judge(p.z)) + says_fake(judge(q.z))  using adam(lr: 1e-3) }
  epochs 5
}
";

/// A weight that grows over epochs.
const RAMP: &str = "\
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[8]) -> Real[64]            { dense(64), relu, dense }
net encode(x: Bool[64]) -> (Real[8], Real[8]) { dense(64), relu, heads }
model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { epochs 5  maximizes elbo(p, q, beta: ramp(0 -> 1, over: 2 epochs))  using adam(lr: ramp(1e-3 -> 1e-4, over: 500 steps)) }
";

/// The same over one of each.
const SHORT_RAMP: &str = "\
data x: Real[2] from moons(noise: 0.05)
net f(x: Real[2]) -> Real[2] { dense(32), relu, dense }
train {
  minimizes mse(f(x), x) + ramp(1 -> 0, over: 1 epoch) * l1(f(x)) using adam(lr: ramp(1e-4 -> 1e-3, over: 1 step))
  epochs 5
}
";

/// The outputs of a net, named for a goal.
const PAIR: &str = "\
data x: Real[64] in unit from digits
net encode(x: Real[64]) -> (Real[8], Real[8]) { dense(32), relu, heads }
net decode(z: Real[8]) -> Real[64]            { dense(32), relu, dense }
train {
  let (a, b) = encode(x)
  minimizes sse(decode(a), x) + E[sum((a - b)^2)] using adam(lr: 1e-3)
  epochs 5
}
";

const fn word(name: &'static str, form: &'static str, example: &'static str, doc: &'static str) -> Word {
    Word { name, form, doc, example }
}

/// All of them: items, what stands in them, and what stands in expressions.
pub const WORDS: &[Word] = &[
    word("use", "use \"file.gm\"", USED,
        "Takes the items of another file, whose path is relative to this one: nets, flows, functions, types that several specs share."),
    word("dim", "dim n = 28, or dim n", GIVEN,
        "A number with a name: a whole one for shapes, any for arguments and in expressions, `dim rate = 1e-3`. Without a value it is the size that \
         the data say. `--set rate=1e-4` gives it another."),
    word("type", "type Image = Real[3, 64, 64] in interval(-1, 1)", GIVEN,
        "A name for a type. A type describes one example: what each number is, the shape, and for real numbers where they lie; the batch is \
         never written."),
    word("data", "data x: Real[2] from moons(noise: 0.05)", GIVEN,
        "What is observed, and where it comes from. A site of a model that has the name of data is observed. Several variables of one item, \
         `data (x: .., y: ..)`, are read in pairs; two items are streams of their own."),
    word("accept", "# accept W0606: why", ACCEPTED,
        "In a comment: the warning of this code is meant, for the reason given, and not shown for this file. One that does not occur is told."),
    word("net", "net f(x: Real[2]) -> Real[1] { dense(64), relu, dense }", VAE,
        "A map with parameters, as a list of layers. Input sizes follow from the layer before, and the last `dense`, `heads`, `logits` or \
         `conv` may leave its size to what the net yields. Several outputs are `(Real[8], Real[8])`, made by `heads`. Further inputs are \
         joined to the first, or read by name by a layer. Behind the layers `from \"f.safetensors\"` takes the weights from a file: nobody owns such a net."),
    word("flow", "flow f: Real[2] <-> Real[2] { .. }", FLOW,
        "A map with parameters that has an inverse and a tractable Jacobian. `x = f(z)` gives `x` a density where `z` has one."),
    word("param", "param s: Real[1] in positive = 0.1", USED,
        "A parameter by itself, trained with everything else. It begins at the number behind `=`, or with an initial value such as `uniform(1)`."),
    word("fn", "fn f(a, b: 1) = a + b", CODER,
        "A function that is put in place of its calls. A parameter may have a default and is then given by name."),
    word("model", "model p { z ~ D(..);  x = f(z) }", VAE,
        "How data arise: what is drawn from a distribution, `z ~ D(..)`, and what is computed, `x = f(z)`, in order. `model p(y)` is \
         conditional on `y`. What follows for the density of the data, and so the objective, is concluded."),
    word("guide", "guide q(x) { z ~ D(..) }", VAE,
        "Where to look for the latent sites of a model, given data: an approximate posterior with sites of the same names. `guide q[x]` has \
         free parameters for each example."),
    word("train", "train { epochs 20  batch 128  using adam(lr: 1e-3) }", VAE,
        "How the spec is trained: settings, an optimizer, and a goal or players. Without a goal the one that follows from the model is used."),
    word("eval", "eval { iwae(k: 64)  samples 64 }", CODER, "What is measured and shown at the end, beside what follows from the spec."),
    word("from", "data x: Real[2] from moons(noise: 0.05)", GIVEN, "Names the source of data, with its arguments."),
    word("split", "split (train 0.9, test 0.1)", GIVEN,
        "Parts of a data set as fractions: `train`, `valid` and `test`. Rows are shuffled by the seed and stratified by class."),
    word("order", "split in order (train 0.8, test 0.2)", GIVEN, "Keeps the order of the file when it is split, as for a series in time."),
    word("in", "Real[2] in positive, x[i in raster] ~ D(..), or split in order (..)", ORDERED,
        "In a type, where real numbers lie. At a site, in which order its elements are drawn: `x[i in raster] ~ D(f(x[< i]))` draws each \
         given those before it. In a data item, `split in order` keeps the order of the file."),
    word("given", "flow f: A <-> B given (y: Class(10)) { .. }", GIVEN_FLOW,
        "Values that a flow reads and does not transform. Behind a call, `x = f(z) given y` is the same as `x = f(z, y)`."),
    word("repeat", "repeat 4 as i { .. }", FLOW,
        "Layers several times, each time with parameters of their own. `as i` counts the rounds from 0, for use in arguments."),
    word("as", "repeat 4 as i { .. }", FLOW, "Names the number of the round of a `repeat`, from 0."),
    word("by", "k ~ Categorical(logits: f(x)) by score", SCORE,
        "How the gradient passes through a draw of a guide, where the compiler's choice is overruled: `pathwise`, `score`, `enumerate`, `gumbel(..)`."),
    word("let", "let z = encode(x), or let (m, s) = encode(x)", PAIR,
        "Names a value that several payoffs read, or the outputs of a net: `let (m, s) = encode(x)`. A number may be an argument, too: \
         `let rate = 1e-3 .. adam(lr: rate)`. In models and guides a value is computed in the same way, with or without the word."),
    word("player", "player critic { owns D  maximizes ..  using ..  steps 5 }", GAME,
        "One side of a game: what it owns, what it wants, and how it is trained, between its braces. Every net has one owner, who alone changes \
         it; gradients pass through the nets of others."),
    word("owns", "owns encode, decode", GAME, "The nets, flows, params and guides that a player trains."),
    word("maximizes", "maximizes elbo(p, q)", VAE, "A goal that shall be large: one number, of a player or of `train`."),
    word("minimizes", "minimizes mse(f(x), y)", CODER, "A goal that shall be small: one number, of a player or of `train`."),
    word("using", "using adam(lr: 1e-3)", GAME, "The optimizer: of a player between its braces, of all others in `train`."),
    word("within", "within clip(0.1)", GAME, "A constraint that the weights of a player are brought back to after each update."),
    word("simultaneous", "simultaneous", AT_ONCE,
        "Players do not see each other's update of the same round. Without it they move in the order of the text."),
    word("epochs", "over: 2 epochs", RAMP, "A duration in passes over the data; `epoch` is the same word."),
    word("epoch", "over: 1 epoch", SHORT_RAMP, "One pass over the data: `epochs` of a single one."),
    word("steps", "steps 5 of a player, or over: 500 steps", GAME,
        "Of a player, how often it moves in a round. Behind a number, a duration in rounds of training; `step` is the same word."),
    word("step", "over: 1 step", SHORT_RAMP, "One round of training: `steps` of a single one."),
    word("E", "E[e], E_q[e], E'[e]", CODER,
        "The average over the examples of a minibatch of one number for each. `E'[e]` is, for each example, the average over the others, where `x'` and `q'.z` are what `x` and `q.z` are for another one. With the name of a guide behind it, `E_q[log p(x | z)]`, of what \
         is averaged over draws of that guide, too."),
    word("KL", "KL(q(z | x) || p(z))", WRITTEN_BOUND,
        "The Kullback-Leibler divergence of a guide's sites from the model's: the average under the guide of log q - log p, in closed form where the pair of \
         distributions has one. `free: 0.5` behind it counts every dimension for at least so many nats."),
    word("H", "H(q(z | x))", WRITTEN_ENTROPY,
        "The entropy of a guide's sites, the average under the guide of -log q: `E_q[log p(x, z)] + H(q(z | x))` is the evidence lower bound."),
    word("log", "log p(x | z)", DENSITY,
        "The logarithm of a density of a model or guide: `log p(x | z)` of a site given others, `log p(x)` where it is known. With brackets at \
         once, `log(a)` is the logarithm of a number."),
    word("I", "Normal(0, I)", VAE, "The unit scale: the standard deviation 1 of every coordinate. It stands alone."),
    word("Real", "Real[3, 64, 64] in interval(-1, 1)", CODER, "The type of real numbers, with a shape and where they lie."),
    word("Bool", "Bool[784]", VAE, "The type of values that are 0 or 1."),
    word("Int", "Int(256)[28, 28]", "\
data x: Int(17)[64] from digits
flow f: Real[64] <-> Real[64] in interval(0, 17) { repeat 4 as i { couple(parity(i), affine) { dense(64), relu } } }
model p { z ~ Normal(0, I)[64];  x = quantize(f(z)) }
train { epochs 5  using adam(lr: 1e-3) }
", "The type of whole numbers from 0 to one below the number in brackets, with an order: grey levels."),
    word("Count", "Count", "\
data (n: Count, x: Real) from csv(\"visits.csv\")
param a: Real
param b: Real
model p(x) { n ~ Poisson(log_rate: a + b * x) }
train { epochs 5  using adam(lr: 1e-2) }
", "The type of counts: whole numbers from 0 on, without a bound, as `Poisson`, `NegativeBinomial` and `Geometric` draw them. `Int(n)` are those \
     below a bound."),
    word("Class", "Class(10)", GIVEN, "The type of one of so many classes, without an order: labels. A net sees a vector with a single 1. Alone, \
     in a data item, it has as many as the file."),
    word("Time", "Time", "\
data (when: Time, amount: Real in positive) from csv(\"sales.csv\", origin: \"2024-01-01\")
param start: Real
param slope: Real
model p(when) { amount ~ LogNormal(start + slope * when, 1) }
train { epochs 5  using adam(lr: 1e-2) }
", "The type of dates in a data item: real numbers, as `data (when: Time, amount: Real) from csv(\"t.csv\")` reads \
     them, in days since 1970 unless the source is told otherwise by `origin: \"2020-01-01\"` and `unit: hours`."),
];
