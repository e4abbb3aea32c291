use symbolon::Examined;

use super::Patient;
use super::finding::{About, Finding};
use crate::messages::doctor as text;
use crate::opening::StoreHolder;

/// The store: is it one, can it be used, is it sound. And who has it: then it is left alone.
pub(super) fn check(patient: &Patient<'_>) -> (Finding, Option<StoreHolder>) {
    let about = About::new("store", patient.locale);
    let Some(database) = patient.composition.database() else {
        return (about.warn(text::STORE_MEMORY, text::STORE_NAME_FILE, &[]), None);
    };
    let file = database.display();
    match patient.composition.light_builder().examine(true) {
        Ok(None) => (about.ok(text::STORE_NOT_YET, &[("file", &file)]), None),
        Ok(Some(found)) => (examined(about, &found, &file), None),
        Err(error) => match StoreHolder::of(&error) {
            Some(holder) => {
                let words = holder.words(patient.locale);
                (
                    about.ok(text::STORE_IN_USE, &[("file", &file), ("holder", &words)]),
                    Some(holder),
                )
            }
            // Its text says what to do.
            None => (about.failed_with(error), None),
        },
    }
}

fn examined(about: About, found: &Examined, file: &dyn std::fmt::Display) -> Finding {
    let Examined {
        engine_version,
        schema_version,
        newest_version,
        damage,
    } = found;
    if !damage.is_empty() {
        let damage = damage.join("; ");
        return about.fail(
            text::STORE_TORN,
            text::STORE_RESTORE,
            &[("file", file), ("damage", &damage)],
        );
    }
    let values: super::finding::Values<'_> = &[
        ("file", file),
        ("engine", engine_version),
        ("version", schema_version),
        ("newest", newest_version),
    ];
    match schema_version.cmp(newest_version) {
        std::cmp::Ordering::Equal => about.ok(text::STORE_SOUND, values),
        std::cmp::Ordering::Less => about.warn(text::STORE_OLD, text::STORE_MIGRATE, values),
        std::cmp::Ordering::Greater => about.fail(text::STORE_NEW, text::STORE_NEWER_RELEASE, values),
    }
}
