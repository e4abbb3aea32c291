//! What a server says of itself.

use redis::Value;

/// The answer to `HELLO`, as far as it is of use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hello {
    /// `redis`, or the name of what speaks as it does.
    pub(crate) server: String,
    pub(crate) version: String,
    /// `standalone`, `cluster` or `sentinel`.
    pub(crate) mode: String,
    /// `master` or `replica`.
    pub(crate) role: String,
}

impl Hello {
    /// Reads it; what is not there stays empty.
    pub(crate) fn read(answer: &Value) -> Self {
        let mut hello = Self::default();
        let Value::Map(pairs) = answer else {
            return hello;
        };
        for (key, value) in pairs {
            let place = match text(key) {
                Some("server") => &mut hello.server,
                Some("version") => &mut hello.version,
                Some("mode") => &mut hello.mode,
                Some("role") => &mut hello.role,
                _ => continue,
            };
            text(value).unwrap_or_default().clone_into(place);
        }
        hello
    }

    /// Whether it takes no writes.
    pub(crate) fn is_replica(&self) -> bool {
        !matches!(self.role.as_str(), "master" | "")
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
