use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use pin_project_lite::pin_project;

use crate::problem::Problem;

pin_project! {
    /// A handler whose panic is a 500. Nothing of what it was doing is used after it: the request is dropped, and what
    /// it changed elsewhere is a store's whole step or none.
    pub(super) struct Caught<F> {
        #[pin]
        handler: F,
    }
}

impl<F> Caught<F> {
    pub(super) fn new(handler: F) -> Self {
        Self { handler }
    }
}

impl<F: Future<Output = Response>> Future for Caught<F> {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let handler = self.project().handler;
        catch_unwind(AssertUnwindSafe(|| handler.poll(cx))).unwrap_or_else(|_| Poll::Ready(internal()))
    }
}

/// The answer in place of the one that a panic has prevented. The panic's own text went to the log by its hook.
pub(super) fn internal() -> Response {
    tracing::error!("a request was given up: its handler panicked");
    Problem::internal().into_response()
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};
    use std::task::Poll;

    use axum::response::{IntoResponse, Response};

    use super::Caught;

    #[tokio::test]
    async fn a_panic_becomes_a_500_and_never_a_200() {
        let answer = Caught::new(async { panic!("on purpose") }).await;
        assert_eq!(answer.status(), 500);
    }

    #[tokio::test]
    async fn a_panic_after_a_wait_is_caught_too() {
        let mut polls = 0;
        let handler = poll_fn(|cx| {
            polls += 1;
            assert!(polls < 2, "on purpose");
            cx.waker().wake_by_ref();
            Poll::<Response>::Pending
        });
        assert_eq!(Caught::new(handler).await.status(), 500);
    }

    #[tokio::test]
    async fn an_answer_goes_through() {
        assert_eq!(Caught::new(ready("fine".into_response())).await.status(), 200);
    }
}
