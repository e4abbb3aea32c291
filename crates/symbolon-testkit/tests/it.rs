//! The tools of the tests, tested themselves.
#![cfg(test)]

mod it {
    mod audit;
    mod contract;
    mod history;
    mod honesty;
    mod http;
    mod leaks;
    mod peer;
    mod proxy;
    mod randomness;
    mod recovery;
    mod server;
    mod servers;
    mod wire;
    mod workload;
}
