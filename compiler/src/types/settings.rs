//! The settings of `train`.

use super::consts::{defaults, eval, unfit};
use super::{Checker, Res};
use crate::diag::{Diag, codes, suggest::did_you_mean};
use crate::rows::args::Args;
use crate::rows::setting::{self, Steps, Stop};
use crate::rows::{self, Row, SettingRow};
use crate::span::Span;
use crate::syntax::ast::{PlayerItem, Setting};

/// Every setting as it is when `train` says nothing.
pub(super) fn unsaid() -> Args {
    defaults("train", Span::default(), setting::params())
}

impl Checker<'_> {
    /// Reads the settings of a `train` block; each is given once, and one says how long to train.
    pub(super) fn settings(&mut self, all: &[Setting]) {
        for (i, s) in all.iter().enumerate() {
            let before = all.get(..i).unwrap_or(&[]);
            if let Some(first) = before.iter().find(|b| b.name.name == s.name.name) {
                self.say(codes::e0205::set_twice("train", &s.name.name, first.name.span, s.name.span));
            } else if let Some(row) = length(s)
                && let Some((first, other)) = before.iter().find_map(|b| Some((b, length(b)?)))
            {
                let counts: Vec<_> =
                    setting::ROWS.iter().filter_map(|r| Some((r.name(), r.counts()?))).collect();
                self.say(codes::e0205::two_lengths(
                    (other.name(), first.name.span),
                    (row.name(), s.name.span),
                    &counts,
                ));
            }
            if let Err(bad) = self.setting(s) {
                self.say(bad);
            }
        }
    }

    /// `stop` watches one number, and a game has one for each player.
    pub(super) fn stops(&mut self, all: &[Setting]) {
        let players = self.typed.train.players.len();
        if let Some(s) = all.iter().find(|s| s.name.name == Stop.name()).filter(|_| players > 1) {
            self.say(codes::e0205::stop_of_a_game(s.name.span, players));
        }
    }

    /// A setting on the line of a player: it would hold for all of them.
    pub(super) fn misplaced(&self, p: &PlayerItem) -> Res<()> {
        let Some(s) = p.settings.first() else { return Ok(()) };
        let name = s.name.name.as_str();
        if name == Steps.name()
            && let Some(first) = &p.steps
        {
            let player = format!("player {}", p.name.name);
            return Err(codes::e0205::set_twice(&player, name, first.span, s.name.span).into());
        }
        let Some(row) = row(s) else { return Err(unknown(s).into()) };
        let constraint = rows::find(rows::constraint::ROWS, row.name()).is_some();
        let value = eval(&self.consts, &s.value)?.to_string();
        let span = s.name.span.to(s.value.span);
        Err(codes::e0709::in_player((row.name(), &value), span, &p.name.name, constraint).into())
    }

    fn setting(&mut self, s: &Setting) -> Res<()> {
        let Some(row) = row(s) else { return Err(unknown(s).into()) };
        if let Some(key) = s.key.as_ref().filter(|k| row.key() != Some(k.name.as_str())) {
            let known: Vec<&str> = row.key().into_iter().collect();
            return Err(codes::e0207::unknown_argument(row.name(), &key.name, key.span, &known).into());
        }
        for spec in row.params() {
            let v = eval(&self.consts, &s.value)?;
            if let Some(want) = unfit(spec.kind, &v) {
                return Err(codes::e0205::wrong_kind(
                    "train",
                    spec.name,
                    s.value.span,
                    &v.to_string(),
                    &want,
                )
                .into());
            }
            self.typed.train.settings.set(spec.name, v, s.value.span);
        }
        Ok(())
    }
}

fn unknown(s: &Setting) -> Diag {
    let near = did_you_mean(&s.name.name, setting::ROWS.iter().map(|r| r.name()));
    codes::e0200::unknown_row("setting of `train`", &s.name.name, s.name.span, near, &setting::offers())
}

fn row(s: &Setting) -> Option<&'static dyn SettingRow> {
    rows::find(setting::ROWS, &s.name.name)
}

/// The row of a setting that says how long to train.
fn length(s: &Setting) -> Option<&'static dyn SettingRow> {
    row(s).filter(|r| r.counts().is_some())
}
