//! The end of a session, told when it happens.

use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use symbolon::revocation::RevocationReason;
use symbolon::subject::SubjectId;

use crate::running::PATIENCE;
use crate::served::{Ask, Served, Setup, Tokens};

/// An open stream.
struct Stream(Incoming);

impl Stream {
    /// Opens it and waits for its first comment: from then on every end is heard.
    async fn open(served: &Served, tokens: &Tokens) -> Self {
        let response = served
            .open_stream(Ask::new(Method::GET, "/v1/events").bearer(&tokens.access))
            .await;
        assert_eq!(response.status(), 200);
        let headers = response.headers();
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-accel-buffering"], "no");
        let mut stream = Self(response.into_body());
        assert_eq!(stream.next().await.as_deref(), Some(":\n\n"));
        stream
    }

    /// The next part; `None`: the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let frame = tokio::time::timeout(PATIENCE, self.0.frame())
            .await
            .expect("the stream is silent")?;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    }

    /// The data of `ended`, after which nothing may come.
    async fn ended(mut self) -> Value {
        let event = self.next().await.expect("the stream ended without a word");
        let data = event
            .strip_prefix("event: ended\ndata: ")
            .and_then(|rest| rest.strip_suffix("\n\n"));
        let data = serde_json::from_str(data.unwrap_or_else(|| panic!("{event:?}"))).unwrap();
        assert_eq!(self.next().await, None);
        data
    }
}

#[tokio::test]
async fn a_log_out_elsewhere_is_told_and_the_stream_ends() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let stream = Stream::open(&served, &tokens).await;
    served
        .post("/v1/logout", json!({"refresh_token": tokens.refresh}))
        .await;
    let data = stream.ended().await;
    assert_eq!(data["reason"], "logged_out");
    let refusal = served.get("/v1/session", &tokens.access).await.json();
    assert_eq!(data["at"], refusal["at"]);
    let again = served.get("/v1/events", &tokens.access).await;
    assert_eq!(again.problem(), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn a_cut_of_the_subject_is_told_but_to_the_one_that_is_kept() {
    let served = Served::start().await;
    let (kept, gone) = (served.person("ann").await, served.log_in("ann").await);
    let (kept_stream, gone_stream) = (
        Stream::open(&served, &kept).await,
        Stream::open(&served, &gone).await,
    );
    served
        .ask(Ask::new(Method::POST, "/v1/sessions/revoke-others").bearer(&kept.access))
        .await;
    assert_eq!(gone_stream.ended().await["reason"], "kicked");
    // What the kept one hears next is its own end, so nothing came before.
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&kept.access))
        .await;
    assert_eq!(kept_stream.ended().await["reason"], "logged_out");
}

#[tokio::test]
async fn others_ends_are_not_told() {
    let served = Served::start().await;
    let (ann, bob, other) = (
        served.person("ann").await,
        served.person("bob").await,
        served.log_in("ann").await,
    );
    let stream = Stream::open(&served, &ann).await;
    let origin = served.symbolon.origin_of_system();
    let bobs = SubjectId::new("bob").unwrap();
    served
        .symbolon
        .revoke_subject(&bobs, RevocationReason::Banned, Vec::new(), None, &origin)
        .await
        .unwrap();
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&other.access))
        .await;
    assert!(served.refused(&bob.access).await.is_some());
    served
        .symbolon
        .revoke_everyone(RevocationReason::Revoked, &origin)
        .await
        .unwrap();
    assert_eq!(stream.ended().await["reason"], "revoked");
}

#[tokio::test]
async fn a_session_that_expires_is_told_too_and_a_change_of_its_end_is_followed() {
    let served = Served::start().await;
    let tokens = served
        .issue(json!({"subject": "a", "absolute_timeout": "1d"}))
        .await;
    let stream = Stream::open(&served, &tokens).await;
    let key = served.key("issue").await;
    let path = format!("/v1/service/sessions/{}", tokens.session);
    let ask = Ask::new(Method::PATCH, &path)
        .bearer(&key)
        .json(&json!({"absolute_timeout": 1}));
    let changed = served.ask(ask).await.json();
    let data = stream.ended().await;
    assert_eq!(
        (&data["reason"], &data["at"]),
        (&json!("expired"), &changed["expires_at"])
    );
}

#[tokio::test]
async fn a_server_that_goes_away_ends_its_streams_without_a_word() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let mut stream = Stream::open(&served, &tokens).await;
    served.app.begin_draining();
    assert_eq!(stream.next().await, None);
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn a_session_has_as_many_streams_as_it_may_and_gets_a_closed_one_back() {
    let served = Served::start().await;
    let (ann, bob) = (served.person("ann").await, served.person("bob").await);
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(Stream::open(&served, &ann).await);
    }
    let ninth = || served.get("/v1/events", &ann.access);
    assert_eq!(ninth().await.problem(), (409, "limit_reached".to_owned()));
    Stream::open(&served, &bob).await;
    streams.pop();
    let reopened = || async {
        let ask = Ask::new(Method::GET, "/v1/events").bearer(&ann.access);
        served.open_stream(ask).await.status()
    };
    let patience = tokio::time::Instant::now() + PATIENCE;
    while reopened().await != 200 {
        assert!(
            tokio::time::Instant::now() < patience,
            "the place never came back"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_needs_a_live_token_in_its_header() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    assert_eq!(
        served.get("/v1/events", "x").await.problem(),
        (401, "invalid_token".to_owned())
    );
    let absent = served.ask(Ask::new(Method::GET, "/v1/events")).await;
    assert_eq!(absent.json()["reason"], "absent");
    let query = served
        .ask(Ask::new(
            Method::GET,
            &format!("/v1/events?access_token={}", tokens.access),
        ))
        .await;
    assert_eq!(query.problem(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn coarse_reasons_hide_the_instant_here_too() {
    let mut setup = Setup::default();
    setup.settings.reasons = symbolon_http::app::Reasons::Coarse;
    let served = setup.start().await;
    let tokens = served.person("ann").await;
    let stream = Stream::open(&served, &tokens).await;
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    assert_eq!(stream.ended().await, json!({"reason": "revoked"}));
}
