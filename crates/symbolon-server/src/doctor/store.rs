use std::path::Path;

use symbolon::{Builder, Examined};

use super::finding::{About, Finding};
use super::{Patient, redis_store, server_store};
use crate::compose::StorePlace;
use crate::messages::doctor as text;
use crate::opening::StoreHolder;

/// Whether there is a store, which then was made with some master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Yes,
    No,
    Unknown,
}

/// What was found about the store.
pub(super) struct Look {
    pub(super) findings: Vec<Finding>,
    /// Who has it, if it is one that only one process has.
    pub(super) holder: Option<StoreHolder>,
    pub(super) existing: Existing,
}

/// The store: is it one, can it be used, is it sound. And who has it: then it is left alone.
pub(super) async fn check(patient: &Patient<'_>) -> Look {
    let about = About::new("store", patient.locale);
    let alone = |finding, existing| Look {
        findings: vec![finding],
        holder: None,
        existing,
    };
    match patient.composition.store() {
        StorePlace::Memory => {
            let finding = about.warn(text::STORE_MEMORY, text::STORE_NAME_FILE, &[]);
            alone(finding, Existing::No)
        }
        StorePlace::Server(_) => {
            let (findings, existing) = server_store::check(patient).await;
            Look {
                findings,
                holder: None,
                existing,
            }
        }
        StorePlace::Redis(_) => {
            let (findings, existing) = redis_store::check(patient).await;
            Look {
                findings,
                holder: None,
                existing,
            }
        }
        StorePlace::File(file) => {
            let existing = if file.exists() {
                Existing::Yes
            } else {
                Existing::No
            };
            match patient.composition.light_builder() {
                Ok(builder) => of_file(patient, about, &builder, &file, existing),
                Err(error) => alone(about.failed_with(error), Existing::Unknown),
            }
        }
    }
}

fn of_file(patient: &Patient<'_>, about: About, builder: &Builder, file: &Path, existing: Existing) -> Look {
    let file = file.display();
    let (finding, holder) = match builder.examine(true) {
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
    };
    Look {
        findings: vec![finding],
        holder,
        existing,
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
