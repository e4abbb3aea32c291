//! What `deploy/` ships, held to what it is about: a real Redis with its configuration, the settings that this program
//! knows, the files that are there. No image is built and no container is run here.

#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/dockerfile.rs"]
mod dockerfile;
#[path = "deploy/prepared.rs"]
mod prepared;
#[path = "deploy/redis_conf.rs"]
mod redis_conf;
#[path = "deploy/yaml.rs"]
mod yaml;

use std::path::PathBuf;

/// The folder of the project.
fn root() -> PathBuf {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    crates.canonicalize().unwrap()
}
