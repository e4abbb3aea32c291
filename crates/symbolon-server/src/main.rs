//! The server `symbolon`: one binary, its command line and its configuration.
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
mod serve;
mod telemetry;
mod terminal;
mod transport;

use std::process::ExitCode;

/// Verify allocates nothing; all else, most of all hyper and SQLite's rows, is served faster than by the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program::run(std::env::args_os()).into()
}
