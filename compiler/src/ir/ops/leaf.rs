//! Leaves: inputs, constants, counters, random draws. Nothing flows back through them.

use super::{OpRule, axis_of, none};
use crate::ir::interp::Env;
use crate::ir::op::{Count, Full, Input, Iota, Literal, Random};
use crate::ir::shape::{DType, Shape, Ty};
use crate::ir::tensor::Tensor64;

/// Whether a number can be an element of this type.
fn fits(value: f64, dtype: DType) -> Result<(), String> {
    let ok = match dtype {
        DType::F => true,
        DType::I => value.fract() == 0.0,
        DType::B => value == 0.0 || value == 1.0,
    };
    if ok { Ok(()) } else { Err(format!("{value} is no element of type {dtype:?}")) }
}

impl OpRule for Input {
    fn name(&self) -> &'static str {
        "input"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        Ok(Ty { dtype: self.dtype, shape: self.shape.clone() })
    }
    fn pure(&self) -> bool {
        false
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        let given =
            env.inputs.get(&self.name).ok_or_else(|| format!("input `{}` was not given", self.name))?;
        let want = self.shape.at(env.batch);
        if given.dims == want {
            Ok(given.clone())
        } else {
            Err(format!("input `{}` has the shape {:?}, not {want:?}", self.name, given.dims))
        }
    }
}

impl OpRule for Full {
    fn name(&self) -> &'static str {
        "full"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        fits(self.value, self.dtype)?;
        Ok(Ty { dtype: self.dtype, shape: self.shape.clone() })
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        Ok(Tensor64::full(&self.shape.at(env.batch), self.value))
    }
}

impl OpRule for Literal {
    fn name(&self) -> &'static str {
        "literal"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        if self.shape.count() != (self.data.len(), 0) {
            return Err(format!("{} elements for the shape {}", self.data.len(), self.shape));
        }
        self.data.iter().try_for_each(|&x| fits(x, self.dtype))?;
        Ok(Ty { dtype: self.dtype, shape: self.shape.clone() })
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        Tensor64::new(&self.shape.at(env.batch), self.data.clone())
    }
}

impl OpRule for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        axis_of(&self.shape, self.axis)?;
        Ok(Ty { dtype: DType::I, shape: self.shape.clone() })
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        let zero = Tensor64::full(&self.shape.at(env.batch), 0.0);
        let (_, n, inner) = zero.split(self.axis)?;
        Ok(Tensor64::from_fn(&zero.dims, |i| (i / inner % n) as f64))
    }
}

impl OpRule for Random {
    fn name(&self) -> &'static str {
        "random"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        Ok(Ty::f(self.shape.clone()))
    }
    fn pure(&self) -> bool {
        false
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        let dims = self.shape.at(env.batch);
        Tensor64::new(&dims, (env.random)(self.kind, self.stream, dims.iter().product()))
    }
}

impl OpRule for Count {
    fn name(&self) -> &'static str {
        "count"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        none(args)?;
        Ok(Ty::f(Shape::scalar()))
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        none(args)?;
        Ok(Tensor64::scalar(self.shape.size(env.batch) as f64))
    }
}
