//! A node that hardly gets any time of its processor, among three.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use symbolon_testkit::http::{Ask, NoAnswer};
use symbolon_testkit::wait::until;
use tokio::time::Instant;

use crate::nodes::{Nodes, Pair};

/// Which of the three.
const STARVED: usize = 2;
/// How long, at the least.
const HUNGER: Duration = Duration::from_secs(10);

/// What the starved node answered.
#[derive(Default)]
struct Seen {
    yes: AtomicUsize,
    no: AtomicUsize,
    undecided: AtomicUsize,
    late: AtomicUsize,
    over: AtomicBool,
}

impl Seen {
    /// Asks it about a token, and says what it answered, if anything.
    async fn ask(&self, nodes: &Nodes, pair: &Pair) -> Option<u16> {
        let ask = Ask::get("/verify").bearer(&pair.access);
        let answer = match nodes.all[STARVED].client().try_send(ask).await {
            Ok(answer) => answer,
            // What is not answered decides nothing.
            Err(NoAnswer::NotSent(_) | NoAnswer::Unknown(_)) => {
                self.late.fetch_add(1, Ordering::Relaxed);
                return None;
            }
        };
        let counter = match answer.status {
            200 => &self.yes,
            401 => &self.no,
            503 => {
                assert!(answer.header("retry-after").is_some());
                &self.undecided
            }
            status => panic!("{status}: {}", answer.text()),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Some(answer.status)
    }

    /// Whoever is logged in stays so.
    async fn never_a_wrong_no(&self, nodes: &Nodes, kept: &[Pair]) {
        for turn in 0.. {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let said = self.ask(nodes, &kept[turn % kept.len()]).await;
            assert_ne!(said, Some(401), "a live session");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sessions begin and are ended on the others: from the answer *now* on the starved node accepts none of them.
    async fn never_a_stale_yes(&self, nodes: &Nodes) {
        let begun = Instant::now();
        let mut ended = Vec::new();
        while begun.elapsed() < HUNGER || ended.len() < 5 {
            let pair = nodes.issue(ended.len() % 2, "ann").await;
            // It may have the session in its memory.
            assert_ne!(self.ask(nodes, &pair).await, Some(401));
            let out = nodes
                .log_out((ended.len() + 1) % 2, &pair.access, "?wait=full")
                .await;
            assert_eq!(out.status, 200, "{}", out.text());
            assert_eq!(out.json()["effective"], "now", "{}", out.text());
            ended.push(pair);
            for pair in ended.iter().rev().take(3) {
                assert_ne!(self.ask(nodes, pair).await, Some(200), "it was ended");
            }
        }
        self.over.store(true, Ordering::Relaxed);
    }
}

/// 2.10, *CPU starvation 5 %*.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_gets_a_twentieth_of_its_time_is_slow_and_accepts_nothing_that_was_ended() {
    let nodes = Nodes::start(3).await;
    let mut kept = Vec::new();
    for node in 0..3 {
        kept.push(nodes.issue(node, "bob").await);
    }
    for pair in &kept {
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    }
    let seen = Seen::default();
    {
        let _starved = nodes.all[STARVED].starved(5);
        tokio::join!(
            seen.never_a_wrong_no(&nodes, &kept),
            seen.never_a_stale_yes(&nodes)
        );
        // What is begun on it is begun whole, or said to be undecided.
        let body = json!({ "subject": "cid" });
        let issue = Ask::post("/v1/service/sessions", &body).bearer(&nodes.key);
        if let Ok(answer) = nodes.all[STARVED].client().try_send(issue).await {
            assert!([201, 503].contains(&answer.status), "{}", answer.text());
            if answer.status == 201 {
                kept.push(Pair::of(&answer));
            }
        }
        // Slow as it is, it decides.
        until("it says yes", async || {
            seen.ask(&nodes, &kept[0]).await == Some(200)
        })
        .await;
    }
    nodes.until_ready().await;
    for pair in &kept {
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        assert_eq!(nodes.refresh(STARVED, &pair.refresh).await.status, 200);
    }
    let [yes, no, undecided, late] =
        [&seen.yes, &seen.no, &seen.undecided, &seen.late].map(|count| count.load(Ordering::Relaxed));
    println!("the starved node: {yes} yes, {no} no, {undecided} undecided, {late} not answered");
    assert!(
        yes > 0 && yes + no + undecided > 10,
        "{yes} {no} {undecided} {late}"
    );
}
