//! The settings as the rest of the server sees them: typed, complete, and read once.
//!
//! The names are those of the file, and the table of settings says what each of them does.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use croner::Cron;
use ipnet::IpNet;
use symbolon::SharedSecret;

use super::fault::Fault;
use super::resolve::Resolved;
use super::url::StoreUrl;
use super::value::Word;

/// Everything that the server can be told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) profile: Profile,
    pub(crate) data_dir: PathBuf,
    pub(crate) http: Http,
    /// Where the admin API and the console listen by themselves.
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Where metrics and health listen by themselves.
    pub(crate) ops_listen: Option<SocketAddr>,
    pub(crate) store_url: StoreUrl,
    /// At the most, where the store is a server.
    pub(crate) store_connections: usize,
    pub(crate) cache: Cache,
    pub(crate) fallback: Fallback,
    /// The file of the master key; none: `data_dir/master.key`.
    pub(crate) master_file: Option<PathBuf>,
    pub(crate) token: Token,
    pub(crate) session: Session,
    pub(crate) cookie: Cookie,
    pub(crate) node: Node,
    pub(crate) login: Login,
    pub(crate) purge: Purge,
    pub(crate) verdict_reasons: Reasons,
    pub(crate) compat: Compat,
    pub(crate) log: Log,
    /// Whether verify answers say where they come from.
    pub(crate) debug_tier: bool,
}

/// `profile`: how strict the rules are, and some defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Default,
    Development,
    Production,
}

/// `cookie.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) secure: bool,
    pub(crate) clear_site_data: bool,
}

/// `http.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) tls: Option<Tls>,
    pub(crate) plain: bool,
    pub(crate) cors_origins: Vec<String>,
}

/// `http.tls.*`: two PEM files.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tls {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// `cache.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cache {
    /// Always a [`StoreUrl::Redis`].
    pub(crate) redis_url: Option<StoreUrl>,
    pub(crate) prefix: String,
}

/// `fallback.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fallback {
    pub(crate) enabled: bool,
    /// How often its files are rid of what has expired.
    pub(crate) clean_every: Duration,
}

/// `token.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) style: TokenStyle,
    pub(crate) alg: TokenAlg,
    pub(crate) issuer: String,
    pub(crate) audience: Option<String>,
    pub(crate) rotate_after: Duration,
    pub(crate) secret: Option<SharedSecret>,
}

/// `token.style`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStyle {
    Opaque,
    Jwt,
}

/// `token.alg`, by the names of RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenAlg {
    EdDsa,
    Es256,
    Rs256,
    Hs256,
}

/// `session.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) access_ttl: Duration,
    pub(crate) refresh_ttl: Duration,
    pub(crate) life: Life,
    /// `session.remember.*`.
    pub(crate) remember: Life,
    pub(crate) rotation_grace: Duration,
    pub(crate) per_subject_max: u32,
    pub(crate) on_max: OnMax,
    /// Zero: never.
    pub(crate) renew_before: Duration,
}

/// How long a session can go on: idle is never longer than absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) idle_timeout: Duration,
    pub(crate) absolute_timeout: Duration,
}

/// `session.on_max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMax {
    ReplaceOldest,
    Refuse,
}

/// `node.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// None: the machine's name and the port.
    pub(crate) name: Option<String>,
    pub(crate) lease: Duration,
    pub(crate) revoke_wait: Duration,
    /// In sessions.
    pub(crate) near_capacity: usize,
    pub(crate) log_retention: Duration,
}

/// `login.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Login {
    pub(crate) argon2: Argon2,
    pub(crate) free_failures: u32,
    /// In characters.
    pub(crate) password_min: usize,
    /// Where the log-in itself does not say.
    pub(crate) remember: bool,
}

/// `login.argon2.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argon2 {
    /// In bytes, a whole number of KiB.
    pub(crate) memory: u64,
    pub(crate) iterations: u32,
    /// None: max(1, cores − 1).
    pub(crate) permits: Option<usize>,
}

/// `purge.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Purge {
    /// Five fields, in UTC.
    pub(crate) schedule: Cron,
    pub(crate) keep_ended: Duration,
}

/// `verdict.reasons`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reasons {
    Full,
    Coarse,
}

/// `compat.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compat {
    pub(crate) enabled: bool,
    pub(crate) query_token: bool,
}

/// `log.*`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: tracing::Level,
    pub(crate) locale: Locale,
}

/// `log.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Pretty,
    Json,
}

/// `log.locale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locale {
    En,
    ZhCn,
}

impl Config {
    /// Takes the values over into the tree.
    ///
    /// # Errors
    /// Where the table has another kind than the tree: never in a release, a test sees to it.
    pub(crate) fn of(values: &Resolved) -> Result<Self, Fault> {
        Ok(Self {
            profile: values.get("profile")?,
            data_dir: values.get("data_dir")?,
            http: Http::of(values)?,
            admin_listen: values.get("admin.listen")?,
            ops_listen: values.get("ops.listen")?,
            store_url: values.get("store.url")?,
            store_connections: values.get("store.connections")?,
            cache: Cache {
                redis_url: values.get("cache.redis_url")?,
                prefix: values.get("cache.prefix")?,
            },
            fallback: Fallback {
                enabled: values.get("fallback.enabled")?,
                clean_every: values.get("fallback.clean_every")?,
            },
            master_file: values.get("keys.master_file")?,
            token: Token::of(values)?,
            session: Session::of(values)?,
            cookie: Cookie {
                secure: values.get("cookie.secure")?,
                clear_site_data: values.get("cookie.clear_site_data")?,
            },
            node: Node::of(values)?,
            login: Login::of(values)?,
            purge: Purge {
                schedule: values.get("purge.schedule")?,
                keep_ended: values.get("purge.keep_ended")?,
            },
            verdict_reasons: values.get("verdict.reasons")?,
            compat: Compat {
                enabled: values.get("compat.enabled")?,
                query_token: values.get("compat.query_token")?,
            },
            log: Log {
                format: values.get("log.format")?,
                level: values.get("log.level")?,
                locale: values.get("log.locale")?,
            },
            debug_tier: values.get("debug.tier")?,
        })
    }
}

impl Http {
    fn of(values: &Resolved) -> Result<Self, Fault> {
        let files: (Option<PathBuf>, Option<PathBuf>) =
            (values.get("http.tls.cert")?, values.get("http.tls.key")?);
        Ok(Self {
            listen: values.get("http.listen")?,
            trusted_proxies: values.get("http.trusted_proxies")?,
            // One without the other is refused by the rules.
            tls: files.0.zip(files.1).map(|(cert, key)| Tls { cert, key }),
            plain: values.get("http.plain")?,
            cors_origins: values.get("http.cors_origins")?,
        })
    }
}

impl Token {
    fn of(values: &Resolved) -> Result<Self, Fault> {
        Ok(Self {
            style: values.get("token.style")?,
            alg: values.get("token.alg")?,
            issuer: values.get("token.issuer")?,
            audience: values.get("token.audience")?,
            rotate_after: values.get("token.rotate_after")?,
            secret: values.get("token.secret")?,
        })
    }
}

impl Session {
    fn of(values: &Resolved) -> Result<Self, Fault> {
        Ok(Self {
            access_ttl: values.get("session.access_ttl")?,
            refresh_ttl: values.get("session.refresh_ttl")?,
            life: Life {
                idle_timeout: values.get("session.idle_timeout")?,
                absolute_timeout: values.get("session.absolute_timeout")?,
            },
            remember: Life {
                idle_timeout: values.get("session.remember.idle_timeout")?,
                absolute_timeout: values.get("session.remember.absolute_timeout")?,
            },
            rotation_grace: values.get("session.rotation_grace")?,
            per_subject_max: values.get("session.per_subject_max")?,
            on_max: values.get("session.on_max")?,
            renew_before: values.get("session.renew_before")?,
        })
    }
}

impl Node {
    fn of(values: &Resolved) -> Result<Self, Fault> {
        Ok(Self {
            name: values.get("node.name")?,
            lease: values.get("node.lease")?,
            revoke_wait: values.get("node.revoke_wait")?,
            near_capacity: values.get("node.near_capacity")?,
            log_retention: values.get("node.log_retention")?,
        })
    }
}

impl Login {
    fn of(values: &Resolved) -> Result<Self, Fault> {
        Ok(Self {
            argon2: Argon2 {
                memory: values.get("login.argon2.memory")?,
                iterations: values.get("login.argon2.iterations")?,
                permits: values.get("login.argon2.permits")?,
            },
            free_failures: values.get("login.free_failures")?,
            password_min: values.get("login.password_min")?,
            remember: values.get("login.remember")?,
        })
    }
}

impl Word for Profile {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("default", Self::Default),
        ("development", Self::Development),
        ("production", Self::Production),
    ];
}

impl Word for TokenStyle {
    const WORDS: &'static [(&'static str, Self)] = &[("opaque", Self::Opaque), ("jwt", Self::Jwt)];
}

impl Word for TokenAlg {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("EdDSA", Self::EdDsa),
        ("ES256", Self::Es256),
        ("RS256", Self::Rs256),
        ("HS256", Self::Hs256),
    ];
}

impl Word for OnMax {
    const WORDS: &'static [(&'static str, Self)] =
        &[("replace_oldest", Self::ReplaceOldest), ("refuse", Self::Refuse)];
}

impl Word for Reasons {
    const WORDS: &'static [(&'static str, Self)] = &[("full", Self::Full), ("coarse", Self::Coarse)];
}

impl Word for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("pretty", Self::Pretty), ("json", Self::Json)];
}

impl Word for Locale {
    const WORDS: &'static [(&'static str, Self)] = &[("en", Self::En), ("zh-CN", Self::ZhCn)];
}

impl Word for tracing::Level {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("error", Self::ERROR),
        ("warn", Self::WARN),
        ("info", Self::INFO),
        ("debug", Self::DEBUG),
        ("trace", Self::TRACE),
    ];
}
