//! The program as its users run it: the real binary, with its exit codes and its words.
#![cfg(test)]

#[path = "it/administrator.rs"]
mod administrator;
#[path = "it/architecture.rs"]
mod architecture;
#[path = "it/browser.rs"]
mod browser;
#[path = "it/chromium.rs"]
mod chromium;
#[path = "it/clients.rs"]
mod clients;
#[path = "it/clocks.rs"]
mod clocks;
#[path = "it/cluster.rs"]
mod cluster;
#[path = "it/cluster_faults.rs"]
mod cluster_faults;
#[path = "it/cluster_mariadb.rs"]
mod cluster_mariadb;
#[path = "it/cluster_redis.rs"]
mod cluster_redis;
#[path = "it/commands.rs"]
mod commands;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/contract.rs"]
mod contract;
#[path = "it/deploy.rs"]
mod deploy;
#[path = "it/doctor.rs"]
mod doctor;
#[path = "it/end.rs"]
mod end;
#[path = "it/fallback_load.rs"]
mod fallback_load;
#[path = "it/first_start.rs"]
mod first_start;
#[path = "it/floods.rs"]
mod floods;
#[path = "it/full_disk.rs"]
mod full_disk;
#[path = "it/gateways.rs"]
mod gateways;
#[path = "it/guessing.rs"]
mod guessing;
#[path = "it/hostile_bodies.rs"]
mod hostile_bodies;
#[path = "it/in_use.rs"]
mod in_use;
#[path = "it/js_client.rs"]
mod js_client;
#[path = "it/kill9.rs"]
mod kill9;
#[path = "it/language.rs"]
mod language;
#[path = "it/lessons.rs"]
mod lessons;
#[path = "it/limits_page.rs"]
mod limits_page;
#[path = "it/lost_nodes.rs"]
mod lost_nodes;
#[path = "it/moving_in.rs"]
mod moving_in;
#[path = "it/nodes.rs"]
mod nodes;
#[path = "it/oauth.rs"]
mod oauth;
#[path = "it/oauth_clients.rs"]
mod oauth_clients;
#[path = "it/older_redis.rs"]
mod older_redis;
#[path = "it/one_token.rs"]
mod one_token;
#[path = "it/place.rs"]
mod place;
#[path = "it/process.rs"]
mod process;
#[path = "it/readme.rs"]
mod readme;
#[path = "it/redis_condition.rs"]
mod redis_condition;
#[path = "it/redis_fallback.rs"]
mod redis_fallback;
#[path = "it/redis_faults.rs"]
mod redis_faults;
#[path = "it/redis_nodes.rs"]
mod redis_nodes;
#[path = "it/redis_sentinel.rs"]
mod redis_sentinel;
#[path = "it/redis_store.rs"]
mod redis_store;
#[path = "it/redis_store_refused.rs"]
mod redis_store_refused;
#[path = "it/redis_tls.rs"]
mod redis_tls;
#[path = "it/rolling.rs"]
mod rolling;
#[path = "it/scenarios.rs"]
mod scenarios;
#[path = "it/secrets.rs"]
mod secrets;
#[path = "it/security_page.rs"]
mod security_page;
#[path = "it/shared_store.rs"]
mod shared_store;
#[path = "it/shared_store_refused.rs"]
mod shared_store_refused;
#[path = "it/shared_store_refused_mariadb.rs"]
mod shared_store_refused_mariadb;
#[path = "it/signing.rs"]
mod signing;
#[path = "it/smuggled.rs"]
mod smuggled;
#[path = "it/socket.rs"]
mod socket;
#[path = "it/starved.rs"]
mod starved;
#[path = "it/token_verifiers.rs"]
mod token_verifiers;
#[path = "it/unit_file.rs"]
mod unit_file;
#[path = "it/usage.rs"]
mod usage;
