//! What stands beside a store that nodes share: this node's membership, and what the nodes tell and show each other.

use std::sync::Arc;

use symbolon_core::clock::Clock;
use symbolon_core::shared::SharedCache;
use symbolon_core::signal::Signals;
use symbolon_core::token::{MasterKey, Purpose};
use symbolon_node::tail::Tail;
use symbolon_node::{MemberParts, Node};
use symbolon_redis::{OpenRedisError, RedisCache};

use super::{Builder, StorePlace};
use crate::CacheSettings;
use crate::shared_cache::{self, Source};
use crate::store::AnyStore;

/// What nodes tell and show each other; nothing where the store is this node's own.
#[derive(Default)]
pub(super) struct Beside {
    /// The Redis, if one is named.
    pub(super) cache: Option<Arc<RedisCache>>,
    /// Where this node's signals go.
    signals: Option<Arc<dyn Signals>>,
    /// The store's own Redis, where they go there.
    pub(super) own: Option<Arc<RedisCache>>,
}

impl Builder {
    /// Begins to use what is there: Redis where one is named, else the store's own way to tell.
    pub(super) fn beside(
        &self,
        store: &AnyStore,
        key: &MasterKey,
        cluster_id: &[u8; 16],
        tail: &Arc<Tail>,
    ) -> Result<Beside, OpenRedisError> {
        match (&self.place, &self.cache) {
            (StorePlace::File(_) | StorePlace::Memory, _) => Ok(Beside::default()),
            (StorePlace::Server(..) | StorePlace::Redis(..), Some(cache)) => {
                let cache = cache.open(key, cluster_id, tail.clone())?;
                Ok(Beside {
                    signals: Some(cache.clone()),
                    cache: Some(cache),
                    own: None,
                })
            }
            (StorePlace::Server(..), None) => {
                let sums = key.sum_key(Purpose::Ack, cluster_id, "");
                Ok(Beside {
                    signals: store.signals(sums, tail.clone()),
                    cache: None,
                    own: None,
                })
            }
            (StorePlace::Redis(redis, _), None) => {
                let own = redis.signals(key, cluster_id, tail.clone())?;
                Ok(Beside {
                    signals: Some(own.clone()),
                    cache: None,
                    own: Some(own),
                })
            }
        }
    }

    /// What makes a node one of many; `None`: its store is its own.
    pub(super) fn member_parts(&self, beside: &Beside, store: &AnyStore) -> Option<MemberParts> {
        let (StorePlace::Server(_, node) | StorePlace::Redis(_, node)) = &self.place else {
            return None;
        };
        let shared = beside.cache.clone();
        Some(MemberParts {
            name: node.name.clone(),
            lease: node.lease,
            revoke_wait: node.revoke_wait,
            addr: node.addr.clone(),
            signals: beside.signals.clone(),
            shared: shared.map(|cache| cache as Arc<dyn SharedCache>),
            apart: store.mirrored().map(|store| store.apart()),
        })
    }

    /// Tells of Redis, and fills it where that is wished.
    pub(super) fn keep_cache(&self, node: &Node<AnyStore>, clock: &Arc<dyn Clock>, beside: &Beside) {
        let Some(cache) = beside.cache.clone() else { return };
        let source = Source {
            store: node.store().clone(),
            tail: Arc::clone(node.tail()),
            clock: Arc::clone(clock),
        };
        let refills = self.cache.as_ref().is_some_and(CacheSettings::refills);
        node.tasks().required("shared cache", |cancel| {
            shared_cache::keep(source, cache, refills, cancel)
        });
    }
}
