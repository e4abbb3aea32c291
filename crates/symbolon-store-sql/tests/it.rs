//! The store through its public face.
#![cfg(test)]

mod it {
    mod audit;
    mod commits;
    mod contract;
    mod damage;
    mod faults;
    mod given;
    mod given_up;
    mod group;
    mod heart;
    mod live;
    mod mysql;
    mod mysql_refused;
    mod on_server;
    mod opening;
    mod postgres_refused;
    mod process;
    mod proxy;
    mod releases;
    mod signals;
    mod together;
    mod upkeep;
}
