use std::fmt::Write as _;

use symbolon_testkit::history::Nanos;

use super::figures::{Figures, Share, Spread};
use crate::round::Outcome;

/// So many broken promises of a round are told in words.
const TOLD_MAX: usize = 12;

const HEAD: &str = "\
| store and nemesis | operations | faults | log-ins acknowledged | lost | lost by the store, of those it may lose | I1 opportunities | accepted after an acknowledged end | wrong 401 | refresh forks | mix-ups | old passwords | accepted | dishonest answers | audit | secrets | late recovery | requests lost to a stop | unknown outcomes | verify, all nodes % | verify % | log-in % | log-out % | verify p50/p99 quiet, ms | verify p50/p99 fault, ms | revocation p50/p99/max, ms | recovery, s | not judged for time | machine late, ms |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// The table of all rounds.
pub(crate) fn table(rows: &[Figures]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        let broken = &row.broken;
        let cells = [
            row.name.clone(),
            row.ops.to_string(),
            row.faults.to_string(),
            row.begun.to_string(),
            broken.lost.to_string(),
            row.lost_by_store
                .map_or("–".to_owned(), |(lost, begun)| format!("{lost} of {begun}")),
            row.chances.to_string(),
            broken.accepted_after_end.to_string(),
            broken.wrong_refusals.to_string(),
            broken.forks.to_string(),
            broken.mix_ups.to_string(),
            row.password_chances.to_string(),
            broken.old_passwords.to_string(),
            broken.dishonest.to_string(),
            broken.audit.to_string(),
            broken.secrets.to_string(),
            broken.slow_recoveries.to_string(),
            broken.lost_to_stops.to_string(),
            row.unknown.to_string(),
            percent(row.verify_all),
            percent(row.verify),
            percent(row.log_in),
            percent(row.log_out),
            spread(row.verify_quiet, false),
            spread(row.verify_fault, false),
            spread(row.revocation, true),
            row.recovery.map_or("never".to_owned(), seconds),
            row.not_timed.to_string(),
            millis(row.machine_late),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// What was broken in a round, in words.
pub(crate) fn violations(outcome: &Outcome) -> String {
    let all = &outcome.findings.violations;
    let mut text = String::new();
    for one in all.iter().take(TOLD_MAX) {
        // Writing to a string does not fail.
        let _written = writeln!(
            text,
            "{} {:?} {}: {}",
            outcome.name(),
            one.invariant,
            one.session,
            one.seen
        );
    }
    if all.len() > TOLD_MAX {
        text += &format!("… and {} more\n", all.len() - TOLD_MAX);
    }
    text
}

/// What was seen of what the store does not promise, by promises.
pub(crate) fn lost(outcome: &Outcome) -> String {
    let counts: Vec<String> = outcome
        .lost
        .broken
        .iter()
        .map(|(invariant, count)| format!("{invariant:?} {count} times"))
        .collect();
    if counts.is_empty() {
        return String::new();
    }
    format!(
        "{}: of what is not promised there: {}\n",
        outcome.name(),
        counts.join(", ")
    )
}

fn percent(share: Share) -> String {
    if share.all == 0 {
        return "–".to_owned();
    }
    // Down, so that a hundred is said of all alone.
    let hundredths = share.good * 10_000 / share.all;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn spread(spread: Spread, with_max: bool) -> String {
    let max = with_max.then_some(spread.max);
    let parts = [Some(spread.half), Some(spread.most), max];
    let parts = parts.into_iter().flatten();
    let parts: Vec<String> = parts.map(|cost| cost.map_or("–".to_owned(), millis)).collect();
    parts.join("/")
}

fn millis(time: Nanos) -> String {
    let tenths = time.div_ceil(100_000);
    if tenths >= 1_000 {
        return (tenths / 10).to_string();
    }
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn seconds(time: Nanos) -> String {
    let tenths = time.div_ceil(100_000_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Share, Spread};
    use super::{millis, percent, seconds, spread};

    #[test]
    fn a_share_is_never_rounded_up() {
        let share = |good, all| percent(Share { good, all });
        assert_eq!(share(9_999, 10_000), "99.99");
        assert_eq!(share(99_999, 100_000), "99.99");
        assert_eq!(share(3, 3), "100.00");
        assert_eq!(share(0, 0), "–");
    }

    #[test]
    fn a_time_is_never_rounded_down() {
        assert_eq!(millis(1), "0.1");
        assert_eq!(millis(12_340_000), "12.4");
        assert_eq!(millis(2_600_000_000), "2600");
        assert_eq!(seconds(1), "0.1");
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let some = Spread {
            half: Some(1_000_000),
            most: None,
            max: Some(2_000_000),
        };
        assert_eq!(spread(some, false), "1.0/–");
        assert_eq!(spread(some, true), "1.0/–/2.0");
    }
}
