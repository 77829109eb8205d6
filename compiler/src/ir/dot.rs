//! Graphviz.

use super::graph::Graph;
use super::op::Op;
use std::fmt::Write as _;

/// The graph as a `digraph`: inputs are boxes, constants are left out of the picture's way as plain text, outputs are double.
pub fn print(g: &Graph) -> String {
    let mut out = format!(
        "digraph {} {{\n  rankdir=TB; node [shape=ellipse, fontname=\"monospace\"];\n",
        quoted(&g.name)
    );
    for (i, node) in g.nodes.iter().enumerate() {
        let name = node.op.rule().name();
        let (label, shape) = if let Op::Input(input) = &node.op {
            (format!("{}\n{}", input.name, node.ty), "box")
        } else if let Op::Full(full) = &node.op {
            (format!("{}\n{}", full.value, node.ty), "plaintext")
        } else {
            (format!("%{i} {name}\n{}", node.ty), "ellipse")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  n{i} [label={}, shape={shape}];", quoted(&label));
        for a in &node.args {
            let _ = writeln!(out, "  n{} -> n{i};", a.0);
        }
    }
    for (k, (name, v)) in g.outputs.iter().enumerate() {
        let _ = writeln!(out, "  o{k} [label={}, shape=doubleoctagon];\n  n{} -> o{k};", quoted(name), v.0);
    }
    out.push_str("}\n");
    out
}

fn quoted(s: &str) -> String {
    format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
