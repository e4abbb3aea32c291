//! What happens to a fallback, said in the log.

use symbolon_node::fallback::{FallbackEvent, FallbackEvents};

/// Says what happens in the log.
pub(super) struct Said;

impl FallbackEvents for Said {
    fn happened(&self, event: &FallbackEvent) {
        match event {
            FallbackEvent::WentAway { .. }
            | FallbackEvent::StartedAway
            | FallbackEvent::MayNot { .. }
            | FallbackEvent::NoMirror { .. } => say_away(event),
            FallbackEvent::Prepared => tracing::info!("this node would go on without redis"),
            FallbackEvent::NotAlone => {
                tracing::info!("other nodes use this redis: this one would not go on without it");
            }
            FallbackEvent::Returning => tracing::info!("redis is back: sessions are moved there"),
            FallbackEvent::Interrupted { detail } => {
                tracing::warn!(%detail, "moving sessions to redis was interrupted and begins anew");
            }
            FallbackEvent::MadeAnew => {
                tracing::error!(
                    alarm = "store_lost",
                    "the store has lost everything that it had, and was made anew"
                );
            }
            FallbackEvent::Restored {
                accounts,
                api_keys,
                signing_keys,
                bans,
            } => {
                tracing::error!(
                    alarm = "store_lost",
                    accounts,
                    api_keys,
                    signing_keys,
                    bans,
                    "redis came back empty: what the local file has was written there; its own sessions are lost"
                );
            }
            FallbackEvent::LostRows { again, beyond_memory } => {
                tracing::error!(
                    alarm = "log_tail_lost",
                    again,
                    beyond_memory,
                    "redis came back without the end of its log"
                );
            }
            FallbackEvent::OtherIsThere(id) => {
                tracing::error!(session.id = %id, "redis has another session under this id; the local one has ended");
            }
            FallbackEvent::CameHome {
                sessions,
                ends,
                away_ms,
            } => {
                tracing::info!(
                    sessions,
                    ends,
                    away_ms,
                    "redis has all sessions again; the local file is empty"
                );
            }
            FallbackEvent::Cleaned { sessions } => {
                tracing::info!(sessions, "expired sessions were removed from the local file");
            }
        }
    }
}

/// The store is away, and what this node does about it.
fn say_away(event: &FallbackEvent) {
    match event {
        FallbackEvent::WentAway { detail } => {
            tracing::warn!(alarm = "fallback", %detail, "this node goes on without redis");
        }
        FallbackEvent::StartedAway => {
            tracing::warn!(
                alarm = "fallback",
                "redis was away at the start: this node goes on without it"
            );
        }
        FallbackEvent::MayNot { detail } => {
            tracing::error!(%detail, "redis is away, and this node is not its only one: it does not go on without it");
        }
        FallbackEvent::NoMirror { detail } => {
            tracing::error!(%detail, "the store is away, and its mirror cannot be used");
        }
        _ => {}
    }
}
