//! The process: what it may take, which signals it hears, how it ends at once.

mod limits;
mod signals;

use std::io::Write as _;

use crate::exit::Exit;

pub(crate) use limits::{forbid_core_dumps, raise_open_files};
pub(crate) use signals::Signals;

/// Ends the process where it stands. What was acknowledged is durable; what waits for a thread that hangs would wait
/// for ever.
pub(crate) fn leave(exit: Exit) -> ! {
    // Nothing is lost if it cannot be flushed: there is nobody left to tell.
    let _ = std::io::stdout().flush();
    std::process::exit(exit as i32)
}
