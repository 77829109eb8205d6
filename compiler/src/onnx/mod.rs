//! A program as an ONNX model, for other runtimes: every op of the IR as operators of ONNX, in one place (`ops.rs`).
//!
//! Parameters are in the file. What a program draws goes in: standard normal and uniform numbers as inputs, so that the model is a function
//! of its inputs in every runtime. The batch is the axis `batch` of inputs and outputs, of any size.

mod loops;
mod messages;
mod ops;
mod special;
mod write;

use crate::derive::{self, Output, Program};
use crate::ir::{Graph, Input, Role, Ty};
use crate::protobuf::Message;
use write::Writer;

/// The version of the operators: that of ONNX 1.13.
pub const OPSET: i64 = 18;
/// The version of the format that ONNX 1.13 writes.
const IR_VERSION: i64 = 8;
/// A message of protocol buffers can be no larger.
const MOST_BYTES: usize = (1 << 31) - 1;

/// The numbers of a parameter, row-major.
pub type Values<'a> = &'a dyn Fn(&Input) -> Option<Vec<f32>>;

/// What goes into a model or comes out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// Element type and axes.
    pub ty: Ty,
    /// What it is, in words.
    pub said: String,
}

/// A model, with what goes in and out.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The file.
    pub bytes: Vec<u8>,
    /// Inputs in their order.
    pub inputs: Vec<Port>,
    /// Outputs in their order.
    pub outputs: Vec<Port>,
}

/// Writes a program as an ONNX model. `values` gives what parameters, states and schedules are; `about` is kept in the metadata.
///
/// # Errors
/// Why the program cannot be written: what has no operator in ONNX.
pub fn model(g: &Graph, values: Values<'_>, about: &[(String, String)]) -> Result<Model, String> {
    if Program::parse(&g.name).is_some_and(|p| p.is_step()) {
        return Err("it is a step of training: programs that answer questions are exported".into());
    }
    let mut w = Writer::new(g, values)?;
    let names = w.run(g, &[])?;
    let mut outputs = Vec::new();
    for (output, v) in &g.outputs {
        let ty = g.ty(*v);
        let Some(from) = names.get(v.0 as usize) else { continue };
        let (name, said) = w.outward(output);
        w.node_as("Identity", &[from], &name, &[]);
        outputs.push(Port { name, ty: ty.clone(), said });
    }
    let infos: Vec<Message> = outputs.iter().map(write::info).collect();
    let inputs = w.inputs.clone();
    let graph = w.finish(&g.name, &infos);
    let entry = |(key, value): &(String, String)| Message::new().text(1, key).text(2, value);
    let bytes = Message::new()
        .int(1, IR_VERSION)
        .text(2, "gmc")
        .text(3, env!("CARGO_PKG_VERSION"))
        .message(7, &graph)
        .message(8, &Message::new().text(1, "").int(2, OPSET))
        .each(about, |m, e| m.message(14, &entry(e)))
        .into_bytes();
    if bytes.len() > MOST_BYTES {
        return Err(format!("it takes {} bytes, and an ONNX file holds at most {MOST_BYTES}", bytes.len()));
    }
    Ok(Model { bytes, inputs, outputs })
}

/// What an input is called in the file, and what it is.
fn inward(input: &Input) -> Result<(String, String), String> {
    match input.role {
        Role::Data => Ok(match derive::Input::parse(&input.name) {
            Some(derive::Input::Code(code)) => (code.clone(), format!("the code `{code}`")),
            Some(derive::Input::Known(x)) => {
                (format!("{x}.known"), format!("1 where `{x}` is given, else 0"))
            }
            Some(_) | None => (input.name.clone(), "of the data".into()),
        }),
        Role::PerDatum => Err(format!(
            "`{}` is what the guide holds for each datum, which is found by optimisation and no function of the data",
            input.name
        )),
        Role::Param | Role::State | Role::Scalar | Role::Local => {
            Err(format!("it has no value for `{}`", input.name))
        }
    }
}

/// What an output is called in the file, and what it is: `taken` says which names there are already.
fn outward(output: &str, taken: impl Fn(&str) -> bool) -> (String, String) {
    let named = |site: &str, other: &str| if taken(site) { other.to_string() } else { site.to_string() };
    match Output::parse(output) {
        Some(Output::Site(site)) => (named(&site, &format!("{site}.made")), format!("values of `{site}`")),
        Some(Output::Mean(site)) => (format!("{site}.mean"), format!("the mean of `{site}`")),
        Some(Output::Code(site)) => (named(&site, &format!("{site}.code")), format!("the code `{site}`")),
        Some(Output::Posterior(site)) => {
            (format!("{site}.posterior"), format!("how probable each value of `{site}` is"))
        }
        Some(_) | None => (output.replace(':', "."), String::new()),
    }
}
