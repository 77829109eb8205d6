//! E0229: weights of a net that cannot be had from its file.

use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::event::shape_text;
use crate::span::Span;

/// What `gmc explain E0229` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0229",
    title: "the weights of a net do not come from this file",
    text: "\
A net with `from \"f.safetensors\"` behind its layers has its weights from that file, whose path is relative to the spec. Nobody owns such a
net: it is never trained, behaves as in evaluation (no dropout, statistics of batch norm as they were kept), and gradients pass through it to its inputs. The file
must hold a tensor for every weight, by the path that the weight has in a run's `weights.safetensors`, `look.0.weight` (the net, the
number of the layer from 0, the weight), or without the name of the net, `0.weight`, of the same axes; other tensors of the file are passed over. The weight of `dense` is
[in, out]: that of PyTorch's `Linear` is its transpose. The run folder keeps the file, and the report its hash.

Wrong:
    net look(x: Real[64]) -> Real[32] { dense(16), relu, dense(32) } from \"a_net_with_other_layers.safetensors\"
Right:
    net look(x: Real[64]) -> Real[32] { dense(16), relu, dense(32) } from \"look.safetensors\"
",
};

/// The file at `path` cannot be read, as `why` says; it was looked for at the places `tried`.
pub fn unreadable(path: &str, span: Span, why: &str, tried: &[String]) -> Diag {
    let d = Diag::new("E0229", format!("the weights `{path}` cannot be read"), span, why);
    let d = tried.iter().fold(d, |d, place| d.note(format!("looked for {place}")));
    d.help(
        "give the path relative to the spec; a run leaves such a file in its folder, `weights.safetensors`",
    )
}

/// The file is something else.
pub fn no_safetensors(path: &str, span: Span, why: &str) -> Diag {
    Diag::new("E0229", format!("`{path}` is no safetensors file"), span, why)
        .help("save the weights with `safetensors.torch.save_file(net.state_dict(), \"f.safetensors\")`, or take those of a run")
}

/// There is no tensor for the weight `param` of `net`.
pub fn missing((net, declared): (&str, Span), param: &str, (path, at): (&str, Span), names: &[&str]) -> Diag {
    const SHOWN: usize = 6;
    let own = format!("{net}.{param}");
    let near =
        did_you_mean(&own, names.iter().copied()).or_else(|| did_you_mean(param, names.iter().copied()));
    let has: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
    let more = if names.len() > SHOWN { ", .." } else { "" };
    let d = Diag::new(
        "E0229",
        format!("`{path}` has no weights for `{net}`"),
        at,
        format!("holds neither `{own}` nor `{param}`"),
    )
    .also(declared, "whose layers say which there are")
    .note(match has.is_empty() {
        true => "it holds no tensors".to_string(),
        false => format!("it holds {}{more}", has.join(", ")),
    });
    match near {
        Some(near) => {
            d.help(format!("rename `{near}` in the file, or give the net the layers that the weights are of"))
        }
        None => {
            d.help("give the net the layers that the weights are of, and its name if they stand under one")
        }
    }
}

/// The tensor for `param` has other axes.
pub fn shape(param: &str, want: &[usize], got: &[usize], (path, at): (&str, Span)) -> Diag {
    let turned: Vec<usize> = want.iter().rev().copied().collect();
    let d = Diag::new(
        "E0229",
        format!("`{param}` has other axes in `{path}`"),
        at,
        format!("{} there, and {} by the layers of the net", shape_text(got), shape_text(want)),
    );
    match want.len() == 2 && got == turned {
        true => d.help(
            "it is the transpose, as PyTorch keeps the weight of `Linear`: save `weight.T.contiguous()`",
        ),
        false => d.help("give the net the sizes that its weights have"),
    }
}

/// The tensor for `param` holds something that is no weights.
pub fn values(param: &str, what: &str, (path, at): (&str, Span)) -> Diag {
    Diag::new("E0229", format!("`{param}` of `{path}` is not what weights are"), at, what)
        .help("save it again as 32-bit floats")
}

/// A net from a file has layers without weights only.
pub fn no_parameters(net: &str, span: Span) -> Diag {
    Diag::new("E0229", format!("`{net}` has no weights that a file could hold"), span, "nothing to read")
        .help("leave out `from ..`")
}

/// A net from a file whose layers hold another net.
pub fn net_inside(net: &str, inner: &str, span: Span) -> Diag {
    Diag::new(
        "E0229",
        format!("`{net}` is from a file, and `{inner}` inside of it is not"),
        span,
        "has the weights of all of its layers",
    )
    .help(format!("write the layers of `{inner}` in its place"))
}

/// A net from a file as a layer.
pub fn as_a_layer(net: &str, inner: &str, span: Span) -> Diag {
    Diag::new(
        "E0229",
        format!("`{inner}` is from a file, and no layer of `{net}`"),
        span,
        "calls it as a layer",
    )
    .help(format!("call the two one after the other where they are used: `{net}({inner}(x))`"))
}

/// A player owns a net from a file.
pub fn owned(net: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0229", format!("`{net}` is from a file, and nobody owns it"), span, "would be trained")
        .also(declared, "has its weights from a file")
        .help("leave it out of `owns`; gradients pass through it all the same. To train it, leave out `from ..` and begin with its weights: `gmc run spec.gm --from RUN`")
}
