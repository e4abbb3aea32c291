//! The account that a new server begins with.

use symbolon_core::account::{AccountName, Role};
use symbolon_core::audit::Origin;
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::store::{AccountPage, AccountStore};
use zeroize::Zeroizing;

use super::{AccountError, Accounts, NewAccount};
use crate::password::Password;
use crate::password::rules::Refused;

/// The name of the first administrator.
const NAME: &str = "admin";

/// How many characters its password has, unless a deployment asks for more: 24 of 62 kinds, 142 bits.
const CHARS: usize = 24;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The first administrator, just made. The password is here and nowhere else.
pub struct FirstAdministrator {
    /// Its name.
    pub name: AccountName,
    /// Its password: A–Z, a–z and 0–9, to be shown once.
    pub password: Zeroizing<String>,
}

impl<S: AccountStore> Accounts<S> {
    /// Makes an administrator with a random password if there is no account at all; `None`: there is
    /// one. Of several servers that begin on one store, one makes it.
    ///
    /// # Errors
    /// When there is no randomness, or the store or the pool cannot answer.
    pub async fn ensure_first_administrator(
        &self,
        origin: &Origin,
    ) -> Result<Option<FirstAdministrator>, AccountError> {
        let page = AccountPage {
            after: None,
            limit: 1,
        };
        if !self.store.list_accounts(page).await?.is_empty() {
            return Ok(None);
        }
        let len = CHARS.max(self.settings.rules.min_chars());
        let text = random_text(len, &*self.random).map_err(AccountError::Randomness)?;
        let new = NewAccount {
            name_text: NAME,
            password: Password::new(&text).map_err(Refused::from)?,
            role: Role::Admin,
            subject: None,
        };
        let made = self.insert(new, true, origin).await?;
        Ok(made.map(|account| FirstAdministrator {
            name: account.name,
            password: text,
        }))
    }
}

/// Draws `len` characters of [`ALPHABET`], each as likely as any other: bytes beyond the last whole
/// multiple of 62 are thrown away.
fn random_text(len: usize, random: &dyn Randomness) -> Result<Zeroizing<String>, RandomnessUnavailable> {
    let mut text = Zeroizing::new(String::with_capacity(len));
    let mut bytes = Zeroizing::new([0; 64]);
    while text.len() < len {
        random.fill(&mut *bytes)?;
        let drawn = bytes.iter().filter(|byte| **byte < 248);
        let chars = drawn.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        let missing = len - text.len();
        text.extend(chars.take(missing));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Bytes in a row, from the one it was made with.
    struct Counting(AtomicU8);

    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }
    }

    fn text_from(first: u8, len: usize) -> String {
        let text = random_text(len, &Counting(AtomicU8::new(first))).unwrap();
        text.as_str().to_owned()
    }

    #[test]
    fn each_byte_gives_one_character() {
        let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        assert_eq!(text_from(0, 62), all);
        assert_eq!(text_from(62, 62), all);
        assert_eq!(text_from(0, 200), format!("{all}{all}{all}ABCDEFGHIJKLMN"));
    }

    #[test]
    fn bytes_that_would_favour_some_characters_are_thrown_away() {
        assert_eq!(
            text_from(246, 4),
            "89AB",
            "246, 247, then 0 and 1 after eight bytes are left out"
        );
        assert_eq!(text_from(248, 1), "A");
    }

    #[test]
    fn as_many_characters_come_as_are_asked_for() {
        for len in [0, 1, 24, 64, 65, 1000] {
            assert_eq!(text_from(7, len).len(), len);
        }
    }
}
