//! The near cache: the sessions that this process answers for from memory.
//!
//! A fixed, bounded table. Reading is lock-free, allocates nothing and writes nothing but a mark
//! that the entry is in use. Writers take one short lock; the check against the overlay and the
//! write are one step under it, so a fact read before a revocation can never settle here after it.

mod fact;
mod identity;
mod slot;
mod table;
mod words;

pub use fact::{Fact, Hit, Noted};
pub use identity::{FullIdentity, Identity};
pub use table::NearCache;
