//! `adamw`.

use super::{BETAS, Update, Updated, adam, eps, lr, present, weight_decay};
use crate::rows::OptimizerRow;
use crate::rows::args::{Args, ParamSpec};

row! {
    /// `adam` whose weight decay acts on the parameter itself, which shrinks by 1 - lr weight_decay in every
    /// step. (Loshchilov and Hutter 2019, algorithm 2; torch.optim.AdamW.)
    pub struct AdamW = "adamw" [lr("1e-3"), BETAS, eps("1e-8"), DECAY];
}

const DECAY: ParamSpec = weight_decay("0.01", "this times lr is taken off the parameter");

impl OptimizerRow for AdamW {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        adam::Adam.slots(args)
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        if !present(u.args, "weight_decay") {
            return adam::step(u);
        }
        let kept = -(u.hyper("lr") * u.hyper("weight_decay")) + 1.0;
        adam::step(&Update { param: u.param * kept, ..*u })
    }
}
