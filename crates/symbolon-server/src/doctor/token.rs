use serde_json::{Value as Json, json};

use super::Patient;
use super::finding::{About, Finding, Values};
use crate::config::value::span_text;
use crate::exit::Failure;
use crate::messages::Text;
use crate::messages::doctor as text;
use crate::terminal::Terminal;
use crate::transport::{Call, OnFresh, Transport};

/// A token that is refused where its holder expects it to be good: why, and what changes that.
pub(super) async fn check(patient: &Patient<'_>, token: &str, terminal: Terminal) -> Finding {
    let about = About::new("token", patient.locale);
    match judge(patient, token, terminal).await {
        Ok(verdict) if verdict["active"] == true => {
            let [session, subject, until] =
                ["session_id", "subject", "expires_at"].map(|name| word(&verdict, name));
            about.ok(
                text::TOKEN_LIVE,
                &[("session", &session), ("subject", &subject), ("until", &until)],
            )
        }
        Ok(verdict) => refused(patient, about, &word(&verdict, "reason")),
        Err(error) => about.unknown(text::TOKEN_UNASKED, &[("error", &error)]),
    }
}

async fn judge(patient: &Patient<'_>, token: &str, terminal: Terminal) -> Result<Json, Failure> {
    let transport = Transport::open(patient.composition, OnFresh::Refuse, terminal).await?;
    let answer = async {
        let call = Call::post("/v1/verify", &json!({ "token": token }))?;
        transport.call(call).await?.success()
    };
    let answer = answer.await;
    transport.close().await;
    answer
}

fn word(object: &Json, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

fn refused(patient: &Patient<'_>, about: About, reason: &str) -> Finding {
    let session = &patient.composition.config().session;
    let path =
        |path: Option<std::path::PathBuf>| path.map_or_else(String::new, |path| path.display().to_string());
    let values: Values<'_> = &[
        ("reason", &reason),
        ("access", &span_text(session.access_ttl)),
        ("idle", &span_text(session.life.idle_timeout)),
        ("key", &path(patient.composition.master_key_file())),
        ("store", &patient.composition.store()),
    ];
    about.fail(text::TOKEN_REFUSED, advice(reason), values)
}

fn advice(reason: &str) -> Text {
    match reason {
        "malformed" => text::TOKEN_MALFORMED,
        "unknown" => text::TOKEN_UNKNOWN,
        "expired" => text::TOKEN_EXPIRED,
        "idle" => text::TOKEN_IDLE,
        "superseded" => text::TOKEN_SUPERSEDED,
        _ => text::TOKEN_ENDED,
    }
}
