//! A key in the clear, which signs in one way only.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use symbolon_core::random::{Randomness, RandomnessUnavailable, draw};
use symbolon_core::signing::{SigningAlg, SigningKeyId};
use zeroize::Zeroizing;

use crate::scalar;

/// What a key is made of: what is sealed for the store. Mute, and wiped when dropped.
pub struct Material(Zeroizing<Vec<u8>>);

impl Material {
    pub(crate) fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A key cannot be made or taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The cryptographic library did not do its step.
    #[error("a key for {alg} cannot be made")]
    Make {
        /// For which way to sign.
        alg: &'static str,
    },
    /// The bytes are not a key for this way to sign.
    #[error("the bytes are not a key for {alg}")]
    Take {
        /// Which.
        alg: &'static str,
    },
    /// A shared secret that can be guessed.
    #[error(transparent)]
    Secret(#[from] WeakSecret),
}

/// A shared secret can be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WeakSecret {
    /// Shorter than the sum that it makes (RFC 7518, section 3.2).
    #[error("the secret has {len} bytes, at least {SECRET_LEN_MIN} are needed")]
    Short {
        /// How many bytes it has.
        len: usize,
    },
    /// Too few different bytes: it was typed, not drawn.
    #[error("the secret repeats itself, so it is not random")]
    Repeats,
}

/// The least length of a shared secret: that of the sum (RFC 7518, section 3.2).
pub const SECRET_LEN_MIN: usize = 32;

/// Of 32 random letters out of 16, such as hexadecimal digits, at least 8 differ, but once in some 10^7 times.
const DIFFERENT_MIN: usize = 8;

/// Whether nobody can guess a shared secret, as far as its looks go.
///
/// # Errors
/// When it is short, or repeats a few bytes.
pub fn check_secret(secret: &[u8]) -> Result<(), WeakSecret> {
    if secret.len() < SECRET_LEN_MIN {
        return Err(WeakSecret::Short { len: secret.len() });
    }
    let is_first = |(index, byte): &(usize, &u8)| !secret[..*index].contains(byte);
    if secret.iter().enumerate().filter(is_first).count() < DIFFERENT_MIN {
        return Err(WeakSecret::Repeats);
    }
    Ok(())
}

/// A key in the clear. It says nothing of itself but its name and its way to sign.
pub struct SigningKey {
    id: SigningKeyId,
    inside: Inside,
}

enum Inside {
    EdDsa(Ed25519KeyPair, ParsedPublicKey),
    Es256(EcdsaKeyPair, ParsedPublicKey),
    Rs256(RsaKeyPair, ParsedPublicKey),
    // Its state is large, and the others are pointers.
    Hs256(Box<hmac::Key>),
}

/// The library did not sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a signature cannot be made")]
pub struct SigningFailed;

impl SigningKey {
    /// Makes a new key with a random name, and what is to be sealed of it.
    ///
    /// Chance comes from `source`; but for RSA and P-256, whose numbers the cryptographic library draws by itself. A
    /// key for RSA takes a tenth of a second.
    ///
    /// # Errors
    /// When there is no randomness, or the library fails.
    pub fn generate(alg: SigningAlg, source: &dyn Randomness) -> Result<(Self, Material), KeyError> {
        let id = SigningKeyId::of_bytes(draw(source)?);
        let failed = |_| KeyError::Make { alg: alg.as_str() };
        let bytes = match alg {
            SigningAlg::EdDsa | SigningAlg::Hs256 => {
                let mut bytes = Zeroizing::new(vec![0; 32]);
                source.fill(&mut bytes)?;
                bytes
            }
            SigningAlg::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
            }
            SigningAlg::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                Zeroizing::new(der.as_ref().to_vec())
            }
        };
        let material = Material::of(bytes);
        Ok((Self::of(id, alg, &material)?, material))
    }

    /// A key out of what was sealed.
    ///
    /// # Errors
    /// When it is not a key for this way to sign.
    pub fn of(id: SigningKeyId, alg: SigningAlg, material: &Material) -> Result<Self, KeyError> {
        let refused = || KeyError::Take { alg: alg.as_str() };
        let bytes = material.bytes();
        let inside = match alg {
            SigningAlg::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(bytes).map_err(|_| refused())?;
                let public = ParsedPublicKey::new(&ED25519, pair.public_key()).map_err(|_| refused())?;
                Inside::EdDsa(pair, public)
            }
            SigningAlg::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes);
                let pair = pair.map_err(|_| refused())?;
                let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
                Inside::Es256(pair, public.map_err(|_| refused())?)
            }
            SigningAlg::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(bytes).map_err(|_| refused())?;
                let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
                Inside::Rs256(pair, public.map_err(|_| refused())?)
            }
            SigningAlg::Hs256 if bytes.len() >= SECRET_LEN_MIN => {
                Inside::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
            }
            SigningAlg::Hs256 => return Err(refused()),
        };
        Ok(Self { id, inside })
    }

    /// The key of a secret that is shared with services which verify by themselves. Its name follows from it, so
    /// that the same secret is the same key on every node and after every start.
    ///
    /// # Errors
    /// When it can be guessed.
    pub fn shared(secret: &[u8]) -> Result<Self, WeakSecret> {
        check_secret(secret)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let name = hmac::sign(&key, b"symbolon/v1/signing-key-id");
        let mut short = [0; 12];
        short.copy_from_slice(&name.as_ref()[..12]);
        Ok(Self {
            id: SigningKeyId::of_bytes(short),
            inside: Inside::Hs256(Box::new(key)),
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &SigningKeyId {
        &self.id
    }

    /// Its one way to sign.
    #[must_use]
    pub fn alg(&self) -> SigningAlg {
        match self.inside {
            Inside::EdDsa(..) => SigningAlg::EdDsa,
            Inside::Es256(..) => SigningAlg::Es256,
            Inside::Rs256(..) => SigningAlg::Rs256,
            Inside::Hs256(_) => SigningAlg::Hs256,
        }
    }

    /// The signature of `message`, as a token carries it (RFC 7518, section 3; RFC 8037, section 3.1).
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        match &self.inside {
            Inside::EdDsa(pair, _) => Ok(pair
                .try_sign(message)
                .map_err(|_| SigningFailed)?
                .as_ref()
                .to_vec()),
            Inside::Es256(pair, _) => {
                let signature = pair
                    .sign(&SystemRandom::new(), message)
                    .map_err(|_| SigningFailed)?;
                low(signature.as_ref()).ok_or(SigningFailed)
            }
            Inside::Rs256(pair, _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| SigningFailed)?;
                Ok(signature)
            }
            Inside::Hs256(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
        }
    }

    /// Whether this key made `signature` of `message`, in the one form in which it makes them.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.inside {
            Inside::EdDsa(_, public) | Inside::Rs256(_, public) => {
                public.verify_sig(message, signature).is_ok()
            }
            Inside::Es256(_, public) => is_low(signature) && public.verify_sig(message, signature).is_ok(),
            Inside::Hs256(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }

    /// How many bytes each of its signatures has.
    #[must_use]
    pub fn signature_len(&self) -> usize {
        match &self.inside {
            Inside::EdDsa(..) | Inside::Es256(..) => 64,
            Inside::Rs256(pair, _) => pair.public_modulus_len(),
            Inside::Hs256(_) => 32,
        }
    }

    /// The public half, in the form of its kind; `None`: it has none.
    pub(crate) fn public(&self) -> Option<&[u8]> {
        match &self.inside {
            Inside::EdDsa(pair, _) => Some(pair.public_key().as_ref()),
            Inside::Es256(pair, _) => Some(pair.public_key().as_ref()),
            Inside::Rs256(pair, _) => Some(pair.public_key().as_ref()),
            Inside::Hs256(_) => None,
        }
    }
}

/// The two numbers of a signature of P-256, the second one the lower of its two.
fn low(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_first_chunk::<32>()?;
    let s: &[u8; 32] = s.try_into().ok()?;
    let s = if scalar::is_low(s) { *s } else { scalar::negated(s) };
    Some([r.as_slice(), &s].concat())
}

fn is_low(signature: &[u8]) -> bool {
    signature.last_chunk().is_some_and(scalar::is_low)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.alg().as_str(), self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    fn key(alg: SigningAlg, secret: &str) -> SigningKey {
        let material = Material::of(Zeroizing::new(BASE64URL_NOPAD.decode(secret.as_bytes()).unwrap()));
        SigningKey::of(SigningKeyId::of_bytes([0; 12]), alg, &material).unwrap()
    }

    fn signature(key: &SigningKey, message: &str) -> String {
        BASE64URL_NOPAD.encode(&key.sign(message.as_bytes()).unwrap())
    }

    #[test]
    fn the_example_of_rfc_8037_is_signed_as_there() {
        let key = key(SigningAlg::EdDsa, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_eq!(
            signature(&key, message),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        let public = BASE64URL_NOPAD.encode(key.public().unwrap());
        assert_eq!(public, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    }

    #[test]
    fn the_example_of_rfc_7515_is_signed_as_there() {
        let key = key(
            SigningAlg::Hs256,
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        );
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        assert_eq!(
            signature(&key, message),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }

    #[test]
    fn signatures_of_p_256_are_always_the_lower_one() {
        let (key, _) = SigningKey::generate(SigningAlg::Es256, &Fixed).unwrap();
        for number in 0..64_u8 {
            let signature = key.sign(&[number]).unwrap();
            assert!(is_low(&signature) && key.verifies(&[number], &signature));
        }
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        for alg in SigningAlg::ALL {
            let material = Material::of(Zeroizing::new(vec![1; 31]));
            let refused = SigningKey::of(SigningKeyId::of_bytes([0; 12]), alg, &material).map(|_| ());
            assert!(matches!(refused, Err(KeyError::Take { .. })), "{alg:?}");
        }
    }

    struct Fixed;

    impl Randomness for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
            bytes.fill(7);
            Ok(())
        }
    }
}
