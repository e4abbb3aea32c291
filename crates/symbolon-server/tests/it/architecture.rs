//! The page of the architecture, held to the tree.

use std::path::Path;

const PAGE: &str = include_str!("../../../../ARCHITECTURE.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Every source file below a folder, and every folder with a slash behind it.
fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') || ["target", "node_modules"].contains(&name.as_str()) {
            continue;
        }
        let path = format!("{}/{name}", folder.display());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), found);
            found.push(format!("{path}/"));
        } else {
            found.push(path);
        }
    }
}

/// A path with braces as the paths that it stands for.
fn spelled(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (names, after) = rest.split_once('}').unwrap();
    let each = names.split(',').map(|name| format!("{before}{name}{after}"));
    each.collect()
}

#[test]
fn every_file_that_the_page_of_the_architecture_names_is_there() {
    let mut found = Vec::new();
    collect(Path::new(ROOT), &mut found);
    let is_there = |path: &str| {
        let path = format!("/{path}");
        found.iter().any(|one| match path.split_once('*') {
            Some((before, after)) => one.contains(before) && one.ends_with(after),
            None => one.ends_with(&path),
        })
    };
    let words = PAGE.split('`').skip(1).step_by(2);
    let is_path =
        |word: &&str| word.ends_with('/') || [".rs", ".sh", ".js"].iter().any(|end| word.ends_with(end));
    let named: Vec<String> = words.filter(is_path).flat_map(spelled).collect();
    assert!(named.len() > 50, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|path| !is_there(path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
