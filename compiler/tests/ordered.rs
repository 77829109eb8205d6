//! Sites drawn in an order: the density sums to 1, no gradient reaches the future, and a draw that computes what each place needs is the
//! draw that computes everything anew at each place.

use crate::spec_common::{draws, initial, normal, npy_of_bits, run_with, uniform};
use gmc_compiler::derive::lower::Ctx;
use gmc_compiler::derive::{Altered, Compiled, Program, altered};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::explain::passes::{self, Asked};
use gmc_compiler::explain::sampling;
use gmc_compiler::ir::{Graph, Node, Op, Tensor64};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::rows::order::Order;
use gmc_compiler::types::{Typed, density};
use std::collections::BTreeMap;

/// Files, by name, of 40 rows of 0 and 1 of a shape, as NPY.
struct Bits<'a>(&'a [(&'a str, &'a [usize])]);

impl Host for Bits<'_> {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let Some((_, shape)) = self.0.iter().find(|(n, _)| *n == name) else {
            return Err(HostError { what: format!("no `{name}` in tests"), tried: Vec::new() });
        };
        Ok(npy_of_bits(shape))
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

fn with(text: &str, files: &[(&str, &[usize])]) -> Unit {
    compile("spec.gm", text, &Bits(files), &|p| Err(format!("no file `{p}`")), |_| Vec::new())
}

/// A spec whose data are in `x.npy`, events of these axes.
pub fn unit(text: &str, dims: &[usize]) -> Unit {
    with(text, &[("x.npy", dims)])
}

/// As [`unit`], without messages.
pub fn clean(text: &str, dims: &[usize]) -> (Typed, Compiled) {
    clean_with(text, &[("x.npy", dims)])
}

/// A spec without messages whose data are in these files, events of these axes.
pub fn clean_with(text: &str, files: &[(&str, &[usize])]) -> (Typed, Compiled) {
    let mut u = with(text, files);
    // Small nets, some of which leave pixels out.
    u.diags.retain(|d| d.code != "W0606");
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// Nets over a few bits, and the order of the site.
pub const NETS: &[(&str, &str, &str, &str)] = &[
    ("dense", "Bool[9]", "forward", "dense(20, mask: A), relu, dense(9, mask: B)"),
    (
        "dense, reversed",
        "Bool[9]",
        "reverse",
        "dense(20, mask: A), relu, dense(15, mask: B), tanh, dense(9, mask: B)",
    ),
    ("dense, shuffled", "Bool[9]", "permuted(3)", "dense(20, mask: B), relu, dense(9, mask: A)"),
    ("nade", "Bool[9]", "forward", "nade(6)"),
    (
        "nade over pixels",
        "Bool[1, 2, 3]",
        "raster",
        "flatten, nade(4), residual { tanh, dense(6, mask: B) }, reshape(1, 2, 3)",
    ),
    (
        "conv",
        "Bool[1, 3, 3]",
        "raster",
        "conv(4, k: 3, mask: A), relu, conv(5, k: 3, mask: B), relu, conv(1, k: 1)",
    ),
    (
        "residual conv",
        "Bool[1, 3, 3]",
        "raster",
        "conv(4, k: 5, mask: A), relu, residual { conv(4, k: 3, mask: B, dilation: 2), relu, conv(4, k: 1) }, conv(1, k: 3, mask: B)",
    ),
    (
        "gated conv",
        "Bool[1, 3, 3]",
        "raster",
        "conv(8, k: 3, mask: A), gate, conv(6, k: 3, mask: B), gate, conv(1, k: 1)",
    ),
    (
        "colours",
        "Bool[3, 2, 2]",
        "raster",
        "conv(6, k: 3, mask: A, colours: 3), relu, conv(6, k: 3, mask: B, colours: 3), relu, conv(3, k: 1, mask: B, colours: 3)",
    ),
    (
        "attention",
        "Bool[1, 3, 3]",
        "raster",
        "conv(4, k: 3, mask: A), position, residual { attention(heads: 2, mask: B) }, relu, conv(1, k: 1)",
    ),
    (
        "attention to earlier pixels",
        "Bool[1, 3, 3]",
        "raster",
        "conv(4, k: 1), position, attention(heads: 2, mask: A), conv(1, k: 1)",
    ),
    ("shifted pixels", "Bool[1, 3, 3]", "raster", "shift_right, conv(4, k: 1), relu, conv(1, k: 1)"),
    ("gated stacks", "Bool[1, 3, 3]", "raster", "gated_pixelcnn(4, layers: 2), relu, conv(1, k: 1)"),
    (
        "gated stacks of colours",
        "Bool[2, 2, 2]",
        "raster",
        "gated_pixelcnn(4, layers: 2, colours: 2), conv(2, k: 1, mask: B, colours: 2)",
    ),
    (
        "conv1d",
        "Bool[6, 1]",
        "forward",
        "conv1d(4, k: 2, mask: A), relu, conv1d(4, k: 3, mask: B, dilation: 2), relu, dense(1)",
    ),
    (
        "transformer",
        "Bool[6, 1]",
        "forward",
        "shift_right, dense(4), position, residual { layer_norm, attention(heads: 2, mask: B) }, residual { layer_norm, dense(8), relu, dense(4) }, dense(1)",
    ),
    ("gru", "Bool[5, 1]", "forward", "shift_right, gru(4), dense(1)"),
    ("two lstms", "Bool[6, 1]", "forward", "shift_right, lstm(4), residual { lstm(4) }, gru(3), dense(1)"),
    (
        "gru over pixels",
        "Bool[1, 2, 3]",
        "raster",
        "reshape(6, 1), shift_right, gru(4), dense(1), reshape(1, 2, 3)",
    ),
    (
        "row lstm",
        "Bool[1, 3, 3]",
        "raster",
        "row_lstm(4, mask: A), residual { row_lstm(2), conv(4, k: 1) }, conv(1, k: 1)",
    ),
    (
        "diagonal lstm",
        "Bool[1, 3, 3]",
        "raster",
        "conv(4, k: 3, mask: A), residual { diagonal_bilstm(2), conv(4, k: 1) }, conv(1, k: 1)",
    ),
    ("lstm", "Bool[5, 1]", "reverse", "lstm(4), shift_right, dense(1)"),
    (
        "channels together",
        "Bool[3, 2, 2]",
        "raster",
        "conv(6, k: 3, mask: A), relu, conv(6, k: 3, mask: B), relu, conv(3, k: 1)",
    ),
];

/// The axes of an event type such as `Bool[1, 3, 3]`.
fn axes(ty: &str) -> Vec<usize> {
    let (_, inside) = ty.split_once('[').unwrap();
    inside.trim_end_matches(']').split(", ").map(|n| n.parse().unwrap()).collect()
}

/// A model of a few bits with one of [`NETS`].
fn model((_, ty, order, body): (&str, &str, &str, &str)) -> (Typed, Compiled) {
    let real = ty.replace("Bool", "Real");
    let text = format!(
        "data x: {ty} from npy(\"x.npy\")\nnet f(x: {ty}) -> {real} {{ {body} }}\n\
         model p {{ x[i in {order}] ~ Bernoulli(logits: f(x[< i])) }}\ntrain {{ using adam(lr: 1e-3) }}"
    );
    clean(&text, &axes(ty))
}

/// Parameters away from their initial values, so that biases are not 0.
pub fn weights(c: &Compiled) -> BTreeMap<String, Tensor64> {
    let moved = |(k, (path, t)): (usize, (String, Tensor64))| {
        let more = normal(77 + k as u64, t.data.len());
        let data = t.data.iter().zip(more).map(|(x, m)| x + 0.5 * m).collect();
        (path, Tensor64 { data, ..t })
    };
    initial(c).into_iter().enumerate().map(moved).collect()
}

fn bits(n: usize, dims: &[usize]) -> Tensor64 {
    let all = 1usize << n;
    let data = (0..all).flat_map(|c| (0..n).map(move |i| (c >> i & 1) as f64)).collect();
    Tensor64::new(&[&[all], dims].concat(), data).unwrap()
}

pub fn evaluate(g: &Graph, batch: usize, inputs: &BTreeMap<String, Tensor64>) -> BTreeMap<String, Tensor64> {
    run_with(g, batch, inputs, &draws)
}

#[test]
fn probabilities_of_all_values_sum_to_1() {
    for net in NETS {
        let (typed, c) = model(*net);
        let mut inputs = weights(&c);
        let dims = typed.data[0].vars[0].ty.shape.clone();
        let n: usize = dims.iter().product();
        inputs.insert("x".into(), bits(n, &dims));
        let log_p = &evaluate(&c.programs["log_prob.p"], 1 << n, &inputs)["log_prob"];
        let total: f64 = log_p.data.iter().map(|l| l.exp()).sum();
        assert!((total - 1.0).abs() < 1e-9, "{}: {total}", net.0);
    }
}

/// The program that draws, with what each place needs or with everything at every place.
pub fn sampler(typed: &Typed, by_place: bool) -> Graph {
    let mut ctx = Ctx::new(typed, Program::Sample("p".into()), false);
    ctx.cx.by_place = by_place;
    let vars = ctx.ancestral(0);
    let mut g = ctx.cx.g;
    g.output("x", vars["x"]);
    gmc_compiler::ir::optimise(&g)
}

#[test]
fn a_draw_by_place_is_the_draw_that_computes_everything() {
    for net in NETS {
        let (typed, c) = model(*net);
        let inputs = weights(&c);
        let [fast, slow] = [true, false].map(|by_place| evaluate(&sampler(&typed, by_place), 40, &inputs));
        assert_eq!(fast["x"].data, slow["x"].data, "{}", net.0);
        let ones = fast["x"].data.iter().sum::<f64>() / fast["x"].data.len() as f64;
        assert!((0.05..0.95).contains(&ones), "{}: {ones} of the bits are 1", net.0);
    }
}

/// Multiply-adds of a draw, and how many loops stand in the loop of its sampler.
fn work(g: &Graph) -> (u64, usize) {
    let body = |n: &Node| if let Op::Loop(l) = &n.op { Some(l.body.clone()) } else { None };
    let inner = g.nodes.iter().filter_map(body).flat_map(|b| b.nodes).filter(|n| body(n).is_some()).count();
    (gmc_compiler::ir::schedule::madds(g, 1), inner)
}

/// One step a place: what is drawn twice as long costs twice as much, and no loop stands in the loop of the sampler. A layer that reads its
/// own place, which others leave out, makes the state behind a place when the place is drawn.
#[test]
fn the_state_of_a_recurrent_layer_is_kept_between_places() {
    for body in [
        "shift_right, gru(4), dense(1)",
        "shift_right, lstm(4), residual { lstm(4) }, gru(3), dense(1)",
        "lstm(4), shift_right, dense(1)",
        "lstm(4), residual { gru(4) }, conv1d(4, k: 2, mask: A), lstm(3), dense(1)",
        "nade(6)",
    ] {
        let one = if body == "nade(6)" { "" } else { ", 1" };
        let [short, long] = [format!("Bool[10{one}]"), format!("Bool[20{one}]")].map(|ty| {
            let ty = ty.as_str();
            let (typed, c) = model(("recurrent", ty, "forward", body));
            let [fast, slow] = [true, false].map(|by_place| sampler(&typed, by_place));
            let inputs = weights(&c);
            assert_eq!(
                evaluate(&fast, 8, &inputs)["x"].data,
                evaluate(&slow, 8, &inputs)["x"].data,
                "{body}"
            );
            work(&fast)
        });
        assert_eq!((short.1, long.1), (0, 0), "{body}");
        assert_eq!(long.0, 2 * short.0, "{body}");
    }
}

/// Classes are looked up at their place, and all that follows is computed there.
#[test]
fn classes_are_embedded_place_by_place() {
    for (ty, out, order, body) in [
        ("Class(3)[6]", "Real[6, 3]", "forward", "embed(4), shift_right, gru(5), logits(3)"),
        (
            "Class(3)[6]",
            "Real[6, 3]",
            "forward",
            "tied(4) { shift_right, residual { gru(4) }, dense(4), tanh }",
        ),
        (
            "Class(3)[6]",
            "Real[6, 3]",
            "reverse",
            "embed(4), shift_right, lstm(3), residual { gru(3) }, dense(3)",
        ),
        (
            "Class(3)[6]",
            "Real[6, 3]",
            "forward",
            "embed(4), shift_right, residual { layer_norm, attention(heads: 2, mask: B, positions: rotary) }, layer_norm, logits(3)",
        ),
        ("Class(3)[6]", "Real[6, 3]", "permuted(2)", "embed(4), conv1d(4, k: 3, mask: A), relu, logits(3)"),
        (
            "Class(3)[1, 3, 2]",
            "Real[1, 3, 2, 3]",
            "raster",
            "embed(4), conv(5, k: 3, mask: A), relu, logits(3)",
        ),
    ] {
        let text = format!(
            "data x: {ty} from npy(\"x.npy\")\nnet f(x: {ty}) -> {out} {{ {body} }}\n\
             model p {{ x[i in {order}] ~ Categorical(logits: f(x[< i])) }}\ntrain {{ using adam(lr: 1e-3) }}"
        );
        let (typed, c) = clean(&text, &axes(ty));
        let [fast, slow] = [true, false].map(|by_place| sampler(&typed, by_place));
        let inputs = weights(&c);
        assert_eq!(evaluate(&fast, 8, &inputs)["x"].data, evaluate(&slow, 8, &inputs)["x"].data, "{body}");
        let said = sampling::of(&typed);
        let whole: Vec<&str> = said[0].sites[0].whole.iter().map(|p| p.by.as_str()).collect();
        assert!(whole.is_empty(), "{body}: {whole:?}");
        assert!(2 * work(&fast).0 < work(&slow).0, "{body}");
    }
}

/// One pixel a place: an image with twice the rows, or twice the columns, costs twice as much.
#[test]
fn the_states_of_a_row_lstm_are_computed_once() {
    let body = "row_lstm(4, mask: A), residual { row_lstm(3, k: 5), row_lstm(4) }, conv(1, k: 1)";
    let [one, rows, columns] = ["1, 3, 4", "1, 6, 4", "1, 3, 8"].map(|dims| {
        let (typed, c) = model(("rows", &format!("Bool[{dims}]"), "raster", body));
        let [fast, slow] = [true, false].map(|by_place| sampler(&typed, by_place));
        let inputs = weights(&c);
        assert_eq!(evaluate(&fast, 8, &inputs)["x"].data, evaluate(&slow, 8, &inputs)["x"].data, "{dims}");
        let said = sampling::of(&typed);
        assert!(said[0].sites[0].whole.is_empty(), "{dims}");
        work(&fast)
    });
    assert_eq!((one.1, rows.1, columns.1), (0, 0, 0));
    assert_eq!((rows.0, columns.0), (2 * one.0, 2 * one.0));
}

/// Whatever the widths, and whatever reads what: the draws are those of everything computed anew, at the cost of about one pass.
#[test]
fn hidden_units_of_masked_vectors_are_computed_once() {
    for (order, body, least) in [
        ("forward", "dense(500, mask: A), relu, dense(20, mask: B)", 19.0),
        ("reverse", "dense(7, mask: A), tanh, dense(61, mask: B), relu, dense(20, mask: B)", 4.0),
        (
            "permuted(5)",
            "dense(40, mask: B), relu, residual { dense(40, mask: B), tanh }, dense(20, mask: A)",
            19.0,
        ),
        (
            "forward",
            "shift_right, dense(60, mask: B), residual { dense(20, mask: B), relu, dense(60, mask: B) }, dense(20, mask: B)",
            12.0,
        ),
        (
            "forward",
            "residual { dense(20, mask: B) }, dense(33, mask: A, norm: spectral), relu, dense(20, mask: B)",
            4.0,
        ),
    ] {
        let (typed, c) = model(("masked", "Bool[20]", order, body));
        let [fast, slow] = [true, false].map(|by_place| sampler(&typed, by_place));
        let inputs = weights(&c);
        assert_eq!(evaluate(&fast, 8, &inputs)["x"].data, evaluate(&slow, 8, &inputs)["x"].data, "{body}");
        let times = work(&slow).0 as f64 / work(&fast).0 as f64;
        assert!(times >= least, "{body}: {times}");
    }
}

/// A hidden unit of 24 reads half its number of coordinates: two are new at each of 12, from 12, and so are two parameters, from 24.
#[test]
fn the_slow_direction_of_a_masked_flow_computes_hidden_units_once() {
    let text = "data x: Real[12] from npy(\"x.npy\")\nflow f: Real[12] <-> Real[12] { masked(affine) { dense(24), relu } }\n\
                model p { z ~ Normal(0, I)[12];  x = f(z) }\ntrain { using adam(lr: 1e-3) }";
    let c = unit(text, &[12]).compiled.unwrap();
    assert_eq!(gmc_compiler::ir::schedule::madds(&c.programs["sample.p"], 1), 12 * (2 * 12 + 2 * 24));
}

/// What is said of it: the layers, what is kept, and what it costs with and without; the same numbers either way.
#[test]
fn the_slow_direction_of_a_masked_flow_is_explained() {
    for (fast, asked) in [("density", Asked::Draw), ("sampling", Asked::Density)] {
        let text = format!(
            "data x: Real[12] from npy(\"x.npy\")\n\
             flow f: Real[12] <-> Real[12] {{ repeat 3 {{ masked(affine, fast: {fast}) {{ dense(24), relu }}, reverse }} }}\n\
             model p {{ z ~ Normal(0, I)[12];  x = f(z) }}\ntrain {{ using adam(lr: 1e-3) }}"
        );
        let (typed, c) = clean(&text, &[12]);
        let all = passes::of(&typed);
        let [p] = all.as_slice() else { panic!("{fast}: {} passes", all.len()) };
        assert_eq!(p.asked, asked);
        let [l] = p.layers.as_slice() else { panic!("{fast}: {} kinds of layers", p.layers.len()) };
        assert_eq!((l.times, l.places, l.whole.len()), (3, 12, 0));
        assert!(l.text.starts_with("masked(affine"), "{}", l.text);
        let kept: Vec<(&str, usize)> = l.kept.iter().map(|k| (k.by.as_str(), k.numbers)).collect();
        assert_eq!(kept, [("relu", 24)]);
        // One pass of the loops; of densities another one, for the slopes. Without, a pass for each coordinate.
        let (once, whole) = (12 * (2 * 12 + 2 * 24), 12 * 24 + 24 * 24);
        let again = if asked == Asked::Draw { 0 } else { whole };
        assert_eq!((p.madds, p.without), (3 * (once + again), 3 * (12 * whole + again)), "{fast}");
        let both = [true, false].map(|by_place| match asked {
            Asked::Draw => gmc_compiler::derive::sampler(&typed, "p", by_place).unwrap(),
            Asked::Density => gmc_compiler::derive::scorer(&typed, "p", by_place).unwrap().0,
        });
        let mut inputs = weights(&c);
        inputs.insert("x".into(), Tensor64::new(&[4, 12], normal(5, 48)).unwrap());
        let [cut, anew] = both.map(|g| evaluate(&g, 4, &inputs));
        assert_eq!(cut, anew, "{fast}");
    }
}

/// Of whatever is given, the places before the first open one are not drawn: what is kept of them is made in one pass, and all that follows
/// is what it would have been.
#[test]
fn places_that_are_given_at_first_are_not_gone_through() {
    for net in NETS {
        let (typed, c) = model(*net);
        let dims = typed.data[0].vars[0].ty.shape.clone();
        let (order, size) = (order(&typed), dims.iter().product::<usize>());
        let places = order.places();
        let program = Program::Complete("p".into());
        let graph = |first: usize| {
            let first = [("x".to_string(), first)].into_iter().filter(|(_, n)| *n > 0).collect();
            let how = Altered { first, ..Default::default() };
            altered(&typed, &program, &how).unwrap()
        };
        let everything = graph(0);
        let mut inputs = weights(&c);
        inputs
            .insert("x".into(), Tensor64::new(&[&[4], dims.as_slice()].concat(), bits_of(4 * size)).unwrap());
        for first in 0..=places {
            // Behind an open place some are given, too.
            let open = |e: usize| order.place(&dims, e) >= first && order.place(&dims, e) % 3 != 2;
            let known: Vec<bool> = (0..size).map(|e| !open(e)).collect();
            let given = order.known_first(&dims, &known);
            assert!(given >= first);
            let mask: Vec<f64> = (0..4).flat_map(|_| known.iter().map(|k| f64::from(u8::from(*k)))).collect();
            inputs.insert("@known.x".into(), Tensor64::new(&[&[4], dims.as_slice()].concat(), mask).unwrap());
            let g = graph(given);
            let [all, rest] = [&everything, &g].map(|g| evaluate(g, 4, &inputs)["site:x"].clone());
            assert_eq!(all, rest, "{}: {given} of {places} given", net.0);
            let iterations = g.iter().map(|(_, n)| if let Op::Loop(l) = &n.op { l.iterations() } else { 0 });
            // The loops of recurrent layers go over all places, once.
            let drawn: Vec<usize> = iterations.filter(|n| *n == places - given).collect();
            assert!(given == places || !drawn.is_empty(), "{}: {given} of {places} given", net.0);
        }
    }
}

/// The order in which the one site of a model is drawn.
fn order(typed: &Typed) -> Order {
    let drawn = density::drawn(&typed.models[0].sites[0]);
    drawn.and_then(|d| d.places()).unwrap()
}

/// Bits that are 0 or 1.
fn bits_of(n: usize) -> Vec<f64> {
    uniform(9, n).into_iter().map(f64::round).collect()
}

/// What is drawn costs what is left of it, and one pass.
#[test]
fn half_an_example_costs_half() {
    for (shape, order, body) in [
        ("1, 16, 16", "raster", "gated_pixelcnn(8, layers: 3), relu, conv(16, k: 1), relu, conv(1, k: 1)"),
        (
            "1, 16, 16",
            "raster",
            "shift_right, conv(8, k: 1), position, residual { attention(heads: 2, mask: B) }, conv(1, k: 1)",
        ),
        ("64, 1", "forward", "shift_right, gru(16), lstm(8), dense(1)"),
        ("64", "forward", "dense(200, mask: A), relu, dense(64, mask: B)"),
    ] {
        let (typed, c) = model(("half", &format!("Bool[{shape}]"), order, body));
        let how = |first: usize| Altered { first: [("x".to_string(), first)].into(), ..Default::default() };
        let places: usize = shape.split(", ").map(|n| n.parse::<usize>().unwrap()).product();
        let [all, half] = [0, places / 2].map(|first| {
            let g = altered(&typed, &Program::Complete("p".into()), &how(first)).unwrap();
            gmc_compiler::ir::schedule::madds(&g, 1)
        });
        let pass = gmc_compiler::ir::schedule::madds(&c.programs["log_prob.p"], 1);
        assert!(half <= all / 2 + pass, "{body}: {half} against {all}, a pass {pass}");
        assert!(half < 2 * all / 3 || pass > all / 4, "{body}: {half} against {all}, a pass {pass}");
    }
}

#[test]
fn a_program_has_a_recurrent_step_once() {
    let size = |n: usize| {
        let ty = format!("Bool[{n}, 1]");
        let c = model(("long", &ty, "forward", "shift_right, lstm(4), gru(3), dense(1)")).1;
        let count = |g: &Graph| gmc_compiler::ir::schedule::census(g).values().sum::<usize>();
        ["step.all", "log_prob.p", "sample.p"].map(|p| count(&c.programs[p]))
    };
    assert_eq!(size(30), size(1000));
}

#[test]
fn draws_come_as_often_as_the_density_says() {
    for net in NETS {
        let (typed, c) = model(*net);
        let inputs = weights(&c);
        let (n, dims) = (4000, typed.data[0].vars[0].ty.shape.clone());
        let size: usize = dims.iter().product();
        let drawn = &evaluate(&sampler(&typed, true), n, &inputs)["x"];
        let mut counts = vec![0.0; 1 << size];
        for x in drawn.data.chunks(size) {
            counts[x.iter().enumerate().map(|(i, b)| (*b as usize) << i).sum::<usize>()] += 1.0;
        }
        let mut inputs = inputs;
        inputs.insert("x".into(), bits(size, &dims));
        let log_p = &evaluate(&c.programs["log_prob.p"], 1 << size, &inputs)["log_prob"];
        // Pearson's statistic over the values that are expected at least five times, the others together.
        let (mut chi, mut cells, mut rest) = (0.0, 0.0, (0.0, 0.0));
        for (l, k) in log_p.data.iter().zip(&counts) {
            let e = l.exp() * n as f64;
            if e >= 5.0 {
                chi += (k - e).powi(2) / e;
                cells += 1.0;
            } else {
                rest = (rest.0 + e, rest.1 + k);
            }
        }
        if rest.0 > 0.0 {
            chi += (rest.1 - rest.0).powi(2) / rest.0;
        }
        // Mean and five standard deviations of the distribution of the statistic.
        let cells: f64 = cells;
        assert!(chi < cells + 5.0 * (2.0 * cells).sqrt(), "{}: {chi} over {cells} values", net.0);
    }
}

/// Of a small net: multiply-adds of a draw by place and with everything at every place, what is kept, and what is computed whole.
fn told(ty: &str, order: &str, body: &str) -> ([u64; 2], Vec<(String, String)>, Vec<(String, String)>) {
    let (typed, _) = model(("", ty, order, body));
    let all = sampling::of(&typed);
    let pieces = |p: &[sampling::Piece]| p.iter().map(|p| (p.what.clone(), p.by.clone())).collect::<Vec<_>>();
    ([all[0].madds, all[0].without], pieces(&all[0].sites[0].kept), pieces(&all[0].sites[0].whole))
}

#[test]
fn what_a_draw_keeps_and_costs_is_counted_by_hand() {
    let piece = |what: &str, by: &str| (what.to_string(), by.to_string());
    // A place: two rows of the kernel, 2 x 3 to 2 channels, and 2 to 1; else 12 pixels of 9 x 2 and 2, at each of 12 places.
    let conv = told("Bool[1, 3, 4]", "raster", "conv(2, k: 3, mask: A), relu, conv(1, k: 1)");
    assert_eq!(conv, ([12 * 14, 12 * 240], vec![piece("[1, 4, 6]", "what is drawn")], vec![]));
    // A place: 1 to 4, which is no sum, three times 4 x 4, two heads of 2 with 6 places twice, 4 x 4, 4 to 1. Keys and values of both heads are kept.
    let attention = "shift_right, dense(4), attention(heads: 2, mask: B), dense(1)";
    let (costs, kept, whole) = told("Bool[6, 1]", "forward", attention);
    assert_eq!(costs, [6 * (48 + 24 + 24 + 16 + 4), 36 * (48 + 24 + 24 + 16 + 4)]);
    let by = "attention(heads: 2, mask: B)";
    assert_eq!(kept, [piece("[7, 1]", "what is drawn"), piece("[2, 2, 6]", by), piece("[2, 6, 2]", by)]);
    assert_eq!(whole, []);
    // A place: the first layer upward 3 x 1 to 8, across 8 x 8, to the left 3 x 1 to 8, 4 x 4; the second upward 6 x 4 to 8, .., 3 x 4 to 8,
    // ..; 4 to 1. The first makes a row more, which is not used.
    let ([cost, without], _, whole) =
        told("Bool[1, 3, 4]", "raster", "gated_pixelcnn(4, layers: 2), conv(1, k: 1)");
    let (first, second) = (24 + 64 + 24 + 16, 192 + 64 + 96 + 16);
    assert_eq!(cost, 12 * (first + second + 4));
    assert_eq!(without, 12 * (12 * (first + second + 4) + 4 * 24));
    assert_eq!(whole, []);
    // Each hidden unit is computed once, at the place from which on it is final: at most three at a place, from 9, and an output from 9 x 3.
    let (costs, kept, whole) = told("Bool[9]", "forward", "dense(20, mask: A), relu, dense(9, mask: B)");
    assert_eq!(costs, [9 * (9 * 3 + 27), 9 * 360]);
    assert_eq!((kept, whole), (vec![piece("[9, 3]", "relu")], vec![]));
    // Of a product with what is drawn, the column of the place.
    let (typed, _) = model(("", "Bool[9]", "forward", "dense(9, mask: A)"));
    let site = &sampling::of(&typed)[0].sites[0];
    assert_eq!((site.kept.len(), site.whole.len(), site.own.len()), (0, 0, 1));
    assert_eq!((site.own[0].what.as_str(), site.own[0].by.as_str()), ("matmul", "dense(9, mask: A)"));
}
