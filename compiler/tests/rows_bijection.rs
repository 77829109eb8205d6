//! Every bijection row: both directions, log-determinants against numerical Jacobians, class of the Jacobian, copies.

use crate::rows_net::*;
use gmc_compiler::diag::Diag;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::{Op, Role, Shape, Tensor64};
use gmc_compiler::rows::{Builder, CheckedBijection, Direction, Jacobian, bijection::ROWS};

type Case = (&'static str, Vec<usize>, Vec<(String, EventTy)>);

fn cases(row: &str) -> Vec<Case> {
    let y = || given(&[("y", EventTy { kind: Kind::Class(3), shape: vec![] }), ("u", EventTy::real([2]))]);
    let plain = |t, s: &[usize]| (t, s.to_vec(), vec![]);
    let told = |t, s: &[usize]| (t, s.to_vec(), y());
    match row {
        "couple" => vec![
            plain("couple(parity(0), additive) { dense(4), tanh }", &[5]),
            plain("couple(parity(1), affine) { dense(4), tanh }", &[5]),
            plain("couple(halves(0), affine(limit: 0.5)) { dense(4), tanh, dense(3), tanh }", &[2]),
            plain("couple(halves, spline(bins: 4, bound: 2)) { dense(4), tanh }", &[4]),
            plain("couple(parity(1), spline) { residual { dense(3), tanh } }", &[6]),
            plain("couple(random(3, 0)) { dense(4), tanh }", &[2, 3]),
            plain("couple(random(3, 1)) { dense(4), tanh }", &[7]),
            told("couple(parity(1)) { dense(4), tanh, bias_from(y) }", &[3]),
            told("couple(parity(1)) { dense(4), tanh }", &[1]),
            plain("couple(checkerboard(0), additive) { conv(3), tanh }", &[1, 4, 4]),
            plain("couple(checkerboard(1), affine) { conv(3), tanh }", &[2, 3, 3]),
            plain("couple(channels(0), affine) { conv(3, k: 1), tanh }", &[3, 2, 2]),
            told("couple(channels(1), spline(bins: 3)) { conv(3), tanh, film(y) }", &[2, 2, 2]),
            plain("couple(checkerboard(0)) { flatten, dense(4), tanh }", &[1, 2, 3]),
        ],
        "masked" => vec![
            plain("masked(affine) { dense(8), tanh, dense(9), tanh }", &[4]),
            plain("masked(additive) { dense(3), tanh }", &[5]),
            plain("masked(spline(bins: 3), fast: sampling) { dense(8), tanh }", &[3]),
            plain("masked(affine, fast: sampling) { dense(8), residual { dense(8), tanh } }", &[4]),
            plain("masked { dense(1) }", &[1]),
            told("masked(affine) { dense(8), bias_from(u), tanh }", &[3]),
        ],
        "split" => vec![
            plain("split { couple(parity(0)) { dense(3), tanh }, reverse, scale }", &[5]),
            plain("split { squeeze, conv1x1, unsqueeze, shift }", &[2, 4, 2]),
            plain("split { reverse }", &[4]),
        ],
        "scale" => vec![plain("scale", &[3]), plain("scale", &[2, 2, 2]), plain("scale", &[])],
        "shift" => vec![plain("shift", &[3]), plain("shift", &[2, 2, 2])],
        "actnorm" => vec![plain("actnorm", &[3]), plain("actnorm", &[2, 3, 2])],
        "conv1x1" => vec![
            plain("conv1x1", &[3, 2, 2]),
            plain("conv1x1(seed: 5)", &[5]),
            plain("conv1x1", &[1]),
            plain("conv1x1", &[8]),
        ],
        "reverse" => vec![plain("reverse", &[4]), plain("reverse", &[3, 2, 2])],
        "permute" => vec![plain("permute(2)", &[6]), plain("permute", &[4, 1, 2])],
        "squeeze" => vec![plain("squeeze(2)", &[2, 4, 2]), plain("squeeze(3)", &[1, 3, 6])],
        "unsqueeze" => vec![plain("unsqueeze(2)", &[8, 1, 2]), plain("unsqueeze(2)", &[4, 2, 2])],
        "flatten" => vec![plain("flatten", &[2, 1, 3])],
        "reshape" => vec![plain("reshape(3, 2)", &[6]), plain("reshape(4)", &[1, 2, 2])],
        other => panic!("the bijection `{other}` has no case here: add one"),
    }
}

/// Runs one direction on a batch; (result, log-determinants, both as tensors): unrolled, and as a loop where there is one.
fn direction(
    b: &CheckedBijection,
    to: Direction,
    case: &Case,
    from: &[usize],
    inputs: &Inputs,
    x: &Tensor64,
) -> (Tensor64, Vec<f64>) {
    let (y, ld, looped) = one_direction((b, false), to, case, from, inputs, x);
    assert!(!looped, "{}", case.0);
    let (again, ld_again, looped) = one_direction((b, true), to, case, from, inputs, x);
    if looped {
        close(case.0, &again.data, &y.data, 1e-12);
        close(case.0, &ld_again, &ld, 1e-12);
    }
    (y, ld)
}

/// The same one way, and whether there is a loop.
fn one_direction(
    (b, loops): (&CheckedBijection, bool),
    to: Direction,
    case: &Case,
    from: &[usize],
    inputs: &Inputs,
    x: &Tensor64,
) -> (Tensor64, Vec<f64>, bool) {
    let batch = x.dims[0];
    let mut cx = Builder::new("t", false);
    cx.loops = loops;
    let env = env(&mut cx, &case.2);
    let v = cx.input("x", Role::Data, Shape::batched(from));
    let (y, ld) = move_by(b, to, &mut cx, &env, v);
    for (path, v) in cx.leaves() {
        let declared = b
            .params
            .iter()
            .find(|p| format!("l.{}", p.name) == *path)
            .unwrap_or_else(|| panic!("{}: {path} is not declared", case.0));
        assert_eq!(cx.shape(*v), Shape::fixed(&declared.shape), "{}: {path}", case.0);
    }
    cx.g.output("y", y);
    if let Some(ld) = ld {
        assert_eq!(cx.shape(ld), Shape::batched(&[]), "{}", case.0);
        cx.g.output("ld", ld);
    }
    let mut inputs = inputs.clone();
    for (name, ty) in &case.2 {
        let one = match ty.kind {
            Kind::Class(n) => Tensor64::full(&[1], (n - 1) as f64),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => {
                Rng(9).tensor(&[&[1], ty.shape.as_slice()].concat(), -1.0, 1.0)
            }
        };
        inputs.insert(name.clone(), repeated(&one, batch));
    }
    inputs.insert("x".into(), x.clone());
    // As a program does: what moved into loops is left behind.
    let g = gmc_compiler::ir::optimise::sweep(&cx.g);
    let out = evaluate(&g, &inputs, batch);
    let ld = out.get("ld").map_or(vec![0.0; batch], |t| t.data.clone());
    (out["y"].clone(), ld, cx.g.nodes.iter().any(|n| matches!(n.op, Op::Loop(_))))
}

#[test]
fn the_slow_direction_of_a_masked_flow_is_a_loop() {
    for text in ["masked(affine) { dense(8), relu }", "masked(affine, fast: sampling) { dense(8), relu }"] {
        let case = (text, vec![5], vec![]);
        let b = bijection(text, &EventTy::real([5]), &[]);
        let inputs = random_params(&b.params, &mut Rng(3), 0.7);
        let x = Rng(4).tensor(&[3, 5], -2.0, 2.0);
        let slow = [Direction::Forward, Direction::Inverse][usize::from(text.contains("sampling"))];
        for (to, want) in [(slow, true), (slow.other(), false)] {
            assert_eq!(one_direction((&b, true), to, &case, &[5], &inputs, &x).2, want, "{text}");
        }
        direction(&b, slow, &case, &[5], &inputs, &x);
    }
}

fn close(what: &str, a: &[f64], b: &[f64], tol: f64) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tol * (1.0 + y.abs()), "{what}: element {i} is {x}, not {y}");
    }
}

/// Column i of the Jacobian at `z`, for all i at once: one batch of points moved along each axis.
fn jacobian(run: impl Fn(&Tensor64) -> Tensor64, z: &Tensor64) -> Vec<Vec<f64>> {
    const H: f64 = 1e-5;
    let n = z.data.len();
    let mut moved = repeated(z, 2 * n);
    for i in 0..n {
        moved.data[2 * i * n + i] += H;
        moved.data[(2 * i + 1) * n + i] -= H;
    }
    let out = run(&moved).data;
    (0..n)
        .map(|o| (0..n).map(|i| (out[2 * i * n + o] - out[(2 * i + 1) * n + o]) / (2.0 * H)).collect())
        .collect()
}

/// Whether some order of the elements makes the matrix triangular.
fn triangular(j: &[Vec<f64>]) -> bool {
    let mut left: Vec<usize> = (0..j.len()).collect();
    while !left.is_empty() {
        let free = left.iter().position(|&o| left.iter().all(|&i| i == o || j[o][i].abs() < 1e-7));
        match free {
            Some(p) => left.remove(p),
            None => return false,
        };
    }
    true
}

fn verify_case(case: &Case, seed: u64) {
    let input = EventTy::real(case.1.clone());
    let b = bijection(case.0, &input, &case.2);
    let what = format!("{} on {}", case.0, input);
    let n = input.size();
    assert_eq!((b.out.size(), b.identity_dims.len()), (n, n), "{what}");
    let mut rng = Rng(seed);
    let params = random_params(&b.params, &mut rng, 0.7);
    let dims = [&[1], case.1.as_slice()].concat();
    let z = rng.tensor(&dims, -1.8, 1.8);
    let forward = |z: &Tensor64| direction(&b, Direction::Forward, case, &case.1, &params, z);
    let inverse = |x: &Tensor64| direction(&b, Direction::Inverse, case, &b.out.shape, &params, x);

    let (x, ld) = forward(&z);
    let (back, ild) = inverse(&x);
    close(&format!("{what}: inverse of forward"), &back.data, &z.data, 1e-9);
    close(&format!("{what}: log-determinants of both directions"), &ld, &[-ild[0]], 1e-9);
    let other = rng.tensor(&[&[1], b.out.shape.as_slice()].concat(), -1.8, 1.8);
    let (there, _) = inverse(&other);
    close(&format!("{what}: forward of inverse"), &forward(&there).0.data, &other.data, 1e-9);

    let j = jacobian(|z| forward(z).0, &z);
    close(&format!("{what}: log-determinant"), &[log_abs_det(j.clone())], &ld, 1e-5);
    match b.jacobian {
        Jacobian::Unit => assert_eq!(ld, [0.0], "{what}"),
        // The class of a container is that of its steps: several of them after another have no common order.
        Jacobian::Diagonal | Jacobian::Triangular if case.0.starts_with("split") => {}
        Jacobian::Diagonal => {
            assert!((0..n).all(|o| (0..n).all(|i| i == o || j[o][i].abs() < 1e-7)), "{what}: {j:?}");
        }
        Jacobian::Triangular => assert!(triangular(&j), "{what}: {j:?}"),
        Jacobian::SmallDense => {}
    }
    for (o, copy) in b.identity_dims.iter().enumerate() {
        match copy {
            Some(i) => assert_eq!(x.data[o], z.data[i], "{what}: output {o} is no copy of input {i}"),
            None => assert!(!z.data.contains(&x.data[o]), "{what}: output {o} is a copy"),
        }
    }
}

#[test]
fn every_bijection_inverts_and_counts_volume() {
    for row in ROWS {
        let all = cases(row.name());
        for case in &all {
            assert!(case.0.starts_with(row.name()));
            for seed in [1, 2] {
                verify_case(case, seed);
            }
        }
    }
}

/// The Jacobian of one direction at `z` by reverse mode, and its log-determinant as the row gives it: row `o` is the derivative of output `o`,
/// taken at example `o` of a batch of equal ones.
fn reverse_mode(
    b: &CheckedBijection,
    to: Direction,
    case: &Case,
    from: &[usize],
    inputs: &Inputs,
    z: &Tensor64,
) -> (Vec<Vec<f64>>, f64) {
    let n = z.data.len();
    let mut cx = Builder::new("jacobian", false);
    let env = env(&mut cx, &case.2);
    let x = cx.input("x", Role::Data, Shape::batched(from));
    let (y, ld) = move_by(b, to, &mut cx, &env, x);
    let shape = cx.shape(y);
    let one = cx.input("one", Role::Data, shape);
    let picked = cx.mul(y, one);
    let total = cx.sum_all(picked);
    let d = grad(&mut cx.g, total, &[x]);
    cx.g.output("d", d[0]);
    if let Some(ld) = ld {
        cx.g.output("ld", ld);
    }
    let mut inputs = inputs.clone();
    for (name, ty) in &case.2 {
        let value = match ty.kind {
            Kind::Class(n) => Tensor64::full(&[1], (n - 1) as f64),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => {
                Rng(9).tensor(&[&[1], ty.shape.as_slice()].concat(), -1.0, 1.0)
            }
        };
        inputs.insert(name.clone(), repeated(&value, n));
    }
    inputs.insert("x".into(), repeated(z, n));
    let to = if from == case.1.as_slice() { b.out.shape.as_slice() } else { case.1.as_slice() };
    inputs.insert(
        "one".into(),
        Tensor64::from_fn(&[&[n], to].concat(), |i| f64::from(u8::from(i / n == i % n))),
    );
    let out = evaluate(&cx.g, &inputs, n);
    let ld = out.get("ld").map_or(0.0, |t| t.data[0]);
    (out["d"].data.chunks(n).map(<[f64]>::to_vec).collect(), ld)
}

/// Points of a case: in the middle, far out, and where a spline ends, begins to be the identity, or changes its bin.
fn places(case: &Case, rng: &mut Rng) -> Vec<Tensor64> {
    let dims = [&[1], case.1.as_slice()].concat();
    let mut all = vec![
        rng.tensor(&dims, -1.8, 1.8),
        rng.tensor(&dims, -60.0, 60.0),
        rng.tensor(&dims, -1e-9, 1e-9),
        Tensor64::full(&dims, 0.0),
    ];
    for end in [1.0, 2.0, 3.0] {
        for off in [-1e-9, 0.0, 1e-9] {
            all.push(Tensor64::from_fn(&dims, |i| if i % 2 == 0 { end + off } else { -end - off }));
        }
    }
    all
}

/// The Jacobian is the compiler's own derivative, in double precision: both directions, random parameters and those of the start (where the
/// bins of a spline have their edges at whole parts of the interval), inside and at the edge of what a row tells apart.
#[test]
fn log_determinants_are_those_of_our_own_gradient() {
    for row in ROWS {
        for case in &cases(row.name()) {
            let b = bijection(case.0, &EventTy::real(case.1.clone()), &case.2);
            let mut rng = Rng(21);
            for params in [
                random_params(&b.params, &mut rng, 0.7),
                random_params(&b.params, &mut rng, 0.7),
                initial_params(&b.params),
            ] {
                for z in places(case, &mut rng) {
                    let what = format!("{} on {:?} at {:?}", case.0, case.1, &z.data[..z.data.len().min(4)]);
                    let (j, ld) = reverse_mode(&b, Direction::Forward, case, &case.1, &params, &z);
                    close(&format!("{what}: log-determinant"), &[log_abs_det(j.clone())], &[ld], 1e-9);
                    let (x, _) = direction(&b, Direction::Forward, case, &case.1, &params, &z);
                    let (back, _) = direction(&b, Direction::Inverse, case, &b.out.shape, &params, &x);
                    close(&format!("{what}: inverse of forward"), &back.data, &z.data, 1e-8);
                    let (k, ild) = reverse_mode(&b, Direction::Inverse, case, &b.out.shape, &params, &x);
                    close(
                        &format!("{what}: log-determinant of the inverse"),
                        &[log_abs_det(k.clone())],
                        &[ild],
                        1e-8,
                    );
                    close(&format!("{what}: both directions"), &[ld], &[-ild], 1e-8);
                    // The two Jacobians are inverse to each other, element by element.
                    for (o, row) in j.iter().enumerate() {
                        let product: Vec<f64> =
                            (0..row.len()).map(|i| row.iter().zip(&k).map(|(a, b)| a * b[i]).sum()).collect();
                        let unit: Vec<f64> = (0..row.len()).map(|i| f64::from(u8::from(i == o))).collect();
                        let size = row.iter().map(|v| v.abs()).fold(1.0, f64::max);
                        close(&format!("{what}: product of the Jacobians"), &product, &unit, 1e-7 * size);
                    }
                }
            }
        }
    }
}

#[test]
fn couplings_start_as_the_identity() {
    for name in ["couple", "masked", "actnorm", "scale", "shift"] {
        for case in cases(name) {
            let b = bijection(case.0, &EventTy::real(case.1.clone()), &case.2);
            let params = initial_params(&b.params);
            let z = Rng(3).tensor(&[&[1], case.1.as_slice()].concat(), -4.0, 4.0);
            let (x, ld) = direction(&b, Direction::Forward, &case, &case.1, &params, &z);
            close(case.0, &x.data, &z.data, 1e-12);
            close(case.0, &ld, &[0.0], 1e-12);
        }
    }
}

#[test]
fn a_mixture_of_channels_starts_as_a_rotation() {
    let case: Case = ("conv1x1(seed: 4)", vec![4], vec![]);
    let b = bijection(case.0, &EventTy::real([4]), &[]);
    let params = initial_params(&b.params);
    let z = Rng(3).tensor(&[1, 4], -2.0, 2.0);
    let (x, ld) = direction(&b, Direction::Forward, &case, &case.1, &params, &z);
    let square = |t: &Tensor64| t.data.iter().map(|v| v * v).sum::<f64>();
    close("length", &[square(&x)], &[square(&z)], 1e-9);
    close("volume", &ld, &[0.0], 1e-9);
}

/// Far outside of its interval a spline is the identity, and in single steps across a bin edge it is continuous.
#[test]
fn splines_have_linear_tails_and_no_jumps() {
    let case: Case = ("couple(halves, spline(bins: 4, bound: 2)) { dense(4), tanh }", vec![2], vec![]);
    let b = bijection(case.0, &EventTy::real([2]), &[]);
    let params = random_params(&b.params, &mut Rng(5), 2.0);
    let steps = 4001;
    let z = Tensor64::from_fn(&[steps, 2], |i| {
        if i % 2 == 0 { 0.3 } else { -2.5 + 5.0 * (i / 2) as f64 / (steps - 1) as f64 }
    });
    let (x, _) = direction(&b, Direction::Forward, &case, &case.1, &params, &z);
    let at = |t: &Tensor64, i: usize| t.data[2 * i + 1];
    for i in 1..steps {
        let step = at(&x, i) - at(&x, i - 1);
        assert!(step > 0.0 && step < 0.2, "step {i} is {step}");
        if at(&z, i).abs() > 2.0 {
            assert_eq!(at(&x, i), at(&z, i));
        }
    }
}

fn refusal(text: &str, shape: &[usize]) -> Diag {
    match flow(text, &EventTy::real(shape.to_vec()), &[]) {
        Ok(_) => panic!("`{text}` should be refused on {shape:?}"),
        Err(d) => d,
    }
}

#[test]
fn wrong_flows_are_refused_in_the_users_words() {
    let cases: &[(&str, &[usize], &str, &str)] = &[
        ("couple(parity(0)) { dense(3) }", &[1], "E0403", "leaves nothing to transform"),
        ("couple(parity(1)) { dense(3) }", &[1], "E0403", "leaves nothing to condition on"),
        ("couple(partiy(0)) { dense(3) }", &[2], "E0205", "no mask called `partiy(0)`"),
        ("couple(parity(0)) { conv(3) }", &[1, 4, 4], "E0201", "goes with vectors"),
        ("couple(checkerboard(0)) { dense(3) }", &[4], "E0201", "goes with images"),
        ("couple(parity(0), afine) { dense(3) }", &[4], "E0205", "cannot be `afine`"),
        (
            "couple(parity(0), spline(bins: 1)) { dense(3) }",
            &[4],
            "E0205",
            "`bins` of `spline` must lie between 2 and 128",
        ),
        ("couple(parity(0)) { dense(4), reshape(2, 2) }", &[4], "E0402", "ends with shape [2, 2]"),
        ("couple(parity(0)) { heads(2, 2) }", &[4], "E0402", "2 outputs"),
        ("couple(channels(0)) { conv(3, stride: 2) }", &[2, 4, 4], "E0402", "ends with shape [3, 2, 2]"),
        ("masked(affine) { layer_norm, dense(3) }", &[4], "E0402", "lets a coordinate read later ones"),
        ("split { flatten }", &[2, 2, 2], "E0402", "turns shape [1, 2, 2] into [4]"),
        ("split { reverse }", &[1], "E0403", "at least two"),
        ("squeeze(2)", &[1, 3, 4], "E0201", "do not cover an image of 3 x 4"),
        ("unsqueeze(2)", &[6, 2, 2], "E0201", "6 channels"),
        ("conv1x1", &[5000], "E0201", "at most 4096"),
        ("masked { dense(2) }", &[5000], "E0201", "at most 4096"),
        ("reshape(3, 3)", &[8], "E0201", "cannot be reshaped"),
    ];
    for (text, shape, code, words) in cases {
        let d = refusal(text, shape);
        assert_eq!(d.code, *code, "{text}: {d:?}");
        assert!(d.message.contains(words), "{text}: {}", d.message);
        assert!(d.help.is_some(), "{text}: {d:?}");
    }
}

/// What a bijection computes can be printed and compared: alike for the same call on the same input, and for no other.
#[test]
fn bijections_are_values() {
    let all: Vec<Case> = ROWS.iter().flat_map(|row| cases(row.name())).collect();
    let checked = |c: &Case| bijection(c.0, &EventTy::real(c.1.clone()), &c.2);
    for (i, a) in all.iter().enumerate() {
        assert_eq!(checked(a), checked(a), "{}", a.0);
        for b in all.iter().skip(i + 1).filter(|b| (b.0, &b.1) != (a.0, &a.1)) {
            let (x, y) = (checked(a), checked(b));
            assert_ne!((x.params, x.bijection, x.out), (y.params, y.bijection, y.out), "{} and {}", a.0, b.0);
        }
    }
    let printed = format!("{:?}", bijection("conv1x1(seed: 5)", &EventTy::real([200]), &[]));
    assert!(printed.contains("Rotation { n: 200, seed: 5 }"), "{printed}");
}
