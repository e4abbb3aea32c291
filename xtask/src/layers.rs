//! `cargo xtask layers`: who may depend on whom, what may not be depended on at all, and the invariants of the
//! architecture that a search through the code can prove.
//!
//! The rules themselves are tables: [`rules`] for crates, [`bans`] for words in the code. [`bugs`] keeps the wrong
//! variants of the protocol out of every build that did not ask for them.

mod bans;
mod bugs;
mod graph;
mod members;
mod rules;
mod scan;

use std::path::Path;

use crate::fault::Fault;
use crate::finding::report;
use crate::{process, source};

/// Checks everything and answers whether no rule is broken.
pub(crate) fn run(root: &Path) -> Result<bool, Fault> {
    let metadata =
        process::answer(process::cargo(root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let members = members::read(&metadata)?;
    let mut findings = members::check(&members);
    findings.extend(members::check_lints(root, &members)?);
    findings.extend(bugs::check(&metadata)?);
    match process::answer(process::cargo(root).args(graph::TREE)) {
        Ok(tree) => findings.extend(graph::check(&tree)),
        // A circle of crates or an old lock file: what else is wrong is told all the same.
        Err(fault) => findings.push(graph::unreadable(&fault)),
    }
    let sources = source::walk(root)?;
    for ban in bans::BANS {
        let sites = scan::sites(ban, &sources);
        println!("{}", scan::summary(ban, &sites));
        findings.extend(scan::check(ban, &sites));
    }
    Ok(report("layers", &findings))
}
