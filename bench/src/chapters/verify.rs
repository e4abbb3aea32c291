//! Verify over HTTP, from memory: beside servers that do nothing, and with few or many tokens.

use symbolon_bench::samples::{Samples, number};

use crate::load::{Figures, Load};
use crate::process::{Running, Target};
use crate::report::{Report, Verdict};
use crate::run::{Options, Stand, target};

/// How long one connection alone is measured.
const SINGLE_SECONDS: u32 = 2;

/// Who answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Hyper,
    Nginx,
    /// Symbolon, the same ten thousand tokens in turn.
    Few,
    /// Symbolon, the tokens of all sessions in an order that no cache foresees.
    All,
}

struct Row {
    who: Who,
    connections: u32,
    figures: Figures,
    /// The median with one connection alone: the path itself, without a queue.
    single: Samples,
}

/// The rows of the table.
pub(crate) struct Verify {
    rows: Vec<Row>,
    main: u32,
}

impl Verify {
    pub(crate) fn new(options: &Options) -> Self {
        let main = options.main_connections();
        let all_of = |connections: &u32| {
            let who = [Who::Hyper, Who::Nginx, Who::Few, Who::All];
            let additional = *connections != main;
            who.into_iter()
                .filter(move |who| !additional || *who != Who::All)
                .map({
                    let connections = *connections;
                    move |who| Row {
                        who,
                        connections,
                        figures: Figures::default(),
                        single: Samples::default(),
                    }
                })
        };
        Self {
            rows: options.connections.iter().flat_map(all_of).collect(),
            main,
        }
    }

    /// One measurement of each.
    pub(crate) fn round(&mut self, stand: &Stand<'_>) -> anyhow::Result<()> {
        let main = self.main;
        for row in &mut self.rows {
            let Some(target) = row.who.target(stand) else {
                continue;
            };
            let requests = if row.who == Who::All {
                &stand.stage.all
            } else {
                &stand.stage.few
            };
            let load = |connections, seconds| Load::new(&stand.stage.script, requests, connections, seconds);
            row.figures
                .add(load(row.connections, stand.options.seconds).on(target)?);
            if row.connections == main {
                row.single.push(load(1, SINGLE_SECONDS).on(target)?.p50);
            }
        }
        Ok(())
    }

    /// Verifies per second, ten thousand tokens in turn.
    pub(crate) fn near_rate(&self) -> f64 {
        self.row(Who::Few, self.main)
            .map_or(f64::NAN, |row| row.figures.rate.median())
    }

    fn row(&self, who: Who, connections: u32) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.who == who && row.connections == connections)
    }

    pub(crate) fn tell(&self, report: &mut Report) {
        let head = [
            "verify, all from memory",
            "connections",
            "per second",
            "of bare hyper's",
            "p50 ms",
            "p99 ms",
            "p50 ms, 1 connection",
            "server CPU µs",
            "of nginx's",
            "of bare hyper's",
            "wrk's CPU",
            "faults",
        ];
        let rows: Vec<_> = self.rows.iter().map(|row| self.cells(row)).collect();
        report.section("Verify (P1, P10)", &head, &rows);
        let main = |who| self.row(who, self.main);
        let (Some(hyper), Some(nginx), Some(few), Some(all)) =
            (main(Who::Hyper), main(Who::Nginx), main(Who::Few), main(Who::All))
        else {
            return;
        };
        let cpu = |other: &Row| few.figures.server_cpu.ratio_to(&other.figures.server_cpu);
        let rate = few.figures.rate.ratio_to(&hyper.figures.rate);
        let p99 = few.figures.p99.ratio_to(&hyper.figures.p99);
        let grown = all.figures.p50.ratio_to(&few.figures.p50);
        let grown_alone = all.single.ratio_to(&few.single);
        report.judge(Verdict::at_most(
            "P1",
            "verify: server CPU, of nginx's fixed answer",
            cpu(nginx),
            1.05,
        ));
        report.judge(Verdict::at_most(
            "P1",
            "verify: server CPU, of bare hyper's",
            cpu(hyper),
            1.10,
        ));
        report.judge(Verdict::at_least(
            "P1",
            "verify: rate, of bare hyper's",
            rate,
            0.95,
        ));
        report.judge(Verdict::at_most("P1", "verify: p99, of bare hyper's", p99, 1.5));
        report.judge(Verdict::at_most(
            "P10",
            "verify: p50 among all sessions, of that among 10,000",
            grown,
            1.3,
        ));
        report.judge(Verdict::at_most(
            "P10",
            "the same with 1 connection",
            grown_alone,
            1.3,
        ));
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let figures = &row.figures;
        let to = |who, samples: fn(&Figures) -> &Samples| {
            let other = self.row(who, row.connections);
            number(
                other.map_or(f64::NAN, |other| {
                    samples(figures).ratio_to(samples(&other.figures))
                }),
                2,
            )
        };
        vec![
            row.who.name().to_owned(),
            row.connections.to_string(),
            figures.rate.spread(0),
            to(Who::Hyper, |figures| &figures.rate),
            figures.p50.spread(2),
            figures.p99.spread(2),
            row.single.spread(3),
            figures.server_cpu.spread(2),
            to(Who::Nginx, |figures| &figures.server_cpu),
            to(Who::Hyper, |figures| &figures.server_cpu),
            figures.generator_cpu.spread(2),
            number(figures.faults, 0),
        ]
    }
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Hyper => "limit: bare hyper, a fixed answer",
            Self::Nginx => "limit: nginx, a fixed answer",
            Self::Few => "Symbolon, 10,000 tokens in turn",
            Self::All => "Symbolon, the tokens of all sessions",
        }
    }

    fn target(self, stand: &Stand<'_>) -> Option<Target> {
        match self {
            Self::Hyper => Some(stand.hyper.target()),
            Self::Nginx => stand.nginx.as_ref().map(Running::target),
            Self::Few | Self::All => Some(target(&stand.server)),
        }
    }
}
