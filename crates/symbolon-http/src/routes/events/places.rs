use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use symbolon::session::SessionId;

/// Event streams of a process. Each costs a connection, of which there are ten thousand.
const STREAMS_MAX: usize = 1000;

/// Event streams of one session: its tabs.
const STREAMS_PER_SESSION_MAX: usize = 8;

/// Counts event streams, together and by session.
#[derive(Debug, Default)]
pub(crate) struct Places {
    inside: Mutex<Inside>,
}

/// Bounded by [`STREAMS_MAX`]: a session without a stream has no entry.
#[derive(Debug, Default)]
struct Inside {
    total: usize,
    by_session: HashMap<SessionId, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// All are taken.
    All,
    /// The session has all that it may have.
    OfSession,
}

impl Places {
    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.inside.lock().total
    }

    /// Takes a place until it is dropped.
    pub(super) fn enter(self: &Arc<Self>, session: SessionId) -> Result<Place, Taken> {
        let mut inside = self.inside.lock();
        if inside.total >= STREAMS_MAX {
            return Err(Taken::All);
        }
        let count = inside.by_session.get(&session).copied().unwrap_or(0);
        if count >= STREAMS_PER_SESSION_MAX {
            return Err(Taken::OfSession);
        }
        inside.by_session.insert(session, count + 1);
        inside.total += 1;
        Ok(Place {
            places: Arc::clone(self),
            session,
        })
    }
}

/// A place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    session: SessionId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.places.inside.lock();
        inside.total = inside.total.saturating_sub(1);
        match inside.by_session.get_mut(&self.session) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                inside.by_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use symbolon::session::SessionId;

    use super::{Places, STREAMS_MAX, STREAMS_PER_SESSION_MAX, Taken};

    fn session(number: usize) -> SessionId {
        SessionId::from_bytes(u128::try_from(number).unwrap().to_be_bytes())
    }

    #[test]
    fn a_session_has_eight_places_and_gets_one_back_when_a_stream_ends() {
        let places: Arc<Places> = Arc::default();
        let mut taken: Vec<_> = (0..STREAMS_PER_SESSION_MAX)
            .map(|_| places.enter(session(1)).unwrap())
            .collect();
        assert_eq!(places.enter(session(1)).unwrap_err(), Taken::OfSession);
        assert!(places.enter(session(2)).is_ok());
        taken.pop();
        assert!(places.enter(session(1)).is_ok());
        drop(taken);
        assert_eq!(places.taken(), 0);
        assert!(places.inside.lock().by_session.is_empty());
    }

    #[test]
    fn a_process_has_a_thousand_places() {
        let places: Arc<Places> = Arc::default();
        let taken: Vec<_> = (0..STREAMS_MAX)
            .map(|number| places.enter(session(number)).unwrap())
            .collect();
        assert_eq!(places.enter(session(STREAMS_MAX)).unwrap_err(), Taken::All);
        drop(taken);
        assert!(places.enter(session(STREAMS_MAX)).is_ok());
    }
}
