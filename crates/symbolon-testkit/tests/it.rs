//! The tools of the tests, tested themselves.
#![cfg(test)]

mod it {
    mod audit;
    mod contract;
    mod credentials;
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
    mod stops;
    mod wire;
    mod workload;
}
