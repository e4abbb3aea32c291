//! W1: one session as a register. Once its end is effective it is hammered on every node.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::history::{Answered, Asked, Identity, Means, Nanos, Op, Whose};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::workload::answers::{self, Tokens};
use tokio::time::sleep;

use super::pool::{Held, OpenEnd};
use super::samples::Kind;
use super::wire::{self, LONG, SHORT, ask, is_balanced, sample};
use super::{Shared, families, nanos};

/// So many sessions of a service share a subject.
const PER_SUBJECT: u64 = 4;
/// An end is recent for so long: then an old answer is likeliest.
const RECENT: Duration = Duration::from_millis(500);
/// When a dead session is asked about, after its end is effective.
const BLOWS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(120),
    Duration::from_millis(700),
];
/// Between two tries of an end whose outcome is not known, and how many there are before the last phase.
const RETRY_PAUSE: Duration = Duration::from_millis(600);
const RETRIES: u32 = 6;

/// The number of a node as the history writes it.
pub(super) fn number(node: usize) -> u16 {
    u16::try_from(node).unwrap_or(u16::MAX)
}

/// Begins a session, as a service does.
pub(super) async fn issue(shared: &Shared) {
    let subject = format!(
        "{}/{}",
        shared.plan.name,
        shared.chance.below(1 << 20) / PER_SUBJECT
    );
    let claims = json!({"nonce": format!("{:016x}", shared.chance.next())});
    let body = json!({"subject": subject, "claims": claims});
    let request = Ask::post("/v1/service/sessions", &body).bearer(&shared.plan.key);
    let whose = Asked::Issue {
        subject,
        credential: None,
    };
    begin(shared, shared.any_node(), request, whose, &claims).await;
}

/// Asks for a session, and keeps it.
pub(super) async fn begin(
    shared: &Shared,
    node: usize,
    request: Ask,
    asked: Asked,
    claims: &Value,
) -> Option<(Answered, Nanos)> {
    let exchange = ask(shared, node, request, LONG).await;
    let answered = exchange.read(|answer| issued(shared, answer, exchange.from, claims))?;
    shared.note(Op {
        from: exchange.from,
        to: exchange.to,
        asked,
        answered: answered.clone(),
        node: number(node),
    });
    Some((answered, exchange.to))
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

/// Verifies some session: a third of them have ended, most of these a moment ago.
pub(super) async fn verify(shared: &Shared, offered: Nanos) {
    let number = shared.chance.next();
    let held = if shared.once_in(3) {
        let recent = shared.now().saturating_sub(nanos(RECENT));
        let recent = shared.pool.dead(recent, number);
        recent.or_else(|| shared.pool.dead(0, number))
    } else {
        None
    };
    let Some(held) = held.or_else(|| shared.pool.live(number)) else {
        return;
    };
    let node = shared.any_node();
    let balanced = is_balanced(shared, node);
    let older = held.pairs.len().checked_sub(2).filter(|_| shared.once_in(4));
    let pair = older.map_or(held.newest(), |index| held.pairs.get(index));
    let Some(pair) = pair.cloned() else { return };
    let (answered, to) = ask_about(shared, node, &held, &pair).await;
    sample(shared, Kind::Verify, (offered, to), answered.as_ref(), balanced);
    if matches!(answered, Some(Answered::Refused(_))) && pair == *held.newest().unwrap_or(&pair) {
        shared.pool.doubt(&held.identity.session);
    }
}

/// Verifies one pair's access token on one node, by either route.
pub(super) async fn ask_about(
    shared: &Shared,
    node: usize,
    held: &Held,
    pair: &Tokens,
) -> (Option<Answered>, Nanos) {
    let gateway = shared.once_in(2);
    let request = if gateway {
        Ask::get("/verify").bearer(&pair.access)
    } else {
        Ask::post("/v1/verify", &json!({"token": pair.access})).bearer(&shared.plan.key)
    };
    let exchange = ask(shared, node, request, SHORT).await;
    let answered = exchange.read(|answer| {
        if gateway {
            answers::gateway(answer)
        } else {
            answers::verified(answer)
        }
    });
    if let Some(answered) = &answered {
        shared.note(Op {
            from: exchange.from,
            to: exchange.to,
            asked: Asked::Verify {
                session: held.identity.session.clone(),
                generation: pair.generation,
            },
            answered: answered.clone(),
            node: number(node),
        });
    }
    (answered, exchange.to)
}

/// Ends a live session with a token of it or by a service, while other nodes are asked about it.
pub(super) async fn log_out(shared: &Shared, offered: Nanos) {
    let Some(held) = shared.pool.live(shared.chance.next()) else {
        return;
    };
    let session = &held.identity.session;
    let Some(pair) = held.newest().filter(|_| shared.pool.doubt(session)) else {
        return;
    };
    let request = match shared.chance.below(4) {
        0 => Ask::new(Method::DELETE, format!("/v1/service/sessions/{session}")).bearer(&shared.plan.key),
        1 => Ask::post("/v1/logout", &json!({"refresh_token": pair.refresh})),
        _ => Ask::post("/v1/logout", &json!({})).bearer(&pair.access),
    };
    let end = OpenEnd {
        ask: request,
        whose: Whose::Session(session.clone()),
        by: Means::Order,
    };
    let (ends, ()) = tokio::join!(
        make_effective(shared, &end, Some(offered)),
        blow(shared, std::slice::from_ref(&held))
    );
    if ends {
        bury_and_hammer(shared, vec![held]).await;
    }
}

/// Asks for an end once, on a node of chance.
pub(super) async fn end(shared: &Shared, end: &OpenEnd, offered: Option<Nanos>) -> Option<Answered> {
    let node = shared.any_node();
    let balanced = is_balanced(shared, node);
    let exchange = ask(shared, node, end.ask.clone(), LONG).await;
    let answered = exchange.read(answers::receipt);
    if let Some(offered) = offered {
        sample(
            shared,
            Kind::LogOut,
            (offered, exchange.to),
            answered.as_ref(),
            balanced,
        );
    }
    shared.note(Op {
        from: exchange.from,
        to: exchange.to,
        asked: Asked::End {
            whose: end.whose.clone(),
            by: end.by,
        },
        answered: answered.clone()?,
        node: number(node),
    });
    answered
}

/// Asks for an end until it is decided and effective; what is still open then is left for the last phase.
pub(super) async fn make_effective(shared: &Shared, order: &OpenEnd, offered: Option<Nanos>) -> bool {
    let mut offered = offered;
    for _ in 0..RETRIES {
        match end(shared, order, offered.take()).await {
            // A node that cannot learn who the others are counts on the worst; asked again it will know.
            Some(Answered::Ended { effective_in, .. }) if effective_in <= nanos(LONG) => {
                // Repeated, it must wait as the first did.
                let repeated = effective_in > 0 && shared.once_in(2);
                let again = if repeated {
                    self::end(shared, order, None).await
                } else {
                    None
                };
                if !matches!(again, Some(Answered::Ended { effective_in: 0, .. })) {
                    sleep(Duration::from_nanos(effective_in)).await;
                }
                return true;
            }
            // The node that says so is every node.
            Some(Answered::EndedHere) if shared.sides.len() == 1 => return true,
            Some(Answered::Refused(_)) => return false,
            _ => {}
        }
        if shared.is_stopping() {
            break;
        }
        shared.rest(RETRY_PAUSE).await;
    }
    shared.pool.leave_open(order.clone());
    false
}

/// Knows that these are dead, and asks every node about them again and again.
pub(super) async fn bury_and_hammer(shared: &Shared, dead: Vec<Held>) {
    let now = shared.now();
    for held in &dead {
        shared.pool.bury(&held.identity.session, now);
    }
    let late = [shared.plan.lease, shared.plan.lease * 3];
    let mut past = Duration::ZERO;
    for at in BLOWS.into_iter().chain(late) {
        shared.rest(at - past).await;
        if shared.is_stopping() {
            return;
        }
        past = at;
        blow(shared, &dead).await;
    }
    if let Some(held) = dead.first() {
        families::replay_newest(shared, held).await;
    }
}

/// Asks every node about each of these at once.
async fn blow(shared: &Shared, sessions: &[Held]) {
    let mut all = Vec::new();
    for held in sessions {
        // With the pair that is the newest by now.
        let held = shared
            .pool
            .now(&held.identity.session)
            .unwrap_or_else(|| held.clone());
        if let Some(pair) = held.newest().cloned() {
            all.extend((0..shared.sides.len()).map(|node| (node, held.clone(), pair.clone())));
        }
    }
    wire::at_once(all, |(node, held, pair)| async move {
        ask_about(shared, node, &held, &pair).await;
    })
    .await;
}
