//! Waiting for what nobody tells: a look now and then, and an end to it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longer than anything takes that comes at all, also on a busy machine.
const LONG: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// Looks until it is so. What does not come for a minute ends the test with `what`.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LONG, "{what}: it does not come");
        sleep(LOOK).await;
    }
}

/// The same where a thread may wait.
pub fn block_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "{what}: it does not come");
        std::thread::sleep(LOOK);
    }
}
