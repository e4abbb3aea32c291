//! Copies of what log-in needs, as the store has it. They write no row of the log: nothing happens here.

use symbolon_core::account::{Account, AccountName};
use symbolon_core::ban::Ban;
use symbolon_core::store::MirrorCopy;

use super::super::accounts::insert_account;
use super::super::api_keys::insert_api_key;
use super::super::bans::{SET_BANNED, insert_ban};
use super::super::signing_keys::insert_signing_key;
use super::super::subjects::{WITHOUT_END, lock_subject};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};

/// Writes a part of the store.
pub(crate) struct Copy(pub(crate) MirrorCopy);

static REMOVE_ACCOUNT: Statement = Statement::new("DELETE FROM accounts WHERE account = ?");
static REMOVE_ACCOUNT_OF: Statement = Statement::new("DELETE FROM accounts WHERE subject = ?");
static REMOVE_ACCOUNTS: Statement = Statement::new("DELETE FROM accounts");
static REMOVE_API_KEYS: Statement = Statement::new("DELETE FROM api_keys");
static REMOVE_SIGNING_KEYS: Statement = Statement::new("DELETE FROM signing_keys");
static REMOVE_BANS: Statement = Statement::new("DELETE FROM bans");
static NO_BANS: Statement =
    Statement::new("UPDATE subjects SET banned_until = NULL WHERE banned_until IS NOT NULL");

impl Operation for Copy {
    type Answer = ();
    const NAME: &'static str = "copy a part of the store";
    const LANE: Lane = Lane::Revoke;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        match &self.0 {
            MirrorCopy::Account(name, account) => copy_account(tx.link, name, account.as_ref()).await,
            MirrorCopy::Accounts { first, accounts } => copy_accounts(tx.link, *first, accounts).await,
            MirrorCopy::ApiKeys(keys) => {
                tx.link.execute(&REMOVE_API_KEYS, &[]).await?;
                for key in keys {
                    insert_api_key(tx.link, key).await?;
                }
                Ok(())
            }
            MirrorCopy::SigningKeys(keys) => {
                tx.link.execute(&REMOVE_SIGNING_KEYS, &[]).await?;
                for key in keys {
                    insert_signing_key(tx.link, key).await?;
                }
                Ok(())
            }
            MirrorCopy::Bans(bans) => copy_bans(tx.link, bans).await,
        }
    }
}

async fn copy_account<L: Link>(
    link: &mut L,
    name: &AccountName,
    account: Option<&Account>,
) -> Result<(), SqlError> {
    link.execute(&REMOVE_ACCOUNT, &[name.as_str().into()]).await?;
    let Some(account) = account else { return Ok(()) };
    // A subject has one: the one that it had under another name is gone.
    let subject = account.subject.as_str().into();
    link.execute(&REMOVE_ACCOUNT_OF, &[subject]).await?;
    insert_account(link, account).await.map(drop)
}

async fn copy_accounts<L: Link>(link: &mut L, first: bool, accounts: &[Account]) -> Result<(), SqlError> {
    if first {
        link.execute(&REMOVE_ACCOUNTS, &[]).await?;
    }
    for account in accounts {
        insert_account(link, account).await?;
    }
    Ok(())
}

async fn copy_bans<L: Link>(link: &mut L, bans: &[Ban]) -> Result<(), SqlError> {
    link.execute(&REMOVE_BANS, &[]).await?;
    link.execute(&NO_BANS, &[]).await?;
    for ban in bans {
        lock_subject(link, &ban.subject).await?;
        let ends_at = ban.until.unwrap_or(WITHOUT_END);
        let subject = ban.subject.as_str().into();
        link.change_one(&SET_BANNED, &[ends_at.into(), subject]).await?;
        insert_ban(link, ban).await?;
    }
    Ok(())
}
