//! Values of the layers over places of sequences and pixels, against other implementations.
//!
//! The recipe: element i of every tensor is sin(1.3 i + phase), with the phases below, weights in the layout of the row. Recurrent layers
//! were run by ONNX Runtime 1.32 in f32 (`GRU` with `linear_before_reset: 1`, `LSTM`; parts brought into their order, both biases
//! given), attention by `jax.nn.dot_product_attention` of JAX 0.10, whose softmax is in f32, between linear maps, convolutions by
//! `jax.lax.conv_general_dilated` with the weight times a mask made by two loops over channels.

use crate::rows_net::*;
use crate::spec_common::{clean, initial, inputs};
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::ir::{Role, Shape, Tensor64};
use gmc_compiler::rows::Builder;

fn wave(dims: &[usize], phase: f64) -> Tensor64 {
    Tensor64::from_fn(dims, |i| (1.3 * i as f64 + phase).sin())
}

/// The layer's values on a wave of phase 0.1, its tensors being waves of the phases told.
fn values(text: &str, input: &[usize], phases: &[(&str, f64)]) -> Vec<f64> {
    let checked = layer(text, &EventTy::real(input), &[]);
    let mut cx = Builder::new("t", false);
    let env = env(&mut cx, &[]);
    let x = cx.input("x", Role::Data, Shape::batched(input));
    let y = lower(&*checked.layer, &mut cx, &env, x)[0];
    cx.g.output("y", y);
    let mut inputs: Inputs = [("x".to_string(), wave(&[&[1], input].concat(), 0.1))].into();
    for p in &checked.params {
        let (_, phase) = phases.iter().find(|(name, _)| *name == p.name).expect("every tensor has a phase");
        inputs.insert(format!("l.{}", p.name), wave(&p.shape, *phase));
    }
    evaluate(&cx.g, &inputs, 1).remove("y").expect("it is an output").data
}

fn close(what: &str, got: &[f64], want: &[f64], within: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= within, "{what}: element {i} is {a}, not {b}");
    }
}

#[test]
fn recurrent_layers_compute_what_others_do() {
    let phases = [("input.weight", 0.2), ("hidden.weight", 0.3), ("input.bias", 0.4), ("hidden.bias", 0.5)];
    let gru = [
        -0.1674521565437317,
        0.8691760301589966,
        -0.17360162734985352,
        0.4609083831310272,
        -0.5302935838699341,
        0.9700677990913391,
        0.7206107974052429,
        0.8408920168876648,
    ];
    close("gru", &values("gru(2)", &[4, 3], &phases), &gru, 3e-6);
    let lstm = [
        -0.3238016664981842,
        0.2105242908000946,
        -0.12910105288028717,
        0.1616692692041397,
        -0.5321573615074158,
        0.38771891593933105,
        0.01922847516834736,
        0.15770095586776733,
    ];
    close("lstm", &values("lstm(2)", &[4, 3], &phases), &lstm, 3e-6);
    // The other direction is the same on the sequence turned round.
    let both: Vec<(String, f64)> =
        phases.iter().flat_map(|(n, p)| [(n.to_string(), *p), (format!("reverse.{n}"), *p)]).collect();
    let both: Vec<(&str, f64)> = both.iter().map(|(n, p)| (n.as_str(), *p)).collect();
    let there = values("gru(2, bidirectional: true)", &[4, 3], &both);
    let first: Vec<f64> = there.chunks(4).flat_map(|c| c[..2].to_vec()).collect();
    close("the first direction", &first, &gru, 3e-6);
}

/// Against a program that goes over the image pixel by pixel, with states of 0 beyond its edges.
#[test]
fn layers_of_pixelrnn_are_recurrences_over_pixels() {
    let phases = [("input.weight", 0.2), ("hidden.weight", 0.3), ("input.bias", 0.4)];
    let want = [
        0.02805457333004844,
        0.10924705900735243,
        0.11820858898757183,
        0.012189067372936097,
        -0.0022841712630236057,
        0.06492296793232231,
        0.09915997855308298,
        0.10366880108005622,
        0.038095091873202654,
    ];
    close("row_lstm", &values("row_lstm(1)", &[1, 3, 3], &phases), &want, 1e-12);
    let want = [
        -0.23116005878697746,
        -0.2735696396014498,
        -0.28980514373418576,
        -0.444377531139434,
        -0.33090774115738875,
        -0.4410142561688486,
        0.1747150491009009,
        -0.0377893606660448,
        0.19094183306496723,
        0.240586958370781,
        0.11380184857065397,
        0.1289879933147176,
    ];
    close("row_lstm, strict", &values("row_lstm(2, mask: A)", &[2, 2, 3], &phases), &want, 1e-12);
    let phases = [
        ("left.input.weight", 0.2),
        ("left.hidden.weight", 0.3),
        ("left.input.bias", 0.4),
        ("right.input.weight", 0.25),
        ("right.hidden.weight", 0.35),
        ("right.input.bias", 0.45),
    ];
    let want = [
        0.027871545075322378,
        0.05538778915081967,
        0.10095765831867719,
        0.05990784593316613,
        -0.014730655860740113,
        0.020458302152054332,
        -0.01751431913286334,
        0.07059614812618009,
        0.08661496053772874,
    ];
    close("diagonal_bilstm", &values("diagonal_bilstm(1)", &[1, 3, 3], &phases), &want, 1e-12);
}

/// Against the algorithm of the paper (Larochelle & Murray 2011, algorithm 1) in a few lines of Python.
#[test]
fn nade_is_a_running_sum() {
    let phases = [("input.weight", 0.2), ("input.bias", 0.3), ("output.weight", 0.4), ("output.bias", 0.5)];
    let want = [
        1.506539999084606,
        0.299025109184177,
        -0.29438168450613666,
        -0.24601648936856413,
        -1.3059274847175086,
    ];
    close("nade", &values("nade(3)", &[5], &phases), &want, 1e-12);
}

const MULTIHEAD: [(&str, f64); 8] = [
    ("query.weight", 0.2),
    ("query.bias", 0.3),
    ("key.weight", 0.4),
    ("key.bias", 0.5),
    ("value.weight", 0.6),
    ("value.bias", 0.7),
    ("out.weight", 0.8),
    ("out.bias", 0.9),
];

/// `x W + b` with the waves of these phases, `[n_in, n_out]`, on rows of `n_in` numbers.
fn mapped(x: &[Vec<f64>], [n_in, n_out]: [usize; 2], weight: f64, bias: f64) -> Vec<Vec<f64>> {
    let (w, b) = (wave(&[n_in, n_out], weight).data, wave(&[n_out], bias).data);
    let one = |row: &Vec<f64>, o: usize| b[o] + (0..n_in).map(|i| row[i] * w[i * n_out + o]).sum::<f64>();
    x.iter().map(|row| (0..n_out).map(|o| one(row, o)).collect()).collect()
}

/// Rotary positions by complex numbers: the score of places m and n is the real part of Σ q_j conj(k_j) e^(i (m - n) θ_j) (Su et al. 2021,
/// eq. 12 and 16), which depends on m - n alone.
#[test]
fn rotary_positions_are_turns_of_complex_numbers() {
    let (length, d) = (5, 4);
    let x: Vec<Vec<f64>> = wave(&[1, length, d], 0.1).data.chunks(d).map(<[f64]>::to_vec).collect();
    let [q, k, v] = [(0.2, 0.3), (0.4, 0.5), (0.6, 0.7)].map(|(w, b)| mapped(&x, [d, d], w, b));
    let theta = [1.0, 0.01];
    let score = |m: usize, n: usize| -> f64 {
        let turned = |j: usize| {
            let (a, b, c, e) = (q[m][j], q[m][j + 2], k[n][j], k[n][j + 2]);
            // (a + i b)(c - i e) (cos + i sin)
            let (re, im) = (a * c + b * e, b * c - a * e);
            let angle = (m as f64 - n as f64) * theta[j];
            re * angle.cos() - im * angle.sin()
        };
        (turned(0) + turned(1)) / (d as f64).sqrt()
    };
    let read: Vec<Vec<f64>> = (0..length)
        .map(|m| {
            let weights: Vec<f64> = (0..=m).map(|n| score(m, n).exp()).collect();
            let total: f64 = weights.iter().sum();
            (0..d).map(|f| weights.iter().zip(&v).map(|(w, v)| w / total * v[f]).sum()).collect()
        })
        .collect();
    let want = mapped(&read, [d, d], 0.8, 0.9).concat();
    let got = values("attention(mask: B, positions: rotary)", &[length, d], &MULTIHEAD);
    close("rotary", &got, &want, 1e-9);
}

/// Scores by the table that was read: (√k E[x] W + b) Eᵀ + c by hand.
#[test]
fn tied_scores_are_products_with_the_vectors_that_were_read() {
    let (n, k, classes) = (3, 2, [2.0, 0.0, 1.0, 2.0]);
    let ty = EventTy { kind: Kind::Class(n), shape: vec![4] };
    let checked = layer("tied(2) { dense(2) }", &ty, &[]);
    let phases = [("table", 0.2), ("bias", 0.3), ("0.weight", 0.4), ("0.bias", 0.5)];
    let mut cx = Builder::new("t", false);
    let env = env(&mut cx, &[]);
    let x = cx.input("x", Role::Data, Shape::batched(&[4]));
    let y = lower(&*checked.layer, &mut cx, &env, x)[0];
    cx.g.output("y", y);
    let mut inputs: Inputs = [("x".to_string(), Tensor64::from_fn(&[1, 4], |i| classes[i]))].into();
    for p in &checked.params {
        let (_, phase) = phases.iter().find(|(name, _)| *name == p.name).expect("every tensor has a phase");
        inputs.insert(format!("l.{}", p.name), wave(&p.shape, *phase));
    }
    let got = evaluate(&cx.g, &inputs, 1).remove("y").expect("it is an output").data;
    let table: Vec<Vec<f64>> = wave(&[n, k], 0.2).data.chunks(k).map(<[f64]>::to_vec).collect();
    let read: Vec<Vec<f64>> =
        classes.iter().map(|c| table[*c as usize].iter().map(|v| v * 2f64.sqrt()).collect()).collect();
    let bias = wave(&[n], 0.3).data;
    let made = mapped(&read, [k, k], 0.4, 0.5);
    let score = |y: &Vec<f64>, c: usize| bias[c] + y.iter().zip(&table[c]).map(|(a, b)| a * b).sum::<f64>();
    let want: Vec<f64> =
        made.iter().flat_map(|y| (0..n).map(move |c| (y, c))).map(|(y, c)| score(y, c)).collect();
    close("tied", &got, &want, 1e-9);
}

#[test]
fn attention_computes_what_others_do() {
    let all = [
        0.22754230881929982,
        4.096700616486865,
        1.9641829234524244,
        -3.045867354030984,
        -0.29528007058606953,
        -0.46909653495769454,
        0.04431452335999647,
        0.4928047011374074,
        0.7224031011900145,
        -0.9108987112714482,
        -1.2097317777115322,
        0.26369504429589974,
        2.617141386830108,
        1.95418227977901,
        -1.5716584453104852,
        -2.795015866016001,
    ];
    let own = [
        0.3190366271421517,
        4.496565982887304,
        2.086615639368891,
        -3.3802315042454607,
        -0.9804472247559944,
        0.16497073159844178,
        1.0687061796758426,
        0.4067845708158503,
        -0.06972756210313336,
        -1.6616530023595826,
        -0.819252901320302,
        1.2233546194586324,
        2.617141386830108,
        1.95418227977901,
        -1.5716584453104852,
        -2.795015866016001,
    ];
    // The first place reads zeros, which leaves the last bias: sin(0.9), sin(2.2), ..
    let before = [
        0.7833269096274834,
        0.8084964038195901,
        -0.35078322768961984,
        -0.9961646088358406,
        0.3190366271421517,
        4.496565982887304,
        2.086615639368891,
        -3.3802315042454607,
        -0.9804472247559944,
        0.16497073159844178,
        1.0687061796758426,
        0.4067845708158503,
        -0.06972756210313336,
        -1.6616530023595826,
        -0.819252901320302,
        1.2233546194586324,
    ];
    for (text, want) in [
        ("attention(heads: 2)", all),
        ("attention(heads: 2, mask: B)", own),
        ("attention(heads: 2, mask: A)", before),
    ] {
        close(text, &values(text, &[4, 4], &MULTIHEAD), &want, 1e-6);
    }
}

#[test]
fn convolutions_over_time_compute_what_others_do() {
    let phases = [("weight", 0.2), ("bias", 0.3)];
    let own = [
        -0.4112674188920566,
        1.1626347318867625,
        1.3411036540769348,
        1.078410895365047,
        -0.43964174118689586,
        1.5992179938608597,
        0.9409608789274466,
        0.35272177781217373,
        -0.07545955155386574,
        1.5084893204925307,
    ];
    close("B", &values("conv1d(2, k: 2, dilation: 2, mask: B)", &[5, 2], &phases), &own, 1e-12);
    // Type A is the same one place later, behind the bias: sin(0.3), sin(1.6).
    let before = [&[0.29552020666133955, 0.9995736030415051], &own[..8]].concat();
    close("A", &values("conv1d(2, k: 2, dilation: 2, mask: A)", &[5, 2], &phases), &before, 1e-12);
}

#[test]
fn masks_of_colours_compute_what_others_do() {
    let phases = [("weight", 0.2), ("bias", 0.3)];
    let before = [
        0.29552020666133955,
        -0.3247986049877147,
        0.11916504145823151,
        2.950415161883407,
        0.9995736030415051,
        0.8079418841441922,
        2.644340574233794,
        0.041232763010419005,
        0.2592569364852282,
        1.385300568903631,
        -2.316001764175187,
        -0.9258115727554038,
        -0.9392054790482346,
        -2.9722598719415325,
        1.717638063942589,
        2.3352390552699127,
        -0.9493525023497309,
        1.8737273222886963,
        -2.177589204395825,
        -4.942347478276307,
        1.0807381486508796,
        -1.8610787946440157,
        0.3046335594995737,
        4.51721057590968,
    ];
    let own = [
        0.21837248760529004,
        -1.0863191605944331,
        -0.21109895268240314,
        3.5352452543511306,
        1.0329330567028407,
        1.1372310711447877,
        2.787150064175262,
        -0.21165368143854135,
        0.7725494175002218,
        1.1931606012638116,
        -2.9320886777414157,
        -1.0632766605353923,
        -1.040584167178395,
        -2.934310946957908,
        1.8393193380341128,
        2.3623893268563485,
        -0.569884082755334,
        2.1728885548924772,
        -2.3970070654074234,
        -5.358896752479918,
        1.1654774105115062,
        -1.7942729664930035,
        0.2556352591903299,
        4.424190771884031,
    ];
    for (mask, want) in [("A", before), ("B", own)] {
        let text = format!("conv(6, k: 3, mask: {mask}, colours: 3)");
        close(&text, &values(&text, &[3, 2, 2], &phases), &want, 1e-12);
    }
}

/// Classes at several places arrive at `embed` as they are, each with a vector of its own; a recurrent net reads them in order, further
/// inputs are projected onto every place, and every program runs to finite numbers.
#[test]
fn nets_of_tokens_run_in_specs() {
    let tokens = "data x: Real[2] from moons(noise: 0.05)
net decode(z: Class(3)[4], u: Real[2]) -> Real[2] {
  embed(6), position, bias_from(u), residual { layer_norm, attention(heads: 2, mask: B) },
  conv1d(6, k: 2, mask: B), gru(8), last, dense(2)
}
net code(x: Real[2]) -> Real[4, 3] { dense(12), reshape(4, 3), lstm(5), dense(3) }
model p { u ~ Normal(0, I)[2];  z ~ Categorical(logits: free(3))[4];  x ~ Normal(decode(z, u), 0.1) }
guide q(x) { u ~ Normal(0.5 * x, 0.3);  z ~ Categorical(logits: code(x)) by score }
train { steps 10  using adam }
";
    let (typed, compiled) = clean("tokens", tokens);
    let initial = initial(&compiled);
    assert_eq!(initial["decode.0.table"].dims, [3, 6]);
    assert_eq!(initial["code.2.hidden.weight"].dims, [5, 20]);
    for (name, g) in compiled.programs.iter() {
        let out = crate::spec_common::run(g, 3, &inputs(&typed, &compiled, g, 3));
        let finite = out.values().all(|t| t.data.iter().all(|v| v.is_finite()));
        assert!(finite, "{name}");
    }
}

const MOONS: &str = "data y: Real[2] from moons(noise: 0.05)
net e(y: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
net d(z: Real[2]) -> Real[2] { dense(2) }
model p { z ~ Normal(0, I)[2];  y ~ Normal(d(z), 0.1) }
guide q(y) { (m, s) = e(y);  z ~ Normal(m, exp(s)) }
train { steps 10  using adam }
";

/// Further inputs that are listed enter the gates and are not joined; nets say what they read of their first input, however it arrives.
#[test]
fn nets_of_images_say_what_they_read_of_their_first_input() {
    use gmc_compiler::rows::Causality::{Global, Strict, StrictChannels, Weak};
    let text = "data (x: Bool[1, 8, 8], y: Class(10)) from digits(binarize: 0.5)
net draw(z: Real[2]) -> Real[1, 8, 8] { dense(64), reshape(1, 8, 8) }
net look(x: Real[1, 8, 8], z: Real[2], y: Class(10)) -> Real[1, 8, 8] {
  gated_pixelcnn(4, layers: 2, k: 5, inputs: (z, y)), relu, conv(1, k: 1)
}
net encode(x: Bool[1, 8, 8]) -> (Real[2], Real[2]) { flatten, heads(2, 2) }
model p(y) { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: look(draw(z), z, y)) }
guide q(x, y) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { steps 10  using adam }
";
    let (typed, compiled) = clean("gated", text);
    let initial = initial(&compiled);
    assert_eq!(initial["look.0.1.horizontal.y.weight"].dims, [10, 8]);
    for (name, g) in compiled.programs.iter() {
        let out = crate::spec_common::run(g, 3, &inputs(&typed, &compiled, g, 3));
        assert!(out.values().all(|t| t.data.iter().all(|v| v.is_finite())), "{name}");
    }
    let said = |inputs: &str, out: &str, body: &str| {
        let text = format!("{MOONS}net f({inputs}) -> {out} {{ {body} }}\n");
        let typed = crate::spec_common::unit("f", &text).typed.unwrap_or_else(|| panic!("{text}"));
        let net = typed.nets.iter().find(|n| n.name == "f").unwrap_or_else(|| panic!("{text}"));
        (net.causality(), net.blame().map(|l| l.text.clone()))
    };
    let image = "x: Real[2, 4, 4]";
    let coloured = "conv(4, mask: A, colours: 2), relu, logits(3, channels: 2, mask: B, colours: 2)";
    assert_eq!(said(image, "Real[2, 4, 4, 3]", coloured), (StrictChannels(2), None));
    // Planes of `c` stand behind the colours.
    let joined = said(&format!("{image}, c: Real[2]"), "Real[2, 4, 4, 3]", coloured);
    assert_eq!(joined, (Weak, None));
    let masked = "dense(6, mask: A), relu, dense(4, mask: B)";
    assert_eq!(said("x: Real[4]", "Real[4]", masked), (Strict, None));
    assert_eq!(said("x: Real[4], c: Real[2]", "Real[4]", masked), (Global, None));
    let by_name = format!("{masked}, bias_from(c)");
    assert_eq!(said("x: Real[4], c: Real[2]", "Real[4]", &by_name), (Strict, None));
    let itself = format!("{masked}, bias_from(x)");
    assert_eq!(said("x: Real[4]", "Real[4]", &itself), (Global, Some("bias_from(x)".into())));
    let tokens = "embed(4), shift_right, lstm(4), logits(5)";
    assert_eq!(said("x: Class(5)[6]", "Real[6, 5]", tokens), (Strict, None));
}
