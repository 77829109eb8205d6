//! A graph of ONNX while it is written: nodes, constants, shapes that depend on the batch, inputs.

use super::messages::{self, Attr, Elem, whole};
use super::{Port, Values, inward, outward};
use crate::ir::{DType, Dim, Graph, Input, Op, Random, RandomKind, Role, Shape, Ty};
use crate::protobuf::Message;
use std::collections::BTreeMap;

/// Where in a loop something is written.
#[derive(Clone)]
pub(super) struct Around {
    /// The position, a rank-0 whole number.
    pub(super) position: String,
    /// How many positions there are.
    pub(super) count: usize,
}

/// A graph while it is written.
pub(super) struct Writer<'a> {
    /// What parameters are.
    values: Values<'a>,
    /// Nodes that depend on inputs alone; they stand before the others.
    first: Vec<Message>,
    /// Nodes of the graph or of the body that is written.
    pub(super) nodes: Vec<Message>,
    /// Constants, those of bodies too.
    initializers: Vec<Message>,
    /// Inputs, in their order.
    pub(super) inputs: Vec<Port>,
    /// Names of constants by what they are.
    constants: BTreeMap<(Elem, Vec<usize>, Vec<u64>), String>,
    /// Names of shapes that depend on the batch.
    shapes: BTreeMap<String, String>,
    /// The size of the batch, where it has been asked for.
    batch: Option<String>,
    /// Names given so far.
    count: usize,
    /// The loops around what is written, the outermost first.
    pub(super) around: Vec<Around>,
}

impl<'a> Writer<'a> {
    /// Begins a graph with the inputs of `g`.
    ///
    /// # Errors
    /// An input that is neither known nor one of the data.
    pub(super) fn new(g: &Graph, values: Values<'a>) -> Result<Writer<'a>, String> {
        let mut w = Writer {
            values,
            first: Vec::new(),
            nodes: Vec::new(),
            initializers: Vec::new(),
            inputs: Vec::new(),
            constants: BTreeMap::new(),
            shapes: BTreeMap::new(),
            batch: None,
            count: 0,
            around: Vec::new(),
        };
        for node in &g.nodes {
            let Op::Input(input) = &node.op else { continue };
            if (w.values)(input).is_none() {
                let (name, said) = inward(input)?;
                w.add_input(name, said, (input.dtype, input.shape.clone()));
            }
        }
        w.draws(g, &[])?;
        Ok(w)
    }

    /// Adds an input for everything that is drawn: in a loop one number for each iteration.
    fn draws(&mut self, g: &Graph, counts: &[usize]) -> Result<(), String> {
        for node in &g.nodes {
            if let Op::Random(r) = &node.op {
                let mut shape = Shape::fixed(counts);
                shape.0.extend(r.shape.0.iter().copied());
                let said = match r.kind {
                    RandomKind::Normal => "independent standard normal numbers",
                    RandomKind::Uniform => "independent numbers, uniform between 0 and 1 without the ends",
                };
                let name = noise(r);
                match self.inputs.iter().find(|i| i.name == name) {
                    Some(same) if same.ty.shape == shape => {}
                    Some(_) => return Err(format!("`{name}` is drawn twice, in other shapes")),
                    None => self.add_input(name, said.into(), (DType::F, shape)),
                }
            } else if let Op::Loop(l) = &node.op {
                self.draws(&l.body, &[counts, &[l.count]].concat())?;
            }
        }
        Ok(())
    }

    fn add_input(&mut self, name: String, said: String, (dtype, shape): (DType, Shape)) {
        self.inputs.push(Port { name, ty: Ty { dtype, shape }, said });
    }

    /// What an output of the program is called in the file.
    pub(super) fn outward(&self, output: &str) -> (String, String) {
        outward(output, |name| self.inputs.iter().any(|i| i.name == name))
    }

    /// The name of an input, which `locals` give in the body of a loop; what is known goes into the file.
    pub(super) fn input(&mut self, input: &Input, locals: &[(String, String)]) -> Result<String, String> {
        if input.role == Role::Local {
            let found = locals.iter().find(|(name, _)| *name == input.name).map(|(_, own)| own.clone());
            return found.ok_or_else(|| format!("the body of a loop lacks `{}`", input.name));
        }
        match (self.values)(input) {
            Some(values) => {
                let data: Vec<f64> = values.into_iter().map(f64::from).collect();
                // A parameter keeps its name.
                let dims = input.shape.at(1);
                self.initializers.push(messages::tensor(&input.name, Elem::of(input.dtype), &dims, &data));
                Ok(input.name.clone())
            }
            None => inward(input).map(|(name, _)| name),
        }
    }

    /// The numbers of a draw: an input, and in a loop of it what belongs to the position.
    pub(super) fn random(&mut self, r: &Random) -> String {
        let mut name = noise(r);
        for around in self.around.clone() {
            name = self.node("Gather", &[&name, &around.position], &[("axis", Attr::Int(0))]);
        }
        name
    }

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self) -> String {
        self.count += 1;
        format!("%{}", self.count)
    }

    /// Writes a node with one output, whose name is returned.
    pub(super) fn node(&mut self, op: &str, inputs: &[&str], attrs: &[(&str, Attr)]) -> String {
        let name = self.fresh();
        self.node_as(op, inputs, &name, attrs);
        name
    }

    /// Writes a node with one output of this name.
    pub(super) fn node_as(&mut self, op: &str, inputs: &[&str], name: &str, attrs: &[(&str, Attr)]) {
        self.nodes.push(messages::node(op, inputs, &[name.to_string()], attrs));
    }

    /// A constant.
    pub(super) fn constant(&mut self, elem: Elem, dims: &[usize], data: &[f64]) -> String {
        let key = (elem, dims.to_vec(), data.iter().map(|v| v.to_bits()).collect());
        if let Some(name) = self.constants.get(&key) {
            return name.clone();
        }
        let name = self.fresh();
        self.initializers.push(messages::tensor(&name, elem, dims, data));
        self.constants.insert(key, name.clone());
        name
    }

    /// A single number.
    pub(super) fn number(&mut self, elem: Elem, value: f64) -> String {
        self.constant(elem, &[], &[value])
    }

    /// Whole numbers in a row: axes, places, sizes.
    pub(super) fn whole_numbers(&mut self, all: &[usize]) -> String {
        let data: Vec<f64> = all.iter().map(|n| *n as f64).collect();
        self.constant(Elem::Int64, &[all.len()], &data)
    }

    /// Writes something that depends on inputs alone, before everything else and outside of all loops.
    fn before<T>(&mut self, write: impl FnOnce(&mut Writer<'a>) -> T) -> T {
        let first = std::mem::take(&mut self.first);
        let here = std::mem::replace(&mut self.nodes, first);
        let out = write(self);
        self.first = std::mem::replace(&mut self.nodes, here);
        out
    }

    /// The size of the batch: one whole number in a row. It is read from an input that has the axis; where none has, it is an input itself.
    pub(super) fn batch(&mut self) -> String {
        if let Some(name) = &self.batch {
            return name.clone();
        }
        let of = |i: &Port| {
            let (axis, d) = i.ty.shape.0.iter().enumerate().find(|(_, d)| d.batch)?;
            Some((i.name.clone(), axis, d.n))
        };
        let found = self.inputs.iter().find_map(of);
        let name = match found {
            Some((input, axis, n)) => self.before(|w| {
                let ends = [("start", Attr::Int(whole(axis))), ("end", Attr::Int(whole(axis + 1)))];
                let size = w.node("Shape", &[&input], &ends);
                if n == 1 {
                    return size;
                }
                let n = w.whole_numbers(&[n]);
                w.node("Div", &[&size, &n], &[])
            }),
            None => {
                let (name, said) = ("batch".to_string(), "how many rows there are".to_string());
                self.add_input(name.clone(), said, (DType::I, Shape::fixed(&[1])));
                name
            }
        };
        self.batch = Some(name.clone());
        name
    }

    /// The axes of a shape as a row of whole numbers.
    pub(super) fn shape(&mut self, shape: &Shape) -> String {
        if shape.0.iter().all(|d| !d.batch) {
            return self.whole_numbers(&shape.at(1));
        }
        if let Some(name) = self.shapes.get(&shape.to_string()) {
            return name.clone();
        }
        let batch = self.batch();
        let name = self.before(|w| {
            let parts: Vec<String> = shape.0.iter().map(|d| w.axis(*d, &batch)).collect();
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            w.node("Concat", &parts, &[("axis", Attr::Int(0))])
        });
        self.shapes.insert(shape.to_string(), name.clone());
        name
    }

    fn axis(&mut self, d: Dim, batch: &str) -> String {
        let n = self.whole_numbers(&[d.n]);
        match (d.batch, d.n) {
            (false, _) => n,
            (true, 1) => batch.to_string(),
            (true, _) => self.node("Mul", &[batch, &n], &[]),
        }
    }

    /// The value at another element type.
    pub(super) fn cast(&mut self, x: &str, to: Elem) -> String {
        self.node("Cast", &[x], &[("to", Attr::Int(to.code()))])
    }

    /// The whole graph.
    pub(super) fn finish(self, name: &str, outputs: &[Message]) -> Message {
        let inputs: Vec<Message> = self.inputs.iter().map(info).collect();
        let nodes = [self.first, self.nodes].concat();
        messages::graph(name, &nodes, [&inputs, outputs], &self.initializers)
    }
}

/// An input or output with its type.
pub(super) fn info(p: &Port) -> Message {
    messages::value_info(&p.name, Elem::of(p.ty.dtype), &p.ty.shape, &p.said)
}

/// What the input of a draw is called: draws of one stream are the same numbers.
fn noise(r: &Random) -> String {
    match r.kind {
        RandomKind::Normal => format!("normal.{}", r.stream),
        RandomKind::Uniform => format!("uniform.{}", r.stream),
    }
}
