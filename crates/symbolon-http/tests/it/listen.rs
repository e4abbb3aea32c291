//! The limits of one connection.

use std::time::Duration;

use tokio::time::Instant;

use symbolon_http::listen::ListenLimits;
use tokio::io::AsyncReadExt;
use tokio::time::interval;

use crate::running::{LARGE, PATIENCE, Running, SHORT, eventually, in_time, patient};

const OK: &str = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn the_defaults_are_those_that_the_documentation_states() {
    let limits = ListenLimits::default();
    let seconds = Duration::from_secs;
    assert_eq!(
        limits,
        ListenLimits {
            first_byte: seconds(5),
            header: seconds(5),
            request: seconds(5),
            write: seconds(10),
            idle: seconds(60),
            tls: seconds(5),
            linger: seconds(2),
            header_block_max: 16 * 1024,
            headers_max: 64,
            uri_max: 4 * 1024,
            connections_max: 10_000,
            per_address_max: 256,
            loopback_counts: false,
        }
    );
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed_at_the_first_byte_limit() {
    let server = Running::start(ListenLimits {
        first_byte: SHORT,
        ..patient()
    });
    let begin = Instant::now();
    let mut silent = server.connect().await;
    assert_eq!(silent.rest().await, "");
    assert!(begin.elapsed() >= SHORT);
    eventually("its place is free", || server.gate.connections() == 0).await;
}

#[tokio::test]
async fn a_header_that_comes_byte_by_byte_is_closed_at_the_header_limit() {
    let server = Running::start(ListenLimits {
        header: SHORT,
        ..patient()
    });
    let mut slow = server.connect().await;
    let begin = Instant::now();
    let mut every = interval(SHORT / 10);
    slow.send("GET /ok HTTP/1.1\r\n").await;
    while slow.try_send("x").await.is_ok() {
        every.tick().await;
        assert!(begin.elapsed() < PATIENCE, "single bytes gained time");
    }
    assert!(begin.elapsed() >= SHORT);
    assert!(server.desk.seen().is_empty());
}

#[tokio::test]
async fn the_header_limit_holds_for_the_second_request_of_a_connection_too() {
    let server = Running::start(ListenLimits {
        header: SHORT,
        ..patient()
    });
    let mut slow = server.connect().await;
    slow.send(OK).await;
    slow.until("\r\n\r\nok").await;
    let begin = Instant::now();
    slow.send("GET /never HTTP/1.1\r\n").await;
    assert_eq!(slow.rest().await, "");
    assert!(begin.elapsed() >= SHORT);
    assert_eq!(server.desk.seen(), ["/ok"]);
}

#[tokio::test]
async fn a_body_that_comes_after_its_header_is_not_the_header_of_the_next_request() {
    let server = Running::start(ListenLimits {
        header: SHORT,
        ..patient()
    });
    let mut raw = server.connect().await;
    raw.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        .await;
    eventually("it is asked", || !server.desk.seen().is_empty()).await;
    raw.send("01234").await;
    raw.until("\r\n\r\n5").await;
    tokio::time::sleep(SHORT * 3).await;
    raw.send(OK).await;
    raw.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn a_half_of_the_http2_preface_is_closed_at_the_header_limit() {
    let server = Running::start(ListenLimits {
        header: SHORT,
        ..patient()
    });
    let mut slow = server.connect().await;
    slow.send("PRI * HT").await;
    assert_eq!(slow.rest().await, "");
}

#[tokio::test]
async fn a_method_that_begins_like_the_http2_preface_is_http1() {
    let server = Running::start(patient());
    let mut raw = server.connect().await;
    raw.send("P").await;
    raw.send("R").await;
    raw.send("OPFIND /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(raw.rest().await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_503_at_the_request_limit_and_closed() {
    let server = Running::start(ListenLimits {
        request: SHORT,
        ..patient()
    });
    let mut slow = server.connect().await;
    let begin = Instant::now();
    slow.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n0123456789")
        .await;
    let answer = slow.rest().await;
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(begin.elapsed() >= SHORT);
}

#[tokio::test]
async fn work_that_takes_too_long_is_answered_503_unless_it_is_marked_as_long() {
    let server = Running::start(ListenLimits {
        request: SHORT,
        ..patient()
    });
    let mut short = server.connect().await;
    short.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(short.rest().await.starts_with("HTTP/1.1 503 "));
    let mut long = server.connect().await;
    let begin = Instant::now();
    long.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.begun(2).await;
    tokio::time::sleep(SHORT * 3).await;
    server.desk.release.add_permits(1);
    long.until("\r\n\r\nheld").await;
    assert!(begin.elapsed() >= SHORT * 3);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_closed_at_the_write_limit() {
    let server = Running::start(ListenLimits {
        write: SHORT,
        ..patient()
    });
    let mut deaf = server.connect().await;
    let begin = Instant::now();
    deaf.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually("it is asked", || !server.desk.seen().is_empty()).await;
    eventually("its place is free", || server.gate.connections() == 0).await;
    assert!(begin.elapsed() >= SHORT);
    assert!(deaf.rest().await.len() < LARGE);
}

#[tokio::test]
async fn a_peer_that_takes_a_little_at_a_time_gains_no_time() {
    let server = Running::start(ListenLimits {
        write: SHORT,
        ..patient()
    });
    let mut slow = server.connect().await;
    slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually("it is asked", || !server.desk.seen().is_empty()).await;
    // So much that the peer's window opens each time, and so little that all of it takes three times the limit.
    let mut some = vec![0; LARGE / 32];
    let mut taken = 0;
    while server.gate.connections() > 0 {
        tokio::time::sleep(SHORT / 10).await;
        taken += in_time(slow.0.read(&mut some)).await.unwrap_or(0);
        assert!(taken < LARGE, "all of it was taken");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_the_idle_limit_and_not_before() {
    let idle = SHORT * 4;
    let server = Running::start(ListenLimits {
        idle,
        first_byte: SHORT,
        header: SHORT,
        ..patient()
    });
    let mut kept = server.connect().await;
    let mut every = interval(SHORT);
    for _ in 0..8 {
        every.tick().await;
        kept.send(OK).await;
        kept.until("\r\n\r\nok").await;
    }
    let begin = Instant::now();
    assert_eq!(kept.rest().await, "");
    assert!(begin.elapsed() >= idle, "{:?}", begin.elapsed());
    assert_eq!(server.desk.seen().len(), 8);
}

#[tokio::test]
async fn a_request_in_work_is_not_idle() {
    let server = Running::start(ListenLimits {
        idle: SHORT,
        ..patient()
    });
    let mut kept = server.connect().await;
    kept.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.begun(1).await;
    tokio::time::sleep(SHORT * 3).await;
    server.desk.release.add_permits(1);
    kept.until("\r\n\r\nheld").await;
}

#[tokio::test]
async fn a_header_block_of_more_than_16_kib_is_answered_431_and_closed() {
    let server = Running::start(patient());
    let fits = format!(
        "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: {}\r\n\r\n",
        "x".repeat(16 * 1024 - 62)
    );
    let mut raw = server.connect().await;
    raw.send(&fits).await;
    assert!(
        raw.rest().await.starts_with("HTTP/1.1 200 OK\r\n"),
        "{}",
        fits.len()
    );
    for over in [
        format!("GET /ok HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(16 * 1024)),
        "x".repeat(1024 * 1024),
    ] {
        let mut raw = server.connect().await;
        let _ = raw.try_send(format!("GET /ok HTTP/1.1\r\nX: {over}")).await;
        let answer = raw.rest().await;
        assert!(
            answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\r\ncontent-length: 0\r\n"), "{answer}");
    }
    assert_eq!(server.desk.seen(), ["/ok"]);
}

#[tokio::test]
async fn a_last_answer_is_not_followed_by_a_reset_while_the_peer_still_sends() {
    // On other systems than Linux a reset takes the answer away that was not read yet.
    let server = Running::start(patient());
    let mut raw = server.connect().await;
    raw.send(format!("GET /ok HTTP/1.1\r\nX: {}", "x".repeat(100 * 1024)))
        .await;
    assert!(raw.rest().await.starts_with("HTTP/1.1 431 "));
    for _ in 0..10 {
        raw.try_send("x".repeat(10 * 1024))
            .await
            .expect("it is still read");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_peer_that_never_ends_its_side_is_closed_at_the_linger_limit() {
    let server = Running::start(ListenLimits {
        linger: SHORT,
        ..patient()
    });
    let mut raw = server.connect().await;
    let begin = Instant::now();
    raw.send("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    raw.until("\r\n\r\nok").await;
    eventually("its place is free", || server.gate.connections() == 0).await;
    assert!(begin.elapsed() >= SHORT);
}

#[tokio::test]
async fn the_65th_header_field_is_answered_431() {
    let server = Running::start(patient());
    let request = |fields: usize| {
        let more = "X: y\r\n".repeat(fields - 2);
        format!("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{more}\r\n")
    };
    let mut raw = server.connect().await;
    raw.send(request(64)).await;
    assert!(raw.rest().await.starts_with("HTTP/1.1 200 OK\r\n"));
    let mut raw = server.connect().await;
    raw.send(request(65)).await;
    assert!(raw.rest().await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_path_of_more_than_4_kib_is_answered_414_and_the_connection_goes_on() {
    let server = Running::start(patient());
    let request = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(length - 1));
    let mut raw = server.connect().await;
    raw.send(request(4096)).await;
    assert!(raw.until("\r\n\r\nok").await.starts_with("HTTP/1.1 200 OK\r\n"));
    raw.send(request(4097)).await;
    let answer = raw.until("}").await;
    assert!(answer.starts_with("HTTP/1.1 414 URI Too Long\r\n"), "{answer}");
    assert!(answer.contains(r#""code":"uri_too_long""#), "{answer}");
    raw.send(OK).await;
    raw.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn an_oversized_body_is_answered_413_after_it_was_drained() {
    let server = Running::start(patient());
    let request = |length: usize| {
        format!(
            "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        )
    };
    let mut raw = server.connect().await;
    raw.send(request(16 * 1024)).await;
    raw.until("\r\n\r\n16384").await;
    raw.send(request(1024 * 1024)).await;
    let answer = raw.until("}").await;
    assert!(
        answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"),
        "{answer}"
    );
    assert!(answer.contains(r#""code":"payload_too_large""#), "{answer}");
    // Drained to its end, so the connection is as good as before.
    raw.send(OK).await;
    raw.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn a_body_beyond_what_is_drained_is_answered_413_and_closed() {
    let server = Running::start(patient());
    let length = 64 * 1024 * 1024;
    let mut raw = server.connect().await;
    raw.send(format!(
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
    ))
    .await;
    let part = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    while sent < length && raw.try_send(&part).await.is_ok() {
        sent += part.len();
    }
    assert!(sent < length, "all of it was read");
    eventually("its place is free", || server.gate.connections() == 0).await;
}

#[tokio::test]
async fn an_oversized_body_that_waits_for_100_is_refused_before_it_is_sent() {
    let server = Running::start(patient());
    let mut raw = server.connect().await;
    raw.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n")
        .await;
    let answer = raw.until("}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn an_answer_is_sent_although_a_part_of_the_next_request_is_there() {
    let server = Running::start(patient());
    let mut raw = server.connect().await;
    raw.send(format!("{OK}GET /ok HT")).await;
    raw.until("\r\n\r\nok").await;
    raw.send("TP/1.1\r\nHost: a\r\n\r\n").await;
    raw.until("\r\n\r\nok").await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Running::start(patient());
    let mut raw = server.connect().await;
    raw.send(OK.repeat(50)).await;
    for _ in 0..50 {
        raw.until("\r\n\r\nok").await;
    }
    assert_eq!(server.desk.seen().len(), 50);
}
