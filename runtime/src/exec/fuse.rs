//! Runs a [`Kernel`] on CPU tensors: blocks of [`BLOCK`] elements go through all its instructions while they are in cache,
//! and blocks are shared out among threads. A result takes over the buffer of an argument that nobody else holds.
//!
//! Subnormal numbers (below 1.2e-38) that leave a program become 0: an optimizer's averages of a gradient that stays zero, as that of the
//! weights of a pixel that is always black, fall among them after some 800 steps and never leave, and a processor takes a hundred times
//! as long for each.

use super::axes::burn_shape;
use super::kernel::{Code, Instr, Kernel, Src};
use super::math;
use super::sums;
use super::tensor::Tensor;
use super::views::{self, Rows};
use burn::backend::flex::FlexTensor;
use burn::backend::{BoolStore, DType as BurnType, TensorData};
use gmc_compiler::ir::op::{Binary, Compare, Logic, ReduceKind, Unary};
use gmc_compiler::ir::shape::DType;
use rayon::prelude::*;
use std::cell::RefCell;

/// Elements per block: a register is 2 KiB, so that a dozen of them stay in the first cache.
const BLOCK: usize = 512;
/// Work (in additions) below which one thread is faster than two.
const PARALLEL: usize = 200_000;

/// How an input is read.
#[derive(Clone, Copy)]
enum Feed {
    /// One value for all elements.
    Splat(f32),
    /// The element at the same place.
    Full(*const f32),
    /// The element at `(i / repeat) % period`.
    Cycle { data: *const f32, repeat: usize, period: usize },
    /// The element at `i / len * step + i % len`.
    Rows { data: *const f32, len: usize, step: usize },
    /// Truth values, at `(i / repeat) % period`.
    Truth { data: *const u8, repeat: usize, period: usize },
}

#[derive(Clone, Copy)]
enum Sink {
    Number(*mut f32),
    Truth(*mut u8),
    /// The sum of each block.
    Sum(*mut f32),
}

/// A kernel with its buffers.
///
/// Safety: the pointers are to buffers held by [`run`] for as long as the job lives, of at least the length that the feed says
/// (`total`, or `period`). A sink may be the buffer of a `Full` feed; blocks do not overlap, each is run by one thread, and a
/// thread reads all feeds of its block before it writes a sink.
struct Job<'a> {
    kernel: &'a Kernel,
    feeds: Vec<Feed>,
    sinks: Vec<Sink>,
    total: usize,
}

// SAFETY: see [`Job`]: threads write disjoint parts of the sinks, and read only what no other thread writes.
unsafe impl Sync for Job<'_> {}

#[derive(Default)]
struct Scratch {
    regs: Vec<Vec<f32>>,
    inputs: Vec<Vec<f32>>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

enum Held {
    /// The buffer of an argument, taken over.
    Reused(FlexTensor),
    Number(Vec<f32>),
    Truth(Vec<u8>),
    /// Sums of the blocks, and what the sum of them is multiplied by.
    Sum(Vec<f32>, f32),
}

/// Runs `kernel` with results of axes `dims`. `args` are its inputs in order, on the CPU; one given as the only handle to its
/// buffer may be overwritten.
pub fn run(kernel: &Kernel, args: Vec<Tensor>, dims: &[usize]) -> Option<Vec<Tensor>> {
    let total: usize = dims.iter().product();
    let mut held: Vec<Option<FlexTensor>> = Vec::with_capacity(args.len());
    let mut feeds = Vec::with_capacity(args.len());
    for arg in args {
        let (t, fed) = feed(arg, dims, total)?;
        feeds.push(fed);
        held.push(Some(t));
    }
    let mut results = Vec::with_capacity(kernel.outputs.len());
    let mut sinks = Vec::with_capacity(kernel.outputs.len());
    for (dtype, fold) in kernel.dtypes.iter().zip(&kernel.folds) {
        let (result, sink) = match dtype {
            DType::F if fold.is_some() => {
                let mut v = vec![0.0; total.div_ceil(BLOCK)];
                let p = v.as_mut_ptr();
                let scale = if *fold == Some(ReduceKind::Mean) { (1.0 / total as f64) as f32 } else { 1.0 };
                (Held::Sum(v, scale), Sink::Sum(p))
            }
            DType::F => match reuse(kernel, &mut held, &mut feeds, total) {
                Some((t, p)) => (Held::Reused(t), Sink::Number(p)),
                None => {
                    let mut v = Vec::<f32>::with_capacity(total);
                    let p = v.as_mut_ptr();
                    (Held::Number(v), Sink::Number(p))
                }
            },
            DType::B => {
                let mut v = Vec::<u8>::with_capacity(total);
                let p = v.as_mut_ptr();
                (Held::Truth(v), Sink::Truth(p))
            }
            DType::I => return None,
        };
        results.push(result);
        sinks.push(sink);
    }
    execute(&Job { kernel, feeds, sinks, total });
    let wrap = |(held, dtype): (Held, &DType)| {
        let mut dims = dims.to_vec();
        let t = match held {
            Held::Sum(parts, scale) => {
                dims.fill(1);
                let sum = sums::sums(&parts, [1, parts.len(), 1]).into_iter().map(|x| x * scale).collect();
                FlexTensor::from_data(TensorData::new(sum, burn_shape(&dims)))
            }
            Held::Reused(t) => t.with_layout(burn::backend::flex::Layout::contiguous(burn_shape(&dims))),
            Held::Number(mut v) => {
                // SAFETY: the capacity is `total`, and every block of the sink was written.
                unsafe { v.set_len(total) };
                FlexTensor::from_data(TensorData::new(v, burn_shape(&dims)))
            }
            Held::Truth(mut v) => {
                // SAFETY: as above.
                unsafe { v.set_len(total) };
                let ty = BurnType::Bool(BoolStore::Native);
                FlexTensor::from_data(TensorData::from_bytes_vec(v, burn_shape(&dims), ty))
            }
        };
        Tensor::from_flex(t, *dtype, &dims)
    };
    Some(results.into_iter().zip(&kernel.dtypes).map(wrap).collect())
}

/// How an input is read where results have the axes `dims`, and what holds it; `None` where it does not fit.
fn feed(arg: Tensor, dims: &[usize], total: usize) -> Option<(FlexTensor, Feed)> {
    let pattern = pattern(dims, arg.shape());
    let arg = if pattern.is_none() { arg.expanded(dims) } else { arg };
    let (repeat, period) = pattern.unwrap_or((1, total));
    let dtype = arg.dtype();
    let t = arg.into_flex().ok()?;
    if let Some(feed) = lying(&t, dtype, total).filter(|_| repeat == 1 && period == total) {
        return Some((t, feed));
    }
    let t = dense(t);
    let feed = match dtype {
        DType::F => {
            let data = t.storage::<f32>();
            match data.first() {
                Some(first) if data.len() == 1 => Feed::Splat(*first),
                _ if data.len() < period => return None,
                _ if repeat == 1 && period == total => Feed::Full(data.as_ptr()),
                _ => Feed::Cycle { data: data.as_ptr(), repeat, period },
            }
        }
        DType::B => {
            if t.bytes().len() < period {
                return None;
            }
            Feed::Truth { data: t.bytes().as_ptr(), repeat, period }
        }
        DType::I => return None,
    };
    Some((t, feed))
}

/// How numbers, one for each result, are read where they lie.
fn lying(t: &FlexTensor, dtype: DType, total: usize) -> Option<Feed> {
    let Rows { first, len, step } = views::rows(t).filter(|_| dtype == DType::F && total > 1)?;
    let data = t.storage::<f32>().get(first..)?;
    let needed = (total / len - 1) * step + len;
    if !total.is_multiple_of(len) || data.len() < needed {
        return None;
    }
    let data = data.as_ptr();
    Some(if len == total { Feed::Full(data) } else { Feed::Rows { data, len, step } })
}

/// The tensor with its elements in order from the start of its buffer, and nothing behind them.
pub(super) fn dense(t: FlexTensor) -> FlexTensor {
    let size = if t.dtype() == BurnType::F32 { 4 } else { 1 };
    let layout = t.layout();
    if t.is_contiguous() && layout.start_offset() == 0 && t.bytes().len() == layout.num_elements() * size {
        t
    } else {
        t.to_contiguous()
    }
}

/// An input whose buffer a result can take over: read at the same place, held by nobody else, and not itself a result (which
/// would be read after the first sink of its block was written).
fn reuse(
    kernel: &Kernel,
    held: &mut [Option<FlexTensor>],
    feeds: &mut [Feed],
    total: usize,
) -> Option<(FlexTensor, *mut f32)> {
    for (i, (slot, feed)) in held.iter_mut().zip(feeds).enumerate() {
        if !matches!(feed, Feed::Full(_)) || kernel.results.contains(&Src::In(i)) {
            continue;
        }
        let buffer = slot.as_mut().and_then(|t| t.try_storage_mut::<f32>()).filter(|s| s.len() == total);
        let Some(p) = buffer.map(|s| s.as_mut_ptr()) else { continue };
        // From here on the buffer is read through the pointer that writes it.
        *feed = Feed::Full(p.cast_const());
        return slot.take().map(|t| (t, p));
    }
    None
}

/// `(repeat, period)` such that element `i` of the result reads element `(i / repeat) % period` of the argument; `None`
/// where no such pair exists (an axis broadcast between two that are not).
fn pattern(out: &[usize], arg: &[usize]) -> Option<(usize, usize)> {
    if arg.iter().product::<usize>() == 1 {
        return Some((1, 1));
    }
    if out.len() != arg.len() {
        return None;
    }
    let (mut repeat, mut period, mut cycling) = (1, 1, false);
    for (o, a) in out.iter().zip(arg).rev().filter(|(o, _)| **o != 1) {
        match (o == a, cycling, period) {
            (true, false, _) => period *= o,
            (true, true, _) => return None,
            (false, _, 1) => repeat *= o,
            (false, _, _) => cycling = true,
        }
    }
    Some((repeat, period))
}

fn execute(job: &Job) {
    let blocks = job.total.div_ceil(BLOCK);
    if job.total * job.kernel.cost < PARALLEL || blocks < 2 {
        range(job, 0, blocks);
        return;
    }
    let per = blocks.div_ceil(rayon::current_num_threads() * 4);
    (0..blocks.div_ceil(per)).into_par_iter().for_each(|t| range(job, t * per, ((t + 1) * per).min(blocks)));
}

fn range(job: &Job, from: usize, to: usize) {
    SCRATCH.with_borrow_mut(|s| {
        let grow = |v: &mut Vec<Vec<f32>>, n: usize| {
            while v.len() < n {
                v.push(vec![0.0; BLOCK]);
            }
        };
        grow(&mut s.regs, job.kernel.regs);
        grow(&mut s.inputs, job.feeds.len());
        // The same numbers, as multiplications and additions are not joined.
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq") {
            // SAFETY: the processor has the features.
            unsafe { range_avx512(job, from, to, s) };
            return;
        } else if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            unsafe { range_avx2(job, from, to, s) };
            return;
        }
        range_any(job, from, to, s);
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn range_avx512(job: &Job, from: usize, to: usize, s: &mut Scratch) {
    range_any(job, from, to, s);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn range_avx2(job: &Job, from: usize, to: usize, s: &mut Scratch) {
    range_any(job, from, to, s);
}

#[inline(always)]
fn range_any(job: &Job, from: usize, to: usize, s: &mut Scratch) {
    for b in from..to {
        let start = b * BLOCK;
        fetch(job, start + BLOCK);
        block(job, start, BLOCK.min(job.total - start), s);
    }
}

/// Asks for what the next block reads, so that it is in the cache then.
#[inline(always)]
fn fetch(job: &Job, start: usize) {
    #[cfg(target_arch = "x86_64")]
    if start + BLOCK <= job.total {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for feed in &job.feeds {
            if let Feed::Full(p) = feed {
                for line in (start..start + BLOCK).step_by(16) {
                    // SAFETY: the buffer has these elements; nothing is read.
                    unsafe { _mm_prefetch::<_MM_HINT_T0>(p.add(line).cast()) };
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Operand<'a> {
    Each(&'a [f32]),
    All(f32),
}

#[inline(always)]
fn block(job: &Job, start: usize, len: usize, s: &mut Scratch) {
    for (feed, buf) in job.feeds.iter().zip(&mut s.inputs) {
        match *feed {
            Feed::Splat(_) | Feed::Full(_) => {}
            // SAFETY: the buffer has `period` elements (see [`Job`]).
            Feed::Cycle { data, repeat, period } => {
                cycle(unsafe { std::slice::from_raw_parts(data, period) }, repeat, start, buf, len, |x| x)
            }
            // SAFETY: the rows from the first to the last lie in the buffer.
            Feed::Rows { data, len: row, step } => unsafe {
                gather(data, row, step, start, buf.get_mut(..len).unwrap_or_default())
            },
            // SAFETY: the same.
            Feed::Truth { data, repeat, period } => {
                let data = unsafe { std::slice::from_raw_parts(data, period) };
                cycle(data, repeat, start, buf, len, |x| f32::from(u8::from(x != 0)));
            }
        }
    }
    let Scratch { regs, inputs } = s;
    for i in &job.kernel.code {
        let Some(mut d) = regs.get_mut(i.dst).map(std::mem::take) else { return };
        if let Some(d) = d.get_mut(..len) {
            step(i, d, |src| operand(job, src, start, len, regs, inputs));
        }
        if let Some(r) = regs.get_mut(i.dst) {
            *r = d;
        }
    }
    for ((src, sink), leaves) in job.kernel.results.iter().zip(&job.sinks).zip(&job.kernel.leaves) {
        // The operand may be the very memory that the sink is, so it goes through a register of its own.
        match (operand(job, *src, start, len, regs, inputs), *sink) {
            (Operand::Each(v), Sink::Sum(p)) => {
                // SAFETY: there is a number for every block, and this block is run by this thread alone.
                unsafe { p.add(start / BLOCK).write(sums::run(v)) };
            }
            (Operand::All(x), Sink::Sum(p)) => {
                // SAFETY: as above.
                unsafe { p.add(start / BLOCK).write(x * len as f32) };
            }
            (Operand::Each(v), Sink::Number(p)) if *leaves => {
                // SAFETY: as below.
                unsafe { v.iter().enumerate().for_each(|(k, x)| p.add(start + k).write(normal(*x))) };
            }
            (Operand::Each(v), Sink::Number(p)) => {
                // SAFETY: `start + len <= total`, the length of the sink; both are valid for `len` elements, and may coincide.
                unsafe { std::ptr::copy(v.as_ptr(), p.add(start), len) };
            }
            (Operand::All(x), Sink::Number(p)) => {
                // SAFETY: as above.
                unsafe { (0..len).for_each(|k| p.add(start + k).write(x)) };
            }
            (Operand::Each(v), Sink::Truth(p)) => {
                // SAFETY: as above.
                unsafe {
                    v.iter().enumerate().for_each(|(k, x)| p.add(start + k).write(u8::from(*x != 0.0)))
                };
            }
            (Operand::All(x), Sink::Truth(p)) => {
                // SAFETY: as above.
                unsafe { (0..len).for_each(|k| p.add(start + k).write(u8::from(x != 0.0))) };
            }
        }
    }
}

/// 0 for a subnormal number.
#[inline(always)]
fn normal(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}

/// Copies elements `start..start + len` of a repeated vector into `buf`.
#[inline(always)]
fn cycle<T: Copy>(
    data: &[T],
    repeat: usize,
    start: usize,
    buf: &mut [f32],
    len: usize,
    f: impl Fn(T) -> f32,
) {
    let mut rest = buf.get_mut(..len).unwrap_or_default();
    let mut at = (start / repeat) % data.len();
    let mut skip = start % repeat;
    while !rest.is_empty() {
        if repeat == 1 {
            let from = data.get(at..).unwrap_or_default();
            let n = from.len().min(rest.len());
            let (head, tail) = rest.split_at_mut(n);
            head.iter_mut().zip(from).for_each(|(d, x)| *d = f(*x));
            rest = tail;
            at = 0;
        } else {
            let n = (repeat - skip).min(rest.len());
            let (head, tail) = rest.split_at_mut(n);
            head.fill(data.get(at).map_or(0.0, |x| f(*x)));
            rest = tail;
            skip = 0;
            at = if at + 1 == data.len() { 0 } else { at + 1 };
        }
    }
}

/// Copies elements from `start` on, as many as `buf` holds, of rows of `len` that lie `step` apart.
///
/// # Safety
/// These elements lie in the buffer that `data` begins.
#[inline(always)]
unsafe fn gather(data: *const f32, len: usize, step: usize, start: usize, buf: &mut [f32]) {
    let (mut row, mut skip, mut rest) = (start / len, start % len, buf);
    while !rest.is_empty() {
        let n = (len - skip).min(rest.len());
        let (head, tail) = rest.split_at_mut(n);
        // SAFETY: the caller's word.
        head.copy_from_slice(unsafe { std::slice::from_raw_parts(data.add(row * step + skip), n) });
        (row, skip, rest) = (row + 1, 0, tail);
    }
}

#[inline(always)]
fn operand<'a>(
    job: &Job,
    src: Src,
    start: usize,
    len: usize,
    regs: &'a [Vec<f32>],
    inputs: &'a [Vec<f32>],
) -> Operand<'a> {
    let none: &[f32] = &[];
    match src {
        Src::Const(c) => Operand::All(c),
        Src::Reg(r) => Operand::Each(regs.get(r).and_then(|v| v.get(..len)).unwrap_or(none)),
        Src::In(i) => match job.feeds.get(i) {
            Some(Feed::Splat(x)) => Operand::All(*x),
            // SAFETY: the buffer has `total >= start + len` elements, and this block of it is written only after the last
            // operand of the block was read.
            Some(Feed::Full(p)) => Operand::Each(unsafe { std::slice::from_raw_parts(p.add(start), len) }),
            Some(Feed::Cycle { .. } | Feed::Rows { .. } | Feed::Truth { .. }) => {
                Operand::Each(inputs.get(i).and_then(|v| v.get(..len)).unwrap_or(none))
            }
            None => Operand::All(0.0),
        },
    }
}

// Macros rather than closures: a closure as large as softplus stays a call, and its loop scalar.

/// `$d[i] = $e` for each element `$x` of an operand.
macro_rules! map1 {
    ($d:expr, $a:expr, |$x:ident| $e:expr) => {
        match $a {
            Operand::Each(a) => $d.iter_mut().zip(a).for_each(|(d, &$x)| *d = $e),
            Operand::All($x) => $d.fill($e),
        }
    };
}

/// `$d[i] = $e` for each pair of elements of two operands.
macro_rules! map2 {
    ($d:expr, $a:expr, $b:expr, |$x:ident, $y:ident| $e:expr) => {
        match ($a, $b) {
            (Operand::Each(a), Operand::Each(b)) => {
                $d.iter_mut().zip(a).zip(b).for_each(|((d, &$x), &$y)| *d = $e)
            }
            (Operand::Each(a), Operand::All($y)) => $d.iter_mut().zip(a).for_each(|(d, &$x)| *d = $e),
            (Operand::All($x), Operand::Each(b)) => $d.iter_mut().zip(b).for_each(|(d, &$y)| *d = $e),
            (Operand::All($x), Operand::All($y)) => $d.fill($e),
        }
    };
}

#[inline(always)]
fn select(d: &mut [f32], c: Operand, a: Operand, b: Operand) {
    match c {
        Operand::All(c) => map1!(d, if c != 0.0 { a } else { b }, |x| x),
        Operand::Each(c) => match (a, b) {
            (Operand::Each(a), Operand::Each(b)) => {
                d.iter_mut()
                    .zip(c)
                    .zip(a)
                    .zip(b)
                    .for_each(|(((d, c), a), b)| *d = if *c != 0.0 { *a } else { *b });
            }
            (Operand::Each(a), Operand::All(b)) => {
                map2!(d, Operand::Each(c), Operand::Each(a), |c, a| if c != 0.0 { a } else { b })
            }
            (Operand::All(a), b) => map2!(d, Operand::Each(c), b, |c, b| if c != 0.0 { a } else { b }),
        },
    }
}

#[inline(always)]
fn truth(x: bool) -> f32 {
    if x { 1.0 } else { 0.0 }
}

#[inline(always)]
fn step<'a>(i: &Instr, d: &mut [f32], get: impl Fn(Src) -> Operand<'a>) {
    let [a, b, c] = i.args;
    let a = get(a);
    match i.code {
        Code::Unary(u) => match u {
            Unary::Neg => map1!(d, a, |x| -x),
            Unary::Exp => map1!(d, a, |x| math::exp(x)),
            Unary::Log => map1!(d, a, |x| math::log(x)),
            Unary::Log1p => map1!(d, a, |x| math::log1p(x)),
            Unary::Expm1 => map1!(d, a, |x| math::expm1(x)),
            Unary::Sqrt => map1!(d, a, |x| x.sqrt()),
            Unary::Recip => map1!(d, a, |x| 1.0 / x),
            Unary::Square => map1!(d, a, |x| x * x),
            Unary::Abs => map1!(d, a, |x| x.abs()),
            Unary::Sign => map1!(d, a, |x| truth(x > 0.0) - truth(x < 0.0)),
            Unary::Floor => map1!(d, a, |x| x.floor()),
            Unary::Relu => map1!(d, a, |x| if x < 0.0 { 0.0 } else { x }),
            Unary::Step => map1!(d, a, |x| truth(x > 0.0)),
            Unary::Tanh => map1!(d, a, |x| math::tanh(x)),
            Unary::Sigmoid => map1!(d, a, |x| math::sigmoid(x)),
            Unary::Softplus => map1!(d, a, |x| math::softplus(x)),
            Unary::Sin => map1!(d, a, |x| x.sin()),
            Unary::Cos => map1!(d, a, |x| x.cos()),
            Unary::Erf => map1!(d, a, |x| libm::erff(x)),
            Unary::Lgamma => map1!(d, a, |x| math::lgamma(x)),
            Unary::Digamma => map1!(d, a, |x| math::digamma(x)),
            Unary::Trigamma => map1!(d, a, |x| math::trigamma(x)),
        },
        Code::Binary(o) => match o {
            Binary::Add => map2!(d, a, get(b), |x, y| x + y),
            Binary::Sub => map2!(d, a, get(b), |x, y| x - y),
            Binary::Mul => map2!(d, a, get(b), |x, y| x * y),
            Binary::Div => map2!(d, a, get(b), |x, y| x / y),
            Binary::Pow => map2!(d, a, get(b), |x, y| x.powf(y)),
            Binary::Max => map2!(d, a, get(b), |x, y| if x < y { y } else { x }),
            Binary::Min => map2!(d, a, get(b), |x, y| if x > y { y } else { x }),
        },
        Code::PowI(n) => map1!(d, a, |x| math::powi(x, n)),
        Code::Compare(o) => match o {
            Compare::Lt => map2!(d, a, get(b), |x, y| truth(x < y)),
            Compare::Le => map2!(d, a, get(b), |x, y| truth(x <= y)),
            Compare::Gt => map2!(d, a, get(b), |x, y| truth(x > y)),
            Compare::Ge => map2!(d, a, get(b), |x, y| truth(x >= y)),
            Compare::Eq => map2!(d, a, get(b), |x, y| truth(x == y)),
            Compare::Ne => map2!(d, a, get(b), |x, y| truth(x != y)),
        },
        Code::Logic(o) => match o {
            Logic::And => map2!(d, a, get(b), |x, y| x * y),
            Logic::Or => map2!(d, a, get(b), |x, y| if x > y { x } else { y }),
            Logic::Not => map1!(d, a, |x| 1.0 - x),
        },
        Code::Select => select(d, a, get(b), get(c)),
        Code::NonZero => map1!(d, a, |x| truth(x != 0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn broadcast_patterns() {
        assert_eq!(pattern(&[4, 5], &[4, 5]), Some((1, 20)));
        assert_eq!(pattern(&[4, 5], &[]), Some((1, 1)));
        assert_eq!(pattern(&[4, 5], &[1, 5]), Some((1, 5)));
        assert_eq!(pattern(&[4, 5], &[4, 1]), Some((5, 4)));
        assert_eq!(pattern(&[2, 3, 4, 5], &[1, 3, 1, 1]), Some((20, 3)));
        assert_eq!(pattern(&[2, 3, 1, 5], &[2, 3, 1, 1]), Some((5, 6)));
        assert_eq!(pattern(&[2, 3, 4], &[2, 1, 4]), None);
    }
}
