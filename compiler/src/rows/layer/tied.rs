//! `tied(k) { .. }`: a block between an embedding and scores by the same vectors.

use super::require::{misfit, no_block};
use super::{Block, BlockUse, Causality, Chain, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Dim, Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl, Row};

row! {
    /// A block between two uses of one table of vectors (weight tying, Press and Wolf 2017; Vaswani et al. 2017, section 3.4): classes
    /// Class(n)[T] are read as its vectors times √k, [T, k], the block makes of them [T, k], and the score of a class is the
    /// product with its vector, plus a bias: [T, n]. The table, [n, k], starts normal with standard deviation 1/√k. It stands for
    /// `embed(k), .., logits(n)` with one table instead of two.
    pub struct Tied = "tied" [K];
}

const K: ParamSpec =
    ParamSpec { name: "k", kind: ArgKind::Int(1), default: None, doc: "numbers of the vector of a class" };

#[derive(Debug, PartialEq)]
struct Between {
    chain: Chain,
    n: usize,
    k: usize,
}

impl LayerRow for Tied {
    fn reads_classes(&self) -> bool {
        true
    }
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Block,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let Some(block) = block else { return Err(no_block(self.name(), args.span)) };
        let k = args.int(K.name);
        let (length, n) = match (input.kind, input.shape.as_slice()) {
            (Kind::Class(n) | Kind::Int(n), [length]) => (*length, n),
            (Kind::Class(_) | Kind::Int(_) | Kind::Count | Kind::Real(_) | Kind::Bool | Kind::OneHot, _) => {
                let d = misfit(args, "`tied` takes a sequence of classes", format!("receives {input}"));
                return Err(d.help("declare the input of the net as classes, as in `x: Class(256)[64]`"));
            }
        };
        let inner = EventTy::real([length, k]);
        let chain = cx.chain(block, &inner)?;
        if chain.out.len() != 1 || chain.out_ty().shape != inner.shape {
            let found: Vec<String> = chain.out.iter().map(EventTy::shape_text).collect();
            let d = misfit(
                args,
                format!(
                    "the block of `tied({k})` turns shape {} into {}",
                    inner.shape_text(),
                    found.join(" and ")
                ),
                format!("compares what it makes with vectors of {k} numbers"),
            );
            return Err(d.help(format!("end the block with `dense({k})`")));
        }
        let table = ParamDecl::trained("table", &[n, k], Init::Normal(1.0 / (k as f64).sqrt()));
        let mut params = vec![table, ParamDecl::trained("bias", &[n], Init::ZEROS)];
        params.extend(chain.params());
        Ok(Checked {
            params,
            causality: chain.causality().then(Causality::Weak),
            given: chain.given(),
            mixes_batch: chain.mixes_batch(),
            twice_differentiable: chain.twice_differentiable(),
            ..Checked::elementwise(EventTy::real([length, n]), Between { chain, n, k })
        })
    }
}

impl Between {
    /// The block on the vectors of classes.
    fn block<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Ex<'g> {
        let (k, length) = (self.k, x.last_size());
        let mut all = x.lead();
        all.n *= length;
        let ids = x.reshape(Shape(vec![all])).cast(DType::I);
        let vectors = cx.param("table", &[self.n, k]).lookup(ids).reshape(x.like(&[length, k]));
        self.chain.lower_one(cx, vectors * (k as f64).sqrt())
    }
}

impl Layer for Between {
    fn before_scores<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Option<Ex<'g>> {
        Some(self.block(cx, x))
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let (n, k, length) = (self.n, self.k, x.last_size());
        let y = self.block(cx, x);
        let mut all = x.lead();
        all.n *= length;
        let table = cx.param("table", &[n, k]);
        let rows = y.reshape(Shape(vec![all, Dim::fixed(k)]));
        let scores = rows.matmul(table.transpose()) + cx.param("bias", &[n]).lift(2);
        vec![scores.reshape(x.like(&[length, n]))]
    }
    fn reads(&self, _: Causality) -> Reads {
        self.chain.reads()
    }
    fn blocks(&self) -> Vec<&Chain> {
        vec![&self.chain]
    }
}
