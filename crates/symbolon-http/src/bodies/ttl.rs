//! Lives and other spans of time in bodies.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Problem;

/// The longest span that a body may ask for: ten years. Whoever needs more has mistaken milliseconds for seconds.
pub(crate) const SPAN_MAX: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// A span of time: whole seconds as a number, or a text such as `30m` or `7d` (units `ms`, `s`, `m`, `h`, `d`). At most ten
/// years, `3650d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl(Duration);

impl PartialSchema for Ttl {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]+(ms|s|m|h|d)$"))
            .examples(["30m"]);
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0_u64))
            .maximum(Some(SPAN_MAX.as_secs()));
        let either = OneOfBuilder::new()
            .item(text.build())
            .item(seconds.build())
            .description(Some(
                "A span of time: whole seconds as a number, or a text such as `30m` or `7d`. At most ten years, `3650d`.",
            ));
        either.into()
    }
}

impl ToSchema for Ttl {
    fn name() -> Cow<'static, str> {
        "Ttl".into()
    }
}

impl Ttl {
    /// The span, which may be nothing.
    pub(crate) fn get(self) -> Duration {
        self.0
    }

    /// The span of a life: at least a second.
    ///
    /// # Errors
    /// 400 that names the field.
    pub(crate) fn life(self, field: &'static str) -> Result<Duration, Problem> {
        if self.0 < Duration::from_secs(1) {
            return Err(Problem::invalid_request(format!("{field} must be at least 1s")));
        }
        Ok(self.0)
    }
}

/// Reads the text form.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.find(|sign: char| !sign.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let span = Duration::from_millis(count.parse::<u64>().ok()?.checked_mul(millis)?);
    (span <= SPAN_MAX).then_some(span)
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl de::Visitor<'_> for Reader {
    type Value = Ttl;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whole seconds or a text such as 30m or 7d; 3650d at most")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Ttl, E> {
        let span = Duration::from_secs(seconds);
        if span > SPAN_MAX {
            return Err(E::invalid_value(de::Unexpected::Unsigned(seconds), &self));
        }
        Ok(Ttl(span))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Ttl, E> {
        match u64::try_from(seconds) {
            Ok(seconds) => self.visit_u64(seconds),
            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(seconds), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Ttl, E> {
        parse(text)
            .map(Ttl)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SPAN_MAX, Ttl};

    fn read(json: &str) -> Option<Duration> {
        serde_json::from_str::<Ttl>(json).ok().map(Ttl::get)
    }

    #[test]
    fn seconds_and_texts_are_read() {
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read("1800"), Some(Duration::from_secs(1800)));
        assert_eq!(read("\"1500ms\""), Some(Duration::from_millis(1500)));
        assert_eq!(read("\"45s\""), Some(Duration::from_secs(45)));
        assert_eq!(read("\"30m\""), Some(Duration::from_secs(1800)));
        assert_eq!(read("\"12h\""), Some(Duration::from_secs(43_200)));
        assert_eq!(read("\"7d\""), Some(Duration::from_secs(604_800)));
    }

    #[test]
    fn ten_years_are_taken_and_one_more_is_not() {
        assert_eq!(read("\"3650d\""), Some(SPAN_MAX));
        assert_eq!(read("315360000"), Some(SPAN_MAX));
        assert_eq!(read("315360001"), None);
        assert_eq!(read("\"3651d\""), None);
        assert_eq!(read("\"99999999999999999999d\""), None);
        assert_eq!(read("\"9999999999999999999d\""), None);
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for wrong in [
            "-1",
            "1.5",
            "null",
            "true",
            "\"\"",
            "\"30\"",
            "\"m\"",
            "\"-5m\"",
            "\"1h30m\"",
            "\"5 m\"",
            "\"5w\"",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_life_has_a_second_at_least() {
        let life = |json| serde_json::from_str::<Ttl>(json).unwrap().life("access_ttl");
        assert_eq!(life("1").unwrap(), Duration::from_secs(1));
        assert_eq!(life("\"1000ms\"").unwrap(), Duration::from_secs(1));
        assert_eq!(
            life("\"999ms\"").unwrap_err().detail(),
            "access_ttl must be at least 1s"
        );
        assert!(life("0").is_err());
    }
}
