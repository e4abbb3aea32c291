//! Wrong passwords by the dozen: who is stopped, and who is not.

use http::Method;
use serde_json::{Value, json};
use symbolon::account::Role;
use symbolon_http::client_addr::TrustedProxies;

use crate::served::{Answer, Ask, PASSWORD, Served, Setup};

fn guess(name: &str) -> Ask {
    Ask::new(Method::POST, "/v1/login").json(&json!({"username": name, "password": "wrong"}))
}

fn forwarded_for(ask: Ask, address: &str) -> Ask {
    ask.header("x-forwarded-for", address)
}

/// A server whose proxy is this machine.
async fn behind_a_proxy() -> Served {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    setup.start().await
}

fn throttled(answer: &Answer) -> bool {
    if answer.status != 429 {
        return false;
    }
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3_900).contains(&wait), "{wait}");
    assert_eq!(answer.problem(), (429, "throttled".to_owned()));
    true
}

#[tokio::test]
async fn cve_2023_36456_ten_thousand_forged_addresses_count_at_the_peer() {
    let served = Served::start().await;
    let mut compared = 0;
    for number in 0..10_000_u32 {
        let [_, b, c, d] = number.to_be_bytes();
        let forged = format!("203.{b}.{c}.{d}");
        // With every header that somebody may believe.
        let ask = forwarded_for(guess(&format!("name {number}")), &forged)
            .header("x-real-ip", &forged)
            .header("forwarded", &format!("for={forged}"))
            .header("connection", "x-forwarded-for");
        let answer = served.ask(ask).await;
        if answer.status == 401 {
            compared += 1;
        } else {
            assert!(throttled(&answer), "{}", answer.body);
        }
    }
    assert_eq!(compared, 20);
    assert_eq!(served.symbolon.addresses_len(), 1, "the peer alone is remembered");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_and_none_makes_up_another() {
    let served = behind_a_proxy().await;
    for number in 0..25 {
        // What the client wrote itself stands left of what the proxy wrote.
        let ask = forwarded_for(
            guess(&format!("name {number}")),
            &format!("203.0.113.{number}, 192.0.2.1"),
        );
        let answer = served.ask(ask).await;
        assert_eq!(throttled(&answer), number >= 20, "{number}");
    }
    let answer = served.ask(forwarded_for(guess("name 30"), "192.0.2.2")).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn an_ipv6_client_is_its_network() {
    let served = behind_a_proxy().await;
    for number in 0..25 {
        let ask = forwarded_for(
            guess(&format!("name {number}")),
            &format!("2001:db8:0:7::{number:x}"),
        );
        assert_eq!(throttled(&served.ask(ask).await), number >= 20, "{number}");
    }
    let other = forwarded_for(guess("name 30"), "2001:db8:0:8::1");
    assert_eq!(served.ask(other).await.status, 401);
}

#[tokio::test]
async fn an_address_is_told_the_same_as_a_name_and_counted_apart() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let mut by_name = None;
    for _ in 0..7 {
        by_name = Some(served.ask(guess("ann")).await);
    }
    let mut by_address = None;
    for number in 0..15 {
        by_address = Some(served.ask(guess(&format!("name {number}"))).await);
    }
    let (by_name, by_address) = (by_name.unwrap(), by_address.unwrap());
    assert!(throttled(&by_name) && throttled(&by_address));
    assert_eq!(by_name.exact(), by_address.exact());
    let scrape = served.get("/metrics", "").await.body;
    for series in [
        r#"symbolon_logins_total{result="throttled_by_account"} 1"#,
        r#"symbolon_logins_total{result="throttled_by_address"} 1"#,
        r#"symbolon_logins_total{result="invalid_credentials"} 20"#,
    ] {
        assert!(scrape.contains(series), "{series}: {scrape}");
    }
}

#[tokio::test]
async fn every_way_to_log_in_counts_at_the_same_address() {
    let served = Served::start().await;
    let older = |name: &str| {
        let body = json!({"username": name, "password": "wrong"});
        served.post("/system/auth/login", body)
    };
    for number in 0..10 {
        assert_eq!(older(&format!("older {number}")).await.status, 200);
        assert_eq!(served.ask(guess(&format!("name {number}"))).await.status, 401);
    }
    assert!(throttled(&served.ask(guess("name 10")).await));
    assert_eq!(older("older 10").await.status, 429);
}

fn known_device(answer: &Answer) -> String {
    answer.json()["known_device"].as_str().unwrap().to_owned()
}

fn right(name: &str, known_device: &Value) -> Value {
    json!({"username": name, "password": PASSWORD, "known_device": known_device})
}

#[tokio::test]
async fn d8_the_owner_logs_in_on_a_known_device_while_a_stranger_guesses() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let first = served.post("/v1/login", right("ann", &Value::Null)).await;
    let device = known_device(&first);
    while !throttled(&served.ask(guess("ann")).await) {}
    assert!(throttled(
        &served.post("/v1/login", right("ann", &Value::Null)).await
    ));
    let again = served.post("/v1/login", right(" Ann", &json!(device))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let renewed = known_device(&again);
    assert_eq!(renewed[..25], device[..25], "the same device");
    assert_eq!(
        served
            .post("/v1/login", right("ann", &json!(renewed)))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_proof_that_is_not_good_is_no_error() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    for wrong in ["", "syd_", "sya_x", &"x".repeat(4_000), "é\u{0}"] {
        let answer = served.post("/v1/login", right("ann", &json!(wrong))).await;
        assert_eq!(answer.status, 200, "{wrong}: {}", answer.body);
    }
    let answer = served.post("/v1/login", right("ann", &json!(7))).await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn the_owner_of_a_session_changes_the_password_while_a_stranger_guesses() {
    let served = Served::start().await;
    let here = served.person("ann").await;
    while !throttled(&served.ask(guess("ann")).await) {}
    let body = json!({"current": PASSWORD, "new": "eight herons under a green lamp"});
    let answer = served.post_as("/v1/password", &here.access, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
