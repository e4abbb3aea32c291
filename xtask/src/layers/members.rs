//! The crates of the workspace and what each declares: invariants A1 and A5, and the one-way rule.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::rules::{CORE, CORE_MAY_USE, LAYERS, Layer};
use crate::fault::Fault;
use crate::finding::Finding;

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    pub(crate) uses: Vec<Use>,
}

/// One dependency that a manifest declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) name: String,
    /// A dev-dependency.
    pub(crate) in_tests: bool,
    /// Another crate of the workspace.
    pub(crate) is_ours: bool,
}

/// The members that `cargo metadata --no-deps` tells of.
pub(crate) fn read(metadata: &str) -> Result<Vec<Member>, Fault> {
    let root: Value = serde_json::from_str(metadata).map_err(|error| Fault::Metadata(error.to_string()))?;
    list(&root, "packages")?.iter().map(member).collect()
}

/// Checks each member against its row of the table.
pub(crate) fn check(members: &[Member]) -> Vec<Finding> {
    members.iter().flat_map(check_member).collect()
}

/// Checks that no member steps out of the workspace's lints.
pub(crate) fn check_lints(root: &Path, members: &[Member]) -> Result<Vec<Finding>, Fault> {
    let mut findings = Vec::new();
    for Member { manifest, .. } in members {
        let text = std::fs::read_to_string(manifest).map_err(|source| Fault::Read {
            path: manifest.clone(),
            source,
        })?;
        if !inherits_lints(&text) {
            findings.push(Finding {
                place: manifest
                    .strip_prefix(root)
                    .unwrap_or(manifest)
                    .display()
                    .to_string(),
                what: "the crate does not take the workspace's lints".to_owned(),
                mend: "write `[lints]` and below it `workspace = true`".to_owned(),
            });
        }
    }
    Ok(findings)
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]");
    lines.next().is_some()
        && lines.find(|line| !line.is_empty() && !line.starts_with('#')) == Some("workspace = true")
}

fn check_member(member: &Member) -> Vec<Finding> {
    let finding = |what: String, mend: String| Finding {
        place: member.name.clone(),
        what,
        mend,
    };
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == member.name) else {
        let what = "the crate has no place in the layers".to_owned();
        return vec![finding(
            what,
            "give it a row in LAYERS of xtask/src/layers/rules.rs".to_owned(),
        )];
    };
    let mut findings = Vec::new();
    for used in &member.uses {
        if used.is_ours && !may_use(layer, used) {
            let kind = if used.in_tests {
                "dev-dependency"
            } else {
                "dependency"
            };
            findings.push(finding(
                format!("its {kind} on {} breaks the one-way rule", used.name),
                advice(layer),
            ));
        }
        if member.name == CORE && !used.in_tests && !CORE_MAY_USE.contains(&used.name.as_str()) {
            findings.push(finding(
                format!("invariant A1: the domain may not depend on {}", used.name),
                format!(
                    "move what needs it to an outer crate; the domain is built from {}",
                    CORE_MAY_USE.join(", ")
                ),
            ));
        }
    }
    findings
}

fn may_use(layer: &Layer, used: &Use) -> bool {
    let name = used.name.as_str();
    layer.uses.contains(&name) || (used.in_tests && layer.tests_use.contains(&name))
}

fn advice(layer: &Layer) -> String {
    let names = |list: &[&str]| {
        if list.is_empty() {
            "none of ours".to_owned()
        } else {
            list.join(", ")
        }
    };
    format!(
        "it may use {}; its tests also {}",
        names(layer.uses),
        names(layer.tests_use)
    )
}

fn member(package: &Value) -> Result<Member, Fault> {
    let uses = list(package, "dependencies")?
        .iter()
        .map(declared)
        .collect::<Result<_, _>>()?;
    let manifest = PathBuf::from(text(package, "manifest_path")?);
    Ok(Member {
        name: text(package, "name")?,
        manifest,
        uses,
    })
}

fn declared(dependency: &Value) -> Result<Use, Fault> {
    Ok(Use {
        name: text(dependency, "name")?,
        in_tests: dependency.get("kind").and_then(Value::as_str) == Some("dev"),
        is_ours: dependency.get("path").is_some_and(Value::is_string),
    })
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, Fault> {
    value
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::Metadata(format!("no list `{key}`")))
}

fn text(value: &Value, key: &str) -> Result<String, Fault> {
    let text = value.get(key).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| Fault::Metadata(format!("no text `{key}`")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{check, inherits_lints, read};

    fn ours(name: &str, kind: Option<&str>) -> Value {
        json!({ "name": name, "kind": kind, "path": format!("/x/{name}") })
    }

    fn theirs(name: &str, kind: Option<&str>) -> Value {
        json!({ "name": name, "kind": kind })
    }

    /// What is wrong with a workspace of one crate.
    fn wrong(name: &str, dependencies: &[Value]) -> Vec<String> {
        let package = json!({ "name": name, "manifest_path": "/x/Cargo.toml", "dependencies": dependencies });
        let metadata = json!({ "packages": [package] }).to_string();
        let members = read(&metadata).unwrap();
        check(&members)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    #[test]
    fn the_declared_order_is_accepted() {
        assert_eq!(
            wrong(
                "symbolon-server",
                &[ours("symbolon", None), ours("symbolon-http", None)]
            ),
            [""; 0]
        );
        assert_eq!(
            wrong(
                "symbolon-node",
                &[ours("symbolon-core", None), theirs("tokio", None)]
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_sibling_is_refused() {
        assert_eq!(
            wrong("symbolon-accounts", &[ours("symbolon-node", None)]),
            ["symbolon-accounts: its dependency on symbolon-node breaks the one-way rule"]
        );
    }

    #[test]
    fn the_way_up_and_the_leap_over_a_layer_are_refused() {
        assert_eq!(wrong("symbolon-core", &[ours("symbolon", None)]).len(), 2);
        assert_eq!(
            wrong("symbolon-http", &[ours("symbolon-core", Some("build"))]),
            ["symbolon-http: its dependency on symbolon-core breaks the one-way rule"]
        );
    }

    #[test]
    fn only_tests_may_use_the_store_beside() {
        for name in ["symbolon-node", "symbolon-accounts"] {
            assert_eq!(wrong(name, &[ours("symbolon-store-sql", Some("dev"))]), [""; 0]);
            assert_eq!(wrong(name, &[ours("symbolon-store-sql", None)]).len(), 1);
        }
        assert_eq!(
            wrong("symbolon-store-sql", &[ours("symbolon-node", Some("dev"))]),
            ["symbolon-store-sql: its dev-dependency on symbolon-node breaks the one-way rule"]
        );
    }

    #[test]
    fn the_domain_is_built_from_the_listed_crates_only() {
        assert_eq!(
            wrong(
                "symbolon-core",
                &[theirs("sha2", None), theirs("proptest", Some("dev"))]
            ),
            [""; 0]
        );
        assert_eq!(
            wrong("symbolon-core", &[theirs("serde", None)]),
            ["symbolon-core: invariant A1: the domain may not depend on serde"]
        );
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert_eq!(
            wrong("symbolon-extra", &[]),
            ["symbolon-extra: the crate has no place in the layers"]
        );
    }

    #[test]
    fn metadata_of_another_form_is_a_fault() {
        assert_eq!(
            read("{}").unwrap_err().to_string(),
            "could not understand cargo metadata: no list `packages`"
        );
        assert!(read("not json").is_err());
    }

    #[test]
    fn a_crate_takes_the_lints_or_not() {
        assert!(inherits_lints("[package]\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nworkspace = true\n"));
        assert!(!inherits_lints("[lints]\n[dependencies]\nworkspace = true\n"));
    }
}
