//! A group of elementwise nodes as a program for a small register machine; [`super::fuse`] runs it.
//!
//! Every register holds one block of f32 values; truth values are 0 and 1. Nodes that only rename or repeat a value
//! (`Detach`, `Broadcast`, `Cast` from truth to number) become no instruction: their users read through them.

use gmc_compiler::ir::graph::Graph;
use gmc_compiler::ir::op::{Binary, Compare, Logic, Op, ReduceKind, Unary};
use gmc_compiler::ir::ops::Elementwise;
use gmc_compiler::ir::shape::{DType, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Src {
    /// A register.
    Reg(usize),
    /// The kernel's input of this position, at the same place or broadcast.
    In(usize),
    /// A number.
    Const(f32),
}

/// What an instruction computes, element by element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code {
    /// A function of one number.
    Unary(Unary),
    /// A function of two numbers.
    Binary(Binary),
    /// A power with a small whole exponent.
    PowI(i32),
    /// A comparison.
    Compare(Compare),
    /// A connective.
    Logic(Logic),
    /// The second where the first is not 0, else the third.
    Select,
    /// Number to truth value.
    NonZero,
}

/// One instruction; operands that it does not use are `Const(0)`. `dst` is none of its operands.
#[derive(Clone, Copy, Debug)]
pub struct Instr {
    /// What.
    pub code: Code,
    /// Register written.
    pub dst: usize,
    /// Operands.
    pub args: [Src; 3],
}

/// A fused group.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The nodes it computes, ascending.
    pub nodes: Vec<usize>,
    /// Values read from outside, each once.
    pub inputs: Vec<usize>,
    /// Values that others need.
    pub outputs: Vec<usize>,
    /// Where each output is after the last instruction.
    pub results: Vec<Src>,
    /// Element type of each output.
    pub dtypes: Vec<DType>,
    /// Of each output, how its elements are combined to one number, if they are.
    pub folds: Vec<Option<ReduceKind>>,
    /// Whether each output leaves the program, as a parameter or an optimizer's slot does.
    pub leaves: Vec<bool>,
    /// The program.
    pub code: Vec<Instr>,
    /// Number of registers.
    pub regs: usize,
    /// Axes of every result.
    pub shape: Shape,
    /// Rough cost of one element, in additions.
    pub cost: usize,
}

impl Kernel {
    /// Compiles `group` (indices of elementwise nodes of one result shape, ascending). In place of a value in `folds` the kernel gives the reduction of all
    /// its elements, which is the node named there.
    pub fn new(graph: &Graph, group: Vec<usize>, folds: &BTreeMap<usize, usize>) -> Kernel {
        let inside: BTreeSet<usize> = group.iter().copied().collect();
        let mut wanted: BTreeSet<usize> =
            graph.outputs.iter().map(|(_, v)| v.0 as usize).filter(|v| inside.contains(v)).collect();
        for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| !inside.contains(i)) {
            debug_assert!(!inside.contains(&i));
            wanted.extend(node.args.iter().map(|a| a.0 as usize).filter(|a| inside.contains(a)));
        }
        let mut b = Builder { graph, inputs: Vec::new(), at: BTreeMap::new(), code: Vec::new() };
        for &i in &group {
            b.node(i);
        }
        let results: Vec<Src> = wanted.iter().map(|o| b.source(*o)).collect();
        let outputs: Vec<usize> = wanted.iter().map(|o| folds.get(o).copied().unwrap_or(*o)).collect();
        let fold = |o: &usize| match graph.nodes.get(*folds.get(o)?).map(|n| &n.op) {
            Some(Op::Reduce(r)) => Some(r.kind),
            _ => None,
        };
        let folds = wanted.iter().map(fold).collect();
        let leaves = outputs.iter().map(|o| graph.outputs.iter().any(|(_, v)| v.0 as usize == *o)).collect();
        let dtypes = outputs.iter().filter_map(|o| graph.nodes.get(*o)).map(|n| n.ty.dtype).collect();
        let shape =
            group.first().and_then(|i| graph.nodes.get(*i)).map_or(Shape::scalar(), |n| n.ty.shape.clone());
        let cost = b.code.iter().map(|i| cost(i.code)).sum::<usize>() + b.inputs.len() + outputs.len();
        let (code, results, regs) = allocate(b.code, results);
        Kernel {
            nodes: group,
            inputs: b.inputs,
            outputs,
            results,
            dtypes,
            folds,
            leaves,
            code,
            regs,
            shape,
            cost,
        }
    }
}

struct Builder<'a> {
    graph: &'a Graph,
    inputs: Vec<usize>,
    at: BTreeMap<usize, Src>,
    code: Vec<Instr>,
}

impl Builder<'_> {
    /// Where the value is: computed before, a constant, or a new input.
    fn source(&mut self, i: usize) -> Src {
        if let Some(s) = self.at.get(&i) {
            return *s;
        }
        let s = match self.graph.nodes.get(i).map(|n| &n.op) {
            Some(Op::Full(f)) => Src::Const(f.value as f32),
            _ => {
                self.inputs.push(i);
                Src::In(self.inputs.len() - 1)
            }
        };
        self.at.insert(i, s);
        s
    }
    fn emit(&mut self, i: usize, code: Code, args: [Src; 3]) {
        let dst = self.code.len();
        self.code.push(Instr { code, dst, args });
        self.at.insert(i, Src::Reg(dst));
    }
    fn node(&mut self, i: usize) {
        let Some(node) = self.graph.nodes.get(i) else { return };
        let mut args = [Src::Const(0.0); 3];
        for (slot, a) in args.iter_mut().zip(&node.args) {
            *slot = self.source(a.0 as usize);
        }
        let from = node.args.first().map(|a| self.graph.ty(*a).dtype);
        let Some(op) = node.op.rule().elementwise() else {
            // A broadcast, the other kind that is grouped, only reads with other strides.
            debug_assert!(matches!(node.op, Op::Broadcast(_)), "the planner groups elementwise nodes only");
            self.at.insert(i, args[0]);
            return;
        };
        let code = match op {
            Elementwise::Unary(u) => Code::Unary(u),
            Elementwise::Binary(b) => match (b, args) {
                (Binary::Pow, [_, Src::Const(c), _]) if c.fract() == 0.0 && c.abs() <= 16.0 => {
                    Code::PowI(c as i32)
                }
                _ => Code::Binary(b),
            },
            Elementwise::Compare(c) => Code::Compare(c),
            Elementwise::Logic(l) => Code::Logic(l),
            Elementwise::Select => Code::Select,
            Elementwise::Cast(c) if c.to == DType::B && from == Some(DType::F) => Code::NonZero,
            Elementwise::Cast(_) | Elementwise::Detach => {
                self.at.insert(i, args[0]);
                return;
            }
        };
        self.emit(i, code, args);
    }
}

/// Rewrites single-assignment registers to as few as their lifetimes allow. Results live to the end.
fn allocate(mut code: Vec<Instr>, mut results: Vec<Src>) -> (Vec<Instr>, Vec<Src>, usize) {
    let mut last = vec![0usize; code.len()];
    let mut touch = |s: &Src, at: usize| {
        if let Src::Reg(r) = s
            && let Some(l) = last.get_mut(*r)
        {
            *l = at;
        }
    };
    for (at, i) in code.iter().enumerate() {
        i.args.iter().for_each(|s| touch(s, at));
    }
    results.iter().for_each(|s| touch(s, usize::MAX));
    let mut home: Vec<usize> = vec![0; code.len()];
    let mut free: Vec<usize> = Vec::new();
    let mut regs = 0;
    for (at, i) in code.iter_mut().enumerate() {
        // The result's register is chosen before those of dying operands are given back, so that they differ.
        let r = free.pop().unwrap_or_else(|| {
            regs += 1;
            regs - 1
        });
        let mut dying: Vec<usize> = Vec::new();
        for s in i.args.iter_mut() {
            if let Src::Reg(v) = s {
                let h = home.get(*v).copied().unwrap_or(0);
                if last.get(*v) == Some(&at) && !dying.contains(&h) {
                    dying.push(h);
                }
                *s = Src::Reg(h);
            }
        }
        free.extend(dying);
        if let Some(h) = home.get_mut(at) {
            *h = r;
        }
        i.dst = r;
    }
    for s in results.iter_mut() {
        if let Src::Reg(v) = s {
            *s = Src::Reg(home.get(*v).copied().unwrap_or(0));
        }
    }
    (code, results, regs)
}

/// Additions that take about as long.
fn cost(code: Code) -> usize {
    match code {
        Code::Unary(u) => match u {
            Unary::Neg
            | Unary::Square
            | Unary::Abs
            | Unary::Sign
            | Unary::Floor
            | Unary::Relu
            | Unary::Step => 1,
            Unary::Sqrt | Unary::Recip => 4,
            Unary::Exp | Unary::Log | Unary::Log1p | Unary::Expm1 | Unary::Tanh | Unary::Sigmoid => 12,
            Unary::Softplus => 24,
            Unary::Sin | Unary::Cos | Unary::Erf | Unary::Lgamma | Unary::Digamma | Unary::Trigamma => 100,
        },
        Code::Binary(b) => match b {
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Max | Binary::Min => 1,
            Binary::Div => 4,
            Binary::Pow => 100,
        },
        Code::PowI(_) | Code::Compare(_) | Code::Logic(_) | Code::Select | Code::NonZero => 1,
    }
}
