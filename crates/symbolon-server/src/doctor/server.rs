use std::io;

use serde_json::Value as Json;

use super::Patient;
use super::finding::{About, Finding};
use crate::exit::Failure;
use crate::messages::doctor as text;
use crate::opening::StoreHolder;
use crate::transport::{Call, Server};

/// The server that has the store: does it answer, and is it ready.
pub(super) async fn check(
    patient: &Patient<'_>,
    holder: Option<&StoreHolder>,
    server: io::Result<Server>,
) -> Finding {
    let about = About::new("server", patient.locale);
    let server = match server {
        Ok(server) => server,
        Err(_) if holder.is_none() => return about.ok(text::SERVER_NONE, &[]),
        Err(error) => {
            let words = holder.map_or_else(String::new, |holder| holder.words(patient.locale));
            return about.fail(
                text::SERVER_SILENT,
                text::SERVER_RESTART,
                &[("holder", &words), ("error", &error)],
            );
        }
    };
    match ready(&server).await {
        Ok(answer) if answer["fallback"] == true => {
            about.warn(text::SERVER_FALLEN_BACK, text::SERVER_MEND_REDIS, &[])
        }
        Ok(_) => about.ok(text::SERVER_READY, &[]),
        Err(failure) => about.fail(text::SERVER_NOT_READY, text::SERVER_LOG, &[("error", &failure)]),
    }
}

async fn ready(server: &Server) -> Result<Json, Failure> {
    server.call(Call::get("/readyz")).await?.success()
}
