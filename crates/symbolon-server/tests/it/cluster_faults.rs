//! Nodes on one PostgreSQL when something fails: no token comes back, nobody is logged out, and what cannot be decided
//! is said to be so.

use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::servers::{Postgres, StartPostgres};
use symbolon_testkit::wait::until;
use tokio::time::Instant;

use crate::nodes::{LEASE, Nodes, Pair, WAIT_MAX};

#[tokio::test]
async fn b2_a_log_out_beside_a_node_that_hangs_says_by_when_it_is_effective_and_it_is() {
    let nodes = Nodes::start(3).await;
    let pairs = [
        nodes.issue(0, "user-1").await,
        nodes.issue(0, "user-2").await,
        nodes.issue(0, "user-3").await,
        nodes.issue(0, "user-4").await,
    ];
    for pair in &pairs {
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    }
    nodes.all[2].sigstop().await;
    // As long as a person waits: accepted, with the time.
    let begun = Instant::now();
    let answer = nodes.log_out(0, &pairs[0].access, "").await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let body = answer.json();
    assert!(
        body["effective"].is_null() && body["effective_by"].is_string(),
        "{body}"
    );
    let left = Duration::from_millis(body["effective_in_ms"].as_u64().unwrap());
    assert!(
        begun.elapsed() + left <= WAIT_MAX + Duration::from_millis(500),
        "{body}"
    );
    assert_eq!(nodes.verify(0, &pairs[0].access).await, 401);
    assert_eq!(nodes.verify(1, &pairs[0].access).await, 401);
    // RFC 7009 knows no "soon".
    let form = format!("token={}", pairs[1].access);
    let revoke = || {
        Ask::new(Method::POST, "/oauth2/revoke")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.clone())
    };
    let answer = nodes.ask(1, revoke()).await;
    if answer.status == 503 {
        assert!(answer.header("retry-after").is_some());
    } else {
        // The node was evicted meanwhile.
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // To the end: now.
    let answer = nodes.log_out(1, &pairs[2].access, "?wait=full").await;
    assert_eq!(
        (answer.status, &answer.json()["effective"]),
        (200, &json!("now")),
        "{}",
        answer.text()
    );
    // The older family's route waits to the end by itself.
    let ask = Ask::new(Method::POST, "/system/auth/logout").bearer(&pairs[3].access);
    let answer = nodes.all[0].client().send(ask).await;
    assert_eq!(answer.json()["code"], 0, "{}", answer.text());
    assert_eq!(nodes.ask(1, revoke()).await.status, 200);
    // What the node that hung had in memory is of no use to it.
    nodes.all[2].sigcont();
    for pair in &pairs {
        assert_eq!(nodes.verify(2, &pair.access).await, 401);
    }
    until("it joins anew", async || {
        nodes.all[2].client().send(Ask::get("/readyz")).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn b1_what_was_logged_out_stays_so_when_the_node_that_answered_is_killed() {
    let mut nodes = Nodes::start(3).await;
    for round in 0..3 {
        let (gone, kept) = (
            nodes.issue(round, "user-1").await,
            nodes.issue(round, "user-2").await,
        );
        assert_eq!(nodes.verify_all(&gone.access).await, [200, 200, 200]);
        assert_eq!(nodes.log_out(round, &gone.access, "?wait=full").await.status, 200);
        nodes.all[round].kill9().await;
        for other in [(round + 1) % 3, (round + 2) % 3] {
            assert_eq!(nodes.verify(other, &gone.access).await, 401);
            assert_eq!(
                nodes.verify(other, &kept.access).await,
                200,
                "its sessions live on"
            );
        }
        nodes.all[round].restart().await;
        assert_eq!(nodes.verify_all(&gone.access).await, [401, 401, 401]);
        assert_eq!(nodes.verify_all(&kept.access).await, [200, 200, 200]);
        assert_eq!(nodes.refresh(round, &gone.refresh).await.status, 401);
    }
}

#[tokio::test]
async fn without_its_store_a_node_answers_from_memory_for_its_lease_and_then_says_that_it_cannot_decide() {
    let server = StartPostgres::default().start();
    let nodes = Nodes::on(&server.url(), 2, &[]).await;
    let (known, unknown) = (nodes.issue(0, "user-1").await, nodes.issue(1, "user-2").await);
    assert_eq!(nodes.verify(0, &known.access).await, 200);
    server.freeze();
    let frozen = Instant::now();
    assert_eq!(nodes.verify(0, &known.access).await, 200, "from memory");
    let ready = async |node: usize| nodes.all[node].client().send(Ask::get("/readyz")).await.status;
    // The balancer is told before a request is refused.
    until("it is not ready", async || ready(0).await == 503).await;
    let told = frozen.elapsed();
    assert_eq!(
        nodes.verify(0, &known.access).await,
        200,
        "still from memory, after {told:?}"
    );
    until("its lease is over", async || {
        nodes.verify(0, &known.access).await == 503
    })
    .await;
    assert!(
        frozen.elapsed() <= LEASE + Duration::from_millis(800),
        "{:?}",
        frozen.elapsed()
    );
    let ask = Ask::get("/verify").bearer(&unknown.access);
    let undecided = nodes.all[0].client().send(ask).await;
    assert_eq!(undecided.status, 503);
    assert!(undecided.header("retry-after").is_some());
    // L1: an end that is not durable is not answered as one.
    let answer = nodes.log_out(0, &known.access, "").await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    server.thaw();
    for node in [0, 1] {
        until("it is ready again", async || ready(node).await == 200).await;
        assert_eq!(
            nodes.verify(node, &unknown.access).await,
            200,
            "nobody is logged out"
        );
    }
}

#[tokio::test]
async fn l1_a_log_out_while_the_store_dies_is_never_answered_as_done_unless_it_is() {
    let server = StartPostgres::default().start();
    let nodes = Nodes::on(&server.url(), 2, &[]).await;
    for round in 0..4_u64 {
        let pair = nodes.issue(0, "user-1").await;
        assert_eq!(nodes.verify(1, &pair.access).await, 200);
        let (answer, ()) = tokio::join!(nodes.log_out(0, &pair.access, ""), async {
            tokio::time::sleep(Duration::from_millis(round * 3)).await;
            server.kill9();
        });
        assert!([200, 202, 503].contains(&answer.status), "{}", answer.text());
        server.start_again();
        for node in [0, 1] {
            until("it is ready again", async || {
                nodes.all[node].client().send(Ask::get("/readyz")).await.status == 200
            })
            .await;
        }
        if answer.status != 503 {
            // What was answered as done is done; of a 202 the other node may not know it for a moment.
            assert_eq!(nodes.verify(0, &pair.access).await, 401);
            until("the other node knows it", async || {
                nodes.verify(1, &pair.access).await == 401
            })
            .await;
        }
        // Repeating it converges.
        let again = nodes.log_out(1, &pair.access, "?wait=full").await;
        assert_eq!(again.status, 200, "{}", again.text());
        assert_eq!(nodes.verify_all(&pair.access).await, [401, 401]);
    }
}

#[tokio::test]
async fn l3_an_old_refresh_token_is_dead_after_every_node_and_the_store_were_restarted() {
    let server = StartPostgres::default().start();
    let url = server.url();
    let mut nodes = Nodes::on(&url, 2, &[("SYMBOLON_SESSION__ROTATION_GRACE", "0s")]).await;
    let first = nodes.issue(0, "user-1").await;
    let second = Pair::of(&nodes.refresh(1, &first.refresh).await);
    let third = Pair::of(&nodes.refresh(0, &second.refresh).await);
    assert_eq!(nodes.verify_all(&third.access).await, [200, 200]);
    for node in &mut nodes.all {
        node.kill9().await;
    }
    server.kill9();
    server.start_again();
    for node in &mut nodes.all {
        node.restart().await;
    }
    // Those that were killed are waited for until their leases are over for sure: until then it is not decided.
    let mut stale = nodes.refresh(1, &first.refresh).await;
    until("it is decided", async || {
        if stale.status == 503 {
            stale = nodes.refresh(1, &first.refresh).await;
        }
        stale.status != 503
    })
    .await;
    assert_eq!(stale.status, 401, "{}", stale.text());
    assert_eq!(stale.json()["reason"], "reuse_detected", "{}", stale.text());
    assert_eq!(
        nodes.verify_all(&third.access).await,
        [401, 401],
        "the family is dead"
    );
}

#[tokio::test]
async fn l4_a_refresh_that_fails_with_the_store_leaves_the_token_usable() {
    let server = StartPostgres::default().start();
    let nodes = Nodes::on(&server.url(), 2, &[]).await;
    let mut pair = nodes.issue(0, "user-1").await;
    for round in 0..4_u64 {
        let (answer, ()) = tokio::join!(nodes.refresh(0, &pair.refresh), async {
            tokio::time::sleep(Duration::from_millis(round * 3)).await;
            server.kill9();
        });
        assert!([200, 503].contains(&answer.status), "{}", answer.text());
        server.start_again();
        for node in [0, 1] {
            until("it is ready again", async || {
                nodes.all[node].client().send(Ask::get("/readyz")).await.status == 200
            })
            .await;
        }
        // L25: whatever became of it, the same token brings the pair.
        let again = nodes.refresh(1, &pair.refresh).await;
        assert_eq!(again.status, 200, "{}", again.text());
        let next = Pair::of(&again);
        if answer.status == 200 {
            let first = Pair::of(&answer);
            assert_eq!((&first.access, &first.refresh), (&next.access, &next.refresh));
        }
        assert_eq!(nodes.verify_all(&next.access).await, [200, 200]);
        pair = next;
    }
}

#[tokio::test]
async fn s0_t2_one_node_on_postgresql_keeps_everyone_over_a_stop_and_a_kill() {
    let server = Postgres::shared();
    let mut nodes = Nodes::on(&server.url_of(&server.schema()), 1, &[]).await;
    let (kept, ended) = (nodes.issue(0, "user-1").await, nodes.issue(0, "user-2").await);
    assert_eq!(nodes.log_out(0, &ended.access, "").await.status, 200);
    for round in 0..4 {
        match round % 2 {
            0 => nodes.all[0].kill9().await,
            _ => {
                nodes.all[0].sigterm();
                assert!(nodes.all[0].wait_exit().await.success());
            }
        }
        nodes.all[0].restart().await;
        assert_eq!(nodes.verify(0, &kept.access).await, 200);
        assert_eq!(nodes.verify(0, &ended.access).await, 401);
        // Alone, it need not wait for the one that it was before.
        let pair = nodes.issue(0, "user-3").await;
        let answer = nodes.log_out(0, &pair.access, "?wait=full").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}
