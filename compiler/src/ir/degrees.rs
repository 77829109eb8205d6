//! The columns of masked vectors: of each element, how many places must have been drawn before it is final, and what that leaves of a
//! product with a masked matrix at one place.
//!
//! A masked autoencoder (Germain et al. 2015) gives every hidden unit a degree, the number of inputs that it may read. Here the degrees are
//! read off the masks: an element of what is drawn has the number of its place and one more, an element of a product the largest
//! degree of those that its column does not multiply by 0. Elements of degree d are computed at place d, once, from what is kept of the
//! argument; later places read them. They are kept by places, as many for each as the place with most has: `[B, places, width]`.

use super::columns::{Cut, Dep, Form, Held, Kernels, holds};
use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::shape::{Dim, Shape, Ty};
use super::value_map::ValueMap;

/// Of vectors `[.., n]`, the degree of each element.
pub(super) type Degrees = ValueMap<Option<Vec<usize>>>;

/// How the elements of a vector are kept: those of each place one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Groups {
    /// For each place, the elements that are final there, filled up to the width with the first element of all.
    elements: Vec<usize>,
    /// 0 where an element fills up, else 1.
    real: Vec<f64>,
    /// How many for each place.
    width: usize,
}

/// The place axis of a vector and its place, where it is a row of places in their order.
fn row<'d>(dep: &'d Dep, ty: &Ty) -> Option<&'d At> {
    match dep {
        Dep::Placed(p) => match p.as_slice() {
            [(1, at)] if ty.shape.rank() == 2 && holds(&ty.shape, 1, at) && at.offset == 0 => Some(at),
            _ => None,
        },
        Dep::Fixed | Dep::Whole | Dep::Here => None,
    }
}

/// The degrees of a node's elements, from those of its arguments. `lag` says so many places before its own a column reads what is drawn.
pub(super) fn of(
    body: &Graph,
    node: &Node,
    dep: (&Dep, isize),
    (all, deps): (&Degrees, &ValueMap<Dep>),
    kernels: &Kernels,
) -> Option<Vec<usize>> {
    if let (Some(at), lag) = (row(dep.0, &node.ty), dep.1) {
        let n = node.ty.shape.0.get(1).map_or(0, |d| d.n);
        return (n == at.modulo)
            .then(|| (0..n).map(|i| (i + 1).saturating_add_signed(-lag.min(n as isize))).collect());
    }
    let n = node.ty.shape.0.last().filter(|d| !d.batch)?.n;
    match (&node.op, node.args.as_slice()) {
        (Op::MatMul(_), [a, b]) if node.ty.shape.rank() == 2 && deps[*b] == Dep::Fixed => {
            let (from, live) = (all[*a].as_ref()?, live(body, *b, kernels)?);
            let degree = |o: usize| {
                let read = from.iter().enumerate().filter(|(i, _)| live.get(i * n + o) == Some(&true));
                read.map(|(_, d)| *d).max().unwrap_or(0)
            };
            Some((0..n).map(degree).collect())
        }
        (op, args) if op.rule().elementwise().is_some() && node.ty.shape.rank() == 2 => {
            let mut out = vec![0; n];
            for a in args.iter().filter(|a| deps[**a] != Dep::Fixed) {
                let from = all[*a].as_ref().filter(|d| d.len() == n)?;
                out.iter_mut().zip(from).for_each(|(o, d)| *o = (*o).max(*d));
            }
            Some(out)
        }
        _ => None,
    }
}

/// Which elements of a matrix that the body reads may differ from 0.
fn live<'k>(body: &Graph, v: Value, kernels: &'k Kernels) -> Option<&'k [bool]> {
    let Op::Input(i) = &body.node(v).op else { return None };
    let Some(Local::Read(k)) = Local::named(&i.name) else { return None };
    kernels.get(&k).map(Vec::as_slice)
}

impl Groups {
    /// Of elements with these degrees, over so many places: `None` where a place has half of them or more, and little is left out.
    fn new(degrees: &[usize], places: usize) -> Option<Groups> {
        let mut at: Vec<Vec<usize>> = vec![Vec::new(); places];
        for (i, d) in degrees.iter().enumerate() {
            at.get_mut(*d).into_iter().for_each(|all| all.push(i));
        }
        let width = at.iter().map(Vec::len).max().filter(|w| *w > 0 && 2 * w <= degrees.len())?;
        let (mut elements, mut real) = (Vec::new(), Vec::new());
        for (p, all) in at.iter().enumerate() {
            elements.extend(all);
            real.resize(elements.len(), 1.0);
            elements.resize((p + 1) * width, 0);
            real.resize(elements.len(), 0.0);
        }
        Some(Groups { elements, real, width })
    }
}

impl Cut<'_> {
    /// How the elements of a value are kept, where they become final place by place.
    fn groups(&self, v: Value) -> Option<(Groups, At)> {
        let at = self.known.place?;
        let made = self.known.dep[v] == Dep::Whole && self.old.shape(v).0.first().is_some_and(|d| d.batch);
        let degrees = self.known.degrees[v].as_ref().filter(|_| made)?;
        Some((Groups::new(degrees, at.modulo)?, at))
    }

    /// What is known of the left side of a product, and in which order: `[B, k]`.
    pub(super) fn operand(&mut self, v: Value) -> (Value, Option<Groups>) {
        match self.groups(v) {
            Some((groups, at)) => (self.grouped(v, &groups, at), Some(groups)),
            None => (self.all(v), None),
        }
    }

    /// The rows of a matrix in the order of an operand, those that only fill up 0.
    pub(super) fn rows(&mut self, w: Value, groups: &Groups) -> Value {
        let w = self.new.take(w, 0, groups.elements.clone());
        if groups.real.iter().all(|r| *r == 1.0) {
            return w;
        }
        let real = self.new.literal(groups.real.clone(), &[groups.real.len(), 1]);
        self.new.mul(w, real)
    }

    /// All elements that are final at the place of the iteration or before, `[B, places · width]`.
    fn grouped(&mut self, v: Value, groups: &Groups, at: At) -> Value {
        if let Some(made) = self.made.get(&(Form::Grouped, v)) {
            return *made;
        }
        let lead = self.old.shape(v).0.into_iter().take(1);
        let shape = |n: usize| Shape(lead.clone().chain([Dim::fixed(n), Dim::fixed(groups.width)]).collect());
        let column = self.group(v, groups, at);
        let one = self.new.reshape(column, shape(1));
        let held = self.new_cache(v, Held::Elements(groups.elements.clone()), Ty::f(shape(at.modulo)));
        let before = self.kept_now(held);
        let now = self.new.dyn_update(before, one, &[1], &[at]);
        self.keep(held, now);
        let flat = Shape(lead.chain([Dim::fixed(at.modulo * groups.width)]).collect());
        let made = self.new.reshape(now, flat);
        self.made.insert((Form::Grouped, v), made);
        made
    }

    /// The elements that become final at the place of the iteration, `[B, width]`.
    fn group(&mut self, v: Value, groups: &Groups, at: At) -> Value {
        if let Some(made) = self.made.get(&(Form::Group, v)) {
            return *made;
        }
        let node = self.old.node(v);
        let made = match (&node.op, node.args.as_slice()) {
            (Op::MatMul(_), [a, b]) => {
                let (a, rows) = self.operand(*a);
                let b = self.all(*b);
                let b = rows.map_or(b, |rows| self.rows(b, &rows));
                let b = self.part(b, groups, at);
                self.caused(node, Op::MatMul(MatMul), &[a, b])
            }
            (op, args) => {
                let args: Vec<Value> = args.iter().map(|a| self.beside_group(*a, groups, at)).collect();
                self.caused(node, op.clone(), &args)
            }
        };
        self.made.insert((Form::Group, v), made);
        made
    }

    /// What an argument of an elementwise op has beside the elements of the place.
    fn beside_group(&mut self, v: Value, groups: &Groups, at: At) -> Value {
        let alone = self.old.shape(v).0.last().is_none_or(|d| d.is_one());
        match self.groups(v) {
            Some((own, _)) if own == *groups => self.group(v, groups, at),
            Some((own, _)) => {
                let kept = self.grouped(v, &own, at);
                let place = |e: &usize| {
                    let found = own.elements.iter().zip(&own.real).position(|(o, r)| o == e && *r == 1.0);
                    found.unwrap_or(0)
                };
                let elements: Vec<usize> = groups.elements.iter().map(place).collect();
                let kept = self.new.take(kept, 1, elements);
                self.at_place_of(kept, 1, groups.width, at)
            }
            None if alone => self.all(v),
            None => {
                let all = self.all(v);
                self.part(all, groups, at)
            }
        }
    }

    /// The elements of the place along the last axis of a value that is known whole.
    fn part(&mut self, all: Value, groups: &Groups, at: At) -> Value {
        let axis = self.new.rank(all) - 1;
        let taken = self.new.take(all, axis, groups.elements.clone());
        self.at_place_of(taken, axis, groups.width, at)
    }

    /// `width` elements from `width` times the place along the last axis, by places first, so that a place lies together.
    fn at_place_of(&mut self, v: Value, axis: usize, width: usize, at: At) -> Value {
        let shape = self.new.shape(v);
        let lead: Vec<Dim> = shape.0.iter().take(axis).copied().collect();
        let apart = [lead.clone(), vec![Dim::fixed(at.modulo), Dim::fixed(width)]].concat();
        let apart = self.new.reshape(v, Shape(apart));
        let one = match lead.as_slice() {
            // A matrix that all iterations read is laid out before the loop.
            [d] if !d.batch && !d.is_one() => {
                let first = self.new.permute(apart, &[1, 0, 2]);
                self.new.dyn_slice(first, &[0], &[1], &[at])
            }
            _ => self.new.dyn_slice(apart, &[axis], &[1], &[at]),
        };
        self.new.reshape(one, Shape([lead, vec![Dim::fixed(width)]].concat()))
    }
}
