use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use symbolon_testkit::history::honesty::Head;
use symbolon_testkit::history::stops::Failure;
use symbolon_testkit::history::{Answered, Nanos};
use symbolon_testkit::http::{Answer, Ask, Client, NoAnswer};
use symbolon_testkit::workload::answers;
use tokio::time::timeout;

use super::samples::{Kind, Sample, decides};
use super::{Shared, locked};

/// A gateway gives up after this: an answer that comes later must not be used.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// Longer than a revocation waits for a node that hangs.
pub(super) const LONG: Duration = Duration::from_secs(6);
/// Between two looks at a node's readiness.
const LOOK: Duration = Duration::from_millis(50);
/// A node that does not say at once that it is ready is not.
const READY_MAX: Duration = Duration::from_millis(500);
/// So many connections are kept for the next requests.
const IDLE_MAX: usize = 64;

/// One node, as clients see it.
pub(super) struct Side {
    address: SocketAddr,
    idle: Mutex<Vec<Client>>,
    ready: AtomicBool,
    /// When it became ready, and when it was no longer.
    turns: Mutex<Vec<(Nanos, bool)>>,
}

impl Side {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Mutex::default(),
            ready: AtomicBool::new(true),
            turns: Mutex::new(vec![(0, true)]),
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn client(&self) -> Client {
        let idle = locked(&self.idle).pop();
        idle.unwrap_or_else(|| Client::new(self.address))
    }

    fn give_back(&self, client: Client) {
        let mut idle = locked(&self.idle);
        if idle.len() < IDLE_MAX {
            idle.push(client);
        }
    }

    /// When it became ready, and when it was no longer, in order.
    pub(super) fn turns(&self) -> Vec<(Nanos, bool)> {
        locked(&self.turns).clone()
    }

    pub(super) fn ready_since(&self, instant: Nanos) -> Option<Nanos> {
        let turns = locked(&self.turns);
        let before = turns.iter().rev().find(|(at, _)| *at <= instant);
        if before.is_some_and(|(_, ready)| *ready) {
            // It may have been away all the same, and then be ready again: the last turn counts.
            let again = turns.iter().rev().find(|(at, _)| *at > instant);
            return match again {
                None => Some(instant),
                Some((at, true)) => Some(*at),
                Some((_, false)) => None,
            };
        }
        turns
            .iter()
            .rev()
            .find(|(at, _)| *at > instant)
            .and_then(|(at, ready)| ready.then_some(*at))
    }
}

/// Looks again and again whether a node is ready.
pub(super) async fn watch(shared: Arc<Shared>, node: usize) {
    let side = &shared.sides[node];
    while !shared.is_stopping() {
        let mut client = side.client();
        let answer = timeout(READY_MAX, client.try_send(Ask::get("/readyz"))).await;
        let ready = matches!(&answer, Ok(Ok(answer)) if answer.status == 200);
        if ready {
            side.give_back(client);
        }
        if side.ready.swap(ready, Ordering::Relaxed) != ready {
            locked(&side.turns).push((shared.now(), ready));
        }
        shared.rest(LOOK).await;
    }
}

/// What came of a request.
pub(super) struct Exchange {
    pub(super) from: Nanos,
    pub(super) to: Nanos,
    pub(super) answer: Result<Answer, NoAnswer>,
}

impl Exchange {
    /// What it means for the history; `None`: it was not sent, and is no operation.
    pub(super) fn read(&self, decided: impl FnOnce(&Answer) -> Answered) -> Option<Answered> {
        match &self.answer {
            Err(NoAnswer::NotSent(_)) => None,
            Err(NoAnswer::Unknown(_)) => Some(Answered::Unknown),
            Ok(answer) => Some(answers::undecided(&self.answer).unwrap_or_else(|| decided(answer))),
        }
    }
}

/// Asks a node.
pub(super) async fn ask(shared: &Shared, node: usize, ask: Ask, patience: Duration) -> Exchange {
    let side = &shared.sides[node];
    let mut client = side.client();
    let mut from = shared.now();
    let mut sent = false;
    let exchange = async {
        client.connect().await?;
        from = shared.now();
        sent = true;
        client.send_connected(ask).await
    };
    let answer = match timeout(patience, exchange).await {
        Ok(answer) => answer,
        Err(_) if sent => Err(NoAnswer::Unknown("the client gave up".to_owned())),
        Err(_) => Err(NoAnswer::NotSent("no connection in time".to_owned())),
    };
    let to = shared.now();
    let failed = match &answer {
        Ok(answer) if answer.status < 500 => None,
        Ok(answer) => Some(format!("status {}", answer.status)),
        Err(no_answer) => Some(format!("{no_answer:?}")),
    };
    if let Some(seen) = failed {
        locked(&shared.failures).push(Failure {
            node: u16::try_from(node).unwrap_or(u16::MAX),
            from,
            to,
            seen,
        });
    }
    if let Ok(answer) = &answer {
        side.give_back(client);
        if answer.status == 429 || answer.status >= 500 {
            locked(&shared.heads).push(Head {
                at: to,
                node: u16::try_from(node).unwrap_or(u16::MAX),
                status: answer.status,
                retry_after: answer.header("retry-after").map(str::to_owned),
            });
        }
    }
    Exchange { from, to, answer }
}

/// Notes what a request was good for. `offered` is when the client wanted to ask.
pub(super) fn sample(
    shared: &Shared,
    kind: Kind,
    (offered, to): (Nanos, Nanos),
    answered: Option<&Answered>,
    balanced: bool,
) {
    locked(&shared.samples).push(Sample {
        kind,
        at: offered,
        took: to.saturating_sub(offered),
        decided: answered.is_some_and(decides),
        balanced,
    });
}

/// Whether a load balancer would send a request to this node now: it is ready, or none is.
pub(super) fn is_balanced(shared: &Shared, node: usize) -> bool {
    shared.sides[node].is_ready() || shared.sides.iter().all(|side| !side.is_ready())
}

/// Does something with each of these at once, and waits for all.
pub(super) async fn at_once<T, F: Future<Output = ()>>(items: Vec<T>, each: impl Fn(T) -> F) {
    let mut all: FuturesUnordered<F> = items.into_iter().map(each).collect();
    while all.next().await.is_some() {}
}
