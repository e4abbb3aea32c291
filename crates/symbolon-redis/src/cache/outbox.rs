//! What is written without waiting: bounded, dropped while Redis is away, sent many at a time.

use std::sync::Arc;

use redis::{Cmd, Pipeline};
use tokio::sync::mpsc;

use super::figures::Counter;
use super::gate::Passage;
use super::shared::Shared;

/// How many facts may wait. A log-in flood beyond leaves sessions to be read from the store.
const FACTS_MAX: usize = 1_024;

/// How many signals may wait. Beyond, the others learn of it by reading the log.
const SIGNALS_MAX: usize = 256;

/// How many commands are sent at once: enough to save round trips, and few enough to be answered within the deadline.
const BATCH_MAX: usize = 64;

/// A command, and the key that it is about, if it is about one.
pub(crate) struct Order {
    pub(crate) name: Option<String>,
    pub(crate) command: Cmd,
}

/// A queue of commands.
pub(crate) struct Outbox {
    queue: mpsc::Sender<Order>,
}

/// The other end of the queue.
pub(crate) struct Waiting(mpsc::Receiver<Order>);

impl Outbox {
    /// A queue of facts.
    pub(crate) fn for_facts() -> (Self, Waiting) {
        Self::bounded(FACTS_MAX)
    }

    /// A queue of signals: apart, so that no flood of facts delays one.
    pub(crate) fn for_signals() -> (Self, Waiting) {
        Self::bounded(SIGNALS_MAX)
    }

    fn bounded(max: usize) -> (Self, Waiting) {
        let (queue, waiting) = mpsc::channel(max);
        (Self { queue }, Waiting(waiting))
    }

    /// Has a command sent, if Redis is there and not too many wait.
    pub(crate) fn put(&self, shared: &Shared, order: Order) {
        if shared.fleet.any().is_none() || self.queue.try_send(order).is_err() {
            shared.counters.dropped.add(1);
        }
    }
}

/// Sends what waits until it is dropped.
pub(crate) async fn send(shared: Arc<Shared>, mut waiting: Waiting, sent: fn(&Shared) -> &Counter) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.0.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let count = batch.len();
        let delivered = deliver(&shared, std::mem::take(&mut batch)).await;
        sent(&shared).add(delivered);
        shared.counters.dropped.add(count - delivered);
    }
}

/// Sends some, each to the server that has its key; gives how many were answered, if only with a refusal.
pub(crate) async fn deliver(shared: &Shared, orders: Vec<Order>) -> usize {
    let mut delivered = 0;
    for (passage, orders) in by_server(shared, orders) {
        let mut commands = Pipeline::with_capacity(orders.len());
        let mut names = Vec::with_capacity(orders.len());
        for Order { name, command } in orders {
            commands.add_command(command);
            names.push(name);
        }
        let Ok(refusals) = passage.ask_all(&commands).await else {
            continue;
        };
        delivered += names.len();
        for (number, refusal) in refusals {
            if let Some(Some(name)) = names.get(number) {
                // What goes astray is lost; the next one arrives.
                drop(shared.fleet.moved(name, &refusal));
            }
        }
    }
    delivered
}

/// The orders by who takes them. What nobody takes is left out.
fn by_server(shared: &Shared, orders: Vec<Order>) -> Vec<(Arc<Passage>, Vec<Order>)> {
    let mut servers: Vec<(Arc<Passage>, Vec<Order>)> = Vec::new();
    for order in orders {
        let taker = match &order.name {
            Some(name) => shared.fleet.passage(name),
            None => shared.fleet.any(),
        };
        let Some(taker) = taker else {
            continue;
        };
        match servers
            .iter_mut()
            .find(|(passage, _)| Arc::ptr_eq(passage, &taker))
        {
            Some((_, taken)) => taken.push(order),
            None => servers.push((taker, vec![order])),
        }
    }
    servers
}
