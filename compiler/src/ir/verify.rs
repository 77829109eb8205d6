//! The verifier. Every graph that leaves the compiler, and every graph read back from text, satisfies:
//!
//! | rule | invariant |
//! |---|---|
//! | V1 | every argument is defined before the node that uses it |
//! | V2 | every node's type is what its op's rule infers from the arguments |
//! | V3 | input names are unique and not empty |
//! | V4 | output names are unique and not empty |
//! | V5 | every output is defined |
//! | V6 | random draws of one stream are the same draw: equal kind and shape |
//! | V7 | spans do not end before they start |
//! | V8 | inputs fit their role: a `Scalar` is a rank-0 `F`, a `Param` is `F` and does not carry the batch, a `Block` is `F` and has one row for each datum |
//! | V9 | constants are not NaN |
//! | V10 | no value has more than 2^40 elements per datum, nor more than 8 axes |
//!
//! `tests/ir_verify.rs` breaks a graph for each.

use super::graph::{Graph, Node, Value};
use super::op::{Op, Role};
use super::shape::{DType, Dim};
use std::collections::{BTreeMap, BTreeSet};

/// One broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The number of the rule in the table above.
    pub rule: u8,
    /// The node at fault; `None` for outputs.
    pub node: Option<Value>,
    /// What is wrong.
    pub text: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.node {
            Some(v) => write!(f, "V{} at {v}: {}", self.rule, self.text),
            None => write!(f, "V{}: {}", self.rule, self.text),
        }
    }
}

/// Largest number of elements per datum (V10).
const MOST_ELEMENTS: usize = 1 << 40;
/// Largest number of axes (V10).
const MOST_AXES: usize = 8;

/// Checks every invariant.
///
/// # Errors
/// All violations, in the order of the nodes, then of the outputs.
pub fn verify(g: &Graph) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    let mut inputs = BTreeSet::new();
    let mut streams: BTreeMap<u32, &Op> = BTreeMap::new();
    for (i, node) in g.nodes.iter().enumerate() {
        let mut report =
            |rule: u8, text: String| found.push(Violation { rule, node: Some(Value(i as u32)), text });
        // Sizes first: what the shape rules compute with is then small.
        if let Err(text) = small(node) {
            report(10, text);
            continue;
        }
        let args: Option<Vec<&Node>> =
            node.args.iter().map(|a| g.nodes.get(a.0 as usize).filter(|_| (a.0 as usize) < i)).collect();
        match args {
            None => report(1, "an argument is not defined before its use".into()),
            Some(args) => {
                let tys: Vec<_> = args.iter().map(|n| &n.ty).collect();
                match node.op.rule().infer(&tys) {
                    Ok(ty) if ty == node.ty => {}
                    Ok(ty) => report(2, format!("{} gives {ty}, not {}", node.op.rule().name(), node.ty)),
                    Err(why) => report(2, format!("{} {why}", node.op.rule().name())),
                }
            }
        }
        if node.span.start > node.span.end {
            report(7, "the span ends before it starts".into());
        }
        leaf(&node.op, &mut inputs, &mut streams, &mut report);
    }
    let mut names = BTreeSet::new();
    for (name, v) in &g.outputs {
        let mut report = |rule: u8, text: String| found.push(Violation { rule, node: None, text });
        if name.is_empty() || !names.insert(name) {
            report(4, format!("output `{name}` is named twice or not at all"));
        }
        if v.0 as usize >= g.nodes.len() {
            report(5, format!("output `{name}` is {v}, which is not defined"));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// V10.
fn small(node: &Node) -> Result<(), String> {
    let axes = node.ty.shape.rank();
    let elements = node.ty.shape.0.iter().try_fold(1usize, |p, d| p.checked_mul(d.n));
    if axes > MOST_AXES {
        return Err(format!("{axes} axes"));
    }
    match elements {
        Some(n) if n <= MOST_ELEMENTS && node.ty.shape.0.iter().all(|d| d.n <= MOST_ELEMENTS) => Ok(()),
        Some(_) | None => Err(format!("{} has too many elements", node.ty)),
    }
}

/// V3, V6, V8, V9: what only leaves can break.
fn leaf<'g>(
    op: &'g Op,
    inputs: &mut BTreeSet<&'g str>,
    streams: &mut BTreeMap<u32, &'g Op>,
    report: &mut dyn FnMut(u8, String),
) {
    if let Op::Input(input) = op {
        if input.name.is_empty() || !inputs.insert(&input.name) {
            report(3, format!("input `{}` is named twice or not at all", input.name));
        }
        let fits =
            match input.role {
                Role::Scalar => input.dtype == DType::F && input.shape.rank() == 0,
                Role::Param => input.dtype == DType::F && input.shape.0.iter().all(|d| !d.batch),
                Role::Block => {
                    input.dtype == DType::F
                        && input.shape.0.split_first().is_some_and(|(lead, event)| {
                            *lead == Dim::BATCH && event.iter().all(|d| !d.batch)
                        })
                }
                Role::State | Role::Data => true,
            };
        if !fits {
            report(
                8,
                format!("input `{}` of {} does not fit its role {:?}", input.name, input.shape, input.role),
            );
        }
    }
    if let Op::Random(random) = op
        && streams.insert(random.stream, op).is_some_and(|before| before != op)
    {
        report(6, format!("stream {} is drawn in two ways", random.stream));
    }
    let nan = if let Op::Full(full) = op {
        full.value.is_nan()
    } else if let Op::Literal(literal) = op {
        literal.data.iter().any(|x| x.is_nan())
    } else {
        false
    };
    if nan {
        report(9, "a constant is NaN".into());
    }
}
