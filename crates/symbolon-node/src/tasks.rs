//! Owned background tasks: each has a name and ends with the node. A required one that dies before
//! its time ends the node.

use std::future::Future;

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// The background tasks of one node.
#[derive(Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    cancel: CancellationToken,
    died: watch::Sender<Option<&'static str>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            tracker: TaskTracker::new(),
            cancel: CancellationToken::new(),
            died: watch::channel(None).0,
        }
    }
}

impl Tasks {
    /// Starts a task that the node cannot do without. It is to watch the given token and end with it.
    pub fn required<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let future = task(self.cancel.clone());
        let (cancel, died) = (self.cancel.clone(), self.died.clone());
        let guard = DeathNotice { name, cancel, died };
        self.tracker.spawn(async move {
            let _guard = guard;
            future.await;
        });
    }

    /// Starts a task that the node cannot do without on a thread of its own, so that no flood of other work keeps it
    /// from being done; where the system allows it, the thread goes before others. One whose thread cannot be started
    /// counts as one that has died.
    pub fn required_on_thread<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let future = task(self.cancel.clone());
        let (cancel, died) = (self.cancel.clone(), self.died.clone());
        let guard = DeathNotice { name, cancel, died };
        let tracked = self.tracker.token();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _tracked = tracked;
            let _guard = guard;
            go_before_others(name);
            match tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
            {
                Ok(runtime) => runtime.block_on(future),
                Err(error) => {
                    tracing::error!(task.name = name, %error, "the runtime of a task cannot be made");
                }
            }
        });
        if let Err(error) = thread {
            tracing::error!(task.name = name, %error, "the thread of a task cannot be started");
        }
    }

    /// Waits until a required task has died before its time, and names it.
    pub async fn died(&self) -> &'static str {
        let mut seen = self.died.subscribe();
        match seen.wait_for(Option::is_some).await.ok().and_then(|name| *name) {
            Some(name) => name,
            // The sender lives as long as `self`, so this cannot be reached; wait rather than guess.
            None => std::future::pending().await,
        }
    }

    /// Tells all tasks to end when the guard is dropped.
    #[must_use]
    pub fn end_on_drop(&self) -> DropGuard {
        self.cancel.clone().drop_guard()
    }

    /// Ends all tasks and waits for them.
    pub async fn stop(&self) {
        self.cancel.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// How much more the kernel is to give a thread that renews the lease: while others want every processor it still gets
/// its turn at once.
const NICE: i32 = -10;

/// Raises the priority of this thread alone: that is whom Linux takes "no process" for. Few may do so (`CAP_SYS_NICE`);
/// whoever may not keeps the usual one.
fn go_before_others(name: &'static str) {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(task.name = name, %error, "a thread keeps the usual priority");
    }
}

/// Reports the end of a required task, whether it returned or panicked.
struct DeathNotice {
    name: &'static str,
    cancel: CancellationToken,
    died: watch::Sender<Option<&'static str>>,
}

impl Drop for DeathNotice {
    fn drop(&mut self) {
        if !self.cancel.is_cancelled() {
            tracing::error!(task.name = self.name, "a required task has ended before its time");
            self.died.send_replace(Some(self.name));
        }
    }
}
