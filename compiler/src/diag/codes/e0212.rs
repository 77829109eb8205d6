//! E0212: names of models, their sites and conditions, used where they have no meaning.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0212` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0212",
    title: "a model, site or condition is misused",
    text: "\
A model or guide sees data only through its conditions, the names in brackets after its own: `guide q(x)`, `model p(y)`.
In a payoff, `log p(x | q.z)` is the log density of site `x` where `z` has the value of a sample; it names sites, and
every drawn site that the data do not determine needs a value after the bar. `nll(p)` and `elbo(p, q)` take the names of
a model and a guide. All of these belong to payoffs: a model says how one example comes about, so it reads no samples of other
models, no objective, and nothing that averages over the batch.

Wrong:
    guide q { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
Right:
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
};

/// Data variable `name` read inside `model`, which does not list it.
pub fn not_a_condition(name: &str, span: Span, model: &str, declared: Span) -> Diag {
    Diag::new(
        "E0212",
        format!("`{model}` does not see `{name}`"),
        span,
        "not a site above, and not a condition",
    )
    .also(declared, "a data variable")
    .help(format!("add it to the conditions: `{model}({name})`"))
}

/// An argument of `log p(..)` that is neither a name nor a sample.
pub fn log_prob_argument(span: Span) -> Diag {
    Diag::new("E0212", "a density is of named sites", span, "is not the name or a sample of a site")
        .help("write a site, or a sample of one: `log p(x | q.z)`")
}

/// `log model(..)` leaves site `site` open; `factors` are the densities that the model has.
pub fn log_prob_given(model: &str, site: &str, span: Span, factors: &[String]) -> Diag {
    Diag::new(
        "E0212",
        format!("this density depends on `{site}`, which has no value"),
        span,
        format!("leaves `{site}` open"),
    )
    .note(super::e0509::factors_of(model, factors))
    .help(format!("give a value after the bar, for example a guide's sample: `log {model}(.. | q.{site})`"))
}

/// `nll(..)`, `elbo(..)` with something that is no name.
pub fn model_expected(span: Span) -> Diag {
    Diag::new("E0212", "not the name of a model or guide", span, "a name is needed here")
        .help("write the names as declared: `nll(p)`, `elbo(p, q)`")
}

/// `what`, which belongs to payoffs because it `is` .., is used inside `model`.
pub fn only_in_payoffs(what: &str, is: &str, span: Span, model: &str) -> Diag {
    Diag::new("E0212", format!("`{what}` has no place in `{model}`"), span, is.to_string())
        .note("a model or guide says how one example comes about, from its own sites, its conditions and params")
        .help(format!("use it in the payoff, or draw what `{model}` needs as a site of its own: `z ~ ..`"))
}

/// `corrupt` inside `model`.
pub fn corrupts(span: Span, model: &str) -> Diag {
    Diag::new("E0212", format!("`corrupt` has no place in `{model}`"), span, "acts in training only, so evaluation would see another model")
        .help("make the noise part of the model, `h ~ Normal(.., 1)`, or corrupt what a guide or a net of the payoff reads")
}

/// Inside `model` the net or flow `name` is used, whose layer `layer` reads other examples.
pub fn mixing_layer(name: &str, layer: &str, span: Span, declared: Span, model: &str) -> Diag {
    Diag::new(
        "E0212",
        format!("`{name}` reads other examples, and `{model}` is about one"),
        span,
        format!("calls `{layer}`"),
    )
    .also(declared, format!("`{layer}` compares the examples of a batch"))
    .help(format!("remove `{layer}` from `{name}`; it is meant for a critic, which is called in payoffs"))
}

/// Inside `model` a function is used whose result for one example depends on the others.
pub fn mixes(name: &str, span: Span, model: &str) -> Diag {
    Diag::new(
        "E0212",
        format!("`{name}` reads other examples, and `{model}` is about one"),
        span,
        "averages over the batch",
    )
    .help("use it in the payoff, as in `minimizes mse(decode(encode(x)), x) + l1(batch_mean(encode(x)))`")
}
