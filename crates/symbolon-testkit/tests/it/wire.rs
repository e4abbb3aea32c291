//! A server of a few lines with the faults that a workload must show: everything in one map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, RawToken, RotationNonce, TokenKeys};
use symbolon_testkit::history::audit::Entry;
use symbolon_testkit::randomness::Seeded;

use super::peer::{Peer, answer};

/// What it does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bug {
    None,
    /// A log-out is answered and not done.
    EndsNothing,
    /// A repeated refresh gives another pair.
    Forks,
    /// One verification in 50 does not find its session.
    Forgets,
    /// One verification in 50 answers about another session.
    MixesUp,
    /// A rotation has no audit entry.
    KeepsNoRecord,
}

struct Row {
    subject: String,
    claims: Value,
    generation: u32,
    /// The refresh tokens by generation; the server of a test may keep what a real one may not.
    refresh: Vec<String>,
    reason: Option<&'static str>,
}

struct State {
    bug: Bug,
    keys: TokenKeys,
    chance: Seeded,
    rows: BTreeMap<String, Row>,
    audit: Vec<Entry>,
    verified: u64,
}

/// What the server has written down of each change.
pub(crate) struct Record(Arc<Mutex<State>>);

impl Record {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap().audit.clone()
    }
}

pub(crate) async fn serve(bug: Bug) -> Peer {
    serve_recorded(bug).await.0
}

pub(crate) async fn serve_recorded(bug: Bug) -> (Peer, Record) {
    let state = Arc::new(Mutex::new(State {
        bug,
        keys: TokenKeys::derive(&MasterKey::from_bytes([9; 32]), KeyId::FIRST),
        chance: Seeded::new(9),
        rows: BTreeMap::new(),
        audit: Vec::new(),
        verified: 0,
    }));
    let record = Record(Arc::clone(&state));
    let peer = Peer::on("127.0.0.1:0", move |request| {
        Some(state.lock().unwrap().handle(request))
    });
    (peer.await, record)
}

fn problem(reason: &str) -> Vec<u8> {
    let body = json!({"code": "invalid_token", "reason": reason}).to_string();
    answer("401 Unauthorized", "", &body)
}

fn ok(body: &Value) -> Vec<u8> {
    answer("200 OK", "", &body.to_string())
}

impl State {
    fn handle(&mut self, request: &str) -> Vec<u8> {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let bearer = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: Bearer "));
        let mut line = head.split(' ');
        let (method, path) = (line.next().unwrap(), line.next().unwrap());
        match (method, path.split('?').next().unwrap()) {
            ("POST", "/v1/service/sessions") => self.issue(&body),
            ("GET", "/verify") => self.gateway(bearer.unwrap()),
            ("POST", "/v1/verify") => self.verify(body["token"].as_str().unwrap()),
            ("POST", "/v1/refresh") => self.refresh(body["refresh_token"].as_str().unwrap()),
            ("POST", "/v1/logout") => {
                let id = parsed(bearer.unwrap()).session_id().to_string();
                self.end_one(&id, "logged_out")
            }
            ("DELETE", path) => self.end_one(path.rsplit('/').next().unwrap(), "kicked"),
            (_, path) => {
                let subject = path.split('/').nth(4).unwrap();
                let subject = percent_encoding::percent_decode_str(subject)
                    .decode_utf8()
                    .unwrap();
                self.kick(&subject)
            }
        }
    }

    fn note(&mut self, event: &str, id: Option<&str>, subject: &str) {
        self.audit.push(Entry {
            event: event.to_owned(),
            session: id.map(str::to_owned),
            subject: Some(subject.to_owned()),
        });
    }

    fn answered(&self, status: &str, id: &str, pair: &Pair) -> Vec<u8> {
        let body = json!({
            "access_token": pair.access.expose().as_str(), "refresh_token": pair.refresh.expose().as_str(),
            "expires_in": 1800, "refresh_expires_in": 3600, "session_id": id, "subject": self.rows[id].subject,
        });
        answer(status, "", &body.to_string())
    }

    fn issue(&mut self, body: &Value) -> Vec<u8> {
        let id = SessionId::random(Timestamp(1), &self.chance).unwrap();
        let pair = Pair::random(&self.keys, id, Generation(0), &self.chance).unwrap();
        let subject = body["subject"].as_str().unwrap().to_owned();
        self.note("issued", Some(&id.to_string()), &subject);
        let row = Row {
            subject,
            claims: body["claims"].clone(),
            generation: 0,
            refresh: vec![pair.refresh.expose().to_string()],
            reason: None,
        };
        self.rows.insert(id.to_string(), row);
        self.answered("201 Created", &id.to_string(), &pair)
    }

    /// The row that an access token proves, or why it proves none.
    fn look(&mut self, token: &str) -> Result<(String, &Row), &'static str> {
        self.verified += 1;
        let strange = self.verified.is_multiple_of(50);
        let (token, mut id) = (parsed(token), parsed(token).session_id().to_string());
        if strange && self.bug == Bug::Forgets {
            return Err("unknown");
        }
        let row = &self.rows[&id];
        if let Some(reason) = row.reason {
            return Err(reason);
        }
        if token.generation().0 + 1 < row.generation {
            return Err("superseded");
        }
        if strange && self.bug == Bug::MixesUp {
            id = self
                .rows
                .keys()
                .find(|other| **other != id)
                .unwrap_or(&id)
                .clone();
        }
        Ok((id.clone(), &self.rows[&id]))
    }

    fn gateway(&mut self, token: &str) -> Vec<u8> {
        match self.look(token) {
            Err(reason) => problem(reason),
            Ok((id, row)) => {
                let claims = data_encoding::BASE64URL_NOPAD.encode(row.claims.to_string().as_bytes());
                let subject =
                    percent_encoding::utf8_percent_encode(&row.subject, percent_encoding::NON_ALPHANUMERIC);
                let headers = format!(
                    "X-Symbolon-Session: {id}\r\nX-Symbolon-Subject: {subject}\r\nX-Symbolon-Claims: {claims}\r\n"
                );
                answer("200 OK", &headers, "")
            }
        }
    }

    fn verify(&mut self, token: &str) -> Vec<u8> {
        match self.look(token) {
            Err(reason) => ok(&json!({"active": false, "reason": reason})),
            Ok((id, row)) => ok(&json!({
                "active": true, "session_id": id, "subject": row.subject, "claims": row.claims,
            })),
        }
    }

    fn refresh(&mut self, text: &str) -> Vec<u8> {
        let token = parsed(text);
        let (id, generation) = (token.session_id().to_string(), token.generation().0);
        let row = self.rows.get_mut(&id).unwrap();
        if let Some(reason) = row.reason {
            return problem(reason);
        }
        let subject = row.subject.clone();
        if generation + 1 < row.generation {
            row.reason = Some("reuse_detected");
            self.note("revoked", Some(&id), &subject);
            return problem("reuse_detected");
        }
        let is_new = generation == row.generation;
        let nonce = match (is_new, self.bug) {
            (false, Bug::Forks) => RotationNonce::random(&self.chance).unwrap(),
            _ => RotationNonce([5; 32]),
        };
        let pair = Pair::following(&self.keys, &token, nonce);
        if is_new {
            row.generation += 1;
            row.refresh.push(pair.refresh.expose().to_string());
            if self.bug != Bug::KeepsNoRecord {
                self.note("refreshed", Some(&id), &subject);
            }
        }
        self.answered("200 OK", &id, &pair)
    }

    fn end_one(&mut self, id: &str, reason: &'static str) -> Vec<u8> {
        let row = self.rows.get_mut(id).unwrap();
        let (already, subject) = (row.reason.is_some(), row.subject.clone());
        if !already {
            row.reason = (self.bug != Bug::EndsNothing).then_some(reason);
            self.note("revoked", Some(id), &subject);
        }
        ok(&json!({"revoked": true, "already": already, "seq": 1, "effective": "now"}))
    }

    fn kick(&mut self, subject: &str) -> Vec<u8> {
        for row in self.rows.values_mut().filter(|row| row.subject == subject) {
            row.reason = row.reason.or(Some("kicked"));
        }
        self.note("subject_revoked", None, subject);
        ok(&json!({"revoked": true, "count": 1, "seq": 1, "effective": "now"}))
    }
}

fn parsed(text: &str) -> RawToken {
    RawToken::parse(text)
        .map_err(|refused| refused.to_string())
        .unwrap()
}
