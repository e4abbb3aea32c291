//! The domain, through its public methods.
#![cfg(test)]

mod it {
    mod access_check;
    mod accounts;
    mod addresses;
    mod bans;
    mod clock;
    mod cursor;
    mod device;
    mod given;
    mod names;
    mod ratchet;
    mod refresh_decision;
    mod refresh_transitions;
    mod renewal_decision;
    mod session_life;
    mod signing;
    mod tag;
    mod throttle;
    mod token_format;
    mod words;
}
