//! Going on without the store: what a node's mirror keeps on its own disk, and what the store does besides so that
//! sessions begun there can come home.

use std::future::Future;

use super::{Census, Store, StoreError};
use crate::account::{Account, AccountName};
use crate::api_key::ApiKey;
use crate::audit::AuditEntry;
use crate::ban::Ban;
use crate::clock::Timestamp;
use crate::member::Incarnation;
use crate::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use crate::session::{Epoch, Session, SessionId};
use crate::signing::SigningKeyRecord;
use crate::subject::SubjectId;

/// A session that was begun in a mirror and comes home.
#[derive(Clone, Debug)]
pub struct AdoptSession {
    /// The session as the mirror has it; its epoch is set by the store.
    pub session: Session,
    /// Every cut up to here is known to have spared it. A newer one of its subject or of everyone ends it.
    pub known: RevocationSeq,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// What became of an [`AdoptSession`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adopted {
    /// It is there: written now under this cut, or by an earlier try.
    There(Epoch),
    /// It is there as one that a newer cut has ended.
    Ended(Epoch),
    /// Another session of this id is there, and stays.
    OtherIsThere,
}

/// A store that a node may go on without, if it keeps a mirror.
pub trait Mirrored: Store {
    /// Writes a session if none of its id is there; as one that has ended, if a cut is newer than what is known.
    /// Repeating it changes nothing.
    fn adopt_session(&self, adopt: AdoptSession) -> impl Future<Output = Result<Adopted, StoreError>> + Send;

    /// Sees to it that every position given out from now on is greater than `seq`, and answers the head. It jumps by at
    /// least 2^20, so that no follower takes it for a row that is missing; where the head is greater already it stays.
    fn jump_beyond(
        &self,
        seq: RevocationSeq,
    ) -> impl Future<Output = Result<RevocationSeq, StoreError>> + Send;

    /// Makes the store anew, under its own id, where nothing of it is there any more; `false`: something is, or it cannot be
    /// emptied without being noticed at its opening.
    fn make_again(&self, now: Timestamp) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Says of a member whether it may go on without the store; `false`: it is not there.
    fn set_may_fall_back(
        &self,
        incarnation: Incarnation,
        may: bool,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// What a mirror says of its node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MirrorMark {
    /// The node was the only member, and all that it needs to go on is here. What is not sure is `false`.
    pub alone: bool,
    /// The node goes on without the store, or has sessions here that have not come home.
    pub away: bool,
    /// Every row of the store's log up to here was known when it was last written.
    pub position: RevocationSeq,
    /// The newest row of the store's log that was seen when it went away, or on the way home, and its id. A store that is back
    /// without it has lost the end of its log, however far its head has jumped. `None`: none was seen yet.
    pub anchor: Option<(RevocationSeq, [u8; 16])>,
    /// The rows of the log here up to this one are in the store.
    pub pushed: RevocationSeq,
    /// A store that was found empty is being given what is here.
    pub restoring: bool,
    /// The incarnations under which the node has joined the store and which it has not taken back yet.
    pub incarnations: Vec<Incarnation>,
    /// Which deployment it is of; `None`: it has never seen its store.
    pub cluster_id: Option<[u8; 16]>,
}

/// What of the mark is to change; what is `None` stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarkChange {
    /// [`MirrorMark::alone`].
    pub alone: Option<bool>,
    /// [`MirrorMark::position`], which never goes back.
    pub position: Option<RevocationSeq>,
    /// [`MirrorMark::anchor`].
    pub anchor: Option<(RevocationSeq, [u8; 16])>,
    /// [`MirrorMark::pushed`], which never goes back.
    pub pushed: Option<RevocationSeq>,
    /// [`MirrorMark::restoring`].
    pub restoring: Option<bool>,
    /// [`MirrorMark::incarnations`].
    pub incarnations: Option<Vec<Incarnation>>,
    /// [`MirrorMark::cluster_id`].
    pub cluster_id: Option<[u8; 16]>,
}

/// A part of the store as the mirror is to have it.
#[derive(Clone, Debug)]
pub enum MirrorCopy {
    /// One account; `None`: it is not there any more.
    Account(AccountName, Option<Account>),
    /// A page of the accounts; the first removes those that were there.
    Accounts {
        /// It is the first.
        first: bool,
        /// The accounts.
        accounts: Vec<Account>,
    },
    /// All API keys.
    ApiKeys(Vec<ApiKey>),
    /// All signing keys, sealed.
    SigningKeys(Vec<SigningKeyRecord>),
    /// All bans in force.
    Bans(Vec<Ban>),
}

/// A row of the log about something that is not in the mirror.
#[derive(Clone, Debug)]
pub struct OwedEnd {
    /// What ends.
    pub kind: LogKind,
    /// Why.
    pub reason: RevocationReason,
    /// Its audit entry; its instant is the end's.
    pub audit: AuditEntry,
}

/// A cut that was made in the store while the node was away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignCut {
    /// Whose; `None`: everyone's.
    pub subject: Option<SubjectId>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// Sessions that begin from now on are of this epoch: the cut's position or later.
    pub epoch: Epoch,
}

/// A node's own store, on its own disk, for the time in which the shared one is away.
///
/// Its log has positions of its own, which are greater than those of the store that were known when the node went away.
pub trait Mirror: Store + Census {
    /// Reads the mark.
    fn read_mark(&self) -> impl Future<Output = Result<MirrorMark, StoreError>> + Send;

    /// Changes the mark.
    fn change_mark(&self, change: MarkChange) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes a part of the store. It writes no row of the log.
    fn copy(&self, copy: MirrorCopy) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The node goes away. Every row of the store's log up to `position` is known; up to `heard` some may be. The log here
    /// jumps beyond that, and what begins here is older than no cut up to there.
    fn go_away(
        &self,
        position: RevocationSeq,
        heard: RevocationSeq,
    ) -> impl Future<Output = Result<RevocationSeq, StoreError>> + Send;

    /// Writes rows of the log about what is not here.
    fn owe(&self, ends: Vec<OwedEnd>) -> impl Future<Output = Result<Vec<LogRow>, StoreError>> + Send;

    /// Ends the sessions here that a cut in the store has ended, each with a row of the log; answers how many.
    fn end_older(&self, cut: ForeignCut) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// See [`Mirrored::jump_beyond`].
    fn jump_mirror_beyond(
        &self,
        seq: RevocationSeq,
    ) -> impl Future<Output = Result<RevocationSeq, StoreError>> + Send;

    /// Marks sessions as being on their way home.
    fn mark_moving(&self, ids: Vec<SessionId>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads which sessions are on their way home.
    fn list_moving(&self) -> impl Future<Output = Result<Vec<SessionId>, StoreError>> + Send;

    /// Removes sessions that are home, and their marks.
    fn forget_sessions(&self, ids: Vec<SessionId>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The node is home, where every row up to `position` is known: no session and no row of the log stays here.
    fn come_home(&self, position: RevocationSeq) -> impl Future<Output = Result<(), StoreError>> + Send;
}
