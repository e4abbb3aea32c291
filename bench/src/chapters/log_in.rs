//! What a flood of log-ins does to verify.

use std::num::NonZeroUsize;
use std::time::Duration;

use symbolon_bench::samples::{Samples, number};

use crate::flood;
use crate::load::{Figures, Load};
use crate::report::{Report, Verdict};
use crate::run::{Stand, target};

/// How many times over capacity.
const OVER: u32 = 10;

/// What one password costs a core by the targets: 25 ms.
const HASHES_PER_SECOND: u32 = 40;

/// Between two requests of a connection in the moderate load: 64 connections then ask some thousand
/// times a second, which is well below what the machine can do.
const PAUSE_MS: u32 = 7;

/// The flood is there before the load, and stays until after it.
const AHEAD: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Pair {
    calm: Figures,
    flooded: Figures,
    offered: Samples,
    done: Samples,
    put_off: Samples,
    other: f64,
}

/// The rows of the table.
#[derive(Default)]
pub(crate) struct LogIn {
    moderate: Pair,
    full: Pair,
}

/// How many passwords the server hashes at a time, by its own default.
fn permits() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u32::try_from(cores.saturating_sub(1).max(1)).unwrap_or(1)
}

impl LogIn {
    /// One measurement of each.
    pub(crate) fn round(&mut self, stand: &Stand<'_>) -> anyhow::Result<()> {
        let (stage, options) = (stand.stage, stand.options);
        let full = Load::new(
            &stage.script,
            &stage.few,
            options.main_connections(),
            options.seconds,
        );
        self.moderate.round(stand, &full.with_pause(PAUSE_MS))?;
        self.full.round(stand, &full)
    }

    pub(crate) fn tell(&self, report: &mut Report) {
        let capacity = permits() * HASHES_PER_SECOND;
        let head = [
            "verify beside log-ins",
            "verifies per second",
            "p50 ms",
            "p99 ms",
            "of the calm p99",
            "log-ins sent per second",
            "done per second",
            "put off per second",
            "faults",
        ];
        let rows: Vec<_> = [("moderate load", &self.moderate), ("full load", &self.full)]
            .into_iter()
            .flat_map(|(name, pair)| pair.rows(name))
            .collect();
        report.section("Log-in (P11)", &head, &rows);
        report.note(&format!(
            "The flood: {} log-ins a second with the right password, {OVER} times what {} Argon2id thread(s) at 25 ms \
             can do. Moderate load: each of the connections waits {PAUSE_MS} ms before each request.",
            capacity * OVER,
            permits()
        ));
        let p99 = |pair: &Pair| pair.flooded.p99.ratio_to(&pair.calm.p99);
        let done = self.moderate.done.median() / f64::from(capacity);
        report.judge(Verdict::at_most(
            "P11",
            "flood of log-ins: p99 of a moderate verify load, of the calm one",
            p99(&self.moderate),
            3.0,
        ));
        report.judge(Verdict::at_most(
            "P11",
            "the same at full load",
            p99(&self.full),
            3.0,
        ));
        report.judge(Verdict::at_least(
            "P11",
            "log-ins in the flood, of permits × 1/25 ms",
            done,
            0.9,
        ));
    }
}

impl Pair {
    fn round(&mut self, stand: &Stand<'_>, load: &Load<'_>) -> anyhow::Result<()> {
        let server = target(&stand.server);
        self.calm.add(load.on(server)?);
        let rate = permits() * HASHES_PER_SECOND * OVER;
        let flood = flood::begin(server.address, rate, stand.options.seconds + 1)?;
        std::thread::sleep(AHEAD);
        self.flooded.add(load.on(server)?);
        let flooded = flood::end(flood)?;
        self.offered.push(flooded.offered);
        self.done.push(flooded.done);
        self.put_off.push(flooded.put_off);
        self.other += flooded.other;
        Ok(())
    }

    fn rows(&self, name: &str) -> [Vec<String>; 2] {
        let row = |name: String, figures: &Figures| {
            vec![
                name,
                figures.rate.spread(0),
                figures.p50.spread(2),
                figures.p99.spread(2),
                number(figures.p99.ratio_to(&self.calm.p99), 2),
            ]
        };
        let mut calm = row(format!("{name}, calm"), &self.calm);
        calm.extend(["0", "–", "–"].map(str::to_owned));
        calm.push(number(self.calm.faults, 0));
        let mut flooded = row(format!("{name}, flooded"), &self.flooded);
        let faults = self.flooded.faults + self.other;
        flooded.extend([
            self.offered.spread(0),
            self.done.spread(1),
            self.put_off.spread(0),
            number(faults, 0),
        ]);
        [calm, flooded]
    }
}
