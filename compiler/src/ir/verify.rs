//! The verifier. Every graph that leaves the compiler, and every graph read back from text, satisfies:
//!
//! | rule | invariant |
//! |---|---|
//! | V1 | every argument is defined before the node that uses it |
//! | V2 | every node's type is what its op's rule infers from the arguments |
//! | V3 | input names are unique and not empty |
//! | V4 | output names are unique and not empty |
//! | V5 | every output is defined |
//! | V6 | random draws of one stream are the same draw: equal kind and shape, in one graph and not in the body of another loop, too |
//! | V7 | spans do not end before they start |
//! | V8 | inputs fit their role: a `Scalar` is a rank-0 `F`, a `Param` is `F` and does not carry the batch, a `Block` is `F` and has one row for each datum |
//! | V9 | constants are not NaN |
//! | V10 | no value has more than 2^40 elements per datum, nor more than 8 axes |
//! | V11 | what reads the position of a loop (`DynSlice`, `DynUpdate`, an input of role `Local`) stands in the body of one |
//! | V12 | the body of a loop has no name and no inputs of other roles, and lies in at most 8 bodies |
//! | V13 | the argument of a `LoopResult` is a loop whose body has that output, and its type is what the output comes to |
//!
//! The body of a loop is a graph that satisfies them, too; that it fits its arguments is part of V2.
//!
//! `tests/ir_verify.rs` breaks a graph for each.

use super::graph::{Graph, Node, Value};
use super::op::{Loop, Op, Role};
use super::shape::{DType, Dim};
use std::collections::{BTreeMap, BTreeSet};

/// One broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The number of the rule in the table above.
    pub rule: u8,
    /// The node at fault, of the outermost graph where it lies in the body of a loop; `None` for outputs.
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

/// Most bodies around a node (V12).
const DEEPEST: usize = 8;

/// Where a graph stands, and what was seen of the whole program.
struct Place<'s, 'g> {
    /// The bodies around it.
    depth: usize,
    /// The draws by stream, each with the number of its graph.
    streams: &'s mut BTreeMap<u32, (usize, &'g Op)>,
    /// How many graphs there were.
    graphs: &'s mut usize,
}

/// Checks every invariant.
///
/// # Errors
/// All violations, in the order of the nodes, then of the outputs.
pub fn verify(g: &Graph) -> Result<(), Vec<Violation>> {
    let (mut streams, mut graphs) = (BTreeMap::new(), 0);
    let found = graph(g, Place { depth: 0, streams: &mut streams, graphs: &mut graphs });
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn graph<'g>(g: &'g Graph, place: Place<'_, 'g>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut inputs = BTreeSet::new();
    *place.graphs += 1;
    let own = *place.graphs;
    for (i, node) in g.nodes.iter().enumerate() {
        let mut report =
            |rule: u8, text: String| found.push(Violation { rule, node: Some(Value(i as u32)), text });
        // Sizes first: what the shape rules compute with is then small.
        if let Err(text) = small(node) {
            report(10, text);
            continue;
        }
        if let Op::Loop(l) = &node.op {
            let inner = Place { depth: place.depth + 1, streams: place.streams, graphs: place.graphs };
            for v in body(l, inner) {
                let at = v.node.map_or_else(String::new, |v| format!(" at {v}"));
                report(v.rule, format!("in its body{at}: {}", v.text));
            }
        }
        typed(g, i, node, &mut report);
        if node.span.start > node.span.end {
            report(7, "the span ends before it starts".into());
        }
        if let Op::Random(random) = &node.op
            && place
                .streams
                .insert(random.stream, (own, &node.op))
                .is_some_and(|before| before != (own, &node.op))
        {
            report(6, format!("stream {} is drawn in two ways", random.stream));
        }
        leaf(&node.op, &mut inputs, place.depth, &mut report);
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
    found
}

/// The body of a loop as a graph, and V12.
fn body<'g>(l: &'g Loop, place: Place<'_, 'g>) -> Vec<Violation> {
    let wrong = |text: String| Violation { rule: 12, node: None, text };
    if place.depth > DEEPEST {
        return vec![wrong(format!("it lies in more than {DEEPEST} bodies"))];
    }
    let mut found = Vec::new();
    if !l.body.name.is_empty() {
        found.push(wrong(format!("it has the name `{}`", l.body.name)));
    }
    found.extend(graph(&l.body, place));
    found
}

/// V1, V2 and V13.
fn typed(g: &Graph, i: usize, node: &Node, report: &mut dyn FnMut(u8, String)) {
    let args: Option<Vec<&Node>> =
        node.args.iter().map(|a| g.nodes.get(a.0 as usize).filter(|_| (a.0 as usize) < i)).collect();
    let Some(args) = args else { return report(1, "an argument is not defined before its use".into()) };
    let tys: Vec<_> = args.iter().map(|n| &n.ty).collect();
    match node.op.rule().infer(&tys) {
        Ok(ty) if ty == node.ty => {}
        Ok(ty) => report(2, format!("{} gives {ty}, not {}", node.op.rule().name(), node.ty)),
        Err(why) => report(2, format!("{} {why}", node.op.rule().name())),
    }
    if let Op::LoopResult(r) = &node.op {
        let made = if let Some(Op::Loop(l)) = args.first().map(|n| &n.op) { l.result(r.k) } else { None };
        if made.as_ref() != Some(&node.ty) {
            let made = made.map_or_else(|| "none".into(), |ty| ty.to_string());
            report(13, format!("result {} of its argument is {made}, not {}", r.k, node.ty));
        }
    }
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

/// V3, V8, V9, V11, V12: what one op can break, in this many bodies.
fn leaf<'g>(op: &'g Op, inputs: &mut BTreeSet<&'g str>, depth: usize, report: &mut dyn FnMut(u8, String)) {
    if depth == 0 && matches!(op, Op::DynSlice(_) | Op::DynUpdate(_)) {
        report(11, format!("{} stands outside of a loop", op.rule().name()));
    }
    if let Op::Input(input) = op {
        if input.name.is_empty() || !inputs.insert(&input.name) {
            report(3, format!("input `{}` is named twice or not at all", input.name));
        }
        let fits =
            match input.role {
                Role::Scalar => input.dtype == DType::F && input.shape.rank() == 0,
                Role::Param => input.dtype == DType::F && input.shape.0.iter().all(|d| !d.batch),
                Role::PerDatum => {
                    input.dtype == DType::F
                        && input.shape.0.split_first().is_some_and(|(lead, event)| {
                            *lead == Dim::BATCH && event.iter().all(|d| !d.batch)
                        })
                }
                Role::State | Role::Data | Role::Local => true,
            };
        match (input.role == Role::Local, depth > 0) {
            (true, false) => report(11, format!("input `{}` stands outside of a loop", input.name)),
            (false, true) => report(12, format!("input `{}` is {:?}", input.name, input.role)),
            (true, true) | (false, false) => {}
        }
        if !fits {
            report(
                8,
                format!("input `{}` of {} does not fit its role {:?}", input.name, input.shape, input.role),
            );
        }
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
