//! From what a Redis says of itself to what is said of it.

use std::time::Duration;

use symbolon::{RedisCondition, RedisMemory, RedisPersistence};

use super::{Remark, Weight};
use crate::messages::{Text, redis as text};

/// Shorter, and a node that is not busy finds its connections closed at every other question.
const IDLE_WARN: Duration = Duration::from_secs(60);
/// About what a session takes of the memory of Redis, with its places in the indexes, in bytes.
const SESSION_BYTES: u64 = 2_048;
/// So many of a hundred parts of its memory are usual.
const FULL_WARN: u64 = 80;
/// Beyond so many of them a burst of log-ins finds no room.
const FULL_FAIL: u64 = 95;

/// What there is to say of a Redis that was reached, under a prefix of keys.
pub(crate) fn remarks(condition: &RedisCondition, prefix: &str) -> Vec<Remark> {
    let remarks = [
        refusal(condition, prefix),
        Some(persistence(&condition.persistence)),
        Some(eviction(&condition.memory)),
        Some(memory(&condition.memory)),
        Some(password(condition)),
        Some(replication(condition)),
        Some(idle(condition)),
    ];
    remarks.into_iter().flatten().collect()
}

fn good(about: &'static str, text: Text, values: Vec<(&'static str, String)>) -> Remark {
    Remark {
        about,
        weight: Weight::Good,
        text,
        advice: None,
        values,
    }
}

impl Remark {
    fn but(self, weight: Weight, text: Text, advice: Text) -> Self {
        Self {
            weight,
            text,
            advice: Some(advice),
            ..self
        }
    }

    fn unknown(self, text: Text) -> Self {
        Self {
            weight: Weight::Unknown,
            text,
            ..self
        }
    }
}

/// What it refuses of what a store does; nothing where it does all of it.
fn refusal(condition: &RedisCondition, prefix: &str) -> Option<Remark> {
    let error = condition.refusal.clone()?;
    let says = |code: &str| error.contains(code);
    let (said, advice) = if says("MISCONF") {
        (text::NO_DISK, text::NO_DISK_MEND)
    } else if says("OOM") {
        (text::NO_MEMORY, text::NO_MEMORY_RAISE)
    } else if says("NOPERM") {
        (text::NO_RIGHT, text::NO_RIGHT_GRANT)
    } else {
        (text::REFUSES, text::REFUSES_LOG)
    };
    let values = vec![
        ("place", condition.place.clone()),
        ("keys", format!("~{{{prefix}}}:*")),
        ("error", error),
    ];
    Some(good("redis writes", said, values).but(Weight::Broken, said, advice))
}

fn persistence(kept: &RedisPersistence) -> Remark {
    let remark = |text| good("persistence", text, Vec::new());
    if kept.has_failed {
        return remark(text::KEEPS_NOTHING).but(Weight::Broken, text::KEEPS_FAILED, text::NO_DISK_MEND);
    }
    let append = |weight, said| remark(text::KEEPS_NOTHING).but(weight, said, text::KEEPS_APPEND);
    match (kept.appends, kept.fsync.as_deref(), kept.copies) {
        (None, _, _) => remark(text::KEEPS_UNKNOWN).unknown(text::KEEPS_UNKNOWN),
        (Some(true), Some("always"), _) => remark(text::KEEPS_ALWAYS),
        (Some(true), Some("everysec"), _) => remark(text::KEEPS_EVERYSEC),
        (Some(true), Some("no"), _) => append(Weight::Doubtful, text::KEEPS_SOMETIMES),
        (Some(true), _, _) => remark(text::KEEPS_APPENDS),
        (Some(false), _, Some(true)) => append(Weight::Doubtful, text::KEEPS_COPIES),
        (Some(false), _, Some(false)) => append(Weight::Demanded, text::KEEPS_NOTHING),
        // A copy may be made or not: it is not told.
        (Some(false), _, None) => append(Weight::Doubtful, text::KEEPS_COPIES),
    }
}

fn eviction(memory: &RedisMemory) -> Remark {
    let policy = memory.policy.clone();
    let values = vec![("policy", policy.clone().unwrap_or_default())];
    let remark = good("eviction", text::EVICTS_NOTHING, values);
    match policy.as_deref() {
        None => remark.unknown(text::EVICTS_UNKNOWN),
        Some("noeviction") => remark,
        Some(_) => remark.but(Weight::Demanded, text::EVICTS, text::EVICTS_STOP),
    }
}

fn memory(memory: &RedisMemory) -> Remark {
    let mib = |bytes: u64| (bytes >> 20).to_string();
    let room = memory.max.saturating_sub(memory.used) / SESSION_BYTES;
    let values = vec![
        ("used", mib(memory.used)),
        ("max", mib(memory.max)),
        ("room", room.to_string()),
    ];
    let remark = good("redis memory", text::MEMORY, values);
    if memory.max == 0 {
        return remark.but(Weight::Doubtful, text::MEMORY_ENDLESS, text::MEMORY_LIMIT);
    }
    match memory.used.saturating_mul(100) / memory.max {
        FULL_FAIL.. => remark.but(Weight::Broken, text::MEMORY_SHORT, text::MEMORY_RAISE),
        FULL_WARN.. => remark.but(Weight::Doubtful, text::MEMORY_SHORT, text::MEMORY_RAISE),
        _ => remark,
    }
}

fn password(condition: &RedisCondition) -> Remark {
    let remark = good("redis password", text::CLOSED, Vec::new());
    match (condition.is_open, condition.is_public) {
        (false, _) => remark,
        (true, Some(false)) => remark.but(Weight::Production, text::OPEN_HERE, text::OPEN_CLOSE),
        (true, Some(true) | None) => remark.but(Weight::Demanded, text::OPEN, text::OPEN_CLOSE),
    }
}

fn replication(condition: &RedisCondition) -> Remark {
    let values = vec![("replicas", condition.replicas.to_string())];
    let remark = |text| good("replication", text, values);
    match (condition.replicas, condition.replicas_awaited) {
        (0, _) => remark(text::ALONE),
        (_, Some(0)) => {
            remark(text::FOLLOWED).but(Weight::Doubtful, text::FOLLOWED_BY_CHANCE, text::FOLLOWED_AWAIT)
        }
        _ => remark(text::FOLLOWED),
    }
}

fn idle(condition: &RedisCondition) -> Remark {
    let seconds = condition.idle_limit.unwrap_or_default();
    let values = vec![("seconds", seconds.as_secs().to_string())];
    let remark = good("idle limit", text::IDLE, values);
    if condition.keepalive == Some(Duration::ZERO) {
        return remark.but(Weight::Doubtful, text::IDLE_BLIND, text::IDLE_LOOK);
    }
    match condition.idle_limit {
        None => remark.unknown(text::IDLE_UNKNOWN),
        Some(Duration::ZERO) => Remark {
            text: text::IDLE_NEVER,
            ..remark
        },
        Some(limit) if limit < IDLE_WARN => {
            remark.but(Weight::Doubtful, text::IDLE_SHORT, text::IDLE_LENGTHEN)
        }
        Some(_) => remark,
    }
}
