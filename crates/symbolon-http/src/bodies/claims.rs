//! What an issuer says about a subject: a JSON object, kept as one canonical text.

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use symbolon::subject::{CLAIMS_LEN_MAX, Claims};

use crate::problem::Problem;

/// Claims as a service sends them.
pub(crate) type ClaimsObject = Map<String, Value>;

/// The claims to keep: their canonical text, without blanks and with the names of every object in order, so that the
/// same claims are the same text whoever sent them.
///
/// # Errors
/// 400 when that text is longer than [`CLAIMS_LEN_MAX`] bytes.
pub(crate) fn kept(claims: ClaimsObject) -> Result<Claims, Problem> {
    let text = in_order(Value::Object(claims)).to_string();
    Claims::new(text).map_err(|_| {
        Problem::invalid_request(format!("claims must have at most {CLAIMS_LEN_MAX} bytes as JSON"))
    })
}

/// Whether maps keep the order of insertion is a feature of serde_json that any dependency may turn on; inserted in
/// order, they have the same order either way.
fn in_order(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name, in_order(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        plain => plain,
    }
}

/// Claims for an answer: their text as it is.
pub(crate) fn shown(text: &str) -> Box<RawValue> {
    match RawValue::from_string(text.to_owned()) {
        Ok(claims) => claims,
        Err(error) => {
            // An embedding program may have issued it: `Claims` does not read its text.
            tracing::error!(%error, "claims that are no JSON are answered as none");
            RawValue::NULL.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ClaimsObject, kept, shown};

    fn object(value: serde_json::Value) -> ClaimsObject {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_same_claims_are_the_same_text() {
        let claims: ClaimsObject =
            serde_json::from_str(r#" { "roles" : ["b","a"], "dept": {"z":1, "a":null}, "a":"\u864e" } "#)
                .unwrap();
        let text = r#"{"a":"虎","dept":{"a":null,"z":1},"roles":["b","a"]}"#;
        assert_eq!(kept(claims).unwrap().as_json(), text);
        assert_eq!(kept(object(json!({}))).unwrap().as_json(), "{}");
    }

    #[test]
    fn four_kilobytes_are_taken_and_one_byte_more_is_not() {
        let of = |len: usize| kept(object(json!({"a": "x".repeat(len - r#"{"a":""}"#.len())})));
        assert_eq!(of(4096).unwrap().as_json().len(), 4096);
        assert_eq!(
            of(4097).unwrap_err().detail(),
            "claims must have at most 4096 bytes as JSON"
        );
    }

    #[test]
    fn the_text_goes_out_as_it_was_kept() {
        assert_eq!(serde_json::to_string(&shown(r#"{"a":1}"#)).unwrap(), r#"{"a":1}"#);
        assert_eq!(serde_json::to_string(&shown("no json")).unwrap(), "null");
    }
}
