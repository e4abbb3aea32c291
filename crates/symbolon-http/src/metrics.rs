//! Counters for `/metrics` (OpenMetrics). Every set of labels is fixed and exists from the start: nothing that a client
//! sends becomes a label, and a rate is right from the first event on.

mod cluster;
mod shared_cache;

use std::array;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use symbolon::{KeyState, Receipt, RedisStanding, Symbolon, Tier};

use crate::app::App;
use crate::lanes::Lanes;
use crate::problem::OAuthError;
use cluster::Cluster;
use shared_cache::SharedCache;

/// What became of a verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    /// The token is live, and what was asked of it holds.
    Active,
    /// It is not live.
    Inactive,
    /// It is live, but not what was asked for.
    Unmet,
    /// It could not be decided.
    Undecided,
}

/// What became of a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogInResult {
    Issued,
    InvalidCredentials,
    ThrottledByAccount,
    ThrottledByAddress,
    Banned,
    LimitReached,
    Undecided,
}

/// What became of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshResult {
    Pair,
    Refused,
    Undecided,
}

/// What became of a token near its end that has no refresh token beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenewalResult {
    /// The next one was handed over.
    Token,
    /// It goes on as it is.
    Kept,
    Undecided,
}

/// The group of routes that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteClass {
    Gateway,
    Person,
    Service,
    Admin,
    Compat,
    Operations,
    Other,
}

impl RouteClass {
    /// The group of `path`, also of one that is not there.
    pub(crate) fn of(path: &str) -> Self {
        const PREFIXES: [(&str, RouteClass); 15] = [
            ("/v1/admin/", RouteClass::Admin),
            ("/v1/service/", RouteClass::Service),
            ("/v1/verify", RouteClass::Service),
            ("/oauth2/", RouteClass::Service),
            ("/.well-known/", RouteClass::Service),
            ("/v1/", RouteClass::Person),
            ("/verify", RouteClass::Gateway),
            ("/system/", RouteClass::Compat),
            ("/api/", RouteClass::Compat),
            ("/refresh-token", RouteClass::Compat),
            ("/login", RouteClass::Compat),
            ("/protected", RouteClass::Compat),
            ("/healthz", RouteClass::Operations),
            ("/readyz", RouteClass::Operations),
            ("/metrics", RouteClass::Operations),
        ];
        PREFIXES
            .iter()
            .find(|(prefix, _)| path.starts_with(prefix))
            .map_or(Self::Other, |(_, class)| *class)
    }
}

const RESULTS: [&str; 4] = ["active", "inactive", "unmet", "undecided"];
const TIERS: [&str; 3] = ["near", "shared", "store"];
const LOG_INS: [&str; 7] = [
    "issued",
    "invalid_credentials",
    "throttled_by_account",
    "throttled_by_address",
    "banned",
    "limit_reached",
    "undecided",
];
const REFRESHES: [&str; 3] = ["pair", "refused", "undecided"];
const RENEWALS: [&str; 3] = ["token", "kept", "undecided"];
/// The errors of the OAuth routes, by the words of their answers.
const OAUTH_ERRORS: [&str; OAuthError::ALL.len()] = {
    let mut words = [""; OAuthError::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = OAuthError::ALL[index].as_str();
        index += 1;
    }
    words
};
const ROUTES: [&str; 7] = [
    "gateway",
    "person",
    "service",
    "admin",
    "compat",
    "operations",
    "other",
];
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

type One = [(&'static str, &'static str); 1];
type Two = [(&'static str, &'static str); 2];

/// A counter that every request adds to.
type Busy = Counter<u64, Lanes>;

/// The counters of a process.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    verified: [[Busy; TIERS.len()]; RESULTS.len()],
    log_ins: [Counter; LOG_INS.len()],
    refreshes: [Counter; REFRESHES.len()],
    renewals: [Counter; RENEWALS.len()],
    oauth_refused: [Counter; OAUTH_ERRORS.len()],
    issued: Counter,
    revoked: Counter,
    requests: [[Busy; STATUSES.len()]; ROUTES.len()],
    near: Gauge,
    compared: Counter,
    passwords: Gauge,
    throttled: Gauge,
    streams: Gauge,
    fallback: Gauge,
    signing_keys: [Gauge; KeyState::ALL.len()],
    cluster: Cluster,
    shared_cache: SharedCache,
}

impl Metrics {
    /// Counters at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("symbolon");
        let all = &mut registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        all.register("build", "The version that runs", version);
        Self {
            verified: two(
                all,
                "verified",
                "Verdicts on access tokens",
                ("result", RESULTS),
                ("tier", TIERS),
            ),
            log_ins: one(all, "logins", "Log-ins by name and password", ("result", LOG_INS)),
            refreshes: one(
                all,
                "refreshed",
                "Refresh tokens presented",
                ("result", REFRESHES),
            ),
            renewals: one(
                all,
                "renewed",
                "Access tokens near their end, of sessions without a refresh token",
                ("result", RENEWALS),
            ),
            oauth_refused: one(
                all,
                "oauth_refused",
                "Requests that the OAuth routes refused",
                ("error", OAUTH_ERRORS),
            ),
            issued: plain(all, "issued", "Sessions begun by services"),
            revoked: plain(all, "revoked", "Revocations answered with a receipt"),
            requests: two(
                all,
                "http_requests",
                "Requests answered",
                ("route", ROUTES),
                ("status", STATUSES),
            ),
            near: gauge(all, "near_sessions", "Sessions answered for from memory"),
            compared: plain(
                all,
                "passwords_compared",
                "Passwords compared with a hash, or with a decoy where there is no account",
            ),
            passwords: gauge(all, "passwords_waiting", "Passwords that wait for their hash"),
            throttled: gauge(
                all,
                "throttle_addresses",
                "Addresses and networks with failed log-ins within an hour",
            ),
            streams: gauge(all, "event_streams", "Event streams open"),
            fallback: gauge(
                all,
                "fallback",
                "Whether this node goes on from its own file, since the Redis that is its store is away",
            ),
            signing_keys: signing_keys(all),
            cluster: Cluster::new(all),
            shared_cache: SharedCache::new(all),
            registry,
        }
    }

    /// Counts a verdict. `tier` is the memory that it came from.
    #[inline]
    pub(crate) fn verified(&self, result: Verified, tier: Tier) {
        let tier = match tier {
            Tier::Near => 0,
            Tier::Shared => 1,
            Tier::Store => 2,
        };
        self.verified[result as usize][tier].inc();
    }

    /// Counts a log-in.
    pub(crate) fn logged_in(&self, result: LogInResult) {
        self.log_ins[result as usize].inc();
    }

    /// Counts a refresh.
    pub(crate) fn refreshed(&self, result: RefreshResult) {
        self.refreshes[result as usize].inc();
    }

    /// Counts what became of a token near its end.
    pub(crate) fn renewed(&self, result: RenewalResult) {
        self.renewals[result as usize].inc();
    }

    /// Counts a refusal of an OAuth route.
    pub(crate) fn oauth_refused(&self, error: OAuthError) {
        self.oauth_refused[error as usize].inc();
    }

    /// Counts a session that a service began.
    pub(crate) fn issued(&self) {
        self.issued.inc();
    }

    /// Counts a revocation that ended something.
    pub(crate) fn revoked(&self, receipt: &Receipt) {
        if receipt.revoked && !receipt.already {
            self.revoked.inc();
        }
    }

    /// Counts an answer.
    #[inline]
    pub(crate) fn answered(&self, route: RouteClass, status: u16) {
        let status = usize::from(status / 100).clamp(1, STATUSES.len()) - 1;
        self.requests[route as usize][status].inc();
    }

    /// The text of a scrape.
    pub(crate) fn scrape(&self, app: &App) -> String {
        let symbolon: &Symbolon = app.symbolon();
        set(&self.near, symbolon.near_len());
        let compared = symbolon.passwords_compared();
        self.compared.inner().store(compared, Ordering::Relaxed);
        set(&self.passwords, symbolon.passwords_waiting());
        set(&self.throttled, symbolon.addresses_len());
        set(&self.streams, app.places().taken());
        let has_fallen_back = symbolon.redis_standing() == RedisStanding::FallenBack;
        set(&self.fallback, usize::from(has_fallen_back));
        let keys = symbolon.signing_keys();
        for (state, gauge) in KeyState::ALL.into_iter().zip(&self.signing_keys) {
            set(gauge, keys.iter().filter(|key| key.state == state).count());
        }
        self.cluster.scrape(symbolon);
        self.shared_cache.scrape(symbolon);
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing into a string does not fail; half a scrape would be worse than none.
            text.clear();
        }
        text
    }
}

fn set(gauge: &Gauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

fn plain(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn signing_keys(registry: &mut Registry) -> [Gauge; KeyState::ALL.len()] {
    let family = Family::<One, Gauge>::default();
    registry.register(
        "signing_keys",
        "Keys of signed tokens, by what they do now",
        family.clone(),
    );
    KeyState::ALL.map(|state| family.get_or_create_owned(&[("state", state.as_str())]))
}

fn one<const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    (label, values): (&'static str, [&'static str; N]),
) -> [Counter; N] {
    let family = Family::<One, Counter>::default();
    registry.register(name, help, family.clone());
    values.map(|value| family.get_or_create_owned(&[(label, value)]))
}

fn two<const N: usize, const M: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    (first, outer): (&'static str, [&'static str; N]),
    (second, inner): (&'static str, [&'static str; M]),
) -> [[Busy; M]; N] {
    let family = Family::<Two, Busy>::default();
    registry.register(name, help, family.clone());
    array::from_fn(|i| {
        array::from_fn(|j| family.get_or_create_owned(&[(first, outer[i]), (second, inner[j])]))
    })
}

#[cfg(test)]
mod tests {
    use super::RouteClass;

    #[test]
    fn every_path_has_a_class() {
        let cases = [
            ("/verify", RouteClass::Gateway),
            ("/v1/verify", RouteClass::Service),
            ("/v1/service/sessions", RouteClass::Service),
            ("/v1/login", RouteClass::Person),
            ("/v1/admin/sessions", RouteClass::Admin),
            ("/system/auth/login", RouteClass::Compat),
            ("/api/session/stats", RouteClass::Compat),
            ("/metrics", RouteClass::Operations),
            ("/", RouteClass::Other),
            ("/openapi.json", RouteClass::Other),
            ("", RouteClass::Other),
        ];
        for (path, class) in cases {
            assert_eq!(RouteClass::of(path), class, "{path}");
        }
    }
}
