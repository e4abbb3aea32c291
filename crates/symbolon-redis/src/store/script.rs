//! Scripts, and calls of them.

use std::sync::OnceLock;

use redis::Cmd;

/// A script. Redis keeps it under its SHA-1, which is learned from Redis when the script is first given to it.
pub(crate) struct Script {
    /// What it does, as it stands in errors: "the store cannot … now".
    pub(super) does: &'static str,
    text: &'static str,
    sha: OnceLock<String>,
}

/// A script of parts of `lua/`, one after the other.
macro_rules! script {
    ($does:literal: $($part:literal)+) => {
        $crate::store::script::Script::new(
            $does,
            concat!($(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/lua/", $part, ".lua")), "\n",)+),
        )
    };
}
pub(crate) use script;

impl Script {
    pub(crate) const fn new(does: &'static str, text: &'static str) -> Self {
        Self {
            does,
            text,
            sha: OnceLock::new(),
        }
    }

    /// The command that gives it to Redis; `None`: its name is known.
    pub(super) fn load(&self) -> Option<Cmd> {
        if self.sha.get().is_some() {
            return None;
        }
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(self.text);
        Some(load)
    }

    /// Takes the name that Redis gave it.
    pub(super) fn is_named(&self, sha: String) {
        // Whoever was first had the same answer.
        drop(self.sha.set(sha));
    }
}

/// Where a store's keys are, and whose store it is: the same with each call.
#[derive(Clone)]
pub(crate) struct Place {
    /// What every key begins with.
    pub(super) prefix: String,
    /// The store's own id, as 32 hexadecimal digits.
    pub(super) cluster_id: String,
}

/// A call of a script: its arguments one after the other.
pub(crate) struct Call {
    pub(super) script: &'static Script,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Call {
    /// Without arguments yet.
    pub(crate) fn of(script: &'static Script) -> Self {
        Self {
            script,
            bytes: Vec::with_capacity(512),
            ends: Vec::with_capacity(32),
        }
    }

    /// Adds bytes, or the bytes of a text.
    pub(crate) fn arg(&mut self, value: impl AsRef<[u8]>) -> &mut Self {
        self.bytes.extend_from_slice(value.as_ref());
        self.ends.push(self.bytes.len());
        self
    }

    /// Adds a number or an id as its text.
    pub(crate) fn text(&mut self, value: impl std::fmt::Display) -> &mut Self {
        use std::io::Write as _;
        // A vector takes all that is written.
        drop(write!(self.bytes, "{value}"));
        self.ends.push(self.bytes.len());
        self
    }

    /// Adds one that may be absent: nothing, or a plus sign and then the value.
    pub(crate) fn maybe(&mut self, value: Option<impl AsRef<[u8]>>) -> &mut Self {
        if let Some(value) = value {
            self.bytes.push(b'+');
            self.bytes.extend_from_slice(value.as_ref());
        }
        self.ends.push(self.bytes.len());
        self
    }

    /// The same as text.
    pub(crate) fn maybe_text(&mut self, value: Option<impl std::fmt::Display>) -> &mut Self {
        self.maybe(value.map(|value| value.to_string()))
    }

    /// The command: by the script's name, or where that is unknown (or `whole`) with its text. `chance` is the argument
    /// before the others of a script that takes positions.
    pub(super) fn command(&self, place: &Place, chance: Option<&[u8]>, whole: bool) -> Cmd {
        let mut command = Cmd::with_capacity(self.ends.len() + 6, self.bytes.len() + 160);
        match self.script.sha.get() {
            Some(sha) if !whole => command.arg("EVALSHA").arg(sha),
            _ => command.arg("EVAL").arg(self.script.text),
        };
        command.arg(1).arg(&place.prefix).arg(&place.cluster_id);
        if let Some(chance) = chance {
            command.arg(chance);
        }
        let mut from = 0;
        for end in &self.ends {
            command.arg(&self.bytes[from..*end]);
            from = *end;
        }
        command
    }
}
