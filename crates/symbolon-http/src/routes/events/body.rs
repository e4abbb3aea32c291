use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::watch::{Next, Watch};

/// A comment (WHATWG HTML §9.2.6): clients do not show it.
const COMMENT: &[u8] = b":\n\n";

type Waiting = Pin<Box<dyn Future<Output = (Watch, Next)> + Send>>;

/// The body of a stream. It begins with a comment, so that the client and every proxy see at once that it is open.
pub(super) struct EventBody {
    state: State,
}

enum State {
    Opening(Watch),
    Waiting(Waiting),
    Ended,
}

impl EventBody {
    pub(super) fn new(watch: Watch) -> Self {
        Self {
            state: State::Opening(watch),
        }
    }
}

fn wait(mut watch: Watch) -> State {
    State::Waiting(Box::pin(async move {
        let next = watch.next().await;
        (watch, next)
    }))
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (text, then) = match std::mem::replace(&mut self.state, State::Ended) {
            State::Ended => return Poll::Ready(None),
            State::Opening(watch) => (Bytes::from_static(COMMENT), wait(watch)),
            State::Waiting(mut waiting) => {
                let Poll::Ready((watch, next)) = waiting.as_mut().poll(cx) else {
                    self.state = State::Waiting(waiting);
                    return Poll::Pending;
                };
                match next {
                    Next::Comment => (Bytes::from_static(COMMENT), wait(watch)),
                    Next::Ended(event) => (Bytes::from(event), State::Ended),
                    Next::Gone => return Poll::Ready(None),
                }
            }
        };
        self.state = then;
        Poll::Ready(Some(Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}
