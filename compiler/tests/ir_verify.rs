//! Each invariant of the verifier by its number.

use gmc_compiler::ir::*;

fn good() -> Graph {
    let mut g = Graph::new("good");
    let x = g.input("x", Role::Data, Shape::batched(&[3]));
    let w = g.input("w", Role::Param, Shape::fixed(&[3, 2]));
    let lr = g.input("lr", Role::Scalar, Shape::scalar());
    let e = g.random(RandomKind::Normal, Shape::batched(&[2]));
    let h = g.matmul(x, w);
    let h = g.add(h, e);
    let h = g.mul(h, lr);
    g.output("h", h);
    g
}

/// Breaking the good graph this way breaks this rule and no other.
fn breaks(rule: u8, how: impl Fn(&mut Graph)) {
    let mut g = good();
    assert_eq!(verify(&g), Ok(()));
    how(&mut g);
    let found = verify(&g).expect_err("the graph is broken");
    assert!(found.iter().all(|v| v.rule == rule), "V{rule}: {found:?}");
    assert!(found[0].to_string().starts_with(&format!("V{rule}")));
}

#[test]
fn v1_arguments_come_before() {
    breaks(1, |g| g.nodes[4].args[0] = Value(5));
    breaks(1, |g| g.nodes[4].args[0] = Value(4));
    breaks(1, |g| g.nodes[4].args[0] = Value(99));
}

#[test]
fn v2_types_are_inferred() {
    breaks(2, |g| g.nodes[6].ty.shape = Shape::batched(&[4]));
    breaks(2, |g| g.nodes[6].ty.dtype = DType::I);
    breaks(2, |g| g.nodes[4].args.clear());
    breaks(2, |g| g.nodes[6].args.push(Value(0)));
}

#[test]
fn v3_input_names() {
    breaks(3, |g| g.nodes.push(g.nodes[0].clone()));
    breaks(3, |g| {
        if let Op::Input(i) = &mut g.nodes[0].op {
            i.name.clear();
        }
    });
}

#[test]
fn v4_output_names() {
    breaks(4, |g| g.output("h", Value(0)));
    breaks(4, |g| g.output("", Value(0)));
}

#[test]
fn v5_outputs_exist() {
    breaks(5, |g| g.output("k", Value(7)));
}

#[test]
fn v6_streams() {
    breaks(6, |g| {
        g.next_stream = 0;
        g.random(RandomKind::Uniform, Shape::batched(&[2]));
    });
    let mut same = good();
    same.next_stream = 0;
    same.random(RandomKind::Normal, Shape::batched(&[2]));
    assert_eq!(verify(&same), Ok(()));
}

#[test]
fn v7_spans() {
    breaks(7, |g| g.nodes[2].span.start = 5);
}

#[test]
fn v8_roles() {
    breaks(8, |g| {
        g.input("t", Role::Scalar, Shape::fixed(&[1]));
    });
    breaks(8, |g| {
        g.input("p", Role::Param, Shape::batched(&[1]));
    });
    breaks(8, |g| {
        g.input("b", Role::Block, Shape::fixed(&[4, 1]));
    });
}

#[test]
fn v9_nan() {
    breaks(9, |g| {
        g.scalar(f64::NAN);
    });
    breaks(9, |g| {
        g.literal(vec![1.0, f64::NAN], &[2]);
    });
}

#[test]
fn v10_sizes() {
    breaks(10, |g| {
        g.full(0.0, Shape::fixed(&[1 << 30, 1 << 30]));
    });
    breaks(10, |g| {
        g.full(0.0, Shape::fixed(&[usize::MAX, 0]));
    });
    breaks(10, |g| {
        g.full(0.0, Shape::fixed(&[1; 9]));
    });
}
