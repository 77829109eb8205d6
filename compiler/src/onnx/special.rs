//! Functions that ONNX lacks, or that runtimes compute without care, as formulas of its operators.

use super::messages::Elem;
use super::write::Writer;

/// So far an argument is moved before an asymptotic series is summed.
const SHIFT: u32 = 8;

/// Formulas over values of one element type.
pub(super) struct Formula<'w, 'a> {
    pub(super) w: &'w mut Writer<'a>,
    pub(super) elem: Elem,
}

impl Formula<'_, '_> {
    pub(super) fn num(&mut self, value: f64) -> String {
        self.w.number(self.elem, value)
    }
    pub(super) fn op1(&mut self, op: &str, x: &str) -> String {
        self.w.node(op, &[x], &[])
    }
    pub(super) fn op2(&mut self, op: &str, a: &str, b: &str) -> String {
        self.w.node(op, &[a, b], &[])
    }
    /// An operator of a value and a number.
    pub(super) fn with(&mut self, op: &str, x: &str, value: f64) -> String {
        let value = self.num(value);
        self.op2(op, x, &value)
    }
    fn choose(&mut self, condition: &str, a: &str, b: &str) -> String {
        self.w.node("Where", &[condition, a, b], &[])
    }

    /// 1 where x > 0, else 0.
    pub(super) fn step(&mut self, x: &str) -> String {
        let above = self.with("Greater", x, 0.0);
        let elem = self.elem;
        self.w.cast(&above, elem)
    }

    /// max(x, 0) + ln(1 + e^-|x|): nothing overflows.
    pub(super) fn softplus(&mut self, x: &str) -> String {
        let (size, above) = (self.op1("Abs", x), self.with("Max", x, 0.0));
        let minus = self.op1("Neg", &size);
        let small = self.op1("Exp", &minus);
        let rest = self.log1p(&small);
        self.op2("Add", &above, &rest)
    }

    /// ln(1 + x) = x ln(u) / (u - 1) with u = 1 + x as it is rounded, and x where u is 1 (Goldberg 1991, theorem 4).
    pub(super) fn log1p(&mut self, x: &str) -> String {
        let u = self.with("Add", x, 1.0);
        let (log, away) = (self.op1("Log", &u), self.with("Sub", &u, 1.0));
        let scaled = self.op2("Mul", x, &log);
        let value = self.op2("Div", &scaled, &away);
        let same = self.with("Equal", &u, 1.0);
        self.choose(&same, x, &value)
    }

    /// e^x - 1: near 0 (u - 1) x / ln(u) with u = e^x as it is rounded, and x where u is 1 (Higham 2002, section 1.14.1).
    pub(super) fn expm1(&mut self, x: &str) -> String {
        let u = self.op1("Exp", x);
        let (log, away) = (self.op1("Log", &u), self.with("Sub", &u, 1.0));
        let scaled = self.op2("Mul", x, &away);
        let near = self.op2("Div", &scaled, &log);
        let same = self.with("Equal", &u, 1.0);
        let near = self.choose(&same, x, &near);
        let size = self.op1("Abs", x);
        let far = self.with("Greater", &size, 1.0);
        self.choose(&far, &away, &near)
    }

    /// Computes a function of x > 0 at double precision.
    pub(super) fn doubled(
        &mut self,
        x: &str,
        f: impl FnOnce(&mut Formula<'_, '_>, &str) -> String,
    ) -> String {
        if self.elem == Elem::Double {
            return f(self, x);
        }
        let (x, back) = (self.w.cast(x, Elem::Double), self.elem);
        let value = f(&mut Formula { w: self.w, elem: Elem::Double }, &x);
        self.w.cast(&value, back)
    }

    /// Σ c[i] r^i
    fn series(&mut self, r: &str, coefficients: &[f64]) -> String {
        let mut sum = self.num(0.0);
        for c in coefficients.iter().rev() {
            let next = self.op2("Mul", &sum, r);
            sum = self.with("Add", &next, *c);
        }
        sum
    }

    /// x + k
    fn moved(&mut self, x: &str, k: u32) -> String {
        if k == 0 { x.to_string() } else { self.with("Add", x, f64::from(k)) }
    }

    /// ln Γ(x) = ln Γ(x + 8) - ln(x (x + 1) .. (x + 7)), Stirling's series (Abramowitz & Stegun 6.1.41) for the first.
    pub(super) fn lgamma(&mut self, x: &str) -> String {
        let z = self.moved(x, SHIFT);
        let q = self.op1("Reciprocal", &z);
        let r = self.op2("Mul", &q, &q);
        let c = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
        let tail = self.series(&r, &c);
        let tail = self.op2("Mul", &tail, &q);
        let (log, half) = (self.op1("Log", &z), self.with("Sub", &z, 0.5));
        let main = self.op2("Mul", &half, &log);
        let main = self.op2("Sub", &main, &z);
        let main = self.with("Add", &main, 0.5 * std::f64::consts::TAU.ln());
        let stirling = self.op2("Add", &main, &tail);
        let mut product = x.to_string();
        for k in 1..SHIFT {
            let factor = self.moved(x, k);
            product = self.op2("Mul", &product, &factor);
        }
        let log = self.op1("Log", &product);
        self.op2("Sub", &stirling, &log)
    }

    /// ψ(x) = ψ(x + 8) - Σ 1 / (x + k), and Abramowitz & Stegun 6.3.18.
    pub(super) fn digamma(&mut self, x: &str) -> String {
        let z = self.moved(x, SHIFT);
        let q = self.op1("Reciprocal", &z);
        let r = self.op2("Mul", &q, &q);
        let c = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0];
        let tail = self.series(&r, &c);
        let tail = self.op2("Mul", &tail, &r);
        let (log, half) = (self.op1("Log", &z), self.with("Mul", &q, 0.5));
        let mut value = self.op2("Sub", &log, &half);
        value = self.op2("Sub", &value, &tail);
        for k in 0..SHIFT {
            let at = self.moved(x, k);
            let part = self.op1("Reciprocal", &at);
            value = self.op2("Sub", &value, &part);
        }
        value
    }

    /// ψ'(x) = ψ'(x + 8) + Σ 1 / (x + k)², and Abramowitz & Stegun 6.4.12.
    pub(super) fn trigamma(&mut self, x: &str) -> String {
        let z = self.moved(x, SHIFT);
        let q = self.op1("Reciprocal", &z);
        let r = self.op2("Mul", &q, &q);
        let c = [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0];
        let tail = self.series(&r, &c);
        let tail = self.op2("Mul", &tail, &r);
        let tail = self.op2("Mul", &tail, &q);
        let half = self.with("Mul", &r, 0.5);
        let mut value = self.op2("Add", &q, &half);
        value = self.op2("Add", &value, &tail);
        for k in 0..SHIFT {
            let at = self.moved(x, k);
            let squared = self.op2("Mul", &at, &at);
            let part = self.op1("Reciprocal", &squared);
            value = self.op2("Add", &value, &part);
        }
        value
    }
}
