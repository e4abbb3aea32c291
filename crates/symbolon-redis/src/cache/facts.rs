//! The cache that nodes share.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::shared::{Finding, SharedCache, SharedFact};
use symbolon_core::store::FoundSession;

use super::gate::Passage;
use super::handle::RedisCache;
use super::outbox::Order;
use super::shared::Shared;
use crate::fact::{NoFact, seal, unseal};

/// The longest that a fact stays. A fact older than what nodes remember of the log is of no use, and this is less.
const KEPT_MAX: Duration = Duration::from_secs(600);

impl SharedCache for RedisCache {
    fn find(&self, id: SessionId) -> Finding<'_> {
        let shared = self.shared();
        let name = shared.names.fact(id);
        match shared.fleet.passage(&name) {
            Some(passage) => Box::pin(find(shared, passage, name, id)),
            None => {
                shared.counters.away.add(1);
                Box::pin(ready(None))
            }
        }
    }

    fn keep(&self, fact: SharedFact, now: Timestamp) {
        let shared = self.shared();
        if let Some(set) = set(shared, &fact, now) {
            self.facts().put(shared, set);
        }
    }

    fn forget(&self, id: SessionId) {
        let shared = self.shared();
        let name = shared.names.fact(id);
        let command = del(&name);
        self.facts().put(
            shared,
            Order {
                name: Some(name),
                command,
            },
        );
    }
}

/// May be given up at any time.
async fn find(shared: &Shared, passage: Arc<Passage>, name: String, id: SessionId) -> Option<SharedFact> {
    let mut get = redis::cmd("GET");
    get.arg(&name);
    let (value, passage) = shared.fleet.ask(passage, &name, &get).await.ok()?;
    let value = match value {
        Value::Nil => {
            shared.counters.misses.add(1);
            return None;
        }
        Value::BulkString(value) => value,
        // The answer to another question.
        _ => return disbelieve(shared, &passage, &name).await,
    };
    match unseal(&shared.keys.fact, &name, id, &value) {
        Ok(fact) => {
            shared.counters.hits.add(1);
            Some(fact)
        }
        Err(NoFact::Foreign) => {
            shared.counters.misses.add(1);
            None
        }
        Err(NoFact::Forged) => disbelieve(shared, &passage, &name).await,
    }
}

/// Takes the value away, so that it is met once, and leaves the connection: its answers may be those of other questions.
async fn disbelieve(shared: &Shared, passage: &Passage, name: &str) -> Option<SharedFact> {
    shared.counters.forged.add(1);
    // What is asked is done in order, even if the answers are out of step.
    drop(passage.ask(&del(name)).await);
    passage.abandon();
    None
}

/// The command that keeps a fact; `None`: it is of no use.
pub(crate) fn set(shared: &Shared, fact: &SharedFact, now: Timestamp) -> Option<Order> {
    let FoundSession { session, .. } = &fact.found;
    let life = life(session.id, session.live_until(), now)?;
    let name = shared.names.fact(session.id);
    let value = seal(&shared.keys.fact, &name, fact)?;
    let mut command = Cmd::with_capacity(5, name.len() + value.len() + 32);
    command.arg("SET").arg(&name).arg(value).arg("PX").arg(life);
    Some(Order {
        name: Some(name),
        command,
    })
}

fn del(name: &str) -> Cmd {
    let mut del = redis::cmd("DEL");
    del.arg(name);
    del
}

/// For how many milliseconds a session is kept; `None`: it is at its end.
///
/// Up to a tenth less or more, so that sessions written together do not all end together. What is random in the
/// session's own id decides: chance enough, and no source of it is needed.
fn life(id: SessionId, live_until: Timestamp, now: Timestamp) -> Option<u64> {
    let limit = u64::try_from(KEPT_MAX.as_millis()).unwrap_or(u64::MAX);
    let left = u64::try_from(live_until.since(now).as_millis()).unwrap_or(u64::MAX);
    if left == 0 {
        return None;
    }
    let base = left.min(limit);
    let chance = u64::from(id.as_bytes()[15]);
    let spread = base - base / 10 + base / 5 * chance / 255;
    // Never beyond the session's own end, nor beyond the limit, nor no life at all.
    Some(spread.clamp(1, base))
}

#[cfg(test)]
mod tests {
    use symbolon_core::clock::Timestamp;
    use symbolon_core::session::SessionId;

    use super::life;

    fn id(last: u8) -> SessionId {
        let mut bytes = [0; 16];
        bytes[15] = last;
        SessionId::from_bytes(bytes)
    }

    fn life_of(last: u8, left: i64) -> Option<u64> {
        life(id(last), Timestamp(1_000_000 + left), Timestamp(1_000_000))
    }

    #[test]
    fn a_life_is_what_is_left_and_ten_minutes_at_the_most() {
        assert_eq!(life_of(0, 86_400_000), Some(540_000));
        assert_eq!(life_of(127, 86_400_000), Some(599_764));
        assert_eq!(life_of(255, 86_400_000), Some(600_000));
        assert_eq!(life_of(0, 10_000), Some(9_000));
        assert_eq!(life_of(255, 10_000), Some(10_000));
        assert_eq!(life_of(0, 1), Some(1));
    }

    #[test]
    fn l22_no_time_left_never_becomes_a_life_without_end() {
        for left in -5_000..=2_000 {
            for last in [0, 1, 127, 128, 255] {
                let life = life_of(last, left);
                assert_eq!(life.is_some(), left > 0, "{left}");
                assert!(life.is_none_or(|life| (1..=600_000).contains(&life)), "{left}");
            }
        }
        assert_eq!(life(id(0), Timestamp(i64::MIN), Timestamp(i64::MAX)), None);
        assert_eq!(
            life(id(255), Timestamp(i64::MAX), Timestamp(i64::MIN)),
            Some(600_000)
        );
    }
}
