//! Memory that training adds to a process, measured in a process of its own.

use super::ours::{Ours, open};
use gmc_runtime::failure::Failure;
use std::path::Path;
use std::process::Command;

/// Training rounds of a memory measurement: enough for the allocator to reach its high-water mark.
const MEMORY_ROUNDS: u64 = 20;

/// Runs `gmc-bench memory` and reads its answer.
pub fn peak_of(spec: &Path, unfused: bool) -> Option<f64> {
    let mut c = Command::new(std::env::current_exe().ok()?);
    c.arg("memory").arg(spec);
    if unfused {
        c.arg("--unfused");
    }
    String::from_utf8(c.output().ok()?.stdout).ok()?.trim().parse().ok()
}

/// A line of `/proc/self/status`, in bytes.
fn status(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|k| k * 1024)
}

/// Makes what is held now the high-water mark of the resident memory, and says how much that is, in bytes.
pub fn reset() -> Result<u64, Failure> {
    // 5 resets the high-water mark (proc(5)).
    let file = "/proc/self/clear_refs";
    std::fs::write(file, "5").map_err(|e| Failure::file("write", file, e))?;
    status("VmRSS").ok_or_else(|| Failure::new("no VmRSS in /proc/self/status"))
}

/// Seconds for which this thread has had a processor, so that what else runs on the machine does not count.
pub fn seconds() -> Result<f64, Failure> {
    let file = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(file).map_err(|e| Failure::file("read", file, e))?;
    let first = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    first.map(|ns| ns * 1e-9).ok_or_else(|| Failure::new(format!("no time in {file}")))
}

/// The high-water mark of the resident memory, in bytes.
pub fn peak() -> Result<u64, Failure> {
    status("VmHWM").ok_or_else(|| Failure::new("no VmHWM in /proc/self/status"))
}

/// Prints the bytes that some rounds of training add to this process.
pub fn memory(spec: &Path, unfused: bool) -> Result<(), Failure> {
    let (mut session, _) = open(spec)?;
    session.set_fuse(!unfused);
    let mut ours = Ours::new(session);
    let before = reset()?;
    ours.turn(MEMORY_ROUNDS)?;
    println!("{}", peak()?.saturating_sub(before));
    Ok(())
}
