//! Sums by which the nodes of one deployment know what they wrote where others could have written.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::keys::{MasterKey, Purpose, expand, keyed};

/// How long a sum is, in bytes: 128 bits cannot be guessed.
pub const SUM_LEN: usize = 16;

/// The key of one sort of sums. It cannot be printed.
pub struct SumKey(Hmac<Sha256>);

impl MasterKey {
    /// The key of the sums for one purpose in one deployment.
    ///
    /// A copy of a database has the same `cluster_id` and may have the same master key; only `deployment`, a name that
    /// operators choose, keeps what it writes apart.
    #[must_use]
    pub fn sum_key(&self, purpose: Purpose, cluster_id: &[u8; 16], deployment: &str) -> SumKey {
        let derived = self.derive(purpose);
        let bound = expand(
            &[],
            &[&*derived],
            &[b"symbolon/v1/sum", cluster_id, deployment.as_bytes()],
        );
        SumKey(keyed(&bound))
    }
}

impl SumKey {
    /// HMAC-SHA-256 of the parts, each with its length before it, cut to [`SUM_LEN`] bytes.
    #[must_use]
    pub fn sum(&self, parts: &[&[u8]]) -> [u8; SUM_LEN] {
        let mut mac = self.0.clone();
        for part in parts {
            // Without it, a byte could wander from one part to the next.
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            mac.update(&length.to_be_bytes());
            mac.update(part);
        }
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut short = [0; SUM_LEN];
        short.copy_from_slice(&whole[..SUM_LEN]);
        short
    }

    /// Whether `presented` is the sum of the parts. Constant time.
    #[must_use]
    pub fn matches(&self, parts: &[&[u8]], presented: &[u8]) -> bool {
        self.sum(parts).ct_eq(presented).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::{MasterKey, Purpose};
    use super::SumKey;

    fn key(master: u8, purpose: Purpose, cluster: u8, deployment: &str) -> SumKey {
        MasterKey::from_bytes([master; 32]).sum_key(purpose, &[cluster; 16], deployment)
    }

    #[test]
    fn a_sum_holds_for_one_key_purpose_cluster_and_deployment() {
        let parts: [&[u8]; 2] = [b"sy:f:1", b"value"];
        let sum = key(1, Purpose::Fact, 2, "a").sum(&parts);
        assert!(key(1, Purpose::Fact, 2, "a").matches(&parts, &sum));
        for other in [
            key(9, Purpose::Fact, 2, "a"),
            key(1, Purpose::Ack, 2, "a"),
            key(1, Purpose::Fact, 9, "a"),
            key(1, Purpose::Fact, 2, "b"),
            key(1, Purpose::Fact, 2, ""),
        ] {
            assert!(!other.matches(&parts, &sum));
        }
    }

    #[test]
    fn a_sum_holds_for_its_parts_and_where_one_ends() {
        let key = key(1, Purpose::Fact, 2, "");
        let sum = key.sum(&[b"ab", b"c"]);
        assert!(key.matches(&[b"ab", b"c"], &sum));
        for parts in [
            &[&b"a"[..], b"bc"][..],
            &[b"abc"],
            &[b"ab", b"c", b""],
            &[b"ab", b"d"],
        ] {
            assert!(!key.matches(parts, &sum));
        }
        assert!(!key.matches(&[b"ab", b"c"], &sum[..15]));
        assert!(!key.matches(&[b"ab", b"c"], b""));
    }
}
