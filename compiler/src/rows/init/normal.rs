//! `normal`, `he`.

use super::{Fan, Init, InitRow, Number};

row! {
    /// `normal(s)`: normal with mean 0 and standard deviation s, 0.02 when not written
    pub struct Normal = "normal";
}

row! {
    /// normal with standard deviation √(2 / fan_in); He et al. 2015, eq. 10
    pub struct He = "he";
}

impl InitRow for Normal {
    fn number(&self) -> Number {
        Number::Default(0.02)
    }
    fn init(&self, std: f64, _: Fan) -> Init {
        Init::Normal(std)
    }
}

impl InitRow for He {
    fn also(&self) -> Option<&'static str> {
        Some("kaiming")
    }
    fn init(&self, _: f64, fan: Fan) -> Init {
        Init::Normal((2.0 / fan.input.max(1) as f64).sqrt())
    }
}
