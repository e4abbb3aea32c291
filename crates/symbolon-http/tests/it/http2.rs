//! HTTP/2, by a client and by bare frames.

use tokio::time::Instant;

use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use symbolon_http::listen::ListenLimits;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use crate::running::{LARGE, Raw, Running, SHORT, eventually, in_time, patient};

pub(crate) type Client = http2::SendRequest<Empty<bytes::Bytes>>;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

async fn client(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Client {
    let (sender, connection) = in_time(http2::handshake(TokioExecutor::new(), TokioIo::new(stream)))
        .await
        .unwrap();
    TaskTracker::new().spawn(connection);
    sender
}

pub(crate) async fn connect(server: &Running) -> Client {
    client(TcpStream::connect(server.addr.unwrap()).await.unwrap()).await
}

fn request(path: &str) -> Request<Empty<bytes::Bytes>> {
    Request::get(format!("http://a{path}"))
        .body(Empty::new())
        .unwrap()
}

pub(crate) async fn ask(client: &mut Client, path: &str) -> (u16, String) {
    let answer = in_time(client.send_request(request(path))).await.unwrap();
    let status = answer.status().as_u16();
    let body = in_time(answer.into_body().collect()).await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// One answer over a stream that speaks HTTP/2 from its first byte.
pub(crate) async fn get(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    path: &str,
) -> (u16, String) {
    ask(&mut client(stream).await, path).await
}

/// A frame (RFC 9113 §4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// `GET http://a/` in HPACK: three entries of the static table and a literal authority.
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

/// A raw connection after the preface and empty settings.
pub(crate) async fn raw(server: &Running) -> Raw<TcpStream> {
    let mut raw = server.connect().await;
    raw.send(PREFACE).await;
    raw.send(frame(SETTINGS, 0, 0, &[])).await;
    raw
}

/// The kinds and payloads of all frames up to the end of the connection.
pub(crate) async fn frames_to_end(mut raw: Raw<TcpStream>) -> Vec<(u8, Vec<u8>)> {
    let mut bytes = Vec::new();
    let _ = in_time(raw.0.read_to_end(&mut bytes)).await;
    let mut rest = bytes.as_slice();
    let mut frames = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, after @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if after.len() < length {
            break;
        }
        let (payload, next) = after.split_at(length);
        frames.push((*kind, payload.to_vec()));
        rest = next;
    }
    frames
}

/// The error code of a GOAWAY, if the connection ended with one.
pub(crate) async fn goaway(raw: Raw<TcpStream>) -> Option<u8> {
    let frames = frames_to_end(raw).await;
    frames
        .iter()
        .rev()
        .find(|(kind, _)| *kind == GOAWAY)
        .map(|(_, payload)| payload[7])
}

#[tokio::test]
async fn http2_is_served_to_a_client_that_knows_beforehand() {
    let server = Running::start(patient());
    let mut client = connect(&server).await;
    assert_eq!(ask(&mut client, "/ok").await, (200, "ok".to_owned()));
    assert_eq!(ask(&mut client, "/ok").await, (200, "ok".to_owned()));
    assert_eq!(server.gate.connections(), 1);
}

#[tokio::test]
async fn a_path_too_long_is_answered_414_and_too_many_fields_431() {
    let server = Running::start(patient());
    let mut client = connect(&server).await;
    assert_eq!(ask(&mut client, &format!("/{}", "x".repeat(4096))).await.0, 414);
    let mut many = request("/ok");
    for _ in 0..65 {
        many.headers_mut().append("x", "y".parse().unwrap());
    }
    assert_eq!(
        in_time(client.send_request(many))
            .await
            .unwrap()
            .status()
            .as_u16(),
        431
    );
    let mut large = request("/ok");
    large
        .headers_mut()
        .insert("x", "y".repeat(17 * 1024).parse().unwrap());
    // hyper refuses it by the settings that the server announced, or the server answers: it is never served.
    if let Ok(answer) = in_time(client.send_request(large)).await {
        assert_eq!(answer.status().as_u16(), 431);
    }
    assert!(server.desk.seen().is_empty());
}

#[tokio::test]
async fn work_that_takes_too_long_on_one_stream_leaves_the_others_alone() {
    let server = Running::start(ListenLimits {
        request: SHORT,
        ..patient()
    });
    let mut client = connect(&server).await;
    let begin = Instant::now();
    assert_eq!(ask(&mut client, "/hold").await.0, 503);
    assert!(begin.elapsed() >= SHORT);
    assert_eq!(ask(&mut client, "/ok").await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn an_idle_http2_connection_is_told_to_go_away_and_closed() {
    let server = Running::start(ListenLimits {
        idle: SHORT,
        ..patient()
    });
    let begin = Instant::now();
    assert_eq!(goaway(raw(&server).await).await, Some(0));
    assert!(begin.elapsed() >= SHORT);
}

#[tokio::test]
async fn frames_between_requests_are_not_taken_for_a_slow_header() {
    let server = Running::start(ListenLimits {
        header: SHORT,
        ..patient()
    });
    let mut client = connect(&server).await;
    assert_eq!(ask(&mut client, "/ok").await.0, 200);
    tokio::time::sleep(SHORT * 3).await;
    assert_eq!(ask(&mut client, "/ok").await.0, 200);
    assert_eq!(server.gate.connections(), 1);
}

#[tokio::test]
async fn a_stream_reset_over_and_over_ends_the_connection() {
    // CVE-2023-44487: each reset stream is work for us and free for the peer.
    let server = Running::start(patient());
    let mut raw = raw(&server).await;
    for stream in (1..2001).step_by(2) {
        let mut both = frame(HEADERS, END_HEADERS | END_STREAM, stream, GET);
        both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        if raw.try_send(both).await.is_err() {
            break;
        }
    }
    const ENHANCE_YOUR_CALM: u8 = 11;
    assert_eq!(goaway(raw).await, Some(ENHANCE_YOUR_CALM));
    assert!(server.desk.seen().len() < 1000, "{}", server.desk.seen().len());
}

#[tokio::test]
async fn a_header_without_an_end_ends_the_connection() {
    // VU#421644: CONTINUATION frames without END_HEADERS.
    let server = Running::start(patient());
    let mut raw = raw(&server).await;
    raw.send(frame(HEADERS, END_STREAM, 1, GET)).await;
    let mut field = vec![0x00, 0x01, b'x', 0x7f, 0x81, 0x07];
    field.extend(vec![b'y'; 1024]);
    let mut sent = 0;
    while sent < 100_000 && raw.try_send(frame(CONTINUATION, 0, 1, &field)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 100_000, "it was read for ever");
    eventually("its place is free", || server.gate.connections() == 0).await;
    assert!(server.desk.seen().is_empty());
}

#[tokio::test]
async fn a_101st_stream_is_refused() {
    let server = Running::start(patient());
    let mut raw = raw(&server).await;
    let hold = [
        &[0x82, 0x86, 0x04, 0x05],
        b"/hold".as_slice(),
        &[0x41, 0x01, b'a'],
    ]
    .concat();
    for stream in (1..=201).step_by(2) {
        raw.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, &hold))
            .await;
    }
    server.begun(100).await;
    const REFUSED_STREAM: [u8; 4] = 7_u32.to_be_bytes();
    let mut seen = Vec::new();
    while !seen.ends_with(&REFUSED_STREAM) {
        seen.push(in_time(raw.0.read_u8()).await.unwrap());
    }
    assert_eq!(server.desk.seen().len(), 100);
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_closed_at_the_write_limit() {
    let server = Running::start(ListenLimits {
        write: SHORT,
        ..patient()
    });
    let mut deaf = raw(&server).await;
    // Windows as large as can be, so that only the socket holds the answer back.
    let wide = [&[0, 4], 0x7fff_ffff_u32.to_be_bytes().as_slice()].concat();
    deaf.send(frame(SETTINGS, 0, 0, &wide)).await;
    deaf.send(frame(8, 0, 0, &0x7fff_0000_u32.to_be_bytes())).await;
    let large = [
        &[0x82, 0x86, 0x04, 0x06],
        b"/large".as_slice(),
        &[0x41, 0x01, b'a'],
    ]
    .concat();
    deaf.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &large))
        .await;
    eventually("it is asked", || !server.desk.seen().is_empty()).await;
    eventually("its place is free", || server.gate.connections() == 0).await;
    assert!(
        frames_to_end(deaf)
            .await
            .iter()
            .map(|(_, payload)| payload.len())
            .sum::<usize>()
            < LARGE
    );
}

#[tokio::test]
async fn a_drain_answers_the_open_streams() {
    let server = Running::start(patient());
    let mut client = connect(&server).await;
    let held = client.send_request(request("/hold"));
    let release = async {
        server.begun(1).await;
        server.stop.cancel();
        server.desk.release.add_permits(1);
    };
    let (held, ()) = in_time(async { tokio::join!(held, release) }).await;
    let body = in_time(held.unwrap().into_body().collect())
        .await
        .unwrap()
        .to_bytes();
    assert_eq!(body, "held");
    assert_eq!(server.stop().await.cut_off, 0);
}
