//! Nodes on one Redis as their store: the same promises as over a database, from the same steps.

use symbolon_testkit::history::{self, Invariant, leaks};
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;
use symbolon_testkit::workload::{Plan, Workload};

use crate::cluster;
use crate::nodes::Nodes;

async fn on(redis: &Redis, count: usize) -> Nodes {
    Nodes::on(&redis.url(), count, &[]).await
}

#[tokio::test]
async fn s3_1_on_redis_both_tokens_of_a_log_in_on_one_node_are_good_on_every_other() {
    let redis = StartRedis::default().durable().start();
    cluster::good_everywhere(&on(&redis, 3).await).await;
}

#[tokio::test]
async fn s3_3_on_redis_a_log_out_that_is_answered_now_is_refused_by_every_node_at_once() {
    let redis = StartRedis::default().durable().start();
    cluster::ended_everywhere(&on(&redis, 3).await).await;
}

#[tokio::test]
async fn s3_7_on_redis_whatever_ends_sessions_ends_them_on_every_node() {
    let redis = StartRedis::default().durable().start();
    cluster::each_way_to_end_them(&on(&redis, 3).await).await;
}

#[tokio::test]
async fn l2_on_redis_a_refresh_raced_by_64_clients_on_three_nodes_has_one_successor() {
    let redis = StartRedis::default().durable().start();
    cluster::one_successor(&on(&redis, 3).await).await;
}

#[tokio::test]
async fn l5_on_redis_a_rolling_restart_of_three_nodes_logs_nobody_out_and_forgets_no_log_out() {
    let redis = StartRedis::default().durable().start();
    cluster::rolling_restart(&mut on(&redis, 3).await).await;
}

#[tokio::test]
async fn on_redis_an_operator_sees_the_nodes_with_their_leases_and_positions() {
    let redis = StartRedis::default().durable().start();
    cluster::seen_by_an_operator(&on(&redis, 3).await).await;
}

#[tokio::test]
async fn on_redis_a_node_that_is_known_to_be_gone_is_evicted_and_waited_for_no_more() {
    let redis = StartRedis::default().durable().start();
    cluster::gone_and_evicted(&mut on(&redis, 2).await).await;
}

/// How often the node is killed under load; every third time with its Redis.
const ROUNDS: u64 = 15;
/// Enough that every kind of step is under way.
const OPERATIONS_PER_ROUND: u64 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis_a_node_that_is_killed_under_load_again_and_again_keeps_every_promise() {
    let redis = StartRedis::default().durable().start();
    let mut nodes = on(&redis, 1).await;
    let password = nodes.all[0].first_password().await;
    let plan = Plan {
        account: Some(("admin".to_owned(), password.clone())),
        ..Plan::default()
    };
    let workload = Workload::new(nodes.all[0].address(), nodes.key.clone(), plan);
    for number in 0..ROUNDS {
        let mut round = workload.begin(number);
        round.until_answered(OPERATIONS_PER_ROUND).await;
        if number % 3 == 2 {
            redis.kill9();
        }
        nodes.all[0].kill9().await;
        workload.process_ended();
        round.stop().await;
        if number % 3 == 2 {
            redis.start_again();
            until("it has read its file", async || redis.cli(&["PING"]) == "PONG").await;
        }
        nodes.all[0].restart().await;
    }
    workload.read_everything().await;
    nodes.all[0].sigterm();
    assert!(nodes.all[0].wait_exit().await.success());

    let mut findings = history::check(&workload.history());
    let mut secrets = workload.secrets();
    secrets.add(&password);
    secrets.add_token(&nodes.key);
    redis.stop();
    let files = leaks::files_below(redis.folder());
    assert!(!files.is_empty());
    findings.join(leaks::find(
        &secrets,
        files.iter().map(|(name, bytes)| (&**name, &**bytes)),
    ));
    println!("opportunities: {:?}", findings.opportunities);
    assert_eq!(findings.violations, []);
    for invariant in [
        Invariant::I1,
        Invariant::I2,
        Invariant::I3,
        Invariant::I4,
        Invariant::I6,
        Invariant::I12,
    ] {
        assert!(findings.chances(invariant) > 50, "{invariant:?} was hardly tried");
    }
}
