//! Words of PyTorch, Keras, JAX, Stan, Pyro and scikit-learn, and how the same is said here. One table: messages about unknown names,
//! arguments and settings all read it.

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A layer, distribution, function or optimizer.
    Name,
    /// The name of an argument.
    Argument,
    /// A setting of `train` or `eval`.
    Setting,
}

use Place::{Argument, Name, Setting};

/// Words in lower case, without underscores, where they stand, and the advice that follows "write": a piece of a spec, or a sentence.
const WORDS: &[(&str, Place, &str)] = &[
    ("linear", Name, "`dense(256)`: its input size follows"),
    ("fc", Name, "`dense(256)`"),
    ("fullyconnected", Name, "`dense(256)`"),
    ("conv1d", Name, "`conv(64, k: 3)`, on images of one row"),
    ("conv2d", Name, "`conv(64, k: 3)`: its input channels follow"),
    ("convolution", Name, "`conv(64, k: 3)`"),
    ("convtranspose2d", Name, "`conv_transpose(64, k: 4, stride: 2)`, or `up(2), conv(64, k: 3)`"),
    ("conv2dtranspose", Name, "`conv_transpose(64, k: 4, stride: 2)`, or `up(2), conv(64, k: 3)`"),
    ("deconv", Name, "`conv_transpose(64, k: 4, stride: 2)`, or `up(2), conv(64, k: 3)`"),
    ("upsample", Name, "`up(2)`"),
    ("upsampling2d", Name, "`up(2)`"),
    ("maxpool2d", Name, "`max_pool(2)`"),
    ("maxpooling2d", Name, "`max_pool(2)`"),
    ("avgpool2d", Name, "`avg_pool(2)`"),
    ("averagepooling2d", Name, "`avg_pool(2)`"),
    ("adaptiveavgpool2d", Name, "`global_pool`"),
    ("globalaveragepooling2d", Name, "`global_pool`"),
    ("batchnorm", Name, "`batch_norm`"),
    ("batchnorm1d", Name, "`batch_norm`"),
    ("batchnorm2d", Name, "`batch_norm`"),
    ("batchnormalization", Name, "`batch_norm`"),
    ("layernorm", Name, "`layer_norm`"),
    ("layernormalization", Name, "`layer_norm`"),
    ("groupnorm", Name, "`group_norm`"),
    ("instancenorm2d", Name, "`instance_norm`"),
    ("spectralnorm", Name, "`dense(64, norm: spectral)`: it is an argument of the layer"),
    ("leakyrelu", Name, "`leaky_relu(0.2)`"),
    ("prelu", Name, "`leaky_relu(0.2)`"),
    ("swish", Name, "`silu`"),
    ("logsigmoid", Name, "`log_sigmoid`"),
    ("logsoftmax", Name, "`log_softmax(e)`"),
    ("embedding", Name, "`embed(16)`"),
    ("unflatten", Name, "`reshape(64, 7, 7)`"),
    ("view", Name, "`reshape(64, 7, 7)`"),
    ("sequential", Name, "the layers one after the other in braces: `{ dense(64), relu, dense(10) }`"),
    ("gaussian", Name, "`Normal(0, 1)`"),
    ("multivariatenormaldiag", Name, "`Normal(m, s)`: elements of an event are independent"),
    ("diagnormal", Name, "`Normal(m, s)`: elements of an event are independent"),
    ("independent", Name, "the distribution alone: elements of an event are independent"),
    ("onehot", Name, "`OneHotCategorical(logits: ..)`"),
    (
        "poisson",
        Name,
        "`Gamma(a, rate: r)` for positive numbers, or `Categorical(logits: ..)` for counts below a bound: there is no `Poisson`",
    ),
    (
        "negativebinomial",
        Name,
        "`Categorical(logits: ..)` for counts below a bound: there is no negative binomial",
    ),
    ("binomial", Name, "`Bernoulli(probs: ..)` for each trial, or `Categorical(logits: ..)` for the count"),
    ("expon", Name, "`Exponential(rate: ..)`"),
    ("mixturesamefamily", Name, "`Mixture(Normal(m, s), logits: w)`"),
    ("gaussianmixture", Name, "`Mixture(Normal(m, s), logits: w)`"),
    ("truncatednormal", Name, "`Truncated(Normal(m, s), 0, 1)`"),
    ("studentt", Name, "`StudentT(df, loc, scale)`"),
    ("mseloss", Name, "`mse(a, b)`, or `x ~ Normal(.., 1)` for a likelihood"),
    ("l1loss", Name, "`l1(a, b)`, or `x ~ Laplace(.., 1)` for a likelihood"),
    ("smoothl1loss", Name, "`l1(a, b)`"),
    ("bceloss", Name, "`E[sum(bce(x, logits))]`, from logits, or `x ~ Bernoulli(probs: ..)`"),
    ("bcewithlogits", Name, "`E[sum(bce(x, logits))]`, or `x ~ Bernoulli(logits: ..)`"),
    ("bcewithlogitsloss", Name, "`E[sum(bce(x, logits))]`, or `x ~ Bernoulli(logits: ..)`"),
    ("binarycrossentropy", Name, "`E[sum(bce(x, logits))]`, from logits, or `x ~ Bernoulli(logits: ..)`"),
    ("binarycrossentropywithlogits", Name, "`E[sum(bce(x, logits))]`, or `x ~ Bernoulli(logits: ..)`"),
    ("crossentropyloss", Name, "`cross_entropy(scores, y)`, or `y ~ Categorical(logits: ..)`"),
    ("nllloss", Name, "`nll(p)`: the objective follows from the model"),
    ("kldivloss", Name, "`kl(q, p)`: it follows from guide and model"),
    ("kldivergence", Name, "`kl(q, p)`: it follows from guide and model"),
    ("kldiv", Name, "`kl(q, p)`: it follows from guide and model"),
    ("matmul", Name, "a net with `dense(n)`, or `dot(a, b)` of two vectors"),
    ("cat", Name, "`concat(a, b)`"),
    ("concatenate", Name, "`concat(a, b)`"),
    ("pow", Name, "`x^2`"),
    ("sigma", Argument, "`scale:`"),
    ("std", Argument, "`scale:`"),
    ("stddev", Argument, "`scale:`"),
    ("sd", Argument, "`scale:`"),
    ("mu", Argument, "`loc:`"),
    ("mean", Argument, "`loc:`"),
    ("covariancematrix", Argument, "`log_cholesky:`, which any matrix may be"),
    ("scaletril", Argument, "`log_cholesky:`, which any matrix may be"),
    ("p", Argument, "`probs:`"),
    ("prob", Argument, "`probs:`"),
    ("logit", Argument, "`logits:`"),
    ("alpha", Argument, "`concentration:`, or its number by position"),
    ("kernelsize", Argument, "`k:`"),
    ("kernel", Argument, "`k:`"),
    ("strides", Argument, "`stride:`"),
    ("padding", Argument, "`pad:`"),
    ("outchannels", Argument, "the number of channels first: `conv(64, k: 3)`"),
    ("filters", Argument, "the number of channels first: `conv(64, k: 3)`"),
    ("inchannels", Argument, "nothing: the input follows from the layer before"),
    ("infeatures", Argument, "nothing: the input follows from the layer before"),
    ("outfeatures", Argument, "the size first: `dense(256)`"),
    ("activation", Argument, "the activation as a layer of its own: `dense(256), relu`"),
    ("inplace", Argument, "nothing: there are no values in place"),
    ("outputpadding", Argument, "`out_pad:`"),
    ("learningrate", Argument, "`lr:`"),
    ("weightdecay", Argument, "`adamw(lr: 1e-3, weight_decay: 1e-2)`, or `sgd(..)`, which have it"),
    ("l2", Argument, "`weight_decay:`"),
    ("beta1", Argument, "`betas: (0.9, 0.999)`"),
    ("beta2", Argument, "`betas: (0.9, 0.999)`"),
    ("nesterov", Argument, "`momentum(lr: .., nesterov: true)`"),
    ("batchsize", Setting, "`batch 64`"),
    ("minibatch", Setting, "`batch 64`"),
    ("numepochs", Setting, "`epochs 20`"),
    ("nepochs", Setting, "`epochs 20`"),
    ("maxepochs", Setting, "`epochs 20`"),
    ("iterations", Setting, "`steps 1000`"),
    ("maxiter", Setting, "`steps 1000`"),
    ("niter", Setting, "`steps 1000`"),
    ("lr", Setting, "it at the optimizer: `using adam(lr: 1e-3)`"),
    ("learningrate", Setting, "it at the optimizer: `using adam(lr: 1e-3)`"),
    ("weightdecay", Setting, "it at the optimizer: `using adamw(lr: 1e-3, weight_decay: 1e-2)`"),
    ("optimizer", Setting, "`using adam(lr: 1e-3)`"),
    ("optim", Setting, "`using adam(lr: 1e-3)`"),
    ("loss", Setting, "`minimizes ..`, or nothing: the objective follows from the model"),
    ("criterion", Setting, "`minimizes ..`, or nothing: the objective follows from the model"),
    ("objective", Setting, "`maximizes ..`, or nothing: the objective follows from the model"),
    ("randomstate", Setting, "`seed 1`"),
    ("gradclip", Setting, "`clip 1.0`"),
    ("clipgradnorm", Setting, "`clip 1.0`"),
    ("gradientclipval", Setting, "`clip 1.0`"),
    ("clipnorm", Setting, "`clip 1.0`"),
    ("device", Setting, "nothing: `gmc run --device gpu` chooses it"),
    (
        "validationsplit",
        Setting,
        "it at the data: `data x: .. from .. split (train 0.8, valid 0.1, test 0.1)`",
    ),
    ("testsize", Setting, "it at the data: `data x: .. from .. split (train 0.8, test 0.2)`"),
    ("shuffle", Setting, "nothing: minibatches are shuffled by the seed"),
    ("scheduler", Setting, "the schedule as the value: `using adam(lr: cosine(1e-3 -> 1e-5))`"),
];

/// The advice for a word that is none of ours: what follows "write".
pub fn advice(word: &str, place: Place) -> Option<&'static str> {
    let plain: String = word.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    WORDS.iter().find(|(w, p, _)| *p == place && *w == plain).map(|(_, _, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_spelling() {
        assert_eq!(advice("BatchNorm2d", Name), Some("`batch_norm`"));
        assert_eq!(advice("learning_rate", Setting), advice("learningRate", Setting));
        assert_eq!(advice("dense", Name), None);
        for (i, (word, place, _)) in WORDS.iter().enumerate() {
            assert!(word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{word}");
            assert!(!WORDS.iter().take(i).any(|(w, p, _)| w == word && p == place), "{word} stands twice");
        }
    }
}
