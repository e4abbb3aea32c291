//! Membership: who shares the store, and the log as they follow it.
//!
//! These steps are a node's heartbeat. A store over a server makes them on a connection of their own, so that no
//! flood of other work keeps a lease from being renewed.

use std::future::Future;

use super::StoreError;
use crate::clock::Timestamp;
use crate::member::{Incarnation, Member};
use crate::revocation::{LogRow, RevocationSeq};

/// One heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heartbeat {
    /// Whose.
    pub incarnation: Incarnation,
    /// How many it has made before.
    pub beat: u64,
    /// Its memory holds every row of the log up to here.
    pub applied: RevocationSeq,
    /// The node's present, which it has from the store's clock: where a store keeps the newest instant of its
    /// nodes, so that time does not go back with a restart of all of them, it keeps this one.
    pub at: Timestamp,
}

/// Rows of the log, with its ends as they were when the rows were read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogPage {
    /// The newest position. No row stands there before the first, and after the head has jumped because the store was
    /// restarted; the next row names it as the one before all the same.
    pub head: RevocationSeq,
    /// The id of the row there, or of the jump: two histories of a store have not both.
    pub head_id: [u8; 16],
    /// Rows at or before this position may have been removed.
    pub floor: RevocationSeq,
    /// The rows, in order.
    pub rows: Vec<LogRow>,
}

/// The members of a store.
pub trait MemberStore: Send + Sync + 'static {
    /// Writes a member that has made no heartbeat yet. Repeating it, where the answer was lost, changes nothing.
    fn join(&self, member: Member) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Counts a heartbeat, in a transaction of its own, and answers the store's own clock; `None`: the
    /// member was evicted, is not there, or has made another number of heartbeats: this incarnation is
    /// over.
    fn heartbeat(
        &self,
        heartbeat: Heartbeat,
    ) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send;

    /// Reads the rows at or after `from`, at the most `limit`, and the log's ends, in one step.
    fn read_log(
        &self,
        from: RevocationSeq,
        limit: u32,
    ) -> impl Future<Output = Result<LogPage, StoreError>> + Send;

    /// Reads every member, also those that were evicted and are still kept.
    fn list_members(&self) -> impl Future<Output = Result<Vec<Member>, StoreError>> + Send;

    /// Evicts a member that has made `beat` heartbeats and no more; `false`: it has made another number, has
    /// left, or may fall back and `by_operator` is not set. Evicting one that was evicted is `true`.
    fn evict(
        &self,
        incarnation: Incarnation,
        beat: u64,
        by_operator: bool,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes a member that answers nothing from memory any more.
    fn leave(&self, incarnation: Incarnation) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes revocations again that members had applied and the store has lost, each with the effect that it had
    /// and a new position. A row that is there, or whose effect is, is not written: so members may propose the same
    /// at once, and repeat it. Answers the rows that were written. What a row does not say, such as the end of a
    /// ban, is lost.
    fn propose_again(
        &self,
        lost: Vec<LogRow>,
        at: Timestamp,
    ) -> impl Future<Output = Result<Vec<LogRow>, StoreError>> + Send;
}
