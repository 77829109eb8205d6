//! What goes in and out of programs by name, beside data and parameters, which go by their own names. Here, and nowhere else, these
//! names are text.

use crate::ir::{Graph, Role, Shape, Value};
use std::fmt;

/// An enum whose values have names as text: a word, and where the value has a name of its own that name behind a separator.
macro_rules! named {
    ($(#[$doc:meta])* pub enum $Enum:ident, separated by $between:literal {
        $($(#[$of:meta])* $Value:ident $(($name:ident))? = $word:literal,)+
    }) => {
        $(#[$doc])*
        pub enum $Enum {
            $($(#[$of])* $Value $(($crate::derive::signature::named!(@type $name)))?,)+
        }
        impl $Enum {
            /// What has this name.
            pub fn parse(text: &str) -> Option<$Enum> {
                $($crate::derive::signature::named!(@read $Enum::$Value, $word, $between, text $(, $name)?);)+
                None
            }
        }
        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $($Enum::$Value $(($name))? => {
                        f.write_str($word)?;
                        $(write!(f, "{}{}", $between, $name)?;)?
                    })+
                }
                Ok(())
            }
        }
        impl From<$Enum> for String {
            fn from(of: $Enum) -> String {
                of.to_string()
            }
        }
    };
    (@type $name:ident) => { String };
    (@read $Enum:ident :: $Value:ident, $word:literal, $between:literal, $text:ident) => {
        if $text == $word {
            return Some($Enum::$Value);
        }
    };
    (@read $Enum:ident :: $Value:ident, $word:literal, $between:literal, $text:ident, $name:ident) => {
        if let Some(($word, $name)) = $text.split_once($between) {
            return Some($Enum::$Value($name.to_string()));
        }
    };
}
pub(super) use named;

named! {
    /// What a program gives.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub enum Output, separated by ":" {
        /// The new value of a parameter, by its path.
        Param(path) = "param",
        /// The new value of a state, by its path: of layers, of optimizers ([`Input::Slot`]), averages ([`Input::Average`]).
        State(path) = "state",
        /// The new rows of the minibatch's data in a table with a row for each datum, by its path: parameters and their slots.
        PerDatum(path) = "per_datum",
        /// What a step minimizes, rank 0.
        Loss = "loss",
        /// What a step's player asks for, rank 0.
        Payoff = "payoff",
        /// The payoff of a player as it is measured, rank 0.
        PayoffOf(player) = "payoff",
        /// A named part of a payoff, rank 0.
        Term(term) = "term",
        /// Length of the gradient of a payoff in what its player owns, rank 0.
        Slope = "slope",
        /// What `gradient_penalty` says of a critic, by the critic, rank 0.
        Penalty(critic) = "penalty",
        /// Values of a site, `[B, ..]`.
        Site(site) = "site",
        /// What stands for a draw of a site where one is shown, `[B, ..]`.
        Mean(site) = "mean",
        /// Values of a hidden variable that stand for the data, `[B, ..]`.
        Code(site) = "code",
        /// How probable each value of a hidden variable is, given the data: of bits and one-hot vectors `[B, ..event]`, the probability of 1; of
        /// classes and levels `[B, ..event, n]`.
        Posterior(site) = "posterior",
        /// A data variable as it was corrupted, `[B, ..]`.
        Corrupted(variable) = "input",
        /// The exact log-density, `[B]`.
        LogProb = "log_prob",
        /// The evidence lower bound, `[B]`.
        Elbo = "elbo",
        /// `log p(x, z) - log q(z | x)` of one draw, `[B]`.
        LogWeight = "log_weight",
        /// The part of the bound that belongs to the data, `[B]`.
        Reconstruction = "reconstruction",
        /// The whole KL of the bound, `[B]`.
        Kl = "kl",
        /// The KL of a latent site by dimension or vector, `[B, ..]`.
        KlDim(site) = "kl_dim",
        /// The KL of a latent site whose KL has no parts, `[B]`.
        KlSite(site) = "kl_site",
        /// What a net that gives one number says, by the call as it is written, `[B]`.
        Says(call) = "says",
        /// Whether the judge sees in a sample the class that it was drawn with, `[B]` of 0 and 1.
        Agrees = "agrees",
        /// Whether the judge knows the class of real data, `[B]` of 0 and 1.
        Knows = "knows",
    }
}

/// What a program reads beside data, parameters and the states of layers. As text each begins with `@`, which no name of a spec does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The number of this update, from 1.
    Update,
    /// The learning rate of `infer`.
    Rate,
    /// The value of a schedule now, by its number in the spec.
    Schedule(usize),
    /// What an optimizer keeps for a parameter.
    Slot {
        /// The player, or [`INFER`].
        player: String,
        /// The optimizer's name for it: `m`.
        slot: String,
        /// Path of the parameter.
        path: String,
    },
    /// The exponential moving average of a parameter, by its path.
    Average(String),
    /// What is kept of a value of a payoff, by the number of its memory and what of it: [`crate::types::TKept`].
    Kept(usize, String),
    /// Which elements of a data variable are given, 1 or 0, `[B, ..event]`: where the others are drawn.
    Known(String),
    /// The value of a hidden variable or a code, `[B, ..event]`, where it is given.
    Code(String),
    /// How much each example counts, `[B]`, on average 1.
    Weight,
}

/// The optimizer of the program `infer` keeps its slots as a player of this name, which no player of a spec has.
pub const INFER: &str = "@infer";

/// What the names of these inputs begin with.
const OWN: char = '@';

impl Input {
    /// The input of this name.
    pub fn parse(text: &str) -> Option<Input> {
        let name = text.strip_prefix(OWN)?;
        match (name, name.split_once('.')) {
            ("update", _) => Some(Input::Update),
            ("rate", _) => Some(Input::Rate),
            ("weight", _) => Some(Input::Weight),
            (_, Some(("schedule", i))) => i.parse().ok().map(Input::Schedule),
            (_, Some(("ema", path))) => Some(Input::Average(path.to_string())),
            (_, Some(("kept", rest))) => {
                let (number, what) = rest.split_once('.')?;
                Some(Input::Kept(number.parse().ok()?, what.to_string()))
            }
            (_, Some(("known", variable))) => Some(Input::Known(variable.to_string())),
            (_, Some(("code", variable))) => Some(Input::Code(variable.to_string())),
            (_, Some(("opt", rest))) => {
                let mut parts = rest.splitn(3, '.').map(str::to_string);
                Some(Input::Slot { player: parts.next()?, slot: parts.next()?, path: parts.next()? })
            }
            _ => None,
        }
    }
}

impl Input {
    /// The value of an input that is one number.
    pub(super) fn scalar(&self, g: &mut Graph) -> Value {
        g.input(&self.to_string(), Role::Scalar, Shape::scalar())
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Update => write!(f, "{OWN}update"),
            Input::Rate => write!(f, "{OWN}rate"),
            Input::Weight => write!(f, "{OWN}weight"),
            Input::Schedule(i) => write!(f, "{OWN}schedule.{i}"),
            Input::Slot { player, slot, path } => write!(f, "{OWN}opt.{player}.{slot}.{path}"),
            Input::Average(path) => write!(f, "{OWN}ema.{path}"),
            Input::Kept(number, what) => write!(f, "{OWN}kept.{number}.{what}"),
            Input::Known(variable) => write!(f, "{OWN}known.{variable}"),
            Input::Code(variable) => write!(f, "{OWN}code.{variable}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        let outputs = [
            "param:decode.0.weight",
            "state:@ema.s",
            "per_datum:@opt.all.visits.q.free0",
            "loss",
            "payoff",
            "payoff:D",
            "term:kl[z]",
            "slope",
            "penalty:D",
            "term:a: b",
            "site:x",
            "mean:x",
            "code:z",
            "posterior:z",
            "input:x",
            "log_prob",
            "elbo",
            "log_weight",
            "reconstruction",
            "kl",
            "kl_dim:z",
            "kl_site:z,k",
            "says:D(p.x)",
            "agrees",
            "knows",
        ];
        for text in outputs {
            assert_eq!(Output::parse(text).map(|o| o.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Output::parse("payoff:D"), Some(Output::PayoffOf("D".into())));
        for text in [
            "@update",
            "@rate",
            "@weight",
            "@schedule.2",
            "@opt.@infer.m.q.free0",
            "@ema.decode.0.weight",
            "@known.x",
            "@kept.0.count",
            "@code.z",
        ] {
            assert_eq!(Input::parse(text).map(|o| o.to_string()).as_deref(), Some(text));
        }
        for other in ["x", "@schedule.x", "@opt.all.m", "update", "rate", "ema.free0", "schedule.0", "@"] {
            assert_eq!(Input::parse(other), None, "{other}");
        }
    }
}
