//! The server `symbolon`: one binary, its command line and its configuration. See `lib.rs`.

use std::process::ExitCode;

/// Verify allocates nothing; all else, most of all hyper and SQLite's rows, is served faster than by the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    symbolon_server::run(std::env::args_os())
}
