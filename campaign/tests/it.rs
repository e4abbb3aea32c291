//! The campaign as a process.
#![cfg(test)]

mod it {
    mod end;
}
