use serde_json::json;
use symbolon::WarmFault;

use crate::compose::Composition;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::opening;
use crate::terminal::Terminal;

/// Fills Redis from the store. It is a node for as long as it lasts, beside those that run.
///
/// # Errors
/// Why it was not filled.
pub(crate) async fn run(rate: u32, composition: Composition<'_>, terminal: Terminal) -> Result<(), Failure> {
    let locale = terminal.locale;
    let cache = composition.cache().filter(|_| composition.shares_store());
    let Some(cache) = cache else {
        return Err(Failure::usage(text::WARM_NOTHING.get(locale)));
    };
    let opened = async {
        let builder = composition.light_builder()?;
        builder.shared_cache(cache.filled_by_hand()).open().await
    };
    let (symbolon, opened) = opened
        .await
        .map_err(|fault| opening::failure(&fault, &composition, locale))?;
    opening::tell_made(&opened, terminal);
    let progress = terminal.progress(text::WAIT_WARM.get(locale), None);
    let warmed = symbolon.warm(rate).await;
    drop(progress);
    symbolon.stop().await;
    match warmed {
        Ok(written) if terminal.json => terminal.print_json(&json!({ "written": written })),
        Ok(written) => terminal.print(&text::WARM_DONE.fill(locale, &[("count", &written)])),
        Err(fault @ (WarmFault::Away { .. } | WarmFault::Store(_))) => {
            Err(Failure::unavailable(format!("fill redis: {fault}")))
        }
        Err(fault @ WarmFault::NoCache) => Err(Failure::usage(fault.to_string())),
    }
}
