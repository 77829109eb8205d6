//! What `eval` asks for must have an answer.

use super::Model;
use crate::derive::{Answer, NumberKind, Query, Question};
use crate::diag::{Diag, codes};
use crate::rows::measure::Needs;
use crate::types::Typed;

/// What is known when an item of `eval` is judged.
struct Asked<'a> {
    typed: &'a Typed,
    models: &'a [Model<'a>],
    queries: &'a [Query],
}

/// Why an item has no answer, and what to do.
type Refusal = (String, &'static str);

/// The items of `eval` that have no answer.
pub(super) fn unanswered(typed: &Typed, models: &[Model<'_>], queries: &[Query]) -> Vec<Diag> {
    let asked = Asked { typed, models, queries };
    let refusal = |needs: Needs| match needs {
        Needs::Bound => asked.tighter(),
        Needs::Draws => asked.samples(),
        Needs::Code => asked.reconstructions(),
        Needs::Modes => asked.modes(),
        // Looks at the test part are always possible; the others were judged by the checker.
        Needs::Nothing | Needs::PerDatum | Needs::Judge => None,
    };
    let items = typed.eval.iter();
    items
        .filter_map(|(row, item)| {
            let (why, help) = refusal(row.needs())?;
            Some(codes::e0507::eval(row.name(), item.span, &why, help))
        })
        .collect()
}

impl Asked<'_> {
    fn answer(&self, question: Question) -> Option<&Result<Answer, String>> {
        self.queries.iter().find(|q| q.question == question).map(|q| &q.answer)
    }
    fn refused(&self, question: Question) -> Option<String> {
        self.answer(question).and_then(|a| a.clone().err())
    }
    fn model(&self) -> &str {
        self.models.first().map_or("the model", |(_, m)| m.name.as_str())
    }

    /// A bound of several samples tightens one of a single sample.
    fn tighter(&self) -> Option<Refusal> {
        let model = self.model();
        match self.answer(Question::Density)? {
            Ok(answer) if answer.number == Some(NumberKind::Exact) => Some((
                format!("the density of `{model}` is exact: there is no bound to tighten"),
                "leave it out: the exact value is measured anyway",
            )),
            Ok(answer) if !answer.is_bound() && self.refused(Question::Classify).is_some() => Some((
                format!("`{model}` is bounded by dequantisation, not by samples of a guide"),
                "leave it out: the bound is measured anyway",
            )),
            Ok(_) => None,
            Err(why) => Some((
                why.clone(),
                "leave it out, or write a latent variable model and a guide: `model p { z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1) }`",
            )),
        }
    }

    fn samples(&self) -> Option<Refusal> {
        let why = self.refused(Question::Sample)?;
        Some((
            why,
            "leave it out, or say how data arise: `model p { z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1) }`",
        ))
    }

    fn reconstructions(&self) -> Option<Refusal> {
        let why = self.refused(Question::Reconstruct)?;
        Some((why, "leave it out, or write a `guide`, which encodes the data"))
    }

    /// Modes are those of all data together, and the source must know them.
    fn modes(&self) -> Option<Refusal> {
        let conditions = self.models.first().map(|(_, m)| m.conds.join("`, `")).filter(|c| !c.is_empty());
        let known = self.typed.data.iter().any(|d| d.row.modes(&d.args).is_some());
        let why = match (known, self.refused(Question::Sample), conditions) {
            (false, _, _) => "the modes of these data are not known".to_string(),
            (true, Some(why), _) => why,
            (true, None, Some(c)) => {
                format!("`{}` draws given `{c}`, and modes are those of all data together", self.model())
            }
            (true, None, None) => return None,
        };
        Some((
            why,
            "leave it out, or use data with known modes, `gaussians(8)` or `grid(25)`, and a model that draws them",
        ))
    }
}
