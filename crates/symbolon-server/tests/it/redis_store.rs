//! Redis as the store: what its users see of it, with a real one.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;
use tokio::time::{Duration, Instant};

use crate::nodes::Keys;
use crate::place::{BINARY, Place, assert_one_store, instant};

/// A Redis that keeps its data as `deploy/redis.conf` has it.
pub(crate) fn as_we_ship_it() -> StartRedis {
    [
        ("save", "900 1"),
        ("save", "300 10"),
        ("save", "60 10000"),
        ("dbfilename", "dump.rdb"),
        ("rdbcompression", "yes"),
        ("appendonly", "yes"),
        ("appendfilename", "\"appendonly.aof\""),
        ("appendfsync", "everysec"),
        ("maxmemory", "256mb"),
        ("maxmemory-policy", "noeviction"),
        ("requirepass", SECRET),
        ("tcp-keepalive", "60"),
    ]
    .into_iter()
    .fold(StartRedis::default(), |start, (name, value)| {
        start.setting(name, value)
    })
}

/// The password of the Redis.
const SECRET: &str = "correct-horse-of-redis";

/// Where it is, with its password.
fn url(redis: &Redis) -> String {
    format!("redis://:{SECRET}@{}/0", redis.address())
}

fn start(redis: &Redis) -> Start {
    Start::binary(BINARY).env("SYMBOLON_STORE__URL", url(redis))
}

/// Has the Redis do a command.
fn cli(redis: &Redis, command: &[&str]) -> String {
    let mut words = vec!["--no-auth-warning", "-a", SECRET];
    words.extend(command);
    redis.cli(&words)
}

async fn log_in(server: &Server) -> Value {
    let body = json!({ "username": "admin", "password": server.first_password().await });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn text(body: &Value, name: &str) -> String {
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {body}"))
        .to_owned()
}

async fn verify(server: &Server, token: &str) -> u16 {
    let ask = Ask::get("/verify").bearer(token);
    server.client().send(ask).await.status
}

async fn refresh(server: &Server, token: &str) -> Value {
    let ask = Ask::post("/v1/refresh", &json!({ "refresh_token": token }));
    let answer = server.client().send(ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_session_begins_goes_on_and_ends_and_another_is_kicked() {
    let redis = as_we_ship_it().start();
    let server = start(&redis).ready().await;
    let first = log_in(&server).await;
    assert_eq!(verify(&server, &text(&first, "access_token")).await, 200);
    let next = refresh(&server, &text(&first, "refresh_token")).await;
    assert_ne!(next["access_token"], first["access_token"]);
    // A refresh that is repeated is answered with the same pair.
    let again = refresh(&server, &text(&first, "refresh_token")).await;
    assert_eq!(again["refresh_token"], next["refresh_token"]);
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&text(&next, "access_token"));
    let receipt = server.client().send(ask.clone()).await.json();
    assert_eq!(
        (&receipt["revoked"], &receipt["effective"]),
        (&json!(true), &json!("now"))
    );
    for pair in [&first, &next] {
        assert_eq!(verify(&server, &text(pair, "access_token")).await, 401);
    }
    let again = server.client().send(ask).await.json();
    assert_eq!(
        (&again["already"], &again["seq"]),
        (&json!(true), &receipt["seq"])
    );
    // By an operator, with a reason that the person is told.
    let (one, operator) = (log_in(&server).await, server.api_key("console", "admin"));
    let kick = Ask::new(Method::POST, "/v1/admin/subjects/admin/revoke").bearer(&operator);
    let receipt = server.client().send(kick).await.json();
    assert_eq!(
        (&receipt["count"], &receipt["effective"]),
        (&json!(1), &json!("now"))
    );
    let told = Ask::get("/v1/session").bearer(&text(&one, "access_token"));
    let told = server.client().send(told).await;
    assert_eq!(
        (told.status, &told.json()["reason"]),
        (401, &json!("kicked")),
        "{}",
        told.text()
    );
}

#[tokio::test]
async fn s0_t2_on_redis_logged_in_server_stopped_and_started_still_in() {
    let redis = as_we_ship_it().start();
    let mut server = start(&redis).ready().await;
    let pair = log_in(&server).await;
    let (access, password) = (text(&pair, "access_token"), server.first_password().await);
    server.sigterm();
    assert!(server.wait_exit().await.success());
    server.restart().await;
    assert_eq!(verify(&server, &access).await, 200);
    server.kill9().await;
    server.restart().await;
    assert_eq!(verify(&server, &access).await, 200);
    refresh(&server, &text(&pair, "refresh_token")).await;
    assert_eq!(
        server.admin_password().as_deref(),
        Some(&*password),
        "no second administrator was made"
    );
}

#[tokio::test]
async fn s0_t3_redis_restarted_with_our_configuration_keeps_everyone_in() {
    let redis = as_we_ship_it().start();
    let mut server = start(&redis).ready().await;
    let (kept, gone) = (log_in(&server).await, log_in(&server).await);
    let (kept, gone) = (text(&kept, "access_token"), text(&gone, "access_token"));
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&gone);
    assert_eq!(server.client().send(ask).await.json()["effective"], "now");
    for ended in [Redis::stop, Redis::kill9] {
        ended(&redis);
        redis.start_again();
        until("it has read its file", async || cli(&redis, &["PING"]) == "PONG").await;
        until("it is used again", async || {
            // Never a 401: that Redis is away proves nothing.
            let status = verify(&server, &kept).await;
            assert!([200, 503].contains(&status), "{status}");
            status == 200
        })
        .await;
        // Nothing that this process remembers is of use to the next.
        server.kill9().await;
        server.restart().await;
        until("it is home again, if it had gone on without Redis", async || {
            let (kept, gone) = (verify(&server, &kept).await, verify(&server, &gone).await);
            assert!(
                [200, 503].contains(&kept) && [401, 503].contains(&gone),
                "{kept} {gone}"
            );
            (kept, gone) == (200, 401)
        })
        .await;
        log_in(&server).await;
    }
}

/// A session that a service begins, with these lives.
async fn issue(server: &Server, key: &str, idle: &str, absolute: &str) -> Value {
    let body = json!({
        "subject": "user-1024", "idle_timeout": idle, "absolute_timeout": absolute, "access_ttl": absolute
    });
    let ask = Ask::post("/v1/service/sessions", &body).bearer(key);
    let answer = server.client().send(ask).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn s1_1_sessions_in_redis_end_by_themselves_and_their_life_can_be_extended() {
    let redis = as_we_ship_it().start();
    let server = start(&redis).ready().await;
    let key = server.api_key("shop", "issue,verify");
    let begun = Instant::now();
    let short = issue(&server, &key, "2s", "2s").await;
    let longer = issue(&server, &key, "2s", "2s").await;
    let id = text(&longer, "session_id");
    let change = json!({ "idle_timeout": "1h", "absolute_timeout": "1h" });
    let path = format!("/v1/service/sessions/{id}");
    // Even a Redis that nobody purges keeps it no longer than that: the life, `purge.keep_ended` and a day.
    let ttl = || {
        let left = cli(&redis, &["PTTL", &format!("{{sy}}:s:{id}")]);
        Duration::from_millis(left.parse().unwrap())
    };
    let before = ttl();
    let answer = server
        .client()
        .send(Ask::new(Method::PATCH, path.clone()).json(&change).bearer(&key))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    const KEPT: Duration = Duration::from_secs(15 * 24 * 60 * 60);
    assert!(
        before <= KEPT + Duration::from_secs(2) && before > KEPT - Duration::from_secs(60),
        "{before:?}"
    );
    assert!(ttl() > before + Duration::from_secs(3_500), "{:?}", ttl());
    until("the short one ends by itself", async || {
        verify(&server, &text(&short, "access_token")).await == 401
    })
    .await;
    assert!(begun.elapsed() >= Duration::from_secs(2));
    let told = Ask::get("/v1/session").bearer(&text(&short, "access_token"));
    let told = server.client().send(told).await.json();
    assert_eq!(told["reason"], "expired", "{told}");
    let shown = server.client().send(Ask::get(path).bearer(&key)).await.json();
    assert_eq!(shown["state"], "active", "{shown}");
    let life = instant(&shown, "expires_at").duration_since(instant(&shown, "created_at"));
    assert_eq!(life.as_secs(), 3_600);
}

#[tokio::test]
async fn s2_2_a_token_of_the_old_route_is_an_hs256_jwt_of_30_minutes_that_redis_records_as_long() {
    let redis = as_we_ship_it().start();
    let mut server = start(&redis).ready().await;
    let body = json!({ "username": "admin", "password": server.first_password().await });
    let answer = server.client().send(Ask::post("/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = text(&answer.json(), "token");
    let part = |number: usize| -> Value {
        let part = token.split('.').nth(number).unwrap();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(part(0)["alg"], "HS256");
    let claims = part(1);
    assert_eq!(claims["user"], "admin");
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), 1_800);
    let record = format!("{{sy}}:s:{}", claims["sid"].as_str().unwrap());
    let read = "return select(4, cmsgpack.unpack(redis.call('GET', KEYS[1])))";
    let expires: i64 = cli(&redis, &["EVAL", read, "1", &record]).parse().unwrap();
    assert_eq!(expires / 1_000, seconds("exp"));
    // What the store says of it, and not this process' memory.
    server.kill9().await;
    server.restart().await;
    let session = server
        .client()
        .send(Ask::get("/v1/session").bearer(&token))
        .await
        .json();
    let life = instant(&session, "expires_at").duration_since(instant(&session, "created_at"));
    assert_eq!((life.as_secs(), &session["session_id"]), (1_800, &claims["sid"]));
    let welcome = server.client().send(Ask::get("/protected").bearer(&token)).await;
    assert_eq!(
        (welcome.status, welcome.json()),
        (200, json!({ "message": "Welcome, admin" }))
    );
}

#[tokio::test]
async fn the_start_says_which_redis_it_is_and_what_it_guarantees() {
    let redis = as_we_ship_it().start();
    let server = start(&redis).ready().await;
    let address = redis.address();
    until("it has said so", async || {
        server.stderr().contains("a log-out is")
    })
    .await;
    let said = server.stderr();
    assert!(said.contains(&format!(", {address}")), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn commands_work_beside_a_server_by_its_socket_and_from_another_place_on_redis() {
    let (redis, keys) = (as_we_ship_it().start(), Keys::new());
    let key = keys.file();
    let server = start(&redis)
        .env("SYMBOLON_KEYS__MASTER_FILE", &key)
        .ready()
        .await;
    let with_env = |place: Place| {
        place
            .env("SYMBOLON_STORE__URL", &url(&redis))
            .env("SYMBOLON_KEYS__MASTER_FILE", &key)
    };
    let (beside, elsewhere) = (with_env(Place::of(&server)), with_env(Place::fresh()));
    assert_one_store(&server, &beside, &elsewhere).await;
    // A node with another key is told which one is missing, and makes none.
    let stranger = Place::fresh().env("SYMBOLON_STORE__URL", &url(&redis));
    let refused = stranger.run("account list").failed(78);
    assert!(refused.err.contains("master.key"), "{refused:?}");
    assert!(!stranger.data_dir().exists());
}

#[test]
fn a_question_to_an_empty_redis_makes_no_store() {
    let (redis, keys) = (as_we_ship_it().start(), Keys::new());
    let place = Place::fresh()
        .env("SYMBOLON_STORE__URL", &url(&redis))
        .env("SYMBOLON_KEYS__MASTER_FILE", &keys.file());
    let done = place.run("account list").failed(1);
    assert!(
        done.err.contains("there is no store in ") && done.err.contains("symbolon init"),
        "{done:?}"
    );
    assert_eq!(
        place.run("migrate --json").ok().json(),
        json!({ "from": null, "to": null })
    );
    assert_eq!(cli(&redis, &["DBSIZE"]), "0");
    place.run("init").ok();
    assert_ne!(cli(&redis, &["DBSIZE"]), "0");
    let versions = place.run("migrate --json").ok().json();
    assert_eq!(versions["from"], versions["to"]);
    assert!(versions["to"].as_u64().unwrap() >= 1, "{versions}");
}

#[tokio::test]
async fn a_node_reaches_its_redis_by_a_socket_and_by_sentinels() {
    let (redis, keys) = (as_we_ship_it().start(), Keys::new());
    let sentinel = StartRedis::default()
        .sentinel_of("main", &redis)
        .setting("sentinel", &format!("auth-pass main {SECRET}"))
        .start();
    let by_socket = format!("redis+unix://:{SECRET}@{}?db=0", redis.socket().display());
    let by_sentinel = format!(
        "redis-sentinel://:{SECRET}@{}/0?sentinelServiceName=main",
        sentinel.address()
    );
    let server = |url: &str| {
        Start::binary(BINARY)
            .env("SYMBOLON_STORE__URL", url)
            .env("SYMBOLON_KEYS__MASTER_FILE", keys.file())
            .ready()
    };
    let one = server(&by_socket).await;
    let token = text(&log_in(&one).await, "access_token");
    let other = server(&by_sentinel).await;
    assert_eq!(verify(&other, &token).await, 200);
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&token);
    assert_eq!(other.client().send(ask).await.json()["effective"], "now");
    assert_eq!(
        [verify(&one, &token).await, verify(&other, &token).await],
        [401, 401]
    );
}
