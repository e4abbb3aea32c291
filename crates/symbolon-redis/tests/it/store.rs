//! Redis as the store.

mod contract;
mod elsewhere;
mod examine;
mod faults;
mod given;
mod indexes;
mod network;
mod opening;
mod together;
