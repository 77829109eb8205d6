//! What `eval { .. }` asks for.

use super::consts::{bind, eval, unfit};
use super::{Bad, Checker, Res, Subject, TAgreement, TKind, TNet, TPlayer};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind};
use crate::rows::args::Args;
use crate::rows::measure::{self, Agreement, MeasureRow, Needs};
use crate::rows::{self};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, Ident, Item, Setting};

impl Checker<'_> {
    pub(crate) fn eval_item(&mut self, items: &[&Item]) {
        let mut seen: Vec<(String, Span)> = Vec::new();
        for item in items {
            let Item::Eval(e) = item else { continue };
            for s in &e.settings {
                self.ask(&s.name, &mut seen, |me, row| me.asked_by_setting(row, s));
            }
            for c in &e.calls {
                self.ask(&c.name, &mut seen, |me, row| me.asked_by_call(row, c).map(Some));
            }
        }
    }

    /// One line of `eval`: `bound` reads its arguments, or nothing where the row is no such line.
    fn ask(
        &mut self,
        name: &Ident,
        seen: &mut Vec<(String, Span)>,
        bound: impl FnOnce(&mut Self, &'static dyn MeasureRow) -> Res<Option<Args>>,
    ) {
        let asked = rows::find(measure::ROWS, &name.name).map(|row| (row, bound(self, row)));
        let (row, bound) = match asked {
            Some((row, Ok(Some(args)))) => (row, Ok(args)),
            Some((row, Err(bad))) => (row, Err(bad)),
            Some((_, Ok(None))) | None => {
                let near = did_you_mean(&name.name, measure::ROWS.iter().map(|r| r.name()));
                let what = "metric or setting of `eval`";
                let offers = measure::offers();
                return self.say(codes::e0200::unknown_row(what, &name.name, name.span, near, &offers));
            }
        };
        let several = |row: &dyn MeasureRow| row.needs() == Needs::Number;
        let several = rows::find(measure::ROWS, &name.name).is_some_and(several);
        if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name.name && !several) {
            self.say(codes::e0205::set_twice("eval", &name.name, *first, name.span));
        }
        seen.push((name.name.clone(), name.span));
        let judged = bound.and_then(|args| self.judged(row, &args).map(|agreement| (args, agreement)));
        match judged {
            Ok((args, agreement)) => {
                self.typed.agreement = agreement.or(self.typed.agreement.take());
                self.typed.eval.add(row, Args { span: name.span, ..args });
            }
            Err(bad) => self.say(bad),
        }
    }

    /// `samples 64`: the value of a row with one argument.
    fn asked_by_setting(&self, row: &'static dyn MeasureRow, s: &Setting) -> Res<Option<Args>> {
        let Some(spec) = row.single() else { return Ok(None) };
        let v = eval(&self.consts, &s.value)?;
        if let Some(want) = unfit(spec.kind, &v) {
            return Err(
                codes::e0205::wrong_kind("eval", row.name(), s.value.span, &v.to_string(), &want).into()
            );
        }
        let values = vec![(spec.name, v, s.value.span)];
        Ok(Some(Args { span: s.name.span, name: row.name().into(), declared: row.params(), values }))
    }

    /// `iwae(k: 64)`
    fn asked_by_call(&mut self, row: &'static dyn MeasureRow, c: &Call) -> Res<Args> {
        if row.needs() == Needs::Number {
            return self.value(row, c);
        }
        if row.needs() == Needs::PerDatum && !self.typed.models.iter().any(|m| m.each.is_some()) {
            return Err(match self.broken.is_empty() {
                true => codes::e0214::nothing_to_infer(c.span).into(),
                false => Bad::Said,
            });
        }
        Ok(bind(&self.consts, row.params(), c)?)
    }

    /// `value(e)`: an expression over the names of `train`, one number, all of whose nets are trained by somebody.
    fn value(&mut self, row: &'static dyn MeasureRow, c: &Call) -> Res<Args> {
        if !self.broken.is_empty() {
            return Err(Bad::Said);
        }
        let [Arg { key: None, value }] = c.args.as_slice() else {
            return Err(codes::e0211::nothing_measured(c.span).into());
        };
        let scope = std::mem::take(&mut self.in_train);
        let typed = self.in_calls(value, &scope).and_then(|e| self.expr(&e, &scope));
        self.in_train = scope;
        let e = typed?;
        if !e.ty.shape.is_empty() || e.batched {
            return Err(codes::e0211::measured(value.span, &e.ty.shape_text()).into());
        }
        let mut nets: Vec<usize> = Vec::new();
        self.walk(&e, &mut |_, x| {
            nets.extend(if let TKind::Net { net, .. } = x.kind { Some(net) } else { None })
        });
        let used = self.used();
        let owns = |p: &TPlayer, name: &str| p.owns.iter().any(|(n, _)| n == name);
        let trained =
            |name: &String| used.contains(name) && self.typed.train.players.iter().any(|p| owns(p, name));
        let idle = |n: &&TNet| n.trainable() && !trained(&n.name) && !self.typed.train.players.is_empty();
        if let Some(net) = nets.iter().filter_map(|i| self.typed.nets.get(*i)).find(idle) {
            return Err(codes::e0704::only_measured(&net.name, net.span, value.span).into());
        }
        self.typed.values.push(e);
        Ok(Args { span: c.span, name: row.name().into(), declared: row.params(), values: Vec::new() })
    }

    /// What follows for the spec as it is written. Whether its programs have an answer is seen when they are derived.
    fn judged(&self, row: &dyn MeasureRow, args: &Args) -> Res<Option<TAgreement>> {
        match row.needs() {
            Needs::Judge => self.agreement(args).map(Some),
            Needs::Nothing
            | Needs::Bound
            | Needs::Draws
            | Needs::Code
            | Needs::Modes
            | Needs::PerDatum
            | Needs::Number => Ok(None),
        }
    }

    /// `agreement(judge)`: the judge scores the classes of a data variable that the model draws and whose class it knows.
    fn agreement(&self, args: &Args) -> Res<TAgreement> {
        const WANT: &str = "a net from what the model draws to one score for each class, such as `net judge(x: Bool[64]) -> Real[10]`";
        let judge = &Agreement::JUDGE;
        let span = args.span_of(judge.name);
        let wrong =
            |value: &str| Err(codes::e0205::wrong_kind(&args.name, judge.name, span, value, WANT).into());
        let Some(name) = Agreement::judge(args) else { return wrong("this") };
        if self.broken.iter().any(|b| b == name) {
            return Err(Bad::Said);
        }
        let Some(judge) = self.typed.nets.iter().position(|n| n.name == name) else {
            return wrong("no net");
        };
        let net = self.typed.net(judge);
        let drawn_by = match self.typed.subject() {
            Subject::Model(i) => i,
            Subject::Nobody => return wrong("a net of a spec without a `model`: nothing is drawn"),
            Subject::Several(all) => {
                let names: Vec<&str> = all.iter().map(|i| self.typed.model(*i).name.as_str()).collect();
                return wrong(&format!(
                    "a net of a spec with several models of the data, `{}`: which draws is not known",
                    names.join("` and `")
                ));
            }
        };
        let model = self.typed.model(drawn_by);
        let ([(_, reads, _)], [out]) = (net.inputs.as_slice(), net.outs.as_slice()) else {
            return wrong("a net with several inputs or outputs");
        };
        let vars: Vec<&super::TVar> = self.typed.data.iter().flat_map(|d| &d.vars).collect();
        let reads_it = |ty: &EventTy| {
            reads.shape == ty.shape
                && (reads.kind == ty.kind
                    || matches!(reads.kind, Kind::Real(_)) && ty.kind.inside(reads.kind))
                && !matches!(ty.kind, Kind::Class(_))
        };
        let drawn = model.sites.iter().find(|s| s.observed && reads_it(&s.ty));
        let class = vars.iter().find_map(|v| match v.ty.kind {
            Kind::Class(n)
                if v.ty.shape.is_empty()
                    && (model.conds.contains(&v.name) || model.site(&v.name).is_some()) =>
            {
                Some((v.name.clone(), n))
            }
            Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => None,
        });
        match (drawn, class) {
            (None, _) => wrong(&format!("a net that reads {reads}, which `{}` does not draw", model.name)),
            (_, None) => {
                wrong(&format!("asked about `{}`, which is given no class and draws none", model.name))
            }
            (Some(_), Some((class, n))) if out.shape != [n] => {
                wrong(&format!("a net to {out}, while `{class}` is one of {n} classes"))
            }
            (Some(s), Some((class, classes))) => {
                self.want_paired(&s.name, &class, span)?;
                Ok(TAgreement { judge, model: drawn_by, sample: s.name.clone(), class, classes })
            }
        }
    }
}
