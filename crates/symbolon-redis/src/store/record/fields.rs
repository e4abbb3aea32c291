//! A hash, by the names of its fields.

use std::collections::HashMap;

use redis::Value;

use crate::store::fault::Fault;
use crate::store::reply::{list, text};

/// The fields of one hash.
pub(crate) struct Fields(HashMap<String, Value>);

impl Fields {
    /// Reads what `HGETALL` answers within a script: names and values in turn.
    pub(crate) fn read(value: Value) -> Result<Self, Fault> {
        let mut parts = list(value)?.into_iter();
        let mut fields = HashMap::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            fields.insert(text(name)?, value);
        }
        Ok(Self(fields))
    }

    /// One that must be there.
    pub(crate) fn get<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let found = self.find(name, read)?;
        found.ok_or_else(|| Fault::Damaged(format!("a record has no {name}")))
    }

    /// One that may be absent.
    pub(crate) fn find<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.0.remove(name).map(read).transpose()
    }
}
