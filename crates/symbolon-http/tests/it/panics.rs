//! A handler that panics, through the whole wire: one answer is lost, and nothing else.
//!
//! No handler is known to panic. What is made to panic here is what each of them calls: whoever listens to the log.

use std::fmt;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::served::{Answer, Ask, Served};

/// Panics when a line of the log says this.
struct PanicsAt(&'static str);

impl Subscriber for PanicsAt {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(self.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(&'static str);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        assert!(
            field.name() != "message" || !format!("{value:?}").contains(self.0),
            "on purpose"
        );
    }
}

/// A connection that is kept between requests.
async fn kept(served: &Served, tasks: &mut JoinSet<()>) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(served.addr).await.unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tasks.spawn(async move { connection.await.unwrap() });
    sender
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, ask: Ask) -> Answer {
    sender.ready().await.unwrap();
    Answer::of(sender.send_request(ask.0).await.unwrap()).await
}

fn assert_internal(answer: &Answer) {
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    let problem: Value = answer.json();
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    assert!(!answer.body.contains("on purpose"), "{}", answer.body);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500_and_its_connection_and_all_others_go_on() {
    let served = Served::start().await;
    let first = served.person("alice").await;
    let other = served.person("bob").await;
    let refresh = |token: &str| {
        let body = json!({"refresh_token": token});
        Ask::new(Method::POST, "/v1/refresh").json(&body)
    };
    let mut tasks = JoinSet::new();
    let mut mine = kept(&served, &mut tasks).await;
    let mut others = kept(&served, &mut tasks).await;
    let second = ask(&mut mine, refresh(&first.refresh)).await.json();
    ask(&mut mine, refresh(second["refresh_token"].as_str().unwrap())).await;
    {
        let _panics = tracing::subscriber::set_default(PanicsAt("an old refresh token came back"));
        assert_internal(&ask(&mut mine, refresh(&first.refresh)).await);
    }
    let bob = || Ask::new(Method::GET, "/v1/session").bearer(&other.access);
    assert_eq!(ask(&mut others, bob()).await.status, 200);
    assert_eq!(ask(&mut mine, bob()).await.status, 200);
    // The panic came before the change, so nothing was done; asked again, it is.
    let again = ask(&mut mine, refresh(&first.refresh)).await;
    assert_eq!(again.problem(), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn a_verify_that_panics_is_a_500_and_its_connection_goes_on() {
    let served = Served::start().await;
    let token = served.person("alice").await.access;
    let mut tasks = JoinSet::new();
    let mut kept = kept(&served, &mut tasks).await;
    let verify = |query: &str| Ask::new(Method::GET, &format!("/verify{query}")).bearer(&token);
    {
        let _panics = tracing::subscriber::set_default(PanicsAt("a verify request is not understood"));
        assert_internal(&ask(&mut kept, verify("?max_age=soon")).await);
    }
    assert_eq!(ask(&mut kept, verify("?max_age=soon")).await.status, 401);
    assert_eq!(ask(&mut kept, verify("")).await.status, 200);
}
