//! `deploy/compose.yaml`: that what it names is there, and that this program understands what it sets.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::Start;

use super::dockerfile::variables;
use super::prepared::Prepared;
use super::{redis_conf, root, yaml};
use crate::place::{BINARY, Place};

struct Compose {
    document: Value,
    prepared: Prepared,
}

impl Compose {
    fn read() -> Self {
        let prepared = Prepared::new();
        let text = prepared.read("compose.yaml");
        // What is asked of the environment is in .env, which Compose reads by itself.
        let written = prepared.read(".env");
        for (name, value) in written.lines().map(|line| line.split_once('=').unwrap()) {
            assert!(text.contains(&format!("${{{name}:?")), "{name} is not asked for");
            assert!(
                value
                    .split(':')
                    .all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)),
                "{value}"
            );
        }
        let asked = text
            .split("${")
            .skip(1)
            .map(|rest| rest.split(":?").next().unwrap());
        for name in asked {
            assert!(written.contains(&format!("{name}=")), "{name} is nowhere set");
        }
        Self {
            document: yaml::read(&text),
            prepared,
        }
    }

    fn service(&self, name: &str) -> &Value {
        &self.document["services"][name]
    }
}

fn texts(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    items.iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn s1_12_every_file_that_is_mounted_or_given_is_there() {
    let compose = Compose::read();
    let mut mounted = Vec::new();
    for service in ["redis", "symbolon"] {
        for volume in texts(&compose.service(service)["volumes"]) {
            let own = volume.split(':').next().unwrap();
            assert!(compose.prepared.path(own).exists(), "{own}");
            mounted.push(volume);
        }
    }
    assert_eq!(mounted.len(), 4);
    let secrets = compose.document["secrets"].as_object().unwrap();
    for given in texts(&compose.service("symbolon")["secrets"]) {
        let file = secrets[given]["file"].as_str().unwrap();
        assert!(compose.prepared.path(file).is_file(), "{file}");
    }
    let build = &compose.service("symbolon")["build"];
    let context = root().join("deploy").join(build["context"].as_str().unwrap());
    assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file());
    for service in ["redis", "symbolon"] {
        for network in texts(&compose.service(service)["networks"]) {
            assert!(compose.document["networks"].get(network).is_some(), "{network}");
        }
    }
}

#[test]
fn s1_12_the_configuration_of_redis_is_the_shipped_one_with_places_of_its_own() {
    let compose = Compose::read();
    let redis = compose.service("redis");
    let command = texts(&redis["command"]);
    let file = command[1];
    assert_eq!(command[..2], ["redis-server", file]);
    let volumes = texts(&redis["volumes"]);
    assert!(volumes.contains(&format!("./redis.conf:{file}:ro").as_str()));
    let text = compose.prepared.read("redis.conf");
    let included = text
        .lines()
        .find_map(|line| line.strip_prefix("include "))
        .unwrap();
    assert!(volumes.contains(&format!("./secrets/redis-password.conf:{included}:ro").as_str()));
    let dir = command.iter().position(|word| *word == "--dir").unwrap();
    assert!(volumes.contains(&format!("./data/redis:{}", command[dir + 1]).as_str()));
    // Its port is the one of the address that Symbolon is given.
    let port = text.lines().find_map(|line| line.strip_prefix("port ")).unwrap();
    let url = compose.prepared.read("secrets/store-url");
    assert!(url.contains(&format!("@redis:{port}/")), "{url}");
    let check = texts(&redis["healthcheck"]["test"])[1];
    assert!(check.contains(included));
}

#[test]
fn s1_12_no_secret_stands_in_the_file_and_both_run_without_rights() {
    let compose = Compose::read();
    let text = compose.prepared.read("compose.yaml");
    for name in ["redis-password.conf", "master-key", "store-url"] {
        let secret = compose.prepared.read(&format!("secrets/{name}"));
        assert!(!text.contains(secret.trim_end()));
    }
    for service in ["redis", "symbolon"] {
        let service = compose.service(service);
        assert_eq!(service["read_only"], "true");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"]);
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"]);
        assert_eq!(service["restart"], "unless-stopped");
        assert!(service["user"].as_str().unwrap().starts_with("${SYMBOLON_USER:?"));
    }
    // Nobody reaches Redis but Symbolon, and Symbolon but this machine.
    assert!(compose.service("redis").get("ports").is_none());
    assert_eq!(compose.document["networks"]["store"]["internal"], "true");
    assert_eq!(
        texts(&compose.service("symbolon")["ports"]),
        ["127.0.0.1:5000:5000"]
    );
    let waits = &compose.service("symbolon")["depends_on"]["redis"]["condition"];
    assert_eq!(waits, "service_healthy");
}

#[test]
fn s1_12_the_health_check_of_redis_logs_in_and_tells_one_that_answers_from_one_that_does_not() {
    let compose = Compose::read();
    let redis = redis_conf::started(&compose.prepared);
    let check = texts(&compose.service("redis")["healthcheck"]["test"]);
    assert_eq!(check[0], "CMD-SHELL");
    let password = compose.prepared.path("secrets/redis-password.conf");
    // Two dollars are one to Compose.
    let check = check[1].replace("$$", "$");
    let here = format!("redis-cli -s {}", redis.socket().display());
    let check = check.replace("redis-cli", &here);
    let check = check.replace(redis_conf::INCLUDED, &password.display().to_string());
    let healthy = || {
        Command::new("sh")
            .args(["-c", &check])
            .status()
            .unwrap()
            .success()
    };
    assert!(healthy());
    redis.stop();
    assert!(!healthy());
    redis.start_again();
    fs::write(&password, "requirepass another\n").unwrap();
    assert!(
        !healthy(),
        "an answer that it wants a password is no sign of health"
    );
}

/// What Symbolon is given in its container, with the files where they are here.
fn environment(compose: &Compose) -> Vec<(String, String)> {
    let own = compose.service("symbolon")["environment"].as_object().unwrap();
    let own = own.iter().map(|(name, value)| {
        let value = value.as_str().unwrap();
        let secret = value.strip_prefix("/run/secrets/").map(|name| {
            let path = compose.prepared.path("secrets").join(name);
            path.display().to_string()
        });
        (name.clone(), secret.unwrap_or_else(|| value.to_owned()))
    });
    variables().into_iter().chain(own).collect()
}

#[test]
fn s1_12_this_program_understands_the_settings_of_its_container() {
    let compose = Compose::read();
    let environment = environment(&compose);
    let place = environment
        .iter()
        .fold(Place::fresh(), |place, (name, value)| place.env(name, value));
    let checked = place.run("config check").ok();
    // It says what a Redis that is the store needs, which is what the shipped one has.
    for line in checked.err.lines() {
        assert!(line.starts_with("doubtful: SYMBOLON_STORE__URL_FILE: "), "{line}");
    }
    let mounted = texts(&compose.service("symbolon")["volumes"]);
    let data = environment.iter().find(|(name, _)| name == "SYMBOLON_DATA_DIR");
    assert!(mounted[0].ends_with(&format!(":{}", data.unwrap().1)));
    let gateway = &compose.document["networks"]["edge"]["ipam"]["config"][0]["gateway"];
    let trusted = environment
        .iter()
        .find(|(name, _)| name == "SYMBOLON_HTTP__TRUSTED_PROXIES");
    assert_eq!(trusted.unwrap().1, format!("{}/32", gateway.as_str().unwrap()));
}

/// Both, as Compose would start them, but on this machine.
#[tokio::test(flavor = "multi_thread")]
async fn s1_12_and_s0_t3_with_these_settings_a_session_outlives_redis_and_symbolon() {
    let compose = Compose::read();
    let redis = redis_conf::started(&compose.prepared);
    let url = compose.prepared.path("secrets/store-url");
    let given = compose.prepared.read("secrets/store-url");
    assert!(given.contains("@redis:6379/"));
    fs::write(&url, given.replace("redis:6379", &redis.address().to_string())).unwrap();
    let own = ["SYMBOLON_DATA_DIR", "SYMBOLON_HTTP__LISTEN"];
    let environment = environment(&compose);
    let given = environment
        .into_iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    let start = given.fold(Start::binary(BINARY), |start, (name, value)| {
        start.env(name, value)
    });
    let mut server = start.ready().await;
    let body = json!({ "username": "admin", "password": server.first_password().await });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let ask = || Ask::get("/verify").bearer(&token);
    assert_eq!(server.client().send(ask()).await.status, 200);
    server.kill9().await;
    redis.stop();
    redis.start_again();
    server.restart().await;
    assert_eq!(server.client().send(ask()).await.status, 200);
}
