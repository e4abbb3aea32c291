//! A subject that is banned while Redis is there.

use http::Method;
use serde_json::json;
use symbolon_testkit::http::Ask;

use super::trip::Trip;

/// A subject that is banned before: what holds of it while Redis is away.
pub(super) async fn assert_banned(trip: &Trip, token: &str) {
    let body = json!({ "subject": "barred" });
    let issue = Ask::post("/v1/service/sessions", &body).bearer(&trip.key);
    let mut client = trip.server.client();
    let answer = client.send(issue).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    let status = client.send(Ask::get("/verify").bearer(token)).await.status;
    // After a start nothing is proved of what is in Redis, while that is away.
    assert!([401, 503].contains(&status), "{status}");
}

/// Bans the subject; the access token of a session that it had.
pub(super) async fn ban(trip: &Trip) -> String {
    let mut client = trip.server.client();
    let issue = Ask::post("/v1/service/sessions", &json!({ "subject": "barred" })).bearer(&trip.key);
    let token = client.send(issue).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let ban = Ask::post("/v1/admin/subjects/barred/ban", &json!({ "note": "a test" })).bearer(&trip.key);
    let answer = client.send(ban).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    token
}

/// A new ban, or the end of one, waits for Redis.
pub(super) async fn assert_bans_wait(trip: &Trip) {
    let mut client = trip.server.client();
    let path = "/v1/admin/subjects/barred/ban";
    for ask in [
        Ask::post(path, &json!({ "note": "another" })),
        Ask::new(Method::DELETE, path),
    ] {
        let answer = client.send(ask.bearer(&trip.key)).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
    }
}
