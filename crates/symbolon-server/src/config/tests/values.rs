//! Each kind of value at its limits.

use std::time::Duration;

use super::super::url::StoreUrl;
use super::{faults, read, shown};

fn is_taken(yaml: &str) -> bool {
    read(yaml).is_ok()
}

#[test]
fn a_duration_has_a_whole_number_and_one_of_five_units() {
    let cases = [
        ("500ms", 500, "500ms"),
        ("0s", 0, "0s"),
        ("0d", 0, "0s"),
        ("1500ms", 1_500, "1500ms"),
        ("60s", 60_000, "1m"),
        ("60000ms", 60_000, "1m"),
    ];
    for (text, millis, printed) in cases {
        let loaded = read(&format!("session: {{ rotation_grace: {text} }}")).expect(text);
        assert_eq!(
            loaded.config.session.rotation_grace,
            Duration::from_millis(millis),
            "{text}"
        );
        assert_eq!(shown(&loaded, "session.rotation_grace").0, printed);
    }
    for text in [
        "60001ms",
        "10",
        "s",
        "-1s",
        "+1s",
        "1.5s",
        "1 s",
        "1S",
        "1w",
        "1m30s",
        "99999999999999999999s",
    ] {
        assert!(
            !is_taken(&format!("session: {{ rotation_grace: {text} }}")),
            "{text}"
        );
    }
    assert!(!is_taken("session: { rotation_grace: 18446744073709551615d }"));
}

#[test]
fn lives_and_leases_are_taken_at_their_limits_and_not_beyond() {
    for (setting, taken, refused) in [
        ("node: { lease", ["1s", "10m"], ["999ms", "600001ms"]),
        ("node: { near_capacity", ["1", "100000000"], ["0", "100000001"]),
        ("node: { revoke_wait", ["0s", "30s"], ["30001ms", "1m"]),
        ("node: { log_retention", ["1m", "30d"], ["59999ms", "31d"]),
        ("session: { per_subject_max", ["1", "1000000"], ["0", "1000001"]),
        ("login: { free_failures", ["0", "99"], ["100", "-1"]),
        ("login: { password_min", ["8", "64"], ["7", "65"]),
        ("login: { argon2: { permits", ["1", "1024"], ["0", "1025"]),
        ("login: { argon2: { iterations", ["1", "100"], ["0", "101"]),
        (
            "login: { argon2: { memory",
            ["7MiB", "1GiB"],
            ["7167KiB", "1025MiB"],
        ),
    ] {
        let close = " }".repeat(setting.matches('{').count());
        for text in taken {
            assert!(
                is_taken(&format!("{setting}: {text}{close}")),
                "{setting}: {text}"
            );
        }
        for text in refused {
            assert!(
                !is_taken(&format!("{setting}: {text}{close}")),
                "{setting}: {text}"
            );
        }
    }
    assert!(is_taken("session: { access_ttl: 1s }"));
    assert!(!is_taken("session: { access_ttl: 999ms }"));
    assert!(is_taken(
        "session: { absolute_timeout: 3650d, remember: { absolute_timeout: 3650d } }"
    ));
    assert!(!is_taken("session: { absolute_timeout: 3651d }"));
}

#[test]
fn a_size_has_a_binary_unit() {
    for (text, bytes) in [("8192KiB", 8 << 20), ("64MiB", 64 << 20), ("1GiB", 1 << 30)] {
        let loaded = read(&format!("login: {{ argon2: {{ memory: {text} }} }}")).expect(text);
        assert_eq!(loaded.config.login.argon2.memory, bytes, "{text}");
    }
    for text in [
        "64MB",
        "64M",
        "67108864",
        "64 MiB",
        "64mib",
        "99999999999GiB",
        "18446744073709551615GiB",
    ] {
        assert!(
            !is_taken(&format!("login: {{ argon2: {{ memory: {text} }} }}")),
            "{text}"
        );
    }
}

#[test]
fn a_truth_value_is_true_or_false_and_nothing_else() {
    for text in ["yes", "no", "on", "True", "1", "\"\"", "~"] {
        assert!(!is_taken(&format!("debug: {{ tier: {text} }}")), "{text}");
    }
    assert!(
        read("debug: { tier: \"true\" }")
            .expect("quotes change nothing")
            .config
            .debug_tier
    );
}

#[test]
fn an_address_has_an_ip_and_a_port() {
    for text in ["127.0.0.1:0", "\"[::1]:5000\"", "127.0.0.2:65535"] {
        assert!(is_taken(&format!("http: {{ listen: {text} }}")), "{text}");
    }
    for text in [
        "\":5000\"",
        "5000",
        "127.0.0.1",
        "127.0.0.1:65536",
        "::1:5000",
        "\"[::1]\"",
        "example.com:80",
    ] {
        assert!(
            !is_taken(&format!("http: {{ listen: \"{}\" }}", text.trim_matches('"'))),
            "{text}"
        );
    }
}

#[test]
fn networks_are_a_list_or_a_text_with_commas_and_an_address_is_a_network_of_one() {
    let wanted = ["10.0.0.0/8", "192.168.1.7/32", "fd00::/8", "::1/128"];
    let list =
        read("http: { trusted_proxies: [10.0.0.0/8, 192.168.1.7, \"fd00::/8\", \"::1\"] }").expect("a list");
    let text = read("http: { trusted_proxies: \"10.0.0.0/8,192.168.1.7, fd00::/8,::1\" }").expect("a text");
    assert_eq!(list.config.http.trusted_proxies, text.config.http.trusted_proxies);
    let printed: Vec<String> = list
        .config
        .http
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(printed, wanted);
    assert_eq!(
        shown(&list, "http.trusted_proxies").0,
        "[10.0.0.0/8, 192.168.1.7/32, fd00::/8, ::1/128]"
    );
    for text in [
        "[10.0.0.0/33]",
        "[10.0.0.0/8, \"\"]",
        "[[10.0.0.0/8]]",
        "10.0.0",
        "true",
    ] {
        assert!(
            !is_taken(&format!("http: {{ trusted_proxies: {text} }}")),
            "{text}"
        );
    }
    let many = vec!["10.0.0.1"; 257].join(",");
    assert_eq!(
        faults(&format!("http: {{ trusted_proxies: [{many}] }}")),
        ["s.yaml:1:26: http.trusted_proxies: has 257 items, 256 are allowed"]
    );
    assert!(is_taken(&format!(
        "http: {{ trusted_proxies: [{}] }}",
        &many[9..]
    )));
}

#[test]
fn an_origin_is_a_scheme_and_a_host_without_a_path() {
    for text in [
        "https://app.example.com",
        "http://localhost:3000",
        "https://a.example:80",
        "https://[::1]:8443",
    ] {
        assert!(
            is_taken(&format!("http: {{ cors_origins: [\"{text}\"] }}")),
            "{text}"
        );
    }
    for text in [
        "*",
        "app.example.com",
        "https://",
        "https://a.example/",
        "https://A.example",
        "ws://a",
        "null",
        "https://a.example:443",
        "http://a.example:80",
    ] {
        assert!(
            !is_taken(&format!("http: {{ cors_origins: [\"{text}\"] }}")),
            "{text}"
        );
    }
}

#[test]
fn a_schedule_has_five_fields_and_comes_true_some_day() {
    for text in [
        "0 3 * * *",
        "*/5 * * * *",
        "30 2 1 * *",
        "0 0 * * 7",
        "0 0 29 2 *",
    ] {
        let loaded = read(&format!("purge: {{ schedule: \"{text}\" }}")).expect(text);
        assert_eq!(shown(&loaded, "purge.schedule").0, text);
    }
    for text in [
        "",
        "3",
        "0 3 * *",
        "0 0 3 * * *",
        "60 3 * * *",
        "0 3 * * * 2030",
        "0 0 30 2 *",
        "at three",
    ] {
        assert!(!is_taken(&format!("purge: {{ schedule: \"{text}\" }}")), "{text}");
    }
}

#[test]
fn a_text_is_not_empty_and_has_no_control_characters() {
    assert!(is_taken("token: { issuer: \"https://id.example\" }"));
    assert!(!is_taken("token: { issuer: \"\" }"));
    assert!(!is_taken("token: { issuer: \"a\\nb\" }"));
    assert!(is_taken(&format!("token: {{ issuer: {} }}", "a".repeat(256))));
    assert!(!is_taken(&format!("token: {{ issuer: {} }}", "a".repeat(257))));
    assert!(is_taken(&format!("cache: {{ prefix: {} }}", "a".repeat(32))));
    assert!(!is_taken(&format!("cache: {{ prefix: {} }}", "a".repeat(33))));
    assert!(!is_taken("cache: { prefix: \"sy*\" }"));
    assert!(!is_taken("data_dir: \"\""));
    assert!(!is_taken("data_dir: \"a\\0b\""));
}

#[test]
fn a_store_is_a_file_or_memory_or_a_server() {
    let store =
        |url: &str| read(&format!("store: {{ url: \"{url}\" }}")).map(|loaded| loaded.config.store_url);
    assert_eq!(store("sqlite:"), Ok(StoreUrl::Sqlite(None)));
    assert_eq!(
        store("sqlite:/var/lib/a b.db"),
        Ok(StoreUrl::Sqlite(Some("/var/lib/a b.db".into())))
    );
    assert_eq!(store("memory:"), Ok(StoreUrl::Memory));
    for (url, masked) in [
        ("postgres://db/symbolon", "postgres://db/symbolon"),
        (
            "postgresql://sy@db:5432/symbolon?sslmode=verify-full",
            "postgresql://sy@db:5432/symbolon?sslmode=verify-full",
        ),
        (
            "mysql://sy:correct-horse@[::1]:3306/symbolon",
            "mysql://sy:***@[::1]:3306/symbolon",
        ),
        ("mariadb://sy:p%40ssw0rd@db/sy", "mariadb://sy:***@db/sy"),
        (
            "redis://:correct-horse@127.0.0.1:6379/0",
            "redis://:***@127.0.0.1:6379/0",
        ),
        ("rediss://db", "rediss://db"),
        (
            "redis+unix://:correct-horse@/run/redis.sock?db=2",
            "redis+unix://:***@/run/redis.sock?db=2",
        ),
        (
            "redis-sentinel://:correct-horse@a,b:26380/0?sentinelServiceName=m",
            "redis-sentinel://:***@a,b:26380/0?sentinelServiceName=m",
        ),
    ] {
        let parsed = store(url).expect(url);
        assert_eq!(parsed.to_string(), masked);
        assert!(!format!("{parsed:?}").contains("horse"));
        assert_eq!(parsed.server().expect("is a server").with_password(), url);
    }
    for url in [
        "",
        "sqlite::memory:",
        "sqlite:///var/x.db",
        "memory:x",
        "postgres:",
        "postgres://",
        "postgres://:5432/x",
        "postgres://sy:@db/x",
        "postgres://db:99999/x",
        "postgres://db:/x",
        "http://db/x",
        "redis://a b/0",
        "x",
    ] {
        assert!(store(url).is_err(), "{url}");
    }
}

#[test]
fn a_store_without_a_path_needs_no_quotes_and_no_colon() {
    for (text, store) in [
        ("store: { url: sqlite: }", StoreUrl::Sqlite(None)),
        (
            "store:\n  url:  sqlite:   # the default\n",
            StoreUrl::Sqlite(None),
        ),
        ("store:\n  url: memory:", StoreUrl::Memory),
        ("store: {url: memory:, url_file: null}", StoreUrl::Memory),
        ("store: { url: memory }", StoreUrl::Memory),
        ("store: { url: sqlite }", StoreUrl::Sqlite(None)),
        (
            "store: { url: sqlite:memory:x }",
            StoreUrl::Sqlite(Some("memory:x".into())),
        ),
    ] {
        assert_eq!(read(text).expect(text).config.store_url, store, "{text}");
    }
    assert_eq!(
        faults("store: { url: sqlite: }\nfoo: 1\nstore: { url: memory:, x: 1 }"),
        [
            "s.yaml:3:1: store is here a second time; it is also in line 1",
            "s.yaml:2:1: foo: is no setting; symbolon.example.yaml lists every one",
        ]
    );
}

#[test]
fn the_shared_cache_is_a_redis_or_null() {
    assert!(is_taken("cache: { redis_url: \"redis://127.0.0.1:6379/0\" }"));
    assert!(is_taken("cache: { redis_url: null }"));
    for url in [
        "valkeys://db",
        "redis+unix://:correct-horse@/run/redis.sock?db=2",
        "redis-cluster://sy:correct-horse@a,b:7001",
        "redis-sentinel://sy:correct-horse@a:26379,b/0?sentinelServiceName=m&sentinelPassword=correct-horse",
    ] {
        let loaded = read(&format!("cache: {{ redis_url: \"{url}\" }}")).expect(url);
        let cache = loaded.config.cache.redis_url.expect("a url");
        assert_eq!(cache.server().expect("is a server").with_password(), url);
        assert!(!format!("{cache} {cache:?}").contains("horse"), "{cache}");
    }
    for text in [
        "sqlite:",
        "postgres://db/x",
        "redis-ring://a",
        "redis://a,b c",
        "\"\"",
        "redis://:@db/0",
    ] {
        assert!(!is_taken(&format!("cache: {{ redis_url: {text} }}")), "{text}");
    }
}

#[test]
fn a_secret_is_long_and_random_and_never_shown() {
    let secret = "9a0b1c2d3e4f50617283940a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8";
    let config = super::read(&format!("token: {{ secret: {secret} }}"))
        .expect("no fault")
        .config;
    assert!(!format!("{config:?}").contains(secret));
    for (given, why) in [
        (
            "\"\"",
            "is empty; expected a secret of at least 32 bytes; make one with: openssl rand -hex 32",
        ),
        (
            "short",
            "is refused: the secret has 5 bytes, at least 32 are needed; expected a secret of at least 32 bytes; make one with: \
             openssl rand -hex 32",
        ),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "is refused: the secret repeats itself, so it is not random; expected a secret of at least 32 bytes; make one \
             with: openssl rand -hex 32",
        ),
    ] {
        let faults = super::faults(&format!("token: {{ secret: {given} }}"));
        assert_eq!(faults, [format!("s.yaml:1:18: token.secret: {why}")]);
    }
}

#[test]
fn a_signed_token_lives_for_ninety_days_at_the_most() {
    let with = |style: &str, days: u32| {
        format!(
            "token: {{ style: {style} }}\nsession: {{ access_ttl: {days}d, absolute_timeout: 100d, refresh_ttl: 100d }}\n"
        )
    };
    assert!(super::read(&with("jwt", 90)).is_ok());
    assert!(super::read(&with("opaque", 91)).is_ok());
    let faults = super::faults(&with("jwt", 91));
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].contains("session.access_ttl: 91d is too long for a signed token"),
        "{faults:?}"
    );
}

#[test]
fn s0_6_a_secret_that_a_template_left_empty_is_an_error_and_a_null_is_none() {
    let expected = "a secret of at least 32 bytes; make one with: openssl rand -hex 32";
    for yaml in [
        "token:\n  secret:\n",
        "token:\n  secret: \n  issuer: a\n",
        "token: { secret: '' }",
        "token: { secret: }",
    ] {
        let faults = super::faults(yaml);
        let [fault] = faults.as_slice() else {
            panic!("{yaml:?}: {faults:?}")
        };
        assert!(
            fault.starts_with("s.yaml:")
                && fault.ends_with(&format!(": token.secret: is empty; expected {expected}")),
            "{yaml:?}: {fault}"
        );
    }
    for yaml in [
        "token: { secret: null }",
        "token: { secret: ~ }",
        "token:\n",
        "cache: { redis_url: }",
    ] {
        assert!(super::read(yaml).is_ok(), "{yaml:?}");
    }
}
