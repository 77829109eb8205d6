//! What can be asked of a spec: which model a question goes to, what answers it, and why nothing does.

use crate::spec_common::{self, initial, inputs, normal, run, unit};
use gmc_compiler::derive::{Compiled, Program, Question};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::{Node, Op, Tensor64};
use gmc_compiler::types::{Subject, Typed};

/// Compiles a text without errors; warnings are allowed.
#[track_caller]
fn compiled(text: &str) -> (Typed, Compiled) {
    let u = unit("spec", text);
    assert!(!u.failed(), "{text}\n{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// The program that answers, or why none does.
fn answer(c: &Compiled, question: Question, model: Option<&str>) -> Result<String, String> {
    c.answer_of(question, model).map(|a| a.program.to_string()).map_err(str::to_string)
}

#[track_caller]
fn refused(text: &str, question: Question, why: &str) {
    let (_, c) = compiled(text);
    let said = answer(&c, question, None).expect_err(text);
    assert!(said.contains(why), "`{why}` is not said of\n{text}\n{said}");
}

const FLOW: &str = "data x: Real[2] from moons(n: 2000, noise: 0.05, standardize: true)
flow f: Real[2] <-> Real[2] { repeat 4 as i { couple(parity(i), affine) { dense(8), relu } } }
";
const SCORES: &str = "model p { z ~ Normal(0, I)[2];  x = f(z) }\n";

/// A model beside the one that scores data does not answer for it, wherever it stands.
#[test]
fn questions_go_to_the_model_that_scores_data() {
    let others = [
        ("model n { t ~ Uniform(0, 1) }\n", "minimizes nll(p) + 0 * E[n.t]"),
        (
            "net g(z: Real[2]) -> Real[2] { dense(2) }\nmodel n { z ~ Normal(0, I)[2];  x = g(z) }\n",
            "minimizes nll(p) + E[sum(n.x^2)]",
        ),
        ("model n { a ~ Normal(0, 1);  b ~ Normal(a, 1) }\n", "minimizes nll(p) + 0 * E[n.b]"),
    ];
    for (other, goal) in others {
        for models in [[SCORES, other].concat(), [other, SCORES].concat()] {
            let text = format!("{FLOW}{models}train {{ {goal} epochs 1 batch 256 }}");
            let (typed, c) = compiled(&text);
            assert!(matches!(typed.subject(), Subject::Model(i) if typed.models[i].name == "p"), "{text}");
            let all: Vec<_> = [Question::Sample, Question::Density, Question::Encode]
                .map(|q| answer(&c, q, None).unwrap_or_else(|e| panic!("{text}\n{q}: {e}")))
                .to_vec();
            assert_eq!(all, ["sample.p", "log_prob.p", "encode"]);
            // The other one is asked by its name.
            assert_eq!(answer(&c, Question::Sample, Some("n")), Ok("sample.n".into()));
            assert!(answer(&c, Question::Density, Some("n")).is_err(), "{text}");
        }
    }
}

/// Of models that observe the same data none is guessed; of those that observe more and less the one with more is asked.
#[test]
fn several_models_of_the_data_are_told_apart_or_named() {
    let two = format!(
        "{FLOW}param s: Real[] in positive = 1\nmodel r {{ x ~ Normal(0, s)[2] }}\n{SCORES}train {{ minimizes nll(p) + nll(r) epochs 1 }}"
    );
    let (typed, c) = compiled(&two);
    assert!(matches!(typed.subject(), Subject::Several(all) if all.len() == 2));
    for q in [Question::Sample, Question::Density] {
        let why = answer(&c, q, None).unwrap_err();
        assert!(why.contains("the models `r` and `p` could answer") && why.contains("--model r"), "{why}");
        assert!(answer(&c, q, Some("r")).is_ok() && answer(&c, q, Some("p")).is_ok());
    }
    // Only the flow has a code: no one else could be meant.
    assert_eq!(answer(&c, Question::Encode, None), Ok("encode.p".into()));
    let classes = "data (x: Real[2], y: Class(3)) from gaussians(3)
net at(y: Class(3)) -> Real[2] { dense(2) }
param w: Real[3] = 0
";
    let (both, sum) = (
        "model p { y ~ Categorical(logits: w);  x ~ Normal(at(y), 1) }\n",
        "model mix { k ~ Categorical(logits: w);  x ~ Normal(at(k), 1) }\n",
    );
    for models in [[both, sum].concat(), [sum, both].concat()] {
        let text = format!("{classes}{models}train {{ minimizes 2 * nll(p) - nll(mix) epochs 1 }}");
        let u = unit("spec", &text);
        // The points of this source have no classes: the types are enough here.
        if let (Some(typed), false) = (&u.typed, u.failed()) {
            assert!(matches!(typed.subject(), Subject::Model(i) if typed.models[i].name == "p"));
        }
    }
}

const DIGITS: &str = "data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[4]) -> Real[64]            { dense(8), relu, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { dense(8), relu, heads(4, 4) }
net tell(x: Bool[64]) -> Real[64]             { dense(8), relu, dense(64) }
model p    { z ~ Normal(0, I)[4];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
";

/// Nets that no goal trains answer nothing.
#[test]
fn what_nobody_trains_does_not_answer() {
    let (_, c) = compiled(&format!("{DIGITS}train {{ maximizes elbo(p, q) epochs 1 }}"));
    for q in [Question::Sample, Question::Density, Question::Encode, Question::Reconstruct] {
        assert!(answer(&c, q, None).is_ok(), "{q}");
    }
    // The goal is about another net; model and guide keep the weights that they start with.
    let other = format!("{DIGITS}train {{ minimizes sse(tell(x), x) epochs 1 }}");
    refused(&other, Question::Sample, "it rests on `decode`, which no goal trains");
    refused(
        &other,
        Question::Density,
        "it rests on `decode` and `encode`, which no goal trains: they keep the weights",
    );
    refused(&other, Question::Encode, "it rests on `encode`, which no goal trains");
    refused(&other, Question::Reconstruct, "`decode` and `encode`");
    // Only the decoder is trained, on codes of its own.
    let half = format!("{DIGITS}train {{ minimizes E[sum(decode(p.z)^2)] epochs 1 }}");
    refused(&half, Question::Density, "it rests on `encode`, which no goal trains: it keeps");
    assert!(answer(&compiled(&half).1, Question::Sample, None).is_ok());
    // A `param` has the value that the spec says: that is named.
    let stated = "data x: Real[2] from moons
param s: Real[] in positive = 1
param m: Real[2] = 0
model p { x ~ Normal(m, s) }
train { minimizes E[sum((x - m)^2)] epochs 1 }";
    let (_, c) = compiled(stated);
    assert_eq!(c.answer(Question::Density).unwrap().untrained, ["s"]);
}

const MIXED: &str = "data x: Real[64] in interval(-1, 1) from digits
net noise(x: Real[64], t: Real[]) -> Real[64] { join(t), dense(8), silu, dense(64) }
net code(x: Real[64]) -> Real[4]              { dense(4) }
net back(c: Real[4]) -> Real[64]              { dense(64) }
model n { t ~ Uniform(0, 1);  e ~ Normal(0, I)[64] }
train {
  let y = cos(1.5708 * n.t) * x + sin(1.5708 * n.t) * n.e
  minimizes GOAL  epochs 3  batch 64
}";

/// What a goal compares with something else than the data is no estimate of them.
#[test]
fn only_estimates_of_the_data_are_reconstructions() {
    let with = |goal: &str| MIXED.replace("GOAL", goal);
    for (goal, why) in [
        ("mse(noise(y, n.t), n.e)", "`noise(y, n.t)` is compared with `n.e`, not with `x`"),
        ("mse(n.e, noise(y, n.t))", "is compared with `n.e`, not with `x`"),
        ("sse(noise(y, n.t), cos(1.5708 * n.t) * n.e - sin(1.5708 * n.t) * x)", "not with `x`"),
        ("l1(noise(y, n.t), n.e)", "not with `x`"),
        ("mse(back(code(x)), 2 * x)", "not with `x`"),
        ("E[sum(abs((noise(y, n.t) - n.e) / 2))]", "not with `x`"),
    ] {
        refused(&with(goal), Question::Reconstruct, why);
    }
    for goal in [
        "mse(noise(y, n.t), x)",
        "mse(y - noise(y, n.t), x)",
        "sse(x, back(code(x)))",
        "l1(back(code(x)), x)",
        "E[sum(((back(code(x)) - x) / 0.5)^2)]",
        "E[norm(back(code(x)) - x)]",
    ] {
        let (_, c) = compiled(&with(goal));
        assert_eq!(answer(&c, Question::Reconstruct, None), Ok("reconstruct".into()), "{goal}");
        let encodes = answer(&c, Question::Encode, None);
        assert_eq!(encodes.is_ok(), goal.contains("code"), "{goal}: {encodes:?}");
    }
}

/// From logits an estimate is a probability, and what the net itself gives is not.
#[test]
fn a_reconstruction_from_logits_is_a_probability() {
    let text = "data x: Bool[64] from digits(binarize: 0.5)
net code(x: Bool[64]) -> Real[4] { dense(4) }
net back(c: Real[4]) -> Real[64] { dense(64, init: normal(3)) }
train { minimizes E[sum(bce(x, back(code(x))))]  epochs 1 }";
    let (typed, c) = compiled(text);
    let g = &c.programs["reconstruct"];
    let out = run(g, 5, &inputs(&typed, &c, g, 5));
    let x = &out["site:x"].data;
    assert!(x.iter().all(|v| (0.0..=1.0).contains(v)) && x.iter().any(|v| *v > 0.9), "{x:?}");
}

/// The posterior of three bits behind two normal numbers, by Bayes' rule written out.
#[test]
fn what_is_summed_over_is_answered_by_its_posterior() {
    let text = "data x: Real[2] from moons
param w: Real[3] = 0.3
net mean(z: Bool[3]) -> Real[2] { dense(2, init: normal(1)) }
net idle(x: Real[2]) -> Real[3] { dense(3) }
model p    { z ~ Bernoulli(logits: w);  x ~ Normal(mean(z), 0.7) }
guide q(x) { z ~ Bernoulli(logits: idle(x)) }
train { epochs 1 }";
    let (typed, c) = compiled(text);
    const B: usize = 6;
    let g = &c.programs["encode"];
    let mut given = inputs(&typed, &c, g, B);
    given.insert("x".into(), Tensor64 { dims: vec![B, 2], data: normal(5, 2 * B) });
    assert!(!given.keys().any(|k| k.starts_with("idle")), "the guide that nothing trains is read");
    let out = run(g, B, &given);
    let (w, b, weight, x) =
        (&given["w"].data, &given["mean.0.bias"].data, &given["mean.0.weight"], &given["x"].data);
    // Whichever way the matrix lies.
    let at = |i: usize, j: usize| match weight.dims.as_slice() {
        [3, 2] => weight.data[2 * i + j],
        _ => weight.data[3 * j + i],
    };
    for n in 0..B {
        let mut joint = Vec::new();
        for c in 0..8usize {
            let z: Vec<f64> = (0..3).map(|i| (c >> i & 1) as f64).collect();
            let prior: f64 = z.iter().zip(w).map(|(z, w)| z * w - w.exp().ln_1p()).sum();
            let log: f64 = (0..2)
                .map(|j| {
                    let mean = b[j] + (0..3).map(|i| z[i] * at(i, j)).sum::<f64>();
                    -0.5 * ((x[2 * n + j] - mean) / 0.7).powi(2)
                })
                .sum();
            joint.push((prior + log, z));
        }
        let total: f64 = joint.iter().map(|(l, _)| l.exp()).sum();
        let best = joint.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        assert_eq!(&out["code:z"].data[3 * n..3 * n + 3], best.1.as_slice());
        for i in 0..3 {
            let p: f64 = joint.iter().map(|(l, z)| z[i] * l.exp()).sum::<f64>() / total;
            let got = out["posterior:z"].data[3 * n + i];
            assert!((p - got).abs() < 1e-9, "{p} {got}");
        }
        // The reconstruction is the mean at the mode.
        let g = &c.programs["reconstruct"];
        let again = run(g, B, &given.clone());
        for (j, b) in b.iter().enumerate().take(2) {
            let mean = b + (0..3).map(|i| best.1[i] * at(i, j)).sum::<f64>();
            assert!((again["site:x"].data[2 * n + j] - mean).abs() < 1e-9);
        }
    }
}

/// Classes: a probability for each, which sum to 1; where a guide proposes the rest, the class given that.
#[test]
fn posteriors_of_classes_sum_to_one() {
    let mixture = "data x: Real[2] from gaussians(8, std: 0.2)
net mean(k: Class(5)) -> Real[2] { dense(2, init: normal(1)) }
model p { k ~ Categorical(logits: free(5));  x ~ Normal(mean(k), 0.5) }
train { epochs 1 }";
    let rest = "data x: Bool[64] from digits(binarize: 0.5)
net decode(k: Class(5), z: Real[2]) -> Real[64] { dense(64, init: normal(1)) }
net encode(x: Bool[64]) -> (Real[2], Real[2])   { heads(2, 2) }
model p    { k ~ Categorical(logits: free(5));  z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: decode(k, z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { epochs 1 }";
    let vector = "data x: Real[2] from moons
net mean(k: Class(3)[2]) -> Real[2] { dense(2, init: normal(1)) }
param w: Real[2, 3] = 0
model p { k ~ Categorical(logits: w);  x ~ Normal(mean(k), 0.5) }
train { epochs 1 }";
    for (text, classes) in [(mixture, 5), (rest, 5), (vector, 3)] {
        let (typed, c) = compiled(text);
        let g = &c.programs["encode"];
        let out = run(g, 7, &inputs(&typed, &c, g, 7));
        let (mode, p) = (&out["code:k"].data, &out["posterior:k"].data);
        for (k, p) in mode.iter().zip(p.chunks(classes)) {
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9 && (0.0..classes as f64).contains(k), "{p:?}");
        }
        assert!(c.programs.has(&Program::Reconstruct), "{text}");
    }
    let (_, c) = compiled(mixture);
    assert!(initial(&c).contains_key("mean.0.weight"));
}

/// Every question on every spec in one table: what answers it and what kind of number that is, or the reason why nothing does. `gmc explain` prints
/// these very answers, and the verbs ask them.
#[test]
fn every_question_on_every_spec() {
    let mut out = String::new();
    for (name, text) in spec_common::specs() {
        let u = unit(&name, &text);
        let Some(c) = &u.compiled else { continue };
        out.push_str(&format!("{name}\n"));
        for q in c.queries.iter().filter(|q| q.model.is_none()) {
            let said = match &q.answer {
                Ok(a) => match a.number {
                    Some(kind) => format!("{}, {}", a.program, kind.text()),
                    None => a.program.to_string(),
                },
                Err(why) => format!("no: {why}"),
            };
            out.push_str(&format!("  {:<11} {said}\n", q.question));
        }
    }
    spec_common::snapshot("questions", out);
}

/// Where a question about ways between data has an answer, a decoder of the codes is there; it reads codes and makes data of them.
#[test]
fn what_interpolates_has_a_decoder() {
    use gmc_compiler::derive::{Decoded, Output, decoder};
    let mut seen = 0;
    for (name, text) in spec_common::specs() {
        let u = unit(&name, &text);
        let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else { continue };
        let Ok(answer) = c.answer(Question::Interpolate) else { continue };
        let codes: Vec<String> = match c.answer(Question::Encode) {
            Ok(encode) => {
                let outputs = c.graphs.get(&encode.program).unwrap().outputs.iter();
                let code = |o: &(String, _)| match Output::parse(&o.0) {
                    Some(Output::Code(site)) => Some(site),
                    Some(_) | None => None,
                };
                outputs.filter_map(code).collect()
            }
            Err(_) => {
                let m = typed.models.iter().find(|m| Some(&m.name) == answer.model.as_ref()).unwrap();
                let hidden = m.sites.iter().filter(|s| !s.observed);
                let drawn = hidden.filter(|s| matches!(s.kind, gmc_compiler::types::TSiteKind::Draw(_)));
                drawn.map(|s| s.name.clone()).collect()
            }
        };
        let d = decoder(typed, answer.model.as_deref(), &codes, Decoded::Shown)
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(!d.codes.is_empty(), "{name}");
        let input =
            |node: &Node| if let Op::Input(input) = &node.op { Some(input.name.clone()) } else { None };
        let inputs: Vec<String> = d.graph.iter().filter_map(|(_, node)| input(node)).collect();
        assert!(inputs.iter().any(|n| n.starts_with("@code.")), "{name}: {inputs:?}");
        // Nothing of the data is read but what is given.
        let data: Vec<&String> = typed.data.iter().flat_map(|d| &d.vars).map(|v| &v.name).collect();
        assert!(inputs.iter().all(|n| !data.contains(&n) || d.given.contains(n)), "{name}: {inputs:?}");
        assert!(d.graph.outputs.iter().any(|(o, _)| o.starts_with("site:")), "{name}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// Of two models with a guide each, whose hidden variables have one name, each is asked with its own guide, whatever the guides are called.
#[test]
fn each_model_has_the_guide_that_its_bound_names() {
    for sizes in [[2, 5], [3, 3]] {
        let text = format!(
            "data x: Bool[64] from digits(binarize: 0.5)
net da(z: Real[{0}]) -> Real[64] {{ dense(64) }}
net ea(x: Bool[64]) -> (Real[{0}], Real[{0}]) {{ heads({0}, {0}) }}
net db(z: Real[{1}]) -> Real[64] {{ dense(64) }}
net eb(x: Bool[64]) -> (Real[{1}], Real[{1}]) {{ heads({1}, {1}) }}
model a {{ z ~ Normal(0, I)[{0}];  x ~ Bernoulli(logits: da(z)) }}
guide r(x) {{ (m, s) = ea(x);  z ~ Normal(m, exp(s)) }}
model b {{ z ~ Normal(0, I)[{1}];  x ~ Bernoulli(logits: db(z)) }}
guide q(x) {{ (m, s) = eb(x);  z ~ Normal(m, exp(s)) }}
train {{ maximizes elbo(a, r) + elbo(b, q)  steps 2 }}",
            sizes[0], sizes[1]
        );
        let (_, c) = compiled(&text);
        for (model, own, other) in [("a", "ea", "eb"), ("b", "eb", "ea")] {
            for question in [Question::Density, Question::Encode, Question::Reconstruct] {
                let program = c.answer_of(question, Some(model)).unwrap().program.clone();
                let of = |net: &str| {
                    let reads =
                        |op: &Op| matches!(op, Op::Input(i) if i.name.starts_with(&format!("{net}.")));
                    c.graphs.get(&program).unwrap().iter().any(|(_, node)| reads(&node.op))
                };
                assert!(of(own) && !of(other), "{question} of {model}, sizes {sizes:?}");
            }
        }
    }
}

/// A guide that reads no data has no code of a datum to give; one with parameters for each datum has.
#[test]
fn a_guide_that_reads_nothing_encodes_nothing() {
    let text = "data x: Real[2] from moons(n: 200)
net d(z: Real[2]) -> Real[2] { dense(2) }
model p { z ~ Normal(0, I)[2];  x ~ Normal(d(z), 1) }
guide q(x) { z ~ Normal(MEAN, exp(free(2))) }
train { steps 3 }
";
    refused(&text.replace("MEAN", "free(2)"), Question::Encode, "guide `q` reads no data");
    for (from, to) in [("MEAN", "free(2) * x"), ("q(x) { z ~ Normal(MEAN", "q[x] { z ~ Normal(free(2)")] {
        let (_, c) = compiled(&text.replace(from, to));
        assert_eq!(answer(&c, Question::Encode, None), Ok("encode".into()));
    }
    let (_, c) = compiled(&text.replace("MEAN", "free(2)"));
    assert_eq!(answer(&c, Question::Reconstruct, None), Ok("reconstruct".into()));
}

/// Of a table the declared class is what is classified, not the first column of a few whole numbers.
#[test]
fn levels_are_no_classes() {
    let text = "data (n: Int(5), kind: Class(3), x: Real[2]) from csv(\"gaps.csv\", columns: [\"n\", \"kind\", \"x1\", \"x2\"])
net mean(k: Class(3)) -> Real[2] { embed(2) }
model p { n ~ Categorical(logits: free(5));  SITE;  x ~ Normal(MEAN, 1) }
train { steps 3 }
";
    let (typed, c) =
        compiled(&text.replace("SITE", "kind ~ Categorical(logits: free(3))").replace("MEAN", "mean(kind)"));
    let site = gmc_compiler::derive::class_site(&typed, &typed.models[0]).unwrap();
    assert_eq!(site.name, "kind");
    assert_eq!(answer(&c, Question::Classify, None), Ok("log_prob.p".into()));
    let alone = text.replace("SITE;  ", "").replace("MEAN", "free(2)").replace("model p", "model p(kind)");
    refused(&alone, Question::Classify, "draws no class from the data");
}
