//! A store that loses the end of its log.

use symbolon_models::tail::Tail;

use super::fault::fault;

#[test]
fn a_store_that_loses_the_end_of_its_log_revives_nobody() {
    assert_eq!(fault(&Tail::Protocol), None);
    assert_eq!(fault(&Tail::AnsweredBeforeDurable), None);
    assert_eq!(fault(&Tail::NobodyLooks), None);
    assert!(fault(&Tail::NoJump).is_some());
}
