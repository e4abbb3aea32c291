//! An account as a row.

use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::store::FoundAccount;
use symbolon_core::subject::SubjectId;

use super::cut::read_cut;
use super::session::name;
use crate::link::{Fields, SqlError};

/// Reads `account, subject, password_phc, role, state, created_at, password_changed_at`.
pub(crate) fn read_account(fields: &mut Fields<'_>) -> Result<Account, SqlError> {
    Ok(Account {
        name: name("account", AccountName::new(fields.text("account")?))?,
        subject: name("subject", SubjectId::new(fields.text("subject")?))?,
        password: PasswordHash::from_phc(fields.text("password_phc")?.to_owned()),
        role: fields.word("role", Role::parse)?,
        state: fields.word("state", AccountState::parse)?,
        created_at: fields.instant("created_at")?,
        password_changed_at: fields.instant("password_changed_at")?,
    })
}

/// Reads an account and, after its columns, the cuts of its subject and of everyone.
pub(crate) fn read_found_account(fields: &mut Fields<'_>) -> Result<FoundAccount, SqlError> {
    let account = read_account(fields)?;
    let cut = read_cut(fields)?.newer(read_cut(fields)?);
    Ok(FoundAccount {
        account,
        epoch: cut.seq,
    })
}
