//! Answers that know of a position of the revocation log.

use http::Method;
use serde_json::json;

use crate::served::{Ask, Served};

#[tokio::test]
async fn an_answer_that_knows_of_a_position_is_as_any_other_and_one_that_cannot_is_503() {
    let served = Served::start().await;
    let (kept, ended) = (served.person("ann").await, served.person("bob").await);
    let out = served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&ended.access))
        .await;
    let seq = out.json()["seq"].as_u64().unwrap();
    let key = served.key("verify").await;
    let gateway = |token: &str, seq: &str| {
        Ask::new(Method::GET, "/verify")
            .bearer(token)
            .header("symbolon-min-seq", seq)
    };
    let service = |token: &str, seq: &str| {
        Ask::new(Method::POST, "/v1/verify")
            .bearer(&key)
            .header("symbolon-min-seq", seq)
            .json(&json!({ "token": token }))
    };
    for known in [0, 1, seq] {
        let known = known.to_string();
        assert_eq!(served.ask(gateway(&kept.access, &known)).await.status, 200);
        assert_eq!(served.ask(gateway(&ended.access, &known)).await.status, 401);
        let told = served.ask(service(&kept.access, &known)).await;
        assert_eq!(told.json()["active"], true, "{}", told.body);
        let told = served.ask(service(&ended.access, &known)).await;
        assert_eq!(told.json()["active"], false, "{}", told.body);
    }
    // Nothing of it is there yet: neither a yes nor a no.
    for unknown in [seq + 1, u64::MAX] {
        let unknown = unknown.to_string();
        for ask in [
            gateway(&kept.access, &unknown),
            gateway(&ended.access, &unknown),
            service(&kept.access, &unknown),
            Ask::new(Method::GET, "/v1/session")
                .bearer(&kept.access)
                .header("symbolon-min-seq", &unknown),
        ] {
            let answer = served.ask(ask).await;
            assert_eq!(
                answer.problem(),
                (503, "unavailable".to_owned()),
                "{}",
                answer.body
            );
            assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
        }
    }
    assert_eq!(served.get("/verify", &kept.access).await.status, 200);
}

#[tokio::test]
async fn what_is_no_position_is_refused() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    for wrong in ["", "x", "-1", "+1", "1.0", "0x1", "18446744073709551616", " 1 2"] {
        let ask = |path: &str| {
            Ask::new(Method::GET, path)
                .bearer(&tokens.access)
                .header("symbolon-min-seq", wrong)
        };
        let own = served.ask(ask("/v1/session")).await;
        assert_eq!(own.problem(), (400, "invalid_request".to_owned()), "{wrong:?}");
        // A gateway is never told 400.
        assert_eq!(served.ask(ask("/verify")).await.status, 401, "{wrong:?}");
    }
    let twice = Ask::new(Method::GET, "/v1/session")
        .bearer(&tokens.access)
        .header("symbolon-min-seq", "0")
        .header("symbolon-min-seq", "1");
    assert_eq!(served.ask(twice).await.status, 400);
}
