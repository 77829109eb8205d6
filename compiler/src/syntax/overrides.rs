//! `--set path=value`.
use super::ast::Spec;
use crate::diag::Diag;
/// Applies one override.
pub fn apply(_spec: &mut Spec, path: &str, _value: &str) -> Result<(), Diag> {
    Err(Diag::new("E0217", format!("no literal at `{path}`"), crate::span::Span::default(), ""))
}
