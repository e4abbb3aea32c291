//! What one node does in a second while others share its store: verify from memory, verify on a miss, issue, refresh.

use symbolon_bench::filled::Tokens;
use symbolon_bench::samples::number;

use super::SharedStore;
use super::stand::Stand;
use crate::load::{Figures, Load};
use crate::process::Target;
use crate::report::{Report, Verdict};
use crate::requests::{issues, refreshes, verifies};
use crate::run::target;

/// The rows of the table.
#[derive(Default)]
pub(super) struct Throughput {
    hyper: Figures,
    near: Figures,
    redis_get: Figures,
    miss: Figures,
    issue: Figures,
    refresh: Figures,
}

impl Throughput {
    /// One measurement of each.
    pub(super) fn round(&mut self, stand: &Stand<'_>, sessions: &[Tokens]) -> anyhow::Result<()> {
        let verify = stand.write("verify.txt", &verifies(sessions))?;
        let issue = stand.write("issue.txt", &issues(stand.key()))?;
        let refresh = stand.write("refresh.txt", &refreshes(sessions))?;
        let options = stand.options;
        let load = |requests| Load::new(&stand.script, requests, options.connections, options.seconds);
        let node = target(&stand.nodes[0]);
        let warm = |target: Target| load(&verify).once(60).on(target).map(drop);
        warm(node)?;
        warm(target(&stand.cold))?;
        self.hyper.add(load(&verify).on(stand.hyper.target())?);
        self.near.add(load(&verify).on(node)?);
        self.redis_get.add(load(&verify).on(stand.redis_get.target())?);
        self.miss.add(load(&verify).on(target(&stand.cold))?);
        self.issue.add(load(&issue).on(node)?);
        self.refresh.add(load(&refresh).once(options.seconds).on(node)?);
        Ok(())
    }

    pub(super) fn tell(&self, report: &mut Report, store: SharedStore) {
        let head = [
            "one node of several",
            "per second",
            "p50 ms",
            "p99 ms",
            "server CPU µs",
            "faults",
        ];
        let row = |name: &str, figures: &Figures| {
            vec![
                name.to_owned(),
                figures.rate.spread(0),
                figures.p50.spread(2),
                figures.p99.spread(2),
                figures.server_cpu.spread(2),
                number(figures.faults, 0),
            ]
        };
        let miss = match store.has_cache() {
            true => "verify without near cache, from the shared cache",
            false => "verify without near cache, from the store",
        };
        let rows = [
            row("limit: bare hyper, a fixed answer", &self.hyper),
            row("verify from memory", &self.near),
            row("limit: bare hyper and one GET of a Redis", &self.redis_get),
            row(miss, &self.miss),
            row("`POST /v1/service/sessions`", &self.issue),
            row("`POST /v1/refresh`", &self.refresh),
        ];
        report.section("Throughput (P1, P4, P7)", &head, &rows);
        report.judge(Verdict::at_most(
            "P1",
            "verify on a member: server CPU, of bare hyper's",
            self.near.server_cpu.ratio_to(&self.hyper.server_cpu),
            1.10,
        ));
        report.judge(Verdict::at_least(
            "P7",
            "verify on a miss, of hyper with one GET of a Redis",
            self.miss.rate.ratio_to(&self.redis_get.rate),
            0.9,
        ));
    }
}
