//! What others have learned the hard way, on three nodes over each engine. The numbers are those of the lessons.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use http::Method;
use symbolon_testkit::cluster::{Cluster, Kind, Layout};
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::proxy::Fault;
use symbolon_testkit::servers::{MariaDb, Postgres};
use symbolon_testkit::wait::until;
use tokio::task::JoinSet;

use crate::nodes::{Nodes, Pair};
use crate::place::BINARY;

async fn on_postgres() -> Nodes {
    Nodes::start(3).await
}

async fn on_mariadb() -> Nodes {
    let server = MariaDb::shared();
    Nodes::on(&server.url_of(&server.schema()), 3, &[]).await
}

/// Several tabs of each of several browsers refresh at the same moment, wherever their requests go, and one comes late.
async fn tabs(nodes: &Nodes) {
    const BROWSERS: usize = 8;
    const TABS: usize = 8;
    let mut browsers = Vec::new();
    for browser in 0..BROWSERS {
        browsers.push(nodes.issue(browser % 3, &format!("browser {browser}")).await);
    }
    for round in 0..3 {
        let asked = browsers.iter().enumerate().flat_map(|(browser, pair)| {
            (0..TABS).map(move |tab| async move {
                let node = (browser + tab + round) % 3;
                let mut answer = nodes.refresh(node, &pair.refresh).await;
                // Too many at once: the token stays usable.
                while answer.status == 503 {
                    assert!(answer.header("retry-after").is_some());
                    answer = nodes.refresh(node, &pair.refresh).await;
                }
                assert_eq!(answer.status, 200, "{}", answer.text());
                (browser, Pair::of(&answer))
            })
        });
        let mut successors = vec![BTreeSet::new(); BROWSERS];
        for (browser, pair) in join_all(asked).await {
            successors[browser].insert((pair.access, pair.refresh));
        }
        for (pair, successors) in browsers.iter_mut().zip(successors) {
            assert_eq!(successors.len(), 1, "one pair for all tabs");
            let (access, refresh) = successors.into_iter().next().unwrap();
            let late = Pair::of(&nodes.refresh(round % 3, &pair.refresh).await);
            assert_eq!((&late.access, &late.refresh), (&access, &refresh));
            assert_eq!(nodes.verify_all(&access).await, [200, 200, 200]);
            *pair = Pair { access, refresh };
        }
    }
}

#[tokio::test]
async fn l26_tabs_that_refresh_at_once_get_one_pair_and_nobody_is_logged_out_on_postgresql() {
    tabs(&on_postgres().await).await;
}

#[tokio::test]
async fn l26_tabs_that_refresh_at_once_get_one_pair_and_nobody_is_logged_out_on_mariadb() {
    tabs(&on_mariadb().await).await;
}

/// The end of all sessions, while everyone asks who they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l17_under_load_nobody_is_taken_for_another_and_all_sessions_end_by_one_row() {
    const CLIENTS: usize = 24;
    let server = Postgres::shared();
    let schema = server.schema();
    let nodes = Nodes::on(&server.url_of(&schema), 3, &[]).await;
    let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let subject = format!("client-{client}");
        let pair = nodes.issue(client % 3, &subject).await;
        let addresses: Vec<_> = nodes.all.iter().map(|node| node.address()).collect();
        let (over, answers) = (Arc::clone(&over), Arc::clone(&answers));
        clients.spawn(ask_until_refused(
            addresses,
            pair,
            subject,
            (client, over, answers),
        ));
    }
    until("they have asked a while", async || {
        answers.load(Ordering::SeqCst) > 2_000
    })
    .await;
    let rows = || server.sql(&format!("SELECT count(*) FROM {schema}.rev_log"));
    let before: u64 = rows().trim().parse().unwrap();
    let end = nodes.ask(0, Ask::new(Method::POST, "/v1/admin/revoke-all")).await;
    assert_eq!(end.status, 200, "{}", end.text());
    assert_eq!(end.json()["effective"], "now", "{}", end.text());
    over.store(true, Ordering::SeqCst);
    clients.join_all().await;
    assert_eq!(rows().trim().parse::<u64>().unwrap(), before + 1);
}

/// Asks one node after the other who it is, until all sessions have ended.
async fn ask_until_refused(
    addresses: Vec<SocketAddr>,
    pair: Pair,
    subject: String,
    (first, over, answers): (usize, Arc<AtomicBool>, Arc<AtomicUsize>),
) {
    let mut ways: Vec<_> = addresses.into_iter().map(Client::new).collect();
    for turn in first.. {
        let was_over = over.load(Ordering::SeqCst);
        let answer = ways[turn % 3]
            .send(Ask::get("/verify").bearer(&pair.access))
            .await;
        match (answer.status, was_over) {
            (200, false) => assert_eq!(answer.header("x-symbolon-subject"), Some(subject.as_str())),
            (401, true) => return,
            // The end is under way: it may be known here before it is answered.
            (401, false) => {}
            other => panic!("{other:?}: {}", answer.text()),
        }
        answers.fetch_add(1, Ordering::SeqCst);
    }
}

/// The client was told nothing, so it comes with the token that it has.
async fn comes_again(nodes: &Nodes, pair: &Pair) -> Pair {
    let again = nodes.refresh(1, &pair.refresh).await;
    assert_eq!(again.status, 200, "{}", again.text());
    let next = Pair::of(&again);
    assert_eq!(nodes.verify_all(&next.access).await, [200, 200, 200]);
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    next
}

#[tokio::test]
async fn l25_a_refresh_whose_commit_fails_is_503_and_the_old_token_brings_the_pair() {
    let server = Postgres::shared();
    let schema = server.schema();
    let nodes = Nodes::on(&server.url_of(&schema), 3, &[]).await;
    let sql = |text: &str| server.sql(&format!("SET search_path = {schema}; {text}"));
    let mut pair = nodes.issue(0, "user-1").await;
    for _ in 0..3 {
        // Everything before the commit goes well.
        sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
             CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION refuse()",
        );
        let failed = nodes.refresh(0, &pair.refresh).await;
        assert_eq!(failed.status, 503, "{}", failed.text());
        assert!(failed.header("retry-after").is_some());
        sql("DROP TRIGGER refuse ON sessions; DROP FUNCTION refuse");
        pair = comes_again(&nodes, &pair).await;
    }
}

/// The commit is done, and nobody hears of it.
async fn answer_to_a_commit_is_lost(kind: Kind) {
    let cluster: Cluster = Layout::of(BINARY).nodes(2).store(kind).start().await;
    let key = cluster.node(0).server.api_key("test", "issue");
    let body = serde_json::json!({ "subject": "user-1" });
    let issue = Ask::post("/v1/service/sessions", &body).bearer(&key);
    let mut pair = Pair::of(&cluster.node(0).server.client().send(issue).await);
    let refresh = async |node: usize, pair: &Pair| {
        let body = serde_json::json!({ "refresh_token": pair.refresh });
        let ask = Ask::post("/v1/refresh", &body);
        cluster.node(node).server.client().send(ask).await
    };
    for _ in 0..3 {
        let fault = Fault::DropReplyAfter(cluster.store().commits());
        cluster.node(0).to_store.set(fault).await;
        let failed = refresh(0, &pair).await;
        assert_eq!(failed.status, 503, "{}", failed.text());
        cluster.heal().await;
        let again = refresh(1, &pair).await;
        assert_eq!(again.status, 200, "{}", again.text());
        let next = Pair::of(&again);
        for node in cluster.nodes() {
            until("the token is good", async || {
                let ask = Ask::get("/verify").bearer(&next.access);
                let status = node.server.client().send(ask).await.status;
                assert!([200, 503].contains(&status), "{status}");
                status == 200
            })
            .await;
        }
        pair = next;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l25_a_refresh_whose_commit_is_not_answered_is_503_and_the_old_token_brings_the_pair_on_postgresql() {
    answer_to_a_commit_is_lost(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l25_a_refresh_whose_commit_is_not_answered_is_503_and_the_old_token_brings_the_pair_on_mariadb() {
    answer_to_a_commit_is_lost(Kind::MariaDb).await;
}
