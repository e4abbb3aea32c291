use serde_json::json;
use symbolon::{OpenError, OpenFault};

use crate::compose::Composition;
use crate::exit::{Exit, Failure};
use crate::messages::terminal as text;
use crate::opening::{self, StoreHolder};
use crate::terminal::Terminal;

/// Brings the store to the schema of this version, and says from where.
///
/// # Errors
/// Why it was not done: most often that a server has the store.
pub(crate) async fn run(composition: Composition<'_>, terminal: Terminal) -> Result<(), Failure> {
    let locale = terminal.locale;
    let Some((from, to)) = versions(&composition, terminal).await? else {
        return said(terminal, None, text::MIGRATE_FRESH.get(locale));
    };
    if from == to {
        return said(
            terminal,
            Some((from, to)),
            &text::MIGRATE_NONE.fill(locale, &[("to", &to)]),
        );
    }
    let progress = terminal.progress(text::WAIT_MIGRATE.get(locale), None);
    let opened = async { composition.light_builder()?.open().await }.await;
    drop(progress);
    let (symbolon, _) = opened.map_err(|fault| opening::failure(&fault, &composition, locale))?;
    symbolon.stop().await;
    said(
        terminal,
        Some((from, to)),
        &text::MIGRATE_DONE.fill(locale, &[("from", &from), ("to", &to)]),
    )
}

/// The version of the schema that is there, and the one that it is brought to; `None`: there is no store.
async fn versions(composition: &Composition<'_>, terminal: Terminal) -> Result<Option<(u32, u32)>, Failure> {
    let wrong = |fault| opening::failure(&fault, composition, terminal.locale);
    if let Some(found) = composition.look_at_shared().await.map_err(wrong)? {
        return Ok(found.version.map(|from| (from, found.newest)));
    }
    let builder = composition.light_builder().map_err(wrong)?;
    let found = builder
        .examine(false)
        .map_err(|error| refused(error, composition, terminal))?;
    Ok(found.map(|found| (found.schema_version, found.newest_version)))
}

fn refused(error: OpenError, composition: &Composition<'_>, terminal: Terminal) -> Failure {
    match StoreHolder::of(&error) {
        Some(holder) => {
            let words = holder.words(terminal.locale);
            let message = text::MIGRATE_RUNNING.fill(terminal.locale, &[("holder", &words)]);
            Failure::new(Exit::Unavailable, "in_use", message)
        }
        None => opening::failure(&OpenFault::Store(error), composition, terminal.locale),
    }
}

fn said(terminal: Terminal, versions: Option<(u32, u32)>, sentence: &str) -> Result<(), Failure> {
    if !terminal.json {
        return terminal.print(sentence);
    }
    let (from, to) = versions.unzip();
    terminal.print_json(&json!({ "from": from, "to": to }))
}
