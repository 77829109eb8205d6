//! What `eval` asks for must have an answer.

use crate::derive::{Answer, NumberKind, Query, Question};
use crate::diag::{Diag, codes};
use crate::rows::measure::Needs;
use crate::types::{Subject, TModel, Typed};

/// What is known when an item of `eval` is judged.
struct Asked<'a> {
    typed: &'a Typed,
    queries: &'a [Query],
}

/// Why an item has no answer, and what to do.
type Refusal = (String, &'static str);

/// The items of `eval` that have no answer.
pub(super) fn unanswered(typed: &Typed, queries: &[Query]) -> Vec<Diag> {
    let asked = Asked { typed, queries };
    let refusal = |needs: Needs| match needs {
        Needs::Bound => asked.tighter(),
        Needs::Draws => asked.samples(),
        Needs::Code => asked.reconstructions(),
        Needs::Modes => asked.modes(),
        // Looks at the test part are always possible; the others were judged by the checker.
        Needs::Nothing | Needs::PerDatum | Needs::Judge | Needs::Number => None,
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
    /// The answer where no model is named; among several models that are all measured, the first that answers.
    fn answer(&self, question: Question) -> Option<&Result<Answer, String>> {
        let all = || self.queries.iter().filter(|q| q.question == question);
        let asked = all().find(|q| q.model.is_none()).map(|q| &q.answer);
        let any = || all().map(|q| &q.answer).find(|a| a.is_ok());
        match (asked, self.typed.subject()) {
            (Some(Err(_)), Subject::Several(_)) => any().or(asked),
            (answer, Subject::Several(_) | Subject::Model(_) | Subject::Nobody) => answer,
        }
    }
    fn refused(&self, question: Question) -> Option<String> {
        self.answer(question).and_then(|a| a.clone().err())
    }
    /// The model that is asked, or one of several.
    fn asked(&self) -> Option<&TModel> {
        match self.typed.subject() {
            Subject::Model(i) => self.typed.models.get(i),
            Subject::Several(all) => all.first().and_then(|i| self.typed.models.get(*i)),
            Subject::Nobody => None,
        }
    }
    fn model(&self) -> &str {
        self.asked().map_or("the model", |m| m.name.as_str())
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
        let conditions = self.asked().map(|m| m.conds.join("`, `")).filter(|c| !c.is_empty());
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
