use std::time::Duration;

use serde::Serialize;
use symbolon::Live;
use symbolon::clock::Timestamp;
use symbolon::revocation::{LogKind, LogRow};
use symbolon::session::SessionId;
use symbolon::verdict::Inactive;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::places::Place;
use crate::app::App;
use crate::bodies::instant::Rfc3339;
use crate::listen::LongWork;
use crate::refusal::told;

/// Between two comments. Proxies close what is silent for 30 to 60 s.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Until the store is asked again after it did not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a stream says next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Still here.
    Comment,
    /// The session has ended; the last thing that is said.
    Ended(String),
    /// The server goes away, so the stream ends without a word: the client comes back elsewhere.
    Gone,
}

/// One session that is watched.
pub(super) struct Watch {
    app: App,
    session: SessionId,
    subject: String,
    rows: Receiver<LogRow>,
    /// When to look at the session itself: at once, and then when its end is due.
    look_at: Timestamp,
    heartbeat: Interval,
    _place: Place,
    _long: Option<LongWork>,
}

/// The data of `ended`.
#[derive(Serialize)]
struct EndedData {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Rfc3339>,
}

impl Watch {
    pub(super) fn new(
        app: App,
        live: Live,
        rows: Receiver<LogRow>,
        place: Place,
        long: Option<LongWork>,
    ) -> Self {
        let mut heartbeat = interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            look_at: app.symbolon().now(),
            session: live.session_id,
            subject: live.identity.subject().to_owned(),
            app,
            rows,
            heartbeat,
            _place: place,
            _long: long,
        }
    }

    /// Waits for the next thing to say.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            let until_look = self.look_at.since(self.app.symbolon().now());
            // Every branch may be dropped and begun anew: a row that was not taken stays in its channel, and the
            // heartbeat keeps its rhythm.
            let ended = tokio::select! {
                () = self.app.draining().cancelled() => return Next::Gone,
                row = self.rows.recv() => match row {
                    Ok(row) => self.hear(&row).await,
                    // Too much happened at once: what was missed may have been ours.
                    Err(RecvError::Lagged(_)) => self.look().await,
                    Err(RecvError::Closed) => return Next::Gone,
                },
                () = tokio::time::sleep(until_look) => self.look().await,
                _ = self.heartbeat.tick() => return Next::Comment,
            };
            if let Some(inactive) = ended {
                return Next::Ended(self.event(inactive));
            }
        }
    }

    /// Whether a row of the log ends this session. A cut may have come before it, since a node hears of other nodes' rows
    /// late: then the store knows.
    async fn hear(&mut self, row: &LogRow) -> Option<Inactive> {
        match &row.kind {
            LogKind::Session(id) => (*id == self.session).then_some(Inactive::Revoked {
                at: row.at,
                reason: row.reason,
            }),
            LogKind::Subject { subject, keep }
                if subject.as_str() == self.subject && !keep.contains(&self.session) =>
            {
                self.look().await
            }
            LogKind::Everyone => self.look().await,
            LogKind::StaleSession(id) if *id == self.session => self.look().await,
            LogKind::StaleSubject(subject) if subject.as_str() == self.subject => self.look().await,
            LogKind::Subject { .. }
            | LogKind::StaleSession(_)
            | LogKind::StaleSubject(_)
            | LogKind::ApiKey(_)
            | LogKind::SigningKeys => None,
        }
    }

    /// Asks the store whether the session has ended, and when to ask again.
    async fn look(&mut self) -> Option<Inactive> {
        let symbolon = self.app.symbolon();
        let now = symbolon.now();
        match symbolon.session(self.session).await {
            Ok(Some(entry)) => {
                let due = entry.session.live_until();
                // An end that is due while uses are still being written down: look again soon, not at once.
                self.look_at = if due > now { due } else { now.after(LOOK_AGAIN) };
                entry.ended.map(Inactive::from)
            }
            Ok(None) => Some(Inactive::Unknown),
            Err(error) => {
                tracing::debug!(%error, "an event stream could not look at its session");
                self.look_at = now.after(LOOK_AGAIN);
                None
            }
        }
    }

    fn event(&self, inactive: Inactive) -> String {
        let (reason, at) = told(self.app.settings().reasons, inactive);
        let data = EndedData {
            reason,
            at: at.map(Rfc3339),
        };
        // A word and an instant always serialize.
        let data = serde_json::to_string(&data).unwrap_or_default();
        format!("event: ended\ndata: {data}\n\n")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use symbolon::subject::SubjectId;
    use symbolon::{NewSession, Symbolon, Verdict};
    use tokio::time::Instant;

    use super::{HEARTBEAT, Next, Watch};
    use crate::app::{App, HttpSettings};
    use crate::request_id::RequestIds;

    async fn watch() -> (Symbolon, Watch) {
        let (symbolon, _) = Symbolon::builder()
            .in_memory()
            .near_capacity(100)
            .open()
            .await
            .unwrap();
        let app = App::new(
            symbolon.clone(),
            HttpSettings::default(),
            RequestIds::new([0; 12]),
        );
        let session = NewSession::of(SubjectId::new("ann").unwrap());
        let issued = symbolon
            .issue(session, &symbolon.origin_of_system())
            .await
            .unwrap()
            .unwrap();
        let rows = symbolon.listen();
        let presented = issued.pair.access.into();
        let Verdict::Active(live) = symbolon.verify(&presented).await.unwrap() else {
            panic!("a fresh token is live")
        };
        let place = app.places().enter(live.session_id).unwrap();
        (symbolon, Watch::new(app, live, rows, place, None))
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_says_that_it_lives_every_fifteen_seconds() {
        let (_symbolon, mut watch) = watch().await;
        // Time leaps while the store is at work on threads of its own, so that comes first.
        assert_eq!(watch.look().await, None);
        for _ in 0..3 {
            let before = Instant::now();
            assert_eq!(watch.next().await, Next::Comment);
            assert!(before.elapsed() < HEARTBEAT + Duration::from_secs(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_ends_no_stream() {
        let (symbolon, mut watch) = watch().await;
        symbolon.stop().await;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            assert_eq!(watch.next().await, Next::Comment);
        }
    }
}
