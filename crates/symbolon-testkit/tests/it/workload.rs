use std::collections::BTreeSet;
use std::time::Duration;

use symbolon_testkit::history::{self, Answered, Findings, Invariant, leaks};
use symbolon_testkit::workload::{Plan, Workload};

use super::wire::{Bug, serve, serve_recorded};

fn plan() -> Plan {
    Plan {
        ops_max: 3_000,
        sessions_max: 2_000,
        ..Plan::default()
    }
}

async fn findings(bug: Bug) -> Findings {
    let (peer, record) = serve_recorded(bug).await;
    let workload = Workload::new(peer.address, "syk_x".to_owned(), plan());
    workload.begin(0).finish().await;
    workload.read_everything().await;
    let history = workload.history();
    let mut findings = history::check(&history);
    findings.join(history::audit::check(&history, &record.entries()));
    findings
}

#[tokio::test]
async fn a_server_that_keeps_the_promises_is_clean_and_was_given_every_chance() {
    let findings = findings(Bug::None).await;
    assert_eq!(findings.violations, []);
    for (invariant, least) in [
        (Invariant::I1, 200),
        (Invariant::I2, 500),
        (Invariant::I3, 10),
        (Invariant::I4, 200),
        (Invariant::I6, 500),
        (Invariant::I10, 200),
    ] {
        let chances = findings.chances(invariant);
        assert!(chances >= least, "{chances} of {invariant:?}");
    }
}

#[tokio::test]
async fn each_fault_of_a_server_is_found() {
    for (bug, invariant) in [
        (Bug::EndsNothing, Invariant::I1),
        (Bug::Forks, Invariant::I4),
        (Bug::Forgets, Invariant::I2),
        (Bug::MixesUp, Invariant::I6),
        (Bug::KeepsNoRecord, Invariant::I10),
    ] {
        let findings = findings(bug).await;
        let broken: BTreeSet<Invariant> = findings.violations.iter().map(|one| one.invariant).collect();
        assert!(broken.contains(&invariant), "{bug:?}: {broken:?}");
    }
}

#[tokio::test]
async fn a_round_ends_with_its_operations_and_no_session_beyond_the_plan_is_begun() {
    let peer = serve(Bug::None).await;
    let small = Plan {
        clients: 3,
        ops_max: 100,
        sessions_max: 5,
        ..plan()
    };
    let workload = Workload::new(peer.address, "syk_x".to_owned(), small);
    workload.begin(0).finish().await;
    let ops = workload.history().ops;
    assert!((100..103).contains(&ops.len()), "{}", ops.len());
    let begun = ops
        .iter()
        .filter(|op| matches!(op.answered, Answered::Issued(..)))
        .count();
    assert!((5..8).contains(&begun), "{begun}");
}

#[tokio::test]
async fn a_round_ends_with_its_time() {
    let peer = serve(Bug::None).await;
    let short = Plan {
        ops_max: u64::MAX,
        sessions_max: 5,
        time_max: Duration::from_millis(50),
        ..plan()
    };
    let workload = Workload::new(peer.address, "syk_x".to_owned(), short);
    workload.begin(0).finish().await;
    assert!(!workload.history().ops.is_empty());
}

#[tokio::test]
async fn what_was_in_flight_at_an_end_is_unknown_up_to_it() {
    let peer = serve(Bug::None).await;
    let workload = Workload::new(peer.address, "syk_x".to_owned(), plan());
    let mut round = workload.begin(0);
    round.until_answered(200).await;
    drop(peer);
    tokio::task::yield_now().await;
    workload.process_ended();
    round.stop().await;
    let history = workload.history();
    assert!(history.ops.len() >= 200);
    assert_eq!(history.deaths.len(), 1);
    assert_eq!(history::check(&history).violations, []);
}

#[tokio::test]
async fn the_tokens_of_a_workload_are_its_secrets() {
    let peer = serve(Bug::None).await;
    let few = Plan {
        clients: 1,
        ops_max: 30,
        ..plan()
    };
    let workload = Workload::new(peer.address, "syk_x".to_owned(), few);
    workload.begin(0).finish().await;
    let clean = leaks::find(&workload.secrets(), [("nothing", b"nothing of it".as_slice())]);
    assert_eq!(clean.violations, []);
    assert!(clean.chances(Invariant::I12) >= 2);
}
