//! W2: the pairs of a session. One refresh token is used by several clients on several nodes at once, and again later.

use std::time::Duration;

use serde_json::json;
use symbolon_testkit::history::{Answered, Asked, Nanos, Op};
use symbolon_testkit::http::Ask;
use symbolon_testkit::workload::answers::{self, Tokens};
use tokio::time::sleep;

use super::Shared;
use super::pool::Held;
use super::sessions::{bury_and_hammer, number};
use super::wire::{self, LONG, ask};

/// So many clients at the most use one refresh token at once.
const RACERS_MAX: u64 = 8;
/// How long after its use a token is used again, in parts of the grace: within it, at its end, and beyond.
const LATER: [f64; 5] = [0.1, 0.5, 0.99, 1.01, 2.5];

/// The grace that the nodes are started with: short, so that a run sees its end.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Refreshes some session: half the time with several clients at once; one in four tokens is used again later.
pub(super) async fn refresh(shared: &Shared) {
    let Some(held) = shared.pool.live(shared.chance.next()) else {
        return;
    };
    let Some(pair) = held.newest().cloned() else {
        return;
    };
    let racers = if shared.once_in(2) {
        2 + shared.chance.below(RACERS_MAX - 1)
    } else {
        1
    };
    let first = shared.any_node();
    let nodes = shared.sides.len();
    let racers = (0..racers).map(|racer| (first + usize::try_from(racer).unwrap_or(0)) % nodes);
    wire::at_once(racers.collect(), |node| {
        let (held, pair) = (&held, &pair);
        async move {
            use_pair(shared, node, held, pair).await;
        }
    })
    .await;
    if shared.once_in(4) {
        let part = LATER[shared.below(LATER.len())];
        shared.rest(GRACE.mul_f64(part)).await;
        let node = shared.any_node();
        if let Some(Some(effective_in)) = use_pair(shared, node, &held, &pair).await
            && effective_in <= super::nanos(LONG)
        {
            sleep(Duration::from_nanos(effective_in)).await;
            bury_and_hammer(shared, vec![held]).await;
        }
    }
}

/// Refreshes with the newest pair of a session that has ended.
pub(super) async fn replay_newest(shared: &Shared, held: &Held) {
    let held = shared.pool.now(&held.identity.session);
    if let Some((held, pair)) = held.and_then(|held| held.newest().cloned().map(|pair| (held, pair))) {
        use_pair(shared, shared.any_node(), &held, &pair).await;
    }
}

/// Uses one refresh token on one node; says in how long a session that this ended is dead everywhere.
async fn use_pair(shared: &Shared, node: usize, held: &Held, pair: &Tokens) -> Option<Option<Nanos>> {
    let session = &held.identity.session;
    let request = Ask::post("/v1/refresh", &json!({"refresh_token": pair.refresh}));
    let exchange = ask(shared, node, request, LONG).await;
    let answered = exchange.read(|answer| match answers::tokens(&answer.json(), exchange.from) {
        Some((tokens, pair)) => {
            shared.pool.keep(session, tokens);
            Answered::Refreshed(pair)
        }
        None => answers::refused(answer),
    })?;
    shared.note(Op {
        from: exchange.from,
        to: exchange.to,
        asked: Asked::Refresh {
            session: session.clone(),
            generation: pair.generation,
        },
        answered: answered.clone(),
        node: number(node),
    });
    let ends = match answered {
        Answered::Reused { effective_in } => Some(effective_in),
        Answered::Refused(reason) if reason == symbolon_testkit::history::REUSE => Some(0),
        Answered::Refused(_) => None,
        _ => return Some(None),
    };
    shared.pool.doubt(session);
    Some(ends)
}
