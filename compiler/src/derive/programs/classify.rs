//! Which class data have, by Bayes' rule: the densities with each class in turn answer it.

use super::Model;
use crate::derive::Answer;
use crate::event::Kind;
use crate::types::{TModel, TSite, TSiteKind, Typed};

/// The site of a model that is the class of the others: observed, drawn, and declared as one of a few unordered values. Whole numbers that a
/// `Categorical` draws are levels, not classes.
pub fn class_site<'m>(typed: &Typed, m: &'m TModel) -> Option<&'m TSite> {
    let class = |name: &str| {
        let v = typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == name);
        v.is_some_and(|v| matches!(v.ty.kind, Kind::Class(_)))
    };
    m.sites.iter().find(|s| {
        s.observed && s.ty.shape.is_empty() && class(&s.name) && matches!(s.kind, TSiteKind::Draw(_))
    })
}

/// Bayes' rule needs a class among the observed sites and the density of all of them together.
pub(super) fn query(
    typed: &Typed,
    model: Option<Model<'_>>,
    density: &Result<Answer, String>,
) -> Result<Answer, String> {
    let Some((_, m)) = model else {
        return Err(match super::models(typed).is_empty() {
            true => "this spec has no `model`".into(),
            false => "no model of this spec observes data".into(),
        });
    };
    match class_site(typed, m) {
        Some(y) if !m.sites.iter().any(|s| s.observed && s.name != y.name) => {
            Err(format!("nothing but the class `{}` is observed", y.name))
        }
        Some(_) => density.clone(),
        None => Err(format!(
            "`{}` draws no class from the data; write `y ~ Categorical(logits: free(10));  x ~ .. ` with `y: Class(10)` in the data",
            m.name
        )),
    }
}
