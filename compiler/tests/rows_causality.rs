//! Causality as a type: its algebra against the relations it stands for, what layers and nets say, and which layer is to blame.

use crate::rows_net::*;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::ir::{Role, Shape, Tensor64};
use gmc_compiler::rows::Causality::*;
use gmc_compiler::rows::{Builder, Causality, Chain};
use std::collections::BTreeSet;

const ALL: [Causality; 8] =
    [Strict, StrictChannels(3), StrictChannels(4), Own, WeakChannels(3), WeakChannels(4), Weak, Global];

/// Places and channels of the small images on which the algebra is tried.
const PLACES: usize = 3;
const CHANNELS: usize = 12;

/// Everything that a layer of this causality may read: whether element o may depend on element i.
fn relation(c: Causality) -> Vec<Vec<bool>> {
    let all = PLACES * CHANNELS;
    let may = |o: usize, i: usize| {
        let (op, ip, oc, ic) = (o / CHANNELS, i / CHANNELS, o % CHANNELS, i % CHANNELS);
        let run = |channel: usize, g: usize| channel * g / CHANNELS;
        ip < op
            || match c {
                Strict => false,
                StrictChannels(g) => ip == op && run(ic, g) < run(oc, g),
                Own => i == o,
                WeakChannels(g) => ip == op && run(ic, g) <= run(oc, g),
                Weak => ip == op,
                Global => true,
            }
    };
    (0..all).map(|o| (0..all).map(|i| may(o, i)).collect()).collect()
}

/// Whether every pair of `a` is one of `b`.
fn inside(a: &[Vec<bool>], b: &[Vec<bool>]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.iter().zip(b).all(|(a, b)| !a || *b))
}

#[test]
fn the_algebra_allows_what_layers_can_read_and_no_more_than_it_must() {
    let n = PLACES * CHANNELS;
    let relations: Vec<_> = ALL.iter().map(|c| relation(*c)).collect();
    for (a, ra) in ALL.into_iter().zip(&relations) {
        for (b, rb) in ALL.into_iter().zip(&relations) {
            let chained: Vec<Vec<bool>> =
                (0..n).map(|o| (0..n).map(|i| (0..n).any(|m| rb[o][m] && ra[m][i])).collect()).collect();
            let met: Vec<Vec<bool>> =
                (0..n).map(|o| (0..n).map(|i| ra[o][i] || rb[o][i]).collect()).collect();
            for (what, real, said) in [("then", chained, a.then(b)), ("worse", met, a.worse(b))] {
                assert!(inside(&real, &relation(said)), "{a:?} {what} {b:?}: {said:?} forbids what is read");
                // No other type that allows it allows less; runs of different numbers are not told apart any further.
                let runs = [a, b].into_iter().filter_map(|c| match c {
                    StrictChannels(g) | WeakChannels(g) => Some(g),
                    Strict | Own | Weak | Global => None,
                });
                if runs.collect::<BTreeSet<_>>().len() > 1 {
                    continue;
                }
                for (c, rc) in ALL.into_iter().zip(&relations) {
                    let tighter = inside(&real, rc) && inside(rc, &relation(said)) && c != said;
                    assert!(!tighter, "{a:?} {what} {b:?}: {said:?}, where {c:?} would do");
                }
            }
            assert!(inside(ra, rb) || !a.within(b), "{a:?} within {b:?}");
        }
    }
}

fn said(text: &str, input: &EventTy) -> Causality {
    let further = given(&[
        ("z", EventTy::real([3])),
        ("y", EventTy { kind: Kind::Class(4), shape: vec![] }),
        ("m", EventTy::real([2, 4, 4])),
    ]);
    net(text, input, &further).unwrap_or_else(|d| panic!("{text}: {d:?}")).causality()
}

#[test]
fn layers_and_nets_say_what_they_read() {
    let vector = EventTy::real([6]);
    for (text, want) in [
        ("", Own),
        ("tanh, dropout(0.1), batch_norm, film(y), bias_from(z, y)", Own),
        ("dense(6)", Global),
        ("dense(12, mask: A)", Strict),
        ("dense(12, mask: B), relu, dense(6, mask: B)", Weak),
        ("dense(12, mask: A), relu, dense(6, mask: B), logits(3, mask: B)", Strict),
        ("residual { dense(6, mask: A) }", Own),
        ("residual { dense(6) }", Global),
        ("dense(6, mask: A), residual { dense(9), dense(6, mask: B) }", Global),
        ("heads(6, 6, mask: A)", Strict),
        ("layer_norm", Global),
        ("pixel_norm", Global),
        ("join(z)", Global),
        ("reshape(1, 2, 3), flatten", Own),
        ("reshape(2, 1, 3), flatten", Global),
        ("reshape(2, 3), flatten", Global),
    ] {
        assert_eq!(said(text, &vector), want, "{text}");
    }
    let image = EventTy::real([2, 4, 4]);
    for (text, want) in [
        ("sigmoid, dropout(0.1), batch_norm, film(y, m)", Own),
        ("conv(3, k: 1)", Weak),
        ("pixel_norm", Weak),
        ("join(y)", Weak),
        ("logits(3)", Weak),
        ("conv(3)", Global),
        ("conv(3, mask: A)", Strict),
        ("conv(3, mask: A), conv(3, mask: B), conv(8, k: 1), logits(2)", Strict),
        ("conv(3, mask: B), residual { relu, conv(3, k: 1) }", Weak),
        ("residual { conv(2, mask: A) }", Own),
        ("conv(4, mask: A, colours: 2)", StrictChannels(2)),
        ("conv(4, mask: A, colours: 2), tanh, conv(6, mask: B, colours: 2)", StrictChannels(2)),
        (
            "conv(8, mask: A, colours: 2), gate(colours: 2), logits(3, channels: 2, mask: B, colours: 2)",
            StrictChannels(2),
        ),
        ("conv(8, mask: A, colours: 2), gate, logits(3, channels: 2, mask: B, colours: 2)", Weak),
        ("conv(8, mask: A, colours: 2), conv(8, k: 1)", Weak),
        ("conv(8, mask: A), gate, heads(1, 1, k: 3)", Strict),
        ("residual { conv(2, mask: A, colours: 2) }", WeakChannels(2)),
        ("flatten", Global),
        ("group_norm(1)", Global),
        ("attention", Global),
    ] {
        assert_eq!(said(text, &image), want, "{text}");
    }
    let tokens = EventTy { kind: Kind::Class(5), shape: vec![6] };
    assert_eq!(said("embed(4)", &tokens), Own);
    // Each token becomes four coordinates.
    assert_eq!(said("tied(4) { shift_right, gru(4) }", &tokens), Strict);
    assert_eq!(said("tied(4) { gru(4) }", &tokens), Weak);
    assert_eq!(said("tied(4) { gru(2, bidirectional: true) }", &tokens), Global);
    assert_eq!(said("embed(4), flatten", &tokens), Weak);
    assert_eq!(said("embed(4), flatten, dense(6, mask: A)", &tokens), Strict);
}

#[test]
fn the_layer_to_blame_is_the_first_that_reads_later_places() {
    let image = EventTy::real([2, 4, 4]);
    let blamed = |text: &str| {
        let chain = net(text, &image, &[]).expect("the net is right");
        chain.blame().map(|l| l.text.clone())
    };
    assert_eq!(blamed("conv(4, mask: A), relu, conv(4, k: 1)"), None);
    assert_eq!(blamed("conv(4, mask: A), group_norm(2), relu, conv(4)").as_deref(), Some("group_norm"));
    assert_eq!(blamed("residual { relu, conv(2) }").as_deref(), Some("conv"));
    assert_eq!(blamed("residual { relu, residual { instance_norm } }").as_deref(), Some("instance_norm"));
}

#[test]
fn further_inputs_have_a_causality_of_their_own() {
    let further = given(&[("z", EventTy::real([3])), ("m", EventTy::real([2, 4, 4]))]);
    let chain = |text: &str| net(text, &EventTy::real([2, 4, 4]), &further).expect("the net is right");
    let read = chain("conv(4, mask: A), bias_from(m, z), residual { film(m), conv(4, k: 1) }");
    assert_eq!(read.causality(), Strict);
    assert_eq!(read.causality_in("m"), Some(Weak));
    assert_eq!(read.causality_in("z"), Some(Global));
    assert_eq!(read.causality_in("x"), None);
    // What comes behind counts for them, too.
    assert_eq!(chain("join(m), conv(4, mask: A)").causality_in("m"), Some(Strict));
    assert_eq!(chain("join(m), conv(4)").causality_in("m"), Some(Global));
}

/// The place of an element in the order as a fraction of the whole, and its channel as one of all channels.
fn place(shape: &[usize], e: usize) -> (f64, f64) {
    let (inner, places) = match shape {
        [c, h, w] => return ((e % (h * w)) as f64 / (h * w) as f64, (e / (h * w)) as f64 / *c as f64),
        [c, h, w, k] => {
            return ((e / k % (h * w)) as f64 / (h * w) as f64, (e / (h * w * k)) as f64 / *c as f64);
        }
        [n, rest @ ..] => (rest.iter().product::<usize>(), *n),
        [] => (1, 1),
    };
    ((e / inner) as f64 / places as f64, 0.0)
}

/// Whether a layer of this causality may let output o read input i.
fn allows(c: Causality, (from, input): (&[usize], usize), (to, output): (&[usize], usize)) -> bool {
    let ((ip, ic), (op, oc)) = (place(from, input), place(to, output));
    let same = (ip - op).abs() < 1e-9;
    let run = |channel: f64, g: usize| (channel * g as f64 + 1e-9).floor();
    ip < op - 1e-9
        || match c {
            Strict => false,
            StrictChannels(g) => same && run(ic, g) < run(oc, g),
            Own => same && input == output,
            WeakChannels(g) => same && run(ic, g) <= run(oc, g),
            Weak => same,
            Global => true,
        }
}

/// Whether output o reads input i, `[o][i]`: every input is moved in an example of its own.
fn jacobian(chain: &Chain, seed: u64) -> Vec<Vec<bool>> {
    let (n, shape) = (chain.input.size(), &chain.input.shape);
    let mut cx = Builder::new("t", false);
    let env = env(&mut cx, &[]);
    let x = cx.input("x", Role::Data, Shape::batched(shape));
    let ys = lower(&Net(chain.clone()), &mut cx, &env, x);
    let mut inputs = random_params(&chain.params(), &mut Rng(seed), 0.9);
    let mut rng = Rng(seed + 1);
    let event: Vec<f64> = (0..n).map(|_| rng.uniform() * 2.0 - 1.0).collect();
    let moved = |k: usize| event[k % n] + if k / n == k % n + 1 { 0.37 } else { 0.0 };
    inputs.insert("x".into(), Tensor64::from_fn(&[&[n + 1], shape.as_slice()].concat(), moved));
    cx.g.output("y", ys[0]);
    let y = evaluate(&cx.g, &inputs, n + 1).remove("y").expect("it is an output").data;
    let size = y.len() / (n + 1);
    let differs = |o: usize, i: usize| (y[(i + 1) * size + o] - y[o]).abs() > 1e-12;
    (0..size).map(|o| (0..n).map(|i| differs(o, i)).collect()).collect()
}

const OF_IMAGES: &[&str] = &[
    "conv(4, k: 3, mask: A)",
    "conv(4, k: 3, mask: B)",
    "conv(4, k: (1, 3), mask: B, dilation: (1, 2))",
    "conv(4, k: 3, mask: A, colours: 2)",
    "conv(4, k: 3, mask: B, colours: 2)",
    "conv(4, k: 1, mask: B, colours: 4)",
    "conv(4, k: 1)",
    "conv(8, mask: A), gate",
    "conv(8, mask: A, colours: 2), gate(colours: 2)",
    "gate(colours: 2), conv(4, k: 1, mask: B, colours: 2)",
    "tanh",
    "position",
    "batch_norm",
    "pixel_norm",
    "layer_norm(over: channels)",
    "attention(heads: 2, mask: A)",
    "attention(mask: B)",
    "residual { conv(4, mask: A) }",
    "residual { tanh, conv(4, mask: B, colours: 2) }",
    "residual { attention(heads: 2, mask: B) }",
    "shift_right",
    "gated_pixelcnn(4, layers: 2)",
    "gated_pixelcnn(4, layers: 1, k: 5, colours: 2)",
    "row_lstm(4, mask: A)",
    "row_lstm(4, k: 5)",
    "diagonal_bilstm(4)",
    "residual { row_lstm(2), conv(4, k: 1) }",
    "conv(4, k: 3)",
];

const OF_SEQUENCES: &[&str] = &[
    "dense(4)",
    "gru(4)",
    "lstm(4)",
    "conv1d(4, k: 2, mask: A)",
    "conv1d(4, k: 2, mask: B, dilation: 2)",
    "attention(heads: 2, mask: A)",
    "attention(mask: B)",
    "conv1d(8, mask: B), gate",
    "layer_norm",
    "position",
    "tanh",
    "shift_right",
    "residual { conv1d(4, mask: A) }",
    "residual { layer_norm, attention(heads: 4, mask: B) }",
    "gru(2, bidirectional: true)",
    "conv1d(4)",
];

const OF_VECTORS: &[&str] = &[
    "dense(4, mask: A)",
    "dense(6, mask: B)",
    "dense(9, mask: B), tanh, dense(4, mask: B)",
    "tanh",
    "batch_norm",
    "position",
    "shift_right",
    "nade(3)",
    "dense(4, mask: B), residual { dense(5, mask: A), dense(4, mask: B) }",
    "dense(4)",
];

/// Chains of one to four of these layers, the same ones in every run.
fn compositions(layers: &[&str], count: usize, seed: u64) -> Vec<String> {
    let mut rng = Rng(seed);
    let mut pick = |n: usize| (rng.uniform() * n as f64) as usize;
    (0..count)
        .map(|_| {
            let length = 1 + pick(4);
            (0..length).map(|_| layers[pick(layers.len())]).collect::<Vec<_>>().join(", ")
        })
        .collect()
}

/// What is declared holds for the derivatives of what is computed, and is as strict as it can be for these layers.
#[test]
fn no_composition_reads_what_its_type_forbids() {
    for (layers, input, count) in
        [(OF_IMAGES, vec![4, 3, 3], 120), (OF_SEQUENCES, vec![5, 4], 120), (OF_VECTORS, vec![4], 60)]
    {
        let single = layers.iter().map(|l| l.to_string());
        for text in single.chain(compositions(layers, count, 3)) {
            let chain = net(&text, &EventTy::real(input.clone()), &[]);
            let chain = chain.unwrap_or_else(|d| panic!("{text}: {d:?}"));
            let (said, out) = (chain.causality(), chain.out_ty().shape.clone());
            let read = jacobian(&chain, 9);
            let every = |c: Causality| {
                read.iter().enumerate().all(|(o, row)| {
                    row.iter().enumerate().all(|(i, on)| !on || allows(c, (&input, i), (&out, o)))
                })
            };
            assert!(every(said), "{text}: says {said:?} and reads more");
            // One that looks back far enough may undo another's look ahead.
            let alone = layers.contains(&text.as_str());
            assert!(said != Global || !alone || !every(Weak), "{text}: reads no later place, but says so");
            assert_eq!(said == Global, chain.blame().is_some(), "{text}");
            // Several with colours may add up to nothing of the own pixel; else what is not strict reads it.
            let strict = matches!(said, Strict | StrictChannels(_)) || text.matches("colours").count() > 1;
            assert!(strict || !every(Strict), "{text}: says {said:?} and is strict");
        }
    }
}

/// The pixels that a chain reads, as its layers tell them, are those on which its output depends.
#[test]
fn the_receptive_field_is_what_is_read() {
    let told: Vec<&str> = OF_IMAGES.iter().copied().filter(|l| !l.contains("batch_norm")).collect();
    let mut some = 0;
    let singles = told.iter().map(|l| l.to_string());
    // Several with colours may add up to nothing of a pixel that each of them reads.
    let clear = |t: &String| t.matches("colours").count() < 2;
    for text in singles.chain(compositions(&told, 60, 8)).filter(clear) {
        let chain = net(&text, &EventTy::real([4, 4, 5]), &[]).unwrap_or_else(|d| panic!("{text}: {d:?}"));
        let (read, out) = (jacobian(&chain, 9), chain.out_ty().shape.clone());
        let pixels = 20;
        let of = |p: usize| -> Vec<bool> {
            let depends =
                |q: usize| (0..out[0]).any(|o| (0..4).any(|i| read[o * pixels + p][i * pixels + q]));
            (0..p).map(depends).collect()
        };
        for p in 15..20 {
            assert_eq!(chain.reads().field([3, p - 15], [4, 5]).read, of(p), "{text}: pixel {p}");
        }
        let unread = |p: usize| of(p).iter().filter(|on| !**on).count();
        let worst = (15..20).map(unread).max().expect("a row has pixels");
        assert_eq!(chain.unread([4, 5]).map_or(0, |u| u.unread), worst, "{text}");
        some += usize::from(worst > 0 && worst < 15);
    }
    assert!(some > 10, "only {some} chains leave some pixels unread");
}

/// Counted by hand: a kernel of 3 x 3 of type B behind one of type A reads, of row 5, three rows above at most two columns further to the right.
#[test]
fn masked_convolutions_have_a_blind_spot_and_two_stacks_have_none() {
    let unread = |text: &str, h: usize, w: usize| {
        net(text, &EventTy::real([1, h, w]), &[]).expect("the net is right").unread([h, w])
    };
    // One layer: of the 16 pixels before (3, 4) it reads the one to the left and three above.
    let one = unread("conv(2, k: 3, mask: A)", 4, 5).expect("it does not reach far");
    assert_eq!((one.pixel[0], one.unread), (3, one.earlier - 4 + usize::from(one.pixel[1] == 4)));
    // A stack of many: row r - 1 is read to column c + 1, row r - 2 to c + 2, and so on, whatever the number of layers.
    let text = format!("conv(2, k: 3, mask: A){}", ", conv(2, k: 3, mask: B)".repeat(12));
    let stack = unread(&text, 6, 9).expect("it has a blind spot");
    let blind = |c: usize| (1..=5).map(|up: usize| 8usize.saturating_sub(c + up)).sum::<usize>();
    assert_eq!((stack.pixel, stack.unread), ([5, 0], blind(0)));
    assert_eq!(unread("gated_pixelcnn(2, layers: 12)", 6, 9), None);
    // Of pixel (5, 4), three layers read rows 2 to 4, to columns 7, 6 and 5, and (5, 1) to (5, 3): at its right, near the read (2, 7), are
    // (4, 6), (4, 7) and (3, 7), passed over whatever the number of layers. The two stacks pass over none: what they leave out is far.
    let field = |text: &str| {
        net(text, &EventTy::real([1, 6, 9]), &[]).expect("the net is right").reads().field([5, 4], [6, 9])
    };
    let three = field("conv(2, k: 3, mask: A), conv(2, k: 3, mask: B), conv(2, k: 3, mask: B)");
    assert_eq!((three.unread(), three.passed_over()), (49 - 3 - 7 - 6 - 5, 3));
    assert_eq!(three.picture([3, 9]), ".+++++++.\n.++++++..\n.+++++...\n.+++?");
    let two = field("gated_pixelcnn(2, layers: 2)");
    assert_eq!((two.unread(), two.passed_over()), (49 - 2 - 10, 0));
    assert_eq!(unread("attention(mask: A), conv(3, k: 1)", 6, 9), None);
    assert_eq!(unread("reshape(54, 1), shift_right, gru(3)", 6, 9), None);
    assert_eq!(unread("flatten, dense(54, mask: A)", 6, 9), None);
    let far = unread("reshape(54, 1), conv1d(4, k: 4, mask: A)", 6, 9).expect("it reads four");
    assert_eq!((far.unread, far.earlier), (49, 53));
}
