//! Why a step was not done, from what Redis said.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use symbolon_core::store::StoreError;

/// Why a step was not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It may succeed later.
    Unavailable(String),
    /// There is something that cannot be read.
    Damaged(String),
    /// The server is another run than the store knows: nothing was written, and the log's head is to jump first.
    Restarted,
    /// Redis does not know the script by its name: nothing was done.
    UnknownScript,
    /// The server takes no writes, or not this user's: nothing was written, and another may be the primary now.
    NotPrimary(String),
}

impl Fault {
    /// What Redis said.
    pub(crate) fn of(error: &RedisError) -> Self {
        let text = error.to_string();
        Self::known(error.code(), &text).unwrap_or_else(|| Self::other(error, text))
    }

    /// What a script says of one of its steps: it goes on with the others.
    pub(crate) fn told(text: &str) -> Self {
        let text = text.trim_start_matches('-');
        let code = text.split(' ').next();
        Self::known(code, text).unwrap_or_else(|| Self::Damaged(text.to_owned()))
    }

    fn known(code: Option<&str>, text: &str) -> Option<Self> {
        // Before version 7 Redis wraps what a script's command was answered in an error of its own.
        let says = |wanted: &str| code == Some(wanted) || text.contains(&format!("-{wanted} "));
        let unavailable = |what: &str| Self::Unavailable(format!("{what} ({text})"));
        Some(if says("SYBOOT") {
            Self::Restarted
        } else if says("NOSCRIPT") {
            Self::UnknownScript
        } else if says("SYLOST") || says("SYOTHER") {
            Self::Unavailable(text.to_owned())
        } else if says("SYTWICE") {
            Self::Damaged("there is a session of that id already".to_owned())
        } else if says("SYGONE") {
            Self::Damaged(
                "a session is missing though nothing has ended it: redis evicts keys; set maxmemory-policy to noeviction"
                    .to_owned(),
            )
        } else if says("OOM") {
            unavailable("redis has no memory left: raise maxmemory, or let less be kept")
        } else if says("READONLY") {
            Self::NotPrimary(format!("the server is a replica and takes no writes ({text})"))
        } else if says("LOADING") {
            unavailable("redis is still reading its file")
        } else if says("MISCONF") {
            unavailable("redis cannot write its file and takes no writes: see its log")
        } else if says("NOREPLICAS") {
            unavailable("redis has fewer replicas than min-replicas-to-write demands")
        } else if says("BUSY") || says("UNKILLABLE") {
            unavailable("redis is busy with a script of somebody")
        } else if text.contains("Script killed by user") {
            unavailable("somebody has ended the script of this step")
        } else if says("MASTERDOWN") || says("CLUSTERDOWN") {
            unavailable("redis is not ready")
        } else if says("NOPERM") || says("NOAUTH") {
            unavailable("the user of store.url lacks a right")
        } else if says("WRONGTYPE") {
            Self::Damaged(format!("a key holds what symbolon has not written ({text})"))
        } else {
            return None;
        })
    }

    fn other(error: &RedisError, text: String) -> Self {
        match error.kind() {
            // A script stumbled over what it read.
            ErrorKind::Server(ServerErrorKind::ResponseError) | ErrorKind::Extension => Self::Damaged(text),
            _ => Self::Unavailable(text),
        }
    }

    /// The error of a step that does that.
    pub(crate) fn in_step(self, does: &'static str) -> StoreError {
        match self {
            Self::Unavailable(detail) | Self::NotPrimary(detail) => StoreError::Unavailable {
                operation: does,
                detail,
            },
            Self::Damaged(detail) => StoreError::Damaged {
                operation: does,
                detail,
            },
            Self::Restarted => StoreError::Unavailable {
                operation: does,
                detail: "redis is started again and again".to_owned(),
            },
            Self::UnknownScript => StoreError::Unavailable {
                operation: does,
                detail: "redis forgets its scripts".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use redis::{RedisError, parse_redis_value};

    use super::Fault;

    /// The error that a server's line is read as.
    fn said(line: &str) -> RedisError {
        let answer = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        answer.extract_error().unwrap_err()
    }

    fn is_unavailable(line: &str, begin: &str) -> bool {
        matches!(Fault::of(&said(line)), Fault::Unavailable(text) if text.starts_with(begin))
    }

    #[test]
    fn what_may_pass_is_unavailable_and_says_why() {
        let wrapped = "ERR Error running script (call to f_1): @user_script:9: -OOM command not allowed when used \
            memory > 'maxmemory'.";
        for (line, begin) in [
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                "redis has no memory left",
            ),
            (wrapped, "redis has no memory left"),
            (
                "LOADING Redis is loading the dataset in memory",
                "redis is still reading its file",
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots",
                "redis cannot write its file",
            ),
            ("BUSY Redis is busy running a script.", "redis is busy"),
            (
                "NOREPLICAS Not enough good replicas to write.",
                "redis has fewer replicas",
            ),
            (
                "ERR Error running script: Script killed by user with SCRIPT KILL",
                "somebody has ended",
            ),
            ("MASTERDOWN Link with MASTER is down", "redis is not ready"),
            (
                "NOPERM User app has no permissions",
                "the user of store.url lacks a right",
            ),
            (
                "NOAUTH Authentication required.",
                "the user of store.url lacks a right",
            ),
        ] {
            assert!(
                is_unavailable(line, begin),
                "{line}: {:?}",
                Fault::of(&said(line))
            );
        }
        assert!(is_unavailable("SYLOST the store is gone", ""));
        assert!(is_unavailable("SYOTHER another store", ""));
    }

    #[test]
    fn what_changes_what_is_done_next_is_known_by_its_code() {
        assert_eq!(
            Fault::of(&said("SYBOOT redis was started again")),
            Fault::Restarted
        );
        assert_eq!(
            Fault::of(&said("NOSCRIPT No matching script. Please use EVAL.")),
            Fault::UnknownScript
        );
        let replica = Fault::of(&said("READONLY You can't write against a read only replica."));
        assert!(matches!(replica, Fault::NotPrimary(_)), "{replica:?}");
    }

    #[test]
    fn what_a_script_says_of_one_of_its_steps_is_known_as_well() {
        assert_eq!(Fault::told("SYBOOT redis was started again"), Fault::Restarted);
        for (said, unavailable) in [
            ("OOM command not allowed when used memory > 'maxmemory'.", true),
            ("-MISCONF Redis is configured to save RDB snapshots", true),
            ("WRONGTYPE Operation against a key", false),
            ("user_script:12: attempt to compare nil with number", false),
        ] {
            let fault = Fault::told(said);
            assert_eq!(matches!(fault, Fault::Unavailable(_)), unavailable, "{fault:?}");
            assert_eq!(matches!(fault, Fault::Damaged(_)), !unavailable, "{fault:?}");
        }
        assert!(matches!(
            Fault::told("READONLY You can't write"),
            Fault::NotPrimary(_)
        ));
    }

    #[test]
    fn what_an_operator_must_look_at_is_damage() {
        for line in [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "SYTWICE there is a session of that id",
            "SYGONE a session is missing",
            "ERR The ID specified in XADD is equal or smaller than the target stream top item",
            "ERR user_script:12: attempt to compare nil with number script: f_1, on @user_script:12.",
        ] {
            let fault = Fault::of(&said(line));
            assert!(matches!(fault, Fault::Damaged(_)), "{line}: {fault:?}");
        }
    }
}
