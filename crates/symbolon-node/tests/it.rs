//! What one node promises, through its public methods.
#![cfg(test)]

mod it {
    mod away;
    mod change;
    mod cluster;
    mod cluster_clock;
    mod confirm;
    mod fallback;
    mod fallback_at_once;
    mod fallback_round;
    mod fallback_struck;
    mod given;
    mod members;
    mod members_faults;
    mod members_shared;
    mod members_store;
    mod near_cache;
    mod overlay;
    mod refresh;
    mod renew;
    mod revoke;
    mod steady_clock;
    mod tail;
    mod verify;
}
