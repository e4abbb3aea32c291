//! The served document against the server, by schemathesis: from it, hundreds of requests that fit it and that do not,
//! on every route, also those that end everything. Each answer must be one that the document describes.

use std::process::Command;

use symbolon_testkit::http::Ask;
use symbolon_testkit::server::Server;

use crate::clients::{program, scripts, succeed};
use crate::place::{Place, ready};

/// Checks that ask for something else than the document says: a schema cannot tell all that makes a value good, so a
/// request that fits it may be refused with 400; and a session that was ended can still be read, that is what the record
/// is for.
const LEFT_OUT: &str = "positive_data_acceptance,use_after_free";

/// Makes what the callers need, and gives the command that calls as `caller`.
///
/// The account is the one of the document's examples, so that a log-in made from them succeeds.
async fn trial(server: &Server, caller: &str) -> Command {
    let document = server.client().send(Ask::get("/openapi.json")).await.json();
    let example =
        &document["paths"]["/v1/login"]["post"]["requestBody"]["content"]["application/json"]["example"];
    let word = |name: &str| example[name].as_str().unwrap();
    let place = Place::of(server);
    place
        .run_with(&format!("account add {}", word("username")), word("password"))
        .ok();
    let maker = place.run("key add --name maker --scope admin --json").ok().json();
    let mut command = program("schemathesis");
    command
        .current_dir(server.folder())
        .arg("--config-file")
        .arg(scripts().join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", server.base_url()))
        .args(["--exclude-checks", LEFT_OUT, "--no-color"])
        .env("SCHEMATHESIS_HOOKS", "contract_hooks")
        .env("SERVER_URL", server.base_url())
        .env("CALLER", caller)
        .env("MAKER_KEY", maker["key"].as_str().unwrap())
        .env("MAKER_KEY_ID", maker["id"].as_str().unwrap());
    command
}

/// Runs it, and makes sure that it did run and that the server still does.
async fn holds(server: &Server, command: &mut Command) {
    let said = succeed(command);
    let tried = said.lines().find(|line| line.contains(" generated, "));
    let count = tried.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    assert!(count.is_some_and(|count| count > 500), "{said}");
    for trace in ["panicked", "ERROR"] {
        assert!(!server.stderr().contains(trace), "{}", server.stderr());
    }
}

#[tokio::test]
async fn the_document_holds_for_an_admin_key_that_ends_and_removes_everything() {
    let server = ready().await;
    holds(&server, &mut trial(&server, "admin").await).await;
}

#[tokio::test]
async fn the_document_holds_for_a_services_key() {
    let server = ready().await;
    holds(&server, &mut trial(&server, "service").await).await;
}

#[tokio::test]
async fn the_document_holds_for_a_person() {
    let server = ready().await;
    // A person's stream of events has no end.
    let mut trial = trial(&server, "person").await;
    holds(&server, trial.args(["--exclude-path", "/v1/events"])).await;
}

#[tokio::test]
async fn the_document_holds_for_a_browser() {
    let server = ready().await;
    let mut trial = trial(&server, "browser").await;
    let trial = trial.args(["--exclude-path", "/v1/events", "--phases", "examples,coverage"]);
    holds(&server, trial).await;
}

#[tokio::test]
async fn the_document_holds_for_nobody() {
    let server = ready().await;
    holds(&server, &mut trial(&server, "nobody").await).await;
}
