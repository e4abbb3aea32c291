//! The fields of an event for a person who reads Chinese: its words, and why.

use std::fmt::{self, Debug};

use tracing::field::Field;
use tracing_subscriber::fmt::format::Writer;

use crate::config::tree::Locale;
use crate::messages::{below, lines};

/// Fields with words of a layer below.
const WORDS: [&str; 3] = ["error", "detail", "reason"];

/// Writes a field: the words of the event as they are, all else with its name.
pub(super) fn write(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => writer.write_str(lines::chinese(&value)),
        name if WORDS.contains(&name) => write!(writer, "{name}={}", words(&value)),
        name => write!(writer, "{name}={value}"),
    }
}

/// A text, with or without quotes.
fn words(value: &str) -> String {
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        // Within it quotes are written as they are in a program.
        Some(text) if text.contains('\\') => value.to_owned(),
        Some(text) => format!("\"{}\"", below::say(text, Locale::ZhCn)),
        None => below::say(value, Locale::ZhCn),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::field::MakeExt as _;
    use tracing_subscriber::fmt::format;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_of_a_layer_below_is_said_with_its_reason_and_its_fields() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(format::debug_fn(super::write).delimited(" "))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let error = "reach 127.0.0.1:1: Connection refused (os error 111)";
            tracing::warn!(error, rows = 3, alarm = "x", "a heartbeat has failed");
            tracing::info!("已就绪");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text,
            " WARN 一次心跳失败 error=\"连接 127.0.0.1:1：连接被拒绝（os error 111）\" rows=3 alarm=\"x\"\n INFO 已就绪\n"
        );
    }
}
