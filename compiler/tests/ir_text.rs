//! Text and RON print and parse back to the same graph; bad text is an error, never a panic.

use crate::ir_common::random;
use gmc_compiler::ir::*;

#[test]
fn random_graphs_survive_text_and_ron() {
    for seed in 0..100 {
        let (g, _) = random::graph(seed);
        verify(&g).unwrap();
        for g in [optimise(&g), g] {
            let printed = text::print(&g);
            let back = text::parse(&printed).unwrap_or_else(|why| panic!("{why}\n{printed}"));
            assert_eq!(back, g);
            assert_eq!(text::print(&back), printed);
            assert_eq!(Graph::from_ron(&g.to_ron()).unwrap(), g);
        }
    }
}

#[test]
fn all_ops_and_odd_numbers() {
    let mut g = Graph::new("odd");
    let x = g.input("x", Role::Data, Shape::batched(&[2, 4, 4]));
    let w = g.input("w", Role::Param, Shape::fixed(&[3, 2, 2, 2]));
    let geom = ConvGeom { stride: [2, 1], pad: [0, 1], dilation: [1, 2], groups: 1 };
    let y = g.conv2d(x, w, geom);
    let z = g.conv_transpose2d(y, w, geom, [0, 0]);
    g.push(Op::ConvWeight(ConvWeight { geom, kernel: [2, 2] }), &[x, y]);
    g.push(Op::ArgMax(ArgMax { axis: 1 }), &[z]);
    for c in [f64::INFINITY, f64::NEG_INFINITY, 1e-310, -0.1, 1e300, 1.0 / 3.0] {
        g.scalar(c);
    }
    g.literal(vec![0.1, f64::MIN_POSITIVE, -1e22], &[3]);
    g.count(Shape::batched(&[3]));
    g.random(RandomKind::Uniform, Shape::scalar());
    let rows = g.iota(Shape(vec![Dim::BATCH]), 0);
    let table = g.input("t", Role::Param, Shape::fixed(&[4, 2]));
    let r = g.push(Op::Lookup(Lookup), &[table, rows]);
    g.push(Op::LookupAdd(LookupAdd { size: 7 }), &[rows, r]);
    let wide = Wide::of(2, |s, args| match *args {
        [a, b] => a.lt(b).and(b.ne(0.0)).select(s.num(f64::INFINITY), (a + 1e-310).lgamma() - b.ln_1p()),
        _ => panic!("there are two"),
    });
    g.push(Op::Wide(wide), &[r, r]);
    g.output("z", z);
    assert_eq!(text::parse(&text::print(&g)).unwrap(), g);
    let back = Graph::from_ron(&g.to_ron()).unwrap();
    assert_eq!(back, g);
    assert_eq!(back.next_stream, 1);
}

#[test]
fn reads_as_intended() {
    let mut g = Graph::new("step.all");
    let w = g.input("decode.0.weight", Role::Param, Shape::fixed(&[784, 256]));
    let x = g.input("x", Role::Data, Shape::batched(&[784]));
    g.at = gmc_compiler::span::Span { file: gmc_compiler::span::FileId::SPEC, start: 12, end: 20 };
    let h = g.matmul(x, w);
    let s = g.sum(h, &[1]);
    g.output("s", s);
    let want = r#"graph "step.all" {
  %0: f[784, 256] = input{name: "decode.0.weight", role: Param}
  %1: f[B, 784] = input{name: "x", role: Data}
  %2: f[B, 256] = matmul(%1, %0) @1:12-20  // vae.gm:3
  %3: f[B, 1] = reduce{kind: Sum, axes: [1]}(%2) @1:12-20  // vae.gm:3
  output "s" = %3
}
"#;
    let printed = text::print_with(&g, &|s| (s.start > 0).then(|| "vae.gm:3".to_string()));
    assert_eq!(printed, want);
    assert_eq!(text::parse(&printed).unwrap(), g);
    assert!(dot::print(&g).contains("n1 -> n2;"));
}

#[test]
fn bad_text_is_an_error() {
    let good = "graph \"g\" {\n  %0: f[B] = input{name: \"x\", role: Data}\n  %1: f[B] = exp(%0)\n  output \"y\" = %1\n}\n";
    text::parse(good).unwrap();
    for (from, to, why) in [
        ("exp", "expp", "there is no op `expp`"),
        ("(%0)", "(%7)", "V1"),
        ("(%0)", "(%0", "not closed"),
        ("%1: f[B]", "%1: f[2]", "V2"),
        ("%1: f[B]", "%4: f[B]", "%1 is next"),
        ("f[B]", "g[B]", "is no type"),
        ("f[B]", "f[B", "is no shape"),
        ("f[B]", "f[-1]", "is no axis"),
        ("role: Data", "role: Nobody", "Nobody"),
        ("exp(%0)", "exp{a: 1}(%0)", "no attributes"),
        ("exp(%0)", "exp(%0) @1:x", "is no span"),
        ("}\n", "}\nmore", "after the closing brace"),
        ("\n}\n", "\n", "closing brace is missing"),
        ("exp(%0)", "slice{axis: 0, start: 18446744073709551615, len: 2}(%0)", "V2"),
        ("exp(%0)", "reshape{shape: \"[4000000000, 4000000000, 4000000000]\"}(%0)", "V2"),
    ] {
        let at = good.rfind(from).unwrap();
        let bad = format!("{}{to}{}", &good[..at], &good[at + from.len()..]);
        let said = text::parse(&bad).unwrap_err();
        assert!(said.contains(why), "{bad}\n{said}");
    }
    for junk in [
        "",
        "graph",
        "graph \"a\" {",
        "graph a {\n}",
        "graph \"a\" {\n %0\n}",
        "graph \"a\" {\n%0: f[] = \u{3b1}\n}",
    ] {
        text::parse(junk).unwrap_err();
        Graph::from_ron(junk).unwrap_err();
    }
    // Any prefix, and any text with one byte missing, is read or refused.
    let (g, _) = random::graph(1);
    for text in [text::print(&g), g.to_ron()] {
        for i in (0..text.len()).step_by(97) {
            let mut cut = text.clone();
            cut.remove(i);
            drop((
                text::parse(&cut),
                Graph::from_ron(&cut),
                text::parse(&text[..i]),
                Graph::from_ron(&text[..i]),
            ));
        }
    }
}
