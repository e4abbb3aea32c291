//! `cargo xtask shape`: the figures of the product's code, and the limits at which it stops.
//!
//! [`limits`] holds the figures to meet, [`exceptions`] the named lines that may break one, [`measure`] counts, [`law`]
//! finds what is forbidden, [`table`] prints.

mod exceptions;
mod law;
mod limits;
mod measure;
mod spread;
mod table;

use std::path::Path;

use crate::fault::Fault;
use crate::finding::report;
use crate::source;

/// Prints the figures and answers whether no hard limit is broken.
pub(crate) fn run(root: &Path) -> Result<bool, Fault> {
    let sources = source::walk(root)?;
    let shape = measure::measure(&sources);
    print!("{}", table::table(&shape));
    let mut breaches = limits::check(&shape, limits::TESTS_PER_MILLE_MIN);
    breaches.extend(law::check(&sources));
    let findings = exceptions::without_exceptions(breaches, exceptions::EXCEPTIONS);
    Ok(report("shape", &findings))
}
