//! Two and three nodes on one PostgreSQL: what is done on one holds on all.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use http::Method;
use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::servers::Postgres;
use symbolon_testkit::wait::until;

use crate::nodes::{Nodes, Pair};
use crate::place::PASSWORD;

pub(crate) async fn log_in(nodes: &Nodes, node: usize, name: &str, password: &str) -> Pair {
    let body = json!({ "username": name, "password": password });
    let answer = nodes.all[node].client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Pair::of(&answer)
}

pub(crate) fn add_account(nodes: &Nodes, node: usize, name: &str) {
    nodes
        .beside(node)
        .run_with(&format!("account add {name}"), PASSWORD)
        .ok();
}

#[tokio::test]
async fn s3_1_both_tokens_of_a_log_in_on_one_node_are_good_on_every_other() {
    good_everywhere(&Nodes::start(3).await).await;
}

/// Three nodes: what one has issued is good on each.
pub(crate) async fn good_everywhere(nodes: &Nodes) {
    add_account(nodes, 0, "ada");
    let pair = log_in(nodes, 0, "ada", PASSWORD).await;
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    let next = nodes.refresh(1, &pair.refresh).await;
    assert_eq!(next.status, 200, "{}", next.text());
    let next = Pair::of(&next);
    assert_eq!(nodes.verify_all(&next.access).await, [200, 200, 200]);
    // The one before stays good until its end.
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    // A repeated refresh on the third gives the same pair.
    let again = Pair::of(&nodes.refresh(2, &pair.refresh).await);
    assert_eq!((again.access, again.refresh), (next.access, next.refresh));
}

#[tokio::test]
async fn s3_3_a_log_out_that_is_answered_now_is_refused_by_every_node_at_once() {
    ended_everywhere(&Nodes::start(3).await).await;
}

/// Three nodes: a log-out that is answered *now* holds on each.
pub(crate) async fn ended_everywhere(nodes: &Nodes) {
    for round in 0..20 {
        let pair = nodes.issue(round % 3, "user-1024").await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        let answer = nodes.log_out((round + 1) % 3, &pair.access, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["effective"], "now");
        assert_eq!(
            nodes.verify_all(&pair.access).await,
            [401, 401, 401],
            "round {round}"
        );
        assert_eq!(nodes.refresh(round % 3, &pair.refresh).await.status, 401);
        // Repeated elsewhere, it says the same.
        let again = nodes.log_out((round + 2) % 3, &pair.refresh, "").await;
        assert_eq!(again.json()["already"], true, "{}", again.text());
        assert_eq!(again.json()["seq"], answer.json()["seq"]);
    }
    // The route of the older family ends both tokens on every node too.
    let pair = nodes.issue(0, "user-1024").await;
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    let ask = Ask::new(Method::POST, "/system/auth/logout").bearer(&pair.access);
    let answer = nodes.all[2].client().send(ask).await;
    assert_eq!(answer.json(), json!({"code": 0, "msg": "", "data": true}));
    assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
}

#[tokio::test]
async fn s3_7_whatever_ends_sessions_ends_them_on_every_node() {
    each_way_to_end_them(&Nodes::start(3).await).await;
}

/// Three nodes: a kick, a ban, a new password, and the end of everyone.
pub(crate) async fn each_way_to_end_them(nodes: &Nodes) {
    add_account(nodes, 1, "ada");
    let of_ada = async || {
        let pair = log_in(nodes, 2, "ada", PASSWORD).await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        pair
    };
    let ended = async |node: usize, ask: Ask| {
        let pair = of_ada().await;
        let answer = nodes.ask(node, ask).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
        assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
    };
    ended(0, Ask::new(Method::POST, "/v1/admin/subjects/ada/revoke")).await;
    ended(1, Ask::new(Method::POST, "/v1/admin/revoke-all")).await;
    let ban = json!({ "note": "a test" });
    ended(2, Ask::post("/v1/admin/subjects/ada/ban", &ban)).await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let refused = nodes.all[0].client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let lift = nodes.ask(0, Ask::new(Method::DELETE, "/v1/admin/subjects/ada/ban"));
    assert_eq!(lift.await.status, 200);
    // One's own: the session that changes the password goes on with a new pair, the others end.
    let (own, other) = (of_ada().await, of_ada().await);
    let change = json!({ "current": PASSWORD, "new": "seven red foxes at dusk" });
    let ask = Ask::post("/v1/password", &change).bearer(&own.access);
    let changed = nodes.all[1].client().send(ask).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let next = Pair::of(&changed);
    assert_eq!(nodes.verify_all(&next.access).await, [200, 200, 200]);
    for dead in [own, other] {
        assert_eq!(nodes.verify_all(&dead.access).await, [401, 401, 401]);
    }
}

#[tokio::test]
async fn an_api_key_that_is_revoked_on_one_node_proves_nothing_on_another() {
    let nodes = Nodes::start(2).await;
    let key = nodes.all[0].api_key("shop", "issue");
    let issue = async |node: usize| {
        let ask = Ask::post("/v1/service/sessions", &json!({ "subject": "ada" })).bearer(&key);
        nodes.all[node].client().send(ask).await.status
    };
    assert_eq!([issue(0).await, issue(1).await], [201, 201]);
    let listed = nodes.ask(0, Ask::get("/v1/admin/api-keys")).await.json();
    let found = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "shop");
    let id = found.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/admin/api-keys/{id}");
    let answer = nodes.ask(1, Ask::new(Method::DELETE, path)).await;
    assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
    assert_eq!([issue(0).await, issue(1).await], [401, 401]);
}

#[tokio::test]
async fn l2_a_refresh_raced_by_64_clients_on_three_nodes_has_one_successor() {
    one_successor(&Nodes::start(3).await).await;
}

/// Of a refresh that 64 clients race, each on a node, comes one pair, and nobody is logged out.
pub(crate) async fn one_successor(nodes: &Nodes) {
    for _ in 0..3 {
        let pair = nodes.issue(0, "user-1024").await;
        let race = (0..64).map(|client| nodes.refresh(client % 3, &pair.refresh));
        let answers = join_all(race).await;
        let mut successors = BTreeSet::new();
        for answer in &answers {
            match answer.status {
                200 => {
                    let next = Pair::of(answer);
                    successors.insert((next.access, next.refresh));
                }
                // Too many at once: the token stays usable.
                503 => assert!(answer.header("retry-after").is_some()),
                status => panic!("{status}: {}", answer.text()),
            }
        }
        assert_eq!(successors.len(), 1, "one successor for all");
        let (access, refresh) = successors.into_iter().next().unwrap();
        assert_eq!(nodes.verify_all(&access).await, [200, 200, 200]);
        assert_eq!(
            nodes.refresh(1, &refresh).await.status,
            200,
            "nobody is logged out"
        );
    }
}

/// A log-out that does not wait for the others is not known to them yet; who says of which row it knows is told no older
/// state.
#[tokio::test]
async fn an_answer_that_is_asked_to_know_of_a_log_out_knows_of_it_on_every_node() {
    let server = Postgres::shared();
    let nodes = Nodes::on(
        &server.url_of(&server.schema()),
        2,
        &[("SYMBOLON_NODE__REVOKE_WAIT", "0s")],
    )
    .await;
    let mut early = 0;
    for round in 0..30 {
        let pair = nodes.issue(0, "user-1024").await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200]);
        let out = nodes.log_out(0, &pair.access, "").await;
        early += usize::from(out.status == 202);
        let seq = out.json()["seq"].as_u64().unwrap();
        let ask = Ask::get("/verify")
            .bearer(&pair.access)
            .header("symbolon-min-seq", seq.to_string());
        let told = nodes.all[1].client().send(ask).await;
        assert_eq!(told.status, 401, "round {round}: {}", told.text());
    }
    assert!(
        early > 0,
        "no log-out was answered before the other node knew of it"
    );
}

#[tokio::test]
async fn of_three_nodes_that_begin_at_once_one_says_the_first_administrator() {
    let mut nodes = Nodes::start(3).await;
    for server in &mut nodes.all {
        server.sigterm();
        server.wait_exit().await;
    }
    let said: Vec<String> = nodes
        .all
        .iter()
        .filter_map(|server| server.admin_password())
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn l5_a_rolling_restart_of_three_nodes_logs_nobody_out_and_forgets_no_log_out() {
    rolling_restart(&mut Nodes::start(3).await).await;
}

/// Three nodes, each stopped in order and started again.
pub(crate) async fn rolling_restart(nodes: &mut Nodes) {
    let mut kept = Vec::new();
    let mut ended = Vec::new();
    for round in 0..3 {
        let pair = nodes.issue(round, "user-1024").await;
        let gone = nodes.issue(round, "user-1025").await;
        assert_eq!(nodes.log_out(round, &gone.access, "?wait=full").await.status, 200);
        kept.push(pair);
        ended.push(gone);
        nodes.all[round].sigterm();
        assert!(nodes.all[round].wait_exit().await.success());
        // Who stopped in order is waited for by nobody.
        let on = (round + 1) % 3;
        nodes.until_members(on, |members| members.len() == 2).await;
        let pair = nodes.issue(on, "user-1026").await;
        let answer = nodes.log_out(on, &pair.access, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        nodes.all[round].restart().await;
        for pair in &kept {
            assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
        }
        for pair in &ended {
            assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
        }
    }
    for (node, pair) in kept.iter().enumerate() {
        assert_eq!(nodes.refresh(node, &pair.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn an_operator_sees_the_nodes_with_their_leases_and_positions() {
    seen_by_an_operator(&Nodes::start(3).await).await;
}

/// Three nodes, as an operator sees them.
pub(crate) async fn seen_by_an_operator(nodes: &Nodes) {
    let pair = nodes.issue(0, "user-1024").await;
    let seq = nodes.log_out(0, &pair.access, "").await.json()["seq"]
        .as_u64()
        .unwrap();
    let behind = |members: &[serde_json::Value]| {
        members
            .iter()
            .filter(|node| node["applied"].as_u64().unwrap() < seq)
            .count()
    };
    nodes
        .until_members(1, |members| members.len() == 3 && behind(members) == 0)
        .await;
    let members = nodes.members(1).await;
    for node in &members {
        assert_eq!(
            (&node["state"], &node["lease_ms"]),
            (&json!("active"), &json!(2_000))
        );
        assert_eq!(node["incarnation"].as_str().unwrap().len(), 32, "{node}");
    }
    let own: Vec<_> = members.iter().filter(|node| node["self"] == true).collect();
    let address = nodes.all[1].address().to_string();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["address"], address);
    // By the command line, beside a node and where none is.
    for place in [nodes.beside(2), nodes.elsewhere()] {
        let listed = place.run("node list --json").ok().json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
        let told = place.run("node list").ok();
        assert!(
            told.out.contains(&address) && told.out.contains("active"),
            "{told:?}"
        );
    }
    let name = own[0]["node"].as_str().unwrap();
    let refused = nodes.beside(0).run(&format!("node evict {name}")).failed(1);
    assert!(refused.err.contains("its lease may still hold"), "{refused:?}");
    let unknown = nodes.beside(0).run("node evict nobody").failed(1);
    assert!(unknown.err.contains("there is no node nobody"), "{unknown:?}");
}

#[tokio::test]
async fn a_node_that_is_known_to_be_gone_is_evicted_and_waited_for_no_more() {
    gone_and_evicted(&mut Nodes::start(2).await).await;
}

/// Two nodes, of which one is killed.
pub(crate) async fn gone_and_evicted(nodes: &mut Nodes) {
    let address = nodes.all[1].address().to_string();
    nodes.all[1].kill9().await;
    let members = nodes.members(0).await;
    let gone = members.iter().find(|node| node["address"] == address).unwrap();
    let incarnation = gone["incarnation"].as_str().unwrap().to_owned();
    let evicted = nodes
        .elsewhere()
        .run(&format!("node evict {incarnation} --i-checked --json"))
        .ok();
    assert_eq!(evicted.json(), json!({ "evicted": true }));
    let pair = nodes.issue(0, "user-1024").await;
    let answer = nodes.log_out(0, &pair.access, "").await;
    assert_eq!(
        (answer.status, &answer.json()["effective"]),
        (200, &json!("now")),
        "{}",
        answer.text()
    );
    // It is no outcast: it joins anew.
    nodes.all[1].restart().await;
    assert_eq!(nodes.verify_all(&pair.access).await, [401, 401]);
}

#[tokio::test]
async fn a_key_that_one_node_has_just_made_is_known_to_the_others_before_they_refuse_its_tokens() {
    let url = Postgres::shared().url_of(&Postgres::shared().schema());
    let nodes = Nodes::on(&url, 3, &[("SYMBOLON_TOKEN__STYLE", "jwt")]).await;
    for round in 0..6 {
        let rotate = json!({ "now": true });
        let made = nodes
            .ask(round % 3, Ask::post("/v1/admin/signing-keys/rotate", &rotate))
            .await;
        assert_eq!(made.status, 200, "{}", made.text());
        let pair = nodes.issue(round % 3, "user-1024").await;
        assert!(pair.access.starts_with("ey"), "{}", pair.access);
        // The others have not heard of the key by the log yet.
        let others = [(round + 1) % 3, (round + 2) % 3];
        assert_eq!(nodes.verify(others[0], &pair.access).await, 200, "round {round}");
        let ask = Ask::post("/v1/verify", &json!({ "token": pair.access }));
        let told = nodes.ask(others[1], ask).await;
        assert_eq!(told.json()["active"], true, "{}", told.text());
    }
    // A token of nobody's is refused, however often it is shown.
    let pair = nodes.issue(0, "user-1024").await;
    let (message, _) = pair.access.rsplit_once('.').unwrap();
    let forged = format!("{message}.{}", "A".repeat(86));
    assert_eq!(nodes.verify_all(&forged).await, [401, 401, 401]);
}

#[tokio::test]
async fn a_scrape_counts_the_members_and_their_heartbeats() {
    let nodes = Nodes::start(2).await;
    let value = async |series: &str| nodes.figure(0, series).await;
    until("two members", async || value("symbolon_members").await >= 2.0).await;
    nodes.until_beaten(0, 1).await;
    let left = value("symbolon_lease_remaining_seconds").await;
    assert!(left > 0.0 && left <= 2.0, "{left}");
    assert!(value("symbolon_log_position").await > 0.0);
    assert!(value(r#"symbolon_heartbeats_total{result="failed"}"#).await < 1.0);
}
