//! nginx: a fixed answer to every request, as many workers as there are cores.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::process::{Running, free_address, said};

/// What is between the braces of `http`: no log, and connections that stay.
const SETTINGS: &str = "access_log off; keepalive_requests 1000000000; \
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; \
    scgi_temp_path temp;";

/// Its version; `None`: it is not installed.
pub(crate) fn version() -> Option<String> {
    said("nginx", &["-v"])
}

/// Starts it with a configuration of its own in `folder`; `None`: it is not installed.
pub(crate) fn start(folder: &Path) -> anyhow::Result<Option<Running>> {
    if version().is_none() {
        return Ok(None);
    }
    let (folder, address) = (std::path::absolute(folder)?, free_address()?);
    fs::create_dir_all(folder.join("temp"))?;
    let file = folder.join("nginx.conf");
    let text = format!(
        "daemon off; worker_processes auto; pid nginx.pid; error_log error.log crit;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ {SETTINGS}\n\
         server {{ listen {address}; location / {{ default_type application/json; \
         return 200 '{{\"active\":true,\"subject\":\"user-1024\"}}'; }} }} }}\n"
    );
    fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(&folder)
        .arg("-c")
        .arg(&file)
        .arg("-e")
        .arg(folder.join("error.log"));
    Running::start(&mut command, address).map(Some)
}
