//! Tables of turns, and what the machine is busy with.

/// One row of a table: turns in the order they were taken, in milliseconds a step.
pub struct Row {
    /// Which contender.
    pub name: String,
    /// Milliseconds a step.
    pub turns: Vec<f64>,
}

/// The value below which the fraction `q` of the sorted `v` lies.
pub fn quantile(v: &[f64], q: f64) -> f64 {
    let mut v = v.to_vec();
    v.sort_by(f64::total_cmp);
    let at = (v.len().saturating_sub(1) as f64 * q).round() as usize;
    v.get(at).copied().unwrap_or(f64::NAN)
}

impl Row {
    /// A contender before its first turn.
    pub fn new(name: impl Into<String>) -> Row {
        Row { name: name.into(), turns: Vec::new() }
    }
}

/// Prints rows; ratios are of the first row to each, within a turn.
pub fn table(rows: &[Row], unit: &str) {
    let width = rows.iter().map(|r| r.name.len()).max().unwrap_or(0).max(8);
    println!(
        "  {:width$}  {:>9} {:>9} {:>9} {:>9}  {:>8} {:>8}",
        "", "median", "quarter", "3 quarter", "best", "speed", "at best"
    );
    for r in rows {
        let first = rows.first().map_or(&[][..], |f| &f.turns);
        let ratios: Vec<f64> = r.turns.iter().zip(first).map(|(a, b)| b / a).collect();
        let q = |p| quantile(&r.turns, p);
        println!(
            "  {:width$}  {:9.3} {:9.3} {:9.3} {:9.3}  {:7.2}x {:7.2}x   {unit}",
            r.name,
            q(0.5),
            q(0.25),
            q(0.75),
            q(0.0),
            quantile(&ratios, 0.5),
            quantile(first, 0.0) / q(0.0),
        );
    }
}

/// What the machine is busy with: the load averages where the system tells them.
pub fn load_average() -> String {
    let read = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = read.split_whitespace().take(3).collect();
    if three.is_empty() { "unknown".into() } else { three.join(" ") }
}

/// Threads, architecture and load.
pub fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    format!("{threads} threads, {}, load {}", std::env::consts::ARCH, load_average())
}
