//! `permuted(seed)` and `permuted([2, 0, 1])`.

use super::{Order, OrderRow, along};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use crate::rows::bijection::permutation::permutation;

row! {
    /// The elements of a vector [n], or of a sequence [n, ..], in a fixed order that is no order of the vector (MADE, Germain et al. 2015,
    /// section 4.2: any order of the elements gives a model of its own): shuffled, `permuted(3)`, or as written, `permuted([2, 0, 1])`, the
    /// numbers of all elements from 0 in the order in which they are drawn. A net that reads `x[< i]` sees them in that order.
    pub struct Permuted = "permuted" [SEED];
}

const SEED: ParamSpec = ParamSpec {
    name: "seed",
    kind: ArgKind::Any,
    default: Some("0"),
    doc: "which shuffle, a whole number; or a list of the elements' numbers, from 0, in the order in which they are drawn",
};

impl OrderRow for Permuted {
    fn order(&self, args: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        let written = args.get(SEED.name);
        let seed = written.and_then(Const::num).filter(|s| *s >= 0.0 && s.fract() == 0.0).map(|s| s as u64);
        let mut order = along(self.name(), axes, |n| seed.map(|s| permutation(n, s)))?;
        if let Some(Const::List(all)) = written {
            order.permutation = Some(listed(all, order.places())?);
        }
        match order.permutation {
            Some(_) => Ok(order),
            None => Err((
                "`permuted` takes the number of a shuffle, or a list".into(),
                "write a whole number, `permuted(3)`, or the elements in their order, `permuted([2, 0, 1])`"
                    .into(),
            )),
        }
    }
}

/// The numbers of n elements, each of them once.
fn listed(all: &[Const], n: usize) -> Result<Vec<usize>, (String, String)> {
    let help = format!(
        "write each of the numbers 0 to {} once, in the order in which the elements are drawn",
        n.saturating_sub(1)
    );
    if all.len() != n {
        return Err((format!("the order lists {} elements, and there are {n}", all.len()), help));
    }
    let mut order = Vec::with_capacity(n);
    for c in all {
        let number = c.num().filter(|x| x.fract() == 0.0 && (0.0..n as f64).contains(x)).map(|x| x as usize);
        match number {
            Some(i) if order.contains(&i) => {
                return Err((format!("the order lists element {i} twice"), help));
            }
            Some(i) => order.push(i),
            None => return Err((format!("the order lists {c}, which is no element"), help)),
        }
    }
    Ok(order)
}
