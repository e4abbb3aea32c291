//! The README's tour, word for word.

use std::process::Command;

use symbolon_testkit::server::Start;

const ENGLISH: &str = include_str!("../../../../README.md");
const CHINESE: &str = include_str!("../../../../README.zh-CN.md");

/// The fenced blocks of a language, joined.
fn blocks(page: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let after = page.split(&fence).skip(1);
    after
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| format!("{block}\n"))
        .collect()
}

#[tokio::test]
async fn the_tour_of_the_readme_works_word_for_word() {
    let server = Start::binary(env!("CARGO_BIN_EXE_symbolon")).ready().await;
    let password = server.first_password().await;
    // What stands before is the two commands.
    let commands = blocks(ENGLISH, "sh");
    let (_, tour) = commands.split_once("PATH=").unwrap();
    let tour = format!("set -euo pipefail\nPATH={tour}")
        .replace("127.0.0.1:5000", &server.address().to_string())
        .replace("the password that the server printed", &password);
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_symbolon"))
        .parent()
        .unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let walked = Command::new("bash")
        .args(["-c", &tour])
        .current_dir(server.folder())
        .env("PATH", path)
        .env("SYMBOLON_DATA_DIR", server.data_dir())
        .env("SYMBOLON_HTTP__LISTEN", server.address().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&walked.stdout);
    assert!(
        walked.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&walked.stderr)
    );
    for expected in [
        "x-symbolon-subject: admin",
        "ada",
        r#"{"active":true,"subject":"user-1024""#,
        r#""claims":{"plan":"gold"}"#,
        r#"{"active":false,"reason":"kicked""#,
    ] {
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
    }
}

#[test]
fn the_chinese_readme_shows_the_same_commands() {
    for language in ["sh", "nginx", "rust,no_run", "text"] {
        let uncommented = |page| {
            let lines: Vec<String> = blocks(page, language)
                .lines()
                .map(|line| line.split("     #").next().unwrap().to_owned())
                .collect();
            lines
        };
        assert_eq!(uncommented(CHINESE), uncommented(ENGLISH));
    }
}
