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
        g.input("b", Role::PerDatum, Shape::fixed(&[4, 1]));
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

/// A graph with a loop, whose node is the third, and what is done to its body.
fn in_the_body(how: impl Fn(&mut Graph)) -> Graph {
    let mut g = Graph::new("looped");
    let x = g.input("x", Role::Data, Shape::batched(&[4]));
    let y = g.exp(x);
    let out = g.loop_over(4, &[y], &[x], |g, carried, read, _| {
        let at = [At { div: 1, modulo: 4, offset: 0, ahead: 0 }];
        let one = g.dyn_slice(read[0], &[1], &[1], &at);
        let e = g.random(RandomKind::Normal, Shape::batched(&[1]));
        let one = g.add(one, e);
        vec![g.dyn_update(carried[0], one, &[1], &at)]
    });
    g.output("out", out);
    assert_eq!(verify(&g), Ok(()));
    if let Op::Loop(l) = &mut g.nodes[2].op {
        how(&mut l.body);
    }
    g
}

/// What is done to the body breaks these rules, at the loop.
fn breaks_inside(rules: &[u8], how: impl Fn(&mut Graph)) {
    let found = verify(&in_the_body(how)).expect_err("the graph is broken");
    let all: Vec<u8> = found.iter().map(|v| v.rule).collect();
    assert_eq!(all, rules, "{found:?}");
    assert!(found.iter().all(|v| v.node == Some(Value(2))), "{found:?}");
}

#[test]
fn v13_results_are_those_of_their_loop() {
    let looped = |how: &dyn Fn(&mut Graph)| {
        let mut g = in_the_body(|_| {});
        g.outputs.clear();
        let last = g.result(Value(2), 0);
        let result = LoopResult { k: 0, dtype: DType::F, shape: Shape::batched(&[4]) };
        let other = g.push(Op::LoopResult(result), &[last]);
        g.output("other", other);
        assert_eq!(verify(&g), Ok(()));
        how(&mut g);
        let found = verify(&g).expect_err("the graph is broken");
        assert_eq!(found.iter().map(|v| v.rule).collect::<Vec<u8>>(), [13], "{found:?}");
    };
    looped(&|g| g.nodes[3].args[0] = Value(1));
    looped(&|g| {
        if let Op::LoopResult(r) = &mut g.nodes[3].op {
            r.k = 1;
        }
    });
    looped(&|g| {
        if let Op::LoopResult(r) = &mut g.nodes[3].op {
            r.shape = Shape::batched(&[5]);
        }
        g.nodes[3].ty.shape = Shape::batched(&[5]);
    });
    breaks_inside(&[2], |b| b.outputs.push(("kept".into(), Value(0))));
}

#[test]
fn rules_hold_in_the_body_of_a_loop() {
    breaks_inside(&[1], |b| b.nodes[5].args[0] = Value(6));
    breaks_inside(&[2, 2], |b| b.nodes[5].ty.dtype = DType::I);
    breaks_inside(&[4, 2], |b| b.outputs[0].0.clear());
    breaks_inside(&[5, 2], |b| b.outputs[0].1 = Value(70));
    breaks_inside(&[7], |b| b.nodes[5].span.start = 5);
    breaks_inside(&[9], |b| {
        b.scalar(f64::NAN);
    });
    breaks_inside(&[10], |b| {
        b.full(0.0, Shape::fixed(&[1; 9]));
    });
    // A part that leaves the value at the last position.
    breaks_inside(&[2], |b| {
        if let Op::DynUpdate(u) = &mut b.nodes[6].op {
            u.at[0].offset = 1;
        }
    });
    breaks_inside(&[2], |b| {
        if let Op::DynSlice(s) = &mut b.nodes[3].op {
            s.at[0].div = 0;
        }
    });
    breaks_inside(&[2], |b| {
        if let Op::DynSlice(s) = &mut b.nodes[3].op {
            s.axes[0] = 0;
        }
    });
}

#[test]
fn v2_bodies_fit_their_arguments() {
    breaks_inside(&[2], |b| b.outputs.clear());
    breaks_inside(&[2], |b| b.outputs[0].0 = "carry.1".into());
    breaks_inside(&[2], |b| b.outputs[0].1 = Value(5));
    for name in ["carry.1", "read.1", "carry.00", "read.+0", "x"] {
        breaks_inside(&[2], |b| {
            if let Op::Input(i) = &mut b.nodes[0].op {
                i.name = name.into();
            }
        });
    }
    let mut g = in_the_body(|_| {});
    g.nodes[2].args.clear();
    assert_eq!(verify(&g).expect_err("no arguments")[0].rule, 2);
}

#[test]
fn v6_streams_of_iterations() {
    let mut g = in_the_body(|_| {});
    g.next_stream = 0;
    g.random(RandomKind::Normal, Shape::batched(&[1]));
    let found = verify(&g).expect_err("the stream is that of the body");
    assert_eq!((found.len(), found[0].rule), (1, 6));
    let mut g = in_the_body(|_| {});
    g.nodes.push(g.nodes[2].clone());
    assert_eq!(verify(&g).expect_err("two bodies have one stream")[0].rule, 6);
}

#[test]
fn v11_positions_stand_in_loops() {
    let at = At { div: 1, modulo: 1, offset: 0, ahead: 0 };
    breaks(11, |g| {
        g.dyn_slice(Value(0), &[1], &[1], &[at]);
    });
    breaks(11, |g| {
        g.dyn_update(Value(4), Value(4), &[], &[]);
    });
    breaks(11, |g| {
        g.input("position", Role::Local, Shape::scalar());
    });
}

#[test]
fn v12_bodies_see_only_what_they_are_handed() {
    breaks_inside(&[12], |b| b.name = "body".into());
    breaks_inside(&[12], |b| {
        if let Op::Input(i) = &mut b.nodes[0].op {
            i.role = Role::Data;
        }
    });
    let mut g = Graph::new("deep");
    let x = g.scalar(0.0);
    fn nest(g: &mut Graph, x: Value, depth: usize) -> Value {
        if depth == 0 {
            return g.exp(x);
        }
        g.loop_over(1, &[x], &[], |g, carried, _, _| vec![nest(g, carried[0], depth - 1)])
    }
    nest(&mut g, x, 8);
    assert_eq!(verify(&g), Ok(()));
    nest(&mut g, x, 9);
    assert_eq!(verify(&g).expect_err("too deep")[0].rule, 12);
}
