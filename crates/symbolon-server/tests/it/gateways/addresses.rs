//! Who a session belongs to, as an address: the client's own through a gateway, and no one else's word.

use std::net::IpAddr;

use serde_json::json;
use symbolon_testkit::server::Server;

use super::gateway::Kind;
use super::scene::Scene;
use super::visit::Visit;

const SPOOFED: [&str; 9] = [
    "X-Forwarded-For: 203.0.113.66",
    "X-Forwarded-For: 127.0.0.1, 203.0.113.66, 127.0.0.1",
    "Forwarded: for=203.0.113.66",
    "X-Real-IP: 203.0.113.66",
    "X-Client-IP: 203.0.113.66",
    "True-Client-IP: 203.0.113.66",
    "CF-Connecting-IP: 203.0.113.66",
    "X_Forwarded_For: 203.0.113.66",
    "Connection: close, X-Forwarded-For",
];

fn log_in(password: &str) -> Visit {
    let visit = Visit::post("/v1/login", &json!({"username": "admin", "password": password}));
    SPOOFED.iter().fold(visit, |visit, line| visit.header(line))
}

/// The addresses in the record, of log-ins and of those refused.
fn recorded(server: &Server) -> Vec<String> {
    let store = rusqlite::Connection::open(server.data_dir().join("symbolon.db")).unwrap();
    let mut rows = store
        .prepare("SELECT DISTINCT ip FROM audit WHERE ip IS NOT NULL")
        .unwrap();
    let rows = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|bytes| IpAddr::from(<[u8; 4]>::try_from(bytes.unwrap()).unwrap()).to_string())
        .collect()
}

#[tokio::test]
async fn cve_2023_36456_the_record_has_the_address_of_the_client_and_not_its_word() {
    for kind in Kind::ALL {
        let mut scene = Scene::of(kind).await;
        let password = scene.symbolon.first_password().await;
        let wrong = scene
            .visit(log_in("not the password of anyone").from("127.0.0.7"))
            .await;
        assert_eq!(wrong.status, 401, "{kind:?}");
        let answer = scene.visit(log_in(&password).from("127.0.0.9")).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let own = scene.visit(Visit::get("/v1/session").bearer(&token)).await.json();
        assert_eq!(own["ip"], "127.0.0.9", "{kind:?}: {own}");
        scene.symbolon.kill9().await;
        let mut recorded = recorded(&scene.symbolon);
        recorded.sort_unstable();
        assert_eq!(recorded, ["127.0.0.7", "127.0.0.9"], "{kind:?}");
    }
}

#[tokio::test]
async fn cve_2023_36456_a_client_that_reaches_symbolon_itself_is_not_taken_for_a_proxy() {
    let mut scene = Scene::of(Kind::Nginx).await;
    let password = scene.symbolon.first_password().await;
    let address = scene.symbolon.address();
    let answer = log_in(&password).from("127.0.0.9").to(address).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let own = Visit::get("/v1/session").bearer(&token).to(address).await.json();
    assert_eq!(own["ip"], "127.0.0.9", "{own}");
    scene.symbolon.kill9().await;
    assert_eq!(recorded(&scene.symbolon), ["127.0.0.9"]);
}
