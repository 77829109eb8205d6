//! What is seen of a run while it goes on: on a terminal a bar with the time that is left and the numbers that matter, elsewhere lines.

use crate::console::{is_overheard, note};
use crate::measure::scores::Score;
use crate::session::data::TEST;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time between numbers beside the bar.
const FRESH: Duration = Duration::from_millis(250);
/// Where there is no terminal: the longest time without a line.
const QUIET: Duration = Duration::from_secs(30);
/// Most numbers beside the bar.
const MOST: usize = 4;

/// What is seen of a run.
pub struct Seen {
    bar: ProgressBar,
    total: u64,
    /// Whether a round is done.
    begun: bool,
    /// When numbers were last shown.
    shown: Option<Instant>,
    /// Numbers of the last rounds, in one line.
    rounds: String,
    /// The first number that was measured last, in one line.
    measured: String,
}

impl Seen {
    /// Of a run of `total` rounds, `at` of which are done. The bar is there before the first round is.
    pub fn new(total: u64, at: u64) -> Seen {
        let target = match std::io::stderr().is_terminal() && !is_overheard() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        styled(&bar, "{pos}/{len} [{bar:24}]  {wide_msg}");
        bar.set_position(at);
        bar.reset_eta();
        bar.set_message("the first round");
        // Where there are no lines, the first is due after a while.
        let shown = bar.is_hidden().then(Instant::now);
        Seen { bar, total, begun: false, shown, rounds: String::new(), measured: String::new() }
    }

    /// Whether what is shown of the rounds is old.
    pub fn due(&self) -> bool {
        let most = if self.bar.is_hidden() { QUIET } else { FRESH };
        self.shown.is_none_or(|at| at.elapsed() >= most)
    }

    /// New numbers of the last rounds.
    pub fn now(&mut self, scores: &[Score]) {
        self.rounds = line(scores, MOST);
        if !self.bar.is_hidden() {
            self.shown = Some(Instant::now());
            self.bar.set_message(beside(&self.rounds, &self.measured));
        }
    }

    /// So many rounds are done, after so many seconds.
    pub fn at(&mut self, step: u64, seconds: f64) {
        // How long it takes is known from the first round on.
        if !std::mem::replace(&mut self.begun, true) {
            styled(&self.bar, "{pos}/{len} [{bar:24}] {percent}%, {eta} left  {wide_msg}");
        }
        self.bar.set_position(step);
        if self.bar.is_hidden() && self.due() && !self.rounds.is_empty() {
            note(&format!("{step:>7}/{}  {seconds:.0} s  training: {}\n", self.total, self.rounds));
            self.shown = Some(Instant::now());
        }
    }

    /// Numbers that were measured on a part of the data.
    pub fn look(&mut self, step: u64, seconds: f64, scores: &[Score]) {
        let Some(first) = scores.first() else { return };
        if self.bar.is_hidden() {
            note(&format!("{step:>7}/{}  {seconds:.0} s  {}\n", self.total, line(scores, usize::MAX)));
            self.shown = Some(Instant::now());
        }
        let part = if first.part.is_empty() { TEST } else { &first.part };
        self.measured = format!("{part}: {}", line(scores, 1));
        self.bar.set_message(beside(&self.rounds, &self.measured));
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| note(line));
    }

    /// The run has ended.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn styled(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}

/// Numbers in one line, at most so many; where not all are, each in one unit.
fn line(scores: &[Score], most: usize) -> String {
    let again = |i: usize, s: &Score| most < scores.len() && scores.iter().take(i).any(|t| t.name == s.name);
    let all = scores
        .iter()
        .enumerate()
        .filter(|(i, s)| !again(*i, s))
        .map(|(_, s)| s)
        .take(most)
        .map(|s| format!("{} {:.4}", s.label(), s.value.0));
    all.collect::<Vec<_>>().join("  ")
}

/// What stands beside the bar.
fn beside(rounds: &str, measured: &str) -> String {
    match measured.is_empty() {
        true => rounds.to_string(),
        false => format!("{rounds}  | {measured}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::metric::{LogDensity, Metric, Per};
    use crate::measure::scores::Trust;

    #[test]
    fn numbers_stand_beside_the_bar() {
        let elbo = Metric::NegativeLog(LogDensity::Elbo, Per::Example);
        let score = |m: &Metric, v| Score::new(m, v, Trust::Exact);
        let all = [score(&elbo, 17.25), score(&Metric::Reconstruction, 11.0), score(&Metric::Kl, 6.25)];
        assert_eq!(line(&all, 2), "negative ELBO [nats] 17.2500  reconstruction [nats] 11.0000");
        let mut seen = Seen::new(10, 0);
        seen.now(&all);
        seen.look(5, 1.0, &all);
        assert!(seen.measured == "test: negative ELBO [nats] 17.2500", "{}", seen.measured);
        assert!(
            beside(&seen.rounds, &seen.measured)
                .ends_with("KL [nats] 6.2500  | test: negative ELBO [nats] 17.2500")
        );
    }
}
