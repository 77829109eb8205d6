//! What can be asked of a spec: every question of every model, and which model a question goes to that names none.

use super::trained::Trained;
use super::{Model, classify, complete, decode, density, encode, models, paired, reconstruct, sample};
use crate::derive::program::Made;
use crate::derive::{Answer, Leaf, Program, Query, Question};
use crate::types::{Subject, Typed};

/// What is known when questions are judged, and the programs that answer.
struct Asking<'a> {
    typed: &'a Typed,
    leaves: &'a [Leaf],
    trained: &'a Trained,
    graphs: &'a mut Vec<Made>,
}

/// What can be asked of no model by name, in the order in which it is listed, then of each other model by its name; adds the programs that answer.
pub(super) fn queries(
    typed: &Typed,
    leaves: &[Leaf],
    trained: &Trained,
    graphs: &mut Vec<Made>,
) -> Vec<Query> {
    let mut asking = Asking { typed, leaves, trained, graphs };
    let (subject, models) = (typed.subject(), models(typed));
    let mut of_models: Vec<Query> = Vec::new();
    for m in &models {
        let asked = subject == Subject::Model(m.0);
        of_models.extend(asking.put(Some(*m), asked, Some(&m.1.name)));
    }
    let mut all = match &subject {
        Subject::Nobody if models.len() > 1 => {
            let mut all = asking.put(None, true, None);
            let drawn: Vec<Query> =
                of_models.iter().filter(|q| q.question == Question::Sample).cloned().collect();
            all.iter_mut()
                .filter(|q| q.question == Question::Sample)
                .for_each(|q| q.answer = among(&drawn.iter().collect::<Vec<_>>()));
            all
        }
        Subject::Nobody => asking.put(None, true, None),
        Subject::Model(_) | Subject::Several(_) => {
            let named = |i: &usize| typed.models.get(*i).map(|m| m.name.clone());
            let asked: Vec<String> = match &subject {
                Subject::Several(all) => all.iter().filter_map(named).collect(),
                Subject::Model(i) => named(i).into_iter().collect(),
                Subject::Nobody => Vec::new(),
            };
            let one = |question| {
                let of = |q: &&Query| {
                    q.question == question && q.model.as_ref().is_some_and(|m| asked.contains(m))
                };
                Query {
                    question,
                    model: None,
                    answer: among(&of_models.iter().filter(of).collect::<Vec<_>>()),
                }
            };
            Question::ALL.map(one).to_vec()
        }
    };
    // The model that is asked has no need of a second list.
    let asked = |q: &Query| matches!(subject, Subject::Model(i) if typed.models.get(i).is_some_and(|m| q.model.as_ref() == Some(&m.name)));
    all.extend(of_models.into_iter().filter(|q| !asked(q)));
    all
}

/// The answer to a question that could go to any of these models: the only one, if there is one.
fn among(queries: &[&Query]) -> Result<Answer, String> {
    let answers: Vec<&Answer> = queries.iter().filter_map(|q| q.answer.as_ref().ok()).collect();
    match (answers.as_slice(), queries) {
        ([first, rest @ ..], _) if rest.iter().all(|a| a.program == first.program) => Ok((*first).clone()),
        ([_, ..], _) => {
            let names: Vec<&str> = answers.iter().filter_map(|a| a.model.as_deref()).collect();
            let first = names.first().unwrap_or(&"p");
            Err(format!(
                "the models `{}` could answer, and nothing tells which is meant: name one, as in `--model {first}`",
                names.join("` and `")
            ))
        }
        ([], [first, ..]) => first.answer.clone(),
        ([], []) => Err("this spec has no `model`".into()),
    }
}

impl Asking<'_> {
    /// Every question, put to this model or to nets alone. `asked`: whether it answers where no model is named.
    fn put(&mut self, model: Option<Model<'_>>, asked: bool, name: Option<&str>) -> Vec<Query> {
        let typed = self.typed;
        let by = |alone: Program, by: fn(String) -> Program| match name {
            Some(name) if !asked => by(name.to_string()),
            Some(_) | None => alone,
        };
        let density = density::query(typed, model)
            .and_then(|(made, number)| Ok(Answer { number: Some(number), ..self.keep(made, name)? }));
        let program = by(Program::Encode, Program::EncodeBy);
        let encode = encode::query(typed, model, program).and_then(|made| self.keep(made, name));
        let program = by(Program::Reconstruct, Program::ReconstructBy);
        let reconstruct = reconstruct::query(typed, model, program).and_then(|made| self.keep(made, name));
        let classify = classify::query(typed, model, &density);
        let sample = sample::query(model).and_then(|a| {
            let judged = model.map(|(_, m)| self.trained.judge_draws(typed, self.leaves, m));
            Ok(Answer {
                untrained: judged.unwrap_or_else(|| Ok(Vec::new()))?,
                model: name.map(str::to_string),
                ..a
            })
        });
        let complete = complete::query(typed, model).and_then(|made| self.keep(made, name));
        let interpolate = decode::query(typed, model, &encode, [&sample, &reconstruct]);
        let answers = [sample, density, classify, encode, reconstruct, complete, interpolate];
        let query = |(question, answer)| Query { question, model: name.map(str::to_string), answer };
        Question::ALL.into_iter().zip(answers).map(query).collect()
    }

    /// Keeps a program that answers, unless it takes rows for pairs that are none, or rests on what nobody trains.
    fn keep(&mut self, (program, graph): Made, name: Option<&str>) -> Result<Answer, String> {
        paired(self.typed, &graph)?;
        let untrained = self.trained.judge(self.typed, self.leaves, &graph)?;
        if !self.graphs.iter().any(|(p, _)| *p == program) {
            self.graphs.push((program.clone(), graph));
        }
        Ok(Answer { untrained, model: name.map(str::to_string), ..Answer::of(program) })
    }
}
