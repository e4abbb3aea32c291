//! Every command, with a server and without one: the same result.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::server::Server;

use crate::place::{Done, OTHER_PASSWORD, PASSWORD, Place, admin_password, ready};

/// The commands, in an order in which each finds what it needs. `<id:N>` stands for the N-th id that was seen.
const SCRIPT: &[(&str, &str)] = &[
    ("account list", ""),
    ("account add ada --json", PASSWORD),
    ("account add Bob --role viewer --subject user-7", PASSWORD),
    ("account add ada", PASSWORD),
    ("account add eve", "short"),
    ("account list", ""),
    ("account list --json", ""),
    ("account passwd ada", OTHER_PASSWORD),
    ("account passwd nobody", OTHER_PASSWORD),
    ("account role bob admin --json", ""),
    ("account disable bob", ""),
    ("account enable bob", ""),
    ("account remove bob", ""),
    ("account remove bob --json", ""),
    ("account disable admin", ""),
    ("account list", ""),
    ("key list --json", ""),
    (
        "key add --name mail --scope verify,admin:read --client mail-web --expires 90d --json",
        "",
    ),
    ("key add --name plain --scope issue", ""),
    ("key list", ""),
    ("key revoke <id:1>", ""),
    ("key revoke no-such-id", ""),
    ("key list --json", ""),
    ("session list --subject ann", ""),
    ("session list --subject ann --limit 1", ""),
    ("session list --subject ann --limit 1 --json", ""),
    ("session list --subject nobody", ""),
    ("session show <id:4>", ""),
    ("session show <id:4> --json", ""),
    ("session show no-such-id", ""),
    ("session revoke <id:4>", ""),
    ("session revoke <id:4> --json", ""),
    ("session revoke no-such-id", ""),
    ("session list --subject ann --state any --json", ""),
    ("session revoke --subject ann", ""),
    ("session list --subject ann", ""),
    ("session revoke --all --yes", ""),
    ("session revoke --all --yes --json", ""),
    ("ban list", ""),
    ("ban add ann --note stolen", ""),
    ("ban add ann --until 7d --note found", ""),
    ("ban add bea --until 2999-01-01T00:00:00Z --note x --json", ""),
    ("ban add bea --until 2001-01-01T00:00:00Z --note x", ""),
    ("ban list", ""),
    ("ban remove ann", ""),
    ("ban remove ann", ""),
    ("ban remove bea --json", ""),
    ("ban list --all --limit 1", ""),
    ("ban list --all --json", ""),
];

/// A store with sessions of ann.
async fn prepared() -> Server {
    let server = ready().await;
    let key = server.api_key("shop", "issue");
    let mut client = server.client();
    for name in ["Ann's phone", "Ann's desk", "Ann's car"] {
        let body = json!({ "subject": "ann", "device": { "id": name, "kind": "any", "name": name } });
        assert_eq!(
            client
                .send(Ask::post("/v1/service/sessions", &body).bearer(&key))
                .await
                .status,
            201
        );
    }
    server
}

/// Names for what differs from run to run: ids in the order in which they are seen, instants, keys, positions.
#[derive(Default)]
struct Names {
    ids: BTreeMap<String, usize>,
}

impl Names {
    fn plain(&mut self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        let mut plain = String::new();
        for piece in text.split_inclusive(|c| !is_word(c)) {
            // In JSON a colon stands before a number.
            let (colon, piece) = piece.split_at(piece.len() - piece.trim_start_matches(':').len());
            let word = piece.trim_end_matches(|c| !is_word(c));
            plain.extend([colon, &self.name(word), &piece[word.len()..]]);
        }
        plain
    }

    fn name(&mut self, word: &str) -> String {
        let of_digits = |mark: char, parts: &[usize]| {
            let lengths: Vec<usize> = word.trim_end_matches('Z').split(mark).map(str::len).collect();
            lengths == parts && word.starts_with(|c: char| c.is_ascii_digit())
        };
        if word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
            let next = self.ids.len() + 1;
            return format!("<id:{}>", self.ids.entry(word.to_owned()).or_insert(next));
        }
        match word {
            word if word.starts_with("syk_") => "<key>".to_owned(),
            word if word.len() == 24 && word.ends_with('Z') => "<instant>".to_owned(),
            _ if of_digits('-', &[4, 2, 2]) => "<date>".to_owned(),
            _ if of_digits(':', &[2, 2, 2]) => "<time>".to_owned(),
            word if word.len() > 10 && word.bytes().all(|byte| byte.is_ascii_digit()) => "<seq>".to_owned(),
            word => word.to_owned(),
        }
    }

    /// The line with the ids that its marks stand for.
    fn line(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (id, number) in &self.ids {
            line = line.replace(&format!("<id:{number}>"), id);
        }
        assert!(!line.contains("<id:"), "{line}");
        line
    }
}

fn run_all(place: &Place) -> Vec<(String, Done)> {
    let mut names = Names::default();
    let run = |(line, input): &(&str, &str)| {
        let done = place.run_with(&names.line(line), input);
        let done = Done {
            code: done.code,
            out: names.plain(&done.out),
            err: names.plain(&done.err),
        };
        ((*line).to_owned(), done)
    };
    SCRIPT.iter().map(run).collect()
}

#[tokio::test]
async fn every_command_has_the_same_result_with_a_server_and_without_one() {
    let with = prepared().await;
    let mut without = prepared().await;
    without.sigterm();
    without.wait_exit().await;
    let (over_socket, in_process) = (run_all(&Place::of(&with)), run_all(&Place::of(&without)));
    for ((line, there), (_, here)) in over_socket.iter().zip(&in_process) {
        assert_eq!(
            (there.code, &there.out, &there.err),
            (here.code, &here.out, &here.err),
            "{line}"
        );
    }
    // The server was asked: it still has the store.
    assert_eq!(with.client().send(Ask::get("/readyz")).await.status, 200);
    check_results(&in_process);
}

/// What some of them must have said.
fn check_results(results: &[(String, Done)]) {
    let of = |line: &str| &results.iter().find(|(run, _)| run == line).unwrap().1;
    let codes: Vec<(&str, i32)> = results
        .iter()
        .filter(|(_, done)| done.code != Some(0))
        .map(|(line, done)| (line.as_str(), done.code.unwrap()))
        .collect();
    assert_eq!(
        codes,
        [
            ("account add ada", 1),
            ("account add eve", 1),
            ("account passwd nobody", 1),
            ("account remove bob --json", 1),
            ("account disable admin", 1),
            ("key revoke no-such-id", 1),
            ("session show no-such-id", 1),
            ("session revoke no-such-id", 1),
            ("ban add bea --until 2001-01-01T00:00:00Z --note x", 1),
        ]
    );
    assert_eq!(
        of("account add Bob --role viewer --subject user-7").out,
        "account Bob is made: viewer\n"
    );
    assert_eq!(
        of("account disable admin").err,
        "symbolon: it is the last administrator that can log in; make another one first\n"
    );
    let rows: Vec<String> = of("account list")
        .out
        .lines()
        .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(rows, ["name subject role state", "admin admin admin enabled"]);
    assert_eq!(of("key add --name plain --scope issue").out, "<key>\n");
    assert_eq!(of("session list --subject ann").out.lines().count(), 4);
    assert_eq!(of("session list --subject nobody").err, "there are none\n");
    assert!(
        of("session list --subject ann --limit 1")
            .err
            .contains("there are more")
    );
    assert_eq!(
        of("session revoke <id:4>").out,
        "the session is ended, effective now\n"
    );
    assert_eq!(
        of("session revoke --subject ann").out,
        "2 sessions ended, effective now\n"
    );
    check_bans(&of);
    let receipt: Value =
        serde_json::from_str(&of("session revoke <id:4> --json").out.replace("<seq>", "1")).unwrap();
    assert_eq!(
        (&receipt["already"], &receipt["effective"]),
        (&json!(true), &json!("now"))
    );
}

fn check_bans<'r>(of: &impl Fn(&str) -> &'r Done) {
    let said = |line: &str| of(line).out.as_str();
    assert_eq!(
        said("ban add ann --note stolen"),
        "ann is banned; 0 sessions ended, effective now\n"
    );
    assert_eq!(
        said("ban add ann --until 7d --note found"),
        "ann was banned already; the end and the note of the ban are changed\n"
    );
    assert_eq!(
        said("ban remove ann"),
        "the ban of ann is lifted; sessions that it ended stay ended\n"
    );
    assert_eq!(of("ban list").err, "there are none\n");
    let lifted: Value = serde_json::from_str(said("ban remove bea --json")).unwrap();
    assert_eq!(lifted, json!({"lifted": true}));
    let all = said("ban list --all --json").replace("<seq>", "1");
    let all: Value = serde_json::from_str(&all).unwrap();
    let word = |ban: &Value, name: &str| ban[name].as_str().unwrap().to_owned();
    let items = all["items"].as_array().unwrap().iter();
    let shown: Vec<_> = items
        .map(|ban| (word(ban, "subject"), word(ban, "note"), ban["active"] == true))
        .collect();
    let expected = [("bea", "x"), ("ann", "found")];
    let expected = expected.map(|(subject, note)| (subject.to_owned(), note.to_owned(), false));
    assert_eq!(shown, expected);
    assert_eq!(all["items"][0]["lifted_by"], "operator");
}

async fn log_in(client: &mut Client, password: &str) -> u16 {
    client
        .send(Ask::post(
            "/v1/login",
            &json!({ "username": "admin", "password": password }),
        ))
        .await
        .status
}

#[tokio::test]
async fn a_lost_password_of_the_administrator_is_set_anew_with_a_server_and_without_one() {
    let mut server = ready().await;
    let place = Place::of(&server);
    let lost = admin_password(&server).await;

    place.run_with("account passwd admin", PASSWORD).ok();
    let mut client = server.client();
    assert_eq!(log_in(&mut client, &lost).await, 401);
    assert_eq!(log_in(&mut client, PASSWORD).await, 200);

    server.sigterm();
    server.wait_exit().await;
    place.run_with("account passwd admin", OTHER_PASSWORD).ok();
    server.restart().await;
    let mut client = server.client();
    assert_eq!(log_in(&mut client, PASSWORD).await, 401);
    assert_eq!(log_in(&mut client, OTHER_PASSWORD).await, 200);
}

#[tokio::test]
async fn a_key_is_worthless_once_it_is_revoked_and_works_as_long_as_it_is_not() {
    let server = ready().await;
    let place = Place::of(&server);
    let made = place
        .run("key add --name shop --scope verify --expires 1h --json")
        .ok()
        .json();
    let verify = || Ask::post("/v1/verify", &json!({ "token": "x" })).bearer(made["key"].as_str().unwrap());
    let mut client = server.client();
    assert_eq!(client.send(verify()).await.status, 200);
    let life = |name: &str| made[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let hour = life("expires_at").duration_since(life("created_at"));
    assert!((3_590..=3_600).contains(&hour.as_secs()), "{made}");
    place
        .run(&format!("key revoke {}", made["id"].as_str().unwrap()))
        .ok();
    assert_eq!(client.send(verify()).await.status, 401);
}

#[tokio::test]
async fn a_key_is_revoked_by_its_name_where_one_valid_key_has_it() {
    let server = ready().await;
    let place = Place::of(&server);
    let made = |name: &str| {
        place
            .run(&format!("key add --name {name} --scope verify --json"))
            .ok()
            .json()
    };
    let (old, new) = (made("shop"), made("shop"));
    let id = |key: &Value| key["id"].as_str().unwrap().to_owned();
    let two = place.run("key revoke shop").failed(64);
    assert!(
        two.err
            .starts_with("symbolon: more than one key is called shop; name one of them by its id\n"),
        "{two:?}"
    );
    for key in [&old, &new] {
        assert!(two.err.contains(&id(key)), "{two:?}");
    }
    place.run(&format!("key revoke {}", id(&old))).ok();
    // The one that is revoked already has no part in it.
    place.run("key revoke shop").ok();
    let mut client = server.client();
    let asked = Ask::post("/v1/verify", &json!({ "token": "x" })).bearer(new["key"].as_str().unwrap());
    assert_eq!(client.send(asked).await.status, 401);
    place.run("key revoke shop").failed(1);
}

#[tokio::test]
async fn a_session_that_a_command_ended_is_refused_by_the_next_verify() {
    let server = prepared().await;
    let place = Place::of(&server);
    let key = server.api_key("more", "issue");
    let mut client = server.client();
    let issued = client
        .send(Ask::post("/v1/service/sessions", &json!({ "subject": "bea" })).bearer(&key))
        .await
        .json();
    let bearer = issued["access_token"].as_str().unwrap();
    assert_eq!(client.send(Ask::get("/verify").bearer(bearer)).await.status, 200);
    place
        .run(&format!(
            "session revoke {}",
            issued["session_id"].as_str().unwrap()
        ))
        .ok();
    let refused = client.send(Ask::get("/verify").bearer(bearer)).await;
    assert_eq!(refused.status, 401);
}

#[test]
fn a_fresh_folder_has_nothing_to_list_and_stays_fresh() {
    let place = Place::fresh();
    for line in [
        "account list",
        "key list",
        "session list --subject ann",
        "session revoke --all --yes",
        "key revoke x",
    ] {
        let done = place.run(line).failed(1);
        assert!(
            done.err.starts_with("symbolon: there is no store in data yet"),
            "{line}: {done:?}"
        );
    }
    assert!(!place.data_dir().exists());
}

#[test]
fn a_password_that_cannot_be_read_makes_no_store() {
    let place = Place::fresh();
    for input in ["", "\n", "one line\nand another\n"] {
        place.run_with("account add ann", input).failed(1);
    }
    assert!(!place.data_dir().exists());
}
