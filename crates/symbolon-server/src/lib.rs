//! What the binary `symbolon` is made of. It is a library only so that a fuzzer can be linked to it: a program embeds
//! the crate `symbolon`.
//!
//! In reading order: [`cli`] is what can be typed and [`program`] what becomes of it. [`config`] is what the server is
//! told, [`compose`] puts the library and the wire together from it, [`serve`] runs them, [`lifecycle`] is the process
//! around. [`commands`] are requests to the admin API, which go over a [`transport`]: to a server that runs, or to the
//! same routes in this process. [`doctor`] looks at everything. [`terminal`], [`messages`], [`telemetry`] and
//! [`exit`] are how it speaks.

mod cli;
mod clock;
mod commands;
mod compose;
mod config;
mod doctor;
mod exit;
mod lifecycle;
mod messages;
mod opening;
mod port_holder;
mod program;
mod redis_condition;
mod serve;
mod telemetry;
mod terminal;
mod transport;

use std::ffi::OsString;
use std::process::ExitCode;

/// The name of the binary.
pub(crate) const PROGRAM: &str = "symbolon";

/// Runs the program with the arguments of its process, its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    program::run(arguments).into()
}

/// Reads arbitrary bytes as a configuration file; the answer is whether a server could start with it. For fuzzers.
#[must_use]
pub fn is_configuration(bytes: &[u8]) -> bool {
    config::fuzz(bytes).is_ok()
}
