//! Which Rust files there are, and which part of the house each belongs to.

use std::path::Path;

use super::glob::matches;
use crate::fault::Fault;

/// Where the project's own Rust lies. Folders that do not exist yet are passed over.
const ROOTS: &[&str] = &[
    "crates", "xtask", "models", "bench", "campaign", "fuzz", "examples",
];

/// The test kit is a crate of its own, yet all that it holds is test: it counts as such.
const TESTS: &[&str] = &["crates/symbolon-testkit/**", "**/tests/**", "**/tests.rs"];

const PRODUCT: &[&str] = &["crates/*/src/**", "xtask/src/**"];

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is shipped or what builds it: the rules of style hold in full.
    Product,
    /// Tests, and what only tests use.
    Test,
    /// Models, benchmarks, fuzz targets, examples, build scripts: their sizes have the same limits.
    Other,
}

/// One Rust file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Relative to the root, with `/` between names.
    pub(crate) path: String,
    pub(crate) part: Part,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let path = path.into();
        Self {
            part: part(&path),
            path,
            text: text.into(),
        }
    }
}

/// Every Rust file of the project, by path.
pub(crate) fn walk(root: &Path) -> Result<Vec<Source>, Fault> {
    let mut paths = Vec::new();
    for folder in ROOTS {
        collect(root, folder, &mut paths)?;
    }
    paths.sort_unstable();
    paths.into_iter().map(|path| read(root, path)).collect()
}

fn collect(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<(), Fault> {
    let full = root.join(folder);
    let fault = |source| Fault::Read {
        path: full.clone(),
        source,
    };
    let entries = match std::fs::read_dir(&full) {
        Err(absent) if absent.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(fault)?,
    };
    for entry in entries {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.file_type().map_err(fault)?.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(root, &path, paths)?;
            }
        } else if name.ends_with(".rs") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(root: &Path, path: String) -> Result<Source, Fault> {
    let full = root.join(&path);
    match std::fs::read_to_string(&full) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(source) => Err(Fault::Read { path: full, source }),
    }
}

fn part(path: &str) -> Part {
    let is_in = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, path));
    match path {
        _ if is_in(TESTS) => Part::Test,
        _ if is_in(PRODUCT) => Part::Product,
        _ => Part::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, ROOTS, part, walk};
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn a_file_belongs_to_one_part() {
        assert_eq!(part("crates/symbolon-core/src/token/raw.rs"), Part::Product);
        assert_eq!(part("xtask/src/main.rs"), Part::Product);
        assert_eq!(part("crates/symbolon-core/tests/it/verify.rs"), Part::Test);
        assert_eq!(part("crates/symbolon-core/src/token/tests.rs"), Part::Test);
        assert_eq!(part("crates/symbolon-testkit/src/lib.rs"), Part::Test);
        assert_eq!(part("bench/src/lib.rs"), Part::Other);
        assert_eq!(part("models/src/lease.rs"), Part::Other);
        assert_eq!(part("models/tests/models.rs"), Part::Test);
        assert_eq!(part("fuzz/fuzz_targets/token.rs"), Part::Other);
        assert_eq!(part("crates/symbolon-core/build.rs"), Part::Other);
    }

    #[test]
    fn every_folder_of_rust_is_walked_through() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let sources = walk(&root).unwrap();
        let walked: BTreeSet<&str> = sources
            .iter()
            .filter_map(|source| source.path.split('/').next())
            .collect();
        let with_rust = |folder: &&str| {
            !matches!(*folder, "target") && !folder.starts_with('.') && has_rust(&root.join(folder))
        };
        let names: Vec<String> = std::fs::read_dir(&root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let there: BTreeSet<&str> = names.iter().map(String::as_str).filter(with_rust).collect();
        assert_eq!(walked, there, "of {ROOTS:?}");
    }

    fn has_rust(folder: &Path) -> bool {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let path = entry.path();
                path.extension().is_some_and(|end| end == "rs")
                    || (path.is_dir() && entry.file_name() != "target" && has_rust(&path))
            })
        })
    }
}
