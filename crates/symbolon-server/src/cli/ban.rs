use clap::Subcommand;

use super::Life;

/// `symbolon ban …`
#[derive(Debug, Subcommand)]
pub(crate) enum BanCommand {
    /// Ban a subject and end its sessions
    Add {
        /// Who
        subject: String,
        /// How long, such as 7d, or until when, such as 2030-01-01T00:00:00Z [default: without end]
        #[arg(long, value_name = "DURATION|INSTANT", value_parser = Until::parse)]
        until: Option<Until>,
        /// Why, for those who read the list later
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// List the bans in force
    List {
        /// Also those that are over
        #[arg(long)]
        all: bool,
        /// How many at the most
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Lift a ban; what it has ended stays ended
    Remove {
        /// Who
        subject: String,
    },
}

/// The end of a ban as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// So long from now.
    In(Life),
    /// At this instant.
    At(jiff::Timestamp),
}

impl Until {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(instant) = text.parse() {
            return Ok(Self::At(instant));
        }
        let expected = "expected a duration such as 7d or 12h, or an instant such as 2030-01-01T00:00:00Z";
        Life::parse(text).map(Self::In).map_err(|_| expected.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_duration_or_an_instant() {
        let week = Until::parse("7d").unwrap();
        assert!(matches!(week, Until::In(life) if life.get().as_secs() == 7 * 86_400));
        let instant = Until::parse("2030-01-01T08:00:00+08:00").unwrap();
        assert_eq!(instant, Until::At("2030-01-01T00:00:00Z".parse().unwrap()));
        for wrong in ["", "soon", "7", "2030-01-01", "tomorrow", "-1d"] {
            assert!(Until::parse(wrong).is_err(), "{wrong}");
        }
    }
}
