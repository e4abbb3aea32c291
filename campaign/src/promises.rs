//! What each store promises under each fault: [`of`] is the table. What it does not promise is counted, and told.

mod lost;

pub(crate) use lost::{Lost, Strike};

use crate::cli::StoreName;
use crate::nemesis::Nemesis;

/// What a store loses by a fault, of what it had acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// Nothing.
    Nothing,
    /// What came after the copy that it was put back to.
    SinceCopy,
    /// What had not reached the replica that took its place.
    NotReplicated,
    /// All that there was.
    All,
    /// All that there was, but accounts and keys, which the node gives back.
    Sessions,
}

/// What holds, and what does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Promise {
    pub(crate) loses: Loss,
    /// It serves again by itself once the fault is mended.
    pub(crate) serves_again: bool,
    /// The record of what a node did without the store stays in that node's file, and is not compared.
    pub(crate) record_stays: bool,
}

/// Killed, frozen or cut off, a store keeps what it has acknowledged.
const WHOLE: Promise = Promise {
    loses: Loss::Nothing,
    serves_again: true,
    record_stays: false,
};

/// The table. Nothing in it takes away that what nodes knew to have ended is never accepted (I1), that nothing is mixed up
/// (I6), and that no secret is written anywhere (I12); and all else is kept of what was acknowledged at other times than that
/// of the loss.
pub(crate) fn of(store: StoreName, nemesis: Nemesis) -> Promise {
    use StoreName::{Mariadb, Postgres, Redis, RedisAlone, RedisEverysec, RedisSentinel};
    match (store, nemesis) {
        (Redis | RedisEverysec, Nemesis::StoreOfBefore) => Promise {
            loses: Loss::SinceCopy,
            ..WHOLE
        },
        // It proves nothing: 503 until an operator decides.
        (Redis | RedisEverysec, Nemesis::StoreEmpty) => Promise {
            loses: Loss::All,
            serves_again: false,
            ..WHOLE
        },
        (RedisAlone, nemesis) => Promise {
            loses: match nemesis {
                Nemesis::StoreOfBefore => Loss::SinceCopy,
                Nemesis::StoreEmpty => Loss::Sessions,
                _ => Loss::Nothing,
            },
            record_stays: nemesis.takes_store_away(),
            ..WHOLE
        },
        // Nobody waits for the replica.
        (RedisSentinel, nemesis) if nemesis.fails_over() => Promise {
            loses: Loss::NotReplicated,
            ..WHOLE
        },
        (Postgres | Mariadb | Redis | RedisEverysec | RedisSentinel, _) => WHOLE,
    }
}

#[cfg(test)]
mod tests;
