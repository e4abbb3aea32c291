//! Stored hashes: the PHC string format, and what must be computed to compare with one.

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use symbolon_core::account::PasswordHash;
use zeroize::Zeroizing;

use super::cost::{Cost, CostError};

/// A stored hash cannot be compared with: it is damaged, or not of this server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HashFault {
    /// Not a PHC string.
    #[error("it is not in the PHC string format")]
    Format,
    /// Another function than Argon2id.
    #[error("it is not of argon2id")]
    Algorithm,
    /// No version, or not one of RFC 9106.
    #[error("it has no known version of argon2")]
    Version,
    /// Parameters that Argon2 does not have.
    #[error("its parameters cannot be read")]
    Parameters,
    /// More memory or work than this server allows, or less than Argon2 needs.
    #[error("its parameters cannot be used: {0}")]
    Cost(#[from] CostError),
    /// No salt or no output.
    #[error("it has no salt or no output")]
    Incomplete,
}

/// Argon2 refused a recipe that had been checked, or there was no memory for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Uncomputable;

/// Salt of a new hash, in bytes: as the PHC format recommends. NIST asks for 32 bits.
pub(super) const SALT_LEN: usize = 16;
/// Output of a new hash, in bytes.
const OUTPUT_LEN: usize = 32;

/// One computation of Argon2id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Recipe {
    version: Version,
    params: Params,
    salt: Salt,
}

impl Recipe {
    /// The recipe of a new hash.
    pub(super) fn new(cost: Cost, salt: &[u8; SALT_LEN]) -> Result<Self, HashFault> {
        let params = Params::new(cost.memory_kib(), cost.iterations(), 1, Some(OUTPUT_LEN));
        Ok(Self {
            version: Version::default(),
            params: params.map_err(|_| HashFault::Parameters)?,
            salt: Salt::new(salt).map_err(|_| HashFault::Incomplete)?,
        })
    }

    /// The recipe of a stored hash, and the output that a right password gives.
    pub(super) fn parse(stored: &PasswordHash) -> Result<(Self, Output), HashFault> {
        let hash = phc::PasswordHash::new(stored.as_phc()).map_err(|_| HashFault::Format)?;
        if hash.algorithm != ARGON2ID_IDENT {
            return Err(HashFault::Algorithm);
        }
        let version = hash.version.ok_or(HashFault::Version)?;
        let version = Version::try_from(version).map_err(|_| HashFault::Version)?;
        let params = Params::try_from(&hash).map_err(|_| HashFault::Parameters)?;
        Cost::new(params.m_cost(), params.t_cost())?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
            return Err(HashFault::Incomplete);
        };
        let recipe = Self {
            version,
            params,
            salt,
        };
        Ok((recipe, output))
    }

    /// Whether a new hash would be made in the same way, but for the salt.
    pub(super) fn is_of(&self, cost: Cost) -> bool {
        self.params.m_cost() == cost.memory_kib()
            && self.params.t_cost() == cost.iterations()
            && self.params.p_cost() == 1
            && self.version == Version::default()
            && self.params.output_len() == Some(OUTPUT_LEN)
    }

    /// How many blocks of memory it needs.
    pub(super) fn block_count(&self) -> usize {
        self.params.block_count()
    }

    /// Computes the output for a password in `blocks`, which must be as many as it needs.
    pub(super) fn compute(&self, password: &[u8], blocks: &mut [Block]) -> Result<Output, Uncomputable> {
        let argon2 = Argon2::new(Algorithm::Argon2id, self.version, self.params.clone());
        let mut buffer = Zeroizing::new([0; Output::MAX_LENGTH]);
        let len = self.params.output_len().unwrap_or(OUTPUT_LEN);
        let out = buffer.get_mut(..len).ok_or(Uncomputable)?;
        argon2
            .hash_password_into_with_memory(password, &self.salt, out, blocks)
            .map_err(|_| Uncomputable)?;
        Output::new(out).map_err(|_| Uncomputable)
    }

    /// The PHC string of this recipe with its output.
    pub(super) fn to_hash(&self, output: Output) -> Result<PasswordHash, HashFault> {
        let hash = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).map_err(|_| HashFault::Parameters)?,
            salt: Some(self.salt),
            hash: Some(output),
        };
        Ok(PasswordHash::from_phc(hash.to_string()))
    }
}
