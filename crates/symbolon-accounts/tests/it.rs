//! Accounts, passwords and API keys, through their public methods.
#![cfg(test)]

mod it {
    mod chance;
    mod name;
    mod password;
    mod pool;
    mod rules;
}
