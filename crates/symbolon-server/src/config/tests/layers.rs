//! Where a value comes from, and who wins.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::super::{Inputs, Loaded, load};
use super::{read, read_under, said, shown, warnings};

/// A folder with these files; the names in `Inputs` are inside of it.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    folder
}

fn load_with(
    file: PathBuf,
    env_file: Option<PathBuf>,
    variables: &[(&str, &str)],
) -> Result<Loaded, Vec<String>> {
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect();
    let answer = load(&Inputs {
        file: Some(file),
        env_file,
        variables,
    });
    answer.map_err(|refused| said(&refused.faults))
}

fn pair(value: &str, source: &str) -> (String, String) {
    (value.to_owned(), source.to_owned())
}

#[test]
fn a_variable_wins_over_the_env_file_that_over_the_file_and_that_over_the_default() {
    let folder = folder(&[
        (
            "s.yaml",
            b"log: { level: warn, format: json, locale: zh-CN }\nnode: { lease: 3s }\n",
        ),
        (
            ".env.dev",
            b"# a comment\n\nexport SYMBOLON_LOG__LEVEL = \"error\"\nSYMBOLON_LOG__FORMAT=pretty # why\n",
        ),
    ]);
    let (file, env_file) = (folder.path().join("s.yaml"), folder.path().join(".env.dev"));
    let variables = [("SYMBOLON_LOG__LEVEL", "trace")];
    let loaded = load_with(file.clone(), Some(env_file.clone()), &variables).expect("no fault");
    assert_eq!(shown(&loaded, "log.level"), pair("trace", "SYMBOLON_LOG__LEVEL"));
    let place = format!("{}:4: SYMBOLON_LOG__FORMAT", env_file.display());
    assert_eq!(shown(&loaded, "log.format"), pair("pretty", &place));
    assert_eq!(
        shown(&loaded, "log.locale"),
        pair("zh-CN", &format!("{}:1:43", file.display()))
    );
    assert_eq!(
        shown(&loaded, "node.lease"),
        pair("3s", &format!("{}:2:16", file.display()))
    );
    assert_eq!(shown(&loaded, "debug.tier"), pair("false", "default"));
    assert_eq!(loaded.file, Some(file));
}

#[test]
fn each_setting_has_its_variable() {
    let variables = [
        ("SYMBOLON_DATA_DIR", "/srv/symbolon"),
        ("SYMBOLON_HTTP__LISTEN", "127.0.0.1:0"),
        ("SYMBOLON_HTTP__TRUSTED_PROXIES", "10.0.0.0/8,::1"),
        ("SYMBOLON_HTTP__CORS_ORIGINS", ""),
        ("SYMBOLON_LOGIN__ARGON2__MEMORY", "64MiB"),
        ("SYMBOLON_LOGIN__ARGON2__PERMITS", "null"),
        ("SYMBOLON_SESSION__REMEMBER__IDLE_TIMEOUT", "1d"),
    ];
    let config = read_under("", &variables).expect("no fault").config;
    assert_eq!(config.data_dir, PathBuf::from("/srv/symbolon"));
    assert_eq!(config.http.listen.port(), 0);
    assert_eq!(config.http.trusted_proxies.len(), 2);
    assert!(config.http.cors_origins.is_empty());
    assert_eq!(config.login.argon2.memory, 64 << 20);
    assert_eq!(config.login.argon2.permits, None);
    assert_eq!(config.session.remember.idle_timeout, Duration::from_secs(86_400));
}

#[test]
fn an_empty_variable_is_a_fault_and_not_a_default() {
    for name in [
        "SYMBOLON_KEYS__MASTER_FILE",
        "SYMBOLON_STORE__URL",
        "SYMBOLON_CACHE__REDIS_URL",
        "SYMBOLON_PROFILE",
    ] {
        let faults = read_under("", &[(name, "")]).map(|_| ()).expect_err(name);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].starts_with(&format!("{name}: ")) && faults[0].contains("is empty; expected"),
            "{faults:?}"
        );
    }
}

#[test]
fn a_profile_gives_other_defaults_and_a_value_by_hand_wins_over_them() {
    let lives = |yaml: &str| {
        let loaded = read(yaml).expect(yaml);
        ["access_ttl", "idle_timeout", "absolute_timeout"]
            .map(|name| shown(&loaded, &format!("session.{name}")))
    };
    assert_eq!(
        lives(""),
        [
            pair("30m", "default"),
            pair("7d", "default"),
            pair("30d", "default")
        ]
    );
    let development = "profile development";
    assert_eq!(
        lives("profile: development"),
        [
            pair("7d", development),
            pair("7d", development),
            pair("30d", "default")
        ]
    );
    assert_eq!(
        lives("profile: production\nsession: { idle_timeout: 2d }"),
        [
            pair("1h", "profile production"),
            pair("2d", "s.yaml:2:26"),
            pair("30d", "default")
        ]
    );
    let loaded = read_under("profile: development", &[("SYMBOLON_PROFILE", "production")]).expect("no fault");
    assert_eq!(
        shown(&loaded, "session.access_ttl"),
        pair("1h", "profile production")
    );
    assert_eq!(shown(&loaded, "profile"), pair("production", "SYMBOLON_PROFILE"));
}

#[test]
fn a_default_that_is_longer_than_a_life_by_hand_yields_to_it() {
    let loaded =
        read("session: { absolute_timeout: 10m, remember: { absolute_timeout: 2d } }").expect("no fault");
    let follows = "follows session.absolute_timeout";
    for name in ["access_ttl", "refresh_ttl", "idle_timeout"] {
        assert_eq!(
            shown(&loaded, &format!("session.{name}")),
            pair("10m", follows),
            "{name}"
        );
    }
    let remember = pair("2d", "follows session.remember.absolute_timeout");
    assert_eq!(shown(&loaded, "session.remember.idle_timeout"), remember);
}

#[test]
fn the_minutes_of_the_older_system_give_the_lives_unless_ours_are_set() {
    let variables = [
        ("JWT_EXPIRE_MINUTES", "10080"),
        ("JWT_REDIS_EXPIRE_MINUTES", "30"),
    ];
    let loaded = read_under("", &variables).expect("no fault");
    assert_eq!(
        shown(&loaded, "session.access_ttl"),
        pair("7d", "JWT_EXPIRE_MINUTES")
    );
    assert_eq!(
        shown(&loaded, "session.absolute_timeout"),
        pair("7d", "JWT_EXPIRE_MINUTES")
    );
    assert_eq!(
        shown(&loaded, "session.idle_timeout"),
        pair("30m", "JWT_REDIS_EXPIRE_MINUTES")
    );
    assert_eq!(
        shown(&loaded, "session.refresh_ttl"),
        pair("7d", "follows session.absolute_timeout")
    );
    let ours = [
        ("JWT_EXPIRE_MINUTES", "1440"),
        ("SYMBOLON_SESSION__ACCESS_TTL", "1h"),
    ];
    let loaded = read_under("", &ours).expect("no fault");
    assert_eq!(
        shown(&loaded, "session.access_ttl"),
        pair("1h", "SYMBOLON_SESSION__ACCESS_TTL")
    );
    assert_eq!(
        shown(&loaded, "session.absolute_timeout"),
        pair("1d", "JWT_EXPIRE_MINUTES")
    );
    for minutes in ["", "7d", "-1", "1e3"] {
        let faults = read_under("", &[("JWT_EXPIRE_MINUTES", minutes)])
            .map(|_| ())
            .expect_err(minutes);
        assert_eq!(
            faults,
            ["JWT_EXPIRE_MINUTES: is not understood; expected a whole number of minutes"]
        );
    }
}

#[test]
fn an_env_file_warns_of_names_it_does_not_know_and_refuses_ours() {
    let text =
        b"JWT_EXPIRE_MINUTES = 1440\nDATABASE_URL = 'mysql://root:secret@db/x'\nREDIS_HOST=localhost\n\
                 SYMBOLON_LOG_LEVEL=info\nwhat is this\nJWT_EXPIRE_MINUTES=30\n";
    let folder = folder(&[("s.yaml", b""), ("env", text)]);
    let env_file = folder.path().join("env");
    let name = env_file.display().to_string();
    let faults = load_with(folder.path().join("s.yaml"), Some(env_file), &[])
        .map(|_| ())
        .expect_err("has faults");
    assert_eq!(
        faults,
        [
            format!("{name}:5:1: the line is not of the form KEY = value"),
            format!("{name}:4: SYMBOLON_LOG_LEVEL: is no setting; did you mean SYMBOLON_LOG__LEVEL?"),
            format!("{name}:6: JWT_EXPIRE_MINUTES: is set a second time, after {name}:1: JWT_EXPIRE_MINUTES"),
        ]
    );
}

#[test]
fn a_last_name_of_several_settings_means_the_first_of_them() {
    for (name, meant) in [
        ("SYMBOLON_LISTEN", "SYMBOLON_HTTP__LISTEN"),
        ("SYMBOLON_SERVER__LISTEN", "SYMBOLON_HTTP__LISTEN"),
        ("SYMBOLON_OPS_LISTEN", "SYMBOLON_OPS__LISTEN"),
    ] {
        let faults = read_under("", &[(name, "0.0.0.0:5000")])
            .map(|_| ())
            .expect_err(name);
        assert_eq!(faults, [format!("{name}: is no setting; did you mean {meant}?")]);
    }
}

#[test]
fn the_names_of_others_in_an_env_file_are_one_warning_without_their_values() {
    let folder = folder(&[
        ("s.yaml", b""),
        ("env", b"DATABASE_URL = mysql://root:secret@db/x\nAPP_NAME=shop\n"),
    ]);
    let env_file = folder.path().join("env");
    let loaded = load_with(folder.path().join("s.yaml"), Some(env_file.clone()), &[]).expect("no fault");
    let warnings: Vec<String> = said(&loaded.warnings);
    let wanted = format!(
        "{}: not read, since they are no settings: DATABASE_URL, APP_NAME",
        env_file.display()
    );
    assert_eq!(warnings, [wanted]);
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = folder(&[
        ("url", b"postgres://sy:correct-horse@db/sy\n"),
        ("empty", b"\n"),
        ("two", b"a\nb\n"),
        ("bytes", b"\xff"),
        ("large", &[b'a'; 4_097]),
    ]);
    let name = |name: &str| folder.path().join(name).display().to_string();
    let url = name("url");
    let loaded = read(&format!("store:\n  url_file: {url}\n")).expect("no fault");
    assert_eq!(
        shown(&loaded, "store.url"),
        pair("postgres://sy:***@db/sy", "s.yaml:2:13")
    );
    assert_eq!(
        loaded
            .config
            .store_url
            .server()
            .and_then(|server| server.password()),
        Some("correct-horse")
    );
    let loaded = read_under(
        "store: { url: \"memory:\" }",
        &[("SYMBOLON_STORE__URL_FILE", &url)],
    )
    .expect("no fault");
    assert_eq!(shown(&loaded, "store.url").1, "SYMBOLON_STORE__URL_FILE");
    for (file, why) in [
        (
            name("empty"),
            format!("{} is empty; an empty secret is refused", name("empty")),
        ),
        (name("two"), format!("{} has more than one line", name("two"))),
        (name("bytes"), format!("{} is not UTF-8", name("bytes"))),
        (
            name("large"),
            format!("cannot read {}: it is larger than 4096 bytes", name("large")),
        ),
        (
            name(""),
            format!("cannot read {}: it is a folder, not a file", name("")),
        ),
        (
            name("none"),
            format!(
                "cannot read {}: No such file or directory (os error 2)",
                name("none")
            ),
        ),
    ] {
        let faults = super::faults(&format!("store: {{ url_file: \"{file}\" }}"));
        assert_eq!(faults, [format!("s.yaml:1:20: store.url_file: {why}")]);
    }
    assert_eq!(
        super::faults(&format!("store: {{ url_file: {url}, url: \"sqlite:\" }}")),
        ["s.yaml:1:20: store.url_file: is given beside store.url; keep one of them"]
    );
}

#[test]
fn what_this_version_does_not_have_is_refused_at_the_start_and_not_ignored() {
    let not_yet = |yaml: &str| -> Vec<String> { said(&read(yaml).expect(yaml).not_yet()) };
    for store in ["postgres://db/x", "redis://db/0", "redis+unix:///run/redis.sock"] {
        assert_eq!(not_yet(&format!("store: {{ url: \"{store}\" }}")), [""; 0]);
    }
    assert_eq!(
        not_yet("fallback: { enabled: false }\nstore: { url: \"memory:\" }"),
        [""; 0]
    );
    assert_eq!(warnings("store: { url: \"memory:\" }").len(), 1);
}

#[test]
fn show_for_programs_has_everything_and_no_password() {
    let loaded =
        read("store: { url: \"redis://:correct-horse@db/0\" }\nnode: { lease: 3s }").expect("no fault");
    let json = loaded.show_json();
    let rows = json.as_array().expect("a list");
    let row = |path: &str| {
        rows.iter()
            .find(|row| row["path"] == path)
            .expect("is in the list")
            .clone()
    };
    assert_eq!(
        row("node.lease"),
        serde_json::json!({
            "path": "node.lease", "value": "3s", "default": "10s", "variable": "SYMBOLON_NODE__LEASE",
            "source": { "kind": "file", "file": "s.yaml", "line": 2, "column": 16 },
            "expected": "a number with a unit (500ms, 10s, 30m, 12h, 7d), from 1s to 10m",
            "doc": row("node.lease")["doc"],
        })
    );
    assert_eq!(row("store.url")["value"], "redis://:***@db/0");
    assert_eq!(row("store.url")["file_form"], "store.url_file");
    assert_eq!(row("debug.tier")["value"], false);
    assert_eq!(row("session.per_subject_max")["value"], 50);
    assert_eq!(row("admin.listen")["value"], serde_json::Value::Null);
    assert_eq!(row("http.trusted_proxies")["value"], serde_json::json!([]));
    assert!(!json.to_string().contains("horse"));
    assert!(!format!("{loaded:?}").contains("horse"));
}
