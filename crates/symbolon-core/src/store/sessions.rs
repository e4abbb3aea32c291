//! Sessions and their endings.

use std::future::Future;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::clock::Timestamp;
use crate::policy::OnMax;
use crate::revocation::{Cut, LogRow, RevocationReason, RevocationSeq};
use crate::session::{Epoch, Session, SessionId};
use crate::subject::SubjectId;
use crate::throttle::ThrottleKey;
use crate::token::Generation;

/// A session to write, and under which conditions.
#[derive(Clone, Debug)]
pub struct InsertSession {
    /// The session; its epoch is set by the store to the newest cut that it reads in the same step.
    pub session: Session,
    /// How many live sessions the subject may have, this one included.
    pub per_subject_max: u32,
    /// What to do with one more.
    pub on_max: OnMax,
    /// The newest cut as it was when the credentials were read; another one refuses the session.
    pub credential_epoch: Option<Epoch>,
    /// The throttle's counter to clear, since the password was right.
    pub clear_attempts: Option<ThrottleKey>,
    /// A session to end in the same step: the one that was presented at log-in.
    pub replaces: Option<SessionId>,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// What became of an [`InsertSession`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inserted {
    /// It is durable.
    Done {
        /// The cut that it was issued under.
        epoch: Epoch,
        /// The rows of the sessions that it replaced.
        ended: Vec<LogRow>,
    },
    /// The subject has as many sessions as it may have.
    LimitReached,
    /// The subject is banned.
    Banned {
        /// Until when; `None`: without end.
        until: Option<Timestamp>,
    },
    /// The credentials were changed or the sessions cut since they were read.
    CredentialStale,
}

/// A session with the newest cut that concerns its subject, read in one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundSession {
    /// The session.
    pub session: Session,
    /// The newer of the subject's cut and everyone's.
    pub cut: Cut,
}

/// A rotation to commit: a session whose tokens have changed.
#[derive(Clone, Debug)]
pub struct RotateSession {
    /// The session as it is to be: its tokens, idle end, last use and place are written.
    pub session: Session,
    /// The generation that it must still have.
    pub from: Generation,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// A session whose subject has proven once more who they are: it goes on with a new pair.
#[derive(Clone, Debug)]
pub struct ConfirmSession {
    /// The session as it is to be: the instant of the proof is written, and what a rotation writes.
    pub session: Session,
    /// The generation that it must still have.
    pub from: Generation,
    /// The throttle's counter to clear, since the password was right.
    pub clear_attempts: ThrottleKey,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// A session to end.
#[derive(Clone, Debug)]
pub struct RevokeSession {
    /// Which.
    pub id: SessionId,
    /// Why.
    pub reason: RevocationReason,
    /// Its audit entry; its instant is the end's.
    pub audit: AuditEntry,
}

/// What became of a [`RevokeSession`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revoked {
    /// It ended now.
    Done(LogRow),
    /// It had ended before, by itself or by a cut.
    Already {
        /// Where in the log.
        seq: RevocationSeq,
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// There is no such session.
    Unknown,
}

/// The sessions of a subject to end.
#[derive(Clone, Debug)]
pub struct CutSubject {
    /// Whose.
    pub subject: SubjectId,
    /// Why.
    pub reason: RevocationReason,
    /// Which go on, at the most [`KEEP_MAX`](crate::revocation::KEEP_MAX).
    pub keep: Vec<SessionId>,
    /// Only those of this kind of device: then one row each, and no cut.
    pub device_kind: Option<String>,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// What a cut did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutDone {
    /// The rows that it wrote; none where nothing was to be ended one by one.
    pub rows: Vec<LogRow>,
    /// How many live sessions it ended.
    pub count: u64,
}

/// New lives or claims of a session.
#[derive(Clone, Debug)]
pub struct ChangeSession {
    /// The session as it is to be: its lives, ends and claims are written, and its access token's end
    /// if that token is still the current one.
    pub session: Session,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// A page of one subject's sessions, the newest first.
#[derive(Clone, Debug)]
pub struct ListSessions {
    /// Whose.
    pub subject: SubjectId,
    /// Only those alive at this instant; `None`: also those that ended and are still kept.
    pub live_at: Option<Timestamp>,
    /// Only those older than this one: the last of the page before.
    pub before: Option<SessionId>,
    /// How many.
    pub limit: u32,
}

/// A use of a session, to be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Activity {
    /// Which.
    pub session_id: SessionId,
    /// When.
    pub seen_at: Timestamp,
    /// The idle end that follows.
    pub idle_expires_at: Timestamp,
}

/// The first use of a pair, or the end of its repetitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SuccessorUse {
    /// Which session.
    pub session_id: SessionId,
    /// The pair's generation: nothing is written if it is no longer the current one.
    pub generation: Generation,
    /// When it was first used.
    pub used_at: Timestamp,
}

/// Sessions, as the store keeps them.
pub trait SessionStore: Send + Sync + 'static {
    /// Writes a new session, its audit entry, and the ends of those it replaces.
    fn insert_session(
        &self,
        insert: InsertSession,
    ) -> impl Future<Output = Result<Inserted, StoreError>> + Send;

    /// Reads one session.
    fn find_session(
        &self,
        id: SessionId,
    ) -> impl Future<Output = Result<Option<FoundSession>, StoreError>> + Send;

    /// Reads sessions in the order of `ids`, at the most 1,000.
    fn find_sessions(
        &self,
        ids: Vec<SessionId>,
    ) -> impl Future<Output = Result<Vec<Option<FoundSession>>, StoreError>> + Send;

    /// Writes the tokens of a session that is still active and of the expected generation; `false`:
    /// it is not, and nothing was written. Where the generation stays the same, a first use that was
    /// marked since the session was read stays marked: the grace of the old token has begun.
    fn commit_rotation(&self, rotate: RotateSession)
    -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Writes the new pair and the new proof of a session that is still active and of the expected
    /// generation, and says in the log that what is remembered of it is stale; `None`: it is not, and
    /// nothing was written.
    fn confirm_session(
        &self,
        confirm: ConfirmSession,
    ) -> impl Future<Output = Result<Option<LogRow>, StoreError>> + Send;

    /// Ends one session.
    fn revoke_session(
        &self,
        revoke: RevokeSession,
    ) -> impl Future<Output = Result<Revoked, StoreError>> + Send;

    /// Ends a subject's sessions: by one cut, or one by one where a kind of device is named.
    fn cut_subject(&self, cut: CutSubject) -> impl Future<Output = Result<CutDone, StoreError>> + Send;

    /// Ends everyone's sessions by one cut.
    fn cut_everyone(
        &self,
        reason: RevocationReason,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<CutDone, StoreError>> + Send;

    /// Writes new lives or claims of an active session and says so in the log; `None`: it is not
    /// there or has ended.
    fn change_session(
        &self,
        change: ChangeSession,
    ) -> impl Future<Output = Result<Option<LogRow>, StoreError>> + Send;

    /// Reads a page of a subject's sessions.
    fn list_sessions(
        &self,
        list: ListSessions,
    ) -> impl Future<Output = Result<Vec<FoundSession>, StoreError>> + Send;

    /// Records uses. One that comes late never revives: only active sessions whose idle end has not
    /// come at the use's instant are written, and no instant goes back.
    fn record_activity(&self, uses: Vec<Activity>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Records the first use of pairs, where none is recorded for that generation yet.
    fn mark_successors_used(
        &self,
        uses: Vec<SuccessorUse>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the nonces of pairs that can no longer be repeated, where the generation is the same.
    fn wipe_nonces(&self, uses: Vec<SuccessorUse>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes audit entries of what changed nothing: refusals and repetitions.
    fn record_audit(&self, entries: Vec<AuditEntry>) -> impl Future<Output = Result<(), StoreError>> + Send;
}
