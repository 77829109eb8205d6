//! E0709: a setting of `train` on the line of a player.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0709` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0709",
    title: "a setting of `train` on the line of a player",
    text: "\
`batch`, `epochs`, `clip`, `ema` .. hold for all players and stand on lines of their own. What one player has for itself are `within`, its goal,
`using` and `steps`. `clip 0.01` scales gradients down, of all players; `within clip(0.01)` keeps the weights of one player between
-0.01 and 0.01, as a Wasserstein critic wants it (Arjovsky et al. 2017).

Wrong:
    train {
      player critic owns D maximizes E[D(x)] - E[D(p.x)] using rmsprop(lr: 5e-5) steps 5 clip 0.01
      player maker  owns G maximizes E[D(p.x)]           using rmsprop(lr: 5e-5)
    }
Right:
    train {
      player critic owns D within clip(0.01) maximizes E[D(x)] - E[D(p.x)] using rmsprop(lr: 5e-5) steps 5
      player maker  owns G maximizes E[D(p.x)] using rmsprop(lr: 5e-5)
      clip 10
    }
",
};

/// A setting, its name and value, stands on the line of `player`, which owns `owns`. `constraint`: a constraint of weights has the same name.
pub fn on_a_line(
    (name, value): (&str, &str),
    span: Span,
    player: &str,
    owns: &str,
    constraint: bool,
) -> Diag {
    let own_line = format!("write `{name} {value}` on a line of its own: it holds for all players");
    let help = match constraint {
        true => format!(
            "to keep the weights of `{player}` small write `owns {owns} within {name}({value})`; to scale down the gradients of all players, {own_line}"
        ),
        false => own_line,
    };
    Diag::new(
        "E0709",
        format!("`{name}` is a setting of `train`, not of player `{player}`"),
        span,
        "would hold for all players",
    )
    .help(help)
}
