//! What a Redis is opened with, and why it cannot be.

use std::sync::Arc;

use symbolon_core::signal::SignalSink;
use symbolon_core::token::{MasterKey, Purpose, SumKey};

/// The longest prefix of keys and channels, in bytes: it is sent with each command.
pub const PREFIX_MAX: usize = 64;

/// What a Redis is opened with.
pub struct RedisOptions {
    /// Where it is: `cache.redis_url`.
    pub url: String,
    /// What its keys and channels begin with: `cache.prefix`, 1 to [`PREFIX_MAX`] letters, digits, `.`, `_`, `-`, `:`.
    pub prefix: String,
    /// By what this deployment knows its own writing.
    pub keys: RedisKeys,
    /// Who hears the other nodes' signals; `None`: nobody, and no connection is made for it.
    pub sink: Option<Arc<dyn SignalSink>>,
}

/// The keys of the sums in Redis. One who has none can make nothing that a node believes.
pub struct RedisKeys {
    pub(crate) fact: SumKey,
    pub(crate) ack: SumKey,
}

impl RedisKeys {
    /// The keys of a deployment: see [`MasterKey::sum_key`].
    #[must_use]
    pub fn derive(master: &MasterKey, cluster_id: &[u8; 16], deployment: &str) -> Self {
        Self {
            fact: master.sum_key(Purpose::Fact, cluster_id, deployment),
            ack: master.sum_key(Purpose::Ack, cluster_id, deployment),
        }
    }
}

/// A Redis cannot be opened: what was configured is wrong. One that is away is none of these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenRedisError {
    /// The URL.
    #[error("cache.redis_url is not understood: {detail}")]
    Address {
        /// What is wrong with it; never its password.
        detail: String,
    },
    /// The prefix.
    #[error("cache.prefix has 1 to {PREFIX_MAX} letters, digits, dots, underscores, hyphens and colons")]
    Prefix,
    /// The authorities that are to vouch for the server.
    #[error("prepare TLS to redis at {place}: {detail}")]
    Tls {
        /// Host and port.
        place: String,
        /// Which file, and what is wrong with it.
        detail: String,
    },
}

/// Takes a prefix.
pub(crate) fn checked_prefix(text: &str) -> Result<&str, OpenRedisError> {
    let fits = (1..=PREFIX_MAX).contains(&text.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    if fits && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(OpenRedisError::Prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenRedisError, PREFIX_MAX, checked_prefix};

    #[test]
    fn a_prefix_is_plain_and_of_bounded_length() {
        for good in ["sy", "shop:eu-1_a.b", &"a".repeat(PREFIX_MAX)] {
            assert_eq!(checked_prefix(good), Ok(good));
        }
        for bad in ["", "a b", "a*", "{a}", "ä", "a\n", &"a".repeat(PREFIX_MAX + 1)] {
            assert_eq!(checked_prefix(bad), Err(OpenRedisError::Prefix), "{bad:?}");
        }
    }
}
