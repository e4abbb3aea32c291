//! A store that fails when told to, for tests of whoever stands on a store.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use symbolon_core::account::{Account, AccountName};
use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::Ban;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::{LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{
    AccountChange, AccountPage, AccountStore, Activity, AdoptSession, Adopted, ApiKeyStore, BanStore,
    BanSubject, Banned, Census, ChangeSession, ConfirmSession, CutDone, CutSubject, ForeignCut, FoundAccount,
    FoundSession, Heartbeat, InsertAccount, InsertSession, InsertSigningKey, Inserted, ListBans,
    ListSessions, LogHead, LogPage, MarkChange, MemberStore, Mirror, MirrorCopy, MirrorMark, Mirrored,
    OwedEnd, PurgeOrder, Purged, ReplaceHash, RevokeSession, Revoked, RotateSession, SessionStore,
    SetPassword, SigningKeyStore, StoreError, SuccessorUse, Upkeep,
};
use symbolon_core::subject::{ClientId, SubjectId};
use symbolon_core::throttle::{Attempts, ThrottleKey};

use crate::halts::{Halts, Whose};

/// How a step fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is not done.
    Before,
    /// It is done, and the answer is lost.
    After,
}

/// One call that is to fail, or all of them from then on.
#[derive(Clone, Copy, Debug)]
struct Plan {
    step: &'static str,
    /// How many calls of the step go well before.
    passes: u32,
    fault: Fault,
    lasting: bool,
}

/// What is to fail; shared by the store and the test that steers it.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Plan>>>);

impl Faults {
    /// Lets the `nth` call of `step` from now on fail, the first being 1. A step has the name of its
    /// method, such as `commit_rotation`.
    pub fn fail(&self, step: &'static str, nth: u32, fault: Fault) {
        self.plan(step, nth, fault, false);
    }

    /// Lets every call of `step` fail until [`Faults::heal`].
    pub fn fail_always(&self, step: &'static str, fault: Fault) {
        self.plan(step, 1, fault, true);
    }

    /// Lets every call of every step fail until [`Faults::heal`]: the store is away.
    pub fn cut_off(&self, fault: Fault) {
        for step in STEPS {
            self.plan(step, 1, fault, true);
        }
    }

    /// Lets everything go well again.
    pub fn heal(&self) {
        self.lock().clear();
    }

    /// Whether everything that was to fail has failed.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.lock().is_empty()
    }

    fn plan(&self, step: &'static str, nth: u32, fault: Fault, lasting: bool) {
        assert!(STEPS.contains(&step), "no store has a step {step}");
        let passes = nth.checked_sub(1);
        self.lock().push(Plan {
            step,
            passes: passes.unwrap_or_else(|| panic!("calls are counted from 1")),
            fault,
            lasting,
        });
    }

    fn due(&self, step: &'static str) -> Option<Fault> {
        let mut plans = self.lock();
        let mut due = None;
        plans.retain_mut(|plan| {
            if plan.step != step {
                return true;
            }
            let Some(left) = plan.passes.checked_sub(1) else {
                due = Some(plan.fault);
                return plan.lasting;
            };
            plan.passes = left;
            true
        });
        due
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store that does what another does, but for the faults.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    store: S,
    faults: Faults,
    halts: Option<(Halts, Whose)>,
}

impl<S> Faulty<S> {
    /// The store with the faults that it will have.
    pub fn new(store: S, faults: Faults) -> Self {
        Self {
            store,
            faults,
            halts: None,
        }
    }

    /// Lets work stop at its calls, but for those that look at it from outside: `ping`, and the reading of one session.
    #[must_use]
    pub fn halting(self, halts: Halts, whose: Whose) -> Self {
        let halts = Some((halts, whose));
        Self { halts, ..self }
    }

    /// The store inside.
    pub fn inside(&self) -> &S {
        &self.store
    }

    async fn step<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        // Boxed, since it would be held at each of the places where it is waited for.
        let work = Box::pin(work);
        let detail = match self.faults.due(operation) {
            None => return self.beside(operation, work).await,
            Some(Fault::Before) => "it is told to fail".to_owned(),
            Some(Fault::After) => {
                work.await?;
                "the answer is lost, and whether it was done is not known".to_owned()
            }
        };
        Err(StoreError::Unavailable { operation, detail })
    }

    async fn beside<T>(&self, step: &'static str, work: impl Future<Output = T>) -> T {
        match &self.halts {
            Some((halts, whose)) if !["ping", "find_session"].contains(&step) => {
                halts.beside(*whose, step, work).await
            }
            _ => work.await,
        }
    }
}

/// Writes the traits' methods as calls of the store inside, and the list of their names.
macro_rules! steps {
    ($($room:ident { $(fn $step:ident($($name:ident: $given:ty),*) -> $answer:ty;)* })*) => {
        /// The steps of a store, by the names of their methods.
        pub const STEPS: &[&str] = &[$($(stringify!($step)),*),*];
        $(
            impl<S: $room> $room for Faulty<S> {
                $(
                    async fn $step(&self, $($name: $given),*) -> Result<$answer, StoreError> {
                        self.step(stringify!($step), self.store.$step($($name),*)).await
                    }
                )*
            }
        )*
    };
}

steps! {
    SessionStore {
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
    AccountStore {
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
    BanStore {
        fn ban_subject(ban: BanSubject) -> Banned;
        fn lift_ban(subject: SubjectId, audit: AuditEntry) -> bool;
        fn list_bans(list: ListBans) -> Vec<Ban>;
    }
    ApiKeyStore {
        fn insert_api_key(key: ApiKey, audit: AuditEntry) -> bool;
        fn find_api_key(id: ApiKeyId) -> Option<ApiKey>;
        fn list_api_keys() -> Vec<ApiKey>;
        fn client_has_key(client: ClientId) -> bool;
        fn revoke_api_key(id: ApiKeyId, audit: AuditEntry) -> Option<LogRow>;
    }
    SigningKeyStore {
        fn list_signing_keys() -> Vec<SigningKeyRecord>;
        fn insert_signing_key(insert: InsertSigningKey) -> Option<LogRow>;
        fn remove_signing_keys(ids: Vec<SigningKeyId>, audit: AuditEntry) -> Option<LogRow>;
    }
    MemberStore {
        fn join(member: Member) -> ();
        fn heartbeat(heartbeat: Heartbeat) -> Option<Timestamp>;
        fn read_log(from: RevocationSeq, limit: u32) -> LogPage;
        fn list_members() -> Vec<Member>;
        fn evict(incarnation: Incarnation, beat: u64, by_operator: bool) -> bool;
        fn leave(incarnation: Incarnation) -> ();
        fn propose_again(lost: Vec<LogRow>, at: Timestamp) -> Vec<LogRow>;
    }
    Mirrored {
        fn adopt_session(adopt: AdoptSession) -> Adopted;
        fn jump_beyond(seq: RevocationSeq) -> RevocationSeq;
        fn make_again(now: Timestamp) -> bool;
        fn set_may_fall_back(incarnation: Incarnation, may: bool) -> bool;
    }
    Mirror {
        fn read_mark() -> MirrorMark;
        fn change_mark(change: MarkChange) -> ();
        fn copy(copy: MirrorCopy) -> ();
        fn go_away(position: RevocationSeq, heard: RevocationSeq) -> RevocationSeq;
        fn owe(ends: Vec<OwedEnd>) -> Vec<LogRow>;
        fn end_older(cut: ForeignCut) -> u64;
        fn jump_mirror_beyond(seq: RevocationSeq) -> RevocationSeq;
        fn mark_moving(ids: Vec<SessionId>) -> ();
        fn list_moving() -> Vec<SessionId>;
        fn forget_sessions(ids: Vec<SessionId>) -> ();
        fn come_home(position: RevocationSeq) -> ();
    }
    Upkeep {
        fn log_head() -> LogHead;
        fn revocations_from(from: RevocationSeq, limit: u32) -> Vec<LogRow>;
        fn walk_sessions(after: Option<SessionId>, limit: u32) -> Vec<FoundSession>;
        fn purge(order: PurgeOrder) -> Purged;
        fn ping() -> ();
    }
    Census {
        fn count_sessions(now: Timestamp) -> u64;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Calls a step so many times; gives how often it was done and which calls answered.
    async fn calls(faults: &Faults, step: &'static str, count: u32) -> (u32, Vec<bool>) {
        let store = Faulty::new((), faults.clone());
        let done = AtomicU32::new(0);
        let mut answered = Vec::new();
        for _ in 0..count {
            let work = async { Ok(done.fetch_add(1, Ordering::Relaxed)) };
            answered.push(store.step(step, work).await.is_ok());
        }
        (done.into_inner(), answered)
    }

    #[tokio::test]
    async fn the_nth_call_fails_before_it_is_done() {
        let faults = Faults::default();
        faults.fail("ping", 2, Fault::Before);
        assert_eq!(
            calls(&faults, "ping", 4).await,
            (3, vec![true, false, true, true])
        );
    }

    #[tokio::test]
    async fn the_nth_call_is_done_and_its_answer_lost() {
        let faults = Faults::default();
        faults.fail("ping", 3, Fault::After);
        assert_eq!(
            calls(&faults, "ping", 4).await,
            (4, vec![true, true, false, true])
        );
    }

    #[tokio::test]
    async fn every_call_fails_until_the_faults_are_healed() {
        let faults = Faults::default();
        faults.fail_always("ping", Fault::Before);
        assert_eq!(calls(&faults, "ping", 3).await, (0, vec![false, false, false]));
        faults.heal();
        assert_eq!(calls(&faults, "ping", 1).await, (1, vec![true]));
    }

    #[tokio::test]
    async fn another_step_is_not_concerned() {
        let faults = Faults::default();
        faults.fail("ping", 1, Fault::Before);
        assert_eq!(calls(&faults, "purge", 2).await, (2, vec![true, true]));
        assert_eq!(calls(&faults, "ping", 1).await, (0, vec![false]));
    }

    #[tokio::test]
    async fn an_error_of_the_store_itself_is_not_called_a_lost_answer() {
        let faults = Faults::default();
        faults.fail("ping", 1, Fault::After);
        let away = StoreError::Unavailable {
            operation: "ping",
            detail: "disk full".to_owned(),
        };
        let store = Faulty::new((), faults);
        let answer: Result<(), _> = store.step("ping", async { Err(away.clone()) }).await;
        assert_eq!(answer.map_err(|error| error.to_string()), Err(away.to_string()));
    }

    #[test]
    #[should_panic(expected = "no store has a step pong")]
    fn a_step_that_no_store_has_is_refused() {
        Faults::default().fail("pong", 1, Fault::Before);
    }
}
