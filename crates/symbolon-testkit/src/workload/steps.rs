//! One operation of one client.

use serde_json::{Value, json};

use super::answers::Tokens;
use super::pool::{Held, pick};
use super::{Shared, answers};
use crate::history::{Answered, Asked, Identity, Means, Nanos, Op, REUSE, Whose};
use crate::http::{Answer, Ask, Client, NoAnswer};
use crate::randomness::Seeded;

/// So many sessions share a subject: fewer than any limit of sessions would end.
const PER_SUBJECT: u64 = 8;
/// Log-ins are slow and all of one subject: one of so many issues.
const LOGIN_EVERY: u64 = 16;

/// Does one operation, chosen by chance.
pub(super) async fn one(shared: &Shared, client: &mut Client, chance: &Seeded) {
    // A third of the questions is about sessions that have ended: there a promise can be broken.
    let held = shared.pool.any(chance.below(3) == 0, chance);
    let (choice, Some(held)) = (chance.below(1_000), held) else {
        return issue(shared, client, chance).await;
    };
    match choice {
        0..120 => issue(shared, client, chance).await,
        120..700 => verify(shared, client, &held, chance).await,
        700..940 => refresh(shared, client, &held, chance).await,
        940..985 => log_out(shared, client, &held, chance).await,
        985..995 => revoke(shared, client, &held).await,
        _ => kick(shared, client, &held).await,
    }
}

/// Sends on a connection that is open before the instant is taken, so that what is not known can
/// only be done by the process that was running then. A request that was not sent is no operation.
async fn asked(
    shared: &Shared,
    client: &mut Client,
    ask: Ask,
) -> Option<(Nanos, Nanos, Result<Answer, NoAnswer>)> {
    if client.connect().await.is_err() {
        // Nobody listens: let the others work, and whoever starts the server anew.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        return None;
    }
    let from = shared.now();
    let answer = client.send_connected(ask).await;
    match answer {
        Err(NoAnswer::NotSent(_)) => None,
        answer => Some((from, shared.now(), answer)),
    }
}

async fn issue(shared: &Shared, client: &mut Client, chance: &Seeded) {
    let number = shared.pool.count();
    if number >= shared.plan.sessions_max {
        return tokio::task::yield_now().await;
    }
    let login = match &shared.plan.account {
        Some(account)
            if number.is_multiple_of(LOGIN_EVERY) && number / LOGIN_EVERY < shared.plan.logins_max =>
        {
            Some(account)
        }
        _ => None,
    };
    let (ask, subject, claims) = match login {
        Some((name, password)) => {
            let body = json!({"username": name, "password": password});
            (Ask::post("/v1/login", &body), name.clone(), json!({}))
        }
        None => {
            let subject = format!("subject {:x}/{}", shared.plan.seed, number / PER_SUBJECT);
            let claims = json!({"nonce": format!("{:016x}", chance.next())});
            let body = json!({"subject": subject, "claims": claims});
            let ask = Ask::post("/v1/service/sessions", &body).bearer(&shared.key);
            (ask, subject, claims)
        }
    };
    let Some((from, to, answer)) = asked(shared, client, ask).await else {
        return;
    };
    let answered = answers::undecided(&answer).unwrap_or_else(|| match &answer {
        Ok(answer) => issued(shared, answer, from, &claims),
        Err(_) => Answered::Unknown,
    });
    let asked = Asked::Issue {
        subject,
        credential: None,
    };
    shared.note(Op {
        from,
        to,
        asked,
        answered,
        node: 0,
    });
}

fn issued(shared: &Shared, answer: &Answer, from: Nanos, claims: &Value) -> Answered {
    let body = answer.json();
    let Some((tokens, pair)) = answers::tokens(&body, from) else {
        return answers::refused(answer);
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let identity = Identity {
        session: text("session_id"),
        subject: text("subject"),
        claims: answers::spelled(claims),
    };
    shared.pool.add(identity.clone(), tokens);
    Answered::Issued(identity, pair)
}

/// Mostly the newest token, else any older one; by either route.
async fn verify(shared: &Shared, client: &mut Client, held: &Held, chance: &Seeded) {
    let newest = held.pairs.last().filter(|_| chance.below(3) != 0);
    if let Some(pair) = newest.or_else(|| pick(&held.pairs, chance)) {
        ask_about(shared, client, held, pair, chance.below(2) == 0).await;
    }
}

/// Verifies the newest token; whether that was decided.
pub(super) async fn read(shared: &Shared, client: &mut Client, held: &Held) -> bool {
    match held.pairs.last() {
        Some(pair) => ask_about(shared, client, held, pair, true).await,
        None => true,
    }
}

async fn ask_about(shared: &Shared, client: &mut Client, held: &Held, pair: &Tokens, gateway: bool) -> bool {
    let ask = if gateway {
        Ask::get("/verify").bearer(&pair.access)
    } else {
        Ask::post("/v1/verify", &json!({"token": pair.access})).bearer(&shared.key)
    };
    let Some((from, to, answer)) = asked(shared, client, ask).await else {
        return false;
    };
    let decided = match &answer {
        Ok(answer) if gateway => answers::gateway(answer),
        Ok(answer) => answers::verified(answer),
        Err(_) => Answered::Unknown,
    };
    let answered = answers::undecided(&answer).unwrap_or(decided);
    let is_decided = !matches!(answered, Answered::Unknown | Answered::Undecided);
    let asked = Asked::Verify {
        session: held.identity.session.clone(),
        generation: pair.generation,
    };
    shared.note(Op {
        from,
        to,
        asked,
        answered,
        node: 0,
    });
    is_decided
}

/// Mostly the newest token; also one that was used before, as a second tab would, or a stale one.
async fn refresh(shared: &Shared, client: &mut Client, held: &Held, chance: &Seeded) {
    let back = match chance.below(40) {
        0 => 2 + chance.below(3),
        1..10 => 1,
        _ => 0,
    };
    let mut newest_first = held.pairs.iter().rev();
    let Some(pair) = newest_first.nth(usize::try_from(back).unwrap_or(0)) else {
        return;
    };
    let ask = Ask::post("/v1/refresh", &json!({"refresh_token": pair.refresh}));
    let Some((from, to, answer)) = asked(shared, client, ask).await else {
        return;
    };
    let session = &held.identity.session;
    let answered = answers::undecided(&answer).unwrap_or_else(|| match &answer {
        Ok(answer) => match answers::tokens(&answer.json(), from) {
            Some((tokens, pair)) => {
                shared.pool.keep(session, tokens);
                Answered::Refreshed(pair)
            }
            None => answers::refused(answer),
        },
        Err(_) => Answered::Unknown,
    });
    let reused = matches!(&answered, Answered::Refused(reason) if reason == REUSE);
    if reused || matches!(&answered, Answered::Reused { .. }) {
        shared.pool.end(|identity| identity.session == *session);
    }
    let asked = Asked::Refresh {
        session: session.clone(),
        generation: pair.generation,
    };
    shared.note(Op {
        from,
        to,
        asked,
        answered,
        node: 0,
    });
}

/// With any token of the session, also an old one.
async fn log_out(shared: &Shared, client: &mut Client, held: &Held, chance: &Seeded) {
    let Some(pair) = pick(&held.pairs, chance) else {
        return;
    };
    let token = if chance.below(2) == 0 {
        &pair.access
    } else {
        &pair.refresh
    };
    let ask = Ask::post("/v1/logout", &json!({})).bearer(token);
    end(shared, client, ask, Whose::Session(held.identity.session.clone())).await;
}

async fn revoke(shared: &Shared, client: &mut Client, held: &Held) {
    let path = format!("/v1/service/sessions/{}", held.identity.session);
    let ask = Ask::new(http::Method::DELETE, path).bearer(&shared.key);
    end(shared, client, ask, Whose::Session(held.identity.session.clone())).await;
}

async fn kick(shared: &Shared, client: &mut Client, held: &Held) {
    let subject = &held.identity.subject;
    let encoded = percent_encoding::utf8_percent_encode(subject, percent_encoding::NON_ALPHANUMERIC);
    let path = format!("/v1/admin/subjects/{encoded}/revoke");
    let ask = Ask::post(path, &json!({})).bearer(&shared.key);
    end(shared, client, ask, Whose::Subject(subject.clone())).await;
}

async fn end(shared: &Shared, client: &mut Client, ask: Ask, whose: Whose) {
    let Some((from, to, answer)) = asked(shared, client, ask).await else {
        return;
    };
    let answered = answers::undecided(&answer).unwrap_or_else(|| match &answer {
        Ok(answer) => answers::receipt(answer),
        Err(_) => Answered::Unknown,
    });
    if !matches!(answered, Answered::Refused(_)) {
        shared.pool.end(|identity| match &whose {
            Whose::Session(session) => identity.session == *session,
            Whose::Subject(subject) => identity.subject == *subject,
            Whose::Everyone => true,
        });
    }
    let asked = Asked::End {
        whose,
        by: Means::Order,
    };
    shared.note(Op {
        from,
        to,
        asked,
        answered,
        node: 0,
    });
}
