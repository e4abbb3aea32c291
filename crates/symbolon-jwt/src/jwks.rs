//! The public halves of the keys, as one document (RFC 7517, section 5).

use data_encoding::BASE64URL_NOPAD;
use symbolon_core::clock::Timestamp;
use symbolon_core::signing::SigningAlg;

use crate::der::rsa_numbers;
use crate::key::SigningKey;
use crate::ring::Ring;

/// A public key (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jwk {
    /// The family: `OKP`, `EC` or `RSA`.
    pub kty: &'static str,
    /// What it is for (`use`): `sig`.
    pub purpose: &'static str,
    /// How it signs.
    pub alg: &'static str,
    /// Its name.
    pub kid: String,
    /// The curve.
    pub crv: Option<&'static str>,
    /// A coordinate, or the whole key of Ed25519.
    pub x: Option<String>,
    /// The other coordinate.
    pub y: Option<String>,
    /// The modulus.
    pub n: Option<String>,
    /// The exponent.
    pub e: Option<String>,
}

/// The public keys that verify what may be alive at `now`, those included that will sign soon. A secret that is shared
/// is never among them.
#[must_use]
pub fn public_keys(ring: &Ring, now: Timestamp) -> Vec<Jwk> {
    ring.published(now).filter_map(jwk).collect()
}

/// The public half of a key; `None`: it has none.
fn jwk(key: &SigningKey) -> Option<Jwk> {
    let public = key.public()?;
    let encoded = |bytes: &[u8]| Some(BASE64URL_NOPAD.encode(bytes));
    let bare = Jwk {
        kty: "OKP",
        purpose: "sig",
        alg: key.alg().as_str(),
        kid: key.id().as_str().to_owned(),
        crv: None,
        x: None,
        y: None,
        n: None,
        e: None,
    };
    match key.alg() {
        SigningAlg::EdDsa => Some(Jwk {
            crv: Some("Ed25519"),
            x: encoded(public),
            ..bare
        }),
        SigningAlg::Es256 => {
            // Uncompressed: 4, then the two coordinates (SEC 1, section 2.3.3).
            let (x, y) = public.strip_prefix(&[4])?.split_at_checked(32)?;
            Some(Jwk {
                kty: "EC",
                crv: Some("P-256"),
                x: encoded(x),
                y: encoded(y),
                ..bare
            })
        }
        SigningAlg::Rs256 => {
            let (n, e) = rsa_numbers(public)?;
            Some(Jwk {
                kty: "RSA",
                n: encoded(n),
                e: encoded(e),
                ..bare
            })
        }
        SigningAlg::Hs256 => None,
    }
}
