//! Somebody guesses passwords: what the server compares, what it remembers, and who is kept waiting.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::server::{Server, Start};
use tokio::task::JoinSet;

use crate::place::{BINARY, PASSWORD, Place, admin_password, ready};

fn guess(name: &str, password: &str) -> Ask {
    Ask::post("/v1/login", &json!({"username": name, "password": password}))
}

/// A server behind a proxy of this machine: each guess says where it comes from.
fn behind_a_proxy() -> Start {
    Start::binary(BINARY).env("SYMBOLON_HTTP__TRUSTED_PROXIES", "127.0.0.0/8")
}

fn from(ask: Ask, number: u32) -> Ask {
    let [_, b, c, d] = number.to_be_bytes();
    ask.header("x-forwarded-for", format!("203.{b}.{c}.{d}"))
}

/// How many passwords were compared.
async fn compared(server: &Server) -> u64 {
    let scrape = server.client().send(Ask::get("/metrics")).await.text();
    let line = scrape
        .lines()
        .find_map(|line| line.strip_prefix("symbolon_passwords_compared_total "));
    line.unwrap().parse().unwrap()
}

/// Sends all at once, each on a connection of its own.
async fn all_at_once(server: &Server, asks: impl IntoIterator<Item = Ask>) -> Vec<Answer> {
    let mut all = JoinSet::new();
    for ask in asks {
        let mut client = server.client();
        all.spawn(async move { client.send(ask).await });
    }
    all.join_all().await
}

/// Each 429 and each 503 says when to come again.
fn count(answers: &[Answer], status: u16) -> usize {
    for answer in answers {
        if matches!(answer.status, 429 | 503) {
            let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!(wait >= 1, "{}", answer.text());
        }
    }
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn cve_2023_47111_of_200_guesses_at_one_account_six_are_compared() {
    let server = behind_a_proxy().ready().await;
    admin_password(&server).await;
    for (name, networks) in [("admin", 1), ("nobody", 2)] {
        let before = compared(&server).await;
        let guesses = (0..200).map(|number| from(guess(name, "wrong"), networks * 65_536 + number));
        let answers = all_at_once(&server, guesses).await;
        let runs = compared(&server).await - before;
        // Where the pool is full an attempt is given back, so it may be fewer.
        assert!((1..=6).contains(&runs), "{name}: {runs}");
        assert_eq!(count(&answers, 401), usize::try_from(runs).unwrap(), "{name}");
        assert_eq!(
            count(&answers, 401) + count(&answers, 429) + count(&answers, 503),
            200
        );
    }
}

#[tokio::test]
async fn cve_2023_36456_of_200_guesses_at_200_accounts_from_one_address_twenty_are_compared() {
    let server = ready().await;
    let guesses = (0..200).map(|number| from(guess(&format!("name {number}"), "wrong"), number));
    let answers = all_at_once(&server, guesses).await;
    let runs = compared(&server).await;
    assert!((1..=20).contains(&runs), "{runs}");
    assert_eq!(count(&answers, 401), usize::try_from(runs).unwrap());
    assert_eq!(
        count(&answers, 401) + count(&answers, 429) + count(&answers, 503),
        200
    );
}

#[tokio::test]
async fn cve_2026_35597_the_count_outlives_a_failed_log_in_and_a_kill() {
    let mut server = ready().await;
    let password = admin_password(&server).await;
    let mut client = server.client();
    for _ in 0..6 {
        assert_eq!(client.send(guess("admin", "wrong")).await.status, 401);
    }
    // The seventh waits a second: so that the restart is not slower than the wait, there are more.
    loop {
        let answer = client.send(guess("admin", "wrong")).await;
        let waits = answer
            .header("retry-after")
            .is_some_and(|wait| wait.parse::<u32>().unwrap() > 30);
        if waits {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    server.kill9().await;
    server.restart().await;
    let answer = server.client().send(guess("admin", &password)).await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (429, &json!("throttled"))
    );
    assert_eq!(compared(&server).await, 0);
}

#[tokio::test]
async fn cve_2025_24806_every_spelling_of_a_name_has_the_one_counter() {
    let server = behind_a_proxy().ready().await;
    let password = admin_password(&server).await;
    let spellings = [
        "admin",
        "ADMIN",
        " admin ",
        "ａｄｍｉｎ",
        "ad\u{200b}min",
        "Admin\u{feff}",
    ];
    let mut client = server.client();
    for (number, name) in (0..).zip(spellings) {
        assert_eq!(
            client.send(from(guess(name, "wrong"), number)).await.status,
            401,
            "{name:?}"
        );
    }
    for (number, name) in (100..).zip(["admin", "𝐚𝐝𝐦𝐢𝐧", "aDMIN\t"]) {
        assert_eq!(
            client.send(from(guess(name, &password), number)).await.status,
            429,
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn d6_a_known_an_unknown_and_a_disabled_name_cost_the_same_and_are_told_the_same() {
    let server = behind_a_proxy().ready().await;
    let place = Place::of(&server);
    for name in ["ann", "bea"] {
        place.run_with(&format!("account add {name}"), PASSWORD).ok();
    }
    place.run("account disable bea").ok();
    let mut client = server.client();
    let mut told = Vec::new();
    for (number, name) in (0..).zip(["ann", "bea", "nobody", "", "a\u{7}b", &"x".repeat(2_000)]) {
        let before = compared(&server).await;
        let answer = client.send(from(guess(name, "wrong"), number)).await;
        assert_eq!(compared(&server).await - before, 1, "{name:?}");
        let headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        told.push((answer.status, headers, answer.text()));
    }
    assert_eq!(told[0].0, 401);
    assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
}

/// Whoever is in has an answer at once, whatever is waiting for its hash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_flood_of_log_ins_leaves_verify_alone_and_the_memory_bounded() {
    let server = behind_a_proxy()
        .env("SYMBOLON_LOGIN__ARGON2__PERMITS", "1")
        .ready()
        .await;
    let password = admin_password(&server).await;
    let mut client = server.client();
    let pair = client.send(guess("admin", &password)).await.json();
    let token = pair["access_token"].as_str().unwrap().to_owned();
    let before = rss_anon(&server);
    let mut flood = JoinSet::new();
    for number in 0..400_u32 {
        let mut client = server.client();
        flood.spawn(async move {
            client
                .send(from(guess(&format!("name {number}"), "wrong"), number))
                .await
        });
    }
    let mut verified = 0;
    let mut answers = Vec::new();
    while let Some(answer) = flood.join_next().await {
        answers.push(answer.unwrap());
        if answers.len() % 8 == 0 {
            let answer = client.send(Ask::get("/verify").bearer(&token)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            verified += 1;
        }
    }
    assert_eq!(verified, 50);
    let (compared, busy) = (count(&answers, 401), count(&answers, 503));
    assert_eq!(compared + busy, 400);
    assert!(compared >= 8, "{compared}");
    assert!(busy >= 1, "the flood was none");
    // One block of 19 MiB was there before; what 400 connections take is theirs.
    let grown = rss_anon(&server).saturating_sub(before);
    assert!(grown < 40 * 1024, "{grown} KiB");
}

/// Anonymous memory of the process that is in RAM, in KiB.
fn rss_anon(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The first start makes an administrator, and with it one Argon2 block of 19 MiB.
#[tokio::test]
async fn an_idle_server_gives_the_memory_of_hashing_back_also_after_its_first_start() {
    let server = ready().await;
    admin_password(&server).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    // The block alone is more than half of it.
    while rss_anon(&server) >= 24 * 1024 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{} KiB",
            rss_anon(&server)
        );
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn d8_the_owner_logs_in_on_a_known_device_while_a_stranger_guesses() {
    let mut server = ready().await;
    let password = admin_password(&server).await;
    let mut client = server.client();
    let known = client.send(guess("admin", &password)).await.json()["known_device"].clone();
    while client.send(guess("admin", "wrong")).await.status != 429 {}
    assert_eq!(client.send(guess("admin", &password)).await.status, 429);
    // The proof is of the master key, not of the process.
    server.kill9().await;
    server.restart().await;
    let body = json!({"username": "admin", "password": password, "known_device": known});
    let mut client = server.client();
    while client.send(guess("admin", "wrong")).await.status != 429 {}
    let answer = client.send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_hash_is_renewed_at_the_first_log_in_after_its_cost_was_raised() {
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_LOGIN__ARGON2__MEMORY", "7MiB")
        .ready()
        .await;
    let password = admin_password(&server).await;
    server.sigterm();
    server.wait_exit().await;
    server
        .restart_with("SYMBOLON_LOGIN__ARGON2__MEMORY", "8MiB")
        .await;
    let mut client = server.client();
    let token = client.send(guess("admin", &password)).await.json()["access_token"].clone();
    assert!(token.is_string());
    let database = server.data_dir().join("symbolon.db");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !contains(&database, b"$argon2id$v=19$m=8192,t=2,p=1$") {
        assert!(tokio::time::Instant::now() < deadline, "it is not renewed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let verify = Ask::new(Method::GET, "/verify").bearer(token.as_str().unwrap());
    assert_eq!(client.send(verify).await.status, 200, "no session ended");
    assert_eq!(client.send(guess("admin", &password)).await.status, 200);
}

/// Whether the database or its log has these bytes.
fn contains(database: &std::path::Path, wanted: &[u8]) -> bool {
    let log = database.with_extension("db-wal");
    [database.to_owned(), log].iter().any(|path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[tokio::test]
async fn a_ban_by_command_outlives_a_restart_and_ends_when_it_is_lifted() {
    let mut server = ready().await;
    let place = Place::of(&server);
    place.run_with("account add ann", PASSWORD).ok();
    let mut client = server.client();
    let pair = client.send(guess("ann", PASSWORD)).await.json();
    let token = pair["access_token"].as_str().unwrap().to_owned();
    let done = place.run("ban add ann --until 7d --note stolen").ok();
    assert_eq!(done.out, "ann is banned; 1 sessions ended, effective now\n");
    assert_eq!(client.send(Ask::get("/verify").bearer(&token)).await.status, 401);
    server.sigterm();
    server.wait_exit().await;
    // Without a server too.
    let list = place.run("ban list --json").ok().json();
    assert_eq!(list["items"][0]["subject"], "ann");
    server.restart().await;
    let mut client = server.client();
    assert_eq!(
        client.send(guess("ann", PASSWORD)).await.json()["code"],
        "account_banned"
    );
    assert_eq!(
        client.send(guess("ann", "wrong")).await.json()["code"],
        "invalid_credentials"
    );
    place.run("ban remove ann").ok();
    assert_eq!(client.send(guess("ann", PASSWORD)).await.status, 200);
    assert_eq!(client.send(Ask::get("/verify").bearer(&token)).await.status, 401);
    let list: Value = place.run("ban list --all --json").ok().json();
    assert!(list["items"][0]["lifted_at"].is_string(), "{list}");
}
