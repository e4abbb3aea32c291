//! The wrong variants of the protocol are in no build that did not ask for them.

use serde_json::Value;

use crate::fault::Fault;
use crate::finding::Finding;

/// The feature that holds them, in each crate that passes it on.
const FEATURE: &str = "bugs";

/// Looks through what `cargo metadata --no-deps` tells: no default feature and no dependency turns it on.
pub(crate) fn check(metadata: &str) -> Result<Vec<Finding>, Fault> {
    let root: Value = serde_json::from_str(metadata).map_err(|error| Fault::Metadata(error.to_string()))?;
    let packages = root.get("packages").and_then(Value::as_array);
    let mut findings = Vec::new();
    for package in packages.into_iter().flatten() {
        let features = package.get("features");
        let passed_on = features.and_then(Value::as_object).into_iter().flatten();
        for (name, turns_on) in passed_on.filter(|(name, _)| *name != FEATURE) {
            if names(turns_on).any(is_it) {
                findings.push(finding(
                    package,
                    &format!("its feature `{name}` turns on `{FEATURE}`"),
                ));
            }
        }
        let dependencies = package.get("dependencies").and_then(Value::as_array);
        for dependency in dependencies.into_iter().flatten() {
            if dependency
                .get("features")
                .is_some_and(|features| names(features).any(is_it))
            {
                findings.push(finding(package, &format!("a dependency turns on `{FEATURE}`")));
            }
        }
    }
    Ok(findings)
}

/// `bugs`, or `crate/bugs`.
fn is_it(feature: &str) -> bool {
    feature.rsplit('/').next() == Some(FEATURE)
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn finding(package: &Value, what: &str) -> Finding {
    let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
    Finding {
        place: name.to_owned(),
        what: what.to_owned(),
        mend: "wrong variants are for the campaign: `cargo xtask campaign --mutations` asks for them itself"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn wrong(features: &Value, dependency_features: &Value) -> Vec<String> {
        let dependency = json!({ "name": "symbolon-node", "features": dependency_features });
        let package = json!({ "name": "symbolon", "features": features, "dependencies": [dependency] });
        let metadata = json!({ "packages": [package] }).to_string();
        check(&metadata)
            .unwrap()
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_feature_of_that_name_may_pass_it_on() {
        let features = json!({ "default": ["fast"], "fast": [], "bugs": ["symbolon-node/bugs"] });
        assert_eq!(wrong(&features, &json!(["debugs"])), [""; 0]);
    }

    #[test]
    fn no_other_feature_and_no_dependency_turns_it_on() {
        assert_eq!(
            wrong(&json!({ "default": ["bugs"] }), &json!([])),
            ["its feature `default` turns on `bugs`"]
        );
        assert_eq!(
            wrong(&json!({ "fast": ["symbolon-node/bugs"] }), &json!([])),
            ["its feature `fast` turns on `bugs`"]
        );
        assert_eq!(
            wrong(&json!({}), &json!(["bugs"])),
            ["a dependency turns on `bugs`"]
        );
    }
}
