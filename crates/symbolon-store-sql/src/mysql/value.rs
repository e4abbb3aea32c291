//! Parameters and columns.

use mysql_async::{Row, Value as Theirs};

use crate::link::{Columns, SqlError, Value};

/// The number of the character set of what is no text.
const BINARY: u16 = 63;

/// A parameter as the driver takes it.
pub(super) fn param(value: &Value<'_>) -> Theirs {
    match *value {
        Value::Null => Theirs::NULL,
        Value::Int(number) => Theirs::Int(number),
        Value::Text(text) => Theirs::Bytes(text.as_bytes().to_owned()),
        Value::Bytes(bytes) => Theirs::Bytes(bytes.to_owned()),
    }
}

/// A row as operations read it.
pub(super) struct MySqlRow(pub(super) Row);

impl Columns for MySqlRow {
    fn value(&self, index: usize) -> Result<Value<'_>, SqlError> {
        let damaged = |detail: &str| SqlError::Damaged(format!("column {index} {detail}"));
        let value = self.0.as_ref(index).ok_or_else(|| damaged("is not there"))?;
        match value {
            Theirs::NULL => Ok(Value::Null),
            Theirs::Int(number) => Ok(Value::Int(*number)),
            Theirs::UInt(number) => {
                let number = i64::try_from(*number);
                number.map(Value::Int).map_err(|_| damaged("is out of range"))
            }
            Theirs::Bytes(bytes) => {
                let columns = self.0.columns_ref();
                if columns
                    .get(index)
                    .is_some_and(|column| column.character_set() == BINARY)
                {
                    return Ok(Value::Bytes(bytes));
                }
                let text = std::str::from_utf8(bytes);
                text.map(Value::Text).map_err(|_| damaged("is not UTF-8"))
            }
            _ => Err(damaged("holds a fraction or an instant")),
        }
    }
}
