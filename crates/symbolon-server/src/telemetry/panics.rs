use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;

/// What stands in place of a message that was made at run time.
const WITHHELD: &str = "(the message is not shown: it was made of values)";

/// From now on a panic is an event of the log, with its place. Its message is told only where it stands in the program
/// as it is: one that was made of values could hold a part of a secret.
pub(super) fn tell() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        // Only where RUST_BACKTRACE asks for it. It names functions and lines, and no values.
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        tracing::error!(
            panic.place = place,
            panic.thread = thread.name(),
            panic.backtrace = backtrace,
            "panic: {}",
            message(panic.payload())
        );
    }));
}

/// The message, if it is a literal. Messages that are made of values are a `String`.
fn message(payload: &dyn Any) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_message_is_told_only_if_it_stands_in_the_program() {
        let literal = catch_unwind(|| panic!("a step is missing")).unwrap_err();
        assert_eq!(message(&*literal), "a step is missing");
        let token = String::from("sya_secret");
        let made = catch_unwind(|| panic!("no session of {token}")).unwrap_err();
        assert_eq!(message(&*made), WITHHELD);
    }
}
