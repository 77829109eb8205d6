//! Optimizer rows: five updates of a small problem against the documented formulas. A row without a case fails.

use crate::rows_common::{assert_close, bind, evaluate, tensor};
use gmc_compiler::ir::{Graph, Role, Shape, Value};
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::find;
use gmc_compiler::rows::optimizer::ROWS;

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

#[test]
fn every_row_has_a_case() {
    for row in ROWS {
        assert!(CASES.iter().any(|(n, _, _)| *n == row.name()), "no case for `{}`", row.name());
    }
}

#[test]
fn five_updates_are_those_of_the_formulas() {
    for (name, given, want) in CASES {
        let Some(row) = find(ROWS, name) else { panic!("no row `{name}`") };
        let given: Vec<(&str, Const)> = given.iter().map(|(n, v)| (*n, v.constant())).collect();
        let args = bind(row.params(), &given);
        let slots = row.slots(&args);
        let mut g = Graph::new(*name);
        let shape = Shape::fixed(&[3]);
        let p = g.input("p", Role::Param, shape.clone());
        let t = g.input("t", Role::Scalar, Shape::scalar());
        let held: Vec<Value> = slots.iter().map(|s| g.input(s, Role::State, shape.clone())).collect();
        let (a, c) = (g.literal(vec![1.0, 10.0, 0.3], &[3]), g.literal(vec![1.0, -2.0, 0.5], &[3]));
        let d = g.sub(p, c);
        let grad = g.mul(a, d);
        let mut hyper =
            |g: &mut Graph, what: &str| g.input(&format!("hyper:{what}"), Role::Scalar, Shape::scalar());
        let (next, moved) = row.update(&mut g, &args, &mut hyper, t, p, grad, &held);
        assert_eq!(moved.len(), slots.len(), "{name}");
        g.output("p", next);
        for (s, v) in slots.iter().zip(&moved) {
            g.output(*s, *v);
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
    let slots = |name: &str, given: &[(&str, Const)]| match find(ROWS, name) {
        Some(row) => row.slots(&bind(row.params(), given)),
        None => panic!("no row `{name}`"),
    };
    let pair = |a: f64, b: f64| Const::List(vec![Const::Num(a), Const::Num(b)]);
    assert!(slots("sgd", &[]).is_empty());
    assert_eq!(slots("adam", &[]), ["m", "v"]);
    assert_eq!(slots("adam", &[("betas", pair(0.0, 0.9))]), ["v"]);
    assert_eq!(slots("momentum", &[]), ["momentum"]);
}
