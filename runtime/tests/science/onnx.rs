//! Programs as ONNX models, run by another runtime on the numbers that ours draws.

use super::common::{mnist, session, text};
use gmc_compiler::derive::Program;
use gmc_compiler::ir::{DType, Graph, Op, RandomKind, schedule};
use gmc_compiler::onnx::{self, Port};
use gmc_runtime::cli::export::{exported, graph};
use gmc_runtime::exec::random::{salt, values_in};
use gmc_runtime::exec::{Executable, Tensor};
use gmc_runtime::session::{Batch, Position, Session};
use rten::{Model, Value};
use rten_tensor::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows that are asked about.
const ROWS: usize = 3;
/// Multiply-adds above which a program is exported and loaded, but not run.
const MOST: u64 = 10_000_000;
/// The words of `--program`.
const WORDS: [&str; 5] = ["sample", "log_prob", "encode", "decode", "reconstruct"];

/// What models answer and ONNX cannot say: spec, word, part of the reason.
const REFUSED: &[(&str, &str, &str)] = &[
    ("vae_perdatum", "encode", "what the guide holds for each datum"),
    ("vae_perdatum", "reconstruct", "what the guide holds for each datum"),
];

/// What is drawn for an input of noise: of a loop one stretch for each iteration.
fn noise(port: &Port, program: &str) -> Option<Vec<f32>> {
    let (kind, stream) = port.name.split_once('.')?;
    let kind = match kind {
        "normal" => RandomKind::Normal,
        "uniform" => RandomKind::Uniform,
        _ => return None,
    };
    let shape = port.ty.shape.at(ROWS);
    let at = port.ty.shape.0.iter().position(|d| d.batch)?;
    let turns: usize = shape[..at].iter().product();
    let each: usize = shape[at..].iter().product();
    let (key, salt) = (Position::default().key, salt(program));
    let stream = stream.parse().ok()?;
    Some((0..turns as u64).flat_map(|i| values_in(kind, key, salt, (stream, i), each)).collect())
}

/// The model's outputs by name, from the other runtime.
fn elsewhere(model: &onnx::Model, program: &str, data: &Batch) -> BTreeMap<String, Vec<f32>> {
    let loaded = Model::load(model.bytes.clone()).unwrap_or_else(|e| panic!("{program}: {e}"));
    let mut inputs = Vec::new();
    for port in &model.inputs {
        let id = loaded.node_id(&port.name).unwrap_or_else(|e| panic!("{program}: {e}"));
        let shape = port.ty.shape.at(ROWS);
        let value = match (port.name.as_str(), data.get(&port.name), noise(port, program)) {
            ("batch", ..) => Value::from_shape([1], vec![ROWS as i32]).unwrap(),
            (_, Some(t), _) => Value::from_shape(&shape, t.to_f32()).unwrap(),
            (_, None, Some(values)) => Value::from_shape(&shape, values).unwrap(),
            (name, None, None) => panic!("{program}: nothing for {name}"),
        };
        inputs.push((id, value.into()));
    }
    let ids: Vec<_> = model.outputs.iter().map(|p| loaded.node_id(&p.name).unwrap()).collect();
    let made = loaded.run(inputs, &ids, None).unwrap_or_else(|e| panic!("{program}: {e}"));
    let one = |(port, value): (&Port, Value)| {
        let values = if let Value::FloatTensor(t) = &value {
            t.to_vec()
        } else if let Value::Int32Tensor(t) = &value {
            t.to_vec().into_iter().map(|v| v as f32).collect()
        } else {
            panic!("{program}: {} is {:?}", port.name, value.dtype())
        };
        (port.name.clone(), values)
    };
    model.outputs.iter().zip(made).map(one).collect()
}

/// Everything a program reads beside parameters: data, and codes that are given.
fn given(s: &Session, g: &Graph) -> Batch {
    let mut data = s.fixed_batch(&(0..ROWS).collect::<Vec<usize>>(), 1);
    for node in &g.nodes {
        if let Op::Input(i) = &node.op
            && let Some(code) = i.name.strip_prefix("@code.")
        {
            let shape = i.shape.at(ROWS);
            let n = shape.iter().product();
            let values = (0..n).map(|k| if k % 2 == 0 { 0.0 } else { 1.0 }).collect();
            data.insert(i.name.clone(), Tensor::from_f32(&s.device, values, &shape));
            let t = data[&i.name].clone();
            data.insert(code.to_string(), t);
        }
    }
    data
}

/// Whether anything is computed at double precision, which the other runtime lacks.
fn doubled(g: &Graph) -> bool {
    g.nodes.iter().any(|n| {
        if let Op::Unary(u) = &n.op {
            ["lgamma", "digamma", "trigamma"].contains(&u.row().name)
        } else if let Op::Loop(l) = &n.op {
            doubled(&l.body)
        } else {
            matches!(n.op, Op::Wide(_))
        }
    })
}

/// How far the two runtimes lie apart, against the size of the numbers.
fn apart(s: &Session, g: &Graph, model: &onnx::Model) -> f64 {
    let data = given(s, g);
    let theirs = elsewhere(model, &g.name, &data);
    let mut read = |name: &str| {
        data.get(name).or_else(|| s.tensors.get(name)).cloned().or_else(|| {
            let value = if name == "@update" { 1.0 } else { 0.0 };
            Some(Tensor::scalar(&s.device, value))
        })
    };
    let ours = Executable::new(g)
        .run_with(
            &s.device,
            ROWS,
            &mut read,
            Position::default().key,
            gmc_runtime::exec::RunOptions::default(),
        )
        .unwrap_or_else(|e| panic!("{}: {e}", g.name));
    let mut worst = 0.0f64;
    for ((name, t), port) in ours.iter().zip(&model.outputs) {
        let (a, b) = (t.to_f32(), &theirs[&port.name]);
        assert_eq!(a.len(), b.len(), "{}: {name}", g.name);
        let size = a.iter().fold(1.0f32, |m, v| m.max(v.abs()));
        for (x, y) in a.iter().zip(b) {
            assert!(x.is_finite() && y.is_finite(), "{}: {name}: {x} {y}", g.name);
            worst = worst.max(f64::from((x - y).abs() / size));
        }
        assert_eq!(port.ty.dtype == DType::F, t.dtype() == DType::F, "{name}");
    }
    worst
}

/// Every spec and every word: exported, loaded and run elsewhere, refused by the model, or refused by ONNX, as the list says.
#[test]
fn programs_of_every_spec_run_elsewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let found = std::fs::read_dir(&folder).unwrap();
    let names = found.filter_map(|e| e.ok()?.file_name().to_str()?.strip_suffix(".gm").map(str::to_string));
    let mut names: Vec<String> = names.filter(|n| n != "prelude" && n != "vae_64").collect();
    names.sort();
    let (mut run, mut refused) = (0, Vec::new());
    for name in &names {
        let source = text(name);
        let large = source.contains("from mnist");
        if large && !mnist() {
            continue;
        }
        let s = session(&source, if large { &[("x.limit", "64")] } else { &[] });
        for word in WORDS {
            let Ok(g) = graph(&s, word) else { continue };
            let model = match exported(&s, &g, &[]) {
                Ok(model) => model,
                Err(why) => {
                    refused.push((name.clone(), word, why));
                    continue;
                }
            };
            if schedule::madds(&g, ROWS) > MOST {
                println!("{name} {word}: {} bytes, too large to be run here", model.bytes.len());
                continue;
            }
            let (worst, wide) = (apart(&s, &g, &model), doubled(&g));
            println!("{name} {word}: {worst:.1e}{}", if wide { ", in doubles" } else { "" });
            assert!(worst < if wide { 1e-3 } else { 1e-5 }, "{name} {word}: {worst}");
            run += 1;
        }
    }
    let said: Vec<_> = refused.iter().map(|(n, w, why)| (n.as_str(), *w, why.as_str())).collect();
    assert_eq!(said.len(), REFUSED.len(), "{said:?}");
    for ((name, word, why), (n, w, part)) in said.iter().zip(REFUSED) {
        assert!(name == n && word == w && why.contains(part), "{name} {word}: {why}");
    }
    assert!(run > 60, "{run} programs were run");
}

/// Steps of training are no answers; a bound is asked for by its name.
#[test]
fn what_is_no_answer_is_refused() {
    let s = session(&text("vae"), &[]);
    let g = &s.compiled.programs[Program::Step("all".into()).to_string().as_str()];
    assert!(exported(&s, g, &[]).unwrap_err().contains("a step of training"));
    let bound = graph(&s, "log_prob").unwrap_err();
    assert!(bound.help.unwrap().contains("--program bound.p"));
    assert!(exported(&s, &graph(&s, "bound.p").unwrap(), &[]).is_ok());
    assert!(graph(&s, "smaple").unwrap_err().help.unwrap().contains("`sample.p`"));
    let s = session(&text("gan_ring"), &[]);
    assert!(graph(&s, "log_prob").unwrap_err().message.contains("cannot answer `density`"));
}
