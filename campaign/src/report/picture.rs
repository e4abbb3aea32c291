//! One strip for each round, over time: above what part of the requests was of use, below how long verifying and
//! ending took, with the faults shaded.

use std::fmt::Write as _;
use std::time::Duration;

use symbolon_testkit::history::Nanos;
use symbolon_testkit::history::recovery::{costs, quantile, revocation, verify};

use crate::driver::{Kind, nanos};
use crate::round::Outcome;

/// One value is made of this much time.
const BIN: Nanos = 500_000_000;
const LEFT: f64 = 190.0;
const WIDTH: f64 = 800.0;
const STRIP: f64 = 112.0;
const PART: f64 = 40.0;
const TOP: f64 = 64.0;
/// The least and the greatest time that is drawn, in decades of a nanosecond: 0.1 ms to 10 s.
const DECADES: (f64, f64) = (5.0, 10.0);

/// The classes of lines.
const VERIFY: &str = "verify";
const LOG_IN: &str = "log-in";
const LOG_OUT: &str = "log-out";

/// What each class looks like, by day and by night: a page shows the picture as its reader has set it.
const STYLE: &str = "<style>\
    .paper{fill:#fff}text{fill:#222}.fault{fill:#f4d9d6}.rule{stroke:#ccc}\
    .verify{stroke:#1b6ca8}.log-in{stroke:#2a8a3e}.log-out{stroke:#b3541e}\
    @media (prefers-color-scheme:dark){\
    .paper{fill:#0d1117}text{fill:#d8dee6}.fault{fill:#4a2628}.rule{stroke:#3a424d}\
    .verify{stroke:#62b0ea}.log-in{stroke:#62c878}.log-out{stroke:#ee9a5f}}\
    </style>";

/// Draws all rounds.
pub(crate) fn picture(outcomes: &[Outcome], patience: Duration) -> String {
    let height = TOP + STRIP * strips(outcomes.len()) + 30.0;
    let longest = outcomes
        .iter()
        .map(|outcome| outcome.ended_at)
        .max()
        .unwrap_or(1)
        .max(1);
    let mut svg = Svg::new(LEFT + WIDTH + 70.0, height);
    svg.legend();
    for (index, outcome) in outcomes.iter().enumerate() {
        let strip = Strip {
            outcome,
            top: TOP + STRIP * strips(index),
            longest,
        };
        strip.draw(&mut svg, nanos(patience));
    }
    svg.seconds(longest, height - 16.0);
    svg.end()
}

fn strips(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn float(value: Nanos) -> f64 {
    Duration::from_nanos(value).as_secs_f64() * 1e9
}

/// One round's place.
struct Strip<'a> {
    outcome: &'a Outcome,
    top: f64,
    longest: Nanos,
}

impl Strip<'_> {
    fn x(&self, at: Nanos) -> f64 {
        LEFT + WIDTH * float(at.min(self.longest)) / float(self.longest)
    }

    fn share(&self, share: f64) -> f64 {
        self.top + PART * (1.0 - share)
    }

    fn time(&self, cost: Nanos) -> f64 {
        let decade = float(cost.max(1)).log10().clamp(DECADES.0, DECADES.1);
        self.top + 2.0 * PART + 12.0 - PART * (decade - DECADES.0) / (DECADES.1 - DECADES.0)
    }

    fn draw(&self, svg: &mut Svg, patience: Nanos) {
        let bottom = self.top + 2.0 * PART + 12.0;
        for outage in &self.outcome.outages {
            if self.outcome.faults > 0 {
                let (from, to) = (self.x(outage.from), self.x(outage.healed));
                svg.shade(from, self.top, to, bottom);
            }
        }
        svg.text(8.0, self.top + 18.0, "13", self.outcome.nemesis.words());
        svg.text(8.0, self.top + 34.0, "11", self.outcome.store.words());
        let end = self.x(self.outcome.ended_at);
        for (share, label) in [(0.0, "0 %"), (1.0, "100 %")] {
            svg.rule(LEFT, end, self.share(share));
            svg.text(LEFT + WIDTH + 8.0, self.share(share) + 4.0, "10", label);
        }
        for (cost, label) in [(1_000_000, "1 ms"), (1_000_000_000, "1 s")] {
            svg.rule(LEFT, end, self.time(cost));
            svg.text(LEFT + WIDTH + 8.0, self.time(cost) + 4.0, "10", label);
        }
        for (kind, class) in [
            (Kind::LogOut, LOG_OUT),
            (Kind::LogIn, LOG_IN),
            (Kind::Verify, VERIFY),
        ] {
            svg.line(&self.shares(kind, patience), class, "1.6");
        }
        for (cost, class) in [
            (revocation as fn(&_) -> _, LOG_OUT),
            (verify as fn(&_) -> _, VERIFY),
        ] {
            svg.line(&self.times(cost, 990), class, "1.6");
            svg.line(&self.times(cost, 500), class, "0.6");
        }
    }

    fn bins(&self) -> impl Iterator<Item = (Nanos, Nanos)> {
        let count = self.outcome.ended_at.div_ceil(BIN);
        (0..count).map(|bin| (bin * BIN, (bin + 1) * BIN))
    }

    /// The part of what was offered in each bin that was of use, by a load balancer's choice of nodes.
    fn shares(&self, kind: Kind, patience: Nanos) -> Vec<(f64, f64)> {
        let mut bins = vec![(0_u32, 0_u32); self.bins().count()];
        let samples = self.outcome.samples.iter();
        for sample in samples.filter(|sample| sample.kind == kind && sample.balanced) {
            let bin = usize::try_from(sample.at / BIN)
                .ok()
                .and_then(|bin| bins.get_mut(bin));
            if let Some((good, all)) = bin {
                *good += u32::from(sample.is_good(patience));
                *all += 1;
            }
        }
        let points = self.bins().zip(bins).filter(|(_, (_, all))| *all > 0);
        points
            .map(|((from, to), (good, all))| {
                let share = f64::from(good) / f64::from(all);
                (self.x(from.midpoint(to)), self.share(share))
            })
            .collect()
    }

    fn times(
        &self,
        cost: fn(&symbolon_testkit::history::Op) -> Option<Nanos>,
        thousandths: usize,
    ) -> Vec<(f64, f64)> {
        let history = &self.outcome.history;
        let values = self.bins().filter_map(|bin| {
            let cost = quantile(&costs(history, bin, cost), thousandths)?;
            Some((self.x(bin.0.midpoint(bin.1)), self.time(cost)))
        });
        values.collect()
    }
}

/// The picture as far as it is drawn.
struct Svg(String);

impl Svg {
    fn new(width: f64, height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"sans-serif\">\n{STYLE}\n\
             <rect width=\"{width}\" height=\"{height}\" class=\"paper\"/>\n"
        ))
    }

    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _written = writeln!(self.0, "{line}");
    }

    fn text(&mut self, x: f64, y: f64, size: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\">{text}</text>"
        ));
    }

    fn shade(&mut self, from: f64, top: f64, to: f64, bottom: f64) {
        let (width, height) = ((to - from).max(1.0), bottom - top);
        self.add(format_args!(
            "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"fault\"/>"
        ));
    }

    fn rule(&mut self, from: f64, to: f64, y: f64) {
        self.add(format_args!(
            "<path d=\"M{from:.1} {y:.1}H{to:.1}\" class=\"rule\" stroke-width=\"0.6\"/>"
        ));
    }

    fn line(&mut self, points: &[(f64, f64)], class: &str, width: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" class=\"{class}\" stroke-width=\"{width}\"/>",
            points.join(" ")
        ));
    }

    fn legend(&mut self) {
        self.text(8.0, 22.0, "15", "Availability and latency under faults");
        self.text(
            8.0,
            42.0,
            "11",
            "above: part of the requests answered in time, through a load balancer; below: p99 (thick) and p50 (thin); \
             shaded: the fault",
        );
        for (index, (class, name)) in [
            (VERIFY, "verify"),
            (LOG_IN, "log-in"),
            (LOG_OUT, "log-out, revocation"),
        ]
        .into_iter()
        .enumerate()
        {
            let x = 620.0 + 110.0 * strips(index);
            self.line(&[(x, 18.0), (x + 22.0, 18.0)], class, "3");
            self.text(x + 28.0, 22.0, "12", name);
        }
    }

    fn seconds(&mut self, longest: Nanos, y: f64) {
        let seconds = longest / 1_000_000_000;
        let step = (seconds / 10).max(1);
        for second in (0..=seconds).step_by(usize::try_from(step).unwrap_or(1)) {
            let x = LEFT + WIDTH * float(second * 1_000_000_000) / float(longest);
            self.text(x, y, "10", &format!("{second} s"));
        }
    }

    fn end(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}
