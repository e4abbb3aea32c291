//! Memory, and the time until a server is ready.

use std::time::Duration;

use anyhow::bail;
use symbolon_bench::samples::{Samples, number};

use crate::load::{Load, Loaded};
use crate::process::{Memory, Target};
use crate::report::{Report, Verdict};
use crate::run::Options;
use crate::stage::Stage;

const MIB: f64 = 1024.0 * 1024.0;

/// The longest that one pass over all sessions may take.
const PASS_SECONDS_MAX: u32 = 240;

/// Between two looks at a process' memory.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// So many looks in a row alike: what runs beside (late writes, freed pages given back) has come to rest.
const ALIKE: u32 = 10;
/// How far apart two looks may be and still be alike: 64 pages of a server that breathes.
const BREATH: f64 = 256.0 * 1024.0;
/// So many looks at the most: a process that never rests is a finding, not a figure.
const LOOKS_MAX: u32 = 150;

/// Waits until what runs beside has come to rest, and looks.
///
/// # Errors
/// Where the memory does not come to rest within [`LOOKS_MAX`] looks.
pub(crate) fn memory_at_rest(target: Target) -> anyhow::Result<Memory> {
    let mut rest = Memory::of(target.pid)?;
    let mut alike = 0;
    for _ in 0..LOOKS_MAX {
        std::thread::sleep(LOOK_EVERY);
        let now = Memory::of(target.pid)?;
        if (now.resident - rest.resident).abs() <= BREATH {
            alike += 1;
        } else {
            (rest, alike) = (now, 0);
        }
        if alike == ALIKE {
            return Ok(now);
        }
    }
    bail!("the memory of process {} does not come to rest", target.pid)
}

/// Looks at a server as its near cache fills.
#[derive(Default)]
pub(crate) struct Memories {
    /// Ready, nothing in the store.
    pub(crate) empty: Memory,
    /// Ready, all sessions in the store, none in the near cache.
    started: Memory,
    few: Memory,
    all: Memory,
    /// Without a near cache, after the same requests: what of `all` is the store's own caches.
    without_near: Memory,
    /// Milliseconds from the start of the process until it is ready, with all sessions in the store.
    pub(crate) ready_in: Samples,
    first_pass: Option<Loaded>,
    /// How many sessions the server then says it has in its near cache.
    pub(crate) near_sessions: f64,
}

impl Memories {
    /// Asks once about each session.
    pub(crate) fn fill(&mut self, target: Target, stage: &Stage, options: &Options) -> anyhow::Result<()> {
        self.started = memory_at_rest(target)?;
        let pass = |requests| {
            let load = Load::new(&stage.script, requests, options.main_connections(), 0);
            load.once(PASS_SECONDS_MAX).on(target)
        };
        pass(&stage.few)?;
        self.few = memory_at_rest(target)?;
        self.first_pass = Some(pass(&stage.all)?);
        self.all = memory_at_rest(target)?;
        Ok(())
    }

    /// Asks a server without a near cache about as many.
    pub(crate) fn compare(&mut self, cold: Target, stage: &Stage, options: &Options) -> anyhow::Result<()> {
        let connections = options.main_connections();
        Load::new(&stage.script, &stage.all, connections, options.seconds).on(cold)?;
        self.without_near = memory_at_rest(cold)?;
        Ok(())
    }

    pub(crate) fn tell(&self, report: &mut Report, sessions: usize) {
        let head = ["memory of the server", "RSS MiB", "PSS MiB"];
        let row = |name: &str, memory: Memory| {
            vec![
                name.to_owned(),
                number(memory.resident / MIB, 1),
                number(memory.proportional / MIB, 1),
            ]
        };
        let count = number(sessions as f64, 0);
        let rows = [
            row("ready, an empty store", self.empty),
            row(&format!("ready, {count} sessions in the store"), self.started),
            row("10,000 of them in the near cache", self.few),
            row("all of them in the near cache", self.all),
            row(
                "after the same requests with `near_capacity: 1`",
                self.without_near,
            ),
        ];
        report.section("Memory and start (P9, P10)", &head, &rows);
        let each = (self.all.resident - self.without_near.resident) / sessions as f64;
        report.note(&format!(
            "The last two rows differ by {} bytes for each session. From the start of the process until it is \
             ready with {count} sessions in the store: {} ms.",
            number(each, 0),
            self.ready_in.spread(0)
        ));
        if let Some(first) = self.first_pass {
            report.note(&format!(
                "The first verify of each of {count} sessions, by the store and into the near cache: {} per second, \
                 p99 {} ms, {} faults. \
                 {} of them are in the near cache then.",
                number(first.rate, 0),
                number(first.p99, 2),
                number(first.faults, 0),
                number(self.near_sessions, 0)
            ));
        }
        report.judge(Verdict::at_most(
            "P9",
            "idle, an empty store: RSS in MiB",
            self.empty.resident / MIB,
            32.0,
        ));
        report.judge(Verdict::at_most(
            "P9",
            "bytes for each session in the near cache",
            each,
            400.0,
        ));
        // The target is two seconds for ten million.
        let limit = 2_000.0 * (sessions as f64 / 1e7).max(0.1);
        report.judge(Verdict::at_most(
            "P10",
            "start until ready, ms",
            self.ready_in.median(),
            limit,
        ));
    }
}
