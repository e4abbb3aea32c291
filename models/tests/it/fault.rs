//! What a walk finds.

use symbolon_models::{Model, Outcome, explore};

/// What breaks it, or nothing.
pub(super) fn fault<M: Model>(model: &M) -> Option<&'static str> {
    match explore(model) {
        Outcome::Safe { .. } => None,
        Outcome::Broken { what, trace } => {
            println!("{what}: {trace:#?}");
            Some(what)
        }
        Outcome::TooMany => panic!("too many states to look at"),
    }
}
