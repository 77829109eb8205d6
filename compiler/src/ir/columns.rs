//! What one place of a loop needs: a body that computes a value for all places, to use it at one, cut down to that one.
//!
//! The body of a loop over places (a sampler, see `derive/lower/ordered`) computes everything from the canvas, which holds what is drawn so
//! far, and reads the result at the place of the iteration. Every op says, beside its shape and its derivative, where the places lie in its
//! result (`OpRule::places`) and how its result at one place comes about from its arguments at that place or in a window around it
//! (`OpRule::column`), as Halide infers the bounds of its stages (Ragan-Kelley et al. 2013, section 4.2). Pushed from the result back to
//! the canvas this leaves, for each value, the column of the place. Where a column needs earlier ones, of a convolution's window or of all
//! that attention reads, they are kept from iteration to iteration in a cache, a further carried value: so attention gets its keys and
//! values, and convolutions their rows, from no code of theirs. What an op says nothing about is computed whole, each time.
//!
//! Some values are known before their place comes: a stack of convolutions that reads the rows above has a whole row as soon as the row
//! before is drawn. Where a later convolution reads them to the right of the place, their columns run ahead of it by as many places. Others
//! are final only when their own place is drawn: their columns follow one place behind, and the one of the place itself is made each time it
//! is read (`settled.rs`).
//!
//! This is right for a body whose result at a place depends on earlier places only, each of its values at a place on that place and
//! earlier ones: the types of layers see to that. Later places of a cache are multiplied by masks that are 0, or by a weight of 0.

use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::settled::Known;
use super::shape::{DType, Dim, Shape, Ty};
use super::steps;
use std::collections::BTreeMap;

/// The axes of a value along which places lie, ascending, each with the index of the place of the iteration. On the batch axis they lie
/// one behind the other for each example.
pub type Places = Vec<(usize, At)>;

/// How a value of the body depends on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum Dep {
    /// Not at all.
    Fixed,
    /// Its element at a place depends on the canvas at that place and earlier ones.
    Placed(Places),
    /// On all of it.
    Whole,
    /// It belongs to the place of the iteration.
    Here,
}

/// Of values that a body reads, by their number: at which taps of a kernel, or elements of a matrix, row by row, they may differ from 0.
pub type Kernels = BTreeMap<usize, Vec<bool>>;

/// A loop cut down to what each place needs.
#[derive(Debug)]
pub struct Columns {
    /// One iteration; carried values behind the first are caches.
    pub body: Graph,
    /// What is kept from iteration to iteration.
    pub caches: Vec<Kept>,
    /// Products and convolutions of the old body that are computed whole each time.
    pub whole: Vec<Value>,
    /// Products of the old body of which the numbers of the place are computed, from all that they read.
    pub own: Vec<Value>,
}

/// A value of the old body that is kept from iteration to iteration, with zeros around its places.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The value.
    pub of: Value,
    /// What of it.
    pub held: Held,
    /// Zeros before the first place along each axis.
    pub front: Vec<usize>,
    /// Its type with these zeros, and the ones behind its places.
    pub ty: Ty,
    /// How many elements along each axis are the value's.
    pub len: Vec<usize>,
    /// Whether it starts as what it is of the first canvas, since its first places are read before they are computed; else it starts at 0.
    pub starts: bool,
}

/// What of a value is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// All of it, place by place.
    Places,
    /// Of a loop along the places, carried value k before each position, and behind the last.
    States(usize),
    /// These elements of a vector, as many for each place, one place's behind the other's.
    Elements(Vec<usize>),
}

/// The body of a loop that carries a canvas alone and ends by writing one place of it, for the places along `places` of the canvas.
/// `None` where it is of another form. `kernels` says of values that the body reads, by their number, at which rows and columns of a kernel
/// they may differ from 0.
pub fn columns(body: &Graph, places: &[(usize, At)], kernels: &Kernels) -> Option<Columns> {
    let [(_, last)] = body.outputs.as_slice() else { return None };
    let last = body.nodes.get(last.0 as usize)?;
    let (Op::DynUpdate(write), [canvas, drawn]) = (&last.op, last.args.as_slice()) else { return None };
    let is_canvas =
        matches!(&body.node(*canvas).op, Op::Input(i) if Local::named(&i.name) == Some(Local::Carry(0)));
    if !is_canvas {
        return None;
    }
    let mut new = Graph::new(body.name.clone());
    new.next_stream = body.next_stream;
    let known = Known::of(body, *canvas, places, kernels);
    let mut cut = Cut { canvas: *canvas, ..Cut::of(body, known, new, 0) };
    let held = cut.carry(0, body.ty(*canvas));
    cut.made.insert((Form::Whole, *canvas), held);
    let drawn = cut.here(*drawn);
    let next = cut.new.dyn_update(held, drawn, &write.axes, &write.at);
    let mut outputs = vec![next];
    for cache in cut.caches.clone() {
        outputs.push(match cache.kept.of == *canvas {
            // What is drawn now is read by later places.
            true => {
                let front = |axis: usize| cache.kept.front.get(axis).copied().unwrap_or(0);
                let places = write.axes.iter().zip(&write.at);
                let at: Vec<At> =
                    places.map(|(axis, at)| At { offset: at.offset + front(*axis), ..*at }).collect();
                cut.new.dyn_update(cache.now, drawn, &write.axes, &at)
            }
            false => cache.now,
        });
    }
    for (k, v) in outputs.into_iter().enumerate() {
        cut.new.output(Local::Carry(k).to_string(), v);
    }
    let caches = cut.caches.into_iter().map(|c| c.kept).collect();
    Some(Columns { body: cut.new, caches, whole: cut.whole, own: cut.own })
}

/// Without axes that have one element only.
pub(super) fn many(shape: &Shape, places: Places) -> Places {
    places.into_iter().filter(|(axis, _)| shape.0.get(*axis).is_some_and(|d| !d.is_one())).collect()
}

/// The places that the arguments of an elementwise op share: `None` where they differ, or are repeated along them.
pub(super) fn shared(args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
    let mut found: Option<&Places> = None;
    for (dep, ty) in args.iter().zip(tys) {
        let Dep::Placed(p) = dep else { continue };
        let fits = p.iter().all(|(axis, at)| {
            ty.shape.0.get(*axis) == out.shape.0.get(*axis) && holds(&out.shape, *axis, at)
        });
        if !fits || ty.shape.rank() != out.shape.rank() || found.is_some_and(|f| f != p) {
            return None;
        }
        found = Some(p);
    }
    found.cloned()
}

/// Whether an axis has an element for every place.
pub(super) fn holds(shape: &Shape, axis: usize, at: &At) -> bool {
    shape.0.get(axis).is_some_and(|d| d.n >= at.modulo + at.offset)
}

/// The places of the one argument, which stay on their axes.
pub(super) fn kept(args: &[&Dep]) -> Option<Places> {
    match args {
        [Dep::Placed(p)] => Some(p.clone()),
        _ => None,
    }
}

/// Where the places along axes of `from` lie in `to`, which holds the same elements row by row: on an axis of the same size with the same
/// elements behind it, or together with the place axis behind them on one axis, or apart on two; also where that is the batch axis.
pub(super) fn reshaped(places: &Places, from: &Shape, to: &Shape) -> Option<Places> {
    let ((from, front), (to, back)) = (apart(from), apart(to));
    let places: Places = places.iter().map(|(axis, at)| (axis + front, *at)).collect();
    let onto = |(axis, at): (usize, At)| {
        let whole = to.0.get(axis).is_some_and(|d| d.n == at.modulo) && at.offset == 0;
        match (axis.checked_sub(back), axis) {
            (Some(0), 1) if !whole => None,
            (moved, _) => Some((moved?, at)),
        }
    };
    reshaped_apart(&places, &from, &to)?.into_iter().map(onto).collect()
}

/// With what lies on the batch axis beside the examples on an axis of its own, and how many axes that adds.
fn apart(shape: &Shape) -> (Shape, usize) {
    match shape.0.split_first() {
        Some((first, rest)) if first.batch && first.n > 1 => {
            (Shape([&[Dim::BATCH, Dim::fixed(first.n)], rest].concat()), 1)
        }
        _ => (shape.clone(), 0),
    }
}

/// The same where nothing lies beside the examples on the batch axis.
fn reshaped_apart(places: &Places, from: &Shape, to: &Shape) -> Option<Places> {
    let behind = |s: &Shape, axis: usize| -> usize { s.0.iter().skip(axis + 1).map(|d| d.n).product() };
    let size = |s: &Shape, axis: usize| s.0.get(axis).map_or(1, |d| d.n);
    let fixed = |s: &Shape, axis: usize| s.0.iter().skip(axis).all(|d| !d.batch);
    let find = |n: usize, rest: usize| {
        (0..to.rank()).find(|b| size(to, *b) == n && behind(to, *b) == rest && fixed(to, *b))
    };
    let mut out = Places::new();
    let mut todo = places.iter().peekable();
    while let Some((axis, at)) = todo.next() {
        if !fixed(from, *axis) {
            return None;
        }
        let (n, rest) = (size(from, *axis), behind(from, *axis));
        if let Some(b) = find(n, rest) {
            out.push((b, *at));
            continue;
        }
        // Rows and columns on one axis.
        if let Some((next, inner)) = todo.peek() {
            let m = size(from, *next);
            let together = At { div: inner.div, modulo: at.modulo * inner.modulo, offset: 0, ahead: 0 };
            let follows = at.div == inner.div * inner.modulo && at.offset == 0 && inner.offset == 0;
            let whole = at.modulo == n && inner.modulo == m;
            if let Some(b) =
                find(n * m, behind(from, *next)).filter(|_| follows && whole && *next == axis + 1)
            {
                out.push((b, together));
                todo.next();
                continue;
            }
        }
        // One axis as rows and columns.
        let split = (0..to.rank().saturating_sub(1))
            .find(|b| size(to, *b) * size(to, b + 1) == n && behind(to, b + 1) == rest && fixed(to, *b));
        let b = split.filter(|_| at.modulo == n && at.offset == 0)?;
        let columns = size(to, b + 1);
        out.push((b, At { div: at.div * columns, modulo: n / columns, offset: 0, ahead: 0 }));
        out.push((b + 1, At { div: at.div, modulo: columns, offset: 0, ahead: 0 }));
    }
    Some(out)
}

/// What of a value is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The column so many places behind the place of the iteration.
    Column(isize),
    /// All of it.
    Whole,
    /// As it is, where it belongs to the place.
    Here,
    /// The elements of a masked vector that become final at the place.
    Group,
    /// Those and all before.
    Grouped,
}

/// A cache and its value once what this iteration finds is in it.
#[derive(Clone, Debug)]
struct Cache {
    kept: Kept,
    now: Value,
}

/// A body under construction, from one that computes everything whole.
pub struct Cut<'a> {
    pub(super) old: &'a Graph,
    pub(super) known: Known,
    pub(super) new: Graph,
    canvas: Value,
    /// By how many places the columns that are being made lie behind the place of the iteration.
    lead: isize,
    pub(super) made: BTreeMap<(Form, Value), Value>,
    caches: Vec<Cache>,
    whole: Vec<Value>,
    own: Vec<Value>,
    /// Of loops along the places, what their bodies make so many places behind that of the iteration.
    steps: BTreeMap<(isize, Value), Vec<Value>>,
    /// Values of which all places are final, as they are.
    finals: BTreeMap<Value, Value>,
    /// The caches of their states, by the loop and the number of the carried value.
    states: BTreeMap<(Value, usize), usize>,
}

impl Cut<'_> {
    /// The new body.
    pub fn graph(&mut self) -> &mut Graph {
        &mut self.new
    }
    /// The type of a value of the old body.
    pub fn ty(&self, v: Value) -> &Ty {
        self.old.ty(v)
    }
    /// The places of a value of the old body; none where it has none.
    pub fn places(&self, v: Value) -> &[(usize, At)] {
        match &self.known.dep[v] {
            Dep::Placed(p) => p,
            Dep::Fixed | Dep::Whole | Dep::Here => &[],
        }
    }
    /// The shape with one element along each of these axes.
    pub fn one_place(shape: &Shape, places: &[(usize, At)]) -> Shape {
        let mut one = shape.clone();
        for (axis, at) in places {
            if let Some(d) = one.0.get_mut(*axis) {
                *d = if d.batch { Dim { n: d.n / at.modulo.max(1), ..*d } } else { Dim::fixed(1) };
            }
        }
        one
    }
    /// Pushes an op of the new body.
    pub fn push(&mut self, op: Op, args: &[Value]) -> Value {
        self.new.push(op, args)
    }

    /// Pushes an op of the new body that a node of the spec causes.
    pub(super) fn caused(&mut self, node: &Node, op: Op, args: &[Value]) -> Value {
        self.new.at = node.span;
        self.new.push(op, args)
    }
    /// Whether a value of the old body has places.
    pub(super) fn is_placed(&self, v: Value) -> bool {
        matches!(self.known.dep[v], Dep::Placed(_))
    }
    /// A value that an iteration of a loop along the places reads: its column, or all of what has none. What it does not read may be anything.
    pub(super) fn read_here(&mut self, v: Value) -> Value {
        if self.is_placed(v) { self.column(v) } else { self.all(v) }
    }
    /// The number of the cache of the states of carried value `k` of a loop, 0 before the first place.
    pub(super) fn state(&mut self, v: Value, k: usize, ty: &Ty) -> usize {
        if let Some(cache) = self.states.get(&(v, k)) {
            return *cache;
        }
        let cache = self.new_cache(v, Held::States(k), ty.clone());
        self.states.insert((v, k), cache);
        cache
    }
    /// The number of a new cache of what is made of a value, 0 at first.
    pub(super) fn new_cache(&mut self, v: Value, held: Held, ty: Ty) -> usize {
        let cache = self.caches.len();
        let now = self.carry(cache + 1, &ty);
        let len = ty.shape.0.iter().map(|d| d.n).collect();
        let kept = Kept { of: v, held, front: vec![0; ty.shape.rank()], ty, len, starts: false };
        self.caches.push(Cache { kept, now });
        cache
    }
    /// What a cache is, with what this iteration has found so far in it.
    pub(super) fn kept_now(&self, cache: usize) -> Value {
        self.caches.get(cache).map_or(self.canvas, |c| c.now)
    }
    /// Says what a cache is from here on.
    pub(super) fn keep(&mut self, cache: usize, now: Value) {
        self.caches.get_mut(cache).into_iter().for_each(|c| c.now = now);
    }
    /// The column of what a loop along the places keeps for each position: a step of it. Places behind that of the iteration, whose states
    /// were not final when they were made, are made before it.
    pub(super) fn stepped(&mut self, v: Value) -> Value {
        let old = self.old;
        let place = self.places(v).iter().find(|(axis, _)| *axis == 0).map(|(_, at)| *at);
        let (Some((of, l, k)), Some(at)) = (steps::of(old, old.node(v)), place) else { return self.all(v) };
        for lead in self.known.lead(v).min(self.lead)..=self.lead {
            if !self.steps.contains_key(&(lead, of)) {
                let at = self.led(at, lead);
                let made = self.leading(lead, |cut| cut.step(of, l, &old.node(of).args, at));
                self.steps.insert((lead, of), made);
            }
        }
        match self.steps.get(&(self.lead, of)).and_then(|m| m.get(k).copied()) {
            Some(one) => {
                let shape = self.shape_here(v);
                self.new.reshape(one, shape)
            }
            None => self.all(v),
        }
    }

    /// A cut of the body of a loop, at the same place and into the same body, which is handed over until it is taken back.
    pub(super) fn inside<'b>(&mut self, body: &'b Graph, known: Known) -> Cut<'b> {
        Cut::of(body, known, std::mem::take(&mut self.new), self.lead)
    }
    /// With nothing cut so far.
    fn of(old: &Graph, known: Known, new: Graph, lead: isize) -> Cut<'_> {
        Cut {
            old,
            known,
            new,
            canvas: Value(u32::MAX),
            lead,
            made: BTreeMap::new(),
            caches: Vec::new(),
            whole: Vec::new(),
            own: Vec::new(),
            steps: BTreeMap::new(),
            finals: BTreeMap::new(),
            states: BTreeMap::new(),
        }
    }
    /// Says what a value comes to in a form.
    pub(super) fn set(&mut self, form: Form, v: Value, made: Value) {
        self.made.insert((form, v), made);
    }
    /// Says what the column of a value is.
    pub(super) fn set_column(&mut self, v: Value, column: Value) {
        self.set(Form::Column(self.lead), v, column);
    }
    /// Says what a value is of which all places are final.
    pub(super) fn set_final(&mut self, v: Value, all: Value) {
        let places = self.places(v).to_vec();
        self.set(Form::Whole, v, all);
        self.finals.insert(v, all);
        let column = self.cut(all, &places);
        self.set_column(v, column);
    }
    /// A place as seen from the columns that are being made.
    pub(super) fn here_led(&self, at: At) -> At {
        self.led(at, self.lead)
    }

    fn carry(&mut self, k: usize, ty: &Ty) -> Value {
        let input = Input {
            name: Local::Carry(k).to_string(),
            role: Role::Local,
            dtype: ty.dtype,
            shape: ty.shape.clone(),
        };
        self.new.push(Op::Input(input), &[])
    }

    /// A value at the place of the iteration, where it belongs to it.
    fn here(&mut self, v: Value) -> Value {
        if let Some(made) = self.made.get(&(Form::Here, v)) {
            return *made;
        }
        let node = self.old.node(v);
        self.new.at = node.span;
        let made = match (&self.known.dep[v], &node.op, node.args.as_slice()) {
            (Dep::Fixed, ..) => return self.all(v),
            (Dep::Here, Op::DynSlice(slice), [x]) => self.sliced(slice, *x),
            (Dep::Here, op, args) => {
                let op = op.clone();
                let args: Vec<Value> = args.iter().map(|a| self.here(*a)).collect();
                self.new.at = node.span;
                self.new.push(op, &args)
            }
            // A sampler that reads the canvas beside the place.
            (Dep::Placed(_) | Dep::Whole, ..) => self.all(v),
        };
        self.made.insert((Form::Here, v), made);
        made
    }

    /// A slice of the old body at the place of the iteration.
    fn sliced(&mut self, slice: &DynSlice, x: Value) -> Value {
        let one = slice.lens.iter().all(|n| *n == 1);
        let asked: Places = slice.axes.iter().copied().zip(slice.at.iter().copied()).collect();
        let (column, rest) = match self.known.dep[x].clone() {
            Dep::Placed(p) if one && p.iter().all(|place| asked.contains(place)) => {
                (self.column(x), asked.into_iter().filter(|a| !p.contains(a)).collect())
            }
            Dep::Whole if one => match asked.as_slice() {
                [(axis, at)] => match self.sunk(x, *axis, *at, 1) {
                    Some(v) => return v,
                    None => (self.all(x), asked),
                },
                _ => (self.all(x), asked),
            },
            Dep::Placed(_) | Dep::Whole | Dep::Fixed | Dep::Here => {
                let all = self.all(x);
                return self.new.dyn_slice(all, &slice.axes, &slice.lens, &slice.at);
            }
        };
        self.cut(column, &rest)
    }

    /// One element along each of these axes.
    fn cut(&mut self, v: Value, places: &[(usize, At)]) -> Value {
        if places.is_empty() {
            return v;
        }
        let (axes, at): (Vec<usize>, Vec<At>) =
            places.iter().map(|(axis, at)| (*axis, self.led(*at, self.lead))).unzip();
        self.new.dyn_slice(v, &axes, &vec![1; axes.len()], &at)
    }

    /// `block` elements from `block · (place)` along one axis of a value that is computed whole: of a product with a fixed matrix on the
    /// right, only those columns are made. `None` where nothing is saved.
    fn sunk(&mut self, v: Value, axis: usize, at: At, block: usize) -> Option<Value> {
        let node = self.old.node(v);
        match (&self.known.dep[v], &node.op, node.args.as_slice()) {
            (Dep::Fixed, ..) => Some(self.block(v, axis, at, block)),
            (_, Op::MatMul(_), [a, b])
                if self.known.dep[*b] == Dep::Fixed && axis + 1 == node.ty.shape.rank() =>
            {
                let (a, rows) = self.operand(*a);
                let all = self.all(*b);
                match rows {
                    Some(rows) => {
                        let all = self.rows(all, &rows);
                        let b = self.block_of(all, self.old.rank(*b) - 1, at, block);
                        Some(self.new.matmul(a, b))
                    }
                    None => {
                        let b = self.block_of(all, self.old.rank(*b) - 1, at, block);
                        self.own.push(v);
                        Some(self.new.matmul(a, b))
                    }
                }
            }
            (_, Op::Permute(p), [x]) => {
                let y = self.sunk(*x, *p.perm.get(axis)?, at, block)?;
                Some(self.new.permute(y, &p.perm))
            }
            (_, Op::Reshape(_), [x]) => {
                // [.., n·block] seen as [.., n, block].
                let (from, to) = (self.old.shape(*x), node.ty.shape.clone());
                let behind: usize = to.0.iter().skip(axis + 1).map(|d| d.n).product();
                let same_front = from.0.get(..axis) == to.0.get(..axis);
                if block != 1 || !same_front || from.rank() != axis + 1 {
                    return None;
                }
                let y = self.sunk(*x, axis, at, behind)?;
                let shape = Cut::one_place(&to, &[(axis, at)]);
                Some(self.new.reshape(y, shape))
            }
            (_, op, args) if op.rule().elementwise().is_some() => {
                let sunk: Option<Vec<Value>> = args
                    .iter()
                    .map(|a| match self.old.shape(*a).0.get(axis) {
                        Some(d) if !d.is_one() => self.sunk(*a, axis, at, block),
                        Some(_) | None => Some(self.all(*a)),
                    })
                    .collect();
                let op = op.clone();
                Some(self.new.push(op, &sunk?))
            }
            _ => None,
        }
    }

    /// `block` elements from `block · (place)` along one axis of a fixed value.
    fn block(&mut self, v: Value, axis: usize, at: At, block: usize) -> Value {
        let all = self.all(v);
        self.block_of(all, axis, at, block)
    }

    /// The same of a value of the new body.
    fn block_of(&mut self, all: Value, axis: usize, at: At, block: usize) -> Value {
        let shape = self.new.shape(all);
        let mut apart = shape.0.clone();
        let n = apart.get(axis).map_or(1, |d| d.n) / block.max(1);
        apart.splice(axis..=axis, [Dim::fixed(n), Dim::fixed(block)]);
        let apart = self.new.reshape(all, Shape(apart));
        let one = self.new.dyn_slice(apart, &[axis], &[1], &[at]);
        let mut dims = shape.0;
        if let Some(d) = dims.get_mut(axis) {
            *d = Dim::fixed(block);
        }
        self.new.reshape(one, Shape(dims))
    }

    /// All of a value, computed as the old body does.
    pub fn all(&mut self, v: Value) -> Value {
        if let Some(made) = self.made.get(&(Form::Whole, v)) {
            return *made;
        }
        let node = self.old.node(v);
        let args: Vec<Value> = node.args.iter().map(|a| self.all(*a)).collect();
        self.new.at = node.span;
        if self.known.dep[v] != Dep::Fixed && costs(&node.op) {
            self.whole.push(v);
        }
        let made = self.new.push(node.op.clone(), &args);
        self.made.insert((Form::Whole, v), made);
        made
    }

    /// `at` for columns that lie so many places behind the place of the iteration.
    fn led(&self, at: At, lead: isize) -> At {
        At { ahead: lead * self.known.unit as isize, ..at }
    }

    /// What `make` does, of columns that lie so many places behind the place of the iteration.
    fn leading<T>(&mut self, lead: isize, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.lead, lead);
        let made = make(self);
        self.lead = before;
        made
    }

    /// A value at the place of the iteration: one element along each of its axes of places.
    pub fn column(&mut self, v: Value) -> Value {
        let form = (Form::Column(self.lead), v);
        if let Some(made) = self.made.get(&form) {
            return *made;
        }
        let node = self.old.node(v);
        let dims = &node.ty.shape.0;
        let batch = |p: &Places| p.iter().any(|(axis, _)| dims.get(*axis).is_some_and(|d| d.batch));
        let made = match &self.known.dep[v] {
            Dep::Placed(places) if v == self.canvas => {
                let (places, all) = (places.clone(), self.all(v));
                self.cut(all, &places)
            }
            // What is made earlier than it is read here is kept.
            Dep::Placed(places) if self.lead < self.known.lead(v) && costs(&node.op) && !batch(places) => {
                let (places, none) = (places.clone(), vec![0; node.ty.shape.rank()]);
                let kept = self.cache(v, &none, &none);
                self.cut(kept, &places)
            }
            Dep::Placed(_) => {
                self.new.at = node.span;
                node.op.rule().column(self, v, &node.args)
            }
            Dep::Fixed | Dep::Whole | Dep::Here => self.all(v),
        };
        self.made.insert(form, made);
        made
    }

    /// An argument beside the column of a result with these places: its column, or of a fixed value what lies beside it.
    pub fn beside(&mut self, v: Value, places: &[(usize, At)]) -> Value {
        match self.known.dep[v] {
            Dep::Placed(_) => self.column(v),
            Dep::Fixed | Dep::Whole | Dep::Here => {
                let shape = self.old.shape(v);
                let cut = many(&shape, places.to_vec());
                let all = self.all(v);
                self.cut(all, &cut)
            }
        }
    }

    /// The op of `v` on the columns of its arguments.
    pub fn same(&mut self, v: Value, args: &[Value]) -> Value {
        let places = self.places(v).to_vec();
        let args: Vec<Value> = args.iter().map(|a| self.beside(*a, &places)).collect();
        self.like(v, &args)
    }

    /// The op of `v` on values of the new body.
    pub fn like(&mut self, v: Value, args: &[Value]) -> Value {
        self.new.at = self.old.node(v).span;
        self.new.push(self.old.node(v).op.clone(), args)
    }

    /// The shape of `v` at one place.
    pub fn shape_here(&self, v: Value) -> Shape {
        Cut::one_place(&self.old.shape(v), self.places(v))
    }

    /// How many of a kernel's elements along its first axis with places are read: those behind are later, and 0.
    pub fn taps_read(&self, v: Value) -> Option<usize> {
        self.known.taps[v]
    }

    /// All that is known of a value; what is later is 0, or is masked where it is read.
    pub fn history(&mut self, v: Value) -> Value {
        match self.known.dep[v] {
            Dep::Placed(_) if v != self.canvas => {
                let none = vec![0; self.old.rank(v)];
                self.cache(v, &none, &none)
            }
            Dep::Placed(_) | Dep::Fixed | Dep::Whole | Dep::Here => self.all(v),
        }
    }

    /// The part of a value from `before` places before the place of the iteration along each axis (in the order of its places), `len`
    /// places long; 0 where there are none.
    pub fn window(&mut self, v: Value, before: &[isize], len: &[usize]) -> Value {
        let places = self.places(v).to_vec();
        if before.iter().all(|b| *b == 0) && len.iter().all(|n| *n == 1) {
            return self.column(v);
        }
        let node = self.old.node(v);
        let along = |axis: usize| places.iter().position(|(a, _)| *a == axis);
        match (&node.op, node.args.as_slice()) {
            // Zeros before the first place are what the window of the value inside has there.
            (Op::Pad(p), [x]) if v != self.canvas && along(p.axis).is_some() => {
                let i = along(p.axis).unwrap_or(0);
                let mut more = before.to_vec();
                if let Some(b) = more.get_mut(i) {
                    *b += p.before as isize;
                }
                return self.window(*x, &more, len);
            }
            (Op::Slice(s), [x]) if v != self.canvas && along(s.axis).is_some() => {
                return self.window(*x, before, len);
            }
            _ => {}
        }
        let rank = node.ty.shape.rank();
        let (mut front, mut back) = (vec![0; rank], vec![0; rank]);
        for ((axis, _), (b, n)) in places.iter().zip(before.iter().zip(len)) {
            if let (Some(f), Some(e)) = (front.get_mut(*axis), back.get_mut(*axis)) {
                *f = (*b).max(0) as usize;
                *e = (*n as isize - 1 - b).max(0) as usize;
            }
        }
        let kept = match self.finals.get(&v) {
            Some(all) => {
                let around = front.iter().zip(&back).enumerate().filter(|(_, (f, b))| **f + **b > 0);
                around.fold(*all, |v, (axis, (front, back))| self.new.pad(v, axis, *front, *back))
            }
            None => self.cache(v, &front, &back),
        };
        let (mut axes, mut at) = (Vec::new(), Vec::new());
        for ((axis, place), b) in places.iter().zip(before) {
            let first = front.get(*axis).copied().unwrap_or(0) as isize - b;
            axes.push(*axis);
            let place = self.led(*place, self.lead);
            at.push(At { offset: place.offset + first.max(0) as usize, ..place });
        }
        self.new.dyn_slice(kept, &axes, len, &at)
    }

    /// The cache of a value with at least so many zeros around its places, this iteration's columns in it: made where there is none yet.
    fn cache(&mut self, v: Value, front: &[usize], back: &[usize]) -> Value {
        let kept = self.kept(v, front, back);
        let same = |c: &&Cache| c.kept.of == v && c.kept.front == front && c.kept.ty == kept.ty;
        if let Some(c) = self.caches.iter().find(same) {
            return c.now;
        }
        // Columns that are read before they are final are made anew when they are.
        let leads = if v == self.canvas { 0..0 } else { self.known.lead(v)..self.known.made(v) + 1 };
        let columns: Vec<(isize, Value)> =
            leads.map(|lead| (lead, self.leading(lead, |cut| cut.anew(v)))).collect();
        // Another cache may have been made meanwhile.
        let mut now = self.carry(self.caches.len() + 1, &kept.ty);
        for (lead, column) in columns {
            let (axes, at) = self.places_in(&kept, lead);
            now = self.new.dyn_update(now, column, &axes, &at);
        }
        self.caches.push(Cache { kept, now });
        now
    }

    /// The column of a value, computed and not read from its cache.
    fn anew(&mut self, v: Value) -> Value {
        let form = (Form::Column(self.lead), v);
        if let Some(made) = self.made.get(&form) {
            return *made;
        }
        let node = self.old.node(v);
        self.new.at = node.span;
        let made = node.op.rule().column(self, v, &node.args);
        self.made.insert(form, made);
        made
    }

    /// What the cache of a value keeps.
    fn kept(&self, v: Value, front: &[usize], back: &[usize]) -> Kept {
        let mut dims = self.old.shape(v).0;
        let mut len: Vec<usize> = dims.iter().map(|d| d.n).collect();
        let spare = self.spare(v);
        for (axis, at) in self.places(v) {
            let around = front.get(*axis).copied().unwrap_or(0) + back.get(*axis).copied().unwrap_or(0);
            let spare = spare.map_or(0, |(a, n)| if a == *axis { n } else { 0 });
            if let (Some(d), Some(n)) = (dims.get_mut(*axis), len.get_mut(*axis)) {
                *n = at.modulo + at.offset;
                *d = Dim::fixed(*n + around + spare);
            }
        }
        let ty = Ty { dtype: DType::F, shape: Shape(dims) };
        Kept { of: v, held: Held::Places, front: front.to_vec(), ty, len, starts: spare.is_some() }
    }

    /// Behind the last places, the columns that lead go on: along which axis, and so many elements.
    fn spare(&self, v: Value) -> Option<(usize, usize)> {
        let ahead = usize::try_from(self.known.lead(v)).ok().filter(|n| *n > 0 && v != self.canvas)?;
        let (axis, at) = self.places(v).iter().max_by_key(|(_, at)| at.div)?;
        Some((*axis, (ahead * self.known.unit).div_ceil(at.div.max(1))))
    }

    /// Where a column that leads by so many places is written in a cache.
    fn places_in(&self, kept: &Kept, lead: isize) -> (Vec<usize>, Vec<At>) {
        let spare = self.spare(kept.of);
        let place = |(axis, at): &(usize, At)| {
            let more = spare.map_or(0, |(a, n)| if a == *axis { n } else { 0 });
            let offset = at.offset + kept.front.get(*axis).copied().unwrap_or(0);
            (*axis, self.led(At { offset, modulo: at.modulo + more, ..*at }, lead))
        };
        self.places(kept.of).iter().map(place).unzip()
    }
}

/// Whether an op is one that costs something to compute.
fn costs(op: &Op) -> bool {
    matches!(op, Op::MatMul(_) | Op::Conv2d(_) | Op::LoopResult(_))
}
