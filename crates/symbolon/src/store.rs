//! The store under a Symbolon: one of those that there are, chosen once when it is opened.
//!
//! Which one it is shows in no other room: all else is written against the traits of `symbolon_core::store`. A session
//! that is answered for from memory never comes here.

use std::sync::Arc;

use symbolon_core::account::{Account, AccountName};
use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::Ban;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::{LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::signal::{SignalSink, Signals};
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{
    AccountChange, AccountPage, AccountStore, Activity, ApiKeyStore, BanStore, BanSubject, Banned, Census,
    ChangeSession, ConfirmSession, CutDone, CutSubject, FoundAccount, FoundSession, Heartbeat, InsertAccount,
    InsertSession, InsertSigningKey, Inserted, ListBans, ListSessions, LogHead, LogPage, MemberStore,
    PurgeOrder, Purged, ReplaceHash, RevokeSession, Revoked, RotateSession, SessionStore, SetPassword,
    SigningKeyStore, StoreError, SuccessorUse, Upkeep,
};
use symbolon_core::subject::{ClientId, SubjectId};
use symbolon_core::throttle::{Attempts, ThrottleKey};
use symbolon_core::token::SumKey;
use symbolon_redis::RedisStore;
use symbolon_store_sql::SqlStore;

use crate::fallback::RedisOrMirror;
use crate::{RedisStanding, Standing};

/// One of the stores. Clones are the same store.
#[derive(Clone)]
pub(crate) enum AnyStore {
    /// SQLite inside, or a database server.
    Sql(SqlStore),
    /// A Redis or a Valkey.
    Redis(RedisStore),
    /// The same, and what goes on without it.
    Mirrored(RedisOrMirror),
}

impl AnyStore {
    /// Begins to tell the other nodes of this store of revocations at once; `None`: it passes nothing on by itself.
    pub(crate) fn signals(&self, key: SumKey, sink: Arc<dyn SignalSink>) -> Option<Arc<dyn Signals>> {
        match self {
            Self::Sql(store) => store.signals(key, sink),
            // Over a connection besides, which whoever opens the store makes.
            Self::Redis(_) | Self::Mirrored(_) => None,
        }
    }

    /// How it is with Redis, if that is the store.
    pub(crate) fn redis_standing(&self) -> RedisStanding {
        match self {
            Self::Sql(_) => RedisStanding::Absent,
            Self::Redis(store) if store.is_here() => RedisStanding::Here,
            Self::Redis(_) => RedisStanding::Away,
            Self::Mirrored(store) if store.state().standing != Standing::Healthy => RedisStanding::FallenBack,
            Self::Mirrored(store) if store.primary().is_some_and(|redis| redis.is_here()) => {
                RedisStanding::Here
            }
            Self::Mirrored(_) => RedisStanding::Away,
        }
    }

    /// Does what waits and lets the store go.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sql(store) => store.close().await,
            Self::Redis(store) => store.close().await,
            Self::Mirrored(store) => {
                if let Some(redis) = store.primary() {
                    redis.close().await;
                }
                store.mirror().close().await;
            }
        }
    }

    /// What goes on without the store, if anything does.
    pub(crate) fn mirrored(&self) -> Option<&RedisOrMirror> {
        match self {
            Self::Mirrored(store) => Some(store),
            Self::Sql(_) | Self::Redis(_) => None,
        }
    }

    /// Waits until nothing that this process writes can be trusted any more, and says why. Of a store that lives it
    /// waits for ever.
    pub(crate) async fn died(&self) -> Arc<str> {
        match self {
            Self::Sql(store) => store.died().await,
            // Nothing of it is in this process: what it acknowledged it has, and a Redis that comes back goes on.
            Self::Redis(_) => std::future::pending().await,
            Self::Mirrored(store) => store.mirror().died().await,
        }
    }
}

/// The steps of a trait, each done by the store that is there.
macro_rules! each_by_its_store {
    ($(fn $step:ident($($what:ident: $of:ty),*) -> $answer:ty;)*) => {$(
        async fn $step(&self, $($what: $of),*) -> Result<$answer, StoreError> {
            match self {
                Self::Sql(store) => store.$step($($what),*).await,
                Self::Redis(store) => store.$step($($what),*).await,
                Self::Mirrored(store) => store.$step($($what),*).await,
            }
        }
    )*};
}

impl SessionStore for AnyStore {
    each_by_its_store! {
        fn insert_session(insert: InsertSession) -> Inserted;
        fn find_session(id: SessionId) -> Option<FoundSession>;
        fn find_sessions(ids: Vec<SessionId>) -> Vec<Option<FoundSession>>;
        fn commit_rotation(rotate: RotateSession) -> bool;
        fn confirm_session(confirm: ConfirmSession) -> Option<LogRow>;
        fn revoke_session(revoke: RevokeSession) -> Revoked;
        fn cut_subject(cut: CutSubject) -> CutDone;
        fn cut_everyone(reason: RevocationReason, audit: AuditEntry) -> CutDone;
        fn change_session(change: ChangeSession) -> Option<LogRow>;
        fn list_sessions(list: ListSessions) -> Vec<FoundSession>;
        fn record_activity(uses: Vec<Activity>) -> ();
        fn mark_successors_used(uses: Vec<SuccessorUse>) -> ();
        fn wipe_nonces(uses: Vec<SuccessorUse>) -> ();
        fn record_audit(entries: Vec<AuditEntry>) -> ();
    }
}

impl AccountStore for AnyStore {
    each_by_its_store! {
        fn find_account(name: AccountName) -> Option<FoundAccount>;
        fn find_account_of(subject: SubjectId) -> Option<FoundAccount>;
        fn list_accounts(page: AccountPage) -> Vec<Account>;
        fn insert_account(insert: InsertAccount) -> bool;
        fn set_password(set: SetPassword) -> Option<CutDone>;
        fn replace_hash(replace: ReplaceHash) -> bool;
        fn change_account(change: AccountChange) -> Option<CutDone>;
        fn remove_account(name: AccountName, reason: RevocationReason, audit: AuditEntry) -> Option<CutDone>;
        fn find_attempts(key: ThrottleKey) -> Attempts;
        fn reserve_attempt(key: ThrottleKey, seen: Attempts, next: Attempts, at: Timestamp) -> bool;
    }
}

impl BanStore for AnyStore {
    each_by_its_store! {
        fn ban_subject(ban: BanSubject) -> Banned;
        fn lift_ban(subject: SubjectId, audit: AuditEntry) -> bool;
        fn list_bans(list: ListBans) -> Vec<Ban>;
    }
}

impl ApiKeyStore for AnyStore {
    each_by_its_store! {
        fn insert_api_key(key: ApiKey, audit: AuditEntry) -> bool;
        fn find_api_key(id: ApiKeyId) -> Option<ApiKey>;
        fn list_api_keys() -> Vec<ApiKey>;
        fn client_has_key(client: ClientId) -> bool;
        fn revoke_api_key(id: ApiKeyId, audit: AuditEntry) -> Option<LogRow>;
    }
}

impl SigningKeyStore for AnyStore {
    each_by_its_store! {
        fn list_signing_keys() -> Vec<SigningKeyRecord>;
        fn insert_signing_key(insert: InsertSigningKey) -> Option<LogRow>;
        fn remove_signing_keys(ids: Vec<SigningKeyId>, audit: AuditEntry) -> Option<LogRow>;
    }
}

impl MemberStore for AnyStore {
    each_by_its_store! {
        fn join(member: Member) -> ();
        fn heartbeat(heartbeat: Heartbeat) -> Option<Timestamp>;
        fn read_log(from: RevocationSeq, limit: u32) -> LogPage;
        fn list_members() -> Vec<Member>;
        fn evict(incarnation: Incarnation, beat: u64, by_operator: bool) -> bool;
        fn leave(incarnation: Incarnation) -> ();
        fn propose_again(lost: Vec<LogRow>, at: Timestamp) -> Vec<LogRow>;
    }
}

impl Census for AnyStore {
    each_by_its_store! {
        fn count_sessions(now: Timestamp) -> u64;
    }
}

impl Upkeep for AnyStore {
    each_by_its_store! {
        fn log_head() -> LogHead;
        fn revocations_from(from: RevocationSeq, limit: u32) -> Vec<LogRow>;
        fn walk_sessions(after: Option<SessionId>, limit: u32) -> Vec<FoundSession>;
        fn purge(order: PurgeOrder) -> Purged;
        fn ping() -> ();
    }
}
