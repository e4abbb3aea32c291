//! Devices in bodies.

use serde::{Deserialize, Serialize};
use symbolon::device::{Device, kept_text};

use crate::user_agent;

/// What a person recognises a session by, as an application names it. Longer texts are cut.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeviceGiven)]
pub(crate) struct DeviceGiven {
    /// The application's own id of it.
    #[serde(default)]
    id: Option<String>,
    /// What sort it is: `web`, `ios`, `android`, `desktop` or another word of the application.
    #[serde(default)]
    kind: Option<String>,
    /// What its owner calls it.
    #[serde(default)]
    name: Option<String>,
}

impl DeviceGiven {
    /// The device, with what its user agent says.
    pub(crate) fn seen_with(self, user_agent: Option<&str>) -> Device {
        let seen = user_agent.map(user_agent::read).unwrap_or_default();
        Device {
            id: kept(self.id),
            kind: kept(self.kind),
            name: kept(self.name),
            os: seen.os.map(str::to_owned),
            browser: seen.browser.map(str::to_owned),
        }
    }
}

/// A text to keep; an empty one is none.
pub(crate) fn kept(text: Option<String>) -> Option<String> {
    text.map(|text| kept_text(&text)).filter(|text| !text.is_empty())
}

/// A device as answers show it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceBody {
    /// The application's own id of it.
    id: Option<String>,
    /// What sort it is.
    kind: Option<String>,
    /// What its owner calls it.
    name: Option<String>,
    /// The operating system, read from the user agent.
    os: Option<String>,
    /// The browser, read from the user agent.
    browser: Option<String>,
}

impl From<Device> for DeviceBody {
    fn from(
        Device {
            id,
            kind,
            name,
            os,
            browser,
        }: Device,
    ) -> Self {
        Self {
            id,
            kind,
            name,
            os,
            browser,
        }
    }
}
