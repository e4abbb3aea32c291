//! What an answer of the wire means for the history.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use data_encoding::BASE64URL_NOPAD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use symbolon_core::token::RawToken;

use crate::history::{Answered, Identity, Nanos, Pair, REUSE};
use crate::http::{Answer, NoAnswer};

/// The scope of an end that is in force on the node that answers it.
const HERE: &str = "this node";
const SECOND: Nanos = 1_000_000_000;

/// A pair of tokens as it was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// Their generation.
    pub generation: u32,
}

/// What is the same for every operation: no answer, "cannot decide", "not now".
#[must_use]
pub fn undecided(answer: &Result<Answer, NoAnswer>) -> Option<Answered> {
    match answer {
        Err(_) => Some(Answered::Unknown),
        Ok(answer) if answer.status >= 500 || answer.status == 429 => Some(Answered::Undecided),
        Ok(_) => None,
    }
}

/// The tokens of an answer that issues some, and what the history keeps of them. `from` is the
/// instant at which they were asked for: no life of theirs begins before.
#[must_use]
pub fn tokens(body: &Value, from: Nanos) -> Option<(Tokens, Pair)> {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let (access, refresh) = (text("access_token")?, text("refresh_token")?);
    let generation = RawToken::parse(&access).ok()?.generation().0;
    // A second less, for whatever is rounded.
    let until = |name: &str| {
        let life = body[name].as_u64().unwrap_or(0).saturating_sub(1);
        from.saturating_add(life.saturating_mul(SECOND))
    };
    let pair = Pair {
        generation,
        access: number(&access),
        refresh: number(&refresh),
        access_until: until("expires_in"),
        refresh_until: until("refresh_expires_in"),
    };
    let tokens = Tokens {
        access,
        refresh,
        generation,
    };
    Some((tokens, pair))
}

fn number(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

/// The answer of `GET /verify`.
#[must_use]
pub fn gateway(answer: &Answer) -> Answered {
    if answer.status != 200 {
        return refused(answer);
    }
    let header = |name: &str| answer.header(name).unwrap_or_default();
    let claims = BASE64URL_NOPAD.decode(header("x-symbolon-claims").as_bytes());
    let claims = claims.ok().and_then(|json| serde_json::from_slice(&json).ok());
    Answered::Accepted(Identity {
        session: header("x-symbolon-session").to_owned(),
        subject: percent_decode_str(header("x-symbolon-subject"))
            .decode_utf8_lossy()
            .into_owned(),
        claims: spelled(&claims.unwrap_or(Value::Null)),
    })
}

/// The answer of `POST /v1/verify`.
#[must_use]
pub fn verified(answer: &Answer) -> Answered {
    verdict(&answer.json()).unwrap_or_else(|| refused(answer))
}

/// One verdict of `POST /v1/verify`; `None`: there is none.
#[must_use]
pub fn verdict(body: &Value) -> Option<Answered> {
    if body["active"] == Value::Bool(true) {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        return Some(Answered::Accepted(Identity {
            session: text("session_id"),
            subject: text("subject"),
            claims: spelled(&body["claims"]),
        }));
    }
    body["reason"]
        .as_str()
        .map(|reason| Answered::Refused(reason.to_owned()))
}

/// The answer of a revocation: a receipt.
#[must_use]
pub fn receipt(answer: &Answer) -> Answered {
    let body = answer.json();
    if body["revoked"] != Value::Bool(true) {
        return refused(answer);
    }
    let already = body["already"] == Value::Bool(true);
    let wait = body["effective_in_ms"].as_u64();
    match (body["effective"].as_str(), wait) {
        (Some("now"), _) => Answered::Ended {
            already,
            effective_in: 0,
        },
        (_, Some(wait)) => Answered::Ended {
            already,
            effective_in: wait.saturating_mul(SECOND / 1_000),
        },
        _ if body["scope"] == HERE => Answered::EndedHere,
        // In words that are not known here: it may have happened.
        _ => Answered::Undecided,
    }
}

/// A definite no. An answer that is neither yes nor no says its status, to be found.
#[must_use]
pub fn refused(answer: &Answer) -> Answered {
    let body = answer.json();
    let word = body["reason"].as_str().or(body["code"].as_str());
    if let (Some(REUSE), Some(wait)) = (word, body["effective_in_ms"].as_u64()) {
        return Answered::Reused {
            effective_in: wait.saturating_mul(SECOND / 1_000),
        };
    }
    Answered::Refused(word.map_or_else(|| format!("status {}", answer.status), str::to_owned))
}

/// One spelling for equal JSON: keys in order, no blanks.
#[must_use]
pub fn spelled(json: &Value) -> String {
    match json {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            let members: Vec<String> = sorted
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), spelled(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spelled).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}
