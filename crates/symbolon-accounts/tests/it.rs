//! Accounts, passwords and API keys, through their public methods.
#![cfg(test)]

mod it {
    mod addresses;
    mod administration;
    mod api_keys;
    mod audit;
    mod chance;
    mod first_administrator;
    mod given;
    mod known_device;
    mod log_in;
    mod name;
    mod password;
    mod passwords;
    mod pool;
    mod rehash;
    mod rules;
    mod throttle;
}
