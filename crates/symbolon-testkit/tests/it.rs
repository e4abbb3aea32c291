//! The tools of the tests, tested themselves.
#![cfg(test)]

mod it {
    mod contract;
    mod randomness;
}
