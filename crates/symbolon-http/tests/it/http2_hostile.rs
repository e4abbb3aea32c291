//! HTTP/2 by bare frames that no honest client sends. Rapid reset and endless headers are in `http2`.

use symbolon_http::listen::ListenLimits;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::http2::{
    END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, ask, connect, frame, frames_to_end,
    goaway, raw,
};
use crate::running::{PATIENCE, Running, SHORT, eventually, patient};

const DATA: u8 = 0;
const PING: u8 = 6;

/// RFC 9113 §7.
const PROTOCOL_ERROR: u8 = 1;
const ENHANCE_YOUR_CALM: u8 = 11;

/// A field as a literal that is not kept (RFC 7541 §6.2.2), its texts below 127 bytes.
fn literal((name, value): &(&str, &str)) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        field.push(u8::try_from(text.len()).unwrap());
        field.extend_from_slice(text.as_bytes());
    }
    field
}

fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(literal).collect()
}

const GOOD: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":path", "/ok"),
    (":authority", "a"),
];

/// The good request with one of its fields as another.
fn but(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    GOOD.map(|field| if field.0 == name { (name, value) } else { field })
        .to_vec()
}

fn broken() -> Vec<Vec<(&'static str, &'static str)>> {
    let mut requests: Vec<_> = [
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("keep-alive", "5"),
        ("proxy-connection", "close"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        ("X-Upper", "y"),
        ("x", "a\r\ntransfer-encoding: chunked"),
        ("x", "a\0b"),
        ("x y", "z"),
        ("x:", "z"),
        ("", "z"),
        (":path", "/other"),
        (":method", "POST"),
        (":authority", "b"),
        (":unknown", "x"),
        (":status", "200"),
    ]
    .map(|more| [GOOD.as_slice(), &[more]].concat())
    .into();
    for name in [":method", ":scheme", ":path"] {
        let mut fields = GOOD.to_vec();
        fields.retain(|(own, _)| *own != name);
        requests.push(fields);
    }
    requests.push([&[("x", "y")], GOOD.as_slice()].concat());
    requests.push(but(":path", ""));
    requests.push(but(":path", "/ok HTTP/1.1\r\nX: y"));
    requests.push(but(":path", "/ok\0"));
    requests.push(but(":method", "GET /ok HTTP/1.1\r\nHost: a\r\n\r\nGET"));
    requests.push(but(":method", "G T"));
    requests.push(but(":authority", "a b"));
    requests.push(but(":authority", "a\r\nX: y"));
    requests
}

#[tokio::test]
async fn fields_of_http1_and_broken_pseudo_fields_never_make_a_request() {
    // RFC 9113 §8.2 and §8.3: a gateway that writes such a field into an HTTP/1.1 request makes two of it.
    let server = Running::start(patient());
    for fields in broken() {
        let mut raw = raw(&server).await;
        raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&fields)))
            .await;
        raw.0.shutdown().await.unwrap();
        let frames = frames_to_end(raw).await;
        let refused = frames.iter().any(|(kind, payload)| match *kind {
            RST_STREAM => payload[3] == PROTOCOL_ERROR,
            GOAWAY => payload[7] == PROTOCOL_ERROR,
            _ => false,
        });
        assert!(refused, "{fields:?}: {frames:?}");
        assert!(
            !frames.iter().any(|(kind, _)| *kind == HEADERS),
            "{fields:?}: {frames:?}"
        );
    }
    assert!(server.desk.seen().is_empty(), "{:?}", server.desk.seen());
}

#[tokio::test]
async fn faults_on_more_than_a_hundred_streams_end_the_connection() {
    // RUSTSEC-2024-0003: each reset by the server is a frame that it has to keep until it is sent.
    let server = Running::start(patient());
    let mut raw = raw(&server).await;
    let fault = block(&[GOOD.as_slice(), &[("connection", "close")]].concat());
    let headers = |stream, fields: &[u8]| frame(HEADERS, END_HEADERS | END_STREAM, stream, fields);
    for stream in (1..200).step_by(2) {
        raw.send(headers(stream, &fault)).await;
    }
    raw.send(headers(201, &block(&GOOD))).await;
    eventually("a hundred do no harm", || server.desk.seen() == ["/ok"]).await;
    raw.send(headers(203, &fault)).await;
    assert_eq!(goaway(raw).await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn rustsec_2026_0258_data_without_data_ends_the_connection() {
    let server = Running::start(patient());
    let mut raw = raw(&server).await;
    let post = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/count"),
        (":authority", "a"),
    ]);
    raw.send(frame(HEADERS, END_HEADERS, 1, &post)).await;
    let many = frame(DATA, 0, 1, &[]).repeat(1_000);
    let begin = Instant::now();
    while raw.try_send(&many).await.is_ok() {
        assert!(begin.elapsed() < PATIENCE, "it was read for ever");
    }
    assert_eq!(goaway(raw).await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn pings_and_settings_whose_answers_nobody_takes_end_the_connection() {
    // CVE-2019-9512 and CVE-2019-9515: each asks for an answer that the server has to keep.
    for flood in [frame(PING, 0, 0, &[7; 8]), frame(SETTINGS, 0, 0, &[])] {
        let server = Running::start(ListenLimits {
            write: SHORT,
            ..patient()
        });
        let mut deaf = raw(&server).await;
        let many = flood.repeat(1_000);
        // For as long as the connection lives; what comes back is never read.
        let mut sending = JoinSet::new();
        sending.spawn(async move { while deaf.try_send(&many).await.is_ok() {} });
        eventually("it is in", || server.gate.connections() == 1).await;
        eventually("its place is free", || server.gate.connections() == 0).await;
    }
}

#[tokio::test]
async fn a_window_of_nothing_holds_up_its_own_connection_alone_and_only_to_the_idle_limit() {
    // CVE-2019-9517: an answer is asked for, and no room is given to it.
    let server = Running::start(ListenLimits {
        idle: SHORT,
        ..patient()
    });
    let mut raw = raw(&server).await;
    let nothing = [&[0, 4], 0_u32.to_be_bytes().as_slice()].concat();
    raw.send(frame(SETTINGS, 0, 0, &nothing)).await;
    raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&GOOD)))
        .await;
    eventually("it is asked", || server.desk.seen().len() == 1).await;
    let mut other = connect(&server).await;
    assert_eq!(ask(&mut other, "/ok").await, (200, "ok".to_owned()));
    let frames = frames_to_end(raw).await;
    assert!(!frames.iter().any(|(kind, _)| *kind == DATA), "{frames:?}");
    eventually("its place is free", || server.gate.connections() == 0).await;
}
