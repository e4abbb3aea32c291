use std::time::Duration;

use clap::{Subcommand, ValueEnum};

/// `symbolon key …`
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make an API key and print it once
    Add {
        /// What it is called in lists and in the record
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it allows, separated by commas
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true)]
        scope: Vec<ScopeWord>,
        /// The OAuth client that it belongs to
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        /// How long it is valid, such as 90d [default: without end]
        #[arg(long, value_name = "DURATION", value_parser = Life::parse)]
        expires: Option<Life>,
    },
    /// List the API keys
    List,
    /// Make an API key worthless
    Revoke {
        /// The id of the key, as `key list` shows it, or its name where one valid key has it
        #[arg(value_name = "ID|NAME")]
        key: String,
    },
}

/// A scope as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeWord {
    /// Begin sessions and change their lives
    Issue,
    /// Ask about tokens and sessions
    Verify,
    /// End sessions
    Revoke,
    /// Everything an administrator may do
    Admin,
    /// Everything an administrator may read
    #[value(name = "admin:read")]
    AdminRead,
}

impl ScopeWord {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Verify => "verify",
            Self::Revoke => "revoke",
            Self::Admin => "admin",
            Self::AdminRead => "admin:read",
        }
    }
}

/// How long a key is valid, or a ban in force: whole seconds, at least one, at most [`Life::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(Duration);

/// The units of a duration, in seconds.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

impl Life {
    /// A hundred years: beyond that it is a mistake of typing, and without end is said by leaving it out.
    pub(crate) const MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

    /// The duration.
    pub(crate) fn get(self) -> Duration {
        self.0
    }

    /// Reads `90d`, `12h`, `30m` and their kin.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected a whole number and a unit, such as 90d, 12h, 30m or 60s";
        let unit = text
            .chars()
            .last()
            .and_then(|last| UNITS.iter().find(|(unit, _)| *unit == last));
        let (unit, seconds) = *unit.ok_or(expected)?;
        let digits = text.strip_suffix(unit).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(expected.to_owned());
        }
        let count = digits
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(seconds));
        match count.map(Duration::from_secs) {
            Some(Duration::ZERO) => Err("a key that is never valid is of no use".to_owned()),
            Some(life) if life <= Self::MAX => Ok(Self(life)),
            _ => Err("that is over a hundred years; leave it out for a key without end".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_whole_number_with_a_unit() {
        let days = |days: u64| Ok(Life(Duration::from_secs(days * 86_400)));
        assert_eq!(Life::parse("90d"), days(90));
        assert_eq!(Life::parse("2w"), days(14));
        assert_eq!(Life::parse("24h"), days(1));
        assert_eq!(Life::parse("1s"), Ok(Life(Duration::from_secs(1))));
        assert_eq!(Life::parse("36500d"), days(36_500));
        for wrong in [
            "",
            "d",
            "90",
            "-1d",
            "1.5d",
            "90 d",
            "90dd",
            "1y",
            "0d",
            "36501d",
            "99999999999999999999d",
        ] {
            assert!(Life::parse(wrong).is_err(), "{wrong}");
        }
    }
}
