//! Random graphs over every op, with values that stay finite and with plenty for the optimiser to find.

use super::{BATCH, Rng};
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

/// A random graph with outputs, and inputs for it.
pub fn graph(seed: u64) -> (Graph, BTreeMap<String, Tensor64>) {
    let mut rng = Rng(seed);
    let mut g = Graph::new(format!("random \"{seed}\" \\ \n"));
    let mut inputs = BTreeMap::new();
    // Values with a derivative, and those that are inputs themselves: only these go through functions that jump.
    let mut pool = Vec::new();
    let shapes =
        ["[B, 3]", "[1, 3]", "[B, 1]", "[]", "[B, 2, 3]", "[2, 3]", "[3, 2]", "[B, 2, 4, 4]", "[2, 1, 3, 3]"];
    for (k, s) in shapes.iter().enumerate() {
        let shape: Shape = s.parse().expect("a shape");
        let name = format!("in \"{k}\", {{ // @");
        g.at = gmc_compiler::span::Span {
            start: rng.below(50) as u32,
            end: 50 + rng.below(50) as u32,
            ..Default::default()
        };
        inputs.insert(name.clone(), rng.tensor(&shape.at(BATCH), -1.5, 1.5));
        pool.push(g.input(&name, Role::Data, shape));
    }
    let raw = pool.clone();
    for c in [0.0, 1.0, -1.0, 2.5] {
        let shape = g.shape(raw[rng.below(raw.len())]);
        pool.push(g.full(c, shape));
    }
    pool.push(g.random(RandomKind::Normal, Shape::batched(&[3])));
    pool.push(g.literal(vec![0.5, -1.0, 2.0], &[1, 3]));
    for _ in 0..60 {
        g.at.end += 1;
        if let Some(v) = step(&mut g, &mut rng, &pool, &raw) {
            pool.push(v);
        }
    }
    let mut loss = g.scalar(0.0);
    for k in 0..8 {
        let v = pool[pool.len() - 1 - k];
        g.output(format!("out \"{k}\""), v);
        let bounded = g.unary(Unary::Tanh, v);
        let m = g.mean_all(bounded);
        loss = g.add(loss, m);
    }
    for (k, d) in grad(&mut g, loss, &raw).into_iter().enumerate() {
        g.output(format!("d{k}"), d);
    }
    (g, inputs)
}

/// The op when the arguments fit it.
fn attempt(g: &mut Graph, op: Op, args: &[Value]) -> Option<Value> {
    let tys: Vec<&Ty> = args.iter().map(|a| g.ty(*a)).collect();
    op.rule().infer(&tys).ok()?;
    Some(g.push(op, args))
}

fn step(g: &mut Graph, rng: &mut Rng, pool: &[Value], raw: &[Value]) -> Option<Value> {
    let x = pool[rng.below(pool.len())];
    let y = pool[rng.below(pool.len())];
    let r = raw[rng.below(raw.len())];
    let rank = g.rank(x);
    let axis = rng.below(rank.max(1));
    match rng.below(22) {
        0 | 1 => {
            let row = &ops::UNARY[rng.below(ops::UNARY.len())];
            let jumps = row.grad.is_none();
            let inside = if jumps { r } else { safe(g, x) };
            let v = g.unary(row.op, inside);
            Some(if jumps { v } else { g.unary(Unary::Tanh, v) })
        }
        2..=5 => {
            let row = &ops::BINARY[rng.below(ops::BINARY.len())];
            let (a, b) = match row.op {
                Binary::Div => (x, safe(g, y)),
                Binary::Pow => (safe(g, x), safe(g, y)),
                Binary::Add | Binary::Sub | Binary::Mul | Binary::Max | Binary::Min => (x, y),
            };
            let v = attempt(g, Op::Binary(row.op), &[a, b])?;
            Some(if rng.below(3) == 0 { v } else { g.unary(Unary::Tanh, v) })
        }
        6 => {
            let row = &ops::COMPARE[rng.below(ops::COMPARE.len())];
            let c = attempt(g, Op::Compare(row.op), &[r, raw[rng.below(raw.len())]])?;
            let n = g.push(Op::Logic(Logic::Not), &[c]);
            let n = if rng.below(2) == 0 { g.push(Op::Logic(Logic::Not), &[n]) } else { n };
            let c = g.push(Op::Logic([Logic::And, Logic::Or][rng.below(2)]), &[c, n]);
            attempt(g, Op::Select(Select), &[c, x, y])
        }
        7 => {
            let b = g.cast(r, DType::B);
            let i = g.cast(b, DType::I);
            Some(g.cast(i, DType::F))
        }
        8 => Some(g.detach(x)),
        9 => {
            let shape = g.shape(y);
            attempt(g, Op::Broadcast(Broadcast { shape }), &[x])
        }
        10 | 11 => {
            let kind = [ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max][rng.below(3)];
            let axes = (0..rank).filter(|_| rng.below(2) == 0).collect();
            let v = attempt(g, Op::Reduce(Reduce { kind, axes }), &[x])?;
            Some(g.unary(Unary::Tanh, v))
        }
        12 => {
            let v = attempt(g, Op::MatMul(MatMul), &[x, y])?;
            Some(g.unary(Unary::Tanh, v))
        }
        13 => {
            let geom = ConvGeom {
                stride: [1 + rng.below(2), 1],
                pad: [rng.below(2), 1],
                dilation: [1, 1],
                groups: 2,
            };
            let (image, kernel) = (raw[7], raw[8]);
            let v = attempt(g, Op::Conv2d(Conv2d(geom)), &[image, kernel])?;
            let v = g.unary(Unary::Tanh, v);
            let back = g.conv_transpose2d(v, kernel, geom, [0, 0]);
            Some(g.unary(Unary::Tanh, back))
        }
        14 => {
            let n = g.shape(x).0.get(axis)?.n;
            let along = Shape(
                g.shape(x)
                    .0
                    .iter()
                    .enumerate()
                    .map(|(i, d)| if i == axis { Dim::fixed(2) } else { *d })
                    .collect(),
            );
            let full = Op::Full(Full { value: rng.below(n) as f64, dtype: DType::I, shape: along });
            let i = g.push(full, &[]);
            Some(g.gather(x, i, axis))
        }
        15 => {
            let table = raw[5];
            let i = g.iota(Shape::fixed(&[2]), 0);
            Some(g.push(Op::Lookup(Lookup), &[table, i]))
        }
        16 => {
            let n = g.shape(x).0.get(axis).filter(|d| !d.batch)?.n;
            let start = rng.below(2);
            let indices = (0..n).map(|k| if start == 0 { k } else { rng.below(n) }).collect();
            let v = g.take(x, axis, indices);
            Some(if rng.below(2) == 0 {
                g.put(v, axis, (0..n).map(|_| rng.below(n + 1)).collect(), n + 1)
            } else {
                v
            })
        }
        17 => {
            let (n, batch) = g.shape(x).count();
            let dims = if batch == 1 { vec![Dim::BATCH, Dim::fixed(n)] } else { vec![Dim::fixed(1); 1] };
            attempt(g, Op::Reshape(Reshape { shape: Shape(dims) }), &[x])
        }
        18 => {
            let mut perm: Vec<usize> = (0..rank).collect();
            if rank > 1 {
                perm.swap(rng.below(rank), rng.below(rank));
            }
            let once = g.permute(x, &perm);
            Some(if rng.below(2) == 0 { g.permute(once, &perm) } else { once })
        }
        19 => {
            let n = g.shape(x).0.get(axis).filter(|d| !d.batch)?.n;
            let v = g.pad(x, axis, rng.below(2), rng.below(2));
            attempt(g, Op::Slice(Slice { axis, start: rng.below(2), len: n }), &[v])
        }
        20 => {
            let z = g.neg(x);
            let v = attempt(g, Op::Concat(Concat { axis }), &[x, z])?;
            let n = g.shape(x).0.get(axis)?.n;
            attempt(g, Op::Slice(Slice { axis, start: rng.below(n + 1), len: n }), &[v]).or(Some(v))
        }
        _ => {
            let c = [0.0, 1.0, -1.0, 0.5, 3.0][rng.below(5)];
            let v = if rng.below(2) == 0 { g.mul_c(x, c) } else { g.add_c(x, c) };
            Some(if rng.below(2) == 0 { g.neg(v) } else { v })
        }
    }
}

/// A value in (0.2, 1.2): inside every function's domain.
fn safe(g: &mut Graph, x: Value) -> Value {
    let s = g.sigmoid(x);
    g.add_c(s, 0.2)
}
