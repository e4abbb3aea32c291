//! Nodes whose store is killed, restarted, and put back from a copy.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use symbolon_node::{Effective, Wait};
use symbolon_testkit::servers::{Postgres, StartPostgres};

use super::cluster::{LEASE, LONG, One, Place, eventually, now};

/// A server of its own, to be broken.
struct Broken {
    server: Postgres,
    place: Place,
}

impl Broken {
    fn new() -> Self {
        let server = StartPostgres::default().start();
        let place = Place::at(server.url());
        Self { server, place }
    }

    async fn nodes(&self) -> (One, One) {
        (self.place.node("a").await, self.place.node("b").await)
    }

    /// Copies the store as it is now, in order.
    fn copy(&self) -> PathBuf {
        let copy = self.server.folder().join("copy");
        self.server.stop();
        run("cp", &["-a", &self.data(), &copy.display().to_string()]);
        self.server.start_again();
        copy
    }

    /// Puts a copy back, when the time that positions are counted by has passed all that were given out.
    async fn put_back(&self, copy: &std::path::Path) {
        let passed = "SELECT extract(epoch FROM clock_timestamp()) * 1000000 > seq FROM rev_head";
        eventually(LONG, async || self.server.sql(passed) == "t").await;
        self.server.stop();
        run("rm", &["-rf", &self.data()]);
        run("cp", &["-a", &copy.display().to_string(), &self.data()]);
        self.server.start_again();
    }

    fn data(&self) -> String {
        self.server.folder().join("data").display().to_string()
    }
}

fn run(program: &str, args: &[&str]) {
    assert!(
        Command::new(program).args(args).status().unwrap().success(),
        "{program} {args:?}"
    );
}

async fn until_ready(nodes: [&One; 2]) {
    for one in nodes {
        one.node.until_leased(LONG).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_and_comes_back_costs_nobody_a_session() {
    let broken = Broken::new();
    let (a, b) = broken.nodes().await;
    let (ended, kept) = (a.issue("ann").await, a.issue("ann").await);
    assert_eq!(a.revoke(&ended, Wait::Full).await.effective, Effective::Now);
    assert_eq!(b.says(&kept.pair.access).await, "active");

    broken.server.kill9();
    assert_eq!(b.memory_says(&kept.pair.access), "active", "memory goes on");
    eventually(LEASE, async || b.says(&kept.pair.access).await == "no lease").await;
    assert_eq!(b.memory_says(&kept.pair.access), "ask the store");

    broken.server.start_again();
    let back = now();
    for one in [&a, &b] {
        eventually(LONG, async || {
            let says = one.says(&kept.pair.access).await;
            assert!(
                ["active", "no lease", "undecided"].contains(&says),
                "nothing else is true: {says}"
            );
            says == "active"
        })
        .await;
        one.comes_to_say(&ended.pair.access, "kicked").await;
    }
    assert!(
        back.elapsed() < LEASE + Duration::from_secs(2),
        "{:?}",
        back.elapsed()
    );
    // The log's positions jump, and it goes on.
    let receipt = b.revoke(&kept, Wait::Full).await;
    assert_eq!(receipt.effective, Effective::Now);
    assert!(receipt.seq.unwrap().0 > 1 << 20);
    assert_eq!(a.memory_says(&kept.pair.access), "ask the store");
    assert_eq!(a.says(&kept.pair.access).await, "kicked");
    for one in [&a, &b] {
        assert_eq!((one.figures().repairs, one.figures().rows_lost), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_store_has_lost_is_written_again_by_those_who_know_it() {
    let broken = Broken::new();
    let (a, b) = broken.nodes().await;
    let (before, after, kept) = (a.issue("ann").await, a.issue("ann").await, a.issue("ann").await);
    assert_eq!(a.revoke(&before, Wait::Full).await.effective, Effective::Now);
    let copy = broken.copy();
    until_ready([&a, &b]).await;
    let lost = a.revoke(&after, Wait::Full).await;
    assert_eq!(lost.effective, Effective::Now);

    broken.put_back(&copy).await;
    // Whatever the store says now, no node accepts what was revoked.
    for one in [&a, &b] {
        eventually(LONG, async || {
            let says = one.says(&after.pair.access).await;
            assert_ne!(says, "active");
            says == "kicked"
        })
        .await;
        one.comes_to_say(&kept.pair.access, "active").await;
        assert_eq!(one.says(&before.pair.access).await, "kicked");
    }
    eventually(LONG, async || a.figures().repairs + b.figures().repairs == 2).await;
    assert!(a.figures().rows_lost + b.figures().rows_lost >= 1);
    // And the store knows it again: a node that has never heard of it refuses too.
    let c = broken.place.node("c").await;
    assert_eq!(c.says(&after.pair.access).await, "kicked");
    assert_eq!(c.says(&kept.pair.access).await, "active");
    // Who repeats the revocation gets the position that counts now.
    let again = b.revoke(&after, Wait::Full).await;
    assert!(
        again.already && again.effective == Effective::Now,
        "{again:?} after {lost:?}, {:?}, {:?}",
        a.figures(),
        b.figures()
    );
    assert!(again.seq > lost.seq);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_more_is_lost_than_anyone_remembers_every_session_ends() {
    let broken = Broken::new();
    let (first, b) = broken.nodes().await;
    let (kept, forgotten, last) = (
        first.issue("ann").await,
        first.issue("ann").await,
        first.issue("ann").await,
    );
    let copy = broken.copy();
    until_ready([&first, &b]).await;
    for ended in [&forgotten, &last] {
        assert_eq!(b.revoke(ended, Wait::Full).await.effective, Effective::Now);
    }
    // Those who remember are gone; who is there knows of the last alone.
    first.node.stop().await;
    b.node.stop().await;
    let late = broken.place.node("late").await;
    assert_eq!(late.says(&kept.pair.access).await, "active");

    broken.put_back(&copy).await;
    late.comes_to_say(&forgotten.pair.access, "revoked").await;
    late.comes_to_say(&kept.pair.access, "revoked").await;
    assert_eq!(late.says(&last.pair.access).await, "kicked");
    let new = late.issue("ann").await;
    assert_eq!(late.says(&new.pair.access).await, "active");
}
