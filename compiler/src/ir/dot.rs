//! Graphviz.

use super::graph::Graph;
use super::op::Op;
use std::fmt::Write as _;

/// The graph as a `digraph`: inputs are boxes, constants are left out of the picture's way as plain text, outputs are double. The body
/// of a loop stands in a frame beside its node.
pub fn print(g: &Graph) -> String {
    let mut out = format!(
        "digraph {} {{\n  rankdir=TB; node [shape=ellipse, fontname=\"monospace\"];\n",
        quoted(&g.name)
    );
    part(g, "", &mut out);
    out.push_str("}\n");
    out
}

/// Nodes and edges of a graph whose names begin with `place`.
fn part(g: &Graph, place: &str, out: &mut String) {
    for (i, node) in g.nodes.iter().enumerate() {
        let name = node.op.rule().name();
        let (label, shape) = if let Op::Input(input) = &node.op {
            (format!("{}\n{}", input.name, node.ty), "box")
        } else if let Op::Full(full) = &node.op {
            (format!("{}\n{}", full.value, node.ty), "plaintext")
        } else if let Op::Loop(l) = &node.op {
            (format!("%{i} {name} {} times\n{}", l.count, node.ty), "ellipse")
        } else {
            (format!("%{i} {name}\n{}", node.ty), "ellipse")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {place}n{i} [label={}, shape={shape}];", quoted(&label));
        for a in &node.args {
            let _ = writeln!(out, "  {place}n{} -> {place}n{i};", a.0);
        }
        if let Op::Loop(l) = &node.op {
            let _ = writeln!(
                out,
                "  subgraph cluster_{place}n{i} {{\n  label={};",
                quoted(&format!("%{i} {name}"))
            );
            part(&l.body, &format!("{place}n{i}_"), out);
            out.push_str("  }\n");
        }
    }
    for (k, (name, v)) in g.outputs.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {place}o{k} [label={}, shape=doubleoctagon];\n  {place}n{} -> {place}o{k};",
            quoted(name),
            v.0
        );
    }
}

fn quoted(s: &str) -> String {
    format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
