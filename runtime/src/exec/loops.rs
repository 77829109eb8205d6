//! Loops, and the parts of a value that their bodies read and write.
//!
//! The body of a loop is an [`Executable`] of its own, planned once. An iteration hands the carried values on, so that what changes only a
//! part of one writes into its buffer; a part is copied out, so that the buffer stays the carried value's alone.

use super::axes::burn_shape;
use super::fuse::dense;
use super::run::{ExecError, Executable, Setting};
use super::tensor::Tensor;
use burn::backend::Slice as Cut;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, TensorData};
use gmc_compiler::ir::op::{At, Loop};
use gmc_compiler::ir::ops::Local;
use gmc_compiler::ir::shape::DType;

/// Where a graph stands in the loops around it.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// The iteration of the innermost one.
    pub position: usize,
    /// The iterations of all of them before this one.
    pub iteration: u64,
}

/// What each output of a loop's body comes to: of a carried value the last one, of another one its values at all positions, written into
/// one buffer as they come. Those that are not `wanted` may be missing.
pub fn run(
    body: &Executable,
    l: &Loop,
    at: Setting,
    mut args: Vec<Tensor>,
    wanted: &dyn Fn(usize) -> bool,
) -> Result<Vec<Option<Tensor>>, ExecError> {
    let read = args.split_off(l.carried.min(args.len()));
    let mut carried: Vec<Option<Tensor>> = args.into_iter().map(Some).collect();
    let start = |k: usize| {
        let ty = l.result(k).filter(|_| wanted(k))?;
        Some(Tensor::full(at.device, 0.0, ty.dtype, &ty.shape.at(at.batch)))
    };
    let mut stacks: Vec<Option<Tensor>> = (l.carried..body.graph().outputs.len()).map(start).collect();
    let every = [At { div: 1, modulo: l.count.max(1), offset: 0, ahead: 0 }];
    for position in l.positions() {
        let iteration = at.place.iteration.wrapping_mul(l.count as u64).wrapping_add(position as u64);
        let place = Place { position, iteration };
        let mut hand = |name: &str| match Local::named(name)? {
            Local::Carry(k) => carried.get_mut(k)?.take(),
            Local::Read(k) => read.get(k).cloned(),
            Local::Position => Some(Tensor::scalar(at.device, position as f32)),
        };
        let made = body.run_at(Setting { place, ..at }, &mut hand)?;
        let mut made = made.into_iter().map(|(_, t)| t);
        carried = made.by_ref().take(l.carried).map(Some).collect();
        for (slot, new) in stacks.iter_mut().zip(made) {
            if let Some(stack) = slot.take() {
                let one: Vec<usize> = [&[1], new.shape()].concat();
                *slot = Some(dyn_update(stack, new.reshaped(&one), &[0], &every, position));
            }
        }
    }
    carried.extend(stacks);
    Ok(carried)
}

/// The first element of a part along each axis of `rank`.
fn starts(rank: usize, axes: &[usize], at: &[At], position: usize) -> Vec<usize> {
    let mut starts = vec![0; rank];
    for (axis, at) in axes.iter().zip(at) {
        starts.get_mut(*axis).into_iter().for_each(|s| *s = at.start(position));
    }
    starts
}

/// The elements of a part of a tensor, in pieces that lie one behind the other in its buffer.
struct Pieces {
    /// Elements of a piece.
    len: usize,
    /// How many pieces there are along each axis that is not inside of one, and how far apart they are.
    counts: Vec<(usize, usize)>,
    /// Where the first begins.
    first: usize,
}

impl Pieces {
    /// The part of sizes `part` that begins at `starts` of a tensor of axes `dims`.
    fn new(dims: &[usize], part: &[usize], starts: &[usize]) -> Pieces {
        let (mut step, mut first, mut len, mut whole) = (1, 0, 1, true);
        let mut counts = Vec::with_capacity(dims.len());
        for ((&n, &m), &start) in dims.iter().zip(part).zip(starts).rev() {
            first += start * step;
            if whole {
                len *= m;
                whole = n == m;
            } else if m != 1 {
                counts.push((m, step));
            }
            step *= n;
        }
        counts.reverse();
        Pieces { len, counts, first }
    }
    /// Calls `f` with the place in the buffer of each piece, in order.
    fn each(&self, mut f: impl FnMut(usize)) {
        let (&(inner, near), outer) = self.counts.split_last().unwrap_or((&(1, 0), &[]));
        let total: usize = outer.iter().map(|(n, _)| n).product();
        let mut index = vec![0; outer.len()];
        let mut at = self.first;
        for _ in 0..total {
            (0..inner).for_each(|i| f(at + i * near));
            for (i, (n, step)) in index.iter_mut().zip(outer).rev() {
                *i += 1;
                at += step;
                if *i < *n {
                    break;
                }
                at -= n * step;
                *i = 0;
            }
        }
    }
}

/// Copies a piece. Most are a kernel's width, and a call for each would take longer than the copy.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    match (to, from) {
        ([a], [x]) => *a = *x,
        ([a, b, c], [x, y, z]) => (*a, *b, *c) = (*x, *y, *z),
        (to, from) if to.len() == from.len() => to.copy_from_slice(from),
        // The last piece of a part that does not fit: there is none, since shapes are verified.
        _ => {}
    }
}

/// The part of sizes `dims` at the place of the iteration, in a buffer of its own.
pub fn dyn_slice(x: Tensor, axes: &[usize], at: &[At], position: usize, dims: &[usize]) -> Tensor {
    let (dtype, starts) = (x.dtype(), starts(dims.len(), axes, at, position));
    let from = x.shape().to_vec();
    let x = match x.into_flex() {
        Ok(x) if dtype == DType::F && x.is_contiguous() => {
            let source = x.storage::<f32>();
            let pieces = Pieces::new(&from, dims, &starts);
            let first = x.layout().start_offset();
            let mut data = vec![0.0; dims.iter().product()];
            let mut rest = data.chunks_exact_mut(pieces.len.max(1));
            pieces.each(|p| {
                let from = source.get(first + p..first + p + pieces.len);
                if let (Some(to), Some(from)) = (rest.next(), from) {
                    copy(to, from);
                }
            });
            return Tensor::from_flex(
                FlexTensor::from_data(TensorData::new(data, burn_shape(dims))),
                dtype,
                dims,
            );
        }
        Ok(x) => Tensor::from_flex(x, dtype, &from),
        Err(x) => x,
    };
    let cuts = cuts(&starts, dims);
    let raw = match dtype {
        DType::F => Dispatch::float_slice(x.into_raw(), &cuts),
        DType::I => Dispatch::int_slice(x.into_raw(), &cuts),
        DType::B => Dispatch::bool_slice(x.into_raw(), &cuts),
    };
    let part = Tensor::wrap(raw, dtype, dims);
    match part.into_flex() {
        // A view would keep the whole buffer from being written to.
        Ok(view) => Tensor::from_flex(view.to_contiguous(), dtype, dims),
        Err(part) => part,
    }
}

/// `x` with `y` at the place of the iteration; in the buffer of `x` where nobody else holds it.
pub fn dyn_update(x: Tensor, y: Tensor, axes: &[usize], at: &[At], position: usize) -> Tensor {
    let (dtype, dims, part) = (x.dtype(), x.shape().to_vec(), y.shape().to_vec());
    let starts = starts(dims.len(), axes, at, position);
    if dtype == DType::F {
        match (x.into_flex(), y.into_flex()) {
            (Ok(x), Ok(y)) => return written(dense(x), &dense(y), &dims, &part, &starts),
            (x, y) => {
                let back = |t: Result<FlexTensor, Tensor>, dims: &[usize]| {
                    t.map_or_else(|t| t, |t| Tensor::from_flex(t, dtype, dims))
                };
                return assigned(back(x, &dims), back(y, &part), &starts);
            }
        }
    }
    assigned(x, y, &starts)
}

/// On the CPU.
fn written(mut x: FlexTensor, y: &FlexTensor, dims: &[usize], part: &[usize], starts: &[usize]) -> Tensor {
    let new = y.storage::<f32>();
    if x.try_storage_mut::<f32>().is_none() {
        x = FlexTensor::from_data(TensorData::new(x.storage::<f32>().to_vec(), burn_shape(dims)));
    }
    if let Some(old) = x.try_storage_mut::<f32>() {
        let pieces = Pieces::new(dims, part, starts);
        let mut rest = new.chunks_exact(pieces.len.max(1));
        pieces.each(|p| {
            if let (Some(to), Some(from)) = (old.get_mut(p..p + pieces.len), rest.next()) {
                copy(to, from);
            }
        });
    }
    Tensor::from_flex(x, DType::F, dims)
}

/// By Burn.
fn assigned(x: Tensor, y: Tensor, starts: &[usize]) -> Tensor {
    let (dtype, dims) = (x.dtype(), x.shape().to_vec());
    let cuts = cuts(starts, y.shape());
    let (x, y) = (x.into_raw(), y.into_raw());
    let raw = match dtype {
        DType::F => Dispatch::float_slice_assign(x, &cuts, y),
        DType::I => Dispatch::int_slice_assign(x, &cuts, y),
        DType::B => Dispatch::bool_slice_assign(x, &cuts, y),
    };
    Tensor::wrap(raw, dtype, &dims)
}

fn cuts(starts: &[usize], part: &[usize]) -> Vec<Cut> {
    starts.iter().zip(part).map(|(s, n)| Cut::from(*s..s + n)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Device, DeviceChoice, RngKey, RunOptions, open};
    use super::*;
    use gmc_compiler::ir::op::{RandomKind, Role};
    use gmc_compiler::ir::shape::Shape;
    use gmc_compiler::ir::{Graph, optimise};

    const KEY: RngKey = RngKey { seed: 3, step: 1 };

    fn cpu() -> Device {
        open(DeviceChoice::Cpu).expect("there is a CPU")
    }

    /// The elements, and where they lie.
    fn buffer(t: &Tensor) -> *const f32 {
        t.clone().into_flex().expect("on the CPU").storage::<f32>().as_ptr()
    }

    #[test]
    fn pieces_are_those_of_a_part() {
        let found = |dims: &[usize], part: &[usize], starts: &[usize]| {
            let pieces = Pieces::new(dims, part, starts);
            let mut all = Vec::new();
            pieces.each(|p| all.push(p));
            (pieces.len, all)
        };
        assert_eq!(found(&[2, 3, 4], &[2, 1, 4], &[0, 2, 0]), (4, vec![8, 20]));
        assert_eq!(found(&[2, 3, 4], &[1, 3, 4], &[1, 0, 0]), (12, vec![12]));
        assert_eq!(found(&[2, 3, 4], &[2, 2, 2], &[0, 1, 1]), (2, vec![5, 9, 17, 21]));
        assert_eq!(found(&[3, 1, 1], &[3, 1, 1], &[0, 0, 0]), (3, vec![0]));
        assert_eq!(found(&[], &[], &[]), (1, vec![0]));
        assert_eq!(found(&[2, 0], &[1, 0], &[1, 0]).0, 0);
    }

    /// A cache of features, [64, 32, 30, 30], changed at one pixel in each of 28 x 28 iterations, and read there before. Copied each time,
    /// it would be another buffer after an odd number of iterations, and seconds.
    #[test]
    fn a_carried_value_is_written_in_place() {
        let mut g = Graph::new("cache");
        let cache = g.input("cache", Role::Data, Shape::batched(&[32, 30, 30]));
        let at =
            [At { div: 28, modulo: 28, offset: 1, ahead: 0 }, At { div: 1, modulo: 28, offset: 1, ahead: 0 }];
        let out = g.loop_over(785, &[cache], &[], |g, carried, _, _| {
            let around = [At { offset: 0, ..at[0] }, At { offset: 0, ..at[1] }];
            let seen = g.dyn_slice(carried[0], &[2, 3], &[3, 3], &around);
            let sum = g.sum(seen, &[1, 2, 3]);
            let one = g.dyn_slice(carried[0], &[2, 3], &[1, 1], &at);
            let new = g.mul_c(sum, 1e-3);
            let new = g.add(one, new);
            let written = g.dyn_update(carried[0], new, &[2, 3], &at);
            // Read as it was, by a view, behind the writing in the order of the graph.
            let flat = g.reshape(carried[0], Shape::batched(&[32 * 900]));
            let corner = g.slice(flat, 1, 0, 1);
            let corner = g.mul_c(corner, 0.5);
            let corner = g.reshape(corner, Shape::batched(&[1, 1, 1]));
            let corner = g.broadcast(corner, Shape::batched(&[32, 1, 1]));
            let edge = [At { div: 1, modulo: 1, offset: 0, ahead: 0 }; 2];
            vec![g.dyn_update(written, corner, &[2, 3], &edge)]
        });
        g.output("out", out);
        let cpu = cpu();
        for g in [optimise(&g), g] {
            let exe = Executable::new(&g);
            let mut given = Some(Tensor::from_f32(&cpu, vec![0.5; 64 * 32 * 900], &[64, 32, 30, 30]));
            let before = given.as_ref().map(buffer);
            let out = exe.run(&cpu, 64, &mut |_| given.take(), KEY).expect("runs").remove(0).1;
            assert_eq!(Some(buffer(&out)), before, "the cache was copied");
        }
    }

    #[test]
    fn a_value_that_is_held_elsewhere_is_not_overwritten() {
        let cpu = cpu();
        let mut g = Graph::new("kept");
        let x = g.input("x", Role::Data, Shape::batched(&[3]));
        let at = [At { div: 1, modulo: 3, offset: 0, ahead: 0 }];
        let out = g.loop_over(3, &[x], &[], |g, carried, _, p| {
            let one = g.dyn_slice(carried[0], &[1], &[1], &at);
            let one = g.add(one, p);
            vec![g.dyn_update(carried[0], one, &[1], &at)]
        });
        let sum = g.add(out, x);
        g.output("sum", sum);
        let kept = Tensor::from_f32(&cpu, vec![1.0; 6], &[2, 3]);
        let made = Executable::new(&g).run(&cpu, 2, &mut |_| Some(kept.clone()), KEY).expect("runs");
        assert_eq!(kept.to_f32(), vec![1.0; 6]);
        assert_eq!(made[0].1.to_f32(), [2.0, 3.0, 4.0].repeat(2));
    }

    /// `n` normal draws in each of 50 iterations, a row an iteration.
    fn rows(n: usize) -> Graph {
        let mut g = Graph::new("rows");
        let zero = g.full(0.0, Shape::fixed(&[50, n]));
        let out = g.loop_over(50, &[zero], &[], |g, carried, _, _| {
            let e = g.random(RandomKind::Normal, Shape::fixed(&[1, n]));
            vec![g.dyn_update(carried[0], e, &[0], &[At { div: 1, modulo: 50, offset: 0, ahead: 0 }])]
        });
        g.output("rows", out);
        g
    }

    #[test]
    fn draws_are_normal_and_those_of_two_iterations_independent() {
        let (cpu, n) = (cpu(), 20_000);
        let run =
            |key| Executable::new(&rows(n)).run(&cpu, 1, &mut |_| None, key).expect("runs")[0].1.to_f32();
        let all = run(KEY);
        assert_eq!(all, run(KEY));
        assert_ne!(all, run(RngKey { seed: 4, ..KEY }));
        assert_ne!(all, run(RngKey { step: 2, ..KEY }));
        let m = all.len() as f64;
        let mean = all.iter().map(|x| f64::from(*x)).sum::<f64>() / m;
        let var = all.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / m;
        // A million draws: standard errors 1e-3 and 1.4e-3.
        assert!(mean.abs() < 5e-3 && (var - 1.0).abs() < 7e-3, "{mean} {var}");
        let row = |i: usize| &all[i * n..(i + 1) * n];
        for (i, j) in [(0, 1), (1, 2), (0, 49), (24, 25)] {
            let r = row(i).iter().zip(row(j)).map(|(a, b)| f64::from(a * b)).sum::<f64>() / n as f64;
            assert!(r.abs() < 5.0 / (n as f64).sqrt(), "rows {i} and {j} are correlated: {r}");
            assert!(row(i).iter().zip(row(j)).all(|(a, b)| a != b));
        }
    }

    #[test]
    fn neither_threads_nor_fusing_change_a_bit() {
        let g = rows(40_000);
        let cpu = cpu();
        let exe = Executable::new(&g);
        let run = |threads: usize, fuse: bool| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let options = RunOptions { check: false, fuse, profile: false };
            let made = pool.install(|| exe.run_with(&cpu, 1, &mut |_| None, KEY, options)).expect("runs");
            made[0].1.to_f32().iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
        };
        let one = run(1, true);
        assert_eq!(one, run(3, true));
        assert_eq!(one, run(2, false));
    }

    #[test]
    fn what_a_loop_is_handed_is_not_blamed_on_it() {
        let cpu = cpu();
        let check = RunOptions { check: true, fuse: true, profile: false };
        let build = |in_body: bool| {
            let mut g = Graph::new("nan");
            let x = g.input("x", Role::Data, Shape::batched(&[1]));
            let mask = g.full(f64::NEG_INFINITY, Shape::batched(&[1]));
            let out = g.loop_over(2, &[x], &[mask], |g, carried, read, _| {
                let none = g.exp(read[0]);
                let next = g.add(carried[0], none);
                vec![if in_body { g.log(next) } else { next }]
            });
            g.output("out", out);
            Executable::new(&g)
        };
        let x = Tensor::from_f32(&cpu, vec![-1.0], &[1, 1]);
        let fine = build(false).run_with(&cpu, 1, &mut |_| Some(x.clone()), KEY, check).expect("is finite");
        assert_eq!(fine[0].1.to_f32(), [-1.0]);
        let wrong = build(true).run_with(&cpu, 1, &mut |_| Some(x.clone()), KEY, check).err();
        assert!(matches!(&wrong, Some(ExecError::NotFinite { op, .. }) if op == "log"), "{wrong:?}");
    }
}
