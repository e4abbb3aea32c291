//! What keeps Symbolon's promises on one node and on many.
//!
//! 1. [`near`]: the cache that answers from memory. 2. [`overlay`] and [`tail`]: the revocation log's
//!    tail, and what follows from each of its rows. 3. [`lease`] and [`clock`]: until when memory may
//!    answer, and what time it is. 4. [`flights`]: reading the store once for many. 5. [`recorder`]
//!    and [`purge`]: what is written beside. 6. [`keys`]: API keys from memory. 7. [`node`]: the use
//!    cases — issue, verify, refresh, revoke, list. 8. [`member`]: being one of many — heartbeat, the log followed by
//!    [`chain`], the others. 9. [`tasks`]: who owns what runs behind. 10. [`fallback`]: going on without the store.

mod bug;
pub mod chain;
pub mod clock;
pub mod fallback;
pub mod flights;
pub mod keys;
pub mod lease;
pub mod member;
pub mod near;
pub mod node;
pub mod overlay;
mod published;
pub mod purge;
pub mod recorder;
pub mod tail;
pub mod tasks;

pub use member::{LEASE_MAX, LEASE_MIN, MemberFigures, MemberParts};
pub use node::{
    ChangeLives, Confirm, Due, Effective, Entry, Issue, IssueRefused, Issued, LeaseState, Live, Node,
    NodeParts, Receipt, Refreshed, RefreshedInBrowser, SeenMember, Undecided, Verdict, Wait,
};
