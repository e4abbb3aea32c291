//! The disk of the database server is full while nodes run: 2.10, *disk full on DB*.

use std::time::Duration;

use serde_json::json;
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::servers::{Database, Engine, Maria, PostgreSql, Start};
use symbolon_testkit::wait::until;
use tokio::time::{Instant, sleep};

use crate::cluster::{add_account, log_in};
use crate::nodes::{LEASE, Nodes, Pair};
use crate::place::PASSWORD;

/// How much the disk holds, in MiB.
const DISK: u32 = 160;
/// So many refusals of each kind are seen before there is room again.
const REFUSALS: usize = 3;
/// What has room takes some changes more; by then it has none.
const TURNS_MAX: usize = 100;
/// How large rows are that take the room that is left, in bytes: down to less than any entry of the record.
const FILLERS: [usize; 4] = [4_000, 1_000, 200, 20];

/// What was acknowledged, and what nobody knows.
#[derive(Default)]
struct Book {
    kept: Vec<Pair>,
    ended: Vec<Pair>,
    unknown: Vec<Pair>,
}

struct Scene<E: Engine> {
    server: Database<E>,
    nodes: Nodes,
    book: Book,
}

/// Done, or refused with a time to come again.
fn is_done(answer: &Answer, done: u16) -> bool {
    if answer.status == done {
        return true;
    }
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some(), "{}", answer.text());
    false
}

impl<E: Engine> Scene<E> {
    async fn new() -> Self {
        let server = Start::<E>::default().disk(DISK).start();
        let nodes = Nodes::on(&server.url(), 3, &[]).await;
        add_account(&nodes, 0, "ada");
        let mut book = Book::default();
        for node in 0..3 {
            book.kept.push(nodes.issue(node, "bob").await);
            book.kept.push(log_in(&nodes, node, "ada", PASSWORD).await);
            let gone = nodes.issue(node, "bob").await;
            assert_eq!(nodes.log_out(node, &gone.access, "?wait=full").await.status, 200);
            book.ended.push(gone);
        }
        let scene = Self { server, nodes, book };
        scene.all_as_acknowledged().await;
        scene
    }

    async fn all_as_acknowledged(&self) {
        for pair in &self.book.kept {
            assert_eq!(self.nodes.verify_all(&pair.access).await, [200, 200, 200]);
        }
        for pair in &self.book.ended {
            assert_eq!(self.nodes.verify_all(&pair.access).await, [401, 401, 401]);
        }
    }

    /// Fills the pages of the audit record that have room yet: each change writes an entry, in one transaction with
    /// rows of other tables, which have room.
    fn fill_the_record(&self) {
        for size in FILLERS {
            let filler = format!("SELECT 0, 'filler', 'system', repeat('x', {size})");
            let insert = format!("INSERT INTO audit (at, event, actor, detail) {filler}");
            while self.server.try_sql(&insert) {}
        }
    }

    /// Changes whatever can be changed, until each kind of change is refused again and again.
    async fn until_changes_are_refused(&mut self) {
        let (mut issues, mut log_ins, mut log_outs) = (0, 0, 0);
        for turn in 0..TURNS_MAX {
            if issues >= REFUSALS && log_ins >= REFUSALS && log_outs >= REFUSALS {
                return;
            }
            let node = turn % 3;
            issues += usize::from(!self.issue(node).await);
            // More guesses would be throttled.
            if issues > 0 && log_ins < REFUSALS {
                log_ins += usize::from(!self.log_in(node).await);
            }
            if issues > 0 && log_outs < REFUSALS {
                log_outs += usize::from(!self.log_out(node).await);
            }
        }
        panic!("the disk is not full: refused were {issues} issues, {log_ins} log-ins, {log_outs} log-outs");
    }

    async fn issue(&mut self, node: usize) -> bool {
        let body = json!({ "subject": "bob", "claims": { "plan": "free" } });
        let answer = self
            .nodes
            .ask(node, Ask::post("/v1/service/sessions", &body))
            .await;
        let done = is_done(&answer, 201);
        self.book.kept.extend(done.then(|| Pair::of(&answer)));
        done
    }

    async fn log_in(&mut self, node: usize) -> bool {
        let body = json!({ "username": "ada", "password": PASSWORD });
        let ask = Ask::post("/v1/login", &body);
        let answer = self.nodes.all[node].client().send(ask).await;
        let done = is_done(&answer, 200);
        self.book.kept.extend(done.then(|| Pair::of(&answer)));
        done
    }

    /// Of the newest session. Of one that is refused nobody knows whether it ended.
    async fn log_out(&mut self, node: usize) -> bool {
        let pair = self.book.kept.pop().unwrap();
        let answer = self.nodes.log_out(node, &pair.access, "?wait=full").await;
        let done = is_done(&answer, 200);
        if done {
            assert_eq!(self.nodes.verify_all(&pair.access).await, [401, 401, 401]);
            self.book.ended.push(pair);
        } else {
            self.book.unknown.push(pair);
        }
        done
    }

    /// What nodes have in memory goes on, since heartbeats are written where others were.
    async fn hits_go_on_for_longer_than_a_lease(&self) {
        let hit = &self.book.kept[0];
        let begun = Instant::now();
        while begun.elapsed() < LEASE * 2 {
            for node in 0..3 {
                let said = self.nodes.verify(node, &hit.access).await;
                assert!([200, 503].contains(&said), "{said}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        for node in 0..3 {
            self.nodes.until_beaten(node, 2).await;
        }
        assert_eq!(self.nodes.verify_all(&hit.access).await, [200, 200, 200]);
    }

    /// There is room again: all is as it was acknowledged, and what was refused can be done.
    async fn all_goes_on(&mut self) {
        self.nodes.until_ready().await;
        self.all_as_acknowledged().await;
        for node in 0..3 {
            until("changes are made again", async || self.issue(node).await).await;
            until("log-ins too", async || self.log_in(node).await).await;
        }
        for pair in std::mem::take(&mut self.book.unknown) {
            let again = self.nodes.log_out(1, &pair.refresh, "?wait=full").await;
            assert_eq!(again.status, 200, "{}", again.text());
            self.book.ended.push(pair);
        }
        for pair in &mut self.book.kept {
            let next = self.nodes.refresh(2, &pair.refresh).await;
            assert_eq!(next.status, 200, "{}", next.text());
            *pair = Pair::of(&next);
        }
        self.all_as_acknowledged().await;
        self.no_step_is_half_written();
    }

    /// Each session has its entry in the audit record, and each end its own and its row in the log; none is there alone.
    fn no_step_is_half_written(&self) {
        let count = |what: &str| {
            let said = self.server.sql(&format!("SELECT count(*) FROM {what}"));
            said.trim().parse::<usize>().unwrap()
        };
        let sessions = count("sessions");
        assert_eq!(count("audit WHERE event IN ('issued', 'logged_in')"), sessions);
        assert!(sessions >= self.book.kept.len() + self.book.ended.len());
        let ended = count("sessions WHERE revoked_seq IS NOT NULL");
        assert_eq!(count("audit WHERE event = 'revoked'"), ended);
        assert_eq!(count("rev_log WHERE kind = 'S'"), ended);
        assert!(ended >= self.book.ended.len());
        // Each row of the log names the one before it, or where the head stood after a restart of the server.
        let skipped = "rev_log AS r WHERE EXISTS \
                       (SELECT 1 FROM rev_log AS p WHERE p.seq > r.prev_seq AND p.seq < r.seq)";
        assert_eq!(count(skipped), 0);
    }
}

/// Tables cannot grow; what is changed in place can be, heartbeats among it.
async fn no_room_for_new_rows<E: Engine>() -> Scene<E> {
    let mut scene = Scene::<E>::new().await;
    scene.server.fill_disk();
    scene.fill_the_record();
    scene.until_changes_are_refused().await;
    scene.hits_go_on_for_longer_than_a_lease().await;
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_mariadbs_disk_is_full_changes_are_503_hits_go_on_and_nothing_is_lost() {
    let mut scene = no_room_for_new_rows::<Maria>().await;
    scene.server.free_disk();
    scene.all_goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresqls_disk_is_full_changes_are_503_hits_go_on_and_nothing_is_lost() {
    let mut scene = no_room_for_new_rows::<PostgreSql>().await;
    scene.server.free_disk();
    scene.all_goes_on().await;
}

/// PostgreSQL ends itself when it cannot write its log, and cannot come back before there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_ends_since_its_log_has_no_room_loses_nothing_and_nobody_is_refused() {
    let mut scene = Scene::<PostgreSql>::new().await;
    scene.server.fill_disk();
    // Each is a mebibyte of the log; a file of it has 16.
    let grows = "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000))";
    until("it ends", async || !scene.server.try_sql(grows)).await;
    let hit = &scene.book.kept[0].access;
    until("the leases are over", async || {
        let said = scene.nodes.verify_all(hit).await;
        assert!(said.iter().all(|status| [200, 503].contains(status)), "{said:?}");
        said == [503, 503, 503]
    })
    .await;
    for node in 0..3 {
        assert!(!scene.issue(node).await);
        assert!(!scene.log_in(node).await);
        assert!(!scene.log_out(node).await);
    }
    scene.server.free_disk();
    scene.server.start_again();
    scene.all_goes_on().await;
}
