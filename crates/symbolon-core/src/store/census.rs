//! How many there are.

use std::future::Future;

use super::StoreError;
use crate::clock::Timestamp;

/// A store that can count.
pub trait Census: Send + Sync + 'static {
    /// How many sessions are alive at an instant: of everyone, and without those that a cut has ended. It takes time in
    /// proportion to their number.
    fn count_sessions(&self, now: Timestamp) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
