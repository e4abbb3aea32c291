//! What the machine gives: files, memory, time.

use std::fs;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::Patient;
use super::finding::{About, Finding};
use crate::clock;
use crate::messages::doctor as text;

/// Connections that a small product has at a time, and what the store and its kin need.
const FILES_WARN: u64 = 4_096;
/// Fewer do not carry even a test.
const FILES_FAIL: u64 = 256;
/// What an entry of the near cache takes at the most, in bytes.
const NEAR_BYTES: u64 = 400;
/// What the server takes without any session, in bytes.
const IDLE_BYTES: u64 = 32 << 20;
/// Is there once systemd has set the clock by the network in this boot.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// All of it.
pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    vec![files(patient), memory(patient), time(patient)]
}

/// The server raises its limit to the hard one by itself, so that is the one that counts.
fn files(patient: &Patient<'_>) -> Finding {
    let about = About::new("open files", patient.locale);
    let Some(most) = getrlimit(Resource::Nofile).maximum else {
        return about.ok(text::FILES_ENDLESS, &[]);
    };
    match most {
        ..FILES_FAIL => about.fail(text::FILES, text::FILES_RAISE, &[("files", &most)]),
        FILES_FAIL..FILES_WARN => about.warn(text::FILES, text::FILES_RAISE, &[("files", &most)]),
        _ => about.ok(text::FILES, &[("files", &most)]),
    }
}

/// Whether the near cache and the hashing of passwords fit into what there is.
fn memory(patient: &Patient<'_>) -> Finding {
    let about = About::new("memory", patient.locale);
    let config = patient.composition.config();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let permits = config
        .login
        .argon2
        .permits
        .unwrap_or(cores.saturating_sub(1).max(1)) as u64;
    let near = (config.node.near_capacity as u64).saturating_mul(NEAR_BYTES);
    let needed = near
        .saturating_add(permits.saturating_mul(config.login.argon2.memory))
        .saturating_add(IDLE_BYTES);
    let Some(there) = memory_there() else {
        return about.unknown(text::MEMORY_UNKNOWN, &[]);
    };
    let (needed_mib, there_mib) = (needed >> 20, there >> 20);
    let values: super::finding::Values<'_> = &[("needed", &needed_mib), ("there", &there_mib)];
    match needed > there {
        true => about.warn(text::MEMORY_SHORT, text::MEMORY_LOWER, values),
        false => about.ok(text::MEMORY, values),
    }
}

/// The memory of the machine, or what a container may take of it, in bytes.
fn memory_there() -> Option<u64> {
    let machine = total_of(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let limits = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let container = limits
        .into_iter()
        .find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    Some(container.map_or(machine, |container: u64| container.min(machine)))
}

/// `MemTotal:       16303428 kB`
fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

/// Sessions end by the clock. Whether the kernel counts it as synchronised is told by `adjtimex(2)`, which no safe
/// interface of ours reaches; where systemd keeps the time, its mark says the same.
fn time(patient: &Patient<'_>) -> Finding {
    let about = About::new("clock", patient.locale);
    let now = patient.now;
    let shown = now.strftime("%Y-%m-%d %H:%M:%SZ");
    if clock::is_past(now) {
        return about.fail(text::CLOCK_PAST, text::CLOCK_SET, &[("now", &shown)]);
    }
    match Path::new(TIMESYNC).exists() {
        true => about.ok(text::CLOCK_SET_BY_NETWORK, &[("now", &shown)]),
        false => about.unknown(text::CLOCK_UNKNOWN, &[("now", &shown)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_the_machine_is_read_in_bytes() {
        assert_eq!(
            total_of("MemTotal:       16303428 kB\nMemFree: 1 kB\n"),
            Some(16_303_428 * 1_024)
        );
        assert_eq!(total_of("MemFree: 1 kB\n"), None);
        assert_eq!(total_of("MemTotal: much\n"), None);
    }
}
