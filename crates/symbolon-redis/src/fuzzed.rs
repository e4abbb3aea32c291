//! What a fuzzer is let at: the readers, as if the sums were no guard.

use symbolon_core::session::SessionId;

use crate::cache::notice;
use crate::fact;
use crate::octets::Reader;

/// Reads bytes as a fact and as a notice; says whether they are one.
#[must_use]
pub fn read(bytes: &[u8]) -> (bool, bool) {
    let id = SessionId::from_bytes([0; 16]);
    let fact = fact::read_fact(&mut Reader::new(bytes), id);
    let notice = notice::read(&mut Reader::new(bytes));
    (fact.is_some(), notice.is_some())
}
