//! The nodes that share a store.
//!
//! A revocation is effective when every member has applied it or can no longer answer from memory, so whoever
//! answers from memory is a member, with a row that the others see.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::random::{Randomness, RandomnessUnavailable, draw};
use crate::revocation::RevocationSeq;

/// The longest name of a node, in bytes: a host's name and more.
pub const NODE_NAME_MAX: usize = 64;

/// What operators call a node. Two starts of one node have the same name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeName(Box<str>);

/// A text is no node's name: 1 to [`NODE_NAME_MAX`] bytes of ASCII letters, digits, `.`, `_` and `-`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a node's name has 1 to {NODE_NAME_MAX} letters, digits, dots, underscores and hyphens")]
pub struct NoNodeName;

impl NodeName {
    /// Takes a name.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(text: &str) -> Result<Self, NoNodeName> {
        let fits = (1..=NODE_NAME_MAX).contains(&text.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if fits && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(NoNodeName)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One start of one node. A node that starts anew, was evicted, or finds that a copy of it runs elsewhere
/// takes a new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation([u8; 16]);

impl Incarnation {
    /// Draws a new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random(source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self(draw(source)?))
    }

    /// The incarnation of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the 32 hexadecimal digits that [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = plain.then(|| u128::from_str_radix(text, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incarnation({self})")
    }
}

/// A node as the others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// What it is called.
    pub node: NodeName,
    /// Which start of it.
    pub incarnation: Incarnation,
    /// How long it may answer from memory after a heartbeat. It stays the same for one incarnation, since
    /// others wait by it.
    pub lease: Duration,
    /// How many heartbeats it has made. Only one process can make the next.
    pub beat: u64,
    /// Its memory holds every row of the log up to here.
    pub applied: RevocationSeq,
    /// Nobody waits for it any more, and it makes no heartbeat under this incarnation.
    pub evicted: bool,
    /// It may go on without the store, so no time that passes shows that it has stopped.
    pub may_fall_back: bool,
    /// Where it listens, for operators.
    pub addr: Option<String>,
    /// When it made its last heartbeat, by its own clock: for operators; nothing is decided by it.
    pub seen_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::{Incarnation, NODE_NAME_MAX, NodeName};

    #[test]
    fn a_node_is_called_by_a_plain_name_of_bounded_length() {
        assert_eq!(NodeName::new("web-1.eu_3").unwrap().as_str(), "web-1.eu_3");
        assert!(NodeName::new(&"a".repeat(NODE_NAME_MAX)).is_ok());
        for text in ["", "a b", "ä", "a/b", "a\n", &"a".repeat(NODE_NAME_MAX + 1)] {
            assert!(NodeName::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_incarnation_is_written_and_read_as_hexadecimal_digits() {
        let bytes = *b"\x00\x01abcdefghijkl\xfe\xff";
        let text = Incarnation::from_bytes(bytes).to_string();
        assert_eq!(text, "00016162636465666768696a6b6cfeff");
        assert_eq!(Incarnation::parse(&text), Some(Incarnation::from_bytes(bytes)));
        for bad in [
            "",
            "0001",
            &text.to_uppercase(),
            &format!("+{}", &text[1..]),
            &format!("{text}0"),
        ] {
            assert_eq!(Incarnation::parse(bad), None, "{bad:?}");
        }
    }
}
