//! The banned crates, searched for in all that is compiled here.

use super::rules::BANNED;
use crate::fault::Fault;
use crate::finding::Finding;

/// `cargo tree` and not `cargo metadata` or the lock file: these two also list crates that a weak feature only names.
/// Each line is the depth, without a space the crate's name, then its version.
pub(crate) const TREE: &[&str] = &[
    "tree",
    "--workspace",
    "--all-features",
    "--edges",
    "normal,build,dev",
    "--prefix",
    "depth",
    "--format",
    " {p}",
    "--locked",
    "--quiet",
];

/// A finding for each banned crate in `tree`, with the way that leads to it.
pub(crate) fn check(tree: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    for (depth, name) in tree.lines().filter_map(entry) {
        way.truncate(depth);
        way.push(name);
        let Some(banned) = BANNED.iter().find(|banned| banned.name == name) else {
            continue;
        };
        if findings.iter().any(|finding| finding.place == name) {
            continue;
        }
        findings.push(Finding {
            place: name.to_owned(),
            what: format!("banned crate, it comes by {}: {}", way.join(" → "), banned.reason),
            mend: "turn off the feature that brings it, or take another crate".to_owned(),
        });
    }
    findings
}

/// The finding for a graph that cargo could not draw.
pub(crate) fn unreadable(fault: &Fault) -> Finding {
    Finding {
        place: "Cargo.lock".to_owned(),
        what: fault.to_string(),
        mend: "break the circle, or bring Cargo.lock up to date with `cargo check`".to_owned(),
    }
}

/// The depth and the name of a line such as `2 chrono v0.4.45`.
fn entry(line: &str) -> Option<(usize, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::check;

    const TREE: &str = "\
0 symbolon-node v0.1.0 (/x/crates/symbolon-node)
1 croner v4.0.3
2 derive_builder v0.20.2
2 chrono v0.4.45
1 tokio v1.54.0

0 symbolon-server v0.1.0 (/x/crates/symbolon-server)
1 croner v4.0.3 (*)
1 chrono v0.4.45 (*)
";

    #[test]
    fn a_banned_crate_is_told_once_with_the_way_to_it() {
        let findings = check(TREE);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].what,
            "banned crate, it comes by symbolon-node → croner → chrono: \
             time is 64-bit milliseconds inside and jiff at the edges"
        );
    }

    #[test]
    fn a_name_that_only_begins_alike_is_not_banned() {
        assert_eq!(
            check("0 a v1.0.0\n1 chrono-tz v0.10.0\n1 ring-buffer v1.0.0\n"),
            []
        );
    }
}
