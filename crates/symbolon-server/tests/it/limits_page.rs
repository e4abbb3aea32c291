//! `docs/limits.md` says what the code does: each number is that of its constant or setting, each test is there, and no
//! limit of the wire is left out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::place::Place;

const PAGE: &str = include_str!("../../../../docs/limits.md");
const WIRE: &str = include_str!("../../../symbolon-http/src/limits.rs");

/// One row of one of its tables.
struct Row {
    limit: &'static str,
    set_in: &'static str,
    seen_in: &'static str,
}

fn rows() -> Vec<Row> {
    let cells = |line: &'static str| -> Vec<&'static str> { line.split('|').map(str::trim).collect() };
    let rows = PAGE.lines().map(cells).filter_map(|cells| match cells[..] {
        ["", _, limit, set_in, _, seen_in, ""] if set_in.starts_with('`') => Some(Row {
            limit,
            set_in: set_in.trim_matches('`'),
            seen_in: seen_in.trim_matches('`'),
        }),
        _ => None,
    });
    rows.collect()
}

/// A number as the page writes it: with commas, and with a unit of bytes or of time, which becomes milliseconds.
fn as_written(limit: &str) -> u64 {
    let (number, unit) = limit.split_once(' ').unwrap_or((limit, ""));
    let number: u64 = number
        .replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("{limit}"));
    number
        * match unit {
            "" | "bytes" | "ms" => 1,
            "KiB" => 1_024,
            "MiB" => 1_024 * 1_024,
            "s" => 1_000,
            other => panic!("{other} is no unit"),
        }
}

/// A constant as the code writes it: products of numbers, and spans of time, which become milliseconds.
fn as_coded(expression: &str) -> Option<u64> {
    let expression = expression.trim();
    if let Some(seconds) = expression.strip_prefix("Duration::from_secs(") {
        return Some(as_coded(seconds.strip_suffix(')')?)? * 1_000);
    }
    if let Some(millis) = expression.strip_prefix("Duration::from_millis(") {
        return as_coded(millis.strip_suffix(')')?);
    }
    let factors = expression
        .split('*')
        .map(|factor| factor.trim().replace('_', "").parse::<u64>().ok());
    factors.product()
}

/// The value of `NAME` in a text: that of a constant, or of a field of one.
fn value_in(code: &str, name: &str) -> Option<u64> {
    let constant = code.split_once(&format!("const {name}: ")).and_then(|(_, rest)| {
        let (declared, _) = rest.split_once(';')?;
        as_coded(declared.split_once('=')?.1)
    });
    let field = || {
        let (_, rest) = code.split_once(&format!("        {name}: "))?;
        as_coded(rest.split_once(',')?.0)
    };
    constant.or_else(field)
}

/// Every source file of the product and of its tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = fs::read_to_string(&path).unwrap();
                sources.push((path, code));
            }
        }
    }
    sources
}

/// The value of a constant that stands behind its module's name, which must be clear.
fn constant(sources: &[(PathBuf, String)], module: &str, name: &str) -> u64 {
    let file = format!("{module}.rs");
    let files = sources
        .iter()
        .filter(|(path, _)| path.ends_with(&file) && path.iter().any(|part| part == "src"));
    let values: Vec<u64> = files.filter_map(|(_, code)| value_in(code, name)).collect();
    assert_eq!(values.len(), 1, "{module}::{name}: {values:?}");
    values[0]
}

/// The default of a setting, as the program itself says it.
fn setting(settings: &Value, path: &str) -> String {
    let settings = settings.as_array().unwrap();
    let setting = settings.iter().find(|setting| setting["path"] == path);
    let default = setting.unwrap_or_else(|| panic!("{path} is no setting"))["default"].clone();
    default.as_str().unwrap().to_owned()
}

#[test]
fn every_number_of_the_page_is_that_of_the_code() {
    let sources = sources();
    let settings = Place::fresh().run("config show --json").ok().json();
    let rows = rows();
    assert!(rows.len() > 50, "{}", rows.len());
    for Row { limit, set_in, .. } in rows {
        let coded = match set_in.split_once("::") {
            Some((module, name)) => constant(&sources, module, name),
            None => as_written(&setting(&settings, set_in)),
        };
        assert_eq!(as_written(limit), coded, "{set_in}");
    }
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let sources = sources();
    for Row { set_in, seen_in, .. } in rows() {
        let test = format!("fn {seen_in}(");
        let is_there = sources.iter().any(|(_, code)| code.contains(&test));
        assert!(is_there, "{set_in}: {seen_in}");
    }
}

#[test]
fn no_limit_of_the_wire_is_left_out() {
    let stated: Vec<&str> = rows().iter().map(|row| row.set_in).collect();
    let constants = WIRE.lines().filter_map(|line| line.strip_prefix("pub const "));
    for (name, _) in constants.filter_map(|rest| rest.split_once(':')) {
        assert!(stated.contains(&format!("limits::{name}").as_str()), "{name}");
    }
}

#[test]
fn numbers_are_read_as_they_are_written() {
    assert_eq!(as_written("10,000"), 10_000);
    assert_eq!(as_written("16 KiB"), 16_384);
    assert_eq!(as_written("5 s"), 5_000);
    assert_eq!(as_coded(" 16 * 1024"), Some(16_384));
    assert_eq!(as_coded("10_000"), Some(10_000));
    assert_eq!(as_coded("Duration::from_secs(5)"), Some(5_000));
    assert_eq!(as_coded("Duration::from_millis(500)"), Some(500));
    assert_eq!(as_coded("OTHER + 1"), None);
    assert_eq!(value_in("const A: u8 = 3;\n", "A"), Some(3));
    assert_eq!(value_in("        a: 20,\n", "a"), Some(20));
}
