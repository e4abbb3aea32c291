use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pulse::Pulse;
use super::stream::Stream;
use crate::limits::DRAIN_MAX;

/// A stream that tells the pulse what happens on it: that bytes came, that a write is blocked, that only the peer's
/// end is waited for. It sets no timer itself.
pub(super) struct Paced {
    stream: Stream,
    pulse: Arc<Pulse>,
    /// What was read while the protocol was found out.
    early: Bytes,
    stuck: bool,
    closing: Closing,
}

/// The end of a connection: first our last bytes, then the peer's. A socket that is closed with unread bytes in it
/// resets the connection, and the peer loses the answer (a 413, a 431) that it has not read yet.
enum Closing {
    No,
    /// Everything is sent; up to so many bytes are still read and thrown away.
    Lingering(usize),
}

impl Paced {
    pub(super) fn new(stream: Stream, early: Bytes, pulse: Arc<Pulse>) -> Self {
        if !early.is_empty() {
            pulse.hear();
        }
        Self {
            stream,
            pulse,
            early,
            stuck: false,
            closing: Closing::No,
        }
    }

    /// A write that is blocked stays so until everything is flushed: a peer that takes single bytes gains no time.
    fn note_write<T>(&mut self, outcome: Poll<T>, flushed: bool) -> Poll<T> {
        let stuck = outcome.is_pending() || (self.stuck && !flushed);
        if stuck != self.stuck {
            self.stuck = stuck;
            self.pulse.turn_stall();
        }
        outcome
    }

    /// Reads to the peer's end, at most [`DRAIN_MAX`] bytes.
    fn poll_linger(&mut self, cx: &mut Context<'_>, mut left: usize) -> Poll<io::Result<()>> {
        let mut waste = [0_u8; 4096];
        while left > 0 {
            let mut buf = ReadBuf::new(&mut waste);
            let read = Pin::new(&mut self.stream).poll_read(cx, &mut buf);
            // Whatever goes wrong now, the connection is over and the answer is out.
            if let Poll::Ready(Err(_)) = read {
                return Poll::Ready(Ok(()));
            }
            let count = buf.filled().len();
            left = left.saturating_sub(count);
            self.closing = Closing::Lingering(left);
            ready!(read)?;
            if count == 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Paced {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.early.is_empty() {
            let count = this.early.len().min(buf.remaining());
            buf.put_slice(&this.early[..count]);
            this.early.advance(count);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.pulse.hear();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.note_write(outcome, false)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_flush(cx);
        this.note_write(outcome, true)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Closing::No = this.closing {
            let outcome = Pin::new(&mut this.stream).poll_shutdown(cx);
            ready!(this.note_write(outcome, true))?;
            if this.pulse.is_brisk() {
                return Poll::Ready(Ok(()));
            }
            this.closing = Closing::Lingering(DRAIN_MAX);
            this.pulse.linger();
        }
        match this.closing {
            Closing::Lingering(left) => this.poll_linger(cx, left),
            Closing::No => Poll::Ready(Ok(())),
        }
    }
}
