//! The store through its public face.

mod it {
    mod contract;
}
