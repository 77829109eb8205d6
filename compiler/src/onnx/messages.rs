//! The messages of ONNX (onnx.proto, <https://github.com/onnx/onnx/blob/main/docs/IR.md>): element types, tensors, nodes, types of values.

use crate::ir::{DType, Dim, Shape};
use crate::protobuf::Message;

/// Element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Elem {
    Float,
    Double,
    Int64,
    Bool,
}

impl Elem {
    /// Its number in `TensorProto.DataType`.
    pub(super) fn code(self) -> i64 {
        match self {
            Elem::Float => 1,
            Elem::Int64 => 7,
            Elem::Bool => 9,
            Elem::Double => 11,
        }
    }
    /// How values of the IR are kept.
    pub(super) fn of(dtype: DType) -> Elem {
        match dtype {
            DType::F => Elem::Float,
            DType::I => Elem::Int64,
            DType::B => Elem::Bool,
        }
    }
    fn bytes(self, v: f64) -> Vec<u8> {
        match self {
            Elem::Float => (v as f32).to_le_bytes().to_vec(),
            Elem::Double => v.to_le_bytes().to_vec(),
            Elem::Int64 => (v as i64).to_le_bytes().to_vec(),
            Elem::Bool => vec![u8::from(v != 0.0)],
        }
    }
}

/// An attribute of a node.
pub(super) enum Attr {
    Int(i64),
    Ints(Vec<i64>),
    Text(&'static str),
    Graph(Message),
}

/// A whole number as ONNX has them.
pub(super) fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `TensorProto`: a value with its name.
pub(super) fn tensor(name: &str, elem: Elem, dims: &[usize], data: &[f64]) -> Message {
    let raw: Vec<u8> = data.iter().flat_map(|v| elem.bytes(*v)).collect();
    let dims = dims.iter().map(|n| whole(*n));
    Message::new().each(dims, |m, n| m.int(1, n)).int(2, elem.code()).text(8, name).blob(9, &raw)
}

/// `NodeProto`
pub(super) fn node(op: &str, inputs: &[&str], outputs: &[String], attrs: &[(&str, Attr)]) -> Message {
    let m = Message::new().each(inputs, |m, name| m.text(1, name));
    let m = m.each(outputs, |m, name| m.text(2, name)).text(4, op);
    m.each(attrs, |m, (name, value)| m.message(5, &attribute(name, value)))
}

fn attribute(name: &str, value: &Attr) -> Message {
    let m = Message::new().text(1, name);
    match value {
        Attr::Int(i) => m.int(3, *i).int(20, 2),
        Attr::Text(s) => m.text(4, s).int(20, 3),
        Attr::Graph(g) => m.message(6, g).int(20, 5),
        Attr::Ints(all) => m.each(all, |m, i| m.int(8, *i)).int(20, 7),
    }
}

/// What the axis that carries the batch is called.
const BATCH: &str = "batch";

/// `ValueInfoProto`: name and type of an input or output.
pub(super) fn value_info(name: &str, elem: Elem, shape: &Shape, said: &str) -> Message {
    let dim = |d: &Dim| match (d.batch, d.n) {
        (false, n) => Message::new().int(1, whole(n)),
        (true, 1) => Message::new().text(2, BATCH),
        (true, n) => Message::new().text(2, &format!("{n}*{BATCH}")),
    };
    let dims = Message::new().each(&shape.0, |m, d| m.message(1, &dim(d)));
    let ty = Message::new().int(1, elem.code()).message(2, &dims);
    let info = Message::new().text(1, name).message(2, &Message::new().message(1, &ty));
    if said.is_empty() { info } else { info.text(3, said) }
}

/// `GraphProto`
pub(super) fn graph(
    name: &str,
    nodes: &[Message],
    ends: [&[Message]; 2],
    initializers: &[Message],
) -> Message {
    let [inputs, outputs] = ends;
    let m = Message::new().each(nodes, |m, n| m.message(1, n)).text(2, name);
    let m = m.each(initializers, |m, t| m.message(5, t));
    m.each(inputs, |m, v| m.message(11, v)).each(outputs, |m, v| m.message(12, v))
}
