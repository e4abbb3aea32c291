//! Statements with their parameters written into them, so that many are sent at once: the server takes no second
//! prepared one before it has answered the first.

use super::NAME;
use crate::dialect::MYSQL;
use crate::link::{Change, SqlError, Value};

/// The statements, one after the other.
pub(super) fn spelled(changes: &[Change<'_>]) -> Result<String, SqlError> {
    let mut text = String::new();
    for (statement, params) in changes {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let rendered = MYSQL.render(statement.text());
        let mut parts = rendered.split('?');
        text.push_str(parts.next().unwrap_or_default());
        let mut params = params.iter();
        for part in parts {
            let value = params.next().ok_or_else(|| misfit(statement.text()))?;
            push(&mut text, value);
            text.push_str(part);
        }
        if params.next().is_some() {
            return Err(misfit(statement.text()));
        }
    }
    Ok(text)
}

/// A literal. Texts and bytes are written in hexadecimal digits: nothing in them is ever read as SQL.
fn push(text: &mut String, value: &Value<'_>) {
    match *value {
        Value::Null => text.push_str("NULL"),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::Text(word) => {
            text.push_str("_utf8mb4 ");
            push_bytes(text, word.as_bytes());
        }
        Value::Bytes(bytes) => push_bytes(text, bytes),
    }
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push_str("x'");
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    text.push('\'');
}

fn misfit(statement: &'static str) -> SqlError {
    SqlError::Unavailable(format!(
        "{NAME} is given another number of parameters than: {statement}"
    ))
}

#[cfg(test)]
mod tests {
    use super::spelled;
    use crate::link::{Statement, Value};

    static SET: Statement = Statement::new("UPDATE t SET a = ?, b = {least}(b, ?) WHERE c = ? AND d <> ?");
    static REMOVE: Statement = Statement::new("DELETE FROM t WHERE a = ?");

    #[test]
    fn what_is_given_is_written_so_that_nothing_of_it_is_read_as_sql() {
        let set = [
            Value::Text("é'; DROP"),
            Value::Int(-7),
            Value::Bytes(&[0, 39, 255]),
            Value::Null,
        ];
        let remove = [Value::Text("")];
        assert_eq!(
            spelled(&[(&SET, &set), (&REMOVE, &remove)]).unwrap(),
            "UPDATE t SET a = _utf8mb4 x'c3a9273b2044524f50', b = least(b, -7) WHERE c = x'0027ff' AND d <> NULL; \
             DELETE FROM t WHERE a = _utf8mb4 x''"
        );
    }

    #[test]
    fn a_parameter_too_many_or_too_few_is_an_error() {
        assert!(spelled(&[(&REMOVE, &[])]).is_err());
        assert!(spelled(&[(&REMOVE, &[Value::Null, Value::Null])]).is_err());
    }
}
