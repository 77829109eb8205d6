//! `shuffle`.

use super::numbers;
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Dim, Ex, Shape, exactly};
use crate::rows::FnRow;

row! {
    /// Each element of the event shuffled over the examples of the minibatch, every one by a permutation of its own: elements keep how they are
    /// distributed and lose what they have to do with each other (Kim & Mnih 2018, algorithm 1). In payoffs only.
    pub struct Shuffle = "shuffle";
}

impl FnRow for Shuffle {
    fn arity(&self) -> (usize, usize) {
        (1, 1)
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        numbers(args)?;
        let one = args.first().ok_or((0, "is missing".to_string()))?;
        // What summed to 1 does so no longer.
        let kind = match one.kind {
            Kind::OneHot => Kind::Bool,
            Kind::Real(s) => Kind::Real(s.interval().into()),
            Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count => one.kind,
        };
        Ok(EventTy { kind, shape: one.shape.clone() })
    }
    fn mixes_batch(&self) -> bool {
        true
    }
    fn lower<'g>(&self, args: &[Ex<'g>], _: &[EventTy]) -> Ex<'g> {
        let &[x] = exactly(args);
        // What is the same for all examples is shuffled already.
        if x.rank() == 0 || x.lead() == Dim::fixed(1) {
            return x;
        }
        let (g, lead) = (x.scope(), x.lead());
        let u = g.uniform(&x.shape());
        let along = |first: [Dim; 2]| {
            let event = x.shape().0.into_iter().skip(1);
            Shape(first.into_iter().chain(event).collect())
        };
        let one = Dim::fixed(1);
        // The rank of each draw among those of its element, the earlier first where two are equal: a permutation.
        let (own, other) = (u.reshape(along([lead, one])), u.reshape(along([one, lead])));
        let mut place = vec![lead, one];
        place.resize(x.rank() + 1, one);
        let mine = g.iota(&Shape(place.clone()), 0);
        place.swap(0, 1);
        let theirs = g.iota(&Shape(place), 1);
        let before = other.lt(own).or(other.eq(own).and(theirs.lt(mine)));
        let rank = before.cast(DType::F).sum(&[1]).reshape(x.shape());
        x.gather(rank.cast(DType::I), 0)
    }
}
