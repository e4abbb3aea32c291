//! Symbolon, an application, and a gateway between them and the world.

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};

use super::backend::{Backend, SERVED};
use super::gateway::{Gateway, Kind, Places};
use super::visit::{Answer, Visit};
use crate::place::BINARY;

/// All three, each a process or a server of its own.
pub(crate) struct Scene {
    pub(crate) kind: Kind,
    pub(crate) symbolon: Server,
    pub(crate) application: Backend,
    pub(crate) gateway: Gateway,
    key: String,
}

/// A session that a service has begun.
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) id: String,
}

impl Scene {
    pub(crate) async fn of(kind: Kind) -> Self {
        Self::asking(kind, "").await
    }

    /// The same, with what the gateway's operator has written behind `/verify?`.
    pub(crate) async fn asking(kind: Kind, query: &str) -> Self {
        let symbolon = Start::binary(BINARY)
            .env("SYMBOLON_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")
            .ready()
            .await;
        let application = Backend::answering(SERVED).await;
        let places = Places {
            symbolon: symbolon.address(),
            application: application.address(),
        };
        let gateway = Gateway::start(kind, places, query).await;
        let key = symbolon.api_key("shop", "issue,verify,revoke");
        Self {
            kind,
            symbolon,
            application,
            gateway,
            key,
        }
    }

    /// Begins a session, as a service does.
    pub(crate) async fn session(&self, body: &Value) -> Session {
        let ask = Ask::post("/v1/service/sessions", body).bearer(&self.key);
        let answer = self.symbolon.client().send(ask).await;
        let body = answer.json();
        let text = |field: &str| match body[field].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("no {field}: {}", answer.text()),
        };
        Session {
            token: text("access_token"),
            id: text("session_id"),
        }
    }

    pub(crate) async fn session_of(&self, subject: &str) -> Session {
        self.session(&json!({ "subject": subject })).await
    }

    /// Sends through the gateway.
    pub(crate) async fn visit(&self, visit: Visit) -> Answer {
        visit.to(self.gateway.address()).await
    }

    /// The application saw one request, and reads in it that it is `subject`'s: in these four variables and no other.
    pub(crate) fn assert_seen_as(&self, subject: &str, session: &Session, case: &str) {
        let seen = self.application.only().variables("SYMBOLON");
        let expected = [
            ("HTTP_X_SYMBOLON_CLAIMS", "e30"),
            ("HTTP_X_SYMBOLON_CLIENT", "default"),
            ("HTTP_X_SYMBOLON_SESSION", session.id.as_str()),
            ("HTTP_X_SYMBOLON_SUBJECT", subject),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(seen, expected.into(), "{:?}: {case}", self.kind);
    }

    /// The application has seen nothing.
    pub(crate) fn assert_not_asked(&self, case: &str) {
        let asked = self.application.asked();
        assert!(asked.is_empty(), "{:?}: {case}: {asked:#?}", self.kind);
    }
}

/// A gateway in front of the application, with a Symbolon that says what the test wants it to say.
pub(crate) struct MadeUp {
    pub(crate) symbolon: Backend,
    pub(crate) application: Backend,
    pub(crate) gateway: Gateway,
}

impl MadeUp {
    pub(crate) async fn saying(kind: Kind, verdict: &'static str) -> Self {
        let symbolon = Backend::answering(verdict).await;
        let application = Backend::answering(SERVED).await;
        let places = Places {
            symbolon: symbolon.address(),
            application: application.address(),
        };
        Self {
            gateway: Gateway::start(kind, places, "").await,
            symbolon,
            application,
        }
    }

    pub(crate) async fn visit(&self, visit: Visit) -> Answer {
        visit.to(self.gateway.address()).await
    }
}
