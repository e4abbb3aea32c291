//! Who is measured.

use std::process::Command;

use symbolon_testkit::server::{Server, Start};
use tokio::runtime::Runtime;

use super::{Options, Step};
use crate::process::{Running, Target, free_address};
use crate::run::target;

/// A server that keeps its sessions in Redis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Contestant {
    /// As it is shipped.
    Symbolon,
    /// The same without a near cache: each verify is a miss.
    SymbolonOnMiss,
    ActixSession,
    TowerSessions,
    SaTokenRust,
}

/// It, while it runs. It ends with this.
pub(super) enum Process {
    Symbolon { server: Box<Server>, key: String },
    Peer(Running),
}

impl Contestant {
    /// All of them, in turn.
    pub(super) const ALL: [Self; 5] = [
        Self::Symbolon,
        Self::SymbolonOnMiss,
        Self::ActixSession,
        Self::TowerSessions,
        Self::SaTokenRust,
    ];

    /// As it stands in the tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Symbolon => "Symbolon",
            Self::SymbolonOnMiss => "Symbolon, each a miss",
            Self::ActixSession => "actix-session",
            Self::TowerSessions => "tower-sessions",
            Self::SaTokenRust => "sa-token-rust",
        }
    }

    /// What is measured of it: a near cache makes a difference to a verify alone, and two know no list of a subject's
    /// sessions.
    pub(super) fn steps(self) -> &'static [Step] {
        match self {
            Self::Symbolon | Self::SaTokenRust => &[Step::Verify, Step::List, Step::Refresh, Step::Create],
            Self::SymbolonOnMiss => &[Step::Verify],
            Self::ActixSession | Self::TowerSessions => &[Step::Verify, Step::Refresh, Step::Create],
        }
    }

    /// Starts it over that Redis.
    pub(super) fn start(self, runtime: &Runtime, options: &Options, redis: &str) -> anyhow::Result<Process> {
        if !matches!(self, Self::Symbolon | Self::SymbolonOnMiss) {
            let address = free_address()?;
            let binary = options.peers.join(format!("peer-{}", self.name()));
            let mut command = Command::new(binary);
            command.args([&address.port().to_string(), redis]);
            return Ok(Process::Peer(Running::start(&mut command, address)?));
        }
        let mut start = Start::binary(options.binary.canonicalize()?).env("SYMBOLON_STORE__URL", redis);
        if self == Self::SymbolonOnMiss {
            start = start.env("SYMBOLON_NODE__NEAR_CAPACITY", "1");
        }
        let server = Box::new(runtime.block_on(start.ready()));
        let key = server.api_key("bench", "issue");
        Ok(Process::Symbolon { server, key })
    }
}

impl Process {
    pub(super) fn target(&self) -> Target {
        match self {
            Self::Symbolon { server, .. } => target(server),
            Self::Peer(running) => running.target(),
        }
    }

    /// What a log-in is to show, where not everyone may ask for one.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Symbolon { key, .. } => Some(key),
            Self::Peer(_) => None,
        }
    }
}
