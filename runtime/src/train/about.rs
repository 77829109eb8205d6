//! What a run is, as its report says it.

use super::Trainer;
use crate::session::Session;
use crate::store::about::{About, Curve, Equations};
use crate::store::identity::Hashes;
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::costs;
use gmc_compiler::explain::math::equations;
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::setting;
use gmc_compiler::types::{TPlayer, TSchedule, Typed};
use std::time::{SystemTime, UNIX_EPOCH};

/// Points of a curve that is computed.
const POINTS: u64 = 200;

/// What this session, whose data are loaded, is about to train.
pub fn about(s: &Session, trainer: &Trainer, hashes: &Hashes) -> About {
    About {
        version: env!("CARGO_PKG_VERSION").into(),
        date: date(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())),
        device: s.device.info().name.clone(),
        per_epoch: trainer.per_epoch,
        settings: settings(&s.typed, trainer),
        data: data(s, hashes),
        parameters: parameters(&s.typed, &s.compiled),
        equations: equations::of(&s.typed).into_iter().map(kept).collect(),
        schedules: schedules(&s.typed, trainer),
    }
}

/// Equations as a run keeps them.
pub fn kept(e: equations::Equations) -> Equations {
    Equations { title: e.title, lines: e.lines, notes: e.notes }
}

/// `2026-11-29 07:35 UTC`, of seconds since 1970 (days to dates as in Richards 2013, Explanatory Supplement, 15.11).
fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let julian = days + 2_440_588;
    let f = julian + 1401 + (4 * julian + 274_277) / 146_097 * 3 / 4 - 38;
    let e = 4 * f + 3;
    let h = 5 * (e % 1461 / 4) + 2;
    let day = h % 153 / 5 + 1;
    let month = (h / 153 + 2) % 12 + 1;
    let year = e / 1461 - 4716 + (14 - month) / 12;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest % 3600 / 60)
}

/// `lr: 0.001, betas: (0.9, 0.999)`
fn listed(args: &Args) -> String {
    args.values.iter().map(|(n, v, _)| format!("{n}: {}", short(v))).collect::<Vec<_>>().join(", ")
}

/// A value whose small numbers have an exponent: `1e-8` for `0.00000001`.
fn short(v: &Const) -> String {
    match v {
        Const::Num(x) if *x != 0.0 && x.abs() < 1e-3 => format!("{x:e}"),
        Const::Range(a, b) => format!("{} -> {}", short(a), short(b)),
        Const::Call(c) => {
            let arg = |(k, v): &(Option<String>, Const)| match k {
                Some(k) => format!("{k}: {}", short(v)),
                None => short(v),
            };
            format!("{}({})", c.name, c.args.iter().map(arg).collect::<Vec<_>>().join(", "))
        }
        Const::Int(_)
        | Const::Num(_)
        | Const::Word(_)
        | Const::Text(_)
        | Const::List(_)
        | Const::Quantity(..) => v.to_string(),
    }
}

fn settings(typed: &Typed, trainer: &Trainer) -> Vec<(String, String)> {
    let t = &typed.train;
    let mut all = vec![("rounds".to_string(), trainer.total.to_string())];
    if trainer.per_epoch > 1 {
        all.push(("rounds in an epoch".into(), trainer.per_epoch.to_string()));
    }
    for row in setting::ROWS {
        if let Some((_, v, _)) = t.settings.values.iter().find(|(n, _, _)| *n == row.name()) {
            all.push((row.name().to_string(), v.to_string()));
        }
    }
    let several = t.players.len() > 1;
    for p in &t.players {
        let of = if several { format!(" of `{}`", p.name) } else { String::new() };
        all.push((format!("optimizer{of}"), format!("`{}({})`", p.optimizer.name(), listed(&p.args))));
        if p.steps > 1 {
            all.push((format!("moves in a round{of}"), p.steps.to_string()));
        }
    }
    if several {
        let kind = if t.simultaneous { "at once" } else { "in turn" };
        all.push(("players move".into(), kind.into()));
    }
    all
}

fn data(s: &Session, hashes: &Hashes) -> Vec<[String; 4]> {
    let items = s.typed.data.iter().zip(&s.sets);
    let one = |(d, set): (&gmc_compiler::types::TData, &gmc_compiler::rows::data::split::Parts)| {
        let typed: Vec<String> = d.vars.iter().map(|v| format!("`{}: {}`", v.name, v.ty)).collect();
        let names: Vec<&str> = d.vars.iter().map(|v| v.name.as_str()).collect();
        let parts = [("training", set.train.n), ("validation", set.valid.n), ("test", set.test.n)];
        let sizes: Vec<String> =
            parts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} {what}")).collect();
        let hash = hashes.data.get(&names.join(", ")).cloned().unwrap_or_default();
        let from = format!("`{}({})`", d.row.name(), listed(&d.args));
        [typed.join(", "), from, sizes.join(", "), hash]
    };
    items.map(one).collect()
}

fn called(p: &TPlayer) -> String {
    if p.name == "all" { "the only player".into() } else { format!("`{}`", p.name) }
}

fn parameters(typed: &Typed, c: &Compiled) -> Vec<(String, u64, String)> {
    let all = costs::trained(typed, c).into_iter();
    let whose = |t: &costs::Trained<'_>| match (t.from, t.owner) {
        (Some(f), _) => format!("nobody, from `{}` (CRC-32 {})", f.path, f.hash),
        (None, Some(p)) => called(p),
        (None, None) => "nobody".into(),
    };
    let shared = all.map(|t| (format!("`{}`", t.name), t.numbers as u64, whose(&t)));
    let each = costs::per_datum(typed, c).into_iter();
    let each =
        each.map(|h| (format!("`{}`, for each datum", h.guide.name), h.numbers as u64, called(h.owner)));
    shared.chain(each).collect()
}

/// What is no constant, over all rounds: what an optimizer's arguments follow by the argument's name, the rest as it is written.
fn schedules(typed: &Typed, trainer: &Trainer) -> Vec<Curve> {
    let each = (trainer.total / POINTS).max(1);
    let curve = |name: String, s: &TSchedule| {
        let at = |step: u64| (step as f64, s.row.value(&s.args, trainer.progress(step)));
        Curve { name, points: (0..=trainer.total).step_by(each as usize).map(at).collect() }
    };
    let several = typed.train.players.len() > 1;
    let mut named: Vec<(usize, String)> = Vec::new();
    for p in &typed.train.players {
        let of = if several { format!(" of {}", p.name) } else { String::new() };
        for (arg, i) in &p.schedules {
            let what = if arg == "lr" { "learning rate" } else { arg };
            named.push((*i, format!("{what}{of}")));
        }
    }
    // What follows the validation part is logged as training goes on.
    let all = typed.schedules.iter().enumerate().filter(|(_, s)| s.row.patience(&s.args).is_none());
    all.map(|(i, s)| {
        let known = named.iter().find(|(at, _)| *at == i).map(|(_, name)| format!("{name}: {}", s.text));
        curve(known.unwrap_or_else(|| s.text.clone()), s)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn seconds_as_dates() {
        // The seconds are those of `date -u -d ... +%s`.
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59 UTC"),
            (1_795_937_700, "2026-11-29 07:35 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }
}
