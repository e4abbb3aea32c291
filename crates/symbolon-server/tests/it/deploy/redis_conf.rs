//! `deploy/redis.conf` in a real Redis.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use symbolon_testkit::servers::{Redis, StartRedis};

use super::prepared::Prepared;

/// Where the shipped file looks for its password.
pub(super) const INCLUDED: &str = "/etc/redis/password.conf";

/// What S0-2 asks for, word for word but for the password.
const ASKED_FOR: &str = r#"
    save 900 1
    save 300 10
    save 60 10000
    dbfilename dump.rdb
    rdbcompression yes
    appendonly yes
    appendfilename "appendonly.aof"
    appendfsync everysec
    maxmemory 256mb
    maxmemory-policy noeviction
"#;

/// The directives of a configuration, in order.
fn directives(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect()
}

/// As CONFIG GET says it.
fn effective(directives: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::<String, String>::new();
    for (name, value) in directives {
        let value = match *value {
            "256mb" => "268435456".to_owned(),
            value => value.trim_matches('"').to_owned(),
        };
        values
            .entry((*name).to_owned())
            .and_modify(|lines| *lines += &format!(" {value}"))
            .or_insert(value);
    }
    values
}

/// A Redis with the shipped file, its password's place being the prepared one.
pub(super) fn started(prepared: &Prepared) -> Redis {
    let own = prepared.path("secrets/redis-password.conf");
    let text = prepared.read("redis.conf");
    assert!(text.contains(INCLUDED));
    // Its user has to read it; compose.yaml runs it as who has made it.
    let password = fs::read_to_string(own).unwrap();
    StartRedis::default()
        .configured_by(&text.replace(&format!("include {INCLUDED}\n"), &password))
        .start()
}

fn asked(redis: &Redis, password: &str, name: &str) -> String {
    let mut client = redis.client();
    client
        .env("REDISCLI_AUTH", password)
        .args(["CONFIG", "GET", name]);
    let said = String::from_utf8(client.output().unwrap().stdout).unwrap();
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some(name), "{said}");
    lines.next().unwrap_or_default().to_owned()
}

#[test]
fn s0_2_the_shipped_configuration_is_what_the_running_redis_does() {
    let prepared = Prepared::new();
    let redis = started(&prepared);
    let text = prepared.read("redis.conf");
    let shipped = directives(&text);
    for asked in directives(ASKED_FOR) {
        assert!(shipped.contains(&asked), "{asked:?} is not shipped");
    }
    let password = prepared.password();
    // What a test gives itself.
    let places = ["include", "bind", "port"];
    for (name, value) in effective(&shipped) {
        if !places.contains(&name.as_str()) {
            assert_eq!(asked(&redis, &password, &name), value, "{name}");
        }
    }
    assert_eq!(asked(&redis, &password, "requirepass"), password);
    let stranger = redis.client().args(["GET", "x"]).output().unwrap();
    let said = String::from_utf8_lossy(&stranger.stdout).into_owned();
    assert!(said.starts_with("NOAUTH"), "{said}");
}

#[test]
fn s0_2_what_redis_acknowledged_outlives_it() {
    let prepared = Prepared::new();
    let redis = started(&prepared);
    let ask = |command: &[&str]| {
        let mut client = redis.client();
        let ran = client
            .env("REDISCLI_AUTH", prepared.password())
            .args(command)
            .output();
        String::from_utf8(ran.unwrap().stdout).unwrap()
    };
    assert_eq!(ask(&["SET", "half", "kept"]), "OK\n");
    redis.kill9();
    redis.start_again();
    assert_eq!(ask(&["GET", "half"]), "kept\n");
}

#[test]
fn s0_2_without_a_password_it_does_not_start() {
    let prepared = Prepared::new();
    let missing = prepared.path("nowhere.conf").display().to_string();
    let text = prepared.read("redis.conf").replace(INCLUDED, &missing);
    let port = symbolon_testkit::server::free_address().port();
    let text = text.replace("port 6379", &format!("port {port}"));
    fs::write(prepared.path("redis.conf"), text).unwrap();
    let ran = Command::new("redis-server")
        .arg(prepared.path("redis.conf"))
        .current_dir(prepared.path(""))
        .output()
        .unwrap();
    assert!(!ran.status.success());
    let said = String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("nowhere.conf"), "{said}");
}
