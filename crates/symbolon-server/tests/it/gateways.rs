//! Real gateways in front of a real application, by the recipes of `deploy/` word for word: only addresses are put in.

#[path = "gateways/addresses.rs"]
mod addresses;
#[path = "gateways/backend.rs"]
pub(crate) mod backend;
#[path = "gateways/forged.rs"]
mod forged;
#[path = "gateways/gateway.rs"]
pub(crate) mod gateway;
#[path = "gateways/passes.rs"]
mod passes;
#[path = "gateways/scene.rs"]
pub(crate) mod scene;
#[path = "gateways/undecided.rs"]
mod undecided;
#[path = "gateways/visit.rs"]
pub(crate) mod visit;
