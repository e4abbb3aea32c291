//! The page of answers, held to the code.

use std::collections::BTreeSet;
use std::path::Path;

use symbolon::revocation::RevocationReason;
use symbolon_http::problem::Code;

use crate::openapi::document;
use crate::served::Served;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/answers.md");
    std::fs::read_to_string(path).unwrap()
}

/// The first two cells of the rows of a page, without their marks.
fn rows(page: &str) -> BTreeSet<(String, String)> {
    let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let rows = page.lines().filter_map(|line| line.strip_prefix('|'));
    rows.filter_map(|row| {
        let mut cells = row.split('|');
        Some((cell(cells.next()?), cell(cells.next()?)))
    })
    .collect()
}

#[tokio::test]
async fn the_page_of_answers_has_every_code_with_its_status_and_no_other() {
    let document = document(&Served::start().await).await;
    let told: BTreeSet<_> = rows(&page())
        .into_iter()
        .filter(|(status, _)| status.parse::<u16>().is_ok())
        .collect();
    let codes = Code::ALL.map(|code| {
        let sample = format!(
            "/components/responses/{}/content/application~1problem+json/example/status",
            code.as_str()
        );
        let status = document
            .pointer(&sample)
            .unwrap_or_else(|| panic!("{}", code.as_str()));
        (status.to_string(), code.as_str().to_owned())
    });
    assert_eq!(told, BTreeSet::from(codes));
}

#[test]
fn the_page_of_answers_has_every_reason() {
    let told: BTreeSet<_> = rows(&page()).into_iter().map(|(first, _)| first).collect();
    let derived = ["absent", "malformed", "unknown", "expired", "idle", "superseded"];
    let recorded = RevocationReason::ALL.map(RevocationReason::as_str);
    for reason in derived.iter().chain(&recorded) {
        assert!(told.contains(*reason), "{reason}");
    }
}
