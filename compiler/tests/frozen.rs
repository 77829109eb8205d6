//! Nets whose weights come from a file: what is read, who moves, what is said of files that do not fit.

use gmc_compiler::derive::{Compiled, Output, Program};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::ir::Op;
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::types::Typed;

/// A world with one file.
struct One(Vec<u8>);

impl Host for One {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        match name {
            "look.safetensors" => Ok(self.0.clone()),
            _ => Err(HostError { what: "no such file".into(), tried: vec![format!("here/{name}")] }),
        }
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        crate::spec_common::uniform(stream, n)
    }
}

/// A safetensors file of 32-bit floats 0, 0.01, 0.02 ..
fn file(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::<u8>::new());
    for (name, shape) in tensors {
        let from = data.len();
        let n: usize = shape.iter().product();
        data.extend((0..n).flat_map(|i| (i as f32 / 100.0).to_le_bytes()));
        let to = data.len();
        entries.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{from},{to}]}}"#));
    }
    let header = format!("{{{}}}", entries.join(","));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

/// A copier that is compared by what a net from a file sees.
fn spec(look: &str) -> String {
    format!(
        "data x: Real[64] in unit from digits
net look(x: Real[64]) -> Real[2] {{ {look} }} from \"look.safetensors\"
net copy(x: Real[64]) -> Real[64] {{ dense(3), tanh, dense(64) }}
train {{ minimizes sse(look(copy(x)), look(x))  steps 1 }}"
    )
}

fn unit(text: &str, bytes: Vec<u8>) -> Unit {
    compile("frozen.gm", text, &One(bytes), &|_| Err("no file".into()), |_| Vec::new())
}

fn good(text: &str, bytes: Vec<u8>) -> (Typed, Compiled) {
    let u = unit(text, bytes);
    match u {
        Unit { typed: Some(typed), compiled: Some(compiled), diags, .. } if diags.is_empty() => {
            (typed, compiled)
        }
        Unit { diags, sources, .. } => panic!("{}", render(&diags, &sources, Format::Human, false)),
    }
}

fn said(text: &str, bytes: Vec<u8>) -> String {
    let u = unit(text, bytes);
    render(&u.diags, &u.sources, Format::Human, false)
}

const FITS: [(&str, &[usize]); 2] = [("look.0.weight", &[64, 2]), ("look.0.bias", &[2])];

#[test]
fn weights_are_read_and_never_moved() {
    let (typed, c) = good(&spec("dense(2), tanh"), file(&FITS));
    let leaf = c.leaves.iter().find(|l| l.path == "look.0.weight").unwrap();
    assert!(!leaf.trainable);
    assert_eq!(leaf.given.as_deref().unwrap()[..3], [0.0, 0.01, 0.02]);
    assert!(!typed.train.players[0].owns.iter().any(|(n, _)| n == "look"));
    assert_eq!(typed.nets[0].frozen.as_ref().unwrap().hash.len(), 8);
    let outputs = |p: &str| -> Vec<String> { c.programs[p].outputs.iter().map(|(n, _)| n.clone()).collect() };
    assert!(outputs("step.all").iter().all(|n| !n.contains("look.")), "{:?}", outputs("step.all"));
    assert!(outputs("step.all").contains(&"param:copy.0.weight".to_string()));
    // What a file gives is never drawn.
    assert!(outputs("init").iter().all(|n| !n.contains("look.")), "{:?}", outputs("init"));
}

/// The derivative of the payoff in the copier's weights goes through the net: it is not 0.
#[test]
fn gradients_pass_through() {
    let (typed, c) = good(&spec("dense(2), tanh"), file(&FITS));
    let g = gmc_compiler::derive::slope(&typed, &typed.train.players[0], &c.leaves);
    assert!(g.outputs.iter().any(|(n, _)| *n == Output::Slope.to_string()));
    let reads = g.iter().any(|(_, n)| matches!(&n.op, Op::Input(i) if i.name == "look.0.weight"));
    assert!(reads, "the slope does not depend on the net");
}

/// Dropout drops nothing, and batch norm takes the statistics that the file has, in training too.
#[test]
fn it_behaves_as_in_evaluation() {
    let tensors: [(&str, &[usize]); 7] = [
        ("0.weight", &[64, 2]),
        ("0.bias", &[2]),
        ("1.scale", &[2]),
        ("1.shift", &[2]),
        ("1.mean", &[2]),
        ("1.var", &[2]),
        ("1.batches", &[]),
    ];
    let u = unit(&spec("dense(2), batch_norm, dropout(0.5)"), file(&tensors));
    let names: Vec<String> = match &u.compiled {
        Some(c) => c.leaves.iter().filter(|l| l.path.starts_with("look.1")).map(|l| l.path.clone()).collect(),
        None => panic!("{}", render(&u.diags, &u.sources, Format::Human, false)),
    };
    let c = u.compiled.unwrap();
    let g = c.programs.get(&Program::Step("all".into())).unwrap();
    assert!(!g.iter().any(|(_, n)| matches!(n.op, Op::Random(_))), "something is drawn");
    for name in names {
        assert!(!g.outputs.iter().any(|(n, _)| n.contains(&name)), "`{name}` changes");
    }
}

#[test]
fn files_that_do_not_fit_are_explained() {
    let dense = spec("dense(2), tanh");
    let turned = said(&dense, file(&[("look.0.weight", &[2, 64]), ("look.0.bias", &[2])]));
    assert!(turned.contains("error[E0229]: `0.weight` has other axes in `look.safetensors`"), "{turned}");
    assert!(turned.contains("[2, 64] there, and [64, 2] by the layers of the net"), "{turned}");
    assert!(turned.contains("`weight.T.contiguous()`"), "{turned}");
    let wide = said(&dense, file(&[("look.0.weight", &[64, 3]), ("look.0.bias", &[3])]));
    assert!(wide.contains("give the net the sizes that its weights have"), "{wide}");
    let none = said(&dense, file(&[("look.0.weigth", &[64, 2]), ("look.0.bias", &[2])]));
    assert!(none.contains("`look.safetensors` has no weights for `look`"), "{none}");
    assert!(none.contains("holds neither `look.0.weight` nor `0.weight`"), "{none}");
    assert!(none.contains("rename `look.0.weigth`"), "{none}");
    let broken = said(&dense, b"PK\x03\x04 and so on".to_vec());
    assert!(broken.contains("`look.safetensors` is no safetensors file"), "{broken}");
    let gone = said(&dense.replace("look.safetensors", "gone.safetensors"), Vec::new());
    assert!(gone.contains("the weights `gone.safetensors` cannot be read"), "{gone}");
    assert!(gone.contains("looked for here/gone.safetensors"), "{gone}");
}

#[test]
fn nobody_owns_it() {
    let text = spec("dense(2), tanh").replace(
        "train { minimizes sse(look(copy(x)), look(x))  steps 1 }",
        "train { player all_of_it { owns copy, look  minimizes sse(look(copy(x)), look(x)) }  steps 1 }",
    );
    let owned = said(&text, file(&FITS));
    assert!(owned.contains("error[E0229]: `look` is from a file, and nobody owns it"), "{owned}");
    // A player need not own it either.
    good(&text.replace("owns copy, look", "owns copy"), file(&FITS));
}

#[test]
fn it_is_no_layer_and_holds_no_net() {
    let inside = spec("inner, dense(2)")
        .replace("net copy", "net inner(x: Real[64]) -> Real[64] { tanh, dense(64) }\nnet copy");
    let said_inside = said(&inside, file(&FITS));
    assert!(said_inside.contains("`look` is from a file, and `inner` inside of it is not"), "{said_inside}");
    let layer = spec("dense(2), tanh").replace("{ dense(3), tanh, dense(64) }", "{ look, dense(64) }");
    let said_layer = said(&layer, file(&FITS));
    assert!(said_layer.contains("`look` is from a file, and no layer of `copy`"), "{said_layer}");
}

/// `fmt` keeps the clause, on one line and broken.
#[test]
fn it_is_printed_as_it_is_read() {
    use gmc_compiler::syntax::fmt;
    for layers in ["dense(2), tanh".to_string(), ["dense(100), tanh"; 12].join(", ")] {
        let text = spec(&layers);
        let formatted = fmt::format(&text).unwrap_or_else(|d| panic!("{d:?}"));
        assert!(formatted.contains("} from \"look.safetensors\"\n"), "{formatted}");
    }
}
