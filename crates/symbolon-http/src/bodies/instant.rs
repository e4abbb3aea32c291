//! Instants on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use symbolon::clock::Timestamp;

/// An instant as clients write and read it: RFC 3339; we write UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-02T03:04:05.678Z")]
pub(crate) struct Rfc3339(pub(crate) Timestamp);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0.0) {
            Ok(instant) => serializer.collect_str(&format_args!("{instant:.3}")),
            // Beyond the calendar (a life that ends after the year 9999) it has no end.
            Err(_) => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Rfc3339 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let instant: Result<jiff::Timestamp, _> = text.parse();
        let expected = "an instant such as 2026-01-02T03:04:05.678Z";
        let instant = instant.map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &expected))?;
        Ok(Self(Timestamp(instant.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use symbolon::clock::Timestamp;

    use super::Rfc3339;

    #[test]
    fn an_instant_is_written_in_utc_with_milliseconds() {
        let written = |millis| serde_json::to_string(&Rfc3339(Timestamp(millis))).unwrap();
        assert_eq!(written(0), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(written(1_767_323_045_678), "\"2026-01-02T03:04:05.678Z\"");
        assert_eq!(written(i64::MAX), "null");
    }

    #[test]
    fn an_instant_is_read_with_any_offset() {
        let read = |text: &str| serde_json::from_str::<Rfc3339>(text).map(|instant| instant.0.0);
        assert_eq!(read("\"2026-01-02T03:04:05.678Z\"").unwrap(), 1_767_323_045_678);
        assert_eq!(
            read("\"2026-01-02T11:04:05.678+08:00\"").unwrap(),
            1_767_323_045_678
        );
        for wrong in ["\"2026-01-02\"", "\"now\"", "1767323045678", "null", "\"\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
