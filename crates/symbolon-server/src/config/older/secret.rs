//! S0's secret of tokens, and how it signs.

use super::super::fault::{Fault, Findings};
use super::super::layer::{Layer, Raw};
use crate::messages::config as text;

/// The secret that S0 signs with. Where it is empty, S0 makes one up in each process: the true cause of many a "logged
/// out by the restart".
pub(super) const NAME: &str = "JWT_SECRET_KEY";
/// How S0 signs.
pub(super) const ALGORITHM: &str = "JWT_ALGORITHM";

/// The secret signs what is signed with HS256, so that services which have it go on verifying. An empty one is refused.
pub(super) fn translate(layers: &mut [Layer], found: &mut Findings) {
    for layer in layers {
        if let Some(given) = layer.get(ALGORITHM).cloned() {
            layer.put("token.alg", given.raw, &given.source);
        }
        let Some(given) = layer.get(NAME).cloned() else {
            continue;
        };
        if !matches!(&given.raw, Raw::Text(text) if !text.trim().is_empty()) {
            found
                .faults
                .push(Fault::at(&given.source, text::OLDER_SECRET_EMPTY));
        } else if layer.get("token.secret_file").is_none() {
            layer.put("token.secret", given.raw, &given.source);
        }
    }
}
