//! A gateway as a process, with a recipe of `deploy/` as its configuration.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use symbolon_testkit::server::free_address;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

const NGINX: &str = include_str!("../../../../../deploy/nginx/symbolon.conf");
const CADDY: &str = include_str!("../../../../../deploy/caddy/Caddyfile");
const HAPROXY: &str = include_str!("../../../../../deploy/haproxy/haproxy.cfg");
const HAPROXY_LUA: &str = include_str!("../../../../../deploy/haproxy/symbolon.lua");

/// What a recipe is put into. One process, so that none is left when it is killed.
const NGINX_AROUND: &str = "daemon off; master_process off; pid nginx.pid;
events { worker_connections 512; }
http {
    access_log off; client_body_temp_path temp/body; proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi; uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
    include symbolon.conf;
}
";
const CADDY_AROUND: &str = "{
	admin off
}
import symbolon.caddy
";

/// Longer than a gateway takes to start on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// The gateways that Debian has and that have a recipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Haproxy,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Nginx, Self::Caddy, Self::Haproxy];

    /// The recipe with the addresses of a test in place of its own, and with `query` behind `/verify?`.
    fn recipe(self, ours: SocketAddr, places: Places, query: &str) -> String {
        let target = match query {
            "" => "/verify".to_owned(),
            query => format!("/verify?{query}"),
        };
        let (recipe, own) = match self {
            Self::Nginx => (
                replaced(NGINX, "listen 8080;", &format!("listen {ours};")),
                ("http://symbolon/verify;", format!("http://symbolon{target};")),
            ),
            // A name alone would have Caddy ask for a certificate.
            Self::Caddy => (
                replaced(
                    CADDY,
                    "\napp.example.com {",
                    &format!("\nhttp://:{} {{", ours.port()),
                ),
                ("uri /verify?\n", format!("uri /verify?{query}\n")),
            ),
            Self::Haproxy => (
                replaced(
                    &replaced(HAPROXY, "bind :8080", &format!("bind {ours}")),
                    "/etc/haproxy/",
                    "",
                ),
                (" /verify\n", format!(" {target}\n")),
            ),
        };
        let recipe = replaced(&recipe, own.0, &own.1);
        let recipe = replaced(&recipe, "127.0.0.1:5000", &places.symbolon.to_string());
        replaced(&recipe, "127.0.0.1:8000", &places.application.to_string())
    }

    fn command(self, folder: &Path, recipe: &str) -> Command {
        match self {
            Self::Nginx => {
                fs::create_dir(folder.join("temp")).unwrap();
                fs::write(folder.join("nginx.conf"), NGINX_AROUND).unwrap();
                fs::write(folder.join("symbolon.conf"), recipe).unwrap();
                let mut command = Command::new("nginx");
                command.arg("-p").arg(folder).args(["-e", "stderr", "-c"]);
                command.arg(folder.join("nginx.conf"));
                command
            }
            Self::Caddy => {
                fs::write(folder.join("Caddyfile"), CADDY_AROUND).unwrap();
                fs::write(folder.join("symbolon.caddy"), recipe).unwrap();
                let mut command = Command::new("caddy");
                command.args(["run", "--adapter", "caddyfile", "--config", "Caddyfile"]);
                command
            }
            Self::Haproxy => {
                fs::write(folder.join("haproxy.cfg"), recipe).unwrap();
                fs::write(folder.join("symbolon.lua"), HAPROXY_LUA).unwrap();
                let mut command = Command::new("haproxy");
                command.args(["-db", "-f", "haproxy.cfg"]);
                command
            }
        }
    }
}

/// What stands in a recipe, and must.
fn replaced(recipe: &str, own: &str, other: &str) -> String {
    assert!(recipe.contains(own), "{own:?} is not in the recipe");
    recipe.replace(own, other)
}

/// Who is behind a gateway.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    pub(crate) symbolon: SocketAddr,
    pub(crate) application: SocketAddr,
}

/// A running gateway; it is killed when dropped.
pub(crate) struct Gateway {
    address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Gateway {
    /// Starts it and waits until it listens. `query` is what its operator has written behind `/verify?`.
    pub(crate) async fn start(kind: Kind, places: Places, query: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let address = free_address();
        let recipe = kind.recipe(address, places, query);
        let path = std::env::var("PATH").unwrap_or_default();
        let process = kind
            .command(folder.path(), &recipe)
            .current_dir(folder.path())
            // Debian keeps nginx and HAProxy where an ordinary user does not look.
            .env("PATH", format!("{path}:/usr/sbin"))
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("said")).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{kind:?}: {error}; `cargo xtask test` installs it"));
        let mut gateway = Self {
            address,
            process,
            folder,
        };
        gateway.until_it_listens().await;
        gateway
    }

    async fn until_it_listens(&mut self) {
        let listens = async {
            while TcpStream::connect(self.address).await.is_err() {
                if let Some(status) = self.process.try_wait().unwrap() {
                    panic!("it ended at its start ({status}): {}", self.said());
                }
                sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(START_DEADLINE, listens).await.is_err() {
            panic!("it does not listen: {}", self.said());
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written to its log.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
