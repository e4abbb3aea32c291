//! The cache that nodes share and their signals, against a real Redis that is broken in every way.

#![cfg(test)]

mod it {
    mod acl;
    mod cache;
    mod cluster;
    mod condition;
    mod examine;
    mod faults;
    mod given;
    mod mix_up;
    mod sentinel;
    mod signals;
    mod store;
    mod tls;
    mod warm;
}
