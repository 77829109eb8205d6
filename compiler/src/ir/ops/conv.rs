//! Convolution and its transposes in the input and in the weight. Each is bilinear, and the derivative of any of them in
//! either argument is another of the three.

use super::{OpRule, axis_of, exactly, fixed_axis, need, sure, two};
use crate::ir::columns::{Cut, Dep, Places, holds};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::{Conv2d, ConvGeom, ConvTranspose2d, ConvWeight, Op};
use crate::ir::shape::{DType, Dim, Shape, Ty};
use crate::ir::tensor::Tensor64;

/// One spatial axis of a geometry.
#[derive(Clone, Copy)]
struct Line {
    stride: usize,
    pad: usize,
    dilation: usize,
}

impl Line {
    /// Input elements that one output element spans: dilation (k - 1) + 1.
    fn span(self, k: usize) -> Option<usize> {
        self.dilation.checked_mul(k.checked_sub(1)?)?.checked_add(1)
    }
    /// Output length of the convolution: floor((h + 2 pad - span) / stride) + 1.
    fn forward(self, h: usize, k: usize) -> Option<usize> {
        let padded = h.checked_add(self.pad.checked_mul(2)?)?;
        padded.checked_sub(self.span(k)?)?.checked_div(self.stride)?.checked_add(1)
    }
    /// Input length of the convolution: (h' - 1) stride - 2 pad + span + out_pad.
    fn backward(self, out: usize, k: usize, out_pad: usize) -> Option<usize> {
        let reach =
            out.checked_sub(1)?.checked_mul(self.stride)?.checked_add(self.span(k)?)?.checked_add(out_pad)?;
        reach.checked_sub(self.pad.checked_mul(2)?).filter(|&h| h > 0)
    }
    /// The input position that output `o` reads through tap `k`, when it is inside `0..h`.
    fn at(self, o: usize, k: usize, h: usize) -> Option<usize> {
        (o * self.stride + k * self.dilation).checked_sub(self.pad).filter(|&i| i < h)
    }
}

impl ConvGeom {
    fn lines(&self) -> Result<[Line; 2], String> {
        if self.groups == 0 || self.stride.contains(&0) || self.dilation.contains(&0) {
            return Err("stride, dilation and groups are at least 1".into());
        }
        let [s0, s1] = self.stride;
        let [p0, p1] = self.pad;
        let [d0, d1] = self.dilation;
        Ok([Line { stride: s0, pad: p0, dilation: d0 }, Line { stride: s1, pad: p1, dilation: d1 }])
    }
}

/// `[N, C, H, W]` taken apart.
fn image(ty: &Ty) -> Result<(Dim, usize, [usize; 2]), String> {
    need(ty, DType::F)?;
    if ty.shape.rank() != 4 {
        return Err(format!("{} is not [N, C, H, W]", ty.shape));
    }
    let s = &ty.shape;
    Ok((axis_of(s, 0)?, fixed_axis(s, 1)?, [fixed_axis(s, 2)?, fixed_axis(s, 3)?]))
}

/// `[O, C / groups, kh, kw]` taken apart.
fn weight(ty: &Ty) -> Result<(usize, usize, [usize; 2]), String> {
    let (o, per, kernel) = image(ty)?;
    if o.batch { Err(format!("the weight {} carries the batch", ty.shape)) } else { Ok((o.n, per, kernel)) }
}

fn image_ty(n: Dim, c: usize, [h, w]: [usize; 2]) -> Ty {
    Ty::f(Shape(vec![n, Dim::fixed(c), Dim::fixed(h), Dim::fixed(w)]))
}

/// The size of an axis that shape rules have found to be there.
fn size(shape: &Shape, axis: usize) -> usize {
    sure(axis_of(shape, axis)).n
}

/// Rows and columns of an image or a kernel.
fn extent(x: Ex<'_>) -> [usize; 2] {
    let shape = x.shape();
    [size(&shape, 2), size(&shape, 3)]
}

/// The rows and columns of an input that the forward convolution does not reach: (h + 2 pad - span) mod stride.
fn out_pad(geom: ConvGeom, [h, w]: [usize; 2], [kh, kw]: [usize; 2]) -> [usize; 2] {
    let [lh, lw] = sure(geom.lines());
    let rest =
        |l: Line, n: usize, k: usize| (n + 2 * l.pad).saturating_sub(l.span(k).unwrap_or(0)) % l.stride;
    [rest(lh, h, kh), rest(lw, w, kw)]
}

/// Calls `f(x index, w index, y index)` for every product of the convolution.
fn products(
    geom: &ConvGeom,
    x: &[usize],
    w: &[usize],
    y: &[usize],
    mut f: impl FnMut(usize, usize, usize),
) -> Result<(), String> {
    let [lh, lw] = geom.lines()?;
    let (&[n, c, h, wd], &[o, per, kh, kw], &[_, _, oh, ow]) = (x, w, y) else {
        return Err("a convolution needs four axes".into());
    };
    let out_per = o / geom.groups;
    for b in 0..n {
        for oc in 0..o {
            for ic in 0..per {
                let xc = oc / out_per * per + ic;
                for (i, k) in (0..oh).flat_map(|i| (0..kh).map(move |k| (i, k))) {
                    let Some(r) = lh.at(i, k, h) else { continue };
                    for (j, l) in (0..ow).flat_map(|j| (0..kw).map(move |l| (j, l))) {
                        let Some(s) = lw.at(j, l, wd) else { continue };
                        f(
                            ((b * c + xc) * h + r) * wd + s,
                            ((oc * per + ic) * kh + k) * kw + l,
                            ((b * o + oc) * oh + i) * ow + j,
                        );
                    }
                }
            }
        }
    }
    Ok(())
}

/// N O H' W' (C / groups) kh kw.
fn madds(output: &Ty, weight: &Ty, batch: usize) -> u64 {
    let taps: usize = [1, 2, 3].iter().map(|&a| size(&weight.shape, a)).product();
    (output.shape.size(batch) as u64).saturating_mul(taps as u64)
}

impl OpRule for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (x, w) = two(args)?;
        let ((n, c, [h, wd]), (o, per, [kh, kw])) = (image(x)?, weight(w)?);
        let [lh, lw] = self.0.lines()?;
        if per.checked_mul(self.0.groups) != Some(c) || o % self.0.groups != 0 {
            return Err(format!("weight {} does not fit {c} channels in {} groups", w.shape, self.0.groups));
        }
        let out = lh.forward(h, kh).zip(lw.forward(wd, kw));
        let (oh, ow) =
            out.ok_or_else(|| format!("the kernel {kh}x{kw} is larger than the padded input {h}x{wd}"))?;
        Ok(image_ty(n, o, [oh, ow]))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x, w] = exactly(args);
        let (geom, kernel) = (self.0, extent(w));
        if i == 0 {
            let out_pad = out_pad(geom, extent(x), kernel);
            d.scope().op(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad }), &[d, w])
        } else {
            d.scope().op(Op::ConvWeight(ConvWeight { geom, kernel }), &[x, d])
        }
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    /// Rows and columns, where every one of them has a result.
    fn places(&self, args: &[&Dep], _tys: &[&Ty], out: &Ty) -> Option<Places> {
        let &[x, w] = exactly(args);
        let (Dep::Placed(p), Dep::Fixed) = (x, w) else { return None };
        let strides = self.0.stride;
        let fits = p.iter().all(|(axis, at)| match axis {
            2 => strides[0] == 1 && holds(&out.shape, 2, at),
            3 => strides[1] == 1 && holds(&out.shape, 3, at),
            _ => false,
        });
        fits.then(|| p.clone())
    }
    /// The kernel on the window around the place. Rows (of a sequence, elements) after it are later, and what the kernel has for them is 0.
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        let &[x, w] = exactly(args);
        let places = cut.places(v).to_vec();
        let (_, _, mut kernel) = sure(weight(cut.ty(w)));
        let lines = sure(self.0.lines());
        let mut geom = self.0;
        let (mut w, read) = (cut.all(w), cut.taps_read(v));
        let (mut before, mut len) = (Vec::new(), Vec::new());
        for (i, (axis, _)) in places.iter().enumerate() {
            let (Some(line), Some(k)) = (lines.get(axis - 2), kernel.get_mut(axis - 2)) else { continue };
            if let Some(taps) = read.filter(|n| i == 0 && *n < *k) {
                w = cut.graph().slice(w, *axis, 0, taps);
                *k = taps;
            }
            before.push(line.pad as isize);
            len.push(line.span(*k).unwrap_or(1));
            if let Some(pad) = geom.pad.get_mut(axis - 2) {
                *pad = 0;
            }
        }
        let window = cut.window(x, &before, &len);
        cut.graph().conv2d(window, w, geom)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (x, w) = two(args)?;
        let out = self.infer(&[&f64_ty(x), &f64_ty(w)])?.shape.at(1);
        let mut y = Tensor64::full(&out, 0.0);
        products(&self.0, &x.dims, &w.dims, &out, |i, k, o| y[o] += x[i] * w[k])?;
        Ok(y)
    }
    fn cost(&self, args: &[&Ty], out: &Ty, batch: usize) -> u64 {
        let &[_, w] = exactly(args);
        madds(out, w, batch)
    }
}

/// The type of a concrete tensor.
fn f64_ty(x: &Tensor64) -> Ty {
    Ty::f(Shape::fixed(&x.dims))
}

impl OpRule for ConvTranspose2d {
    fn name(&self) -> &'static str {
        "conv_transpose2d"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (y, w) = two(args)?;
        let ((n, o, [oh, ow]), (wo, per, [kh, kw])) = (image(y)?, weight(w)?);
        let [lh, lw] = self.geom.lines()?;
        let [ph, pw] = self.out_pad;
        if o != wo || o % self.geom.groups != 0 {
            return Err(format!(
                "weight {} does not fit {o} channels in {} groups",
                w.shape, self.geom.groups
            ));
        }
        if ph >= lh.stride || pw >= lw.stride {
            return Err(format!("out_pad {:?} is not below the stride {:?}", self.out_pad, self.geom.stride));
        }
        let c = per.checked_mul(self.geom.groups).ok_or("too many channels")?;
        let out = lh.backward(oh, kh, ph).zip(lw.backward(ow, kw, pw));
        let (h, wd) = out
            .ok_or_else(|| format!("nothing is left of {oh}x{ow} inside the padding {:?}", self.geom.pad))?;
        Ok(image_ty(n, c, [h, wd]))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x, w] = exactly(args);
        if i == 0 {
            d.scope().op(Op::Conv2d(Conv2d(self.geom)), &[d, w])
        } else {
            d.scope().op(Op::ConvWeight(ConvWeight { geom: self.geom, kernel: extent(w) }), &[d, x])
        }
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (y, w) = two(args)?;
        let dims = self.infer(&[&f64_ty(y), &f64_ty(w)])?.shape.at(1);
        let mut x = Tensor64::full(&dims, 0.0);
        products(&self.geom, &dims, &w.dims, &y.dims, |i, k, o| x[i] += y[o] * w[k])?;
        Ok(x)
    }
    fn cost(&self, args: &[&Ty], _out: &Ty, batch: usize) -> u64 {
        let &[y, w] = exactly(args);
        madds(y, w, batch)
    }
}

impl OpRule for ConvWeight {
    fn name(&self) -> &'static str {
        "conv_weight"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (x, gy) = two(args)?;
        let ((n, c, [h, wd]), (m, o, [oh, ow])) = (image(x)?, image(gy)?);
        let [lh, lw] = self.geom.lines()?;
        let [kh, kw] = self.kernel;
        if n != m {
            return Err(format!("{} and {} differ in the first axis", x.shape, gy.shape));
        }
        if c % self.geom.groups != 0 || o % self.geom.groups != 0 {
            return Err(format!("{c} and {o} channels do not divide into {} groups", self.geom.groups));
        }
        if lh.forward(h, kh) != Some(oh) || lw.forward(wd, kw) != Some(ow) {
            return Err(format!("a kernel {kh}x{kw} does not lead from {h}x{wd} to {oh}x{ow}"));
        }
        Ok(image_ty(Dim::fixed(o), c / self.geom.groups, self.kernel))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x, gy] = exactly(args);
        if i == 0 {
            let out_pad = out_pad(self.geom, extent(x), self.kernel);
            d.scope().op(Op::ConvTranspose2d(ConvTranspose2d { geom: self.geom, out_pad }), &[gy, d])
        } else {
            d.scope().op(Op::Conv2d(Conv2d(self.geom)), &[x, d])
        }
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (x, gy) = two(args)?;
        let dims = self.infer(&[&f64_ty(x), &f64_ty(gy)])?.shape.at(1);
        let mut w = Tensor64::full(&dims, 0.0);
        products(&self.geom, &x.dims, &dims, &gy.dims, |i, k, o| w[k] += x[i] * gy[o])?;
        Ok(w)
    }
    fn cost(&self, args: &[&Ty], out: &Ty, batch: usize) -> u64 {
        let &[_, gy] = exactly(args);
        madds(gy, out, batch)
    }
}
