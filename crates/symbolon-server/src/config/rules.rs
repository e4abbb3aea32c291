//! Rules over more than one setting: what contradicts itself, and what a profile does not allow.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use symbolon::member::NodeName;
use symbolon::{CacheSettings, ISSUER_LEN_MAX, OpenServerError, RedisServer, SIGNED_TTL_MAX, ServerStore};

use super::fault::Findings;
use super::resolve::Resolved;
use super::tree::{Config, Profile, TokenStyle};
use super::url::{ServerUrl, StoreUrl};
use super::value::{size_text, span_text};
use crate::messages::{Message, below, config as text};

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
            let (span, access) = (span_text(session.renew_before), span_text(session.access_ttl));
            let message = text::RENEWS_EARLY.with(&[("span", &span), ("access", &access)]);
            self.warn("session.renew_before", message);
        }
        if remember.absolute_timeout < life.absolute_timeout {
            let span = span_text(remember.absolute_timeout);
            let message = text::REMEMBER_SHORT.with(&[("span", &span)]);
            self.warn("session.remember.absolute_timeout", message);
        }
    }

    fn tokens(&mut self) {
        let token = &self.config.token;
        let access_ttl = self.config.session.access_ttl;
        if token.style == TokenStyle::Jwt && access_ttl > SIGNED_TTL_MAX {
            let message = text::SIGNED_TTL.with(&[("span", &span_text(access_ttl))]);
            self.refuse("session.access_ttl", message);
        }
        if token.issuer.len() > ISSUER_LEN_MAX {
            let message = text::IN_EVERY_TOKEN.with(&[("bytes", &ISSUER_LEN_MAX)]);
            self.refuse("token.issuer", message);
        }
        if token
            .audience
            .as_ref()
            .is_some_and(|names| names.len() > AUDIENCE_MAX)
        {
            let message = text::IN_EVERY_TOKEN.with(&[("bytes", &AUDIENCE_MAX)]);
            self.refuse("token.audience", message);
        }
        if token
            .audience
            .as_ref()
            .is_some_and(|names| names.trim().is_empty())
        {
            self.refuse("token.audience", text::AUDIENCE_BLANK);
        }
    }

    fn at_most(&mut self, part: (&str, Duration), whole: (&str, Duration)) {
        if part.1 > whole.1 {
            let message = text::TTL_LONGER.with(&[
                ("part", &span_text(part.1)),
                ("path", &whole.0),
                ("whole", &span_text(whole.1)),
            ]);
            self.refuse(part.0, message);
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
                self.refuse_in_production(path, text::OPEN_PLAIN.with(&[("address", &address)]));
            }
        }
        let all = [carriers[0], carriers[1], ("ops.listen", self.config.ops_listen)];
        for (index, (path, address)) in all.iter().enumerate() {
            let earlier = all[..index].iter().find(|(_, other)| other == address);
            if let (Some((other, _)), Some(address)) =
                (earlier, address.filter(|address| address.port() != 0))
            {
                let message = text::ADDRESS_TWICE.with(&[("address", &address), ("other", other)]);
                self.refuse(path, message);
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
            let message = text::PROXIES_OPEN.with(&[("network", network)]);
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
            let message = text::ORIGIN_PLAIN.with(&[("origin", origin)]);
            self.refuse_in_production("http.cors_origins", message);
        }
    }

    fn tls(&mut self) {
        let is_given = |path: &str| {
            self.values
                .get::<Option<PathBuf>>(path)
                .is_ok_and(|file| file.is_some())
        };
        const FILES: [&str; 2] = ["http.tls.cert", "http.tls.key"];
        for (path, other) in [(FILES[0], FILES[1]), (FILES[1], FILES[0])] {
            if is_given(path) && !is_given(other) {
                self.refuse(path, text::TLS_HALF.with(&[("other", &other)]));
            }
        }
    }

    fn store(&mut self) {
        let store = &self.config.store_url;
        if *store == StoreUrl::Memory {
            self.warn("store.url", text::STORE_IN_MEMORY);
        }
        if let StoreUrl::Redis(url) = store {
            if let Err(error) = RedisServer::at(url.with_password(), self.config.cache.prefix.as_str()) {
                let message = text::URL_REFUSED.with(&[("detail", &below::said(&error))]);
                self.refuse("store.url", message);
            }
            if url.password().is_none() {
                self.refuse_in_production("store.url", text::REDIS_NO_PASSWORD);
            }
        }
        if let StoreUrl::Postgres(url) | StoreUrl::Mysql(url) = store
            && let Err(OpenServerError::Address { detail }) = ServerStore::at(url.with_password())
        {
            let message = text::URL_REFUSED.with(&[("detail", &below::said(&detail))]);
            self.refuse("store.url", message);
        }
        if let Some(url) = &self.config.cache.redis_url {
            if store.server().is_none() {
                self.warn("cache.redis_url", text::CACHE_UNUSED);
            }
            let address = url.server().map(ServerUrl::with_password).unwrap_or_default();
            let cache = CacheSettings::new(address, self.config.cache.prefix.as_str());
            if let Err(error) = cache.check() {
                let message = text::CACHE_REFUSED.with(&[("detail", &below::said(&error))]);
                self.refuse("cache.redis_url", message);
            }
        }
        if store.server().is_some() && self.config.master_file.is_none() {
            self.refuse_in_production("keys.master_file", text::KEY_SHARED);
        }
        let stores = [
            ("store.url", Some(store)),
            ("cache.redis_url", self.config.cache.redis_url.as_ref()),
        ];
        for (path, url) in stores {
            let password = url.and_then(StoreUrl::server).and_then(ServerUrl::password);
            if password.is_some_and(|password| password.chars().count() < SERVER_PASSWORD_MIN) {
                let message = text::PASSWORD_SHORT.with(&[("least", &SERVER_PASSWORD_MIN)]);
                self.refuse_in_production(path, message);
            }
        }
    }

    fn cookies(&mut self) {
        if !self.config.cookie.secure && self.config.profile != Profile::Development {
            self.refuse("cookie.secure", text::COOKIES_PLAIN);
        }
    }

    fn node(&mut self) {
        let node = &self.config.node;
        if let Some(Err(why)) = node.name.as_deref().map(NodeName::new) {
            let message = text::NAME_REFUSED.with(&[("why", &below::said(&why))]);
            self.refuse("node.name", message);
        }
        if node.log_retention < node.lease.saturating_mul(2) {
            let (span, lease) = (span_text(node.log_retention), span_text(node.lease));
            let message = text::RETENTION_SHORT.with(&[("span", &span), ("lease", &lease)]);
            self.refuse("node.log_retention", message);
        }
    }

    fn argon2(&mut self) {
        let argon2 = &self.config.login.argon2;
        let is_equal =
            |(mib, iterations): &(u64, u32)| argon2.memory >= mib << 20 && argon2.iterations >= *iterations;
        if !ARGON2_EQUALS.iter().any(is_equal) {
            let message = text::ARGON2_WEAK.with(&[
                ("memory", &size_text(argon2.memory)),
                ("iterations", &argon2.iterations),
            ]);
            self.refuse_in_production("login.argon2.memory", message);
        }
    }

    fn purge(&mut self) {
        let keep = self.config.purge.keep_ended;
        if keep < KEEP_ENDED_SAFE {
            let message = text::KEEP_SHORT.with(&[("span", &span_text(keep))]);
            self.refuse_in_production("purge.keep_ended", message);
        }
    }

    fn refuse(&mut self, path: &str, message: impl Into<Message>) {
        self.found.faults.push(self.values.fault(path, message));
    }

    fn warn(&mut self, path: &str, message: impl Into<Message>) {
        self.found.warnings.push(self.values.fault(path, message));
    }

    fn refuse_in_production(&mut self, path: &str, message: impl Into<Message>) {
        match self.config.profile {
            Profile::Production => self.refuse(path, message),
            Profile::Default | Profile::Development => self.warn(path, message),
        }
    }
}
