//! Sites drawn in an order. Their density is one parallel pass, since their parameters read earlier elements only; a draw is a counted
//! loop over the places, whose body computes the parameters of all places from what is drawn so far, draws one place and writes it.
//! [`crate::ir::columns`] cuts that body down to what one place needs.

use super::{Ctx, Vars};
use crate::derive::Input;
use crate::ir::columns::Cut;
use crate::ir::outline::{Iteration, outlined};
use crate::ir::{At, Role, Scope, Value};
use crate::rows::bijection::permutation::undo;
use crate::rows::order::{Along, Order};
use crate::types::{TDist, TExpr, TKind, TOrder, TSite};

/// The axes of `[B, ..event]` along which places lie, each with the index of the place of the loop.
fn places<'a>(axes: impl Iterator<Item = &'a Along>) -> Vec<(usize, At)> {
    axes.map(|a| (a.axis + 1, At { div: a.every, modulo: a.size, offset: 0, ahead: 0 })).collect()
}

/// Whether a parameter reads earlier elements, and so is computed in the order.
fn reads_earlier(e: &TExpr) -> bool {
    let mut found = false;
    e.walk(&mut |e| found |= matches!(e.kind, TKind::Before(..)));
    found
}

impl Ctx<'_> {
    /// `[B, n, ..]` with the elements of its first axis in the order.
    pub(super) fn in_order(&mut self, order: &Order, v: Value) -> Value {
        let along = self.cx.shape(v).0.get(1).map_or(1, |d| d.n);
        match &order.permutation {
            Some(p) if along == p.len() => self.cx.take(v, 1, p.clone()),
            Some(_) | None => v,
        }
    }

    /// The names that the parameters of a site read, with the elements of the site itself in its order.
    pub(in crate::derive) fn with_earlier(&mut self, o: &TOrder, vars: &Vars) -> Vars {
        let mut inner = vars.clone();
        match vars.get(&o.site).copied() {
            Some(x) => {
                let x = self.in_order(&o.order, x);
                inner.insert(o.site.clone(), x);
                inner
            }
            None => panic!("internal: `{}` is read in its order before it has a value", o.site),
        }
    }

    /// A parameter, aligned beside the draws, in the order of the site.
    pub(super) fn param_in_order(&mut self, o: &TOrder, e: &TExpr, v: Value) -> Value {
        if reads_earlier(e) { v } else { self.in_order(&o.order, v) }
    }

    /// A draw of a site, element by element.
    pub(super) fn draw_in_order(&mut self, s: &TSite, d: &TDist, o: &TOrder, vars: &Vars) -> Value {
        let shape = self.shape(&s.ty.shape);
        let known = (self.completing && s.observed).then(|| {
            let x = self.data(&s.name);
            let known = self.cx.g.input(&Input::Known(s.name.clone()).to_string(), Role::Data, shape.clone());
            [x, known].map(|v| self.in_order(&o.order, v))
        });
        // The parameters are lowered at a stand-in for what is drawn so far; then what depends on it moves into the body of the loop.
        let from = self.cx.g.nodes.len();
        let canvas = self.cx.g.input(&format!("drawn.{}", s.name), Role::Local, shape.clone());
        let mut inner = vars.clone();
        inner.insert(s.name.clone(), canvas);
        let params = self.params_in_order(d, &s.ty, &inner);
        self.cx.g.at = s.value_span;
        let all = places(o.order.axes.iter());
        let here: Vec<Option<Value>> = params.iter().map(|p| p.map(|p| self.at_place(p, &all))).collect();
        let here = self.at_temperature(d, here);
        let one = Cut::one_place(&shape, &all);
        let drawn = d.row.sample(&mut self.cx.g, &here, &one);
        let drawn = match known {
            Some([x, known]) => {
                let [x, known] = [x, known].map(|v| self.at_place(v, &all));
                let [x, known, drawn] = Scope::of(&mut self.cx.g).exs([x, known, drawn]);
                known.gt(0.5).select(x, drawn).v
            }
            None => drawn,
        };
        let (axes, at): (Vec<usize>, Vec<At>) = all.into_iter().unzip();
        let next = self.cx.g.dyn_update(canvas, drawn, &axes, &at);
        let pixels = places(o.order.pixels());
        let (count, given) = (o.order.places(), self.first.get(&s.name).copied());
        let (start, first) = match known.zip(given) {
            Some(([x, _], first)) => (self.known_first(&o.order, x, first), first.min(count)),
            None => (self.cx.full(0.0, shape), 0),
        };
        let of = Iteration { canvas, from, next, count, first, places: &pixels };
        let (drawn, work) = outlined(&mut self.cx.g, &of, start, self.cx.by_place);
        self.work.push((s.name.clone(), work));
        self.outlined = true;
        let drawn = match &o.order.permutation {
            Some(p) => self.cx.take(drawn, 1, undo(p)),
            None => drawn,
        };
        self.until_end(o, drawn, vars)
    }

    /// What is given at the first places of an event in its order, and 0 behind them.
    fn known_first(&mut self, order: &Order, x: Value, first: usize) -> Value {
        let dims: Vec<usize> = self.cx.shape(x).0.iter().skip(1).map(|d| d.n).collect();
        let given = |e: usize| f64::from(u8::from(order.place_in_order(&dims, e) < first));
        let table = (0..dims.iter().product()).map(given).collect();
        let x = Scope::of(&mut self.cx.g).ex(x);
        x.scope().literal(table, &[&[1], dims.as_slice()].concat()).gt(0.5).select(x, 0.0).v
    }

    /// `[B, T, ..]` with 0 behind the end of each example.
    pub(super) fn until_end(&mut self, o: &TOrder, v: Value, vars: &Vars) -> Value {
        let Some(end) = &o.until else { return v };
        let n = self.expr(end, vars);
        let [v, n] = Scope::of(&mut self.cx.g).exs([v, n]);
        let (rank, length) = (v.rank(), v.shape().0.get(1).map_or(0, |d| d.n));
        let n = if n.rank() == 0 { n } else { n.view(&vec![1; rank - 1]) };
        let dims: Vec<usize> = (0..rank).map(|axis| if axis == 1 { length } else { 1 }).collect();
        let place = v.scope().literal((0..length).map(|t| t as f64).collect(), &dims);
        place.lt(n).select(v, 0.0).v
    }

    /// What a parameter is at the place of the loop: along axes that all places share, as it is.
    fn at_place(&mut self, p: Value, places: &[(usize, At)]) -> Value {
        let shape = self.cx.shape(p);
        let own = places.iter().filter(|(a, _)| shape.0.get(*a).is_some_and(|d| !d.is_one()));
        let (axes, at): (Vec<usize>, Vec<At>) = own.copied().unzip();
        match axes.is_empty() {
            true => p,
            false => self.cx.g.dyn_slice(p, &axes, &vec![1; axes.len()], &at),
        }
    }
}
