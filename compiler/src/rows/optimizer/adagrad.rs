//! `adagrad`.

use super::{L2, Update, Updated, eps, lr};
use crate::rows::OptimizerRow;
use crate::rows::args::Args;

row! {
    /// s = s + grad^2; the step is lr grad / (sqrt s + eps). (Duchi, Hazan and Singer 2011;
    /// torch.optim.Adagrad.)
    pub struct Adagrad = "adagrad" [lr("0.01"), eps("1e-10"), L2];
}

impl OptimizerRow for Adagrad {
    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        vec!["sum"]
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        let u = u.decayed();
        let sum = u.slot("sum") + u.grad.sq();
        let direction = u.grad / (sum.sqrt() + u.args.num("eps"));
        Updated { param: u.moved(direction, u.hyper("lr")), slots: vec![("sum", sum)] }
    }
}
