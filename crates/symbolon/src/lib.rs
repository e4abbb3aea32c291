//! Symbolon inside your program: sessions that are as fast as a JWT, as revocable as a session and
//! as durable as a database.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use symbolon::{NewSession, Symbolon, Verdict, subject::SubjectId};
//!
//! let (symbolon, _opened) = Symbolon::builder().data_dir("./symbolon-data").open().await?;
//! let origin = symbolon.origin_of_system();
//! let issued = symbolon.issue(NewSession::of(SubjectId::new("user-1024")?), &origin).await??;
//!
//! // What the client keeps, and presents from now on.
//! let text = symbolon.access_text(&issued).await?;
//!
//! let token = symbolon.read_token(&text)?;
//! if let Verdict::Active(live) = symbolon.verify(&token).await? {
//!     assert_eq!(live.identity.subject(), "user-1024");
//! }
//! symbolon.log_out(&token, &origin).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Everything the server does goes through the public methods of [`Symbolon`]: the server can do
//! nothing that your program cannot.

mod bans;
mod begun;
mod builder;
mod census;
mod clients;
mod confirm;
mod cursor;
mod fallback;
mod introspect;
mod layer;
mod log_in;
mod master_key;
mod members;
mod new_session;
mod operators;
mod password;
mod presented;
mod principal;
mod randomness;
mod redis_server;
mod server_store;
mod sessions;
mod shared_cache;
mod signing;
mod store;
mod unavailable;

use std::sync::Arc;

use signing::Signing;
use store::AnyStore;
use symbolon_accounts::accounts::Accounts;
use symbolon_accounts::api_keys::ApiKeys;
use symbolon_core::clock::Clock;
use symbolon_core::store::Purged;
use symbolon_node::Node;
use symbolon_node::fallback::Apart;
use symbolon_node::purge::{PurgePlan, sweep};
use symbolon_redis::RedisCache;

pub use builder::{Builder, DATABASE_FILE, OpenFault, Opened};
pub use clients::{Grant, Granted};
pub use confirm::{ConfirmPassword, Confirmed};
pub use introspect::{ActiveToken, Introspected};
pub use layer::{RequireSession, RequireSessionService};
pub use log_in::{LogIn, LoggedIn};
pub use master_key::{MASTER_KEY_FILE, MasterKeyFault};
pub use members::NodeSettings;
pub use new_session::NewSession;
pub use operators::{AccountFault, NewAccount};
pub use password::{ChangePassword, PasswordChanged};
pub use presented::{Signed, Token};
pub use principal::Principal;
pub use randomness::OsRandomness;
pub use redis_server::RedisServer;
pub use server_store::{SERVER_CONNECTIONS, ServerStore};
pub use shared_cache::{CacheSettings, RedisStanding, WARM_PER_SECOND, WarmFault};
pub use signing::{
    KeyState, PUBLISHED_AHEAD, PUBLISHED_FOR, Rotation, RotationRefused, SharedSecret, SignedTokens,
    SignedTokensFault, SigningKeyShown,
};
pub use unavailable::Unavailable;

pub use symbolon_accounts::accounts::{KNOWN_DEVICE_TTL, KnownDevice};
pub use symbolon_accounts::password::Password;
pub use symbolon_core::signing::{SIGNED_TTL_MAX, SigningAlg};
pub use symbolon_core::{
    account, api_key, audit, ban, clock, device, member, policy, random, revocation, session, subject,
    throttle, token, verdict,
};
pub use symbolon_jwt::compact::{ISSUER_LEN_MAX, SIGNED_LEN_MAX};
pub use symbolon_jwt::jwks::Jwk;
pub use symbolon_jwt::key::{SECRET_LEN_MIN, WeakSecret};
pub use symbolon_node::fallback::{FallbackState, Standing};
pub use symbolon_node::near::Identity;
pub use symbolon_node::node::Tier;
pub use symbolon_node::{
    ChangeLives, Due, Effective, Entry, IssueRefused, Issued, LeaseState, Live, MemberFigures, Receipt,
    Refreshed, RefreshedInBrowser, SeenMember, Undecided, Verdict, Wait,
};
pub use symbolon_redis::{
    ExaminedRedis, ExaminedRedisStore, FoundRedis, OpenRedisError, OpenRedisStoreError, RedisCondition,
    RedisFigures, RedisMemory, RedisPersistence, examine_condition,
};
pub use symbolon_store_sql::{Examined, ExaminedServer, OpenError, OpenServerError};

/// A running Symbolon. Cloning it is cheap and gives the same one.
#[derive(Clone)]
pub struct Symbolon {
    inner: Arc<Inner>,
}

struct Inner {
    node: Node<AnyStore>,
    accounts: Accounts<AnyStore>,
    api_keys: ApiKeys<AnyStore>,
    signing: Arc<Signing>,
    audience: Option<String>,
    plan: PurgePlan,
    clock: Arc<dyn Clock>,
    apart: Option<Arc<dyn Apart>>,
    cache: Option<Arc<RedisCache>>,
    signals: Option<Arc<RedisCache>>,
    census: census::Census,
    begun: begun::Begun,
}

impl Symbolon {
    /// Begins to describe one.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Ends what runs beside, writes what waits, and lets the store go. Other clones answer nothing
    /// any more.
    pub async fn stop(&self) {
        self.inner.node.stop().await;
        for redis in [&self.inner.cache, &self.inner.signals].into_iter().flatten() {
            redis.close().await;
        }
        self.inner.node.store().close().await;
    }

    /// Waits until something that this cannot do without has died before its time, and names it.
    pub async fn died(&self) -> String {
        // Cancel-safe: both only watch.
        tokio::select! {
            name = self.inner.node.tasks().died() => name.to_owned(),
            reason = self.inner.node.store().died() => reason.to_string(),
        }
    }

    /// Removes everything that is old, now.
    ///
    /// # Errors
    /// When the store does not answer; what was removed stays removed.
    pub async fn sweep(&self) -> Result<Purged, Unavailable> {
        let node = &self.inner.node;
        Ok(sweep(node.store(), &self.inner.plan, node.now(), true).await?)
    }

    /// How many passwords wait for their turn to be hashed.
    #[must_use]
    pub fn passwords_waiting(&self) -> usize {
        self.inner.accounts.pool().waiting()
    }

    /// How many passwords were compared since the start, with real hashes or with a decoy.
    #[must_use]
    pub fn passwords_compared(&self) -> u64 {
        self.inner.accounts.pool().compares()
    }

    /// How many addresses and networks have failed log-ins that are remembered.
    #[must_use]
    pub fn addresses_len(&self) -> usize {
        self.inner.accounts.addresses_len()
    }
}
