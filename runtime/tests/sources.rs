//! Data sources with arguments as the checker binds them.

use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::data::ROWS;
use gmc_compiler::rows::find;
use gmc_compiler::span::Span;

/// What is written, then the defaults of the source.
pub fn args(source: &str, written: &[(&'static str, Const)]) -> Args {
    let row = find(ROWS, source).unwrap();
    let mut values: Vec<_> = written.iter().map(|(n, c)| (*n, c.clone(), Span::default())).collect();
    for p in row.params() {
        let default = p.default.filter(|d| !d.is_empty() && values.iter().all(|(n, ..)| *n != p.name));
        if let Some(d) = default {
            let value = d.parse::<f64>().map_or(Const::Word(d.into()), Const::Num);
            values.push((p.name, value, Span::default()));
        }
    }
    Args { span: Span::default(), name: source.into(), declared: row.params(), values }
}
