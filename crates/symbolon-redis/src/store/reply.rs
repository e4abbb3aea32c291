//! Pieces of what a script answers.

use redis::Value;

use super::fault::Fault;

/// An answer that is not what the script answers.
fn unexpected(what: &str, found: &Value) -> Fault {
    let kind = match found {
        Value::Nil => "nothing",
        Value::Int(_) => "a number",
        Value::BulkString(_) => "bytes",
        Value::Array(_) => "a list",
        _ => "something else",
    };
    Fault::Damaged(format!("{what} was expected and {kind} was found"))
}

/// A list.
pub(crate) fn list(value: Value) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Array(list) => Ok(list),
        other => Err(unexpected("a list", &other)),
    }
}

/// A list of so many.
pub(crate) fn tuple<const N: usize>(value: Value) -> Result<[Value; N], Fault> {
    let list = list(value)?;
    let count = list.len();
    list.try_into()
        .map_err(|_| Fault::Damaged(format!("a list of {N} was expected and one of {count} was found")))
}

/// Bytes.
pub(crate) fn bytes(value: Value) -> Result<Vec<u8>, Fault> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        other => Err(unexpected("bytes", &other)),
    }
}

/// A text.
pub(crate) fn text(value: Value) -> Result<String, Fault> {
    String::from_utf8(bytes(value)?).map_err(|_| Fault::Damaged("a text is not UTF-8".to_owned()))
}

/// Digits.
pub(crate) fn number<T: std::str::FromStr>(value: Value) -> Result<T, Fault> {
    parse(&text(value)?)
}

/// The number of that text.
pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse()
        .map_err(|_| Fault::Damaged(format!("a number was expected and {text:?} was found")))
}

/// Bytes of a known count.
pub(crate) fn array<const N: usize>(value: Value) -> Result<[u8; N], Fault> {
    let bytes = bytes(value)?;
    let count = bytes.len();
    bytes
        .try_into()
        .map_err(|_| Fault::Damaged(format!("{N} bytes were expected and {count} were found")))
}

/// One that may be absent.
pub(crate) fn maybe<T>(
    value: Value,
    read: impl FnOnce(Value) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    match value {
        Value::Nil => Ok(None),
        value => read(value).map(Some),
    }
}

/// A script's 1 or 0.
pub(crate) fn flag(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Int(0) => Ok(false),
        Value::Int(1) => Ok(true),
        other => Err(unexpected("0 or 1", other)),
    }
}

/// A count.
pub(crate) fn count(value: &Value) -> Result<u64, Fault> {
    match value {
        Value::Int(count) => {
            u64::try_from(*count).map_err(|_| Fault::Damaged("a count is negative".to_owned()))
        }
        other => Err(unexpected("a count", other)),
    }
}
