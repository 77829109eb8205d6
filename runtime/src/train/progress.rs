//! What is seen of a run while it goes on.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar of `total` rounds on standard error; hidden where that is no terminal.
pub fn bar(total: u64, at: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    if let Ok(style) =
        ProgressStyle::with_template("{pos}/{len} [{bar:24}] {per_sec}  {eta} left  {wide_msg}")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_position(at);
    bar.reset_eta();
    bar
}

/// Numbers in one line.
pub fn shown(values: &[(String, f64)]) -> String {
    // A payoff is the loss up to its sign; alone it is all there is to show.
    let signed = |n: &str| n == "payoff" || n.ends_with("/payoff");
    let all = values.iter().filter(|(n, _)| values.len() == 1 || !signed(n));
    all.map(|(n, v)| format!("{n} {v:.4}")).collect::<Vec<_>>().join("  ")
}
