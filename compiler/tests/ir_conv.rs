//! The three convolutions against loops written another way, and against each other as adjoints.

use crate::ir_common::*;
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

/// Convolution by padding the image first and sliding a window over it.
fn slide(x: &Tensor64, w: &Tensor64, geom: ConvGeom) -> Tensor64 {
    let [n, c, h, wd] = x.dims[..] else { panic!("rank 4") };
    let [o, per, kh, kw] = w.dims[..] else { panic!("rank 4") };
    let ([ph, pw], [sh, sw], [dh, dw]) = (geom.pad, geom.stride, geom.dilation);
    let (big_h, big_w) = (h + 2 * ph, wd + 2 * pw);
    let mut padded = vec![0.0; n * c * big_h * big_w];
    for (p, v) in x.data.iter().enumerate() {
        let (image, r, s) = (p / (h * wd), p / wd % h, p % wd);
        padded[(image * big_h + r + ph) * big_w + s + pw] = *v;
    }
    let reach = |k: usize, d: usize| d * (k - 1) + 1;
    let mut out = Vec::new();
    let mut dims = [n, o, 0, 0];
    for b in 0..n {
        for oc in 0..o {
            let group = oc * geom.groups / o;
            let (mut top, mut rows) = (0, 0);
            while top + reach(kh, dh) <= big_h {
                let (mut left, mut columns) = (0, 0);
                while left + reach(kw, dw) <= big_w {
                    let mut s = 0.0;
                    for ic in 0..per {
                        for k in 0..kh {
                            for l in 0..kw {
                                let at = ((b * c + group * per + ic) * big_h + top + k * dh) * big_w
                                    + left
                                    + l * dw;
                                s += padded[at] * w.data[((oc * per + ic) * kh + k) * kw + l];
                            }
                        }
                    }
                    out.push(s);
                    left += sw;
                    columns += 1;
                }
                top += sh;
                rows += 1;
                dims[3] = columns;
            }
            dims[2] = rows;
        }
    }
    Tensor64::new(&dims, out).unwrap()
}

fn dot(a: &Tensor64, b: &Tensor64) -> f64 {
    assert_eq!(a.dims, b.dims);
    a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum()
}

fn apply(op: Op, args: &[&Tensor64]) -> Result<Tensor64, String> {
    let tys: Vec<Ty> = args.iter().map(|a| Ty::f(Shape::fixed(&a.dims))).collect();
    let out = op.rule().infer(&tys.iter().collect::<Vec<_>>())?;
    let env = Env { batch: 1, inputs: BTreeMap::new(), random: &draws };
    let y = op.rule().eval(args, &env)?;
    assert_eq!(y.dims, out.shape.at(1));
    Ok(y)
}

#[test]
fn agrees_with_loops_and_adjoints() {
    let mut rng = Rng(9);
    let mut seen = 0;
    let mut rests = 0;
    for trial in 0..400 {
        let pick = |rng: &mut Rng, from: usize, n: usize| [from + rng.below(n), from + rng.below(n)];
        let groups = 1 + rng.below(3);
        let geom = ConvGeom {
            stride: pick(&mut rng, 1, 3),
            pad: pick(&mut rng, 0, 3),
            dilation: pick(&mut rng, 1, 2),
            groups,
        };
        let kernel = pick(&mut rng, 1, 3);
        let (per, out_per) = (1 + rng.below(2), 1 + rng.below(2));
        let [h, wd] = pick(&mut rng, 1, 7);
        let x = rng.tensor(&[2, per * groups, h, wd], -1.0, 1.0);
        let w = rng.tensor(&[out_per * groups, per, kernel[0], kernel[1]], -1.0, 1.0);
        let Ok(y) = apply(Op::Conv2d(Conv2d(geom)), &[&x, &w]) else { continue };
        seen += 1;
        let what = format!("trial {trial}: {geom:?}");
        assert_close(&what, &y, &slide(&x, &w, geom), 1e-12);

        // <conv(x, w), g> = <x, conv_transpose(g, w)> = <w, conv_weight(x, g)>, with the rest that the stride leaves as out_pad.
        let gy = rng.tensor(&y.dims, -1.0, 1.0);
        let span = |i: usize| geom.dilation[i] * (kernel[i] - 1) + 1;
        let rest = |i: usize| (x.dims[2 + i] + 2 * geom.pad[i] - span(i)) % geom.stride[i];
        let out_pad = [rest(0), rest(1)];
        rests += usize::from(out_pad != [0, 0]);
        let gx = apply(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad }), &[&gy, &w]).unwrap();
        let gw = apply(Op::ConvWeight(ConvWeight { geom, kernel }), &[&x, &gy]).unwrap();
        let want = dot(&y, &gy);
        assert!((dot(&x, &gx) - want).abs() < 1e-11, "{what}");
        assert!((dot(&w, &gw) - want).abs() < 1e-11, "{what}");
    }
    assert!(seen > 200 && rests > 50, "{seen} geometries fitted, {rests} with a rest");
}

#[test]
fn misfits_are_refused() {
    let geom = ConvGeom { stride: [1, 1], pad: [0, 0], dilation: [1, 1], groups: 1 };
    let image = Ty::f(Shape::batched(&[2, 4, 4]));
    let weight = |dims: &[usize]| Ty::f(Shape::fixed(dims));
    let conv = |geom: ConvGeom, w: Ty| Op::Conv2d(Conv2d(geom)).rule().infer(&[&image, &w]);
    assert!(conv(geom, weight(&[3, 2, 2, 2])).is_ok());
    assert!(conv(geom, weight(&[3, 1, 2, 2])).is_err());
    assert!(conv(geom, weight(&[3, 2, 5, 2])).is_err());
    assert!(conv(geom, weight(&[3, 2, 0, 2])).is_err());
    assert!(conv(ConvGeom { stride: [0, 1], ..geom }, weight(&[3, 2, 2, 2])).is_err());
    assert!(conv(ConvGeom { groups: 0, ..geom }, weight(&[3, 2, 2, 2])).is_err());
    assert!(conv(ConvGeom { groups: 2, ..geom }, weight(&[3, 1, 2, 2])).is_err());
    assert!(conv(ConvGeom { pad: [usize::MAX, 0], ..geom }, weight(&[3, 2, 2, 2])).is_err());
    assert!(conv(ConvGeom { dilation: [usize::MAX, 1], ..geom }, weight(&[3, 2, 3, 2])).is_err());
    let back = Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad: [1, 0] });
    assert!(back.rule().infer(&[&image, &weight(&[2, 1, 2, 2])]).is_err());
}
