//! Redis or Valkey as the store: the truth itself.
//!
//! Each step of `symbolon_core::store` is one script, which Redis runs alone and whole: it looks at everything first and
//! writes then, and what it may not write to (no memory, a replica) it finds out at its first write. The revocation log
//! is written in the same script as the change. Reading order:
//!
//! 1. [`OpenRedisStore`], [`RedisStore`]: how it is opened; `identity.rs`: whose it is, and the jump after a restart.
//! 2. `script.rs`, `lua/`: a script, its parts, a call of it. `lua/base.lua`, `lua/sessions.lua` and `lua/alive.lua` say which keys there are.
//! 3. `wire.rs`: the connection, which is looked after; `ground.rs`: all of them go to one primary; `changes.rs`: what takes
//!    a position of the log goes there in order, and sessions that are begun at the same time go into one run of a script.
//! 4. `fault.rs`, `reply.rs`: what Redis answers. `record/`: sessions, rows and entries as they are kept.
//! 5. `sessions.rs`, `members.rs`, `upkeep.rs`, `accounts.rs`, `bans.rs`, `api_keys.rs`, `signing_keys.rs`, `mirrored.rs`: the traits.
//!
//! # Keys
//! All begin with `{prefix}:`, whose braces keep them in one slot of a cluster (which is refused all the same: a cluster
//! keeps no promise of its own to have one newest copy).
//!
//! | key | what |
//! |---|---|
//! | `m` | hash: format, cluster id, key check, run of the server, time mark; head and floor of the log; everyone's cut |
//! | `log`, `audit` | streams: entries are appended and leave at the beginning, and are small there. The log's ids are its positions, so Redis itself refuses one that does not grow |
//! | `s:ID` | a session: fields one after the other, as `cmsgpack` packs texts. What scripts decide on are fields of their own |
//! | `su:SUBJECT` | hash: the subject's own cut, `banned_until`, and the position of that ban |
//! | `b:POSITION`, `b`, `be` | bans, by their positions and by their ends |
//! | `u:SUBJECT` | a subject's sessions by id, as long as they are kept |
//! | `a:CUT:SUBJECT`, `x:CUT:SUBJECT` | its live ones by id, and by their end; a cut changes the name, and all of them are left behind |
//! | `i`, `l:CUT`, `d` | all sessions by id (which is the order of creation); live ones by their end; ended ones by the instant of that |
//! | `w` | hash: cuts whose sessions are not all marked yet |
//! | `n`, `n:INCARNATION` | the members |
//! | `t`, `t:KEY` | the throttle's counters, and when each was last written |
//! | `ac:NAME`, `ac`, `as` | accounts, their names in order, and hash: the account of each subject |
//! | `k:ID`, `k`, `kc` | API keys, all by the instant of their making, and the clients that have one |
//! | `sk:NAME`, `sk` | signing keys, all by the instant of their making |

mod accounts;
mod api_keys;
mod bans;
mod changes;
mod examine;
mod fault;
mod ground;
mod handle;
mod identity;
mod members;
mod mirrored;
mod open_error;
mod options;
mod record;
mod reply;
mod script;
mod sessions;
mod signing_keys;
mod thread;
mod upkeep;
mod wire;

pub use examine::ExaminedRedisStore;
pub use handle::RedisStore;
pub use open_error::OpenRedisStoreError;
pub use options::{OpenRedisStore, OpenedRedisStore};
