//! A new password: it ends the subject's sessions but, where asked for, the one it was set from.

use symbolon_core::account::{Account, AccountState};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::store::{CutDone, KeptSession, ReplaceHash, SetPassword};

use super::accounts::lock_account;
use super::attempts::clear_attempts;
use super::cuts::{SubjectCut, cut_subject};
use super::rotate::write_tokens;
use super::subjects::lock_subject;
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::insert_audit;

static REPLACE_HASH: Statement =
    Statement::new("UPDATE accounts SET password_phc = ? WHERE account = ? AND password_phc = ?");

impl Operation for ReplaceHash {
    type Answer = bool;
    const NAME: &'static str = "renew a password hash";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let params = [
            self.password.as_phc().into(),
            self.name.as_str().into(),
            self.expected.as_phc().into(),
        ];
        let replaced = tx.link.execute(&REPLACE_HASH, &params).await? == 1;
        if replaced {
            insert_audit(tx.link, &self.audit).await?;
        }
        Ok(replaced)
    }
}

static WRITE_PASSWORD: Statement = Statement::new(
    "UPDATE accounts SET password_phc = ?, password_changed_at = ?, state = ? WHERE account = ?",
);

impl Operation for SetPassword {
    type Answer = Option<CutDone>;
    const NAME: &'static str = "set a password";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<CutDone>, SqlError> {
        let Some(account) = lock_account(tx.link, &self.name).await? else {
            return Ok(None);
        };
        if self
            .expected
            .as_ref()
            .is_some_and(|expected| *expected != account.password)
        {
            return Ok(None);
        }
        write_password(tx.link, self, account.state).await?;
        insert_audit(tx.link, &self.audit).await?;
        lock_subject(tx.link, &account.subject).await?;
        let kept = keep_pair(tx.link, &account, self.keep.as_ref()).await?;
        let order = SubjectCut {
            subject: &account.subject,
            reason: RevocationReason::PasswordChanged,
            at: self.audit.at,
            actor: &self.audit.actor.to_text(),
            keep: kept.as_slice(),
        };
        let mut done = cut_subject(tx, &order).await?;
        if let Some(id) = kept {
            // What is remembered of the session's old pair must not outlive it.
            let row = tx
                .append(Entry {
                    kind: LogKind::StaleSession(id),
                    at: order.at,
                    reason: order.reason,
                    actor: order.actor,
                })
                .await?;
            done.rows.push(row);
        }
        Ok(Some(done))
    }
}

async fn write_password<L: Link>(
    link: &mut L,
    set: &SetPassword,
    before: AccountState,
) -> Result<(), SqlError> {
    let state = match before {
        AccountState::PasswordDisabled => AccountState::Enabled,
        AccountState::Enabled | AccountState::Disabled => before,
    };
    let params = [
        set.password.as_phc().into(),
        set.audit.at.into(),
        state.as_str().into(),
        set.name.as_str().into(),
    ];
    link.change_one(&WRITE_PASSWORD, &params).await?;
    clear_attempts(link, set.clear_attempts).await
}

/// Gives the kept session its new pair; `None`: there is none, it is not the account's, it has ended,
/// or it rotated meanwhile.
async fn keep_pair<L: Link>(
    link: &mut L,
    account: &Account,
    keep: Option<&KeptSession>,
) -> Result<Option<SessionId>, SqlError> {
    let Some(keep) = keep.filter(|keep| keep.session.subject == account.subject) else {
        return Ok(None);
    };
    let written = write_tokens(link, &keep.session, keep.from).await?;
    Ok(written.then_some(keep.session.id))
}
