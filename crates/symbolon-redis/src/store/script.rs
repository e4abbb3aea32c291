//! Scripts, and calls of them.

use std::sync::OnceLock;

use redis::{Cmd, Value};

use super::fault::Fault;
use super::reply::list;

/// A script. Redis keeps it under its SHA-1, which is learned from Redis when the script is first given to it.
pub(crate) struct Script {
    /// What it does, as it stands in errors: "the store cannot … now".
    pub(super) does: &'static str,
    text: &'static str,
    /// Whether one run does many steps: then it answers a list.
    takes_many: bool,
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
            takes_many: false,
            sha: OnceLock::new(),
        }
    }

    /// The same for one that takes the arguments of several calls, one after the other, and answers for each.
    pub(crate) const fn taking_many(mut self) -> Self {
        self.takes_many = true;
        self
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

    /// The command: by the script's name, or where that is unknown (or `whole`) with its text.
    pub(super) fn command(&self, place: &Place, whole: bool) -> Cmd {
        command(&[self], place, None, whole)
    }

    /// Whether one run of a script may do both.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        self.script.takes_many && std::ptr::eq(self.script, other.script)
    }
}

/// Calls that one run of a script does: one, or several of a script that takes many. `chance` is the argument before the
/// others of a script that takes positions.
pub(super) struct Batch<'c> {
    pub(super) script: &'static Script,
    calls: Vec<&'c Call>,
    chance: [u8; 12],
}

impl<'c> Batch<'c> {
    /// One, and others that [go with](Call::goes_with) it.
    pub(super) fn new(first: &'c Call, others: impl Iterator<Item = &'c Call>, chance: [u8; 12]) -> Self {
        Self {
            script: first.script,
            calls: std::iter::once(first).chain(others).collect(),
            chance,
        }
    }

    /// The command, as that of a [`Call`].
    pub(super) fn command(&self, place: &Place, whole: bool) -> Cmd {
        command(&self.calls, place, Some(&self.chance), whole)
    }

    /// The answer of each call.
    pub(super) fn answers(&self, answer: Result<Value, Fault>) -> Vec<Result<Value, Fault>> {
        if !self.script.takes_many {
            return vec![answer];
        }
        let count = self.calls.len();
        match answer.and_then(list) {
            Ok(all) if all.len() == count => all.into_iter().map(judge_one).collect(),
            Ok(_) => vec![Err(Fault::Damaged("the answer is of another length".to_owned())); count],
            Err(fault) => vec![Err(fault); count],
        }
    }
}

/// The answer of one of many: what it answers, or `fault` and why.
fn judge_one(answer: Value) -> Result<Value, Fault> {
    match &answer {
        Value::Array(parts) => match &parts[..] {
            [Value::BulkString(word), Value::BulkString(why)] if word == b"fault" => {
                Err(Fault::told(&String::from_utf8_lossy(why)))
            }
            _ => Ok(answer),
        },
        _ => Ok(answer),
    }
}

fn command(calls: &[&Call], place: &Place, chance: Option<&[u8]>, whole: bool) -> Cmd {
    let Some(script) = calls.first().map(|call| call.script) else {
        return Cmd::new();
    };
    let (args, bytes) = calls.iter().fold((6, 160), |(args, bytes), call| {
        (args + call.ends.len(), bytes + call.bytes.len())
    });
    let mut command = Cmd::with_capacity(args, bytes);
    match script.sha.get() {
        Some(sha) if !whole => command.arg("EVALSHA").arg(sha),
        _ => command.arg("EVAL").arg(script.text),
    };
    command.arg(1).arg(&place.prefix).arg(&place.cluster_id);
    if let Some(chance) = chance {
        command.arg(chance);
    }
    for call in calls {
        let mut from = 0;
        for end in &call.ends {
            command.arg(&call.bytes[from..*end]);
            from = *end;
        }
    }
    command
}
