//! From the configuration to what runs: the library's builder, the wire's settings, the listeners.

mod store_place;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use symbolon::member::{NODE_NAME_MAX, NoNodeName, NodeName};
use symbolon::policy::{OnMax, SessionPolicy};
use symbolon::session::{Lives, TokenStyle};
use symbolon::{
    Builder, CacheSettings, MASTER_KEY_FILE, NodeSettings, OpenFault, OpenServerError, SignedTokens,
    SigningAlg, Symbolon,
};
use symbolon_http::app::{App, HttpSettings, Locale, Reasons, ServiceContext};
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::cookies::CookieSettings;
use symbolon_http::cors::AllowedOrigins;
use symbolon_http::listen::{Tls, TlsError};
use symbolon_http::request_id::RequestIds;

use crate::config::tree::{self, Config};

pub(crate) use store_place::StorePlace;

/// How long the other nodes may have to wait for a command that was killed.
const COMMAND_LEASE: Duration = Duration::from_secs(1);

/// A configuration, seen as what is to be put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Composition<'a> {
    config: &'a Config,
}

/// A listener to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenerPlan {
    /// The setting that names its address.
    pub(crate) setting: &'static str,
    /// The variable of the environment that does.
    pub(crate) variable: &'static str,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// What it serves.
    pub(crate) context: ServiceContext,
}

impl<'a> Composition<'a> {
    /// What `config` describes.
    pub(crate) fn of(config: &'a Config) -> Self {
        Self { config }
    }

    /// The configuration itself.
    pub(crate) fn config(&self) -> &'a Config {
        self.config
    }

    /// The folder of the socket, and of all else that has no other place.
    pub(crate) fn data_dir(&self) -> &'a Path {
        &self.config.data_dir
    }

    /// How long a node of a shared store that stands still can delay a revocation: until its lease has run out by every
    /// clock, and a moment more.
    pub(crate) fn wait_max(&self) -> Duration {
        self.config.node.lease.mul_f64(1.25) + Duration::from_millis(100)
    }

    /// What this node is among the others of a shared store.
    fn node(&self) -> Result<NodeSettings, OpenServerError> {
        let config = self.config;
        let name = match &config.node.name {
            Some(name) => NodeName::new(name),
            None => NodeName::new(&default_name(host_name().as_deref(), config.http.listen.port())),
        };
        // The rules of the configuration have refused what is none.
        Ok(NodeSettings::named(name.map_err(|error| no_name(&error))?)
            .lease(config.node.lease)
            .revoke_wait(config.node.revoke_wait)
            .listening_at(config.http.listen.to_string()))
    }

    /// The file of the master key; `None`: a store in memory has one of its own, which is kept nowhere.
    pub(crate) fn master_key_file(&self) -> Option<PathBuf> {
        let kept = self.store() != StorePlace::Memory;
        let in_folder = || kept.then(|| self.data_dir().join(MASTER_KEY_FILE));
        self.config.master_file.clone().or_else(in_folder)
    }

    /// Whether the configuration names the file of the master key, which then is never made.
    pub(crate) fn names_master_key(&self) -> bool {
        self.config.master_file.is_some()
    }

    /// The library, described.
    ///
    /// # Errors
    /// When the address of the store is not understood.
    pub(crate) fn builder(&self) -> Result<Builder, OpenFault> {
        let builder = self
            .builder_of(self.node()?)?
            .fallback(self.config.fallback.enabled)
            .fallback_clean_every(self.config.fallback.clean_every);
        Ok(match self.cache() {
            Some(cache) => builder.shared_cache(cache),
            None => builder,
        })
    }

    /// The Redis that nodes share, if there is one.
    pub(crate) fn cache(&self) -> Option<CacheSettings> {
        let cache = &self.config.cache;
        let url = cache.redis_url.as_ref()?.server()?;
        Some(CacheSettings::new(url.with_password(), cache.prefix.as_str()))
    }

    fn builder_of(&self, node: NodeSettings) -> Result<Builder, OpenFault> {
        let config = self.config;
        let memory_kib = config.login.argon2.memory / 1_024;
        let mut builder = Symbolon::builder()
            .data_dir(&config.data_dir)
            .policy(self.policy())
            .near_capacity(saturated(config.node.near_capacity as u64))
            .password_cost(saturated(memory_kib), config.login.argon2.iterations)
            .password_permits(config.login.argon2.permits)
            .password_min(config.login.password_min)
            .free_failures(config.login.free_failures)
            .purge_schedule(config.purge.schedule.as_str())
            .keep_ended(config.purge.keep_ended)
            .log_retention(config.node.log_retention)
            .signed_tokens(self.signed_tokens())
            .audience(self.audience());
        if let Some(file) = &config.master_file {
            builder = builder.master_key_file(file);
        }
        if let Some(server) = self.server_store()? {
            return Ok(builder.on_server(server, node));
        }
        if let Some(redis) = self.redis_store()? {
            return Ok(builder.on_redis(redis, node));
        }
        Ok(match self.store() {
            StorePlace::File(file) => builder.store_file(file),
            // Each server was taken above.
            StorePlace::Memory | StorePlace::Server(_) | StorePlace::Redis(_) => builder.in_memory(),
        })
    }

    /// The same for one command: it answers for no session from memory, and hashes one password at the most. On a
    /// shared store it is a node for as long as it lasts; if it is killed, others wait for it as briefly as can be.
    ///
    /// # Errors
    /// See [`Composition::builder`].
    pub(crate) fn light_builder(&self) -> Result<Builder, OpenFault> {
        let name = NodeName::new(&format!("command-{}", std::process::id()));
        let node = NodeSettings::named(name.map_err(|error| no_name(&error))?).lease(COMMAND_LEASE);
        let builder = self.builder_of(node)?;
        Ok(builder.near_capacity(1).password_permits(Some(1)))
    }

    fn signed_tokens(&self) -> SignedTokens {
        let token = &self.config.token;
        SignedTokens {
            style: match token.style {
                tree::TokenStyle::Opaque => TokenStyle::Opaque,
                tree::TokenStyle::Jwt => TokenStyle::Jwt,
            },
            alg: match token.alg {
                tree::TokenAlg::EdDsa => SigningAlg::EdDsa,
                tree::TokenAlg::Es256 => SigningAlg::Es256,
                tree::TokenAlg::Rs256 => SigningAlg::Rs256,
                tree::TokenAlg::Hs256 => SigningAlg::Hs256,
            },
            issuer: token.issuer.clone(),
            rotate_after: token.rotate_after,
            secret: token.secret.clone(),
        }
    }

    /// The names, with one space between two.
    fn audience(&self) -> Option<String> {
        let names = self.config.token.audience.as_ref()?;
        Some(names.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn policy(&self) -> SessionPolicy {
        let session = &self.config.session;
        let lives = |life: tree::Life| Lives {
            access_ttl: session.access_ttl,
            // Nothing of a session outlives it.
            refresh_ttl: Some(session.refresh_ttl.min(life.absolute_timeout)),
            idle_timeout: life.idle_timeout,
            absolute_timeout: life.absolute_timeout,
        };
        SessionPolicy {
            standard: lives(session.life),
            remembered: lives(session.remember),
            rotation_grace: session.rotation_grace,
            renew_before: session.renew_before,
            per_subject_max: session.per_subject_max,
            on_max: match session.on_max {
                tree::OnMax::ReplaceOldest => OnMax::ReplaceOldest,
                tree::OnMax::Refuse => OnMax::Refuse,
            },
        }
    }

    /// The settings of the wire.
    pub(crate) fn http(&self) -> HttpSettings {
        let config = self.config;
        HttpSettings {
            trusted_proxies: self.trusted_proxies(),
            cors_origins: AllowedOrigins::new(config.http.cors_origins.iter().cloned()),
            cookies: CookieSettings {
                secure: config.cookie.secure,
                clear_site_data: config.cookie.clear_site_data,
            },
            compat: config.compat.enabled,
            query_token: config.compat.query_token,
            remember: config.login.remember,
            reasons: match config.verdict_reasons {
                tree::Reasons::Full => Reasons::Full,
                tree::Reasons::Coarse => Reasons::Coarse,
            },
            debug_tier: config.debug_tier,
            locale: match config.log.locale {
                tree::Locale::En => Locale::English,
                tree::Locale::ZhCn => Locale::Chinese,
            },
        }
    }

    /// The wire of a Symbolon that is open. `seed` is random and new for each process.
    pub(crate) fn app(&self, symbolon: Symbolon, seed: [u8; 12]) -> App {
        App::new(symbolon, self.http(), RequestIds::new(seed))
    }

    /// Whose word about addresses counts.
    pub(crate) fn trusted_proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.config.http.trusted_proxies.iter().copied())
    }

    /// The certificate that is shown, where one is configured.
    ///
    /// # Errors
    /// When its files hold something else; the error names the file.
    pub(crate) fn tls(&self) -> Result<Option<Tls>, TlsError> {
        let files = self.config.http.tls.as_ref();
        files
            .map(|files| Tls::from_pem_files(&files.cert, &files.key))
            .transpose()
    }

    /// The listeners at addresses, the one that everyone uses first.
    pub(crate) fn listeners(&self) -> Vec<ListenerPlan> {
        let config = self.config;
        let public = ServiceContext {
            admin: config.admin_listen.is_none(),
            operations: config.ops_listen.is_none(),
            ..ServiceContext::PUBLIC
        };
        let all = [
            (
                "http.listen",
                "SYMBOLON_HTTP__LISTEN",
                Some(config.http.listen),
                public,
            ),
            (
                "admin.listen",
                "SYMBOLON_ADMIN__LISTEN",
                config.admin_listen,
                ServiceContext::ADMIN,
            ),
            (
                "ops.listen",
                "SYMBOLON_OPS__LISTEN",
                config.ops_listen,
                ServiceContext::OPERATIONS,
            ),
        ];
        let plans = all.into_iter().filter_map(|(setting, variable, addr, context)| {
            Some(ListenerPlan {
                setting,
                variable,
                addr: addr?,
                context,
            })
        });
        plans.collect()
    }
}

fn no_name(error: &NoNodeName) -> OpenServerError {
    OpenServerError::NoResources {
        detail: format!("node.name: {error}"),
    }
}

/// The machine's name with the port: two nodes of one machine have different ones.
fn default_name(host: Option<&str>, port: u16) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
        _ => '-',
    };
    let port = format!("-{port}");
    let host: String = host.unwrap_or("node").trim().chars().map(plain).collect();
    let end = host.len().min(NODE_NAME_MAX - port.len());
    format!("{}{port}", &host[..end])
}

/// What the machine is called.
fn host_name() -> Option<String> {
    let places = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let read = |place| std::fs::read_to_string(place).ok();
    places
        .into_iter()
        .filter_map(read)
        .find(|name| !name.trim().is_empty())
}

/// Settings have limits far below: nothing is cut off in truth.
fn saturated(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    const DAY: Duration = Duration::from_secs(86_400);

    fn loaded(yaml: &str) -> Loaded {
        crate::config::fuzz(yaml.as_bytes()).unwrap()
    }

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_library_but_for_remembered_sessions() {
        let loaded = loaded("");
        let policy = Composition::of(&loaded.config).policy();
        let library = SessionPolicy::default();
        assert_eq!(policy.standard, library.standard);
        assert_eq!(
            policy.remembered,
            Lives {
                refresh_ttl: Some(30 * DAY),
                ..library.remembered
            }
        );
        assert_eq!(
            (policy.rotation_grace, policy.per_subject_max, policy.on_max),
            (library.rotation_grace, library.per_subject_max, library.on_max)
        );
    }

    #[test]
    fn a_listener_of_its_own_takes_its_routes_away_from_the_public_one() {
        let loaded = loaded("ops: { listen: 127.0.0.1:5001 }\nadmin: { listen: 127.0.0.1:5002 }\n");
        let plans = Composition::of(&loaded.config).listeners();
        let said: Vec<_> = plans
            .iter()
            .map(|plan| {
                (
                    plan.setting,
                    plan.addr.port(),
                    plan.context.api,
                    plan.context.admin,
                    plan.context.operations,
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                ("http.listen", 5000, true, false, false),
                ("admin.listen", 5002, false, true, false),
                ("ops.listen", 5001, false, false, true),
            ]
        );
        assert!(plans.iter().all(|plan| !plan.context.trusts_socket));
        let one = self::loaded("");
        assert_eq!(
            Composition::of(&one.config).listeners()[0].context,
            ServiceContext::PUBLIC
        );
    }

    #[test]
    fn the_variables_of_the_listeners_are_those_of_their_settings() {
        let loaded = loaded("ops: { listen: 127.0.0.1:5001 }\nadmin: { listen: 127.0.0.1:5002 }\n");
        let settings = loaded.show_json();
        for plan in Composition::of(&loaded.config).listeners() {
            let setting = settings
                .as_array()
                .unwrap()
                .iter()
                .find(|shown| shown["path"] == plan.setting)
                .unwrap();
            assert_eq!(setting["variable"], plan.variable);
        }
    }

    #[test]
    fn a_node_without_a_name_has_that_of_its_machine_and_port() {
        let named = |host| default_name(host, 5000);
        assert_eq!(named(Some("web-1.example\n")), "web-1.example-5000");
        assert_eq!(named(Some("ann's laptop")), "ann-s-laptop-5000");
        assert_eq!(named(None), "node-5000");
        let longest = named(Some(&"h".repeat(300)));
        assert_eq!(longest.len(), NODE_NAME_MAX);
        assert!(NodeName::new(&longest).is_ok() && longest.ends_with("h-5000"));
    }

    #[test]
    fn a_store_in_memory_has_no_file_and_no_key_file_but_the_one_that_is_named() {
        let memory = loaded("store: { url: 'memory:' }");
        let memory = Composition::of(&memory.config);
        assert_eq!(
            (memory.store(), memory.master_key_file()),
            (StorePlace::Memory, None)
        );
        let file = loaded("store: { url: 'sqlite:/srv/s.db' }\ndata_dir: /srv/data\n");
        let file = Composition::of(&file.config);
        assert_eq!(file.store(), StorePlace::File(PathBuf::from("/srv/s.db")));
        assert_eq!(
            file.master_key_file(),
            Some(PathBuf::from("/srv/data/master.key"))
        );
        assert!(!file.names_master_key());
    }
}
