//! Three nodes on one MariaDB: what is done on one holds on all. They tell each other nothing: the log is read.

use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::servers::{MariaDb, StartMariaDb};
use symbolon_testkit::wait::until;
use tokio::time::Instant;

use crate::cluster::{add_account, log_in, one_successor};
use crate::nodes::{Nodes, Pair, WAIT_MAX};
use crate::place::PASSWORD;

async fn nodes(count: usize) -> Nodes {
    let server = MariaDb::shared();
    Nodes::on(&server.url_of(&server.schema()), count, &[]).await
}

#[tokio::test]
async fn a_session_begun_on_one_node_is_good_on_another_and_ends_on_all_by_a_third() {
    let nodes = nodes(3).await;
    add_account(&nodes, 0, "ada");
    for round in 0..6 {
        let [first, second, third] = [round, round + 1, round + 2].map(|node| node % 3);
        let pair = log_in(&nodes, first, "ada", PASSWORD).await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        let next = nodes.refresh(second, &pair.refresh).await;
        assert_eq!(next.status, 200, "{}", next.text());
        let next = Pair::of(&next);
        let asked = Instant::now();
        let answer = nodes.log_out(third, &next.access, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["effective"], "now");
        assert!(asked.elapsed() < WAIT_MAX, "{:?}", asked.elapsed());
        for token in [&pair.access, &next.access] {
            assert_eq!(nodes.verify_all(token).await, [401, 401, 401], "round {round}");
        }
        assert_eq!(nodes.refresh(first, &next.refresh).await.status, 401);
        let again = nodes.log_out(second, &next.refresh, "").await;
        assert_eq!(again.json()["seq"], answer.json()["seq"], "{}", again.text());
    }
    let pair = log_in(&nodes, 2, "ada", PASSWORD).await;
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    let ban = Ask::post("/v1/admin/subjects/ada/ban", &json!({ "note": "a test" }));
    let answer = nodes.ask(0, ban).await;
    assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
    assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
}

#[tokio::test]
async fn l2_a_refresh_raced_by_64_clients_on_three_nodes_over_mariadb_has_one_successor() {
    one_successor(&nodes(3).await).await;
}

#[tokio::test]
async fn l5_every_node_and_mariadb_killed_at_once_lose_no_session_and_no_log_out() {
    let server = StartMariaDb::default().start();
    let mut nodes = Nodes::on(&server.url(), 3, &[]).await;
    let mut kept = Vec::new();
    for node in 0..3 {
        kept.push(nodes.issue(node, "user-1").await);
    }
    let ended = nodes.issue(0, "user-2").await;
    assert_eq!(nodes.log_out(1, &ended.access, "").await.status, 200);
    for node in &mut nodes.all {
        node.kill9().await;
    }
    server.kill9();
    server.start_again();
    for node in &mut nodes.all {
        node.begin_again();
    }
    for node in &mut nodes.all {
        node.until_ready().await;
    }
    for pair in &kept {
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        assert_eq!(nodes.refresh(2, &pair.refresh).await.status, 200);
    }
    assert_eq!(nodes.verify_all(&ended.access).await, [401, 401, 401]);
}

/// What cannot be decided is 503, and what can be from memory is answered until the lease is over.
#[tokio::test]
async fn while_mariadb_is_away_nobody_is_refused_and_all_is_well_when_it_is_back() {
    let server = StartMariaDb::default().start();
    let nodes = Nodes::on(&server.url(), 2, &[]).await;
    let pair = nodes.issue(0, "user-1").await;
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200]);
    server.kill9();
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200]);
    until("the leases are over", async || {
        let said = nodes.verify_all(&pair.access).await;
        assert!(said.iter().all(|status| [200, 503].contains(status)), "{said:?}");
        said == [503, 503]
    })
    .await;
    let answer = nodes.log_out(0, &pair.access, "").await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(nodes.refresh(1, &pair.refresh).await.status, 503);
    server.start_again();
    until("it is back", async || {
        nodes.verify_all(&pair.access).await == [200, 200]
    })
    .await;
    assert_eq!(nodes.refresh(1, &pair.refresh).await.status, 200);
}
