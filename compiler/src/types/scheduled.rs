//! Schedules, and the arguments of rows that may be one.

use super::consts::bind;
use super::{Bad, Checker, Res, TSchedule};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::Support;
use crate::rows;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use crate::syntax::ast::{Call, ExprKind};

impl Checker<'_> {
    /// A schedule's index, and where its values lie.
    pub(crate) fn schedule(&mut self, c: &Call) -> Res<(usize, Support)> {
        let row = rows::find(rows::schedule::ROWS, &c.name.name).ok_or_else(|| {
            let near =
                did_you_mean(&c.name.name, rows::schedule::ROWS.iter().map(|r| r.name())).map(str::to_string);
            Bad::from(codes::e0200::unknown("schedule", &c.name.name, c.name.span, near.as_deref()))
        })?;
        let args = bind(&self.consts, row.params(), c)?;
        let support = row.range(&args).into();
        let written: Vec<String> =
            args.values.iter().filter(|v| v.2 != c.span).map(|(n, v, _)| format!("{n}: {v}")).collect();
        let text = format!("{}({})", c.name.name, written.join(", "));
        self.typed.schedules.push(TSchedule { row, args, text });
        Ok((self.typed.schedules.len() - 1, support))
    }

    /// Arguments of an optimizer: numbers stay, schedules become scalar inputs.
    pub(crate) fn optimizer_args(&mut self, c: &Call) -> Res<(Args, Vec<(String, usize)>)> {
        let row = rows::find(rows::optimizer::ROWS, &c.name.name).ok_or_else(|| {
            let near = did_you_mean(&c.name.name, rows::optimizer::ROWS.iter().map(|r| r.name()))
                .map(str::to_string);
            Bad::from(codes::e0200::unknown("optimizer", &c.name.name, c.name.span, near.as_deref()))
        })?;
        self.scheduled_args(row.params(), c)
    }

    /// The bound arguments of a row, and those of them that are schedules, whose values must lie where numbers must.
    pub(super) fn scheduled_args(
        &mut self,
        params: &'static [ParamSpec],
        c: &Call,
    ) -> Res<(Args, Vec<(String, usize)>)> {
        let args = bind(&self.consts, params, c)?;
        let mut schedules = Vec::new();
        for (name, v, span) in &args.values {
            if let Const::Call(_) = v
                && let Some(a) = c.args.iter().find(|a| a.value.span == *span)
                && let ExprKind::Call(s) = &a.value.kind
            {
                let i = self.schedule(s)?.0;
                let kind = params.iter().find(|p| p.name == *name).map(|p| p.kind);
                if let Some(ArgKind::Scheduled(lo, hi)) = kind
                    && self.schedule_leaves(i, lo, hi)
                {
                    let want = format!("{} throughout its schedule", rows::args::within(lo, hi));
                    return Err(
                        codes::e0205::wrong_kind(&c.name.name, name, *span, &v.to_string(), &want).into()
                    );
                }
                schedules.push(((*name).to_string(), i));
            }
        }
        Ok((args, schedules))
    }

    /// Whether schedule number `i` begins or ends outside of these ends (inclusive).
    pub(super) fn schedule_leaves(&self, i: usize, lo: f64, hi: f64) -> bool {
        let values = self.typed.schedule(i).args.values.iter();
        let ends = values.filter(|(n, _, _)| ["range", "value"].contains(n)).flat_map(|(_, v, _)| ends(v));
        ends.into_iter().any(|x| !(lo..=hi).contains(&x))
    }
}

/// Numbers at the ends of a schedule's argument (durations say nothing about its values).
fn ends(v: &Const) -> Vec<f64> {
    match v {
        Const::Int(_) | Const::Num(_) => v.num().into_iter().collect(),
        Const::Range(a, b) => [a.num(), b.num()].into_iter().flatten().collect(),
        Const::List(l) => l.iter().flat_map(ends).collect(),
        Const::Word(_) | Const::Text(_) | Const::Call(_) | Const::Quantity(..) => Vec::new(),
    }
}
