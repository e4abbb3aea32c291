//! The store through its public face.
#![cfg(test)]

mod it {
    mod audit;
    mod contract;
    mod damage;
    mod given;
    mod group;
    mod heart;
    mod live;
    mod on_server;
    mod opening;
    mod postgres;
    mod postgres_refused;
    mod process;
    mod proxy;
    mod signals;
    mod upkeep;
}
