//! Rules over more than one setting: what contradicts itself, and what a profile does not allow.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use symbolon::member::NodeName;
use symbolon::{CacheSettings, ISSUER_LEN_MAX, OpenServerError, SIGNED_TTL_MAX, ServerStore};

use super::fault::Findings;
use super::resolve::Resolved;
use super::tree::{Config, Profile, TokenStyle};
use super::url::{ServerUrl, StoreUrl};
use super::value::{size_text, span_text};

/// Below this a password of a server can be guessed over the network in days.
const SERVER_PASSWORD_MIN: usize = 8;
/// A clock that jumps ahead makes live sessions look ended; for this long nothing that is needed may be deleted.
const KEEP_ENDED_SAFE: Duration = Duration::from_secs(86_400);
/// The settings of equal strength of OWASP's Password Storage Cheat Sheet: MiB and iterations.
const ARGON2_EQUALS: [(u64, u32); 5] = [(46, 1), (19, 2), (12, 3), (9, 4), (7, 5)];

/// As at a session's issue: all its audiences together, in bytes.
const AUDIENCE_MAX: usize = 1_024;

/// Applies every rule that needs no look at the disk.
pub(crate) fn check(config: &Config, values: &Resolved, found: &mut Findings) {
    let mut rules = Rules {
        config,
        values,
        found,
    };
    rules.lives();
    rules.tokens();
    rules.listeners();
    rules.proxies();
    rules.cors();
    rules.tls();
    rules.store();
    rules.cookies();
    rules.node();
    rules.argon2();
    rules.purge();
}

/// The whole address of a server, with its password.
fn address_of(url: &StoreUrl) -> String {
    url.server().map(ServerUrl::with_password).unwrap_or_default()
}

struct Rules<'a> {
    config: &'a Config,
    values: &'a Resolved,
    found: &'a mut Findings,
}

impl Rules<'_> {
    fn lives(&mut self) {
        let session = &self.config.session;
        let (life, remember) = (session.life, session.remember);
        let absolute = ("session.absolute_timeout", life.absolute_timeout);
        self.at_most(("session.access_ttl", session.access_ttl), absolute);
        self.at_most(("session.refresh_ttl", session.refresh_ttl), absolute);
        self.at_most(("session.idle_timeout", life.idle_timeout), absolute);
        self.at_most(
            ("session.remember.idle_timeout", remember.idle_timeout),
            ("session.remember.absolute_timeout", remember.absolute_timeout),
        );
        if session.renew_before > session.access_ttl / 2 {
            let message = format!(
                "{} is more than half of session.access_ttl, {}: a token can be out of date while another tab still has it",
                span_text(session.renew_before),
                span_text(session.access_ttl)
            );
            self.warn("session.renew_before", message);
        }
        if remember.absolute_timeout < life.absolute_timeout {
            let message = format!(
                "{} is shorter than session.absolute_timeout: who is remembered is out earlier",
                span_text(remember.absolute_timeout)
            );
            self.warn("session.remember.absolute_timeout", message);
        }
    }

    fn tokens(&mut self) {
        let token = &self.config.token;
        let access_ttl = self.config.session.access_ttl;
        if token.style == TokenStyle::Jwt && access_ttl > SIGNED_TTL_MAX {
            let message = format!(
                "{} is too long for a signed token, which cannot be taken back from who verifies it alone; give 90d at \
                 the most, or token.style: opaque",
                span_text(access_ttl)
            );
            self.refuse("session.access_ttl", message);
        }
        if token.issuer.len() > ISSUER_LEN_MAX {
            let message = format!("is in every token; it has more than {ISSUER_LEN_MAX} bytes");
            self.refuse("token.issuer", message);
        }
        if token
            .audience
            .as_ref()
            .is_some_and(|names| names.len() > AUDIENCE_MAX)
        {
            let message = format!("is in every token; it has more than {AUDIENCE_MAX} bytes");
            self.refuse("token.audience", message);
        }
        if token
            .audience
            .as_ref()
            .is_some_and(|names| names.trim().is_empty())
        {
            self.refuse("token.audience", "is blank; expected names, or null");
        }
    }

    fn at_most(&mut self, part: (&str, Duration), whole: (&str, Duration)) {
        if part.1 > whole.1 {
            let (part_text, whole_text) = (span_text(part.1), span_text(whole.1));
            self.refuse(
                part.0,
                format!(
                    "{part_text} is longer than {}, {whole_text}; shorten this or lengthen that",
                    whole.0
                ),
            );
        }
    }

    /// Tokens do not cross a network in the clear. Metrics and health carry none, so `ops.listen` is free.
    fn listeners(&mut self) {
        let http = &self.config.http;
        let is_covered = http.tls.is_some() || !http.trusted_proxies.is_empty() || http.plain;
        let carriers = [
            ("http.listen", Some(http.listen)),
            ("admin.listen", self.config.admin_listen),
        ];
        for (path, address) in carriers {
            let is_open = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
            if let Some(address) = address.filter(is_open).filter(|_| !is_covered) {
                let message = format!(
                    "{address} is reached from outside without TLS, so tokens can be read on the way; give \
                     http.tls.cert and http.tls.key, or http.trusted_proxies where a proxy ends TLS, or http.plain: \
                     true where something below encrypts"
                );
                self.refuse_in_production(path, message);
            }
        }
        let all = [carriers[0], carriers[1], ("ops.listen", self.config.ops_listen)];
        for (index, (path, address)) in all.iter().enumerate() {
            let earlier = all[..index].iter().find(|(_, other)| other == address);
            if let (Some((other, _)), Some(address)) =
                (earlier, address.filter(|address| address.port() != 0))
            {
                self.refuse(
                    path,
                    format!("{address} is also {other}; give null for one listener, or another port"),
                );
            }
        }
    }

    fn proxies(&mut self) {
        let open = self
            .config
            .http
            .trusted_proxies
            .iter()
            .find(|network| network.prefix_len() == 0);
        if let Some(network) = open {
            let message = format!("{network} is everyone, so everyone can pretend to come from any address");
            self.refuse_in_production("http.trusted_proxies", message);
        }
    }

    /// Whoever is on the way to a page over plain http writes the page, and may then call as it. On this machine nobody
    /// is on the way.
    fn cors(&mut self) {
        let is_local = |host: &str| {
            let name = host.strip_prefix('[').map_or(host, |ipv6| ipv6);
            ["localhost", "127.0.0.1", "::1]"].iter().any(|local| {
                name.strip_prefix(local)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            })
        };
        let is_open = |origin: &&String| origin.strip_prefix("http://").is_some_and(|host| !is_local(host));
        if let Some(origin) = self.config.http.cors_origins.iter().find(is_open) {
            let message = format!(
                "{origin} is not https, so whoever is on the way to that page can call the API in its name"
            );
            self.refuse_in_production("http.cors_origins", message);
        }
    }

    fn tls(&mut self) {
        let is_given = |path: &str| {
            self.values
                .get::<Option<PathBuf>>(path)
                .is_ok_and(|file| file.is_some())
        };
        match (is_given("http.tls.cert"), is_given("http.tls.key")) {
            (true, false) => self.refuse("http.tls.cert", "is given without http.tls.key; TLS needs both"),
            (false, true) => self.refuse("http.tls.key", "is given without http.tls.cert; TLS needs both"),
            _ => {}
        }
    }

    fn store(&mut self) {
        let store = &self.config.store_url;
        if *store == StoreUrl::Memory {
            self.warn(
                "store.url",
                "memory: is lost at a restart, and every session with it",
            );
        }
        if let StoreUrl::Redis(url) = store {
            let message = "Redis is the store: it needs a password, append-only persistence and noeviction";
            self.warn("store.url", message);
            if url.password().is_none() {
                self.refuse_in_production("store.url", "the Redis of the store has no password");
            }
        }
        if let StoreUrl::Postgres(url) | StoreUrl::Mysql(url) = store
            && let Err(OpenServerError::Address { detail }) = ServerStore::at(url.with_password())
        {
            self.refuse("store.url", format!("is not understood: {detail}"));
        }
        if let Some(url) = &self.config.cache.redis_url {
            if store.server().is_none() {
                let message = "is not used: one node over its own store answers from memory, and needs no cache to share";
                self.warn("cache.redis_url", message);
            }
            let cache = CacheSettings::new(address_of(url), self.config.cache.prefix.as_str());
            if let Err(error) = cache.check() {
                self.refuse("cache.redis_url", format!("is refused: {error}"));
            }
        }
        if store.server().is_some() && self.config.master_file.is_none() {
            let message =
                "is null; nodes that share a store need the same master key, so give each the same file";
            self.refuse_in_production("keys.master_file", message);
        }
        let stores = [
            ("store.url", Some(store)),
            ("cache.redis_url", self.config.cache.redis_url.as_ref()),
        ];
        for (path, url) in stores {
            let password = url.and_then(StoreUrl::server).and_then(ServerUrl::password);
            if password.is_some_and(|password| password.chars().count() < SERVER_PASSWORD_MIN) {
                let message = format!("the password is shorter than {SERVER_PASSWORD_MIN} characters");
                self.refuse_in_production(path, message);
            }
        }
    }

    fn cookies(&mut self) {
        if !self.config.cookie.secure && self.config.profile != Profile::Development {
            let message = "false sends cookies over plain http; it is allowed with profile: development only";
            self.refuse("cookie.secure", message);
        }
    }

    fn node(&mut self) {
        let node = &self.config.node;
        if let Some(Err(why)) = node.name.as_deref().map(NodeName::new) {
            self.refuse("node.name", format!("is not understood: {why}"));
        }
        if node.log_retention < node.lease.saturating_mul(2) {
            let message = format!(
                "{} is less than twice node.lease, {}: a node that paused would always begin anew; lengthen it",
                span_text(node.log_retention),
                span_text(node.lease)
            );
            self.refuse("node.log_retention", message);
        }
    }

    fn argon2(&mut self) {
        let argon2 = &self.config.login.argon2;
        let is_equal =
            |(mib, iterations): &(u64, u32)| argon2.memory >= mib << 20 && argon2.iterations >= *iterations;
        if !ARGON2_EQUALS.iter().any(is_equal) {
            let message = format!(
                "{} with {} iterations is weaker than OWASP's least: 46MiB with 1, 19MiB with 2, 12MiB with 3, 9MiB \
                 with 4, 7MiB with 5",
                size_text(argon2.memory),
                argon2.iterations
            );
            self.refuse_in_production("login.argon2.memory", message);
        }
    }

    fn purge(&mut self) {
        let keep = self.config.purge.keep_ended;
        if keep < KEEP_ENDED_SAFE {
            let message = format!(
                "{} is less than 1d: a clock that jumps can delete live sessions",
                span_text(keep)
            );
            self.refuse_in_production("purge.keep_ended", message);
        }
    }

    fn refuse(&mut self, path: &str, message: impl Into<String>) {
        self.found.faults.push(self.values.fault(path, message));
    }

    fn warn(&mut self, path: &str, message: impl Into<String>) {
        self.found.warnings.push(self.values.fault(path, message));
    }

    fn refuse_in_production(&mut self, path: &str, message: impl Into<String>) {
        match self.config.profile {
            Profile::Production => self.refuse(path, message),
            Profile::Default | Profile::Development => self.warn(path, message),
        }
    }
}
