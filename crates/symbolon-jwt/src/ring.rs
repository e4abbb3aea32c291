//! The keys that are known: which one signs what is made at an instant, which one verifies a text.

use symbolon_core::clock::Timestamp;
use symbolon_core::session::TokenStyle;
use symbolon_core::signing::{self, SigningAlg, SigningKeyId, SigningKeyRecord};

use crate::compact;
use crate::key::SigningKey;
use crate::seal::{SealError, Sealer};

/// The keys that are known, each with the headers of the tokens that it signs. It never changes: a new one takes
/// its place.
pub struct Ring {
    records: Vec<SigningKeyRecord>,
    known: Vec<Known>,
    shared: Option<SigningKeyId>,
}

/// A key and the headers that it may stand behind.
struct Known {
    key: SigningKey,
    headers: Vec<(String, TokenStyle)>,
}

impl Ring {
    /// The keys of the store, opened, and the secret that is shared with services, where there is one. What a revoked
    /// key has signed is not known to it.
    ///
    /// # Errors
    /// When a key cannot be opened.
    pub fn open(
        records: Vec<SigningKeyRecord>,
        sealer: &Sealer,
        shared: Option<SigningKey>,
    ) -> Result<Self, SealError> {
        let mut known = Vec::with_capacity(records.len());
        for record in records.iter().filter(|record| record.revoked_at.is_none()) {
            known.push(Known::of(sealer.open(record)?));
        }
        let shared = shared.map(|key| {
            let id = key.id().clone();
            known.push(Known::of(key));
            id
        });
        Ok(Self {
            records,
            known,
            shared,
        })
    }

    /// The keys as the store keeps them.
    #[must_use]
    pub fn records(&self) -> &[SigningKeyRecord] {
        &self.records
    }

    /// The name of the key that was given, where one was: it signs all that is signed with HS256.
    #[must_use]
    pub fn shared(&self) -> Option<&SigningKeyId> {
        self.shared.as_ref()
    }

    /// The key that signs what is made at `at`.
    #[must_use]
    pub fn signer(&self, alg: SigningAlg, at: Timestamp) -> Option<&SigningKey> {
        let id = match &self.shared {
            Some(shared) if alg == SigningAlg::Hs256 => shared,
            _ => &signing::signer(&self.records, alg, at)?.id,
        };
        let known = self.known.iter().find(|known| known.key.id() == id);
        known.map(|known| &known.key)
    }

    /// The key behind a token's header, and the style that the header says. There are few keys and their headers
    /// differ early.
    pub(crate) fn behind(&self, header: &str) -> Option<(&SigningKey, TokenStyle)> {
        self.known.iter().find_map(|known| {
            let (_, style) = known.headers.iter().find(|(text, _)| text == header)?;
            Some((&known.key, *style))
        })
    }

    /// The keys whose public half is published: all that sign, will sign, or have signed something that may be alive.
    pub(crate) fn published(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        let is_spent = move |key: &SigningKey| {
            let record = self.records.iter().find(|record| record.id == *key.id());
            record.is_none_or(|record| signing::is_spent(&self.records, record, now))
        };
        self.known
            .iter()
            .map(|known| &known.key)
            .filter(move |key| key.alg().has_public_half() && !is_spent(key))
    }
}

impl Known {
    fn of(key: SigningKey) -> Self {
        let styles = [TokenStyle::Jwt, TokenStyle::CompatJwt];
        let headers = styles
            .into_iter()
            .filter_map(|style| Some((compact::header(&key, style)?, style)))
            .collect();
        Self { key, headers }
    }
}
