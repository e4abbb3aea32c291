use serde_json::json;

use crate::compose::{Composition, StorePlace};
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::opening;
use crate::terminal::Terminal;

/// Makes what the first start would make: the folder, the master key, the store, the first administrator.
///
/// # Errors
/// Why it was not made.
pub(crate) async fn run(composition: Composition<'_>, terminal: Terminal) -> Result<(), Failure> {
    let locale = terminal.locale;
    let store = composition.store();
    if store == StorePlace::Memory {
        return Err(Failure::usage(text::NOTHING_KEPT.get(locale)));
    }
    let refused = |fault| opening::failure(&fault, &composition, locale);
    let builder = composition.light_builder().map_err(refused)?;
    let progress = terminal.progress(text::WAIT_OPEN.get(locale), None);
    let opened = builder.first_administrator().open().await;
    drop(progress);
    let made = match opened {
        Ok((symbolon, opened)) => {
            opening::tell_made(&opened, terminal);
            symbolon.stop().await;
            opened.first_administrator.is_some()
        }
        // A server that runs has made everything at its start.
        Err(fault) if opening::holder(&fault).is_some() => false,
        Err(fault) => return Err(refused(fault)),
    };
    if terminal.json {
        return terminal.print_json(&json!({ "made": made, "store": store.to_string() }));
    }
    let sentence = if made { text::INIT_DONE } else { text::INIT_THERE };
    terminal.print(&sentence.fill(locale, &[("store", &store)]))
}
