//! Debian's Chromium, driven through a pipe by the DevTools protocol.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than a browser takes for anything that it does at all on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A name of this machine that browsers trust as little as any name without TLS.
pub(crate) const UNTRUSTED: &str = "app.test";

/// A browser without a window, with a profile of its own. When dropped it is killed.
pub(crate) struct Chromium {
    child: Child,
    commands: File,
    messages: Receiver<Value>,
    next_id: u64,
    _profile: TempDir,
}

/// One tab.
#[derive(Clone, Debug)]
pub(crate) struct Tab(String);

impl Chromium {
    /// Starts one. It speaks with nobody but whom it is sent to.
    pub(crate) fn start() -> Self {
        let profile = TempDir::new().unwrap();
        let (to, from) = (profile.path().join("to"), profile.path().join("from"));
        for pipe in [&to, &from] {
            let made = Command::new("mkfifo").arg("-m").arg("600").arg(pipe).status();
            assert!(made.unwrap().success(), "mkfifo {}", pipe.display());
        }
        // The protocol reads descriptor 3 and writes descriptor 4; a shell is the way to give them without `unsafe`.
        // Each end of a named pipe waits for the other, in this order on both sides.
        let child = Command::new("sh")
            .args(["-c", r#"exec chromium "$@" 3<"$TO" 4>"$FROM""#, "sh"])
            .args(arguments(profile.path()))
            .env("TO", &to)
            .env("FROM", &from)
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = OpenOptions::new().write(true).open(&to).unwrap();
        let answers = File::open(&from).unwrap();
        let (send, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let Ok(Ok(message)) = message.map(|bytes| serde_json::from_slice(&bytes)) else {
                    break;
                };
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            commands,
            messages,
            next_id: 0,
            _profile: profile,
        }
    }

    /// Opens a tab and waits until the page is there.
    pub(crate) fn open(&mut self, url: &str) -> Tab {
        let target = self.call(None, "Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call(None, "Target.attachToTarget", attach);
        let tab = Tab(session["sessionId"].as_str().unwrap().to_owned());
        self.call(Some(&tab), "Page.enable", json!({}));
        self.load(&tab, "Page.navigate", json!({"url": url}));
        tab
    }

    /// Loads the page anew.
    pub(crate) fn reload(&mut self, tab: &Tab) {
        self.load(tab, "Page.reload", json!({}));
    }

    fn load(&mut self, tab: &Tab, method: &str, params: Value) {
        let id = self.send(Some(tab), method, params);
        let (mut answered, mut loaded) = (false, false);
        while !(answered && loaded) {
            let message = self.receive();
            assert!(message.get("error").is_none(), "{message}");
            answered |= message["id"] == id;
            loaded |= message["method"] == "Page.loadEventFired" && message["sessionId"] == tab.0.as_str();
        }
    }

    /// The value of a script that the page runs, once it is there.
    pub(crate) fn run(&mut self, tab: &Tab, script: &str) -> Value {
        self.run_in_all(&[(tab, script)]).remove(0)
    }

    /// The same in several tabs at the same time.
    pub(crate) fn run_in_all(&mut self, scripts: &[(&Tab, &str)]) -> Vec<Value> {
        let ids: Vec<_> = scripts
            .iter()
            .map(|(tab, script)| {
                let script = format!("(async () => {{ {script} }})()");
                let evaluate = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
                self.send(Some(tab), "Runtime.evaluate", evaluate)
            })
            .collect();
        let mut values = vec![None; ids.len()];
        while values.iter().any(Option::is_none) {
            let message = self.receive();
            if let Some(index) = ids.iter().position(|id| message["id"] == *id) {
                let result = &message["result"];
                assert!(result.get("exceptionDetails").is_none(), "{message}");
                values[index] = Some(result["result"]["value"].clone());
            }
        }
        values.into_iter().flatten().collect()
    }

    /// Every cookie that the browser has.
    pub(crate) fn cookies(&mut self) -> Vec<Value> {
        let cookies = self.call(None, "Storage.getCookies", json!({}));
        cookies["cookies"].as_array().unwrap().clone()
    }

    /// Lets a page call where its own policy would not let it: as a page of another site, which has none of ours.
    pub(crate) fn without_policy(&mut self, tab: &Tab) {
        self.call(Some(tab), "Page.setBypassCSP", json!({"enabled": true}));
        self.reload(tab);
    }

    fn call(&mut self, tab: Option<&Tab>, method: &str, params: Value) -> Value {
        let id = self.send(tab, method, params);
        loop {
            let mut message = self.receive();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }

    fn send(&mut self, tab: Option<&Tab>, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let mut message = json!({"id": self.next_id, "method": method, "params": params});
        if let Some(Tab(session)) = tab {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).unwrap();
        self.next_id
    }

    fn receive(&self) -> Value {
        self.messages
            .recv_timeout(DEADLINE)
            .expect("the browser ended or hangs")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn arguments(profile: &Path) -> Vec<String> {
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--no-proxy-server",
        "--remote-debugging-pipe",
    ];
    let folder = format!("--user-data-dir={}", profile.join("profile").display());
    let name = format!("--host-resolver-rules=MAP {UNTRUSTED} 127.0.0.1");
    flags
        .into_iter()
        .map(str::to_owned)
        .chain([folder, name])
        .collect()
}
