//! `symbolon doctor`: what the server needs, looked at piece by piece, each with what to do about it.
//!
//! It changes nothing and disturbs no server that runs: a store that is in use is asked about through its server, and
//! is itself only opened where nobody has it.

mod configuration;
mod data_folder;
mod finding;
mod machine;
mod master_key;
mod nodes;
mod ports;
mod redis_condition;
mod redis_store;
mod report;
mod server;
mod server_store;
mod shared_cache;
mod store;
mod token;

use crate::clock;
use crate::compose::Composition;
use crate::config::Loaded;
use crate::config::fault::Fault;
use crate::config::tree::Locale;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;
use crate::transport::Server;
use zeroize::Zeroizing;

use finding::Finding;

/// What is looked at.
struct Patient<'a> {
    composition: Composition<'a>,
    locale: Locale,
    now: jiff::Timestamp,
}

/// Looks at everything, and at a token if one is asked about, and says what was found. The exit code is 1 where
/// something must be mended.
///
/// # Errors
/// When nothing can be written to standard output.
pub(crate) async fn run(
    loaded: Result<&Loaded, &[Fault]>,
    token: Option<Zeroizing<String>>,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let progress = terminal.progress(report::title(terminal.locale), None);
    let findings = match loaded {
        Ok(loaded) => examine(loaded, token, terminal).await,
        // Nothing else can be looked at: where it would be is not known.
        Err(faults) => configuration::of_faults(faults, terminal.locale),
    };
    drop(progress);
    report::print(&findings, terminal)?;
    Ok(match findings.iter().any(Finding::is_failure) {
        true => Exit::Failed,
        false => Exit::Ok,
    })
}

async fn examine(loaded: &Loaded, token: Option<Zeroizing<String>>, terminal: Terminal) -> Vec<Finding> {
    let locale = terminal.locale;
    let patient = Patient {
        composition: Composition::of(&loaded.config),
        locale,
        now: clock::now(),
    };
    let mut findings = configuration::of_loaded(loaded, locale);
    findings.extend(data_folder::check(&patient));
    let store = store::check(&patient).await;
    findings.push(master_key::check(&patient, store.existing));
    findings.extend(store.findings);
    findings.extend(redis_condition::check(&patient).await);
    findings.extend(shared_cache::check(&patient).await);
    let server = Server::find(&patient.composition).await;
    findings.extend(ports::check(&patient, server.as_ref().ok()));
    findings.push(ports::of_redis(&patient));
    findings.extend(nodes::check(&patient, server.as_ref().ok()).await);
    findings.push(server::check(&patient, store.holder.as_ref(), server).await);
    findings.extend(machine::check(&patient));
    if let Some(token) = token {
        findings.push(token::check(&patient, &token, terminal).await);
    }
    findings
}
