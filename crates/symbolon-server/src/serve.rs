//! `symbolon serve`: from the configuration to a server that runs, and to its end.
//!
//! 1. The process: the log, its limits, its signals.
//! 2. `doors`: the addresses are bound first, since that costs nothing where it fails. Nobody is let in yet.
//! 3. A Redis that is the store is looked at, and the store is opened; from then on this process is the one that has it.
//! 4. The socket of the command line, which only the holder of the store may replace.
//! 5. `hello`: what was made, and what to do next.
//! 6. `running`: until a signal asks to end, or something has died; then all that was taken is finished.

mod doors;
mod hello;
mod running;
mod told;

use std::time::Duration;

use symbolon::random::draw;
use symbolon::{OsRandomness, Symbolon};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep};

use crate::compose::Composition;
use crate::config::Loaded;
use crate::config::tree::{Locale, LogFormat};
use crate::config::url::StoreUrl;
use crate::exit::{Exit, Failure};
use crate::lifecycle::{self, Signals};
use crate::messages::{doctor as advice, start as text};
use crate::terminal::Terminal;
use crate::transport::Server;
use crate::{clock, opening, redis_condition, telemetry};
use doors::Doors;
use hello::Hello;
use running::Running;

/// How long a store may be held by somebody who is no server that runs. A supervisor tries again after it.
const HOLDER_TIME: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Serves until it is told to end, or cannot go on. The log speaks the language of `log.locale`, and so does the terminal
/// where that is given.
///
/// # Errors
/// Why it could not begin. How it ended is the exit code.
pub(crate) fn run(loaded: &Loaded, terminal: Terminal) -> Result<Exit, Failure> {
    let terminal = terminal.follow(loaded.locale());
    begin_and_serve(loaded, terminal).map_err(|failure| failure.said_in(terminal.locale))
}

fn begin_and_serve(loaded: &Loaded, terminal: Terminal) -> Result<Exit, Failure> {
    let log = &loaded.config.log;
    // For programs every line is JSON, the log's too.
    let format = if terminal.json {
        LogFormat::Json
    } else {
        log.format
    };
    telemetry::begin(format, log.level, log.locale)
        .map_err(|error| Failure::unavailable(format!("begin the log: {error}")))?;
    lifecycle::forbid_core_dumps();
    lifecycle::raise_open_files();
    for doubt in &loaded.warnings {
        let doubt = doubt.say(log.locale);
        tracing::warn!("{}", text::CONFIG_DOUBT.fill(log.locale, &[("doubt", &doubt)]));
    }
    let now = clock::now();
    if clock::is_past(now) {
        let shown = now.strftime("%Y-%m-%d %H:%M:%SZ");
        let said = advice::CLOCK_SET.fill(log.locale, &[("now", &shown)]);
        tracing::error!("{said}");
    }
    let runtime = runtime()?;
    runtime.block_on(serve(loaded, terminal, format))
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .thread_name("symbolon-serve")
        .build();
    runtime.map_err(|error| Failure::unavailable(format!("start the runtime: {error}")))
}

async fn serve(loaded: &Loaded, terminal: Terminal, format: LogFormat) -> Result<Exit, Failure> {
    let composition = Composition::of(&loaded.config);
    let language = loaded.config.log.locale;
    let mut signals = Signals::listen(language)
        .map_err(|error| Failure::unavailable(format!("listen for signals: {error}")))?;
    let doors = Doors::bind(&composition, terminal.locale)?;
    redis_condition::at_start(&composition, terminal.locale).await?;
    // A start that is interrupted leaves what a killed one leaves: the store is made for that.
    let (symbolon, store) = tokio::select! {
        opened = open(&composition, terminal) => opened?,
        signal = signals.asked() => {
            tracing::info!("{}", text::STOPPED_AT_ONCE.fill(language, &[("signal", &signal)]));
            lifecycle::leave(Exit::Ok)
        }
    };
    match begin(&composition, doors, symbolon.clone(), terminal.locale) {
        Ok((running, addresses)) => {
            let hello = Hello {
                composition: &composition,
                store: &store,
                addresses: &addresses,
                file: loaded.file.as_deref(),
            };
            hello::say(&hello, format, terminal);
            Ok(running.until_end(signals).await)
        }
        Err(failure) => {
            symbolon.stop().await;
            Err(failure)
        }
    }
}

/// Opens the store, and says what it is. Whoever has it and answers at the socket is another server, and this start
/// is refused. Whoever has it and does not answer is a command, which is done in a moment, or a server that stops:
/// these are waited for.
async fn open(composition: &Composition<'_>, terminal: Terminal) -> Result<(Symbolon, String), Failure> {
    let deadline = Instant::now() + HOLDER_TIME;
    loop {
        let opened = async { composition.builder()?.first_administrator().open().await };
        match opened.await {
            Ok((symbolon, opened)) => {
                opening::tell_administrator(&opened, terminal);
                if let Some(said) = opening::key_made(&opened, composition.config().log.locale) {
                    tracing::warn!("{said}");
                }
                return Ok((symbolon, opened.store));
            }
            Err(fault) => {
                let passes = opening::holder(&fault).is_some() && Instant::now() < deadline;
                if !passes || Server::find(composition).await.is_ok() {
                    return Err(opening::failure(&fault, composition, terminal.locale));
                }
            }
        }
        sleep(LOOK).await;
    }
}

fn begin(
    composition: &Composition<'_>,
    doors: Doors,
    symbolon: Symbolon,
    locale: Locale,
) -> Result<(Running, Vec<hello::Address>), Failure> {
    let seed = draw(&OsRandomness).map_err(|error| Failure::unavailable(error.to_string()))?;
    let app = composition.app(symbolon, seed);
    let doors = doors.with_socket(composition, locale)?;
    let addresses = doors.addresses();
    let config = composition.config();
    let in_redis = matches!(config.store_url, StoreUrl::Redis(_));
    let running = Running::start(doors, app, config.log.locale, in_redis);
    Ok((running, addresses))
}
