use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::EXPECT;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::DRAIN_MAX;
use crate::problem::Problem;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// It has more than so many bytes. What was there of it was read and thrown away.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// It did not come in time.
    #[error("the body did not arrive in time")]
    Slow,
    /// The connection broke, or the coding of the body did.
    #[error("the body ended early")]
    Broken,
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge(max) => Self::payload_too_large(max),
            BodyFault::Slow => Self::request_timeout(),
            BodyFault::Broken => Self::invalid_request("the body ended early"),
        }
    }
}

/// Reads a whole body of at most `max` bytes within `time`. `headers` are those of its request.
///
/// A larger one is read on and thrown away, up to [`DRAIN_MAX`] bytes and within the same time, so that the client
/// reads its 413. One that waits for `100 Continue` is refused without reading: nothing of it was sent.
///
/// # Errors
/// See [`BodyFault`].
pub async fn read_body<B>(
    headers: &HeaderMap,
    body: B,
    max: usize,
    time: Duration,
) -> Result<Bytes, BodyFault>
where
    B: Body<Data = Bytes>,
{
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > max && headers.contains_key(EXPECT) {
        return Err(BodyFault::TooLarge(max));
    }
    let deadline = Instant::now() + time;
    let mut body = pin!(body);
    let mut gathered = Gathered::new(max, announced);
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return gathered.finish(),
            Err(_) if gathered.is_over() => return gathered.finish(),
            Err(_) => return Err(BodyFault::Slow),
        };
        // Trailers are of no use to anyone here.
        if let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() {
            gathered.add(data);
        }
        if gathered.count > DRAIN_MAX.max(max) {
            return gathered.finish();
        }
    }
}

/// The parts of a body, as long as they are not too many.
struct Gathered {
    max: usize,
    /// Bytes seen, also those thrown away.
    count: usize,
    over: bool,
    /// Most bodies come in one part, which is kept as it is.
    only: Bytes,
    parts: BytesMut,
}

impl Gathered {
    fn new(max: usize, announced: usize) -> Self {
        Self {
            max,
            count: 0,
            over: announced > max,
            only: Bytes::new(),
            parts: BytesMut::new(),
        }
    }

    fn add(&mut self, data: Bytes) {
        self.count = self.count.saturating_add(data.len());
        if self.over || self.count > self.max {
            self.over = true;
            self.only = Bytes::new();
            self.parts = BytesMut::new();
        } else if self.count == data.len() {
            self.only = data;
        } else {
            self.parts.extend_from_slice(&std::mem::take(&mut self.only));
            self.parts.extend_from_slice(&data);
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn finish(self) -> Result<Bytes, BodyFault> {
        if self.over {
            Err(BodyFault::TooLarge(self.max))
        } else if self.parts.is_empty() {
            Ok(self.only)
        } else {
            Ok(self.parts.freeze())
        }
    }
}
