//! What a test begins with: accounts over a real store in memory, and a store that fails when told to.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use symbolon_accounts::accounts::{
    AccountError, AccountKeys, AccountSettings, Accounts, Authenticated, Known, NewAccount, Outcome, Refusal,
};
use symbolon_accounts::password::Password;
use symbolon_accounts::password::cost::Cost;
use symbolon_accounts::password::pool::{KEEP_IDLE, Pool, PoolSettings};
use symbolon_accounts::password::rules::Rules;
use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::store::{AccountStore, InsertAccount};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::{AddressRule, ThrottleRule};
use symbolon_core::token::MasterKey;
use symbolon_store_sql::{Durability, OpenSqlite, Place, SqlStore};
use symbolon_testkit::contract::Recorded;
use symbolon_testkit::faulty::{Faults, Faulty};
use symbolon_testkit::randomness::Seeded;

/// 2026-01-01T00:00:00Z.
pub(crate) const BEGIN: Timestamp = Timestamp(1_767_225_600_000);

/// The password of every account that [`Given::account`] makes.
pub(crate) const RIGHT: &str = "kelp anvil moth";
pub(crate) const WRONG: &str = "kelp anvil mole";

pub(crate) type TestStore = Faulty<SqlStore>;

/// One node: accounts over a store.
pub(crate) struct Given {
    pub(crate) store: Arc<TestStore>,
    pub(crate) faults: Faults,
    pub(crate) sink: Arc<Recorded>,
    pub(crate) accounts: Arc<Accounts<TestStore>>,
}

/// That many seconds after the beginning, by the server itself.
pub(crate) fn at(seconds: i64) -> Origin {
    Origin::system(BEGIN.after(Duration::from_secs(seconds.unsigned_abs())))
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// A hash that keeps a thread for a good part of a second.
pub(crate) fn slow_hash() -> PasswordHash {
    PasswordHash::from_phc(
        "$argon2id$v=19$m=16384,t=64,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4".to_owned(),
    )
}

/// Lets a future go as far as it can without waiting: it stands in a queue then.
pub(crate) async fn step<F: Future>(future: &mut Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// A cheap hash, and all the patience that a loaded machine needs.
pub(crate) fn pool_settings() -> PoolSettings {
    PoolSettings {
        permits: 2,
        cost: Cost::new(64, 1).unwrap(),
        wait_max: Duration::from_secs(60),
        keep_idle: KEEP_IDLE,
    }
}

pub(crate) fn account_settings() -> AccountSettings {
    AccountSettings {
        throttle: ThrottleRule { free_failures: 5 },
        addresses: AddressRule::DEFAULT,
        rules: Rules::default(),
    }
}

impl Given {
    pub(crate) fn new() -> Self {
        Self::with(Place::Memory, account_settings(), pool_settings())
    }

    pub(crate) fn settled(settings: AccountSettings) -> Self {
        Self::with(Place::Memory, settings, pool_settings())
    }

    pub(crate) fn with(place: Place, settings: AccountSettings, pool: PoolSettings) -> Self {
        let sink = Arc::new(Recorded::default());
        let store = open(place, Arc::clone(&sink));
        let faults = Faults::default();
        let store = Arc::new(Faulty::new(store, faults.clone()));
        let accounts = node(&store, settings, pool);
        Self {
            store,
            faults,
            sink,
            accounts,
        }
    }

    /// Makes an account of [`RIGHT`] and gives it.
    pub(crate) async fn account(&self, name: &str, role: Role) -> Account {
        let new = NewAccount {
            name_text: name,
            password: password(RIGHT),
            role,
            subject: None,
        };
        self.accounts.create(new, &at(0)).await.unwrap()
    }

    /// Makes an account whose hash the store holds as it is given here.
    pub(crate) async fn account_with_hash(&self, name: &str, password: PasswordHash) {
        let account = Account {
            name: AccountName::new(name).unwrap(),
            subject: SubjectId::new(name).unwrap(),
            password,
            role: Role::User,
            state: AccountState::Enabled,
            created_at: at(0).at,
            password_changed_at: at(0).at,
        };
        let insert = InsertAccount {
            account,
            only_first: false,
            audit: at(0).entry(AuditEvent::AccountAdded),
        };
        assert!(self.store.insert_account(insert).await.unwrap());
    }

    pub(crate) async fn try_to_log_in(
        &self,
        name: &str,
        text: &str,
        origin: &Origin,
    ) -> Result<Outcome, AccountError> {
        self.accounts
            .authenticate(name, password(text), Known::Stranger, origin)
            .await
    }

    pub(crate) async fn log_in(&self, name: &str, text: &str, origin: &Origin) -> Outcome {
        self.try_to_log_in(name, text, origin).await.unwrap()
    }

    pub(crate) async fn prove(&self, name: &str, origin: &Origin) -> Authenticated {
        match self.log_in(name, RIGHT, origin).await {
            Outcome::Authenticated(proven) => proven,
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub(crate) async fn refuse(&self, name: &str, text: &str, origin: &Origin) -> Refusal {
        match self.log_in(name, text, origin).await {
            Outcome::Refused(refusal) => refusal,
            Outcome::Authenticated(proven) => panic!("{proven:?}"),
        }
    }

    /// How many passwords were compared so far.
    pub(crate) fn compares(&self) -> u64 {
        self.accounts.pool().compares()
    }
}

/// One more node of the same store.
pub(crate) fn node(
    store: &Arc<TestStore>,
    settings: AccountSettings,
    pool: PoolSettings,
) -> Arc<Accounts<TestStore>> {
    let random = Arc::new(Seeded::new(41));
    let pool = Pool::start(pool, Arc::<Seeded>::clone(&random)).unwrap();
    Arc::new(Accounts::new(
        Arc::clone(store),
        Arc::new(pool),
        AccountKeys {
            throttle: &[9; 32],
            known_device: &[8; 32],
        },
        settings,
        random,
    ))
}

fn open(place: Place, sink: Arc<Recorded>) -> SqlStore {
    let options = OpenSqlite {
        place,
        key_check: MasterKey::from_bytes([7; 32]).check(),
        now: BEGIN,
        sink,
        randomness: Arc::new(Seeded::new(3)),
        durability: Durability::Normal,
        pages_max: None,
    };
    SqlStore::open(options).unwrap().0
}
