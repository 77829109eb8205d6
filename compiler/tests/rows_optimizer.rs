//! Optimizer rows: five updates of a small problem against the documented formulas. A row without a case fails.

use crate::rows_common::{assert_close, bind, evaluate, tensor};
use gmc_compiler::ir::{Ex, Graph, Role, Scope, Shape, Value};
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::find;
use gmc_compiler::rows::optimizer::{OptimizerRow, ROWS, Update};

/// Minimise ½ Σ a (p - c)² from p = (0, 0.5, -1), a = (1, 10, 0.3), c = (1, -2, 0.5): p after five updates. Computed once in NumPy, double
/// precision, from the formulas as the documentation of `torch.optim` (PyTorch 2) prints them; optax 0.2 (`sgd`, `adam`, `adamw`, `adagrad` with
/// an accumulator from 0) gives the same where it has the same defaults.
type Given = &'static [(&'static str, Number)];
const CASES: &[(&str, Given, [f64; 3])] = &[
    ("sgd", &[("lr", One(0.05))], [0.2262190625, -1.921875, -0.8908247535484376]),
    (
        "sgd",
        &[("lr", One(0.05)), ("weight_decay", One(0.1))],
        [0.22397136378125002, -1.9064904060953125, -0.8678910956],
    ),
    (
        "sgd",
        &[("lr", One(0.02)), ("momentum", One(0.8)), ("nesterov", Yes)],
        [0.26352507903897604, -2.6634864640000004, -0.8747609892157173],
    ),
    ("momentum", &[("lr", One(0.02))], [0.2506835072, -3.45105, -0.8833691268667361]),
    ("adam", &[("lr", One(0.1))], [0.49203633807277913, 0.002224648450515343, -0.5043581793596992]),
    (
        "adam",
        &[("lr", One(0.1)), ("betas", Two(0.5, 0.9)), ("eps", One(1e-2)), ("weight_decay", One(0.1))],
        [0.4645878455674918, 0.009517477364722748, -0.5271946231608989],
    ),
    (
        "adam",
        &[("lr", One(0.1)), ("betas", Two(0.0, 0.9))],
        [0.4474942328336263, 0.01933365817937674, -0.5334560244799473],
    ),
    ("adamw", &[("lr", One(0.1))], [0.4910571503329849, 0.0007376883100248116, -0.50041837048232]),
    ("rmsprop", &[("lr", One(0.05))], [0.9508449291590718, -0.8921450855971218, 0.19874323429852603]),
    (
        "rmsprop",
        &[("lr", One(0.05)), ("alpha", One(0.9)), ("eps", One(1e-3)), ("momentum", One(0.5))],
        [0.7584891476787371, -0.34934474520538433, -0.191186880307369],
    ),
    ("adagrad", &[("lr", One(0.1))], [0.3022851379351761, 0.18469508676150614, -0.6902972542349237]),
    ("adamax", &[("lr", One(0.1))], [0.44844619494935717, 0.020502602831815736, -0.53448003265575]),
    // Algorithm 1 of Zhang et al. 2019 as a loop over doubles in Python: at a multiple of k, phi += alpha (theta - phi); theta = phi.
    ("lookahead", &[("lr", One(0.1))], [0.24601816903638957, 0.25111232422525764, -0.7521790896798496]),
    (
        "lookahead",
        &[("lr", One(0.1)), ("k", One(2.0)), ("alpha", One(0.8))],
        [0.4146649817864924, 0.08157172410309968, -0.5830051018604667],
    ),
    (
        "lookahead",
        &[
            ("lr", One(0.1)),
            ("k", One(2.0)),
            ("alpha", One(0.8)),
            ("betas", Two(0.5, 0.9)),
            ("eps", One(1e-2)),
            ("weight_decay", One(0.1)),
        ],
        [0.39470297685388017, 0.08680693350169628, -0.6003914412677254],
    ),
    (
        "lookahead",
        &[("lr", One(0.1)), ("k", One(6.0))],
        [0.49203633807277913, 0.002224648450515343, -0.5043581793596992],
    ),
];

#[derive(Clone, Copy)]
enum Number {
    One(f64),
    Two(f64, f64),
    Yes,
}
use Number::{One, Two, Yes};

impl Number {
    fn constant(self) -> Const {
        match self {
            One(x) => Const::Num(x),
            Two(x, y) => Const::List(vec![Const::Num(x), Const::Num(y)]),
            Yes => Const::Word("true".into()),
        }
    }
}

fn row(name: &str) -> &'static dyn OptimizerRow {
    match find(ROWS, name) {
        Some(row) => row,
        None => panic!("no row `{name}`"),
    }
}

/// One update of `p` in the problem above, with slots `State` inputs of their names: the new tensor and the new slots.
fn updated(
    row: &dyn OptimizerRow,
    args: &Args,
    g: &mut Graph,
    p: Value,
    t: Value,
) -> Vec<(&'static str, Value)> {
    let shape = g.shape(p);
    let dims: Vec<usize> = if shape.rank() == 1 { vec![3] } else { vec![1, 3] };
    let scope = Scope::of(g);
    let held = |s: &'static str| (s, scope.input(s, Role::State, shape.clone()));
    let slots: Vec<(&'static str, Ex)> = row.slots(args).into_iter().map(held).collect();
    let hyper = |what: &str| scope.input(&format!("hyper:{what}"), Role::Scalar, Shape::scalar());
    let (a, c) = (scope.literal(vec![1.0, 10.0, 0.3], &dims), scope.literal(vec![1.0, -2.0, 0.5], &dims));
    let [param, t] = scope.exs([p, t]);
    let u = row.update(&Update { args, hyper: &hyper, t, param, grad: a * (param - c), slots: &slots });
    [("p", u.param.v)].into_iter().chain(slots.iter().map(|(s, _)| (*s, u.slot(s).v))).collect()
}

#[test]
fn every_row_has_a_case() {
    for row in ROWS {
        assert!(CASES.iter().any(|(n, _, _)| *n == row.name()), "no case for `{}`", row.name());
    }
}

#[test]
fn five_updates_are_those_of_the_formulas() {
    for (name, given, want) in CASES {
        let row = &row(name);
        let given: Vec<(&str, Const)> = given.iter().map(|(n, v)| (*n, v.constant())).collect();
        let args = bind(row.params(), &given);
        let slots = row.slots(&args);
        let mut g = Graph::new(*name);
        let shape = Shape::fixed(&[3]);
        let p = g.input("p", Role::Param, shape.clone());
        let t = g.input("t", Role::Scalar, Shape::scalar());
        let outputs = updated(*row, &args, &mut g, p, t);
        for (name, v) in outputs {
            g.output(name, v);
        }
        let mut state: Vec<_> = vec![("p".to_string(), tensor(&[3], &[0.0, 0.5, -1.0]))];
        state.extend(slots.iter().map(|s| (s.to_string(), tensor(&[3], &[0.0; 3]))));
        for step in 1..=5 {
            let mut inputs = state.clone();
            inputs.push(("t".into(), tensor(&[], &[f64::from(step)])));
            for scalar in ["lr", "weight_decay"] {
                inputs.push((format!("hyper:{scalar}"), tensor(&[], &[args.num(scalar)])));
            }
            let out = evaluate(&g, 1, &inputs);
            for ((_, held), new) in state.iter_mut().zip(out) {
                *held = new;
            }
        }
        for (got, want) in state[0].1.data.iter().zip(want) {
            assert_close(name, *got, *want, 1e-9);
        }
    }
}

#[test]
fn no_slot_is_kept_that_would_not_be_read() {
    let slots = |name: &str, given: &[(&str, Const)]| row(name).slots(&bind(row(name).params(), given));
    let pair = |a: f64, b: f64| Const::List(vec![Const::Num(a), Const::Num(b)]);
    assert!(slots("sgd", &[]).is_empty());
    assert_eq!(slots("adam", &[]), ["m", "v"]);
    assert_eq!(slots("adam", &[("betas", pair(0.0, 0.9))]), ["v"]);
    assert_eq!(slots("momentum", &[]), ["momentum"]);
    assert_eq!(slots("lookahead", &[("betas", pair(0.0, 0.9))]), ["v", "slow"]);
}

/// With a count for each row, `[B, 1]`, the rows at a multiple of k meet their slow weights and no others do; a row at its first update
/// has its slow weights where it stands.
#[test]
fn lookahead_counts_each_row_on_its_own() {
    let row = row("lookahead");
    let args = bind(row.params(), &[("lr", Const::Num(0.1))]);
    let mut g = Graph::new("lookahead");
    let p = g.input("p", Role::PerDatum, Shape::batched(&[3]));
    let t = g.input("t", Role::PerDatum, Shape::batched(&[1]));
    for (name, v) in updated(row, &args, &mut g, p, t) {
        g.output(name, v);
    }
    let counts = [1.0, 4.0, 5.0, 6.0, 10.0, 4_000_005.0];
    let n = counts.len();
    let all = |x: f64| tensor(&[n, 3], &vec![x; 3 * n]);
    let inputs = [
        ("p".to_string(), all(2.0)),
        ("t".to_string(), tensor(&[n, 1], &counts)),
        ("m".to_string(), all(0.0)),
        ("v".to_string(), all(0.0)),
        ("slow".to_string(), all(4.0)),
        ("hyper:lr".to_string(), tensor(&[], &[0.1])),
    ];
    let out = evaluate(&g, n, &inputs);
    let (p, slow) = (&out[0].data, &out[3].data);
    for (i, t) in counts.iter().enumerate() {
        // All three move the same way, so that the first stands for them.
        let (p, slow) = (p[3 * i], slow[3 * i]);
        match t % 5.0 == 0.0 {
            true => assert!(p == slow && (2.8..3.0).contains(&p), "{t}: {p} {slow}"),
            false => assert!(p < 2.0 && slow == if *t == 1.0 { 2.0 } else { 4.0 }, "{t}: {p} {slow}"),
        }
    }
}

/// Which counts are multiples of k is right in single precision, too, where 1 / k is rounded: the optimiser divides by multiplying.
#[test]
fn lookahead_finds_the_multiples_in_single_precision() {
    let due = |t: u32, k: f32| [0.0, k].contains(&(t as f32 - (t as f32 * (1.0 / k)).floor() * k));
    for k in 1..=12u32 {
        for t in (1..3000).chain((1 << 22) - 3000..1 << 22).chain((1 << 24) - 3000..1 << 24) {
            assert_eq!(due(t, k as f32), t % k == 0, "{t} {k}");
        }
    }
}
