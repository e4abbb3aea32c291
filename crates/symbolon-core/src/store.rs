//! The authoritative memory, as traits.
//!
//! Every method is one atomic step that holds no policy: what is to be written was decided before,
//! and where a decision could be overtaken, the step compares before it sets. A store that answers
//! `Ok` to a change has made it durable. No signature here can carry a clear token.
//!
//! Rows of the revocation log that a change commits are given to the process's
//! [`LogSink`](crate::revocation::LogSink) after the commit and before the answer.

mod accounts;
mod api_keys;
mod bans;
mod census;
mod members;
mod mirror;
mod sessions;
mod signing_keys;
mod upkeep;

pub use accounts::{
    AccountChange, AccountPage, AccountStore, FoundAccount, InsertAccount, KeptSession, ReplaceHash,
    SetPassword,
};
pub use api_keys::{API_KEYS_MAX, ApiKeyStore};
pub use bans::{BanStore, BanSubject, Banned, ListBans};
pub use census::Census;
pub use members::{Heartbeat, LogPage, MemberStore};
pub use mirror::{
    AdoptSession, Adopted, ForeignCut, MarkChange, Mirror, MirrorCopy, MirrorMark, Mirrored, OwedEnd,
};
pub use sessions::{
    Activity, ChangeSession, ConfirmSession, CutDone, CutSubject, FoundSession, InsertSession, Inserted,
    ListSessions, RevokeSession, Revoked, RotateSession, SessionStore, SuccessorUse,
};
pub use signing_keys::{InsertSigningKey, SigningKeyStore};
pub use upkeep::{LogHead, PurgeOrder, Purged, Upkeep};

/// The store could not do a step. Nothing of it was done, unless the error says that this is not known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It is away, busy, full or read-only: the same step may succeed later.
    #[error("the store cannot {operation} now: {detail}")]
    Unavailable {
        /// The step.
        operation: &'static str,
        /// What the engine said.
        detail: String,
    },
    /// It holds something that cannot be read. An operator must look.
    #[error("the store holds data that cannot be read ({operation}): {detail}")]
    Damaged {
        /// The step.
        operation: &'static str,
        /// What was found.
        detail: String,
    },
}

/// A whole store.
pub trait Store:
    SessionStore + AccountStore + BanStore + ApiKeyStore + SigningKeyStore + MemberStore + Upkeep
{
}

impl<S> Store for S where
    S: SessionStore + AccountStore + BanStore + ApiKeyStore + SigningKeyStore + MemberStore + Upkeep
{
}
