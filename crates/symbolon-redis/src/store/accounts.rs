//! Accounts and the throttle's counters.

use redis::Value;
use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, RevocationReason};
use symbolon_core::store::{
    AccountChange, AccountPage, AccountStore, CutDone, FoundAccount, InsertAccount, ReplaceHash, SetPassword,
    StoreError,
};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::fault::Fault;
use super::handle::RedisStore;
use super::record::account::{read_account, read_found_account};
use super::record::audit::add_audit;
use super::record::session::add_tokens;
use super::reply::{flag, list, maybe, number, tuple};
use super::script::{Call, Script, script};
use super::sessions::throttle_name;

static FIND: Script = script!("read an account": "base" "sessions" "accounts" "find_account");
static LIST: Script = script!("list accounts": "base" "accounts" "list_accounts");
static INSERT: Script = script!("add an account": "base" "audit" "accounts" "insert_account");
static SET_PASSWORD: Script = script!(
    "set a password": "base" "log" "audit" "attempts" "sessions" "alive" "tokens" "cuts" "accounts" "set_password"
);
static REPLACE_HASH: Script = script!("renew a password hash": "base" "audit" "accounts" "replace_hash");
static CHANGE: Script = script!(
    "change an account": "base" "log" "audit" "sessions" "alive" "cuts" "accounts" "change_account"
);
static REMOVE: Script = script!(
    "remove an account": "base" "log" "audit" "sessions" "alive" "cuts" "accounts" "remove_account"
);
static FIND_ATTEMPTS: Script = script!("read a counter of failed attempts": "base" "find_attempts");
static RESERVE: Script = script!("count an attempt": "base" "reserve_attempt");

/// How many accounts one script reads at the most: Redis does nothing else meanwhile.
const PER_SCRIPT_MAX: u32 = 250;

impl AccountStore for RedisStore {
    async fn find_account(&self, name: AccountName) -> Result<Option<FoundAccount>, StoreError> {
        self.find(Some(name.as_str()), None).await
    }

    async fn find_account_of(&self, subject: SubjectId) -> Result<Option<FoundAccount>, StoreError> {
        self.find(None, Some(subject.as_str())).await
    }

    async fn list_accounts(&self, page: AccountPage) -> Result<Vec<Account>, StoreError> {
        let (mut found, mut left): (Vec<Account>, u32) = (Vec::new(), page.limit);
        while left > 0 {
            let some = left.min(PER_SCRIPT_MAX);
            let after = found.last().map(|account| &account.name).or(page.after.as_ref());
            let mut call = Call::of(&LIST);
            call.maybe(after.map(AccountName::as_str)).text(some);
            let answer = self.ask(&call).await?;
            let read = list(answer).and_then(|all| all.into_iter().map(read_account).collect());
            let read: Vec<_> = read.map_err(|fault| fault.in_step(LIST.does))?;
            let is_last = read.len() < some as usize;
            found.extend(read);
            left -= some;
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    async fn insert_account(&self, insert: InsertAccount) -> Result<bool, StoreError> {
        let account = &insert.account;
        let mut call = Call::of(&INSERT);
        add_audit(&mut call, &insert.audit);
        call.text(u8::from(insert.only_first))
            .arg(account.name.as_str())
            .arg(account.subject.as_str())
            .arg(account.password.as_phc())
            .arg(account.role.as_str())
            .arg(account.state.as_str())
            .text(account.created_at.0)
            .text(account.password_changed_at.0);
        let written = self.ask_at_length(&call).await?;
        flag(&written).map_err(|fault| fault.in_step(INSERT.does))
    }

    async fn set_password(&self, set: SetPassword) -> Result<Option<CutDone>, StoreError> {
        let mut call = Call::of(&SET_PASSWORD);
        add_audit(&mut call, &set.audit);
        call.arg(set.name.as_str())
            .arg(set.password.as_phc())
            .maybe(set.expected.as_ref().map(PasswordHash::as_phc))
            .arg(throttle_name(set.clear_attempts))
            .maybe(set.keep.as_ref().map(|keep| keep.session.subject.as_str()));
        if let Some(keep) = &set.keep {
            let added = add_tokens(&mut call, &keep.session, keep.from);
            added.map_err(|fault| fault.in_step(SET_PASSWORD.does))?;
        }
        self.cut_by(call).await
    }

    async fn replace_hash(&self, replace: ReplaceHash) -> Result<bool, StoreError> {
        let mut call = Call::of(&REPLACE_HASH);
        add_audit(&mut call, &replace.audit);
        call.arg(replace.name.as_str())
            .arg(replace.expected.as_phc())
            .arg(replace.password.as_phc());
        let written = self.ask_at_length(&call).await?;
        flag(&written).map_err(|fault| fault.in_step(REPLACE_HASH.does))
    }

    async fn change_account(&self, change: AccountChange) -> Result<Option<CutDone>, StoreError> {
        // A password that strangers have guessed at too often is no reason to log its owner out.
        let ends = change.state == Some(AccountState::Disabled);
        let mut call = Call::of(&CHANGE);
        add_audit(&mut call, &change.audit);
        call.arg(change.name.as_str())
            .maybe(change.role.map(Role::as_str))
            .maybe(change.state.map(AccountState::as_str))
            .text(u8::from(ends));
        self.cut_by(call).await
    }

    async fn remove_account(
        &self,
        name: AccountName,
        reason: RevocationReason,
        audit: AuditEntry,
    ) -> Result<Option<CutDone>, StoreError> {
        let mut call = Call::of(&REMOVE);
        add_audit(&mut call, &audit);
        call.arg(name.as_str()).arg(reason.as_str());
        self.cut_by(call).await
    }

    async fn find_attempts(&self, key: ThrottleKey) -> Result<Attempts, StoreError> {
        let mut call = Call::of(&FIND_ATTEMPTS);
        call.arg(throttle_name(key));
        let found = self.ask(&call).await?;
        read_attempts(found).map_err(|fault| fault.in_step(FIND_ATTEMPTS.does))
    }

    async fn reserve_attempt(
        &self,
        key: ThrottleKey,
        seen: Attempts,
        next: Attempts,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut call = Call::of(&RESERVE);
        call.arg(throttle_name(key));
        for attempts in [seen, next] {
            call.text(attempts.failures).text(attempts.next_try_at.0);
        }
        call.text(at.0);
        let written = self.ask_at_length(&call).await?;
        flag(&written).map_err(|fault| fault.in_step(RESERVE.does))
    }
}

impl RedisStore {
    async fn find(
        &self,
        name: Option<&str>,
        subject: Option<&str>,
    ) -> Result<Option<FoundAccount>, StoreError> {
        let mut call = Call::of(&FIND);
        call.maybe(name).maybe(subject);
        let found = self.ask(&call).await?;
        maybe(found, read_found_account).map_err(|fault| fault.in_step(FIND.does))
    }

    /// Has a script run that answers how many sessions it has ended, or nothing where it changed nothing.
    async fn cut_by(&self, call: Call) -> Result<Option<CutDone>, StoreError> {
        let does = call.script.does;
        let (answer, rows) = self.change(call).await?;
        read_cut_done(answer, rows).map_err(|fault| fault.in_step(does))
    }
}

fn read_cut_done(answer: Value, rows: Vec<LogRow>) -> Result<Option<CutDone>, Fault> {
    let count = maybe(answer, number)?;
    Ok(count.map(|count| CutDone { rows, count }))
}

/// A counter that was never written is zero.
fn read_attempts(found: Value) -> Result<Attempts, Fault> {
    let [failures, next_try_at] = tuple(found)?;
    Ok(Attempts {
        failures: maybe(failures, number)?.unwrap_or_default(),
        next_try_at: Timestamp(maybe(next_try_at, number)?.unwrap_or_default()),
    })
}
