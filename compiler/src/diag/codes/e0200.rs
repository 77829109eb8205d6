//! E0200: a name that nothing declares.

use crate::diag::Diag;
use crate::diag::foreign::{self, Place};
use crate::span::Span;

/// What `gmc explain E0200` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0200",
    title: "nothing has this name",
    text: "\
Each name is either built in (layers, distributions, functions, data sources, optimizers, schedules) or declared by an
item of the spec: data, dim, type, net, flow, param, fn, model, guide. Items may stand in any order. Sites are visible inside
their own model or guide, from their line on; elsewhere a sample of one is `p.x`.

Wrong:
    net decode(z: Real[16]) -> Real[784] { desne(256), relu, dense(784) }
Right:
    net decode(z: Real[16]) -> Real[784] { dense(256), relu, dense(784) }
",
};

/// Nothing of the kind `what` (`layer`, ``site of `p` ``) is called `name`; `near` is a known name much like it.
pub fn unknown(what: &str, name: &str, span: Span, near: Option<&str>) -> Diag {
    unknown_row(what, name, span, near, &way_out(what, name))
}

/// As [`unknown`], with what may be written where no known name is near.
pub fn unknown_row(what: &str, name: &str, span: Span, near: Option<&str>, offers: &str) -> Diag {
    let diag = match what.split_once(" of `") {
        // ``site of `p` ``, ``setting of `train` ``
        Some((kind, owner)) => {
            let message = format!("`{owner} has no {kind} `{name}`");
            Diag::new("E0200", message, span, format!("not a {kind} of it"))
        }
        None if what == "name" => {
            Diag::new("E0200", format!("unknown name `{name}`"), span, "nothing visible here has this name")
        }
        None => {
            Diag::new("E0200", format!("unknown {what} `{name}`"), span, format!("no {what} has this name"))
        }
    };
    let place = if what.starts_with("setting of") || what.starts_with("metric") {
        Place::Setting
    } else {
        Place::Name
    };
    match (near, foreign::advice(name, place)) {
        (Some(near), None) => diag.help(format!("did you mean `{near}`?")),
        // The same word in other letters is ours already.
        (Some(near), Some(_)) if near.eq_ignore_ascii_case(name) => {
            diag.help(format!("did you mean `{near}`?"))
        }
        (_, Some(advice)) => diag.help(format!("write {advice}")),
        (None, None) => diag.help(offers),
    }
}

/// Where names of a kind come from, when none is near.
fn way_out(what: &str, name: &str) -> String {
    match what {
        "layer" => format!("use a built-in layer such as `dense(64)` or `relu`, or declare `net {name}(..) -> .. {{ .. }}`"),
        "layer of a flow" => {
            format!("use a built-in one such as `couple(parity(0), affine) {{ .. }}`, or declare `flow {name}: .. <-> .. {{ .. }}`")
        }
        "function" => format!("declare it: `fn {name}(a) = ..`, or as layers: `net {name}(..) -> .. {{ .. }}`"),
        "net" => format!("declare it: `net {name}(..) -> .. {{ .. }}`"),
        "net, flow or param" => format!("declare it, for example `net {name}(..) -> .. {{ .. }}`, or remove it from `owns`"),
        "model or guide" => format!("declare it: `model {name} {{ .. }}` or `guide {name}(x) {{ .. }}`"),
        "data variable" => format!("declare it: `data {name}: .. from ..`; the names in brackets after a model or guide are data"),
        "dimension" | "number or dimension" => format!("write a number, or declare `dim {name} = 16`"),
        "type" => format!("use `Real`, `Bool`, `Int(n)` or `Class(n)`, or declare `type {name} = ..`"),
        "distribution" => "use a built-in distribution such as `Normal(0, I)`; a computed value takes an equals sign".to_string(),
        "data source" => {
            "use a built-in source such as `digits` or `moons(noise: 0.05)`, or read a file: `csv(\"points.csv\")`".to_string()
        }
        "optimizer" => "use `adam(lr: 1e-3)`, or another built-in optimizer".to_string(),
        "schedule" => "use a built-in schedule such as `ramp(0 -> 1, over: 10 epochs)` or `cosine(1e-3 -> 1e-5)`".to_string(),
        "gradient estimator" => {
            "use `enumerate`, `gumbel(tau: 0.67)`, `pathwise` or `score(baseline: moving)` (REINFORCE), or leave `by ..` out".to_string()
        }
        "support" => "use `reals`, `positive`, `unit`, `simplex` or `interval(-1, 1)`".to_string(),
        "weight constraint" => "use `clip(0.01)`".to_string(),
        _ if what.starts_with("site of ") => format!("draw or compute `{name}` there, or name one of its sites"),
        _ => format!(
            "declare `{name}` before it is used: draw it, `{name} ~ ..`, compute it, `{name} = ..`, or read it, `data {name}: .. from ..`"
        ),
    }
}
