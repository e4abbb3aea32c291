//! Opening: settings are looked at, then the store is opened (`store`), then everything is built on it.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use symbolon_accounts::accounts::{AccountKeys, AccountSettings, Accounts};
use symbolon_accounts::api_keys::ApiKeys;
use symbolon_accounts::password::cost::Cost;
use symbolon_accounts::password::pool::{Pool, PoolSettings};
use symbolon_accounts::password::rules::Rules;
use symbolon_core::clock::Clock;
use symbolon_core::random::Randomness;
use symbolon_core::session::SessionId;
use symbolon_core::throttle::{AddressRule, ThrottleRule};
use symbolon_core::token::{KeyId, MasterKey, Purpose, TokenKeys};
use symbolon_node::purge::PurgePlan;
use symbolon_node::{Node, NodeParts};
use zeroize::Zeroizing;

use super::store::Ground;
use super::{Builder, KEEP_AUDIT, OpenFault, Opened};
use crate::signing::{Signing, SigningParts};
use crate::store::AnyStore;
use crate::{FallbackState, Inner, SignedTokensFault, Standing, Symbolon};

/// For the first heartbeat. A server that has just opened the store makes it in milliseconds.
const JOIN_TIME: Duration = Duration::from_secs(5);

/// Settings that were found good.
struct Checked {
    plan: PurgePlan,
    pool: PoolSettings,
    rules: Rules,
}

impl Builder {
    /// Opens the store and starts what runs beside. Needs a tokio runtime with its timer.
    ///
    /// # Errors
    /// What is wrong, where, and how to mend it. Nothing is left half started.
    pub async fn open(self) -> Result<(Symbolon, Opened), OpenFault> {
        let checked = self.checked()?;
        let ground = self.ground().await?;
        let (cluster_id, words) = (ground.cluster_id, ground.words.clone());
        let master_key_made = ground.key_made.clone();
        let symbolon = self.build_on(ground, checked).await?;
        let first_administrator = self.make_first_administrator(&symbolon).await?;
        let opened = Opened {
            cluster_id: SessionId::from_bytes(cluster_id).to_string(),
            store: words,
            master_key_made,
            first_administrator,
        };
        Ok((symbolon, opened))
    }

    /// Looks at all that can be wrong without opening anything.
    fn checked(&self) -> Result<Checked, OpenFault> {
        self.signed.check(&self.policy)?;
        let rules = self.password_min.map_or_else(|| Ok(Rules::default()), Rules::new);
        Ok(Checked {
            plan: self.plan()?,
            pool: self.pool_settings()?,
            rules: rules?,
        })
    }

    /// Puts everything over an open store together and starts what runs beside.
    async fn build_on(&self, ground: Ground, checked: Checked) -> Result<Symbolon, OpenFault> {
        let Ground {
            store,
            tail,
            clock,
            key,
            randomness,
            cluster_id,
            ..
        } = ground;
        let time: Arc<dyn Clock> = clock.clone();
        let keys = Arc::new(TokenKeys::derive(&key, KeyId::FIRST));
        let shared = Arc::new(store.clone());
        let pool = Arc::new(Pool::start(checked.pool, randomness.clone())?);
        let accounts = self.accounts(shared.clone(), pool, checked.rules, &key, randomness.clone());
        let api_keys = ApiKeys::new(shared, keys.clone(), randomness.clone());
        let signing = Signing::open(SigningParts {
            store: store.clone(),
            tail: tail.clone(),
            clock: time.clone(),
            randomness: randomness.clone(),
            master: &key,
            settings: self.signed.clone(),
        });
        let opened = async {
            let signing = signing.await;
            let signing = signing.map_err(|error| SignedTokensFault::Keys(error.to_string()))?;
            let beside = self.beside(&store, &key, &cluster_id, &tail)?;
            Ok::<_, OpenFault>((Arc::new(signing), beside))
        };
        let (signing, beside) = or_close(opened.await, &store).await?;
        let store_again = store.clone();
        let parts = NodeParts {
            store,
            tail,
            keys,
            policy: self.policy,
            clock: time.clone(),
            randomness,
        };
        let node = match self.member_parts(&beside, &store_again) {
            Some(member) => Node::member(parts, member),
            None => Node::alone(parts),
        };
        node.start(&clock, checked.plan.clone());
        start_beside(&node, &accounts, Arc::clone(&signing));
        self.keep_cache(&node, &time, &beside);
        let symbolon = Symbolon {
            inner: Arc::new(Inner {
                node,
                accounts,
                api_keys,
                signing,
                audience: self.audience.clone(),
                plan: checked.plan,
                clock: time,
                apart: store_again.mirrored().map(|store| store.apart()),
                cache: beside.cache,
                signals: beside.own,
                census: crate::census::Census::default(),
                begun: crate::begun::Begun::default(),
            }),
        };
        joined(symbolon).await
    }

    fn accounts(
        &self,
        store: Arc<AnyStore>,
        pool: Arc<Pool>,
        rules: Rules,
        key: &MasterKey,
        randomness: Arc<dyn Randomness>,
    ) -> Accounts<AnyStore> {
        let settings = AccountSettings {
            throttle: ThrottleRule {
                free_failures: self.free_failures,
            },
            addresses: AddressRule::DEFAULT,
            rules,
        };
        let keys = AccountKeys {
            throttle: &key.derive(Purpose::Throttle),
            known_device: &key.derive(Purpose::KnownDevice),
        };
        Accounts::new(store, pool, keys, settings, randomness)
    }

    async fn make_first_administrator(
        &self,
        symbolon: &Symbolon,
    ) -> Result<Option<Zeroizing<String>>, OpenFault> {
        // Without proof that the store is empty there is none.
        let is_away = |state: FallbackState| state.standing != Standing::Healthy;
        if !self.first_administrator || symbolon.fallback_state().is_some_and(is_away) {
            return Ok(None);
        }
        let origin = symbolon.origin_of_system();
        match symbolon.inner.accounts.ensure_first_administrator(&origin).await {
            Ok(made) => Ok(made.map(|made| made.password)),
            Err(error) => {
                symbolon.stop().await;
                Err(OpenFault::FirstAdministrator(error))
            }
        }
    }

    fn plan(&self) -> Result<PurgePlan, OpenFault> {
        let schedule = Cron::from_str(&self.purge_schedule).map_err(|error| OpenFault::Schedule {
            schedule: self.purge_schedule.clone(),
            detail: error.to_string(),
        })?;
        Ok(PurgePlan {
            schedule,
            keep_ended: self.keep_ended,
            keep_log: self.log_retention,
            keep_audit: KEEP_AUDIT,
        })
    }

    fn pool_settings(&self) -> Result<PoolSettings, OpenFault> {
        let mut settings = PoolSettings::default();
        if let Some((memory_kib, iterations)) = self.cost {
            settings.cost = Cost::new(memory_kib, iterations)?;
        }
        if let Some(permits) = self.permits {
            settings.permits = permits;
        }
        Ok(settings)
    }
}

/// Waits for the first heartbeat of a node that is one of many.
async fn joined(symbolon: Symbolon) -> Result<Symbolon, OpenFault> {
    match symbolon.inner.node.until_leased(JOIN_TIME).await {
        Ok(()) => Ok(symbolon),
        Err(_) => {
            symbolon.stop().await;
            Err(OpenFault::NotJoined)
        }
    }
}

/// Starts what runs beside, besides the node's own.
fn start_beside(node: &Node<AnyStore>, accounts: &Accounts<AnyStore>, signing: Arc<Signing>) {
    if let Some(rehasher) = accounts.rehasher() {
        node.tasks().required("rehasher", |cancel| async move {
            rehasher.run(cancel.cancelled()).await;
        });
    }
    node.tasks()
        .required("signing keys", |cancel| signing.keep(cancel));
    if let Some(mirrored) = node.store().mirrored().cloned() {
        node.tasks().required("fallback", |cancel| mirrored.keep(cancel));
    }
}

/// What was opened; where it was not, the store is closed.
async fn or_close<T>(opened: Result<T, OpenFault>, store: &AnyStore) -> Result<T, OpenFault> {
    if opened.is_err() {
        store.close().await;
    }
    opened
}
