//! E0709: a setting of `train` between the braces of a player.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0709` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0709",
    title: "a setting of `train` in a player",
    text: "\
`batch`, `epochs`, `clip`, `ema` .. hold for all players and stand beside them. What one player has for itself, between its braces, are
`owns`, its goal, `using`, `steps` and `within`. `clip 0.01` scales gradients down, of all players; `within clip(0.01)` keeps the weights
of one player between -0.01 and 0.01, as a Wasserstein critic wants it (Arjovsky et al. 2017).

Wrong:
    train {
      player critic { owns D  maximizes E[D(x)] - E[D(p.x)]  using rmsprop(lr: 5e-5)  steps 5  clip 0.01 }
      player maker  { owns G  maximizes E[D(p.x)]            using rmsprop(lr: 5e-5) }
    }
Right:
    train {
      player critic { owns D  maximizes E[D(x)] - E[D(p.x)]  using rmsprop(lr: 5e-5)  steps 5  within clip(0.01) }
      player maker  { owns G  maximizes E[D(p.x)]            using rmsprop(lr: 5e-5) }
      clip 10
    }
",
};

/// A setting, its name and value, stands in `player`. `constraint`: a constraint of weights has the same name.
pub fn in_player((name, value): (&str, &str), span: Span, player: &str, constraint: bool) -> Diag {
    let beside = format!("write `{name} {value}` outside of the braces: it holds for all players");
    let help = match constraint {
        true => format!(
            "to keep the weights of `{player}` small write `within {name}({value})`; to scale down the gradients of all players, {beside}"
        ),
        false => beside,
    };
    Diag::new(
        "E0709",
        format!("`{name}` is a setting of `train`, not of player `{player}`"),
        span,
        "would hold for all players",
    )
    .help(help)
}
