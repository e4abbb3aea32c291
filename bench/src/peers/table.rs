//! What is written of the measurements.

use symbolon_bench::samples::{Samples, number};

use super::Step;
use super::contestant::Contestant;
use super::stand::Measured;
use crate::load::Figures;
use crate::report::Report;

const HEAD: [&str; 8] = [
    "server",
    "per second",
    "Symbolon's, of this",
    "p50 ms",
    "p99 ms",
    "server CPU µs",
    "Redis CPU µs",
    "Redis commands",
];

/// What the rounds gave.
#[derive(Default)]
pub(super) struct Table(Vec<Row>);

/// What one server's rounds of one step gave.
struct Row {
    step: Step,
    contestant: Contestant,
    figures: Figures,
    redis_cpu: Samples,
    redis_commands: Samples,
}

impl Table {
    /// Adds what a round gave.
    pub(super) fn add(&mut self, step: Step, contestant: Contestant, measured: Measured) {
        let known = self
            .0
            .iter()
            .position(|row| row.step == step && row.contestant == contestant);
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Row {
                step,
                contestant,
                figures: Figures::default(),
                redis_cpu: Samples::default(),
                redis_commands: Samples::default(),
            });
        }
        if let Some(row) = self.0.get_mut(at) {
            row.figures.add(measured.loaded);
            row.redis_cpu.push(measured.redis_cpu);
            row.redis_commands.push(measured.redis_commands);
        }
    }

    /// Writes a table of each step.
    pub(super) fn tell(&self, report: &mut Report) {
        let titles = [
            (Step::Create, "Create"),
            (Step::Refresh, "Refresh"),
            (Step::Verify, "Verify"),
            (Step::List, "A subject's list"),
        ];
        for (step, title) in titles {
            let rows: Vec<_> = Contestant::ALL
                .into_iter()
                .filter_map(|who| self.cells(step, who))
                .collect();
            report.section(title, &HEAD, &rows);
        }
    }

    fn row(&self, step: Step, contestant: Contestant) -> Option<&Row> {
        self.0
            .iter()
            .find(|row| row.step == step && row.contestant == contestant)
    }

    /// A server's line; `None`: another one's says it.
    fn cells(&self, step: Step, contestant: Contestant) -> Option<Vec<String>> {
        let name = contestant.name().to_owned();
        let Some(row) = self.row(step, contestant) else {
            let none = HEAD[1..].iter().map(|_| "none".to_owned());
            return (contestant != Contestant::SymbolonOnMiss)
                .then(|| std::iter::once(name).chain(none).collect());
        };
        // A verify of the others is a miss each time.
        let ours = self
            .row(step, Contestant::SymbolonOnMiss)
            .or(self.row(step, Contestant::Symbolon));
        let ratio = ours.map_or(f64::NAN, |ours| ours.figures.rate.ratio_to(&row.figures.rate));
        Some(vec![
            name,
            row.figures.rate.spread(0),
            number(ratio, 2),
            row.figures.p50.spread(2),
            row.figures.p99.spread(2),
            row.figures.server_cpu.spread(1),
            row.redis_cpu.spread(1),
            row.redis_commands.spread(1),
        ])
    }
}
