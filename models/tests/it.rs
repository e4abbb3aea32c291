//! Which variants of the protocol are safe, and which are broken: a rule without a counter-example to
//! its absence would be a habit.
#![cfg(test)]

mod it {
    mod facts;
    mod fallback;
    mod fault;
    mod homeward;
    mod lease;
    mod refresh;
    mod tail;
}
