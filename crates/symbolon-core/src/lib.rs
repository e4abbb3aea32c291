//! The domain of Symbolon: sessions, tokens and their life as pure state machines.
//!
//! Nothing here knows HTTP, SQL, JSON, an executor or the wall clock: time and chance are
//! parameters, and every decision is a function of what it is given. Reading order:
//!
//! 1. [`clock`] and [`random`]: time and chance, as traits.
//! 2. [`token`]: what a client holds, and the one-way image that a store holds.
//! 3. [`subject`], [`device`], [`session`]: who, on what, for how long.
//! 4. [`policy`]: the lives and limits that a deployment chooses.
//! 5. [`verdict`], [`refresh`] and [`renewal`]: the decisions of the protocol.
//! 6. [`revocation`]: why a session ended, and the ordered log of endings.
//! 7. [`account`], [`api_key`], [`throttle`], [`audit`]: what log-in and the callers of the API need.
//! 8. [`ban`]: subjects that may begin no session.
//! 9. [`signing`]: which key signs an access token when.
//! 10. [`store`]: the traits of the authoritative memory.
//! 11. [`member`], [`signal`], [`shared`]: the nodes that share a store, what they tell each other, and the cache
//!     between them.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod ban;
pub mod clock;
pub mod device;
pub mod member;
pub mod policy;
pub mod random;
pub mod refresh;
pub mod renewal;
pub mod revocation;
pub mod session;
pub mod shared;
pub mod signal;
pub mod signing;
pub mod store;
pub mod subject;
pub mod throttle;
pub mod token;
pub mod verdict;
