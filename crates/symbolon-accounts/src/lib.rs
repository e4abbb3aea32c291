//! The built-in log-in: accounts, their passwords, the throttle, and the API keys of services.
//!
//! It decides with the rules of `symbolon-core`, remembers through its store traits, and hashes on
//! threads of its own. Reading order:
//!
//! 1. [`name`]: how the text of a name becomes the one name that an account and its counter have.
//! 2. [`password`]: a password in the clear; [`password::rules`]: which new ones are taken;
//!    [`password::cost`] and [`password::pool`]: Argon2id, bounded.
//! 3. [`accounts`]: log-in, password changes, and what an operator does.
//! 4. [`api_keys`]: keys of services.

pub mod accounts;
pub mod api_keys;
pub mod name;
pub mod password;
