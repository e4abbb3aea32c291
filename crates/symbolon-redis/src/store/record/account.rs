//! An account, as `look_at_account` tells it.

use redis::Value;
use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::FoundAccount;

use super::log::read_subject;
use crate::store::fault::Fault;
use crate::store::reply::{list, number, text, tuple};

/// Reads `name, subject, password, role, state, created, changed`.
pub(crate) fn read_account(value: Value) -> Result<Account, Fault> {
    let [name, subject, password, role, state, created_at, changed_at] = tuple(value)?;
    Ok(Account {
        name: AccountName::new(&text(name)?).map_err(|error| Fault::Damaged(format!("account: {error}")))?,
        subject: read_subject(&text(subject)?)?,
        password: PasswordHash::from_phc(text(password)?),
        role: word(text(role)?, Role::parse)?,
        state: word(text(state)?, AccountState::parse)?,
        created_at: Timestamp(number(created_at)?),
        password_changed_at: Timestamp(number(changed_at)?),
    })
}

/// Reads an account and, after it, the position of the newest cut that concerns it.
pub(crate) fn read_found_account(value: Value) -> Result<FoundAccount, Fault> {
    let mut parts = list(value)?;
    let epoch = parts.pop().unwrap_or(Value::Nil);
    Ok(FoundAccount {
        account: read_account(Value::Array(parts))?,
        epoch: RevocationSeq(number(epoch)?),
    })
}

/// What is meant by a word.
fn word<T>(word: String, parse: fn(&str) -> Option<T>) -> Result<T, Fault> {
    parse(&word).ok_or_else(|| Fault::Damaged(format!("an account has the unknown word {word:?}")))
}
