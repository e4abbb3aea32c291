//! Steps do not cross a change of where they go: who changes it waits for those under way, and holds up the next.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many steps pass at the same time; more than a mirror takes.
const PASSES: u32 = 8_192;

/// The gate.
pub(super) struct Gate(Semaphore);

/// One step under way, or the change.
pub(super) struct Pass<'g> {
    _held: Option<SemaphorePermit<'g>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(PASSES as usize))
    }
}

impl Gate {
    /// Lets one step pass.
    pub(super) async fn pass(&self) -> Pass<'_> {
        // The gate is never closed, so there is always a permit to come.
        Pass {
            _held: self.0.acquire().await.ok(),
        }
    }

    /// Waits until no step is under way, and lets none pass until this is dropped.
    pub(super) async fn close(&self) -> Pass<'_> {
        Pass {
            _held: self.0.acquire_many(PASSES).await.ok(),
        }
    }
}
