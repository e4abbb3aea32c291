//! What is durable before it is answered, beside plain SQLite; and verify by the store alone.

use std::process::Command;

use anyhow::{Context as _, ensure};
use symbolon_bench::samples::{Samples, number};

use crate::load::{Figures, Load};
use crate::report::{Report, Verdict};
use crate::run::{Stand, target};
use crate::stage::Stage;

/// The rows of the table.
#[derive(Default)]
pub(crate) struct Changes {
    sqlite_rate: Samples,
    sqlite_p50: Samples,
    sqlite_p99: Samples,
    issue: Figures,
    refresh: Figures,
    cold: Figures,
}

impl Changes {
    /// One measurement of each.
    pub(crate) fn round(&mut self, stand: &Stand<'_>, round: usize) -> anyhow::Result<()> {
        let (stage, options) = (stand.stage, stand.options);
        let load = |requests| {
            Load::new(
                &stage.script,
                requests,
                options.main_connections(),
                options.seconds,
            )
        };
        self.sqlite(stage, options.seconds)?;
        self.issue.add(load(&stage.issues).on(target(&stand.server))?);
        let unused = stage
            .refreshes
            .get(round)
            .context("there are too few sessions to refresh in each round")?;
        self.refresh.add(load(unused).on(target(&stand.server))?);
        self.cold.add(load(&stage.few).on(target(&stand.cold))?);
        Ok(())
    }

    /// Plain SQLite, in a process of its own.
    fn sqlite(&mut self, stage: &Stage, seconds: u32) -> anyhow::Result<()> {
        let own = std::env::current_exe().context("find this program")?;
        let mut command = Command::new(own);
        let output = command
            .arg("sqlite-limit")
            .arg(&stage.database)
            .arg(seconds.to_string())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures: Vec<f64> = text
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        ensure!(
            figures.len() == 3,
            "plain SQLite said: {text} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.sqlite_rate.push(figures[0]);
        self.sqlite_p50.push(figures[1]);
        self.sqlite_p99.push(figures[2]);
        Ok(())
    }

    /// `near_rate`: verifies per second from memory.
    pub(crate) fn tell(&self, report: &mut Report, near_rate: f64, stage: &Stage) {
        let head = [
            "the store is asked",
            "per second",
            "of the limit's",
            "p50 ms",
            "p99 ms",
            "server CPU µs",
            "faults",
        ];
        let limit = &self.sqlite_rate;
        let row = |name: &str, figures: &Figures, share: f64| {
            vec![
                name.to_owned(),
                figures.rate.spread(0),
                number(share, 2),
                figures.p50.spread(2),
                figures.p99.spread(2),
                figures.server_cpu.spread(1),
                number(figures.faults, 0),
            ]
        };
        let (issue, refresh) = (self.issue.rate.ratio_to(limit), self.refresh.rate.ratio_to(limit));
        let mut plain = row(
            "limit: plain SQLite, the rows of new sessions, 64 per commit",
            &Figures::default(),
            1.0,
        );
        plain[1] = limit.spread(0);
        plain[3] = format!("{} a commit", self.sqlite_p50.spread(2));
        plain[4] = format!("{} a commit", self.sqlite_p99.spread(2));
        let rows = [
            plain,
            row("`POST /v1/service/sessions`, durable", &self.issue, issue),
            row("`POST /v1/refresh`, durable", &self.refresh, refresh),
            row(
                "verify without near cache, 10,000 tokens in turn",
                &self.cold,
                f64::NAN,
            ),
        ];
        report.section("The store (P3, P5, P7)", &head, &rows);
        report.note(&format!(
            "By the library alone, without HTTP, the store was filled with {} sessions a second.",
            number(stage.filled_per_second, 0)
        ));
        let to_issue = self.refresh.rate.ratio_to(&self.issue.rate);
        let to_near = self.cold.rate.median() / near_rate;
        report.judge(Verdict::at_least(
            "P3",
            "issue, of plain SQLite's rate",
            issue,
            0.5,
        ));
        report.judge(Verdict::at_least(
            "P5",
            "refresh, of the rate of issue",
            to_issue,
            0.5,
        ));
        report.judge(Verdict::at_least(
            "P7",
            "verify from SQLite, of the rate from memory",
            to_near,
            0.25,
        ));
    }
}
