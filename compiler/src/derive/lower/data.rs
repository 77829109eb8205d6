//! Values that are given: data variables, conditions, free parameters.

use super::copies::repeat;
use super::{Ctx, Vars};
use crate::derive::Input;
use crate::derive::params::constrained;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Dim, Role, Scope, Shape, Value};
use crate::types::{TData, TModel, TParam};

impl Ctx<'_> {
    /// A data variable. Probabilities of a dynamic source are drawn here, once per program.
    pub fn data(&mut self, name: &str) -> Value {
        if let Some(v) = self.shared.data.get(name) {
            return *v;
        }
        let found =
            self.typed.data.iter().find_map(|d| d.vars.iter().position(|v| v.name == name).map(|i| (d, i)));
        let ty = found.and_then(|(d, i)| d.vars.get(i)).map_or(EventTy::real(Vec::new()), |v| v.ty.clone());
        let dynamic = found.is_some_and(|(d, i)| d.dynamic && i == 0);
        let shape = Shape::batched(&ty.shape);
        let v = match self.drawn.get(name) {
            Some(v) => *v,
            None => {
                let v = self.cx.input(name, Role::Data, shape.clone());
                // One draw for each datum, however often it is repeated.
                if dynamic { self.bernoulli(name, v, &shape) } else { v }
            }
        };
        let v = self.replicated(v);
        self.shared.data.insert(name.to_string(), v);
        v
    }

    /// 1 with these probabilities, else 0: the values of data variable `name` in this program.
    fn bernoulli(&mut self, name: &str, probability: Value, shape: &Shape) -> Value {
        let g = Scope::of(&mut self.cx.g);
        let v = g.uniform(shape).lt(g.ex(probability)).cast(DType::F).v;
        self.drawn.insert(name.to_string(), v);
        v
    }

    /// `[B, ..event]` at the current batch: as it is, or repeated `k` times.
    pub(super) fn replicated(&mut self, once: Value) -> Value {
        if self.batch.n == 1 {
            return once;
        }
        let key = (once, self.batch.n);
        if let Some(v) = self.copies.get(&key) {
            return *v;
        }
        let v = repeat(Scope::of(&mut self.cx.g).ex(once), 0, Dim::fixed(self.batch.n)).v;
        self.copies.insert(key, v);
        self.once.insert(v, once);
        v
    }

    /// The mean of all elements of a value, where each example counts as much as its row does.
    pub fn mean_of_examples(&mut self, v: Value) -> Value {
        let v = self.weighed(v);
        self.cx.mean_all(v)
    }

    /// The same of a value `[1, B]`.
    pub fn mean_of_rows(&mut self, v: Value) -> Value {
        if !self.typed.data.iter().any(TData::weighted) {
            return self.cx.mean_all(v);
        }
        let each = Scope::of(&mut self.cx.g).ex(v).reshape(Shape(vec![Dim::BATCH])).v;
        self.mean_of_examples(each)
    }

    /// A value of each example, `[k·B, ..]`, times how much its row counts; what examples share as it is.
    pub fn weighed(&mut self, v: Value) -> Value {
        let shape = self.cx.g.shape(v);
        let Some(lead) = shape.0.first().copied().filter(|d| d.batch) else { return v };
        if !self.typed.data.iter().any(TData::weighted) {
            return v;
        }
        let once = match self.weight {
            Some(once) => once,
            None => {
                let name = Input::Weight.to_string();
                *self.weight.insert(self.cx.input(&name, Role::Data, Shape(vec![Dim::BATCH])))
            }
        };
        let g = Scope::of(&mut self.cx.g);
        let each = if lead.n == 1 { g.ex(once) } else { repeat(g.ex(once), 0, Dim::fixed(lead.n)) };
        let mut dims = vec![lead];
        dims.resize(shape.rank(), Dim::fixed(1));
        (each.reshape(Shape(dims)) * g.ex(v)).v
    }

    /// The values of data variables that a model reads as conditions or observes.
    pub fn observed(&mut self, m: &TModel) -> Vars {
        let mut vars = self.conditions(m);
        for s in m.sites.iter().filter(|s| s.observed) {
            let v = self.data(&s.name);
            vars.insert(s.name.clone(), v);
        }
        vars
    }

    /// The values of a model's conditions.
    pub fn conditions(&mut self, m: &TModel) -> Vars {
        m.conds.iter().map(|c| (c.clone(), self.data(c))).collect()
    }

    /// A free parameter: an unconstrained leaf mapped into its range, or the rows of the minibatch's data in its table.
    pub(super) fn param(&mut self, i: usize) -> Value {
        let p = match self.typed.params.get(i) {
            Some(p) => p,
            None => panic!("internal: param {i} is missing"),
        };
        if p.each.is_some() {
            return self.rows(p);
        }
        let leaf = self.cx.leaf(&p.name, &p.ty.shape, Role::Param);
        let v = match p.ty.kind {
            Kind::Real(support) => constrained(Scope::of(&mut self.cx.g).ex(leaf), support).v,
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => leaf,
        };
        if p.ty.shape.is_empty() { v } else { self.cx.lift(v, p.ty.shape.len() + 1) }
    }

    /// A parameter per datum, `[B, ..]` at the current batch. Like data; no name of a data variable has a dot.
    fn rows(&mut self, p: &TParam) -> Value {
        if let Some(v) = self.shared.data.get(&p.name) {
            return *v;
        }
        let rows = self.cx.block(&p.name, &p.ty.shape);
        let v = self.replicated(rows);
        self.shared.data.insert(p.name.clone(), v);
        v
    }
}
