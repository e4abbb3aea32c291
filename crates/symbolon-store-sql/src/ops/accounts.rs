//! Accounts, but for their passwords.

use symbolon_core::account::{Account, AccountName, AccountState};
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, RevocationReason};
use symbolon_core::store::{AccountChange, AccountPage, CutDone, FoundAccount, InsertAccount};
use symbolon_core::subject::SubjectId;

use super::cuts::{SubjectCut, cut_subject};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::account::{read_account, read_found_account};
use crate::record::audit::insert_audit;

/// Reads one account.
pub(crate) struct FindAccount(pub(crate) AccountName);

/// Reads the account of a subject.
pub(crate) struct FindAccountOf(pub(crate) SubjectId);

/// What a found account's statement selects, and from where.
macro_rules! found_account {
    ($where:literal) => {
        concat!(
            "SELECT a.account, a.subject, a.password_phc, a.role, a.state, a.created_at, a.password_changed_at, ",
            "u.epoch, u.epoch_at, u.epoch_reason, g.epoch, g.epoch_at, g.epoch_reason ",
            "FROM accounts AS a JOIN global_epoch AS g ON g.one = 1 ",
            "LEFT JOIN subjects AS u ON u.subject = a.subject ",
            $where
        )
    };
}

pub(super) static FIND_ACCOUNT: Statement = Statement::new(found_account!("WHERE a.account = ?"));
pub(super) static FIND_ACCOUNT_OF: Statement = Statement::new(found_account!("WHERE a.subject = ?"));
pub(super) static LIST_ACCOUNTS: Statement = Statement::new(
    "SELECT account, subject, password_phc, role, state, created_at, password_changed_at \
     FROM accounts WHERE account > ? ORDER BY account LIMIT ?",
);
static LOCK_ACCOUNT: Statement = Statement::new(
    "SELECT account, subject, password_phc, role, state, created_at, password_changed_at \
     FROM accounts WHERE account = ? {for_update}",
);

/// Reads and locks an account.
pub(super) async fn lock_account<L: Link>(
    link: &mut L,
    name: &AccountName,
) -> Result<Option<Account>, SqlError> {
    link.find(&LOCK_ACCOUNT, &[name.as_str().into()], read_account)
        .await
}

impl Operation for FindAccount {
    type Answer = Option<FoundAccount>;
    const NAME: &'static str = "read an account";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<FoundAccount>, SqlError> {
        tx.link
            .find(&FIND_ACCOUNT, &[self.0.as_str().into()], read_found_account)
            .await
    }
}

impl Operation for FindAccountOf {
    type Answer = Option<FoundAccount>;
    const NAME: &'static str = "read a subject's account";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<FoundAccount>, SqlError> {
        tx.link
            .find(&FIND_ACCOUNT_OF, &[self.0.as_str().into()], read_found_account)
            .await
    }
}

impl Operation for AccountPage {
    type Answer = Vec<Account>;
    const NAME: &'static str = "list accounts";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<Account>, SqlError> {
        // No name is empty: every name comes after it.
        let after = self.after.as_ref().map_or("", AccountName::as_str);
        let params = [after.into(), self.limit.into()];
        tx.link.query(&LIST_ACCOUNTS, &params, read_account).await
    }
}

// The one row that every node has: two firsts of something at the same time meet at it.
static LOCK_DEPLOYMENT: Statement = Statement::new("SELECT v FROM meta WHERE k = 'cluster_id' {for_update}");
/// Waits for whoever else makes a first of something.
pub(super) async fn lock_deployment<L: Link>(link: &mut L) -> Result<(), SqlError> {
    link.get(&LOCK_DEPLOYMENT, &[], |fields| fields.text("v").map(drop))
        .await
}

static ANY_ACCOUNT: Statement = Statement::new("SELECT account FROM accounts ORDER BY account LIMIT 1");
static INSERT_ACCOUNT: Statement = Statement::new(
    "INSERT {ignore} INTO accounts \
     (account, subject, password_phc, role, state, created_at, password_changed_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?) {or_ignore}",
);

impl Operation for InsertAccount {
    type Answer = bool;
    const NAME: &'static str = "add an account";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        if self.only_first {
            lock_deployment(tx.link).await?;
            let any = tx
                .link
                .find(&ANY_ACCOUNT, &[], |fields| fields.text("account").map(drop))
                .await?;
            if any.is_some() {
                return Ok(false);
            }
        }
        let inserted = insert_account(tx.link, &self.account).await?;
        if inserted {
            insert_audit(tx.link, &self.audit).await?;
        }
        Ok(inserted)
    }
}

/// Writes an account; `false`: its name or its subject is taken.
pub(super) async fn insert_account<L: Link>(link: &mut L, account: &Account) -> Result<bool, SqlError> {
    let params = [
        account.name.as_str().into(),
        account.subject.as_str().into(),
        account.password.as_phc().into(),
        account.role.as_str().into(),
        account.state.as_str().into(),
        account.created_at.into(),
        account.password_changed_at.into(),
    ];
    Ok(link.execute(&INSERT_ACCOUNT, &params).await? == 1)
}

static WRITE_ACCOUNT: Statement = Statement::new("UPDATE accounts SET role = ?, state = ? WHERE account = ?");

impl Operation for AccountChange {
    type Answer = Option<CutDone>;
    const NAME: &'static str = "change an account";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<CutDone>, SqlError> {
        let Some(account) = lock_account(tx.link, &self.name).await? else {
            return Ok(None);
        };
        let role = self.role.unwrap_or(account.role);
        let state = self.state.unwrap_or(account.state);
        let params = [
            role.as_str().into(),
            state.as_str().into(),
            self.name.as_str().into(),
        ];
        tx.link.change_one(&WRITE_ACCOUNT, &params).await?;
        insert_audit(tx.link, &self.audit).await?;
        // A password that strangers have guessed at too often is no reason to log its owner out.
        if self.state == Some(AccountState::Disabled) {
            cut_account(tx, &account, RevocationReason::Banned, &self.audit).await
        } else {
            tell_stale(tx, &account, &self.audit).await
        }
        .map(Some)
    }
}

/// Ends the sessions of an account's subject.
async fn cut_account<L: Link>(
    tx: &mut Tx<'_, L>,
    account: &Account,
    reason: RevocationReason,
    audit: &AuditEntry,
) -> Result<CutDone, SqlError> {
    let order = SubjectCut {
        subject: &account.subject,
        reason,
        at: audit.at,
        actor: &audit.actor.to_text(),
        keep: &[],
    };
    cut_subject(tx, &order).await
}

/// Says that what is remembered of an account's subject is stale: what it may do has changed.
async fn tell_stale<L: Link>(
    tx: &mut Tx<'_, L>,
    account: &Account,
    audit: &AuditEntry,
) -> Result<CutDone, SqlError> {
    let row = tx
        .append(Entry {
            kind: LogKind::StaleSubject(account.subject.clone()),
            at: audit.at,
            reason: RevocationReason::Revoked,
            actor: &audit.actor.to_text(),
        })
        .await?;
    Ok(CutDone {
        rows: vec![row],
        count: 0,
    })
}

/// Removes an account and ends its subject's sessions.
pub(crate) struct RemoveAccount {
    /// Whose.
    pub(crate) name: AccountName,
    /// Why its sessions end.
    pub(crate) reason: RevocationReason,
    /// Its audit entry; its instant is the removal's.
    pub(crate) audit: AuditEntry,
}

static DELETE_ACCOUNT: Statement = Statement::new("DELETE FROM accounts WHERE account = ?");

impl Operation for RemoveAccount {
    type Answer = Option<CutDone>;
    const NAME: &'static str = "remove an account";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<CutDone>, SqlError> {
        let Some(account) = lock_account(tx.link, &self.name).await? else {
            return Ok(None);
        };
        tx.link
            .change_one(&DELETE_ACCOUNT, &[self.name.as_str().into()])
            .await?;
        insert_audit(tx.link, &self.audit).await?;
        cut_account(tx, &account, self.reason, &self.audit)
            .await
            .map(Some)
    }
}
