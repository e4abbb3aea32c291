//! Wall clocks that are an hour wrong, that of a node and that of the store, set while three nodes run: nobody is logged out,
//! and a session lives as long as it should, by true time.

use std::time::Duration;

use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::servers::{Engine, Maria, PostgreSql, Postgres, Start as StartDatabase};
use symbolon_testkit::wait::until;
use tokio::time::{Instant, sleep_until};

use crate::cluster::{add_account, log_in};
use crate::nodes::{Nodes, Pair};
use crate::place::{OTHER_PASSWORD, PASSWORD, instant};

const HOUR: i64 = 3_600;

/// How long an access token is good whose end is waited for.
const LIFE: Duration = Duration::from_secs(5);
/// By how much nodes may differ about its end (I5).
const NEAR: Duration = Duration::from_secs(1);

/// A session, and the span of true time in which it was made.
struct Timed {
    pair: Pair,
    asked: Instant,
    answered: Instant,
}

/// All that a person and a service do, with each step on a node that another step has not had.
struct Walk<'n> {
    nodes: &'n Nodes,
    /// The node that the log-in is made on.
    first: usize,
}

impl Walk<'_> {
    fn node(&self, step: usize) -> usize {
        (self.first + step) % 3
    }

    /// A session whose token ends by itself while the test goes on.
    async fn begin(&self) -> Timed {
        let body = json!({ "subject": "dan", "access_ttl": LIFE.as_secs() });
        let asked = Instant::now();
        let issue = Ask::post("/v1/service/sessions", &body);
        let answer = self.nodes.ask(self.first, issue).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Timed {
            pair: Pair::of(&answer),
            asked,
            answered: Instant::now(),
        }
    }

    /// Verify, refresh, a wrong password, log-outs and a kick.
    async fn all_else(&self) {
        let nodes = self.nodes;
        let pair = log_in(nodes, self.first, "ada", PASSWORD).await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        let ask = Ask::get("/v1/session").bearer(&pair.access);
        let session = nodes.all[self.node(1)].client().send(ask).await.json();
        let off = now() - instant(&session, "created_at").as_second();
        assert!(off.abs() < 60, "it began {off} s ago: {session}");
        let wrong = json!({ "username": "ada", "password": OTHER_PASSWORD });
        let mut client = nodes.all[self.first].client();
        let refused = client.send(Ask::post("/v1/login", &wrong)).await;
        assert_eq!(refused.status, 401);
        let next = nodes.refresh(self.node(1), &pair.refresh).await;
        assert_eq!(next.status, 200, "{}", next.text());
        let next = Pair::of(&next);
        assert_eq!(nodes.verify_all(&next.access).await, [200, 200, 200]);
        let again = Pair::of(&nodes.refresh(self.first, &pair.refresh).await);
        assert_eq!((&again.access, &again.refresh), (&next.access, &next.refresh));
        self.ends(self.first, &next).await;
        let other = nodes.issue(self.first, "bob").await;
        self.ends(self.node(2), &other).await;
        let kicked = nodes.issue(self.node(1), "cid").await;
        assert_eq!(nodes.verify_all(&kicked.access).await, [200, 200, 200]);
        let kick = Ask::new(http::Method::POST, "/v1/admin/subjects/cid/revoke");
        let answer = nodes.ask(self.first, kick).await;
        assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
        assert_eq!(nodes.verify_all(&kicked.access).await, [401, 401, 401]);
    }

    async fn ends(&self, node: usize, pair: &Pair) {
        assert_eq!(self.nodes.verify_all(&pair.access).await, [200, 200, 200]);
        let answer = self.nodes.log_out(node, &pair.access, "?wait=full").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(self.nodes.verify_all(&pair.access).await, [401, 401, 401]);
        assert_eq!(self.nodes.refresh(node, &pair.refresh).await.status, 401);
    }

    /// The token is good on every node for its life, by true time, and on none for longer.
    async fn until_its_end(&self, timed: &Timed) {
        let mut asked = 0;
        while timed.asked.elapsed() < LIFE.saturating_sub(NEAR) {
            let node = asked % 3;
            let said = self.nodes.verify(node, &timed.pair.access).await;
            // What was asked in time and answered late says nothing.
            let in_time = timed.asked.elapsed() < LIFE.saturating_sub(NEAR);
            assert!(said == 200 || !in_time, "{said} by node {node}");
            asked += 1;
        }
        sleep_until(timed.answered + LIFE + NEAR).await;
        assert_eq!(self.nodes.verify_all(&timed.pair.access).await, [401, 401, 401]);
        // The session goes on.
        let next = self.nodes.refresh(self.node(2), &timed.pair.refresh).await;
        assert_eq!(next.status, 200, "{}", next.text());
        let next = Pair::of(&next);
        assert_eq!(self.nodes.verify_all(&next.access).await, [200, 200, 200]);
    }
}

/// The seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the clock that is right")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A node whose clock is set has it from then on, also for what it says of itself as it joins anew.
async fn set_clock_of_a_node(nodes: &Nodes, node: usize, ahead: i64) {
    let server = &nodes.all[node];
    server.set_clock(ahead);
    let members = nodes.members(node).await;
    let own = members.iter().find(|member| member["self"] == true).unwrap();
    let incarnation = own["incarnation"].as_str().unwrap();
    let before = server.stderr().len();
    nodes
        .elsewhere()
        .run(&format!("node evict {incarnation} --i-checked"))
        .ok();
    until("it joins anew by the clock that was set", async || {
        let said = server.stderr();
        let line = said[before..].lines().find(|line| line.contains("has joined"));
        line.is_some_and(|line| {
            let at = line.split_whitespace().next().unwrap();
            let at: jiff::Timestamp = at.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
            (at.as_second() - now() - ahead).abs() < 60
        })
    })
    .await;
    nodes.until_ready().await;
}

/// 2.10, *node wall clock ±1 h*: no effect on verify, log-in, refresh, log-out, and on when a session ends.
async fn an_hour_wrong_on_one_node(style: &str) {
    let server = Postgres::shared();
    let settings = [("SYMBOLON_TOKEN__STYLE", style)];
    let mut nodes = Nodes::each_on(&server.url_of(&server.schema()), 3, &settings, |node, start| {
        if node == 1 { start.own_clock() } else { start }
    })
    .await;
    add_account(&nodes, 0, "ada");
    for ahead in [HOUR, -HOUR] {
        let before = Walk {
            nodes: &nodes,
            first: 0,
        }
        .begin()
        .await;
        set_clock_of_a_node(&nodes, 1, ahead).await;
        nodes.until_beaten(1, 2).await;
        // One begun before, and one begun by the node whose clock is wrong.
        let wrong = Walk {
            nodes: &nodes,
            first: 1,
        };
        let after = wrong.begin().await;
        wrong.all_else().await;
        wrong.until_its_end(&before).await;
        wrong.until_its_end(&after).await;
        // One that starts begins at the newest instant in the store, and that is not the wrong one's.
        nodes.all[2].kill9().await;
        nodes.all[2].restart().await;
        Walk {
            nodes: &nodes,
            first: 2,
        }
        .all_else()
        .await;
    }
    for alarm in [
        "symbolon_store_clock_refused_total",
        "symbolon_clock_freezes_total",
    ] {
        assert!(nodes.figure(1, alarm).await < 1.0, "{alarm}");
    }
}

#[tokio::test]
async fn a_node_whose_wall_clock_is_an_hour_ahead_or_behind_decides_as_the_others_do() {
    an_hour_wrong_on_one_node("opaque").await;
}

#[tokio::test]
async fn a_node_whose_wall_clock_is_an_hour_ahead_or_behind_signs_tokens_that_live_as_long_as_they_should() {
    an_hour_wrong_on_one_node("jwt").await;
}

/// 2.10, *DB clock forward 1 h / back 1 h*: not followed, said, and all goes on.
async fn an_hour_wrong_in_the_store<E: Engine>() {
    let server = StartDatabase::<E>::default().own_clock().start();
    let nodes = Nodes::on(&server.url(), 3, &[]).await;
    add_account(&nodes, 0, "ada");
    for (round, ahead, count) in [(0, HOUR, 1.0), (1, -HOUR, 2.0)] {
        let before = Walk {
            nodes: &nodes,
            first: 0,
        }
        .begin()
        .await;
        assert_eq!(nodes.verify_all(&before.pair.access).await, [200, 200, 200]);
        server.set_clock(ahead);
        for node in 0..3 {
            until("it says that it does not follow", async || {
                let said = nodes.verify(node, &before.pair.access).await;
                let alive = before.asked.elapsed() < LIFE.saturating_sub(NEAR);
                assert!([200, 503].contains(&said) || !alive, "{said}");
                nodes.figure(node, "symbolon_store_clock_refused_total").await >= count
            })
            .await;
            let said = nodes.all[node].stderr();
            assert!(said.contains("clock_jump"), "{said}");
        }
        nodes.until_ready().await;
        let walk = Walk {
            nodes: &nodes,
            first: round,
        };
        let after = walk.begin().await;
        walk.all_else().await;
        walk.until_its_end(&after).await;
        // Set right, it is followed again, and nobody has lost anything.
        let last = walk.begin().await;
        server.set_clock(0);
        for node in 0..3 {
            until("it is followed again", async || {
                let said = nodes.all[node].stderr();
                said.matches("the store's clock is followed again").count() > round
            })
            .await;
        }
        nodes.until_ready().await;
        walk.until_its_end(&last).await;
    }
    // More time seemed to have passed than had: what a machine that was paused sees, and answers by a new lease.
    for node in 0..3 {
        assert!(nodes.figure(node, "symbolon_clock_freezes_total").await >= 1.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_whose_clock_jumps_by_an_hour_is_not_followed_and_ends_no_session() {
    an_hour_wrong_in_the_store::<PostgreSql>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mariadb_whose_clock_jumps_by_an_hour_is_not_followed_and_ends_no_session() {
    an_hour_wrong_in_the_store::<Maria>().await;
}
