use std::net::SocketAddr;
use std::path::Path;

use crate::compose::{Composition, StorePlace};
use crate::config::tree::{Locale, LogFormat};
use crate::messages::{Text, start as text};
use crate::terminal::Terminal;

/// Where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The setting that named it.
    pub(super) setting: &'static str,
    /// The address, with its real port.
    pub(super) addr: SocketAddr,
    /// Whether TLS is spoken there.
    pub(super) is_tls: bool,
}

impl Address {
    fn url(self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    fn label(self) -> Text {
        match self.setting {
            "admin.listen" => text::ADMIN_ADDRESS,
            "ops.listen" => text::OPS_ADDRESS,
            _ => text::ADDRESS,
        }
    }
}

/// What there is to say.
pub(super) struct Hello<'a> {
    pub(super) composition: &'a Composition<'a>,
    /// What the store is, in the words of whoever opened it.
    pub(super) store: &'a str,
    pub(super) addresses: &'a [Address],
    /// The configuration file that was read.
    pub(super) file: Option<&'a Path>,
}

/// Says that the server is ready, where, and what to do next: as lines for people, as an event for machines.
pub(super) fn say(hello: &Hello<'_>, format: LogFormat, terminal: Terminal) {
    if format == LogFormat::Json {
        for address in hello.addresses {
            tracing::info!(setting = address.setting, url = address.url(), "listening");
        }
        let promise = promise(hello.composition, Locale::En);
        tracing::info!(store = hello.store, revocation = promise, "store");
    }
    if hello.composition.store() == StorePlace::Memory {
        tracing::warn!("{}", text::IN_MEMORY.get(hello.composition.config().log.locale));
    }
    if format == LogFormat::Pretty {
        terminal.tell(&lines(hello, terminal.locale));
    }
}

/// What the running configuration guarantees of a revocation.
fn promise(composition: &Composition<'_>, locale: Locale) -> String {
    match composition.store() {
        StorePlace::Memory | StorePlace::File(_) => text::PROMISE_ALONE.get(locale).to_owned(),
        StorePlace::Server(_) => shared_promise(composition, locale),
        StorePlace::Redis(url) => {
            let rests_on = match url.names_sentinels() {
                true => text::PROMISE_FAILOVER,
                false => text::PROMISE_REDIS,
            };
            rests_on.fill(locale, &[("promise", &shared_promise(composition, locale))])
        }
    }
}

/// What nodes guarantee that share a store which keeps what it acknowledges.
fn shared_promise(composition: &Composition<'_>, locale: Locale) -> String {
    let wait = composition.wait_max().as_secs_f64();
    text::PROMISE_SHARED.fill(locale, &[("wait", &format_args!("{wait:.1}"))])
}

fn lines(hello: &Hello<'_>, locale: Locale) -> String {
    let Hello {
        composition,
        addresses,
        file,
        ..
    } = hello;
    let mut rows: Vec<(&str, String)> = addresses
        .iter()
        .map(|address| (address.label().get(locale), address.url()))
        .collect();
    if let Some(first) = addresses.first() {
        rows.push((text::DOCS.get(locale), format!("{}/docs", first.url())));
    }
    rows.push((
        text::DATA.get(locale),
        composition.data_dir().display().to_string(),
    ));
    rows.push((text::STORE.get(locale), hello.store.to_owned()));
    rows.push((text::PROMISE.get(locale), promise(composition, locale)));
    // The commands find the same store only with the same configuration. `./symbolon.yaml` they find by themselves.
    let config = file.filter(|file| *file != Path::new("symbolon.yaml"));
    let config = config.map_or(String::new(), |file| format!(" --config {}", file.display()));
    rows.push((
        text::NEXT.get(locale),
        format!("symbolon{config} key add --name shop --scope issue,verify"),
    ));
    rows.push(("", format!("symbolon{config} account add ada")));
    let width = rows.iter().map(|(label, _)| columns(label)).max().unwrap_or(0);
    let mut lines = text::READY.fill(locale, &[("version", &env!("CARGO_PKG_VERSION"))]);
    for (label, value) in rows {
        lines.push_str(&format!(
            "\n  {label}{:pad$}  {value}",
            "",
            pad = width - columns(label)
        ));
    }
    lines
}

/// The columns that a label takes on a terminal: a Chinese character takes two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(locale: Locale, file: Option<&Path>) -> String {
        said_of(
            "data_dir: /srv/symbolon\n",
            "SQLite, /srv/symbolon/symbolon.db",
            locale,
            file,
        )
    }

    fn said_of(yaml: &str, store: &str, locale: Locale, file: Option<&Path>) -> String {
        let loaded = crate::config::fuzz(yaml.as_bytes()).unwrap();
        let address = |setting, port, is_tls| Address {
            setting,
            addr: SocketAddr::from(([127, 0, 0, 1], port)),
            is_tls,
        };
        let addresses = [
            address("http.listen", 5000, true),
            address("ops.listen", 5001, false),
        ];
        let hello = Hello {
            composition: &Composition::of(&loaded.config),
            store,
            addresses: &addresses,
            file,
        };
        lines(&hello, locale)
    }

    #[test]
    fn the_start_text_says_where_and_what_next() {
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "Symbolon {version} is ready.
  address       https://127.0.0.1:5000
  operations    http://127.0.0.1:5001
  docs          https://127.0.0.1:5000/docs
  data          /srv/symbolon
  store         SQLite, /srv/symbolon/symbolon.db
  a log-out is  effective when it is answered
  next          symbolon key add --name shop --scope issue,verify
                symbolon account add ada"
        );
        assert_eq!(said(Locale::En, None), expected);
        assert_eq!(said(Locale::En, Some(Path::new("symbolon.yaml"))), expected);
    }

    #[test]
    fn the_start_text_says_what_nodes_that_share_a_store_guarantee() {
        let yaml = "store: { url: \"postgres://sy:open-sesame@db/sy\" }\nnode: { lease: 3s }\n";
        let said = said_of(yaml, "PostgreSQL 17.2, db:5432/sy", Locale::En, None);
        let promise = "\n  store         PostgreSQL 17.2, db:5432/sy\n  a log-out is  effective on every node when its answer \
                       says now, which a node that hangs delays by 3.9 s at the most\n";
        assert!(said.contains(promise), "{said}");
        assert!(!said.contains("open-sesame"), "{said}");
    }

    #[test]
    fn the_start_text_says_what_a_promise_rests_on_where_the_store_is_in_redis() {
        let promise = |url: &str| {
            let yaml = format!("store: {{ url: \"{url}\" }}\nnode: {{ lease: 3s }}\n");
            let said = said_of(&yaml, "Redis 7.0.15, db:6379", Locale::En, None);
            let line = said
                .lines()
                .find(|line| line.contains("a log-out is"))
                .map(str::to_owned);
            line.unwrap_or_default()
        };
        let shared = "  a log-out is  effective on every node when its answer says now, which a node that hangs delays by 3.9 s \
                      at the most";
        assert_eq!(
            promise("redis://:correct-horse@db/0"),
            format!(
                "{shared}, and holds as long as redis keeps what it acknowledged (appendfsync always; with everysec a crash \
                 of its machine can lose the last second)"
            )
        );
        assert_eq!(
            promise("redis-sentinel://a,b/0?sentinelServiceName=m"),
            format!("{shared}, but for a failover of redis: what its replica had not heard yet is lost")
        );
    }

    #[test]
    fn the_next_commands_name_the_configuration_that_was_named() {
        let said = said(Locale::En, Some(Path::new("/etc/symbolon.yaml")));
        assert!(
            said.contains("symbolon --config /etc/symbolon.yaml key add "),
            "{said}"
        );
        assert!(
            said.ends_with("symbolon --config /etc/symbolon.yaml account add ada"),
            "{said}"
        );
    }

    #[test]
    fn the_start_text_keeps_its_columns_in_chinese() {
        let said = said(Locale::ZhCn, None);
        assert!(said.contains("\n  地址    https://127.0.0.1:5000\n"), "{said}");
        assert!(said.contains("\n  接下来  symbolon key add"), "{said}");
    }
}
