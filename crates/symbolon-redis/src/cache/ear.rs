//! Hears the other nodes, on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::{PushInfo, PushKind, Value};
use symbolon_core::signal::{Signal, SignalSink};
use tokio::time::{sleep, timeout};

use super::notice;
use super::shared::Shared;
use crate::line::Line;
use crate::server::Pushes;

/// How long to wait before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How often the connection is asked whether it lives: one that is cut without a word is silent, as a quiet one is.
const PING_EVERY: Duration = Duration::from_secs(1);

/// How long it may take to say so, and to subscribe.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// Hears until it is dropped.
pub(crate) async fn listen(shared: Arc<Shared>, sink: Arc<dyn SignalSink>) {
    // In a cluster each server hears what is said at any.
    for attempt in 0_usize.. {
        let pause = sleep(RETRY_AFTER);
        let node = shared.fleet.choose(attempt);
        if let Ok(line) = node.server.connect(Some(pushes(&shared, &sink))).await {
            hear(&shared, &*sink, &line).await;
            shared.listening.store(false, Ordering::Relaxed);
        }
        // Whether Redis is away is said by who looks after the other connection.
        pause.await;
    }
}

/// Stays until the connection is over or silent.
async fn hear(shared: &Shared, sink: &dyn SignalSink, line: &Line) {
    let channels = &shared.names.channels;
    let subscribed = timeout(ANSWER_MAX, line.subscribe(&[&channels.rev, &channels.ack])).await;
    match subscribed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            shared.counters.errors.add(1);
            tracing::debug!(%error, "redis does not let us listen");
            return;
        }
        Err(_late) => return,
    }
    shared.listening.store(true, Ordering::Relaxed);
    // Only now: what is sent from here on is heard.
    sink.heard(Signal::Missed);
    loop {
        // Both may be given up.
        tokio::select! {
            () = line.ended() => return,
            () = sleep(PING_EVERY) => {}
        }
        if !matches!(
            timeout(ANSWER_MAX, line.call(&redis::cmd("PING"))).await,
            Ok(Ok(_))
        ) {
            return;
        }
    }
}

/// Takes what is pushed, on the task that drives the connection: what is not taken yet waits in Redis.
fn pushes(shared: &Arc<Shared>, sink: &Arc<dyn SignalSink>) -> Pushes {
    let (shared, sink) = (Arc::clone(shared), Arc::clone(sink));
    Box::new(move |push| {
        if let Some(signal) = take(&shared, push) {
            sink.heard(signal);
        }
    })
}

fn take(shared: &Shared, push: PushInfo) -> Option<Signal> {
    if push.kind != PushKind::Message {
        return None;
    }
    let signal = match &push.data[..] {
        [Value::BulkString(channel), Value::BulkString(message)] => {
            let channel = std::str::from_utf8(channel).ok();
            channel.and_then(|channel| {
                notice::unseal(&shared.keys.ack, &shared.names.channels, channel, message)
            })
        }
        _ => None,
    };
    let counter = match signal {
        Some(_) => &shared.counters.heard,
        None => &shared.counters.refused,
    };
    counter.add(1);
    signal
}
