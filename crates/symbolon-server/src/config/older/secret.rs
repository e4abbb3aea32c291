//! S0's secret of tokens.

use super::super::fault::{Fault, Findings};
use super::super::layer::{Layer, Raw};

/// The secret that S0 signs with. Where it is empty, S0 makes one up in each process: the true cause of many a "logged
/// out by the restart".
pub(super) const NAME: &str = "JWT_SECRET_KEY";

/// Refuses an empty one, and says of any other that it is not needed.
pub(super) fn check(layers: &[Layer], found: &mut Findings) {
    let Some(given) = super::first(layers, NAME) else {
        return;
    };
    match &given.raw {
        Raw::Text(text) if !text.trim().is_empty() => {
            let message =
                "is not read: keys are made once and kept sealed in the store, so tokens outlive a restart";
            found.warnings.push(Fault::at(&given.source, message));
        }
        _ => {
            let message = "is empty: a secret that each process makes up for itself logs everyone out at a restart; \
                           leave the line out, and keys are made once and kept";
            found.faults.push(Fault::at(&given.source, message));
        }
    }
}
