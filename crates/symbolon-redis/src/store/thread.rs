//! A thread of the store's own, on which its connections are driven: no flood of other work keeps them waiting.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::open_error::OpenRedisStoreError;

/// The thread. What runs there is given up when it is dropped.
pub(super) struct Thread(Option<Runtime>);

impl Thread {
    pub(super) fn start(name: &str) -> Result<Self, OpenRedisStoreError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(2)
            .thread_name(name)
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| OpenRedisStoreError::NoResources {
            detail: error.to_string(),
        })?;
        Ok(Self(Some(runtime)))
    }

    /// Has it run something until that ends, or the thread is dropped.
    pub(super) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        self.0.as_ref().map(|runtime| runtime.spawn(future))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Whoever drops it may be on a thread that must not wait.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
