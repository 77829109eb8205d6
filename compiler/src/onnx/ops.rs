//! Each op of the IR as operators of ONNX.

use super::messages::{Attr, Elem, whole};
use super::special::Formula;
use super::write::Writer;
use crate::ir::{
    At, Binary, Compare, ConvGeom, DynSlice, DynUpdate, Full, Iota, Logic, Op, Pad, Put, Reduce, ReduceKind,
    Shape, Slice, Take, Ty, Unary, Wide, WideStep,
};

/// Writes one op of the arguments `args`, of types `tys`; the name of its result, of type `out`.
///
/// # Errors
/// What has no operator in ONNX.
pub(super) fn write(
    w: &mut Writer<'_>,
    op: &Op,
    args: &[&str],
    tys: &[&Ty],
    out: &Ty,
) -> Result<String, String> {
    let arg = |i: usize| args.get(i).copied().unwrap_or_default();
    let of = |i: usize| tys.get(i).map(|t| t.shape.clone()).unwrap_or_default();
    let axis = |n: usize| ("axis", Attr::Int(whole(n)));
    Ok(match op {
        Op::Input(_) | Op::Loop(_) | Op::LoopResult(_) => return Err("internal: written elsewhere".into()),
        Op::ConvWeight(_) => return Err("ONNX has no derivative of a convolution in its weights".into()),
        Op::Full(f) => full(w, f),
        Op::Literal(l) => w.constant(Elem::of(l.dtype), &l.shape.at(1), &l.data),
        Op::Iota(i) => iota(w, i),
        Op::Random(r) => w.random(r),
        Op::Count(c) => count(w, &c.shape),
        Op::Unary(u) => unary(&mut Formula { w, elem: Elem::Float }, *u, arg(0)),
        Op::Binary(b) => w.node(binary(*b), args, &[]),
        Op::Compare(c) => compare(w, *c, args),
        Op::Logic(l) => w.node(logic(*l), args, &[]),
        Op::Select(_) => w.node("Where", args, &[]),
        Op::Wide(wide) => widely(w, wide, args)?,
        Op::Cast(c) => w.cast(arg(0), Elem::of(c.to)),
        Op::Detach(_) => arg(0).to_string(),
        Op::Broadcast(b) => expand(w, arg(0), &of(0), &b.shape),
        Op::Reduce(r) => reduce(w, r, arg(0)),
        Op::ArgMax(a) => w.node("ArgMax", args, &[axis(a.axis), ("keepdims", Attr::Int(1))]),
        Op::MatMul(_) => w.node("MatMul", args, &[]),
        Op::Conv2d(c) => w.node("Conv", args, &geometry(&c.0)),
        Op::ConvTranspose2d(c) => {
            let mut attrs = geometry(&c.geom);
            attrs.push(("output_padding", Attr::Ints(c.out_pad.map(whole).to_vec())));
            w.node("ConvTranspose", args, &attrs)
        }
        Op::Gather(g) => w.node("GatherElements", args, &[axis(g.axis)]),
        Op::ScatterAdd(s) => scatter(w, &out.shape, [arg(0), arg(1)], s.axis),
        Op::Take(t) => take(w, t, arg(0)),
        Op::Put(p) => put(w, p, arg(0), &of(0), &out.shape),
        Op::Lookup(_) => w.node("Gather", args, &[axis(0)]),
        Op::LookupAdd(_) => {
            let last = w.whole_numbers(&[1]);
            let index = w.node("Unsqueeze", &[arg(0), &last], &[]);
            let zeros = zeros(w, &out.shape);
            w.node("ScatterND", &[&zeros, &index, arg(1)], &[("reduction", Attr::Text("add"))])
        }
        Op::Reshape(r) => reshape(w, arg(0), &r.shape),
        Op::Permute(p) => {
            let perm = p.perm.iter().map(|n| whole(*n)).collect();
            w.node("Transpose", args, &[("perm", Attr::Ints(perm))])
        }
        Op::Slice(s) => slice(w, s, arg(0)),
        Op::Pad(p) => pad(w, p, arg(0), of(0).rank()),
        Op::Concat(c) => w.node("Concat", args, &[axis(c.axis)]),
        Op::DynSlice(d) => dyn_slice(w, d, arg(0))?,
        Op::DynUpdate(d) => dyn_update(w, d, [arg(0), arg(1)], [&of(0), &of(1)])?,
    })
}

fn unary(f: &mut Formula<'_, '_>, op: Unary, x: &str) -> String {
    match op {
        Unary::Neg => f.op1("Neg", x),
        Unary::Exp => f.op1("Exp", x),
        Unary::Log => f.op1("Log", x),
        Unary::Log1p => f.log1p(x),
        Unary::Expm1 => f.expm1(x),
        Unary::Sqrt => f.op1("Sqrt", x),
        Unary::Recip => f.op1("Reciprocal", x),
        Unary::Square => f.op2("Mul", x, x),
        Unary::Abs => f.op1("Abs", x),
        Unary::Sign => f.op1("Sign", x),
        Unary::Floor => f.op1("Floor", x),
        Unary::Relu => f.with("Max", x, 0.0),
        Unary::Step => f.step(x),
        Unary::Tanh => f.op1("Tanh", x),
        Unary::Sigmoid => f.op1("Sigmoid", x),
        Unary::Softplus => f.softplus(x),
        Unary::Sin => f.op1("Sin", x),
        Unary::Cos => f.op1("Cos", x),
        Unary::Erf => f.op1("Erf", x),
        Unary::Lgamma => f.doubled(x, |f, x| f.lgamma(x)),
        Unary::Digamma => f.doubled(x, |f, x| f.digamma(x)),
        Unary::Trigamma => f.doubled(x, |f, x| f.trigamma(x)),
    }
}

fn binary(op: Binary) -> &'static str {
    match op {
        Binary::Add => "Add",
        Binary::Sub => "Sub",
        Binary::Mul => "Mul",
        Binary::Div => "Div",
        Binary::Pow => "Pow",
        Binary::Max => "Max",
        Binary::Min => "Min",
    }
}

fn compare(w: &mut Writer<'_>, op: Compare, args: &[&str]) -> String {
    let name = match op {
        Compare::Lt => "Less",
        Compare::Le => "LessOrEqual",
        Compare::Gt => "Greater",
        Compare::Ge => "GreaterOrEqual",
        Compare::Eq => "Equal",
        Compare::Ne => {
            let equal = w.node("Equal", args, &[]);
            return w.node("Not", &[&equal], &[]);
        }
    };
    w.node(name, args, &[])
}

fn logic(op: Logic) -> &'static str {
    match op {
        Logic::And => "And",
        Logic::Or => "Or",
        Logic::Not => "Not",
    }
}

/// A formula that is computed at double precision.
fn widely(w: &mut Writer<'_>, wide: &Wide, args: &[&str]) -> Result<String, String> {
    let doubles: Vec<String> = args.iter().map(|a| w.cast(a, Elem::Double)).collect();
    let mut made: Vec<String> = Vec::with_capacity(wide.steps.len());
    for step in &wide.steps {
        let of = |i: usize| made.get(i).cloned().unwrap_or_default();
        let name = match *step {
            WideStep::Arg(i) => doubles.get(i).cloned().ok_or("a formula lacks an argument")?,
            WideStep::Number(c) => w.number(Elem::Double, c),
            WideStep::Unary(u, a) => unary(&mut Formula { w, elem: Elem::Double }, u, &of(a)),
            WideStep::Binary(b, x, y) => w.node(binary(b), &[&of(x), &of(y)], &[]),
            WideStep::Compare(c, x, y) => compare(w, c, &[&of(x), &of(y)]),
            WideStep::Logic(Logic::Not, x, _) => w.node("Not", &[&of(x)], &[]),
            WideStep::Logic(l @ (Logic::And | Logic::Or), x, y) => w.node(logic(l), &[&of(x), &of(y)], &[]),
            WideStep::Select(c, x, y) => w.node("Where", &[&of(c), &of(x), &of(y)], &[]),
        };
        made.push(name);
    }
    let last = made.last().cloned().ok_or("a formula without steps")?;
    Ok(w.cast(&last, Elem::Float))
}

/// Repeats `x`, of axes `from`, to the axes `to`.
fn expand(w: &mut Writer<'_>, x: &str, from: &Shape, to: &Shape) -> String {
    if from == to {
        return x.to_string();
    }
    // An axis of 1 in the shape that is asked for leaves what `x` has: the batch need not be known.
    let same = from.rank() == to.rank();
    let kept = |i: usize| same && from.0.get(i) == to.0.get(i);
    let dims = to.0.iter().enumerate().map(|(i, d)| if kept(i) { crate::ir::Dim::fixed(1) } else { *d });
    let shape = w.shape(&Shape(dims.collect()));
    w.node("Expand", &[x, &shape], &[])
}

fn full(w: &mut Writer<'_>, f: &Full) -> String {
    let one = w.constant(Elem::of(f.dtype), &vec![1; f.shape.rank()], &[f.value]);
    expand(w, &one, &Shape::fixed(&vec![1; f.shape.rank()]), &f.shape)
}

fn zeros(w: &mut Writer<'_>, shape: &Shape) -> String {
    full(w, &Full { value: 0.0, dtype: crate::ir::DType::F, shape: shape.clone() })
}

fn iota(w: &mut Writer<'_>, i: &Iota) -> String {
    let Some(d) = i.shape.0.get(i.axis).copied() else { return String::new() };
    let dims = |n| {
        let one = crate::ir::Dim::fixed(1);
        Shape((0..i.shape.rank()).map(|k| if k == i.axis { n } else { one }).collect())
    };
    let row = if d.batch {
        let size = w.shape(&Shape(vec![d]));
        let (zero, one, none) =
            (w.number(Elem::Int64, 0.0), w.number(Elem::Int64, 1.0), w.whole_numbers(&[]));
        let size = w.node("Reshape", &[&size, &none], &[]);
        let row = w.node("Range", &[&zero, &size, &one], &[]);
        reshape(w, &row, &dims(d))
    } else {
        let numbers: Vec<f64> = (0..d.n).map(|n| n as f64).collect();
        w.constant(Elem::Int64, &dims(d).at(1), &numbers)
    };
    expand(w, &row, &dims(d), &i.shape)
}

/// The number of elements of a shape, as a number.
fn count(w: &mut Writer<'_>, shape: &Shape) -> String {
    let (n, power) = shape.count();
    if power == 0 {
        return w.number(Elem::Float, n as f64);
    }
    let batch = w.batch();
    let batch = w.cast(&batch, Elem::Float);
    let none = w.whole_numbers(&[]);
    let batch = w.node("Reshape", &[&batch, &none], &[]);
    let mut value = w.number(Elem::Float, n as f64);
    for _ in 0..power {
        value = w.node("Mul", &[&value, &batch], &[]);
    }
    value
}

fn reduce(w: &mut Writer<'_>, r: &Reduce, x: &str) -> String {
    let op = match r.kind {
        ReduceKind::Sum => "ReduceSum",
        ReduceKind::Mean => "ReduceMean",
        ReduceKind::Max => "ReduceMax",
    };
    if r.axes.is_empty() {
        return x.to_string();
    }
    let axes = w.whole_numbers(&r.axes);
    w.node(op, &[x, &axes], &[("keepdims", Attr::Int(1))])
}

fn geometry(g: &ConvGeom) -> Vec<(&'static str, Attr)> {
    let ints = |pair: [usize; 2]| Attr::Ints(pair.map(whole).to_vec());
    let [rows, columns] = g.pad.map(whole);
    vec![
        ("strides", ints(g.stride)),
        ("pads", Attr::Ints(vec![rows, columns, rows, columns])),
        ("dilations", ints(g.dilation)),
        ("group", Attr::Int(whole(g.groups))),
    ]
}

fn reshape(w: &mut Writer<'_>, x: &str, to: &Shape) -> String {
    // One axis follows from the others.
    let open = to.0.iter().filter(|d| d.batch).count() == 1 && to.0.iter().all(|d| d.n > 0);
    let shape = if open {
        let dims: Vec<f64> = to.0.iter().map(|d| if d.batch { -1.0 } else { d.n as f64 }).collect();
        w.constant(Elem::Int64, &[dims.len()], &dims)
    } else {
        w.shape(to)
    };
    w.node("Reshape", &[x, &shape], &[])
}

/// Adds values into zeros at indices along an axis.
fn scatter(w: &mut Writer<'_>, shape: &Shape, [index, values]: [&str; 2], axis: usize) -> String {
    let zeros = zeros(w, shape);
    let attrs = [("axis", Attr::Int(whole(axis))), ("reduction", Attr::Text("add"))];
    w.node("ScatterElements", &[&zeros, index, values], &attrs)
}

fn take(w: &mut Writer<'_>, t: &Take, x: &str) -> String {
    let index = w.whole_numbers(&t.indices);
    w.node("Gather", &[x, &index], &[("axis", Attr::Int(whole(t.axis)))])
}

fn put(w: &mut Writer<'_>, p: &Put, x: &str, from: &Shape, to: &Shape) -> String {
    let n = p.indices.len();
    let mut places = vec![n; p.size];
    for (i, at) in p.indices.iter().enumerate() {
        if let Some(place) = places.get_mut(*at).filter(|place| **place == n) {
            *place = i;
            continue;
        }
        // Two rows fall together: they are added.
        let row: Vec<f64> = p.indices.iter().map(|i| *i as f64).collect();
        let dims: Vec<usize> = (0..from.rank()).map(|k| if k == p.axis { n } else { 1 }).collect();
        let index = w.constant(Elem::Int64, &dims, &row);
        let index = expand(w, &index, &Shape::fixed(&dims), from);
        return scatter(w, to, [&index, x], p.axis);
    }
    // Each row of the result is one row of the argument, or the row of zeros behind it.
    let behind = pad(w, &Pad { axis: p.axis, before: 0, after: 1 }, x, from.rank());
    take(w, &Take { axis: p.axis, indices: places }, &behind)
}

fn slice(w: &mut Writer<'_>, s: &Slice, x: &str) -> String {
    let ends = [s.start, s.start + s.len, s.axis].map(|n| w.whole_numbers(&[n]));
    let [start, end, axis] = &ends;
    w.node("Slice", &[x, start, end, axis], &[])
}

fn pad(w: &mut Writer<'_>, p: &Pad, x: &str, rank: usize) -> String {
    let side = |n: usize| (0..rank).map(move |k| if k == p.axis { n } else { 0 });
    let pads: Vec<usize> = side(p.before).chain(side(p.after)).collect();
    let pads = w.whole_numbers(&pads);
    w.node("Pad", &[x, &pads], &[])
}

/// Where a part begins at the position of the loop, one whole number in a row.
fn start(w: &mut Writer<'_>, at: &At) -> Result<String, String> {
    let around = w.around.last().cloned().ok_or("a part of a loop stands outside of one")?;
    let (mut p, whole_number) = (around.position, |w: &mut Writer<'_>, n: f64| w.number(Elem::Int64, n));
    let last = around.count.saturating_sub(1).saturating_add_signed(at.ahead);
    if at.ahead != 0 {
        let (ahead, zero) = (whole_number(w, at.ahead as f64), whole_number(w, 0.0));
        p = w.node("Add", &[&p, &ahead], &[]);
        p = w.node("Max", &[&p, &zero], &[]);
    }
    if at.div != 1 {
        let div = whole_number(w, at.div as f64);
        p = w.node("Div", &[&p, &div], &[]);
    }
    if last / at.div.max(1) >= at.modulo {
        let modulo = whole_number(w, at.modulo as f64);
        p = w.node("Mod", &[&p, &modulo], &[]);
    }
    if at.offset != 0 {
        let offset = whole_number(w, at.offset as f64);
        p = w.node("Add", &[&p, &offset], &[]);
    }
    let row = w.whole_numbers(&[1]);
    Ok(w.node("Reshape", &[&p, &row], &[]))
}

/// Whole numbers, one in a row each, in one row.
fn row(w: &mut Writer<'_>, parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        several => {
            let parts: Vec<&str> = several.iter().map(String::as_str).collect();
            w.node("Concat", &parts, &[("axis", Attr::Int(0))])
        }
    }
}

fn dyn_slice(w: &mut Writer<'_>, d: &DynSlice, x: &str) -> Result<String, String> {
    let starts = d.at.iter().map(|at| start(w, at)).collect::<Result<Vec<String>, String>>()?;
    let starts = row(w, &starts);
    let lens = w.whole_numbers(&d.lens);
    let ends = w.node("Add", &[&starts, &lens], &[]);
    let axes = w.whole_numbers(&d.axes);
    Ok(w.node("Slice", &[x, &starts, &ends, &axes], &[]))
}

/// The part is moved to its place between zeros, and chosen where ones that are moved so come to lie.
fn dyn_update(
    w: &mut Writer<'_>,
    d: &DynUpdate,
    [x, y]: [&str; 2],
    [whole, part]: [&Shape; 2],
) -> Result<String, String> {
    let zero = w.whole_numbers(&[0]);
    let (mut before, mut after, mut lens) = (Vec::new(), Vec::new(), Vec::new());
    for axis in 0..whole.rank() {
        let size = |s: &Shape| s.0.get(axis).map_or(1, |d| d.n);
        match d.axes.iter().position(|a| *a == axis).and_then(|k| d.at.get(k)) {
            Some(at) => {
                let begin = start(w, at)?;
                let rest = w.whole_numbers(&[size(whole).saturating_sub(size(part))]);
                after.push(w.node("Sub", &[&rest, &begin], &[]));
                before.push(begin);
                lens.push(size(part));
            }
            None => {
                before.push(zero.clone());
                after.push(zero.clone());
                lens.push(1);
            }
        }
    }
    let pads = row(w, &[before, after].concat());
    let moved = w.node("Pad", &[y, &pads], &[]);
    let ones = w.constant(Elem::Float, &lens, &vec![1.0; lens.iter().product()]);
    let ones = w.node("Pad", &[&ones, &pads], &[]);
    let here = w.cast(&ones, Elem::Bool);
    Ok(w.node("Where", &[&here, &moved, x], &[]))
}
