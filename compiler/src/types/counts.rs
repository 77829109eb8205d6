//! The most of everything that `eval` counts.

use super::Checker;
use crate::diag::codes;
use crate::rows::args::Const;
use crate::syntax::ast::Item;

/// Beyond these a picture cannot be looked at, and a number gains nothing but time.
const MOST: [(&str, i64); 4] = [("iwae", 1_000_000), ("samples", 10_000), ("reconstructions", 10_000), ("modes", 10_000_000)];

impl Checker<'_> {
    /// Tells of counts of `eval` that are no whole numbers of at least 1, or more than can be of use. After [`Checker::eval_item`].
    pub(crate) fn eval_counts(&mut self, items: &[&Item]) {
        for item in items {
            let Item::Eval(e) = item else { continue };
            let settings = e.settings.iter().map(|s| (&s.name.name, s.value.span));
            let calls = e.calls.iter().filter_map(|c| Some((&c.name.name, c.args.first()?.value.span)));
            for (name, span) in settings.chain(calls) {
                let most = MOST.iter().find(|(n, _)| n == name).map(|(_, most)| *most);
                // What has no value was told already.
                let (Some(most), Some(value)) = (most, self.typed.eval.get(name)) else { continue };
                if !matches!(value, Const::Int(n) if (1..=most).contains(n)) {
                    let want = format!("a whole number between 1 and {most}");
                    self.diags.push(codes::e0205::wrong_kind("eval", name, span, &value.to_string(), &want));
                }
            }
        }
    }
}
