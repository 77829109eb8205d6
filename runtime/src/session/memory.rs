//! How much memory there is, and whether a training step fits into it.

use super::Session;
use crate::exec::DeviceKind;
use crate::failure::Failure;
use gmc_compiler::ir::schedule;
use gmc_compiler::rows::setting::Pass;
use std::fs;

/// Bytes that a process of this machine can have: its memory with what it swaps to, or the limit of the group
/// of processes (a container, a job) that this one is in. `None` where the system does not say.
pub fn of_this_machine() -> Option<u64> {
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limit = groups.iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok()).min();
    let whole = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    whole.into_iter().chain(limit).min()
}

/// Memory and swap of a `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let kilobytes = |name: &str| {
        let line = meminfo.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some(kilobytes("MemTotal")?.saturating_add(kilobytes("SwapTotal").unwrap_or(0)).saturating_mul(1024))
}

/// Refuses, on the CPU, a training step that needs more memory than the machine has, with the largest batch
/// that would fit.
///
/// # Errors
/// What the step needs and what there is.
pub fn fits(s: &Session) -> Result<(), Failure> {
    let Some(there) = of_this_machine().filter(|_| s.device.info().kind == DeviceKind::Cpu) else {
        return Ok(());
    };
    let needs = |batch: usize| {
        s.compiled.programs.steps().map(|(_, g)| schedule::peak_bytes(g, batch) as u64).max().unwrap_or(0)
    };
    // No minibatch holds more than there are data; one that a leftover joins holds more than was asked for.
    let batch = s.passes().iter().map(Pass::largest).max().unwrap_or(1).max(1);
    if needs(batch) <= there {
        return Ok(());
    }
    // Memory grows with the batch: the largest that fits, by halving.
    let (mut fits, mut beyond) = (0, batch);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if needs(middle) <= there { fits = middle } else { beyond = middle }
    }
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let help = match fits {
        0 => {
            format!("make the layers smaller: with batch 1 a step still needs {:.1} GB", gigabytes(needs(1)))
        }
        _ => format!(
            "train with a smaller batch, at most `--set train.batch={fits}`, or make the layers smaller"
        ),
    };
    let (needed, there) = (gigabytes(needs(batch)), gigabytes(there));
    Err(Failure::new(format!(
        "a training step with batch {batch} needs {needed:.1} GB of memory, and this machine has {there:.1} GB"
    ))
    .help(help))
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn memory_and_swap_are_added() {
        assert_eq!(
            total("MemTotal:       24684084 kB\nMemFree: 1 kB\nSwapTotal:  1000 kB\n"),
            Some((24_684_084 + 1000) * 1024)
        );
        assert_eq!(total("MemTotal: 8 kB\n"), Some(8192));
        assert_eq!(total("SwapTotal: 8 kB\n"), None);
        assert_eq!(total("MemTotal: many kB\n"), None);
    }
}
