//! What every route sees: one Symbolon, the settings of the wire, the counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use symbolon::audit::Origin;
use symbolon::device::SeenFrom;
use symbolon::{Principal, Symbolon};
use tokio_util::sync::CancellationToken;

use crate::client_addr::TrustedProxies;
use crate::cookies::CookieSettings;
use crate::cors::AllowedOrigins;
use crate::metrics::Metrics;
use crate::refusal::lines::Lines;
use crate::request_id::RequestIds;
use crate::routes::events::Places;

/// How much an answer says about why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reasons {
    /// The reason and its instant.
    #[default]
    Full,
    /// `expired` or `revoked`, no more.
    Coarse,
}

/// The language of the texts that clients of the older systems show to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

/// The settings of the wire. The defaults are those of a deployment that says nothing.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// The pages of other sites that may call the API.
    pub cors_origins: AllowedOrigins,
    /// How cookies are written.
    pub cookies: CookieSettings,
    /// Whether the routes of the older systems are served.
    pub compat: bool,
    /// Whether those routes take a token from the query too (`?token=`), where it ends up in logs.
    pub query_token: bool,
    /// Whether a log-in that does not say is remembered.
    pub remember: bool,
    /// How much a refusal says.
    pub reasons: Reasons,
    /// Whether answers of verify name the memory that they came from (`X-Symbolon-Tier`).
    pub debug_tier: bool,
    /// The language of the older systems' texts, for a client that asks for none.
    pub locale: Locale,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: TrustedProxies::default(),
            cors_origins: AllowedOrigins::default(),
            cookies: CookieSettings::default(),
            compat: true,
            query_token: false,
            remember: false,
            reasons: Reasons::default(),
            debug_tier: false,
            locale: Locale::default(),
        }
    }
}

/// What one listener serves, and whom it trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceContext {
    /// The routes of persons, services, gateways and the older systems, the documents and the first page.
    pub api: bool,
    /// The routes of operators.
    pub admin: bool,
    /// `/healthz`, `/readyz`, `/metrics`.
    pub operations: bool,
    /// Whether a peer at a Unix socket that shows no token is the operator: only who may open the file gets there.
    pub trusts_socket: bool,
}

impl ServiceContext {
    /// Everything, for the address that everyone uses.
    pub const PUBLIC: Self = Self {
        api: true,
        admin: true,
        operations: true,
        trusts_socket: false,
    };
    /// The routes of operators alone.
    pub const ADMIN: Self = Self {
        api: false,
        admin: true,
        operations: false,
        trusts_socket: false,
    };
    /// Health and metrics alone.
    pub const OPERATIONS: Self = Self {
        api: false,
        admin: false,
        operations: true,
        trusts_socket: false,
    };
    /// Everything, for the socket in the data folder.
    pub const SOCKET: Self = Self {
        trusts_socket: true,
        ..Self::PUBLIC
    };
}

/// The state of the routes. Cloning it is cheap and gives the same one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    symbolon: Symbolon,
    settings: HttpSettings,
    request_ids: Arc<RequestIds>,
    metrics: Metrics,
    places: Arc<Places>,
    draining: CancellationToken,
    turn: AtomicU32,
    undecided_lines: Lines,
}

impl App {
    /// The wire of `symbolon`. `request_ids` are seeded from the operating system.
    #[must_use]
    pub fn new(symbolon: Symbolon, settings: HttpSettings, request_ids: RequestIds) -> Self {
        let inner = Inner {
            symbolon,
            settings,
            request_ids: Arc::new(request_ids),
            metrics: Metrics::new(),
            places: Arc::default(),
            draining: CancellationToken::new(),
            turn: AtomicU32::new(0),
            undecided_lines: Lines::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What answers.
    #[must_use]
    pub fn symbolon(&self) -> &Symbolon {
        &self.inner.symbolon
    }

    /// The settings of the wire.
    #[must_use]
    pub fn settings(&self) -> &HttpSettings {
        &self.inner.settings
    }

    /// The ids of requests.
    #[must_use]
    pub fn request_ids(&self) -> &Arc<RequestIds> {
        &self.inner.request_ids
    }

    /// From now on `/readyz` says no, and event streams end. Requests are still answered, so that a balancer has time
    /// to look before the listeners stop.
    pub fn begin_draining(&self) {
        self.inner.draining.cancel();
    }

    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.inner.draining
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The places for event streams.
    pub(crate) fn places(&self) -> &Arc<Places> {
        &self.inner.places
    }

    /// The lines of the log about answers that cannot be given.
    pub(crate) fn undecided_lines(&self) -> &Lines {
        &self.inner.undecided_lines
    }

    /// Who asks, from where, now: for a change by `principal`.
    pub(crate) fn origin(&self, principal: &Principal, seen_from: SeenFrom) -> Origin {
        self.symbolon().origin(principal.actor(), seen_from)
    }

    /// The next of the seconds that are added to a `Retry-After`, in turn, so that not all come back at once.
    pub(crate) fn spread(&self) -> u32 {
        const SPREAD: u32 = 3;
        self.inner.turn.fetch_add(1, Ordering::Relaxed) % SPREAD
    }
}
