//! What a profile refuses, and what it only warns of.

use super::{faults, read, warnings};

const OPEN: &str = "is reached from outside without TLS, so tokens can be read on the way; give http.tls.cert and \
                    http.tls.key, or http.trusted_proxies where a proxy ends TLS, or http.plain: true where something \
                    below encrypts";

#[test]
fn listening_beyond_loopback_is_a_warning_and_in_production_a_fault() {
    let yaml = "http: { listen: 0.0.0.0:5000 }";
    assert_eq!(
        warnings(yaml),
        [format!("s.yaml:1:17: http.listen: 0.0.0.0:5000 {OPEN}")]
    );
    assert_eq!(warnings(&format!("profile: development\n{yaml}")).len(), 1);
    let production = format!("profile: production\n{yaml}");
    assert_eq!(
        faults(&production),
        [format!("s.yaml:2:17: http.listen: 0.0.0.0:5000 {OPEN}")]
    );
    assert_eq!(
        faults("profile: production\nadmin: { listen: \"[::]:5001\" }"),
        [format!("s.yaml:2:18: admin.listen: [::]:5001 {OPEN}")]
    );
}

#[test]
fn tls_or_a_trusted_proxy_or_plain_on_purpose_cover_it_and_metrics_need_no_cover() {
    for yaml in [
        "http: { listen: 0.0.0.0:5000, plain: true }",
        "http: { listen: 0.0.0.0:5000, trusted_proxies: [10.0.0.0/8] }",
        "http: { listen: 0.0.0.0:5000, tls: { cert: a.pem, key: b.pem } }",
        "http: { listen: 127.9.9.9:5000 }",
        "http: { listen: \"[::1]:5000\" }",
        "http: { listen: \"[::ffff:127.0.0.1]:5000\" }",
        "ops: { listen: 0.0.0.0:5001 }",
    ] {
        assert_eq!(
            warnings(&format!("profile: production\n{yaml}")),
            [""; 0],
            "{yaml}"
        );
    }
}

#[test]
fn trusting_everyone_as_a_proxy_is_refused_in_production() {
    let yaml = "http: { trusted_proxies: [10.0.0.0/8, \"::/0\"] }";
    let words = "http.trusted_proxies: ::/0 is everyone, so everyone can pretend to come from any address";
    assert_eq!(warnings(yaml), [format!("s.yaml:1:26: {words}")]);
    assert_eq!(
        faults(&format!("profile: production\n{yaml}")),
        [format!("s.yaml:2:26: {words}")]
    );
}

#[test]
fn one_file_of_tls_without_the_other_is_refused() {
    assert_eq!(
        faults("http: { tls: { cert: a.pem } }"),
        ["s.yaml:1:22: http.tls.cert: is given without http.tls.key; TLS needs both"]
    );
    assert_eq!(
        faults("http: { tls: { key: a.pem } }"),
        ["s.yaml:1:21: http.tls.key: is given without http.tls.cert; TLS needs both"]
    );
}

#[test]
fn two_listeners_at_one_address_are_refused_unless_the_port_is_free_to_choose() {
    assert_eq!(
        faults("admin: { listen: 127.0.0.1:5000 }\nops: { listen: 127.0.0.1:5000 }"),
        [
            "s.yaml:1:18: admin.listen: 127.0.0.1:5000 is also http.listen; give null for one listener, or another port",
            "s.yaml:2:16: ops.listen: 127.0.0.1:5000 is also http.listen; give null for one listener, or another port",
        ]
    );
    assert!(
        read("http: { listen: 127.0.0.1:0 }\nadmin: { listen: 127.0.0.1:0 }\nops: { listen: 127.0.0.1:0 }")
            .is_ok()
    );
}

#[test]
fn cookies_without_secure_are_for_development_only() {
    assert!(read("profile: development\ncookie: { secure: false }").is_ok());
    for profile in ["default", "production"] {
        assert_eq!(
            faults(&format!("profile: {profile}\ncookie: {{ secure: false }}")),
            [
                "s.yaml:2:19: cookie.secure: false sends cookies over plain http; it is allowed with profile: \
              development only"
            ]
        );
    }
}

#[test]
fn a_page_of_another_site_comes_over_https_in_production() {
    let cors = |origins: &str| format!("http: {{ cors_origins: [{origins}] }}");
    for origins in [
        "\"https://app.example\"",
        "\"http://localhost:3000\"",
        "\"http://127.0.0.1\"",
        "\"http://[::1]:8080\"",
    ] {
        assert_eq!(
            warnings(&format!("profile: production\n{}", cors(origins))),
            [""; 0],
            "{origins}"
        );
    }
    for host in [
        "app.example",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "[::2]",
    ] {
        let yaml = cors(&format!("\"https://a.example\", \"http://{host}\""));
        let words = format!(
            "http.cors_origins: http://{host} is not https, so whoever is on the way to that page can call the API in its \
             name"
        );
        assert_eq!(warnings(&yaml), [format!("s.yaml:1:23: {words}")]);
        assert_eq!(
            faults(&format!("profile: production\n{yaml}")),
            [format!("s.yaml:2:23: {words}")]
        );
    }
}

#[test]
fn a_shared_store_needs_the_master_file_in_production() {
    let yaml = "store: { url: \"postgres://db/sy\" }";
    let words = "keys.master_file: is null; nodes that share a store need the same master key, so give each the same file";
    assert_eq!(warnings(yaml), [words]);
    assert_eq!(faults(&format!("profile: production\n{yaml}")), [words]);
    assert_eq!(
        warnings(&format!(
            "profile: production\nkeys: {{ master_file: k }}\n{yaml}"
        )),
        [""; 0]
    );
    assert_eq!(warnings("profile: production"), [""; 0]);
}

#[test]
fn redis_as_the_store_needs_a_password_in_production() {
    let yaml = "keys: { master_file: k }\nstore: { url: \"redis://db/0\" }";
    let told = "s.yaml:2:15: store.url: the Redis of the store has no password";
    assert_eq!(warnings(yaml), [told]);
    assert_eq!(
        faults(&format!("{yaml}\nprofile: production")),
        ["s.yaml:2:15: store.url: the Redis of the store has no password"]
    );
}

#[test]
fn an_empty_password_is_refused_everywhere_and_a_short_one_in_production() {
    let shared = "\nkeys: { master_file: k }\nstore: { url: \"postgres://db/sy\" }";
    let cache = |password: &str| format!("cache: {{ redis_url: \"redis://:{password}@db/0\" }}{shared}");
    let short = "cache.redis_url: the password is shorter than 8 characters";
    assert_eq!(warnings(&cache("seven77")), [format!("s.yaml:1:21: {short}")]);
    assert_eq!(warnings(&cache("eight888")), [""; 0]);
    assert_eq!(
        faults(&format!("{}\nprofile: production", cache("seven77"))),
        [format!("s.yaml:1:21: {short}")]
    );
    let alone = "cache: { redis_url: \"redis://:eight888@db/0\" }";
    assert_eq!(
        warnings(alone),
        [
            "s.yaml:1:21: cache.redis_url: is not used: one node over its own store answers from memory, and needs no cache to share"
        ]
    );
    assert_eq!(
        faults(&cache("")),
        ["s.yaml:1:21: cache.redis_url: has an empty password; give one, or leave out the colon"]
    );
}

#[test]
fn a_password_hash_weaker_than_owasp_says_is_refused_in_production() {
    let argon2 = |memory: &str, iterations: u32| {
        format!("login: {{ argon2: {{ memory: {memory}, iterations: {iterations} }} }}")
    };
    for (memory, iterations) in [
        ("46MiB", 1),
        ("19MiB", 2),
        ("12MiB", 3),
        ("9MiB", 4),
        ("7MiB", 5),
        ("1GiB", 9),
    ] {
        assert_eq!(
            warnings(&argon2(memory, iterations)),
            [""; 0],
            "{memory} {iterations}"
        );
    }
    for (memory, iterations) in [("45MiB", 1), ("18MiB", 2), ("11MiB", 3), ("8MiB", 4), ("7MiB", 4)] {
        let yaml = argon2(memory, iterations);
        assert_eq!(warnings(&yaml).len(), 1, "{yaml}");
        assert_eq!(faults(&format!("profile: production\n{yaml}")).len(), 1, "{yaml}");
    }
}

#[test]
fn ended_sessions_are_kept_for_a_day_at_least_in_production() {
    assert_eq!(warnings("purge: { keep_ended: 1d }"), [""; 0]);
    let words = "purge.keep_ended: 23h is less than 1d: a clock that jumps can delete live sessions";
    assert_eq!(
        warnings("purge: { keep_ended: 23h }"),
        [format!("s.yaml:1:22: {words}")]
    );
    assert_eq!(
        faults("profile: production\npurge: { keep_ended: 23h }"),
        [format!("s.yaml:2:22: {words}")]
    );
}

#[test]
fn parts_of_a_life_are_not_longer_than_the_whole() {
    assert_eq!(
        faults("session: { access_ttl: 2h, refresh_ttl: 3h, idle_timeout: 4h, absolute_timeout: 1h }"),
        [
            "s.yaml:1:24: session.access_ttl: 2h is longer than session.absolute_timeout, 1h; shorten this or lengthen \
             that",
            "s.yaml:1:41: session.refresh_ttl: 3h is longer than session.absolute_timeout, 1h; shorten this or lengthen \
             that",
            "s.yaml:1:59: session.idle_timeout: 4h is longer than session.absolute_timeout, 1h; shorten this or \
             lengthen that",
        ]
    );
    assert!(
        read("session: { access_ttl: 1h, refresh_ttl: 1h, idle_timeout: 1h, absolute_timeout: 1h }").is_ok()
    );
    assert_eq!(faults("session: { remember: { idle_timeout: 91d } }").len(), 1);
    assert_eq!(
        warnings("session: { remember: { absolute_timeout: 29d, idle_timeout: 1d } }"),
        [
            "s.yaml:1:42: session.remember.absolute_timeout: 29d is shorter than session.absolute_timeout: who is \
          remembered is out earlier"
        ]
    );
}

#[test]
fn renewing_in_more_than_half_of_a_token_s_life_is_doubtful() {
    assert_eq!(
        warnings("session: { access_ttl: 10m, renew_before: 5m }"),
        [""; 0]
    );
    assert_eq!(
        warnings("session: { access_ttl: 9m, renew_before: 5m }"),
        [
            "s.yaml:1:42: session.renew_before: 5m is more than half of session.access_ttl, 9m: a token can be out of \
          date while another tab still has it"
        ]
    );
}

#[test]
fn the_log_of_revocations_outlasts_two_leases() {
    assert!(read("node: { lease: 30s, log_retention: 1m }").is_ok());
    assert_eq!(
        faults("node: { lease: 31s, log_retention: 1m }"),
        [
            "s.yaml:1:36: node.log_retention: 1m is less than twice node.lease, 31s: a node that paused would always \
          begin anew; lengthen it"
        ]
    );
}
