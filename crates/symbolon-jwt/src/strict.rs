//! JSON that is read without leniency: no name twice in any object, no `null` for what is left out.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any object, whose content does not matter but for its names: none twice, at any depth (RFC 7519, section 4). The depth
/// is bounded by the parser, which goes 128 deep at the most.
pub(crate) struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = AnyObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AnyObject, A::Error> {
                names_once(map).map(|()| AnyObject)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A value that must not be `null` where it is given.
///
/// # Errors
/// As the value's own.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn names_once<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    let mut names = HashSet::new();
    while let Some(name) = map.next_key::<String>()? {
        if !names.insert(name) {
            return Err(A::Error::custom("a name stands twice in one object"));
        }
        map.next_value_seed(AnyValue)?;
    }
    Ok(())
}

/// Any value, read to its end.
struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(AnyValue)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        names_once(map)
    }
}

#[cfg(test)]
mod tests {
    use super::AnyObject;

    #[test]
    fn an_object_is_read_whatever_it_holds_and_no_name_stands_twice_at_any_depth() {
        let is_read = |text: &str| serde_json::from_str::<AnyObject>(text).is_ok();
        for text in [
            "{}",
            r#"{"a":1,"b":-1,"c":1.5,"d":"x","e":null,"f":true}"#,
            r#"{"a":{"a":[{"a":1},{"a":2}]},"A":1}"#,
        ] {
            assert!(is_read(text), "{text}");
        }
        for text in [
            "[]",
            "1",
            "null",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[[{"b":1,"b":2}]]}"#,
            r#"{"a":1e400}"#,
        ] {
            assert!(!is_read(text), "{text}");
        }
        let deep = |depth: usize| format!("{}{{}}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert!(is_read(&deep(100)) && !is_read(&deep(100_000)));
    }
}
