//! The store through its public face.
#![cfg(test)]

mod it {
    mod audit;
    mod contract;
    mod damage;
    mod given;
    mod group;
    mod live;
    mod opening;
    mod process;
    mod upkeep;
}
