//! What a deployment chooses about signed tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::policy::SessionPolicy;
use symbolon_core::session::TokenStyle;
use symbolon_core::signing::{SIGNED_TTL_MAX, SigningAlg};
use symbolon_jwt::compact::ISSUER_LEN_MAX;
use symbolon_jwt::key::{SigningKey, WeakSecret, check_secret};
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How access tokens are signed, and which are.
#[derive(Clone, Debug)]
pub struct SignedTokens {
    /// The form of the access tokens of a session that asks for none.
    pub style: TokenStyle,
    /// How they are signed.
    pub alg: SigningAlg,
    /// Who issues them (`iss`); in every token.
    pub issuer: String,
    /// After how long a key is followed by the next.
    pub rotate_after: Duration,
    /// The key of HS256, where other services have it too; `None`: it is made and kept like every key.
    pub secret: Option<SharedSecret>,
}

impl Default for SignedTokens {
    fn default() -> Self {
        Self {
            style: TokenStyle::Opaque,
            alg: SigningAlg::default(),
            issuer: "symbolon".to_owned(),
            rotate_after: 90 * DAY,
            secret: None,
        }
    }
}

/// A secret that is shared with services. Mute, and wiped when the last one is dropped.
#[derive(Clone)]
pub struct SharedSecret(Arc<Zeroizing<Vec<u8>>>);

impl SharedSecret {
    /// A secret that cannot be guessed, as far as its looks go.
    ///
    /// # Errors
    /// When it is short, or repeats a few bytes.
    pub fn new(secret: Zeroizing<Vec<u8>>) -> Result<Self, WeakSecret> {
        check_secret(&secret)?;
        Ok(Self(Arc::new(secret)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SharedSecret {
    /// By the names of the keys that they are, which are public: no time tells anything.
    fn eq(&self, other: &Self) -> bool {
        let name = |secret: &Self| SigningKey::shared(secret.bytes()).map(|key| key.id().clone());
        name(self) == name(other)
    }
}

impl Eq for SharedSecret {}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

/// Signed tokens cannot be had as they are described.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignedTokensFault {
    /// The issuer is not a name that can stand in each token.
    #[error("the issuer of tokens must have 1 to {ISSUER_LEN_MAX} bytes and no control character")]
    Issuer,
    /// The life of an access token is longer than that of a signed one may be.
    #[error("the life of an access token is longer than 90 days, which is too long for a signed one")]
    Life,
    /// The keys of the store cannot be used.
    #[error("the signing keys cannot be used: {0}")]
    Keys(String),
}

impl SignedTokens {
    /// Checks that all of it can be.
    pub(crate) fn check(&self, policy: &SessionPolicy) -> Result<(), SignedTokensFault> {
        let issuer = &self.issuer;
        if !(1..=ISSUER_LEN_MAX).contains(&issuer.len()) || issuer.chars().any(char::is_control) {
            return Err(SignedTokensFault::Issuer);
        }
        let longest = policy.standard.access_ttl.max(policy.remembered.access_ttl);
        if self.style != TokenStyle::Opaque && longest > SIGNED_TTL_MAX {
            return Err(SignedTokensFault::Life);
        }
        Ok(())
    }
}
