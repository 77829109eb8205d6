//! `agreement`.

use super::{MeasureRow, Needs};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

row! {
    /// How often a net that sorts data into classes sees in a draw of the model the class that it was drawn with, one draw for each
    /// test example and its class; and how often it knows the class of the example itself, beyond which no agreement can be trusted.
    pub struct Agreement = "agreement" [Agreement::JUDGE];
}

impl MeasureRow for Agreement {
    fn needs(&self) -> Needs {
        Needs::Judge
    }
}

impl Agreement {
    /// Its argument.
    pub const JUDGE: ParamSpec = ParamSpec {
        name: "judge",
        kind: ArgKind::Any,
        default: None,
        doc: "a net from what the model draws to one score for each class",
    };
    /// The name of the net, where a name is written.
    pub fn judge(args: &Args) -> Option<&str> {
        match args.get(Agreement::JUDGE.name) {
            Some(Const::Word(name)) => Some(name),
            Some(_) | None => None,
        }
    }
}
