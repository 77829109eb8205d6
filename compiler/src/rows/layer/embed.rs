//! `embed`: a trained vector for each value of a discrete event.

use super::require::misfit;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Dim, Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl, init};

row! {
    /// A trained vector of k numbers for each value of a discrete event: Class(n)[s..] -> [s.., k]; an image Int(n)[1, H, W] becomes
    /// channels, [k, H, W]. A class that arrives as its one-hot vector [n] becomes [k]. A relaxed bit, between 0 and 1, takes its place
    /// between the two vectors. The table is stored as [n, k] and starts normal with standard deviation 1.
    pub struct Embed = "embed" [K, TABLE];
}

const K: ParamSpec =
    ParamSpec { name: "k", kind: ArgKind::Int(1), default: None, doc: "numbers for each value" };
const TABLE: ParamSpec = ParamSpec {
    doc: "initial table, normal with standard deviation 1 when not written: `zeros`, `ones`, `constant(c)`, `uniform(b)`, \
          `normal(s)`, `lecun`, `xavier`, `he` or `orthogonal`; one number of the output reads one of the table",
    ..init::PARAM
};

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Numbers of values.
    Numbers,
    /// Bits, or what lies between them.
    Bits,
    /// The one-hot vector of one value.
    OneHot,
}

/// A table `[n, k]` read by what arrives as `event`.
#[derive(Debug, PartialEq)]
struct Table {
    n: usize,
    k: usize,
    coding: Coding,
    event: Vec<usize>,
}

impl LayerRow for Embed {
    fn reads_classes(&self) -> bool {
        true
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let k = args.int(K.name);
        let (coding, n) = match (input.kind, input.kind.cardinality()) {
            (Kind::Bool | Kind::OneHot, n) => (Coding::Bits, n.unwrap_or(0)),
            (Kind::Int(_) | Kind::Class(_), n) => (Coding::Numbers, n.unwrap_or(0)),
            (Kind::Real(_), _) if input.shape.len() == 1 => (Coding::OneHot, input.size()),
            (Kind::Count, _) => {
                let d = misfit(args, "`embed` takes one of so many values", format!("receives {input}"));
                return Err(d.help(
                    "a count has no bound: declare it `Int(100)`, or give the net `log(n + 1)` as a number",
                ));
            }
            (Kind::Real(_), _) => {
                let d = misfit(args, "`embed` takes a discrete event", format!("receives {input}"));
                return Err(d.help("use `dense` for real numbers"));
            }
        };
        let drawn = init::from_args(args, init::Fan { input: 1, output: k })?;
        let params = vec![ParamDecl::trained("table", &[n, k], drawn.unwrap_or(Init::Normal(1.0)))];
        let out = match (coding, input.shape.as_slice()) {
            (Coding::OneHot, _) => vec![k],
            (Coding::Bits | Coding::Numbers, [1, h, w]) => vec![k, *h, *w],
            (Coding::Bits | Coding::Numbers, shape) => [shape, &[k]].concat(),
        };
        let (out, layer) = (EventTy::real(out), Table { n, k, coding, event: input.shape.clone() });
        Ok(match coding {
            Coding::OneHot => Checked::global(out, params, layer),
            Coding::Bits | Coding::Numbers => {
                // All channels of a pixel are made of its one number.
                let causality =
                    if let [1, _, _] = input.shape.as_slice() { Causality::Weak } else { Causality::Own };
                Checked { params, causality, ..Checked::elementwise(out, layer) }
            }
        })
    }
}

impl Layer for Table {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let table = cx.param("table", &[self.n, self.k]);
        let vectors = match self.coding {
            Coding::OneHot => return vec![x.matmul(table)],
            Coding::Bits => self.between(table, x),
            Coding::Numbers => self.looked_up(table, x),
        };
        vec![match self.event.as_slice() {
            [1, h, w] => {
                let last = vectors.last_axis();
                let places: Vec<usize> = (1..last).collect();
                vectors.permute(&[&[0, last], places.as_slice()].concat()).view(&[self.k, *h, *w])
            }
            _ => vectors,
        }]
    }
}

impl Table {
    /// Rows by their numbers: `[B, ..event, k]`, or `[B, H, W, k]` for an image.
    fn looked_up<'g>(&self, table: Ex<'g>, x: Ex<'g>) -> Ex<'g> {
        let mut all = x.lead();
        all.n *= self.event.iter().product::<usize>();
        let rows = table.lookup(x.reshape(Shape(vec![all])).cast(DType::I));
        match self.event.as_slice() {
            [1, h, w] => rows.reshape(x.like(&[*h, *w, self.k])),
            _ => {
                let mut dims = x.shape().0;
                dims.push(Dim::fixed(self.k));
                rows.reshape(Shape(dims))
            }
        }
    }
    /// `(1 - b) table[0] + b table[1]` for every bit b, as `[B, ..event, k]`: the table's rows at 0 and 1, and what lies between them for
    /// a relaxed draw, with a derivative to it.
    fn between<'g>(&self, table: Ex<'g>, x: Ex<'g>) -> Ex<'g> {
        let shape = x.like(&[self.event.as_slice(), &[self.k]].concat());
        let b = x.view(&[self.event.as_slice(), &[1]].concat());
        let rest = -b + 1.0;
        let row = |i: usize| table.slice(0, i, 1).lift(shape.rank()).broadcast(&shape);
        row(0) * rest.broadcast(&shape) + row(1) * b.broadcast(&shape)
    }
}
