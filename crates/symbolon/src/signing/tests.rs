//! What is done with the keys by itself, with a clock that is moved by hand.

use symbolon_core::clock::ManualClock;
use symbolon_core::random::{RandomnessUnavailable, draw};
use symbolon_core::revocation::LogSink as _;
use symbolon_store_sql::{Durability, OpenSqlite, Place, SqlStore};

use super::*;
use crate::OsRandomness;

const BEGUN: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Given {
    signing: Arc<Signing>,
    clock: Arc<ManualClock>,
    store: AnyStore,
    tail: Arc<Tail>,
    master: MasterKey,
}

impl Given {
    async fn with(settings: SignedTokens) -> Self {
        let tail = Arc::new(Tail::new(10));
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let master = MasterKey::from_bytes(draw(&*randomness).unwrap());
        let (store, _) = SqlStore::open(OpenSqlite {
            place: Place::Memory,
            key_check: master.check(),
            now: BEGUN,
            sink: tail.clone(),
            randomness,
            durability: Durability::Full,
            pages_max: None,
        })
        .unwrap();
        let store = AnyStore::Sql(store);
        let clock = Arc::new(ManualClock::at(BEGUN));
        let signing = open(&store, &tail, &clock, &master, settings).await;
        Self {
            signing,
            clock,
            store,
            tail,
            master,
        }
    }

    /// Another node on the same store.
    async fn another(&self) -> Arc<Signing> {
        open(&self.store, &self.tail, &self.clock, &self.master, settings()).await
    }

    async fn after(&self, time: Duration) {
        self.clock.advance(time);
        self.signing.tend().await.unwrap();
    }

    fn states(&self) -> Vec<KeyState> {
        states(&self.signing, self.clock.now())
    }
}

async fn open(
    store: &AnyStore,
    tail: &Arc<Tail>,
    clock: &Arc<ManualClock>,
    master: &MasterKey,
    settings: SignedTokens,
) -> Arc<Signing> {
    let signing = Signing::open(SigningParts {
        store: store.clone(),
        tail: tail.clone(),
        clock: clock.clone(),
        randomness: Arc::new(OsRandomness),
        master,
        settings,
    });
    Arc::new(signing.await.unwrap())
}

fn states(signing: &Signing, now: Timestamp) -> Vec<KeyState> {
    shown::all(&signing.ring(), now)
        .into_iter()
        .map(|key| key.state)
        .collect()
}

fn settings() -> SignedTokens {
    SignedTokens {
        style: symbolon_core::session::TokenStyle::Jwt,
        ..SignedTokens::default()
    }
}

use KeyState::{Active, Next, Retired};

#[tokio::test]
async fn a_key_is_followed_by_the_next_when_it_is_old_enough_and_not_before() {
    let given = Given::with(settings()).await;
    assert_eq!(given.states(), [Active]);
    given.after(90 * DAY - Duration::from_millis(1)).await;
    assert_eq!(given.states(), [Active]);
    given.after(Duration::from_millis(1)).await;
    assert_eq!(given.states(), [Active, Next], "published, and signs later");
    given.after(PUBLISHED_AHEAD - Duration::from_millis(1)).await;
    assert_eq!(given.states(), [Active, Next]);
    given.after(Duration::from_millis(1)).await;
    assert_eq!(given.states(), [Retired, Active]);
}

#[tokio::test]
async fn a_key_is_removed_when_all_that_it_signed_is_past_and_not_before() {
    let given = Given::with(settings()).await;
    given.after(90 * DAY).await;
    given.after(90 * DAY).await;
    // The third was made now, so the second was replaced, but the first has been for less than 90 days.
    assert_eq!(given.states(), [Retired, Active, Next]);
    given.after(PUBLISHED_AHEAD).await;
    assert_eq!(given.states(), [Retired, Active], "the first is gone");
    assert_eq!(given.store.list_signing_keys().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_of_a_way_that_is_no_longer_signed_in_is_not_followed() {
    let given = Given::with(settings()).await;
    given.signing.ready(SigningAlg::Es256).await.unwrap();
    given.signing.ready(SigningAlg::Hs256).await.unwrap();
    given.after(90 * DAY).await;
    let count = |alg| {
        given
            .signing
            .ring()
            .records()
            .iter()
            .filter(|key| key.alg == alg)
            .count()
    };
    assert_eq!(SigningAlg::ALL.map(count), [2, 1, 0, 2]);
}

#[tokio::test]
async fn where_tokens_are_references_no_key_is_made_until_one_is_needed() {
    let given = Given::with(SignedTokens::default()).await;
    assert_eq!(given.states(), []);
    given.after(365 * DAY).await;
    assert_eq!(given.states(), []);
    given.signing.ready(SigningAlg::EdDsa).await.unwrap();
    given.signing.ready(SigningAlg::EdDsa).await.unwrap();
    assert_eq!(given.states(), [Active]);
}

#[tokio::test]
async fn of_nodes_that_need_a_first_key_one_makes_it_and_the_others_take_it() {
    let given = Given::with(SignedTokens::default()).await;
    let other = given.another().await;
    let (a, b) = tokio::join!(
        given.signing.ready(SigningAlg::EdDsa),
        other.ready(SigningAlg::EdDsa)
    );
    a.unwrap();
    b.unwrap();
    let names = |signing: &Signing| -> Vec<_> {
        shown::all(&signing.ring(), BEGUN)
            .into_iter()
            .map(|key| key.id)
            .collect()
    };
    assert_eq!(names(&given.signing).len(), 1);
    assert_eq!(names(&given.signing), names(&other));
}

#[tokio::test]
async fn a_node_hears_of_the_key_that_another_has_made() {
    let given = Given::with(settings()).await;
    let other = given.another().await;
    let cancel = tokio_util::sync::CancellationToken::new();
    let kept = async {
        let origin = Origin::system(BEGUN);
        let told = async {
            given
                .signing
                .add(SigningAlg::EdDsa, Rotation::Published, &origin)
                .await
                .unwrap();
            while states(&other, BEGUN).len() < 2 {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        tokio::join!(Arc::clone(&other).keep(cancel.clone()), told);
    };
    tokio::time::timeout(Duration::from_secs(10), kept).await.unwrap();
    assert_eq!(states(&other, BEGUN), [Active, Next]);
}

#[tokio::test]
async fn a_reading_that_began_earlier_does_not_take_the_place_of_a_later_one() {
    let given = Given::with(settings()).await;
    let old = given.signing.ring();
    let origin = Origin::system(BEGUN);
    given
        .signing
        .add(SigningAlg::EdDsa, Rotation::Now, &origin)
        .await
        .unwrap();
    let asof = given.signing.ring.read().asof;
    assert!(asof > RevocationSeq::ZERO);
    // A row that is none of ours moves the tail on; a reading after it is the newest again.
    given.tail.committed(&[]);
    given.signing.reload().await.unwrap();
    assert!(given.signing.ring.read().asof >= asof);
    assert_eq!(
        (old.records().len(), given.signing.ring().records().len()),
        (1, 2)
    );
}

struct NoChance;

impl Randomness for NoChance {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}

#[tokio::test]
async fn without_randomness_no_key_is_made_and_it_is_said() {
    let given = Given::with(SignedTokens::default()).await;
    let signing = Signing::open(SigningParts {
        store: given.store.clone(),
        tail: given.tail.clone(),
        clock: given.clock.clone(),
        randomness: Arc::new(NoChance),
        master: &given.master,
        settings: settings(),
    });
    let error = signing.await.map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an access token cannot be signed: the operating system gave no randomness"
    );
    assert_eq!(given.store.list_signing_keys().await.unwrap(), []);
}
