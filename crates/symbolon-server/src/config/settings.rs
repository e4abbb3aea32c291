//! The table of settings: every one with its path, its kind, its default and its words.
//!
//! All else is made from this table: what the file and the environment may say, the nearest name for a mistyped one,
//! `config show`, and the test that `symbolon.example.yaml` leaves nothing out.

use std::time::Duration;

use symbolon::policy::PER_SUBJECT_LIMIT_MAX;

use super::kind::Kind;
use super::kind::Kind::{
    Address, Choice, Count, Flag, Networks, Origins, Path, Prefix, RedisUrl, Schedule, Secret, Size, Span,
    StoreUrl, Text,
};

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The keys from the top of the file, joined by dots.
    pub(crate) path: &'static str,
    /// What its value may be, with its limits.
    pub(crate) kind: Kind,
    /// The default as one would write it; `null` also says that the setting may be null.
    pub(crate) default: &'static str,
    /// The default of the development profile, where it has its own.
    pub(crate) development: Option<&'static str>,
    /// The default of the production profile, where it has its own.
    pub(crate) production: Option<&'static str>,
    /// What it does and when to change it; the example file says the same words.
    pub(crate) doc: &'static str,
}

impl Setting {
    const fn new(path: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Self {
        Self {
            path,
            kind,
            default,
            development: None,
            production: None,
            doc,
        }
    }

    const fn profiles(mut self, development: &'static str, production: &'static str) -> Self {
        self.development = Some(development);
        self.production = Some(production);
        self
    }

    /// Whether the value may be null.
    pub(crate) fn is_nullable(&self) -> bool {
        self.default == "null"
    }

    /// The default under a profile, with the profile's name where it has its own.
    pub(crate) fn default_under(&self, profile: &str) -> (&'static str, Option<&'static str>) {
        match (profile, self.development, self.production) {
            ("development", Some(own), _) => (own, Some("development")),
            ("production", _, Some(own)) => (own, Some("production")),
            _ => (self.default, None),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const MIB: u64 = 1 << 20;

/// A life beyond ten years is a mistake of typing; a life below a second ends before its answer arrives.
const LIFE: Kind = Span {
    min: SECOND,
    max: DAY.saturating_mul(3_650),
};
/// More often is work for nothing; more seldom, and a long absence of the store fills the disk.
const CLEANING: Kind = Span {
    min: SECOND,
    max: MINUTE.saturating_mul(60),
};
/// The grace is also the time in which a stolen refresh token can be repeated unseen: a minute at most.
const GRACE: Kind = Span {
    min: Duration::ZERO,
    max: MINUTE,
};
/// Renewal before the end is for tokens that live for minutes or hours.
const RENEWAL: Kind = Span {
    min: Duration::ZERO,
    max: DAY,
};
/// A new key each day is as often as copies of the published keys can follow; beyond ten years it is a mistake of typing.
const KEY_LIFE: Kind = Span {
    min: DAY,
    max: DAY.saturating_mul(3_650),
};
/// Below a second the heartbeat, four to a lease, is most of the store's work; beyond ten minutes a revocation could
/// be late by more than anyone would call revoked.
const LEASE: Kind = Span {
    min: SECOND,
    max: MINUTE.saturating_mul(10),
};
/// A client that waits longer has hung up; `?wait=full` has the same bound.
const REVOKE_WAIT: Kind = Span {
    min: Duration::ZERO,
    max: Duration::from_secs(30),
};
/// A node away for longer than this begins anew, so it must outlast a short outage; a month of rows is enough.
const LOG_RETENTION: Kind = Span {
    min: MINUTE,
    max: DAY.saturating_mul(30),
};
/// Each is a process of its own in PostgreSQL: hundreds of them are slower than dozens.
const STORE_CONNECTIONS: Kind = Count { min: 1, max: 1_000 };
/// An entry takes some 200 bytes: a hundred million are 20 GB, more than one node should lose at a restart.
const NEAR_CAPACITY: Kind = Count {
    min: 1,
    max: 100_000_000,
};
/// Beyond it a log-in, which counts the sessions of its subject in one step, would hold the store for seconds.
const PER_SUBJECT: Kind = Count {
    min: 1,
    max: PER_SUBJECT_LIMIT_MAX as u64,
};
/// OWASP's smallest Argon2id is 7 MiB; beyond 1 GiB a few log-ins take the machine.
const ARGON2_MEMORY: Kind = Size {
    min: 7 * MIB,
    max: 1024 * MIB,
};
/// At 19 MiB a hundred iterations are over a second of one core.
const ARGON2_ITERATIONS: Kind = Count { min: 1, max: 100 };
/// More threads than any machine has cores to give.
const ARGON2_PERMITS: Kind = Count { min: 1, max: 1_024 };
/// At a hundred failures in a row the password is disabled (NIST SP 800-63B-4, 3.2.2): free ones stay below.
const FREE_FAILURES: Kind = Count { min: 0, max: 99 };
/// NIST SP 800-63B-4, 3.1.1.2: never below 8; passwords of 64 must be accepted.
const PASSWORD_MIN: Kind = Count { min: 8, max: 64 };
/// Ended sessions are the record of who was there: ten years at most.
const KEEP_ENDED: Kind = Span {
    min: Duration::ZERO,
    max: DAY.saturating_mul(3_650),
};

/// Every setting, in the order of the example file.
#[rustfmt::skip] // One row, one setting: the columns are read downwards.
pub(crate) static SETTINGS: &[Setting] = &[
    Setting::new("profile", Choice(&["default", "development", "production"]), "default",
        "Default, development or production: some defaults below differ, and production refuses what default only warns of."),
    Setting::new("data_dir", Path, "./symbolon-data",
        "Folder of the SQLite file, the master key and the socket of the command line. Made at the first start, mode 0700."),

    Setting::new("http.listen", Address, "127.0.0.1:5000",
        "Address and port of the API and the gateways. Beyond loopback give http.tls or http.trusted_proxies."),
    Setting::new("http.trusted_proxies", Networks, "[]",
        "Networks whose X-Forwarded-For is believed, such as [10.0.0.0/8]. Only the addresses of your own proxies."),
    Setting::new("http.tls.cert", Path, "null",
        "PEM file of the certificate chain, the server's own first. Give both, or neither where a proxy ends TLS."),
    Setting::new("http.tls.key", Path, "null",
        "PEM file of the private key of http.tls.cert."),
    Setting::new("http.plain", Flag, "false",
        "True says that tokens may cross the network without TLS: only where something below encrypts, such as a mesh."),
    Setting::new("http.cors_origins", Origins, "[]",
        "Origins whose pages may call the API from a browser, with cookies too, such as [https://app.example.com]."),
    Setting::new("admin.listen", Address, "null",
        "Address and port for the admin API alone. Null: at http.listen with all else."),
    Setting::new("ops.listen", Address, "null",
        "Address and port for /metrics, /healthz and /readyz alone. Null: at http.listen with all else."),

    Setting::new("store.url", StoreUrl, "sqlite:",
        "A file: sqlite: or sqlite:PATH; shared: postgres://USER:PASSWORD@HOST/DATABASE, mysql://, redis://; lost at a restart: memory:."),
    Setting::new("store.connections", STORE_CONNECTIONS, "16",
        "Connections to a store that is a server, besides four of their own for ends of sessions and the heartbeat. Per node."),
    Setting::new("cache.redis_url", RedisUrl, "null",
        "A Redis that the nodes of a shared store have as a cache before it, and to tell each other. Null: none; the store is asked."),
    Setting::new("cache.prefix", Prefix, "sy",
        "First part of every key in Redis. Change it where two installations share one Redis."),
    Setting::new("fallback.enabled", Flag, "true",
        "Go on from files in data_dir/fallback while the store is away: only where it is Redis, and no other node uses it."),
    Setting::new("fallback.clean_every", CLEANING, "5m",
        "How often expired sessions are removed from those files while the store is away."),

    Setting::new("keys.master_file", Path, "null",
        "File of 64 hex digits, the secret that is never in the store. Null: data_dir/master.key, made at the first start."),

    Setting::new("token.style", Choice(&["opaque", "jwt"]), "opaque",
        "Opaque tokens are short and say nothing; jwt is for services that read claims from the token itself."),
    Setting::new("token.alg", Choice(&["EdDSA", "ES256", "RS256", "HS256"]), "EdDSA",
        "Signature of tokens of the jwt style. ES256 or RS256 where a client knows no EdDSA; HS256 with a shared secret."),
    Setting::new("token.issuer", Text, "symbolon",
        "Who issues the tokens: iss in introspection and in a JWT. Best the https address of this server."),
    Setting::new("token.audience", Text, "null",
        "For whom tokens are meant unless their issue says so: aud. Null: for everyone who may ask."),
    Setting::new("token.rotate_after", KEY_LIFE, "90d",
        "Age at which a signing key is followed by the next. What the old one signed stays good until its end."),
    Setting::new("token.secret", Secret, "null",
        "Secret of HS256 that services share to verify by themselves: openssl rand -hex 32. Null: made once, kept sealed."),

    Setting::new("session.access_ttl", LIFE, "30m",
        "Life of an access token. Shorter means more refreshes; a revocation does not wait for it.")
        .profiles("7d", "1h"),
    Setting::new("session.refresh_ttl", LIFE, "30d",
        "Life of a refresh token, counted anew at each refresh, and never beyond the session's own end."),
    Setting::new("session.idle_timeout", LIFE, "7d",
        "A session not used for this long is over.")
        .profiles("7d", "24h"),
    Setting::new("session.absolute_timeout", LIFE, "30d",
        "A session older than this is over, however much it is used."),
    Setting::new("session.remember.idle_timeout", LIFE, "30d",
        "In place of session.idle_timeout where the person chose to be remembered."),
    Setting::new("session.remember.absolute_timeout", LIFE, "90d",
        "In place of session.absolute_timeout where the person chose to be remembered."),
    Setting::new("session.rotation_grace", GRACE, "10s",
        "A refresh repeated within this time gives the same pair; later it counts as theft and ends the session. At most 1m."),
    Setting::new("session.per_subject_max", PER_SUBJECT, "50",
        "Live sessions that one subject may have."),
    Setting::new("session.on_max", Choice(&["replace_oldest", "refuse"]), "replace_oldest",
        "At that number: replace_oldest ends the oldest for the new one, refuse answers the log-in with 409."),
    Setting::new("session.renew_before", RENEWAL, "0s",
        "A session without refresh token gets a new token when less than this is left. 0s: never."),

    Setting::new("cookie.secure", Flag, "true",
        "Cookies only over https. False is for development over plain http, and allowed in that profile only."),
    Setting::new("cookie.clear_site_data", Flag, "true",
        "A log-out by cookie has the browser forget all it stores for this site. Cookies count by domain: false where others share it."),

    Setting::new("node.name", Text, "null",
        "What operators call this node: letters, digits, dots, _ and -. Null: the machine's name and the port of http.listen."),
    Setting::new("node.lease", LEASE, "10s",
        "How long a node verifies while the store is away, and how late a revocation can be on a hung node. 1s to 10m."),
    Setting::new("node.revoke_wait", REVOKE_WAIT, "1s",
        "How long a revocation waits for the other nodes before it answers 202 with the time at which it is effective."),
    Setting::new("node.near_capacity", NEAR_CAPACITY, "1000000",
        "Sessions kept in memory for verifying; about 200 bytes each. Give it the number of sessions in use at a time."),
    Setting::new("node.log_retention", LOG_RETENTION, "1h",
        "How long revocations stay in the log. A node that was away for longer drops its memory and begins anew."),

    Setting::new("login.argon2.memory", ARGON2_MEMORY, "19MiB",
        "Memory of one password hash (Argon2id). OWASP: 46MiB with 1 iteration, 19MiB with 2, 12MiB with 3, 7MiB with 5."),
    Setting::new("login.argon2.iterations", ARGON2_ITERATIONS, "2",
        "Passes over that memory. More of them makes guessing and logging in slower by the same factor."),
    Setting::new("login.argon2.permits", ARGON2_PERMITS, "null",
        "Password hashes computed at a time. Null: one less than the machine has cores, at least one."),
    Setting::new("login.free_failures", FREE_FAILURES, "5",
        "Wrong passwords in a row before an account has to wait; the wait doubles up to 5 minutes."),
    Setting::new("login.password_min", PASSWORD_MIN, "15",
        "Shortest new password, in characters. 15 where it is the only factor (NIST SP 800-63B-4); never below 8."),
    Setting::new("login.remember", Flag, "false",
        "Whether a log-in that does not say is remembered, with the lives of session.remember."),

    Setting::new("purge.schedule", Schedule, "0 3 * * *",
        "The full clean-up of ended sessions: minute, hour, day, month, weekday, in UTC. A little is cleaned all the time."),
    Setting::new("purge.keep_ended", KEEP_ENDED, "14d",
        "How long an ended session is kept for the record. Below 1d a wrong clock can delete what is still needed."),

    Setting::new("verdict.reasons", Choice(&["full", "coarse"]), "full",
        "What a refused token is told: full says why it ended, coarse only expired or revoked."),
    Setting::new("compat.enabled", Flag, "true",
        "The routes of older systems, such as /login and /system/auth/login. False answers them with 404."),
    Setting::new("compat.query_token", Flag, "false",
        "Those routes also take the token from the address. Addresses end up in logs: only for clients that cannot change."),

    Setting::new("log.format", Choice(&["pretty", "json"]), "pretty",
        "Pretty for people, json for machines: one event a line on standard error."),
    Setting::new("log.level", Choice(&["error", "warn", "info", "debug", "trace"]), "info",
        "Least weight of what is logged: error, warn, info, debug or trace."),
    Setting::new("log.locale", Choice(&["en", "zh-CN"]), "en",
        "Language of the messages for people: en or zh-CN. If it is not given, a terminal has its own (LANG), and the log is English."),
    Setting::new("debug.tier", Flag, "false",
        "Answers of verify say in X-Symbolon-Tier where they come from: near, shared or store."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_of_every_profile_is_a_valid_value_and_prints_as_it_is_written() {
        for setting in SETTINGS {
            for text in [Some(setting.default), setting.development, setting.production]
                .into_iter()
                .flatten()
            {
                if text == "null" || text == "[]" {
                    continue;
                }
                let value = setting
                    .kind
                    .parse(text)
                    .unwrap_or_else(|fault| panic!("{}: {fault:?}", setting.path));
                let printed = if text == "24h" { "1d" } else { text };
                assert_eq!(value.to_string(), printed, "{}", setting.path);
            }
        }
    }

    #[test]
    fn no_path_occurs_twice_and_none_is_also_a_group() {
        for (index, setting) in SETTINGS.iter().enumerate() {
            for other in &SETTINGS[index + 1..] {
                assert_ne!(setting.path, other.path);
                assert!(
                    !other.path.starts_with(&format!("{}.", setting.path)),
                    "{}",
                    other.path
                );
                assert!(
                    !setting.path.starts_with(&format!("{}.", other.path)),
                    "{}",
                    setting.path
                );
            }
        }
    }

    #[test]
    fn every_setting_has_its_words() {
        for setting in SETTINGS {
            assert!(
                setting.doc.ends_with('.') && (15..=130).contains(&setting.doc.len()),
                "{}",
                setting.path
            );
        }
    }
}
