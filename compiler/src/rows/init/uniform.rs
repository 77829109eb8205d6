//! `uniform`, `lecun`, `xavier`.

use super::{Fan, Init, InitRow, Number};

row! {
    /// `uniform(b)`: uniform on (-b, b)
    pub struct Uniform = "uniform";
}

row! {
    /// uniform on (-1/√fan_in, 1/√fan_in), the default of dense and convolutional layers
    pub struct Lecun = "lecun";
}

row! {
    /// uniform with bound √(6 / (fan_in + fan_out)); Glorot & Bengio 2010, eq. 16
    pub struct Xavier = "xavier";
}

impl InitRow for Uniform {
    fn number(&self) -> Number {
        Number::Required
    }
    fn init(&self, bound: f64, _: Fan) -> Init {
        Init::Uniform(bound)
    }
}

impl InitRow for Lecun {
    fn init(&self, _: f64, fan: Fan) -> Init {
        Init::lecun(fan.input)
    }
}

impl InitRow for Xavier {
    fn also(&self) -> Option<&'static str> {
        Some("glorot")
    }
    fn init(&self, _: f64, fan: Fan) -> Init {
        Init::Uniform((6.0 / (fan.input + fan.output).max(1) as f64).sqrt())
    }
}
