//! The contract as it is served: its form.

use std::collections::BTreeSet;
use std::fmt;

use http::Method;
use serde_json::{Map, Value};

use crate::served::{Ask, Served};

pub(crate) async fn document(served: &Served) -> Value {
    let answer = served.ask(Ask::new(Method::GET, "/openapi.json")).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    answer.json()
}

/// An operation as it is documented.
pub(crate) struct Documented<'d> {
    pub(crate) path: &'d str,
    pub(crate) method: Method,
    pub(crate) says: &'d Map<String, Value>,
}

impl fmt::Display for Documented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl<'d> Documented<'d> {
    pub(crate) fn responses(&self) -> &'d Map<String, Value> {
        self.says["responses"].as_object().unwrap()
    }

    pub(crate) fn list(&self, name: &str) -> &'d [Value] {
        self.says
            .get(name)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The path with names of what is not there.
    pub(crate) fn place(&self) -> String {
        let of_nobody = [
            ("{id}", "01890000-0000-7000-8000-000000000000"),
            ("{file}", "viewer.js"),
        ];
        let place = of_nobody
            .iter()
            .fold(self.path.to_owned(), |path, (name, value)| {
                path.replace(name, value)
            });
        place.replace("{sub}", "nobody").replace("{name}", "nobody")
    }
}

pub(crate) fn operations(document: &Value) -> Vec<Documented<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| Documented {
                path,
                method: method.to_uppercase().parse().unwrap(),
                says: operation.as_object().unwrap(),
            })
    });
    all.collect()
}

pub(crate) fn groups(document: &Value) -> Vec<&str> {
    document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect()
}

pub(crate) fn texts(value: &Value) -> BTreeSet<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// Every value of that key, anywhere.
fn all_of<'d>(value: &'d Value, key: &str, found: &mut Vec<&'d Value>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get(key));
            object.values().for_each(|value| all_of(value, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| all_of(item, key, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_of_openapi_3_1_and_each_reference_in_it_leads_somewhere() {
    let served = Served::start().await;
    let document = document(&served).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Symbolon");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut references = Vec::new();
    all_of(&document, "$ref", &mut references);
    assert!(references.len() > 100, "{}", references.len());
    for reference in references {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some_and(Value::is_object),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn each_operation_has_a_name_of_its_own_a_title_and_a_group() {
    let served = Served::start().await;
    let document = document(&served).await;
    let groups = groups(&document);
    let mut names = BTreeSet::new();
    let mut used = BTreeSet::new();
    for one in operations(&document) {
        let name = one.says["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} is there twice");
        let summary = one.says["summary"].as_str().unwrap_or_default();
        assert!(
            !summary.is_empty() && !summary.ends_with('.'),
            "{one}: {summary:?}"
        );
        let [group] = one.list("tags") else {
            panic!("{one}")
        };
        assert!(groups.contains(&group.as_str().unwrap()), "{one}: {group}");
        used.insert(group.as_str().unwrap());
    }
    assert_eq!(used, groups.into_iter().collect());
}

#[tokio::test]
async fn no_description_has_a_link_that_only_rustdoc_follows() {
    let served = Served::start().await;
    let document = document(&served).await;
    let mut descriptions = Vec::new();
    all_of(&document, "description", &mut descriptions);
    for description in descriptions.into_iter().filter_map(Value::as_str) {
        assert!(
            !description.contains("[`") && !description.contains("::"),
            "{description}"
        );
    }
}

#[tokio::test]
async fn the_parameters_of_a_path_are_those_of_its_operations() {
    let served = Served::start().await;
    let document = document(&served).await;
    for one in operations(&document) {
        let template = one
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut in_path = BTreeSet::new();
        for parameter in one.list("parameters") {
            assert!(parameter["description"].is_string(), "{one}: {parameter}");
            assert!(parameter["schema"].is_object(), "{one}: {parameter}");
            if parameter["in"] == "path" {
                assert_eq!(parameter["required"], true, "{one}: {parameter}");
                in_path.insert(parameter["name"].as_str().unwrap());
            }
        }
        assert_eq!(in_path, template.collect(), "{one}");
    }
}

#[tokio::test]
async fn every_proof_that_is_asked_for_is_explained() {
    let served = Served::start().await;
    let document = document(&served).await;
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let known = ["issue", "verify", "revoke", "admin:read", "admin"];
    let mut used = BTreeSet::new();
    for one in operations(&document) {
        let ways = one
            .list("security")
            .iter()
            .flat_map(|way| way.as_object().unwrap());
        for (scheme, scopes) in ways {
            assert!(schemes.contains_key(scheme), "{one}: {scheme}");
            assert!(
                texts(scopes).iter().all(|scope| known.contains(&scope.as_str())),
                "{one}: {scopes}"
            );
            used.insert(scheme);
        }
    }
    assert_eq!(used, schemes.keys().collect());
}

#[tokio::test]
async fn a_body_that_may_be_left_out_is_described_as_an_object_and_not_as_null() {
    let served = Served::start().await;
    let document = document(&served).await;
    let mut optional = Vec::new();
    for one in operations(&document) {
        let Some(body) = one.says.get("requestBody") else {
            continue;
        };
        for content in body["content"].as_object().unwrap().values() {
            let schema = resolved(&document, &content["schema"]);
            if body["required"] != true {
                assert_eq!(schema["type"], "object", "{one}");
                optional.push(one.path);
            }
        }
    }
    assert!(optional.contains(&"/v1/admin/revoke-all"), "{optional:?}");
}

#[tokio::test]
async fn every_answer_is_described_and_every_problem_has_its_body() {
    let served = Served::start().await;
    let document = document(&served).await;
    for one in operations(&document) {
        assert!(
            one.responses().keys().any(|status| status.starts_with('2')),
            "{one}"
        );
        for status in ["414", "431", "500", "503"] {
            assert!(one.responses().contains_key(status), "{one}: {status}");
        }
        for (status, response) in one.responses() {
            let response = resolved(&document, response);
            assert!(
                !response["description"].as_str().unwrap().is_empty(),
                "{one}: {status}"
            );
            let Some(problem) = response.pointer("/content/application~1problem+json") else {
                continue;
            };
            assert_eq!(
                problem["schema"]["$ref"], "#/components/schemas/ProblemBody",
                "{one}: {status}"
            );
            assert_eq!(problem["example"]["status"].to_string(), *status, "{one}");
        }
    }
}
