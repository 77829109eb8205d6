//! E0704: a net that no player owns.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0704` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0704",
    title: "a net has no owner",
    text: "\
Once there are players, each trainable net, flow and param that is used belongs to one of them. One without an owner
would keep its random initial parameters for ever.

Wrong:
    train { player critic { owns D  maximizes E[D(x)] - E[D(p.x)] } }
Right:
    train {
      player critic { owns D  maximizes E[D(x)] - E[D(p.x)] }
      player maker  { owns G  maximizes E[D(p.x)] }
    }
",
};

/// `name`, declared at `span`, is owned by none of `players`.
pub fn no_owner(name: &str, span: Span, players: &[String]) -> Diag {
    let help = match players {
        [one] => format!("add it to `{one}`, `owns .., {name}`, or add a player that owns it"),
        [first, ..] => format!("add it to a player, for example to `{first}`: `owns .., {name}`"),
        [] => format!("add a player: `player all {{ owns {name}  minimizes .. }}`"),
    };
    Diag::new("E0704", format!("no player owns `{name}`"), span, "has parameters that nobody changes")
        .help(help)
}

/// `value(..)` of `eval` at `span` reads `name`, declared at `declared`, which no goal trains.
pub fn only_measured(name: &str, declared: Span, span: Span) -> Diag {
    Diag::new("E0704", format!("no goal trains `{name}`, which is measured"), span, "reads the weights that it starts with")
        .also(declared, "has parameters that nobody changes")
        .help(format!("let a goal of `train` read `{name}`, or give it weights from a file: `net {name}(..) -> .. {{ .. }} from \"f.safetensors\"`"))
}
