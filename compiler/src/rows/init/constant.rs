//! `zeros`, `ones`, `constant`.

use super::{Fan, Init, InitRow, Number};

row! {
    /// all 0
    pub struct Zeros = "zeros";
}

row! {
    /// all 1
    pub struct Ones = "ones";
}

row! {
    /// `constant(c)`: all c
    pub struct Constant = "constant";
}

impl InitRow for Zeros {
    fn init(&self, _: f64, _: Fan) -> Init {
        Init::ZEROS
    }
}

impl InitRow for Ones {
    fn init(&self, _: f64, _: Fan) -> Init {
        Init::ONES
    }
}

impl InitRow for Constant {
    fn number(&self) -> Number {
        Number::Required
    }
    fn init(&self, c: f64, _: Fan) -> Init {
        Init::Constant(c)
    }
}
