//! The last phase: every end is decided, and every session is read on every node.

use std::time::Duration;

use serde_json::{Value, json};
use symbolon_testkit::history::{Answered, Asked, Op};
use symbolon_testkit::http::Ask;
use symbolon_testkit::workload::answers::{self, Tokens};
use tokio::time::sleep;

use super::pool::Held;
use super::sessions::{end, number};
use super::wire::{LONG, ask};
use super::{Shared, locked, nanos};

/// How often an end or a reading is tried: with the pause between longer than any recovery may take.
const TRIES: u32 = 20;
const TRY_PAUSE: Duration = Duration::from_millis(300);
/// So many sessions are read by one request.
const PAGE: usize = 200;

pub(super) async fn run(shared: &Shared) {
    locked(&shared.history).last_phase = Some(shared.now());
    for open in shared.pool.open() {
        for _ in 0..TRIES {
            match end(shared, &open, None).await {
                Some(Answered::Ended { effective_in, .. }) if effective_in <= nanos(LONG) => {
                    sleep(Duration::from_nanos(effective_in)).await;
                    break;
                }
                Some(Answered::Refused(_)) => break,
                _ => sleep(TRY_PAUSE).await,
            }
        }
    }
    let all: Vec<(Held, Tokens)> = shared
        .pool
        .all()
        .into_iter()
        .filter_map(|held| held.newest().cloned().map(|pair| (held, pair)))
        .collect();
    for node in 0..shared.sides.len() {
        for page in all.chunks(PAGE) {
            for _ in 0..TRIES {
                if read(shared, node, page).await {
                    break;
                }
                sleep(TRY_PAUSE).await;
            }
        }
    }
}

/// Verifies a page of sessions on a node; whether each was decided.
async fn read(shared: &Shared, node: usize, page: &[(Held, Tokens)]) -> bool {
    let tokens: Vec<&str> = page.iter().map(|(_, pair)| pair.access.as_str()).collect();
    let request = Ask::post("/v1/verify", &json!({"tokens": tokens})).bearer(&shared.plan.key);
    let exchange = ask(shared, node, request, LONG).await;
    let Ok(answer) = &exchange.answer else {
        return false;
    };
    if answer.status == 401 {
        // The run's own key is gone with what the store has lost.
        return true;
    }
    let body = answer.json();
    let results = body["results"].as_array().map_or(&[][..], Vec::as_slice);
    for ((held, pair), result) in page.iter().zip(results) {
        shared.note(Op {
            from: exchange.from,
            to: exchange.to,
            asked: Asked::Verify {
                session: held.identity.session.clone(),
                generation: pair.generation,
            },
            answered: answers::verdict(result).unwrap_or(Answered::Undecided),
            node: number(node),
        });
    }
    results.len() == page.len() && results.iter().all(decides)
}

fn decides(result: &Value) -> bool {
    answers::verdict(result).is_some()
}
