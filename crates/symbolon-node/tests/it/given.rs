//! What tests begin with.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::audit::{Actor, AuditEvent, Origin};
use symbolon_core::clock::{Clock, ManualClock, Timestamp};
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::policy::SessionPolicy;
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::revocation::{LogKind, LogRow, LogSink as _, RevocationReason, RevocationSeq};
use symbolon_core::session::{Epoch, Lives, Opening, Session, SessionId, TokenStyle};
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, RawToken, TokenKeys};
use symbolon_node::tail::Tail;
use symbolon_node::{Issue, Issued, Node, NodeParts, Refreshed, Undecided, Verdict};
use symbolon_store_sql::{Durability, OpenSqlite, Place, SqlStore};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Bytes that count up from a seed: enough to tell tokens apart.
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

impl Counting {
    pub(crate) fn from(seed: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(seed))
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(8) {
            let next = self
                .0
                .fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(crate) fn keys() -> TokenKeys {
    TokenKeys::derive(&MasterKey::from_bytes([7; 32]), KeyId::FIRST)
}

pub(crate) fn lives() -> Lives {
    Lives {
        access_ttl: Duration::from_secs(1800),
        refresh_ttl: Some(Duration::from_secs(86_400)),
        idle_timeout: Duration::from_secs(3600),
        absolute_timeout: Duration::from_secs(86_400),
    }
}

pub(crate) fn opening(subject: &str) -> Opening {
    Opening {
        subject: SubjectId::new(subject).unwrap(),
        client_id: ClientId::default(),
        lives: lives(),
        style: TokenStyle::Opaque,
        device: Device::default(),
        seen_from: SeenFrom::default(),
        audience: None,
        scope: None,
        claims: Claims::default(),
    }
}

/// The `n`-th session, of subject `user-<n>`.
pub(crate) fn session(n: u64) -> Session {
    let chance = Counting::from(n.wrapping_mul(0xD134_2543_DE82_EF95));
    let id = SessionId::random(NOW, &chance).unwrap();
    let pair = Pair::random(&keys(), id, Generation(0), &chance).unwrap();
    Session::begin(id, opening(&format!("user-{n}")), Epoch::ZERO, &pair, NOW)
}

pub(crate) fn row(seq: u64, kind: LogKind) -> LogRow {
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(seq - 1),
        id: [seq.to_le_bytes()[0]; 16],
        kind,
        at: NOW,
        reason: RevocationReason::Kicked,
    }
}

/// The policy whose sessions live as [`lives`] says.
pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy {
        standard: lives(),
        ..SessionPolicy::default()
    }
}

/// What a node over a server is made of.
pub(crate) fn parts<S>(
    store: S,
    tail: Arc<Tail>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
) -> NodeParts<S> {
    NodeParts {
        store,
        tail,
        keys: Arc::new(keys()),
        policy: policy(),
        clock,
        randomness,
    }
}

/// The issue of a session by the system.
pub(crate) fn issue(opening: Opening, origin: Origin) -> Issue {
    Issue {
        opening,
        credential_epoch: None,
        clear_attempts: None,
        replaces: None,
        event: AuditEvent::Issued,
        origin,
    }
}

/// What verify says, as one word.
pub(crate) fn word(answer: Result<Verdict, Undecided>) -> &'static str {
    match answer {
        Ok(Verdict::Active(_)) => "active",
        Ok(Verdict::Inactive(reason)) => reason.as_str(),
        Err(Undecided::LeaseLost) => "no lease",
        Err(_) => "undecided",
    }
}

/// One node over a store in memory, with a clock that the test moves.
pub(crate) struct Given {
    pub(crate) node: Node<SqlStore>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Given {
    pub(crate) fn fresh() -> Self {
        Self::with(policy(), 1024)
    }

    pub(crate) fn with(policy: SessionPolicy, near_capacity: u32) -> Self {
        let tail = Arc::new(Tail::new(near_capacity));
        let master = MasterKey::from_bytes([7; 32]);
        let randomness: Arc<dyn Randomness> = Arc::new(Counting::from(42));
        let (store, opened) = SqlStore::open(OpenSqlite {
            place: Place::Memory,
            key_check: master.check(),
            now: NOW,
            sink: tail.clone(),
            randomness: randomness.clone(),
            durability: Durability::Full,
            pages_max: None,
        })
        .unwrap();
        tail.begin_at(opened.head);
        let clock = Arc::new(ManualClock::at(NOW));
        let node = Node::alone(NodeParts {
            policy,
            ..parts(store, tail, clock.clone(), randomness)
        });
        Self { node, clock }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            at: self.clock.now(),
            actor: Actor::System,
            seen_from: SeenFrom::default(),
        }
    }

    /// What the node knows of a store that has lost it since: that all sessions of a subject were ended.
    pub(crate) fn remembers_the_end_of(&self, subject: &str) {
        let subject = opening(subject).subject;
        let cut = LogKind::Subject {
            subject,
            keep: Vec::new(),
        };
        self.node.tail().committed(&[row(1 << 40, cut)]);
    }

    pub(crate) async fn issue(&self, subject: &str) -> Issued {
        self.issue_with(opening(subject)).await
    }

    pub(crate) async fn issue_with(&self, opening: Opening) -> Issued {
        let issue = issue(opening, self.origin());
        self.node.issue(issue).await.unwrap().unwrap()
    }

    /// What verify says, as one word.
    pub(crate) async fn says(&self, token: &RawToken) -> &'static str {
        word(self.node.verify(token).await)
    }

    /// What memory alone says, as one word.
    pub(crate) fn memory_says(&self, token: &RawToken) -> &'static str {
        match self.node.verify_from_memory(token) {
            None => "ask the store",
            Some(Verdict::Active(_)) => "active",
            Some(Verdict::Inactive(reason)) => reason.as_str(),
        }
    }

    /// Refreshes, and says the reason where it is refused.
    pub(crate) async fn refresh(&self, token: &RawToken) -> Result<Box<Issued>, &'static str> {
        match self.node.refresh(token, &self.origin()).await.unwrap() {
            Refreshed::Pair(issued) => Ok(issued),
            Refreshed::Refused(reason) => Err(reason.as_str()),
        }
    }
}

/// The text of a token: two are the same if their texts are.
pub(crate) fn text(token: &RawToken) -> String {
    token.expose().to_string()
}

/// Polls all of them in turn, so that each is under way while the others are.
pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut futures {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures.into_iter().map(|(_, output)| output.unwrap()).collect()
}
