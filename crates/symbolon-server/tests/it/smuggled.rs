//! Bytes that two readers may take for different requests, on raw sockets against the real program, and through the
//! gateways whose recipes are shipped (ASVS 4.2.1 to 4.2.5).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::json;

use crate::gateways::gateway::Kind;
use crate::gateways::scene::Scene;
use crate::gateways::visit::{Visit, connect, exchange};
use crate::place::ready;

/// What follows each of the bytes below: it is answered only where the first request has one end alone.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A log-in whose framing is said by `lines`, with an empty body in chunks.
fn framed(lines: &str) -> Vec<u8> {
    with_body(lines, "0\r\n\r\n")
}

fn with_body(lines: &str, body: &str) -> Vec<u8> {
    let head = "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json";
    format!("{head}\r\n{lines}\r\n\r\n{body}").into()
}

fn in_chunks(body: &str) -> Vec<u8> {
    with_body("Transfer-Encoding: chunked", body)
}

fn verify_with(lines: &str) -> Vec<u8> {
    format!("GET /verify HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into()
}

fn raw(bytes: &str) -> Vec<u8> {
    bytes.into()
}

/// Everything that is refused, with the one status that it gets; the connection ends after it.
fn refused() -> Vec<(Vec<u8>, u16)> {
    let mut cases: Vec<(Vec<u8>, u16)> = Vec::new();
    let mut all =
        |status: u16, some: Vec<Vec<u8>>| cases.extend(some.into_iter().map(|bytes| (bytes, status)));
    all(400, lengths());
    all(400, codings());
    all(400, heads());
    all(400, lines());
    all(400, broken_chunks());
    all(
        431,
        vec![
            framed("Content-Length: 18446744073709551615"),
            verify_with(&"X: y\r\n".repeat(100)),
            verify_with(&format!("X: {}\r\n", "y".repeat(16 * 1024))),
            raw(&format!(
                "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
                "x".repeat(70_000)
            )),
        ],
    );
    cases
}

fn lengths() -> Vec<Vec<u8>> {
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5.0",
        "Content-Length:",
        "Content-Length : 5",
        "Content-Length: 18446744073709551616",
        "Content-Length: 18446744073709551621",
    ]
    .map(framed)
    .into()
}

fn codings() -> Vec<Vec<u8>> {
    let mut cases: Vec<_> = [
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding:",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding: \u{a0}chunked",
        "Transfer-Encoding: chunked\0",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        "X: a\r\n Transfer-Encoding: chunked",
        "X: a\rTransfer-Encoding: chunked",
    ]
    .map(framed)
    .into();
    cases.push(raw(
        "POST /v1/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ));
    cases.push(raw(
        "POST /v1/login HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ));
    cases
}

fn heads() -> Vec<Vec<u8>> {
    let mut cases: Vec<_> = [
        "X: a\0b\r\n",
        "X\0: a\r\n",
        "no colon\r\n",
        ": no name\r\n",
        "X Y: z\r\n",
        "X : z\r\n",
        "Authorization : Bearer x\r\n",
        "X: a\r\n folded\r\n",
        "X: a\r\n\tfolded\r\n",
        "Host: b\r\n",
        "Host: a\r\n",
        "host: a\r\n",
    ]
    .map(verify_with)
    .into();
    cases.push(raw("GET /verify HTTP/1.1\r\n\r\n"));
    cases.push(raw("GET /verify HTTP/1.1\r\n Host: a\r\n\r\n"));
    cases.push(raw("GET http://a/verify HTTP/1.1\r\n\r\n"));
    cases.push(b"GET /verify HTTP/1.1\r\nHost: a\r\nX\xff: y\r\n\r\n".to_vec());
    cases
}

fn lines() -> Vec<Vec<u8>> {
    let mut cases: Vec<_> = [
        "GET /verify",
        "GET /verify HTTP/0.9",
        "GET /verify HTTP/1.2",
        "GET /verify HTTP/1.10",
        "GET /verify HTTP/2.0",
        "GET /verify http/1.1",
        "GET /verify /x HTTP/1.1",
        "GET  /verify HTTP/1.1",
        "GET\t/verify\tHTTP/1.1",
        " GET /verify HTTP/1.1",
        "G(T /verify HTTP/1.1",
        "GET \\verify HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "PRI /verify HTTP/2.0",
        "PRI * HTTP/1.1\r\n\r\nSM",
    ]
    .map(|line| raw(&format!("{line}\r\nHost: a\r\n\r\n")))
    .into();
    cases.push(b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n".to_vec());
    cases.push(raw("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"));
    // The first bytes of a TLS handshake.
    cases.push(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n".to_vec());
    cases
}

fn broken_chunks() -> Vec<Vec<u8>> {
    [
        "0x2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2\r\n{}0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "0\r\nX Y\r\n\r\n",
    ]
    .map(in_chunks)
    .into_iter()
    .chain([
        in_chunks(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "a".repeat(20_000))),
        in_chunks(&format!("0\r\nX: {}\r\n\r\n", "a".repeat(20_000))),
    ])
    .collect()
}

/// What has one meaning, though an odd look: two answers, the second being that of [`NEXT`].
fn odd_but_clear() -> Vec<(Vec<u8>, u16)> {
    vec![
        (with_body("Content-Length: 2\r\nContent-Length: 2", "{}"), 400),
        (with_body("Content-Length: 002", "{}"), 400),
        (in_chunks("2;name=value\r\n{}\r\n0\r\n\r\n"), 400),
        (in_chunks("2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n"), 400),
        (framed("Transfer-Encoding:\tCHUNKED "), 400),
        (framed("Transfer_Encoding: chunked\r\nContent-Length: 5"), 400),
        (with_body("Content-Length: 2\r\nExpect: 200-maybe", "{}"), 400),
        // RFC 9112 §2.2 lets a reader take a bare line feed for a line's end, and hyper does.
        (raw("GET /verify HTTP/1.1\nHost: a\n\n"), 401),
        (raw("\r\n\r\nGET /verify HTTP/1.1\r\nHost: a\r\n\r\n"), 401),
        // The target's host wins over the header (RFC 9112 §3.2.2); neither has a say here.
        (
            raw("GET http://evil.example/verify HTTP/1.1\r\nHost: a\r\n\r\n"),
            401,
        ),
        (raw("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 404),
        (raw("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 404),
        (raw("GET verify HTTP/1.1\r\nHost: a\r\n\r\n"), 404),
        (
            verify_with(
                "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
            ),
            401,
        ),
        (
            verify_with(&format!("Content-Length: {}\r\n\r\n{NEXT}", NEXT.len() + 2)),
            401,
        ),
        (
            verify_with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
            401,
        ),
        (verify_with(&"X: y\r\n".repeat(63)), 401),
        (verify_with(&"X: y\r\n".repeat(64)), 431),
        (
            raw(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(4_096))),
            414,
        ),
    ]
}

/// The statuses of everything that comes back on one connection.
async fn statuses(address: SocketAddr, bytes: &[u8]) -> Vec<u16> {
    let mut stream = connect(Ipv4Addr::LOCALHOST.into(), address).await;
    let said = exchange(&mut stream, bytes).await;
    let words = said.split("HTTP/1.").skip(1);
    words
        .filter_map(|rest| rest.split(' ').nth(1)?.get(..3)?.parse().ok())
        .collect()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
        .escape_debug()
        .to_string()
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_gets_one_refusal_and_the_connection_ends() {
    let server = ready().await;
    for (bytes, status) in refused() {
        let all = [bytes.as_slice(), NEXT.as_bytes()].concat();
        let got = statuses(server.address(), &all).await;
        assert_eq!(got, [status], "{}", shown(&bytes));
    }
}

#[tokio::test]
async fn a_length_beside_chunks_is_one_request_and_the_connection_ends() {
    // RFC 9112 §6.3 lets a server go by the chunks, if nothing behind them is read.
    let server = ready().await;
    for lines in [
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 900\r\nTransfer-Encoding: chunked",
    ] {
        let all = [framed(lines).as_slice(), NEXT.as_bytes()].concat();
        assert_eq!(statuses(server.address(), &all).await, [400], "{lines}");
    }
}

#[tokio::test]
async fn what_looks_odd_and_has_one_meaning_is_answered_and_the_connection_goes_on() {
    let server = ready().await;
    for (bytes, status) in odd_but_clear() {
        let all = [bytes.as_slice(), NEXT.as_bytes()].concat();
        let got = statuses(server.address(), &all).await;
        assert_eq!(got, [status, 200], "{}", shown(&bytes));
    }
}

#[tokio::test]
async fn after_an_http2_preface_nothing_is_http1() {
    let server = ready().await;
    let bytes = format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{NEXT}");
    let mut stream = connect(Ipv4Addr::LOCALHOST.into(), server.address()).await;
    let said = exchange(&mut stream, bytes.as_bytes()).await;
    assert!(!said.contains("HTTP/1."), "{said:?}");
}

#[tokio::test]
async fn a_request_behind_another_never_reaches_the_next_client_of_a_gateway() {
    // What a gateway passes on, it sends on connections that its clients share.
    const SWALLOW: &str = "GET /v1/sessions HTTP/1.1\r\nHost: a\r\nX-Swallow: ";
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session(&json!({"subject": "victim"})).await;
        let gateway = scene.gateway.address();
        let own = || Visit::get("/v1/session").bearer(&session.token).to(gateway);
        let cases = refused().into_iter().chain(odd_but_clear());
        let chunked = [
            "Transfer-Encoding: chunked\r\nContent-Length: 4",
            "Content-Length: 70\r\nTransfer-Encoding: chunked",
        ];
        let cases = cases.map(|(bytes, _)| bytes).chain(chunked.map(framed));
        for bytes in cases {
            let attack = [bytes.as_slice(), SWALLOW.as_bytes()].concat();
            attacked(gateway, &attack).await;
            let answer = own().await;
            assert_eq!(answer.status, 200, "{kind:?}: {}: {answer:?}", shown(&bytes));
            assert_eq!(answer.json()["session_id"], session.id.as_str(), "{kind:?}");
        }
        scene.assert_not_asked("no attack has a token");
    }
}

/// Sends and hangs up: what comes back is nobody's business here.
async fn attacked(gateway: SocketAddr, bytes: &[u8]) {
    use tokio::io::AsyncWriteExt as _;
    let from: IpAddr = Ipv4Addr::new(127, 0, 0, 66).into();
    let mut stream = connect(from, gateway).await;
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
    let mut rest = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest);
    drop(tokio::time::timeout(std::time::Duration::from_secs(2), reading).await);
}
