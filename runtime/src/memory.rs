//! How much memory there is.

use std::fs;

/// Bytes that a process of this machine can have: its memory with what it swaps to, or the limit of the group of processes (a container,
/// a job) that this one is in. `None` where the system does not say.
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
