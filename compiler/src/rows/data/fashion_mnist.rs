use super::grey::dynamic;
use super::mnist::{KnownSet, SET_PARAMS};
use super::{DataIssue, DataRow, Dataset, Host};
use crate::event::EventTy;
use crate::rows::Row;
use crate::rows::args::{Args, ParamSpec};

/// 70,000 images of clothes, in the format of MNIST.
pub struct FashionMnist;

const SET: KnownSet = KnownSet {
    name: "fashion_mnist",
    title: "Fashion-MNIST",
    home: "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion",
};

impl Row for FashionMnist {
    fn name(&self) -> &'static str {
        "fashion_mnist"
    }
    fn doc(&self) -> &'static str {
        "60,000 + 10,000 images of clothes, 28×28 pixels, 256 grey levels, 10 classes (Xiao, Rasul and Vollgraf 2017, MIT licence), in the \
         four files and with the arguments of `mnist`, in the folder `fashion_mnist`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        SET_PARAMS
    }
}

impl DataRow for FashionMnist {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        SET.check(args, declared)
    }
    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        SET.load(args, types, host)
    }
    fn dynamic(&self, args: &Args) -> bool {
        dynamic(args)
    }
}
