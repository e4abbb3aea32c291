//! What the monitoring of a session store over Redis asks (S1-6, S1-7), where there is no Redis.

use http::Method;
use serde_json::json;
use symbolon::account::Role;

use crate::served::{Ask, Served, Setup};

async fn body(served: &Served, path: &str) -> String {
    let answer = served.ask(Ask::new(Method::GET, path)).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json"),
        "{path}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.body
}

/// What was counted is repeated for a moment: asks until that is answered, for ten seconds at the most.
async fn until_counted(served: &Served, wanted: &str) {
    for _ in 0..400 {
        if body(served, "/api/session/stats").await == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{} and not {wanted}", body(served, "/api/session/stats").await);
}

#[tokio::test]
async fn s1_6_the_live_sessions_of_everyone_are_counted_without_a_token() {
    let served = Served::start().await;
    let stats = |count: u64| {
        format!(r#"{{"success":true,"data":{{"total_sessions":{count},"redis_available":false}}}}"#)
    };
    until_counted(&served, &stats(0)).await;
    let mut last = String::new();
    for name in ["ann", "bob"] {
        served.account(name, Role::User).await;
        last = served.log_in(name).await.access;
    }
    until_counted(&served, &stats(2)).await;
    served.post_as("/v1/logout", &last, json!({})).await;
    until_counted(&served, &stats(1)).await;
}

#[tokio::test]
async fn s1_7_without_a_redis_its_health_is_disabled_in_every_language() {
    for locale in [
        symbolon_http::app::Locale::English,
        symbolon_http::app::Locale::Chinese,
    ] {
        let mut setup = Setup::default();
        setup.settings.locale = locale;
        let served = setup.start().await;
        assert_eq!(
            body(&served, "/api/health/redis").await,
            r#"{"success":true,"data":{"status":"disabled","message":"Redis未启用","session_count":0}}"#
        );
    }
}

#[tokio::test]
async fn its_routes_are_gone_with_those_of_the_other_older_systems() {
    let mut setup = Setup::default();
    setup.settings.compat = false;
    let served = setup.start().await;
    for path in ["/api/session/stats", "/api/health/redis"] {
        assert_eq!(
            served.ask(Ask::new(Method::GET, path)).await.status,
            404,
            "{path}"
        );
    }
}
