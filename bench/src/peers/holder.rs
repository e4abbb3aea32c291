//! Who holds a session, and the requests about it: the same for all servers, but for what is shown with them.

use anyhow::{Context as _, ensure};
use hyper::Method;
use serde_json::json;
use symbolon_testkit::http::Answer;

use crate::requests::Request;

/// What the holder of a session was given.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// A header field: a cookie, or a bearer token.
    shown: (&'static str, String),
    /// Where that is no cookie.
    refresh_token: Option<String>,
}

/// Begins a session.
pub(super) fn log_in(key: Option<&str>, subject: &str) -> Request {
    Request {
        method: Method::POST,
        path: "/v1/service/sessions",
        field: key.map(|key| ("Authorization", format!("Bearer {key}"))),
        body: Some(json!({ "subject": subject })),
    }
}

impl Holder {
    /// Of the session that an answer begins or refreshes.
    pub(super) fn of(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(
            answer.status == 200 || answer.status == 201,
            "{} is answered in place of a session: {}",
            answer.status,
            answer.text()
        );
        if let Some(cookie) = answer.header("set-cookie") {
            let (pair, _attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            return Ok(Self {
                shown: ("Cookie", pair.to_owned()),
                refresh_token: None,
            });
        }
        let body = answer.json();
        let token = |name: &str| body[name].as_str().map(str::to_owned);
        let access = token("access_token").context("an answer has neither a cookie nor an access token")?;
        Ok(Self {
            shown: ("Authorization", format!("Bearer {access}")),
            refresh_token: token("refresh_token"),
        })
    }

    /// What is shown, with its end turned round: nobody was given that.
    pub(super) fn forged(&self) -> Self {
        let (name, value) = &self.shown;
        let (kept, end) = value.split_at(value.len() - 12);
        Self {
            shown: (name, kept.chars().chain(end.chars().rev()).collect()),
            refresh_token: None,
        }
    }

    pub(super) fn verify(&self) -> Request {
        self.show(Method::GET, "/verify")
    }

    /// Lists the sessions of its subject.
    pub(super) fn list(&self) -> Request {
        self.show(Method::GET, "/v1/sessions")
    }

    pub(super) fn refresh(&self) -> Request {
        let Some(token) = &self.refresh_token else {
            return self.show(Method::POST, "/v1/refresh");
        };
        Request {
            method: Method::POST,
            path: "/v1/refresh",
            field: None,
            body: Some(json!({ "refresh_token": token })),
        }
    }

    fn show(&self, method: Method, path: &'static str) -> Request {
        Request {
            method,
            path,
            field: Some(self.shown.clone()),
            body: None,
        }
    }
}
