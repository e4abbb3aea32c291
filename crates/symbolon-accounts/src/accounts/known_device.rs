//! Devices that an account has logged in on before.
//!
//! Whoever knows a name can use up its guesses, and so keep its owner waiting. A log-in that succeeds
//! therefore gives a proof of the device along; the next log-in that brings it has a counter of its
//! own, which no stranger can use up. The proof is no credential: alone it opens nothing. It is a sum
//! under a key of ours over the name, the device, the instant and the instant of the last change of
//! the password, so that a new password makes every proof of the old one worthless.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use symbolon_core::account::Account;
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use zeroize::Zeroizing;

use super::throttle::keyed;

/// How long a proof is good: as long as the longest session lives where nothing else is set. It is
/// renewed at each log-in.
pub const KNOWN_DEVICE_TTL: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What every proof begins with.
const PREFIX: &str = "syd_";

const SUM: usize = 16;
const BYTES: usize = 16 + 8 + SUM;

/// What a log-in brings to be told from strangers.
#[derive(Clone, Copy)]
pub enum Known<'a> {
    /// Nothing.
    Stranger,
    /// The proof that an earlier log-in gave along, as it came back.
    Device(&'a str),
    /// A live session of the same subject, proven by its token.
    Session(SessionId),
}

/// The proof of a device, for its owner to send back at the next log-in. It does not show itself.
pub struct KnownDevice(Zeroizing<String>);

impl KnownDevice {
    /// The text: `syd_` and 54 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownDevice(…)")
    }
}

/// Which device: drawn at its first log-in, and kept from proof to proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DeviceId(pub(super) [u8; 16]);

/// The key that proves devices.
pub(super) struct DeviceKey(Hmac<Sha256>);

impl DeviceKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(keyed(key))
    }

    /// The proof of `device`, for `account`, from `now` on.
    pub(super) fn prove(&self, account: &Account, device: DeviceId, now: Timestamp) -> KnownDevice {
        let sum = self.sum(account, device, now);
        let bytes = [&device.0[..], &now.0.to_be_bytes(), &sum].concat();
        let mut text = Zeroizing::new(String::with_capacity(64));
        text.push_str(PREFIX);
        BASE64URL_NOPAD.encode_append(&bytes, &mut text);
        KnownDevice(text)
    }

    /// The device of a proof for `account`. Whatever is no such proof, is of another account, of
    /// another password, too old, or of the future, is nothing.
    pub(super) fn device(&self, text: &str, account: &Account, now: Timestamp) -> Option<DeviceId> {
        let text = text.strip_prefix(PREFIX)?;
        if text.len() != BASE64URL_NOPAD.encode_len(BYTES) {
            return None;
        }
        let bytes: [u8; BYTES] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let (device, rest) = bytes.split_first_chunk()?;
        let (issued_at, sum) = rest.split_first_chunk()?;
        let (device, issued_at) = (DeviceId(*device), Timestamp(i64::from_be_bytes(*issued_at)));
        let is_ours: bool = self.sum(account, device, issued_at).ct_eq(sum).into();
        let is_good = issued_at <= now && now < issued_at.after(KNOWN_DEVICE_TTL);
        (is_ours && is_good).then_some(device)
    }

    fn sum(&self, account: &Account, device: DeviceId, issued_at: Timestamp) -> [u8; SUM] {
        let mut mac = self.0.clone();
        // Everything before the name has a fixed length: nothing can be moved from one part to another.
        mac.update(&device.0);
        mac.update(&issued_at.0.to_be_bytes());
        mac.update(&account.password_changed_at.0.to_be_bytes());
        mac.update(account.name.as_str().as_bytes());
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut sum = [0; SUM];
        sum.copy_from_slice(&whole[..SUM]);
        sum
    }
}

#[cfg(test)]
mod tests {
    use symbolon_core::account::{AccountName, AccountState, PasswordHash, Role};
    use symbolon_core::subject::SubjectId;

    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);
    const DEVICE: DeviceId = DeviceId([7; 16]);

    fn account(name: &str, password_changed_at: i64) -> Account {
        Account {
            name: AccountName::new(name).unwrap(),
            subject: SubjectId::new("subject").unwrap(),
            password: PasswordHash::from_phc("$".to_owned()),
            role: Role::User,
            state: AccountState::Enabled,
            created_at: Timestamp(0),
            password_changed_at: Timestamp(password_changed_at),
        }
    }

    fn key() -> DeviceKey {
        DeviceKey::new(&[3; 32])
    }

    #[test]
    fn a_proof_names_its_device_and_does_not_show_itself() {
        let alice = account("alice", 5);
        let proof = key().prove(&alice, DEVICE, NOW);
        assert_eq!(proof.as_str().len(), 4 + 54);
        assert!(proof.as_str().starts_with("syd_"));
        assert_eq!(format!("{proof:?}"), "KnownDevice(…)");
        assert_eq!(key().device(proof.as_str(), &alice, NOW), Some(DEVICE));
    }

    #[test]
    fn a_proof_lives_ninety_days_and_is_not_good_before_it_was_given() {
        let alice = account("alice", 5);
        let proof = key().prove(&alice, DEVICE, NOW);
        let at = |later: i64| key().device(proof.as_str(), &alice, Timestamp(NOW.0 + later));
        let life = 90 * 24 * 60 * 60 * 1_000;
        assert_eq!(at(life - 1), Some(DEVICE));
        assert_eq!(at(life), None);
        assert_eq!(at(-1), None);
    }

    #[test]
    fn a_proof_of_another_account_password_or_key_is_nothing() {
        let alice = account("alice", 5);
        let proof = key().prove(&alice, DEVICE, NOW);
        let text = proof.as_str();
        assert_eq!(key().device(text, &account("alicf", 5), NOW), None);
        assert_eq!(key().device(text, &account("alice", 6), NOW), None);
        assert_eq!(DeviceKey::new(&[4; 32]).device(text, &alice, NOW), None);
    }

    #[test]
    fn a_proof_that_was_touched_anywhere_is_nothing() {
        let alice = account("alice", 5);
        let proof = key().prove(&alice, DEVICE, NOW);
        let text = proof.as_str();
        for place in 0..text.len() {
            let mut touched = text.as_bytes().to_vec();
            touched[place] = if touched[place] == b'A' { b'B' } else { b'A' };
            let touched = String::from_utf8(touched).unwrap();
            assert_eq!(key().device(&touched, &alice, NOW), None, "{place}");
        }
        for wrong in [
            "",
            "syd_",
            &text[..text.len() - 1],
            &format!("{text}A"),
            &text[4..],
        ] {
            assert_eq!(key().device(wrong, &alice, NOW), None, "{wrong}");
        }
        let upper = text.replacen("syd_", "SYD_", 1);
        assert_eq!(key().device(&upper, &alice, NOW), None);
    }
}
