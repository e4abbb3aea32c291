//! The table of the contract: what each profile gives and what it allows.

use super::{Loaded, read_under, shown};

/// Row by row: default, development, production.
const PROFILES: [&str; 3] = ["default", "development", "production"];

/// What a configuration is under a profile: accepted in silence, warned about, or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Good,
    Warned,
    Refused,
}

use Answer::{Good, Refused, Warned};

fn under(profile: &str, yaml: &str) -> Result<Loaded, Vec<String>> {
    read_under(yaml, &[("SYMBOLON_PROFILE", profile)])
}

fn answers(yaml: &str) -> [Answer; 3] {
    PROFILES.map(|profile| match under(profile, yaml) {
        Err(_) => Refused,
        Ok(loaded) if loaded.warnings.is_empty() => Good,
        Ok(_) => Warned,
    })
}

#[test]
fn the_lives_of_each_profile_come_with_their_source() {
    let rows = [
        ("session.access_ttl", ["30m", "7d", "1h"]),
        ("session.idle_timeout", ["7d", "7d", "1d"]),
        ("session.absolute_timeout", ["30d", "30d", "30d"]),
    ];
    for (path, values) in rows {
        for (profile, value) in PROFILES.into_iter().zip(values) {
            let loaded = under(profile, "").expect("no fault");
            let has_own = profile != "default" && path != "session.absolute_timeout";
            let source = if has_own {
                format!("profile {profile}")
            } else {
                "default".to_owned()
            };
            assert_eq!(
                shown(&loaded, path),
                (value.to_owned(), source),
                "{profile} {path}"
            );
            assert_eq!(
                shown(&loaded, "profile"),
                (profile.to_owned(), "SYMBOLON_PROFILE".to_owned())
            );
        }
    }
}

#[test]
fn a_life_by_hand_wins_in_each_profile() {
    for profile in PROFILES {
        let loaded = under(
            profile,
            "session: { access_ttl: 5m, idle_timeout: 6h, absolute_timeout: 8d }",
        )
        .expect("no fault");
        let lives = ["access_ttl", "idle_timeout", "absolute_timeout"]
            .map(|name| shown(&loaded, &format!("session.{name}")));
        let wanted = [
            ("5m", "s.yaml:1:24"),
            ("6h", "s.yaml:1:42"),
            ("8d", "s.yaml:1:64"),
        ];
        assert_eq!(
            lives,
            wanted.map(|(value, source)| (value.to_owned(), source.to_owned())),
            "{profile}"
        );
    }
}

#[test]
fn every_profile_answers_as_the_table_says() {
    let shared = "store: { url: \"postgres://db/sy\" }";
    let redis =
        |login: &str| format!("keys: {{ master_file: k }}\nstore: {{ url: \"redis://{login}db/0\" }}");
    let rows: [(&str, String, [Answer; 3]); 9] = [
        (
            "cookies without Secure",
            "cookie: { secure: false }".to_owned(),
            [Refused, Good, Refused],
        ),
        (
            "cookies with Secure",
            "cookie: { secure: true }".to_owned(),
            [Good; 3],
        ),
        ("the key in data_dir, one node", String::new(), [Good; 3]),
        (
            "the key in data_dir, a shared store",
            shared.to_owned(),
            [Warned, Warned, Refused],
        ),
        (
            "a named key, a shared store",
            format!("keys: {{ master_file: k }}\n{shared}"),
            [Good; 3],
        ),
        (
            "Redis as the store without a password",
            redis(""),
            [Warned, Warned, Refused],
        ),
        (
            "Redis as the store with a password",
            redis(":correct-horse@"),
            [Good; 3],
        ),
        (
            "open without TLS or a proxy",
            "http: { listen: 0.0.0.0:5000 }".to_owned(),
            [Warned, Warned, Refused],
        ),
        (
            "the same on purpose",
            "http: { listen: 0.0.0.0:5000, plain: true }".to_owned(),
            [Good; 3],
        ),
    ];
    for (row, yaml, wanted) in rows {
        assert_eq!(answers(&yaml), wanted, "{row}");
    }
}

#[test]
fn an_empty_secret_is_refused_in_each_profile() {
    for profile in PROFILES {
        for yaml in [
            "keys: { master_file: '' }",
            "token: { secret: '' }",
            "token:\n  secret:\n",
            "cache: { redis_url: \"redis://:@db/0\" }",
        ] {
            assert!(under(profile, yaml).is_err(), "{profile} {yaml}");
        }
        let variables = [("SYMBOLON_PROFILE", profile), ("JWT_SECRET_KEY", "")];
        assert!(read_under("", &variables).is_err(), "{profile}");
    }
}
