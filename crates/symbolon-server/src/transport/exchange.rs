use std::fmt::Display;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::call::{Call, Reply};

/// The largest answer is a page of 200 sessions with their claims.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Sends a request over a connection that is there for it alone, and reads the answer.
///
/// # Errors
/// Why there is no answer, or none that can be read.
pub(super) async fn exchange<I>(io: I, call: Call) -> Result<Reply, String>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let request = call.into_request()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(text)?;
    let exchange = async move {
        let (head, body) = sender.send_request(request).await.map_err(text)?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(text)?;
        Ok::<(StatusCode, Bytes), String>((head.status, body.to_bytes()))
    };
    // The connection is driven beside the exchange and ends with it, since the sender is then gone. How it ends is no
    // news: what went wrong with it went wrong with the exchange.
    let (answer, _) = tokio::join!(exchange, connection);
    let (status, body) = answer?;
    Reply::of(status, &body)
}

fn text(error: impl Display) -> String {
    error.to_string()
}
