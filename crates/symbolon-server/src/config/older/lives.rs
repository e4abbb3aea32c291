//! Lives: S0's in minutes, S1's in seconds.

use std::time::Duration;

use super::super::fault::{Fault, Findings};
use super::super::layer::{Layer, Raw};
use super::super::value::span_text;
use super::{first, whole};
use crate::messages::{Message, Text, config as text};

/// The life of S0's token; nothing outlives it.
pub(super) const JWT_LIFE: &str = "JWT_EXPIRE_MINUTES";
/// The life of S0's record of it, which each use begins anew.
pub(super) const RECORD_LIFE: &str = "JWT_REDIS_EXPIRE_MINUTES";
/// The life of S1's session, which each use begins anew.
pub(super) const EXPIRES: &str = "SESSION.EXPIRES";

/// An older life: its name, its unit in seconds and in words, and the settings that it gives.
const LIVES: &[(&str, u64, Text, &[&str])] = &[
    (
        JWT_LIFE,
        60,
        text::MINUTES,
        &["session.access_ttl", "session.absolute_timeout"],
    ),
    (RECORD_LIFE, 60, text::MINUTES, &["session.idle_timeout"]),
    (EXPIRES, 1, text::SECONDS, &["session.idle_timeout"]),
];

/// Gives the settings their lives.
pub(super) fn translate(layers: &mut [Layer], found: &mut Findings) {
    let end = absolute_end(layers);
    for layer in layers {
        for (name, unit, unit_name, paths) in LIVES {
            let Some(given) = layer.get(name).cloned() else {
                continue;
            };
            let Some(seconds) = whole(&given.raw).and_then(|number| number.checked_mul(*unit)) else {
                let expected = text::A_NUMBER_OF.with(&[("unit", &Message::from(*unit_name))]);
                let message = text::NOT_UNDERSTOOD.with(&[("expected", &expected)]);
                found.faults.push(match *name {
                    EXPIRES => Fault::of(name, &given.source, message),
                    _ => Fault::at(&given.source, message),
                });
                continue;
            };
            let mut life = Duration::from_secs(seconds);
            if let (RECORD_LIFE, Some(end)) = (*name, end.filter(|end| *end < life)) {
                let message = text::LIFE_CUT.with(&[
                    ("life", &span_text(life)),
                    ("other", &JWT_LIFE),
                    ("end", &span_text(end)),
                ]);
                found.warnings.push(Fault::at(&given.source, message));
                life = end;
            }
            for path in *paths {
                // Our own name, where the same place has it too, is there by now, and is the one that was meant.
                layer.put(path, Raw::Text(span_text(life)), &given.source);
            }
        }
    }
}

/// When S0's sessions end, if that is what will end ours.
fn absolute_end(layers: &[Layer]) -> Option<Duration> {
    let minutes = whole(&first(layers, JWT_LIFE)?.raw)?;
    let is_ours = first(layers, "session.absolute_timeout").is_some();
    (!is_ours && minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)))
}
