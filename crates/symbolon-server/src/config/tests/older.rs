//! The files of the systems that people move in from, as they stand.

use std::time::Duration;

use super::{faults, read, read_under, said, shown, warnings};

/// S1's file: every key that it has.
const S1: &str = "\
REDIS:
  HOST: 10.0.0.7
  PORT: 6380
  DB: 2
  PASSWORD: 'p@ss/word'
  DECODE_RESPONSES: true
SESSION:
  TYPE: redis
  PERMANENT: true
  USE_SIGNER: true
  KEY_PREFIX: 'session:'
  REDIS_KEY_PREFIX: 'app:'
  COOKIE_HTTPONLY: true
  COOKIE_SECURE: true
  EXPIRES: 7200
";
const SQLITE: (&str, &str) = ("SYMBOLON_STORE__URL", "sqlite:");

fn pair(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

fn warned(yaml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let loaded = read_under(yaml, variables).expect("no fault");
    said(&loaded.warnings)
}

#[test]
fn s1_5_every_key_of_its_file_is_read_with_its_place() {
    let loaded = read_under(S1, &[SQLITE]).expect("no fault");
    let of = |path: &str| shown(&loaded, path);
    assert_eq!(of("session.idle_timeout"), pair("2h", "s.yaml:15:12"));
    assert_eq!(of("session.remember.idle_timeout"), pair("2h", "s.yaml:15:12"));
    assert_eq!(of("login.remember"), pair("true", "s.yaml:9:14"));
    assert_eq!(of("cache.prefix"), pair("app:", "s.yaml:12:21"));
    assert_eq!(of("cookie.secure"), pair("true", "default"));
    assert_eq!(of("store.url"), pair("sqlite:", "SYMBOLON_STORE__URL"));
    assert!(loaded.not_yet().is_empty(), "{:?}", loaded.not_yet());
    let warned: Vec<String> = said(&loaded.warnings);
    let parts = "REDIS.HOST, REDIS.PORT, REDIS.DB, REDIS.PASSWORD";
    assert_eq!(
        warned,
        [format!(
            "s.yaml:2:9: not read ({parts}): store.url is given by SYMBOLON_STORE__URL"
        )]
    );
}

#[test]
fn s1_5_its_redis_is_the_store() {
    let loaded = read(S1).expect("no fault");
    assert_eq!(
        shown(&loaded, "store.url"),
        pair("redis://:***@10.0.0.7:6380/2", "s.yaml:2:9")
    );
    let server = loaded.config.store_url.server().expect("a server");
    assert_eq!(server.password(), Some("p%40ss%2Fword"));
    assert!(loaded.not_yet().is_empty(), "{:?}", loaded.not_yet());
}

#[test]
fn s1_5_the_variables_of_its_redis_win_over_the_file() {
    let variables = [
        ("REDIS_HOST", "redis.internal"),
        ("REDIS_PORT", "7000"),
        ("REDIS_DB", "5"),
        ("REDIS_PASSWORD", "correct-horse"),
    ];
    let loaded = read_under(S1, &variables).expect("no fault");
    assert_eq!(
        shown(&loaded, "store.url"),
        pair("redis://:***@redis.internal:7000/5", "REDIS_HOST")
    );
    let bare = "REDIS: {}\nSESSION: {}\n";
    assert_eq!(
        shown(&read(bare).expect("no fault"), "store.url"),
        pair("redis://localhost:6379/0", "s.yaml:2:1")
    );
    let empty = "REDIS: { HOST: h, PASSWORD: '' }\nSESSION: { TYPE: Redis }\n";
    assert_eq!(
        shown(&read(empty).expect("no fault"), "store.url"),
        pair("redis://h:6379/0", "s.yaml:1:16")
    );
}

#[test]
fn s1_5_a_session_file_on_disk_needs_no_redis() {
    let yaml = "REDIS: { HOST: h }\nSESSION: { TYPE: filesystem, EXPIRES: 600 }\n";
    let loaded = read(yaml).expect("no fault");
    assert!(loaded.not_yet().is_empty());
    assert_eq!(shown(&loaded, "store.url"), pair("sqlite:", "default"));
    assert_eq!(
        warnings(yaml),
        ["s.yaml:1:16: not read (REDIS.HOST): no session is kept in Redis; store.url says where"]
    );
}

#[test]
fn s1_5_cookies_never_become_weaker_but_in_development() {
    let yaml = "REDIS: {}\nSESSION: { TYPE: filesystem, USE_SIGNER: False, COOKIE_HTTPONLY: false, COOKIE_SECURE: false }\n";
    let loaded = read(yaml).expect("no fault");
    assert!(loaded.config.cookie.secure);
    let told: Vec<String> = said(&loaded.warnings);
    assert_eq!(
        told,
        [
            "s.yaml:2:66: SESSION.COOKIE_HTTPONLY: is not taken: cookies with tokens are always HttpOnly",
            "s.yaml:2:88: SESSION.COOKIE_SECURE: is not taken: cookies go over https alone, but with profile: \
             development (SYMBOLON_PROFILE)",
            "s.yaml:2:42: SESSION.USE_SIGNER: is not taken: tokens are always proven by a keyed sum",
        ]
    );
    let loaded = read_under(yaml, &[("SYMBOLON_PROFILE", "development")]).expect("no fault");
    assert_eq!(shown(&loaded, "cookie.secure"), pair("false", "s.yaml:2:88"));
}

#[test]
fn s1_5_its_other_keys_are_warned_about_and_not_refused() {
    let yaml = "DATABASE:\n  HOST: db\nREDIS:\n  HOTS: h\nSESSION:\n  TYPE: filesystem\n  EXPIRE: 60\n  COLOUR: red\nAPP: x\n";
    assert_eq!(
        warnings(yaml),
        [
            "s.yaml:4:3: REDIS.HOTS: is not read; did you mean REDIS.HOST?",
            "s.yaml:7:3: SESSION.EXPIRE: is not read; did you mean SESSION.EXPIRES?",
            "s.yaml:8:3: SESSION.COLOUR: is not read: there is nothing of this kind here",
            "s.yaml: not read, since they are no settings: DATABASE, APP",
        ]
    );
}

#[test]
fn s1_5_every_fault_of_its_file_is_told_at_once_with_its_place() {
    let yaml = "REDIS:\n  PORT: 65536\n  DB: one\n  HOST: [a]\nSESSION:\n  PERMANENT: maybe\n  EXPIRES: 2h\n";
    assert_eq!(
        faults(yaml),
        [
            "s.yaml:4:9: REDIS.HOST: is a value, not a group or a list",
            "s.yaml:6:14: SESSION.PERMANENT: is not understood; expected true or false",
            "s.yaml:7:12: SESSION.EXPIRES: is not understood; expected a whole number of seconds",
            "s.yaml:2:9: REDIS.PORT: is not understood; expected a whole number of at most 65535",
            "s.yaml:3:7: REDIS.DB: is not understood; expected a whole number of at most 65535",
        ]
    );
    assert_eq!(
        faults("REDIS: x\nSESSION: { TYPE: memcached }\n"),
        [
            "s.yaml:1:8: REDIS: is a group of keys, not a value",
            "s.yaml:2:18: SESSION.TYPE: is not understood; expected redis, or filesystem for a file of ours",
        ]
    );
}

#[test]
fn s1_5_a_life_beyond_the_usual_end_of_a_session_makes_room_for_itself() {
    let month = "REDIS: {}\nSESSION: { TYPE: filesystem, EXPIRES: 2678400 }\n";
    let session = read(month).expect("no fault").config.session;
    let days = |days: u64| Duration::from_secs(days * 86_400);
    assert_eq!(
        (session.life.idle_timeout, session.life.absolute_timeout),
        (days(31), days(31))
    );
}

#[test]
fn s0_1_the_record_never_outlives_the_token() {
    let variables = [
        ("JWT_EXPIRE_MINUTES", "1440"),
        ("JWT_REDIS_EXPIRE_MINUTES", "10080"),
    ];
    let loaded = read_under("", &variables).expect("no fault");
    assert_eq!(
        shown(&loaded, "session.idle_timeout"),
        pair("1d", "JWT_REDIS_EXPIRE_MINUTES")
    );
    assert_eq!(
        warned("", &variables),
        [
            "JWT_REDIS_EXPIRE_MINUTES: 7d is longer than JWT_EXPIRE_MINUTES, 1d, which ends every session: that is taken"
        ]
    );
    // Where the end is named by our own name, that is the end.
    let ours = [
        variables[0],
        variables[1],
        ("SYMBOLON_SESSION__ABSOLUTE_TIMEOUT", "30d"),
    ];
    let loaded = read_under("", &ours).expect("no fault");
    assert_eq!(shown(&loaded, "session.idle_timeout").0, "7d");
    assert_eq!(
        super::read_under("", &[("JWT_EXPIRE_MINUTES", "0")])
            .map(|_| ())
            .expect_err("zero")
            .len(),
        2,
        "for each setting that it gives"
    );
}

#[test]
fn s0_6_an_empty_secret_is_an_error_with_the_reason() {
    for secret in ["", "  "] {
        let faults = read_under("", &[("JWT_SECRET_KEY", secret)])
            .map(|_| ())
            .expect_err("empty");
        assert_eq!(
            faults,
            [
                "JWT_SECRET_KEY: is empty: a secret that each process makes up for itself logs everyone out at a restart; \
              leave the line out, and keys are made once and kept"
            ]
        );
    }
    let short = read_under("", &[("JWT_SECRET_KEY", "too-short-a-secret")])
        .map(|_| ())
        .expect_err("short");
    assert!(
        short.len() == 1
            && short[0].starts_with("JWT_SECRET_KEY: token.secret: is refused: ")
            && !short[0].contains("too-short"),
        "{short:?}"
    );
}

#[test]
fn s0_6_its_secret_and_its_algorithm_sign_what_services_verify_by_themselves() {
    let secret = "b01c66dc2c58dc6a0aabfe2144256be36226de378bf87f72c0c795dda67f4d55";
    let variables = [("JWT_SECRET_KEY", secret), ("JWT_ALGORITHM", "HS256")];
    let loaded = read_under("", &variables).expect("no fault");
    assert_eq!(shown(&loaded, "token.secret"), pair("***", "JWT_SECRET_KEY"));
    assert_eq!(shown(&loaded, "token.alg"), pair("HS256", "JWT_ALGORITHM"));
    assert_eq!(shown(&loaded, "token.style"), pair("opaque", "default"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let other = read_under("", &[("JWT_ALGORITHM", "HS512")])
        .map(|_| ())
        .expect_err("not ours");
    assert!(
        other[0].starts_with("JWT_ALGORITHM: token.alg: `HS512` is not understood"),
        "{other:?}"
    );
}

#[test]
fn s0_3_the_redis_of_s0_is_the_store_unless_another_is_named() {
    let variables = [
        ("REDIS_HOST", "127.0.0.1"),
        ("REDIS_DATABASE", "2"),
        ("REDIS_USERNAME", "app"),
        ("REDIS_PASSWORD", "correct-horse"),
    ];
    let loaded = read_under("", &variables).expect("no fault");
    assert_eq!(
        shown(&loaded, "store.url"),
        pair("redis://app:***@127.0.0.1:6379/2", "REDIS_HOST")
    );
    let named = [variables[0], variables[3], SQLITE];
    assert_eq!(
        warned("", &named),
        ["REDIS_HOST: not read (REDIS.HOST, REDIS.PASSWORD): store.url is given by SYMBOLON_STORE__URL"]
    );
    assert_eq!(
        warned("store: { url: 'sqlite:' }\n", &variables[..1]),
        ["REDIS_HOST: not read (REDIS.HOST): store.url is given by s.yaml:1:15"]
    );
    // Without a host nothing says that there is one.
    assert_eq!(
        warned("", &variables[3..]),
        ["REDIS_PASSWORD: not read (REDIS.PASSWORD): no session is kept in Redis; store.url says where"]
    );
    let ipv6 = read_under("", &[("REDIS_HOST", "::1"), ("REDIS_PORT", "7000")]).expect("no fault");
    assert_eq!(shown(&ipv6, "store.url").0, "redis://[::1]:7000/0");
    // What Kubernetes makes of a service called redis.
    assert_eq!(warned("", &[("REDIS_PORT", "tcp://10.0.0.1:6379")]), [""; 0]);
}
