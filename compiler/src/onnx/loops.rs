//! The nodes of a graph, one after the other. Of a loop the body becomes a graph of its own within the node `Loop`, which sees the names around it.

use super::messages::{self, Attr, Elem, whole};
use super::ops;
use super::write::{Around, Writer};
use crate::ir::{DType, Graph, Local, Loop, Op, Shape, Value};
use crate::protobuf::Message;
use std::collections::BTreeMap;

impl Writer<'_> {
    /// Writes the nodes of a graph; the name of each value. `locals` are the names of the inputs of a body.
    ///
    /// # Errors
    /// What has no operator in ONNX.
    pub(super) fn run(&mut self, g: &Graph, locals: &[(String, String)]) -> Result<Vec<String>, String> {
        let mut names: Vec<String> = Vec::with_capacity(g.nodes.len());
        let mut results: BTreeMap<Value, Vec<String>> = BTreeMap::new();
        for (v, node) in g.iter() {
            let args: Vec<&str> =
                node.args.iter().filter_map(|a| names.get(a.0 as usize)).map(String::as_str).collect();
            let tys: Vec<_> = node.args.iter().map(|a| g.ty(*a)).collect();
            let name = if let Op::Input(input) = &node.op {
                self.input(input, locals)?
            } else if let Op::Loop(l) = &node.op {
                let made = self.loop_over(l, &args)?;
                let first = made.first().cloned().unwrap_or_default();
                results.insert(v, made);
                first
            } else if let Op::LoopResult(r) = &node.op {
                let of = node.args.first().and_then(|a| results.get(a)?.get(r.k));
                of.cloned().ok_or("a result of a loop that is not there")?
            } else {
                ops::write(self, &node.op, &args, &tys, &node.ty)?
            };
            names.push(name);
        }
        Ok(names)
    }

    /// Writes a loop; the names of what its outputs come to.
    ///
    /// # Errors
    /// What its body has that ONNX lacks.
    pub(super) fn loop_over(&mut self, l: &Loop, args: &[&str]) -> Result<Vec<String>, String> {
        let (initial, read) = args.split_at_checked(l.carried).ok_or("a loop lacks arguments")?;
        let outside = std::mem::take(&mut self.nodes);
        let body = self.body(l, read);
        let nodes = std::mem::replace(&mut self.nodes, outside);
        let (inputs, outputs) = body?;
        let body = messages::graph("body", &nodes, [&inputs, &outputs], &[]);
        let turns = self.number(Elem::Int64, l.count as f64);
        let always = self.number(Elem::Bool, 1.0);
        let handed: Vec<&str> =
            [turns.as_str(), always.as_str()].into_iter().chain(initial.iter().copied()).collect();
        let made: Vec<String> = l.body.outputs.iter().map(|_| self.fresh()).collect();
        self.nodes.push(messages::node("Loop", &handed, &made, &[("body", Attr::Graph(body))]));
        if !l.reverse {
            return Ok(made);
        }
        let flip = |(k, name): (usize, String)| if k < l.carried { name } else { self.flipped(&name) };
        Ok(made.into_iter().enumerate().map(flip).collect())
    }

    /// Inputs and outputs of the body, whose nodes are written.
    fn body(&mut self, l: &Loop, read: &[&str]) -> Result<(Vec<Message>, Vec<Message>), String> {
        let (turn, go_on) = (self.fresh(), self.fresh());
        let position = if l.reverse {
            let last = self.number(Elem::Int64, l.count.saturating_sub(1) as f64);
            self.node("Sub", &[&last, &turn], &[])
        } else {
            turn.clone()
        };
        let carried: Vec<String> = (0..l.carried).map(|_| self.fresh()).collect();
        let mut locals: Vec<(String, String)> =
            carried.iter().enumerate().map(|(k, own)| (Local::Carry(k).to_string(), own.clone())).collect();
        locals
            .extend(read.iter().enumerate().map(|(k, own)| (Local::Read(k).to_string(), (*own).to_string())));
        locals.push((Local::Position.to_string(), self.cast(&position, Elem::Float)));
        self.around.push(Around { position, count: l.count });
        let names = self.run(&l.body, &locals);
        self.around.pop();
        let names = names?;
        let info = |name: &str, elem: Elem, shape: &Shape| messages::value_info(name, elem, shape, "");
        let (number, truth) = (Elem::of(DType::I), Elem::of(DType::B));
        let mut inputs = vec![info(&turn, number, &Shape::scalar()), info(&go_on, truth, &Shape::scalar())];
        let on = self.node("Identity", &[&go_on], &[]);
        let mut outputs = vec![info(&on, truth, &Shape::scalar())];
        for (k, (_, v)) in l.body.outputs.iter().enumerate() {
            let ty = l.body.ty(*v);
            if let Some(own) = carried.get(k) {
                inputs.push(info(own, Elem::of(ty.dtype), &ty.shape));
            }
            let from = names.get(v.0 as usize).cloned().unwrap_or_default();
            let made = self.node("Identity", &[&from], &[]);
            outputs.push(info(&made, Elem::of(ty.dtype), &ty.shape));
        }
        Ok((inputs, outputs))
    }

    /// The rows of a value from the last to the first.
    fn flipped(&mut self, x: &str) -> String {
        let one = |w: &mut Self, n: i64| w.constant(Elem::Int64, &[1], &[n as f64]);
        let (last, end, axis) = (one(self, -1), one(self, -whole(usize::from(u16::MAX)) << 15), one(self, 0));
        let back = one(self, -1);
        self.node("Slice", &[x, &last, &end, &axis, &back], &[])
    }
}
