//! The benchmark over HTTP: Symbolon's server beside what HTTP and SQLite can do at the most, in
//! rounds that take turns on one machine.
//!
//! In reading order: [`run`] is the order of the whole, [`stage`] what is prepared for it,
//! [`chapters`] what is measured, [`report`] what is written. [`load`], [`process`], [`limits`] and
//! [`flood`] are what they work with.

mod chapters;
mod flood;
mod limits;
mod load;
mod nodes;
mod peers;
mod process;
mod report;
mod requests;
mod run;
mod stage;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The server's own allocator, so that the bare server differs from it in nothing but its work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Symbolon over HTTP, beside the limits of HTTP and of SQLite on this machine.
#[derive(Parser)]
#[command(max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything and write a Markdown report
    Run(run::Options),
    /// Measure nodes that share a store and write a Markdown report
    Nodes(nodes::Options),
    /// Measure Symbolon over Redis beside libraries that keep sessions there and write a Markdown report
    Peers(peers::Options),
    /// Serve a fixed answer with bare hyper, until it is ended
    HyperLimit {
        /// Port on loopback
        port: u16,
    },
    /// Serve one GET of a Redis for each request with bare hyper, until it is ended
    RedisLimit {
        /// Port on loopback
        port: u16,
        /// The Redis
        url: String,
    },
    /// Write sessions into a store's file with plain SQLite; the store must not be in use
    SqliteLimit {
        /// The database of a store that holds a session at least
        file: PathBuf,
        /// How long
        #[arg(default_value_t = 5)]
        seconds: u64,
    },
    /// Log in at a fixed rate, whether or not answers come
    Flood {
        /// The server
        address: SocketAddr,
        /// Log-ins per second
        rate: u32,
        /// How long
        seconds: u32,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Nodes(options) => nodes::run(&options),
        Command::Peers(options) => peers::run(&options),
        Command::RedisLimit { port, url } => limits::redis::serve(port, &url),
        Command::HyperLimit { port } => limits::hyper::serve(port),
        Command::SqliteLimit { file, seconds } => limits::sqlite::write(&file, seconds),
        Command::Flood {
            address,
            rate,
            seconds,
        } => flood::send(address, rate, seconds),
    }
}
