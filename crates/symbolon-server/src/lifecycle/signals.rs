use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::tree::Locale;
use crate::messages::start as text;

/// The signals that a server hears.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    locale: Locale,
}

impl Signals {
    /// Hears signals from now on, in place of being ended by them. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn listen(locale: Locale) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            locale,
        })
    }

    /// Waits for a signal that asks to end, and names it. SIGHUP is only noted: a terminal that closes must not end the
    /// server, and who expects it to read its settings anew should know that it does not. Cancel-safe.
    pub(crate) async fn asked(&mut self) -> &'static str {
        loop {
            // Each `recv` keeps what came while it was not polled.
            tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.hangup.recv() => tracing::warn!("{}", text::HANGUP_IGNORED.get(self.locale)),
            }
        }
    }
}
