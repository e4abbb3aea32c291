//! A browser with several tabs of one page, each with a client of its own.

use serde_json::Value;
use symbolon_testkit::server::{Server, Start};

use super::front::Front;
use crate::chromium::{Chromium, Tab};
use crate::place::BINARY;

/// The tabs of a busy person.
pub(super) const EIGHT: usize = 8;

/// A server, what stands before it, and a browser.
pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) front: Front,
    pub(super) tabs: Tabs,
    pub(super) password: String,
}

impl Scene {
    /// With so many tabs at the trusted name; `options` are those of the client, as JavaScript.
    pub(super) async fn of(tabs: usize, options: &str) -> Self {
        Self::at(Front::page, tabs, options).await
    }

    /// The same at another page.
    pub(super) async fn at(page: fn(&Front) -> String, tabs: usize, options: &str) -> Self {
        let server = Start::binary(BINARY).ready().await;
        let front = Front::before(server.address()).await;
        let password = server.first_password().await;
        let (page, options) = (page(&front), options.to_owned());
        let tabs = tokio::task::spawn_blocking(move || Tabs::open(&page, tabs, &options));
        Self {
            server,
            front,
            tabs: tabs.await.unwrap(),
            password,
        }
    }

    /// Logs in, in the first tab.
    pub(super) fn log_in(&mut self) {
        let password = &self.password;
        let script = format!("return await client.logIn({{ username: 'admin', password: '{password}' }});");
        let session = self.tabs.first(&script);
        assert_eq!(session["subject"], "admin", "{session}");
    }

    /// Later: the access token has expired, and nothing else has changed.
    pub(super) async fn later(&mut self, offset: &str) {
        self.server.kill9().await;
        self.server.restart_at(offset).await;
        let asked = self.front.asked("POST /v1/refresh");
        assert_eq!(asked, 0, "somebody has renewed before it was needed");
    }
}

/// The tabs.
pub(super) struct Tabs {
    browser: Chromium,
    tabs: Vec<Tab>,
}

impl Tabs {
    fn open(page: &str, count: usize, options: &str) -> Self {
        let mut browser = Chromium::start();
        let tabs: Vec<Tab> = (0..count).map(|_| browser.open(page)).collect();
        let script = format!(
            "const {{ Symbolon }} = await import('/client/symbolon.js');
             window.told = [];
             window.others = [];
             window.client = new Symbolon({{
               onLogInNeeded: (reason) => told.push(reason),
               onSession: (session) => others.push(session.subject),
               {options}
             }});
             window.stored = () => JSON.parse(localStorage.symbolon);"
        );
        let mut opened = Self { browser, tabs };
        opened.all(&script);
        opened
    }

    /// What the script gives in every tab, at the same time.
    pub(super) fn all(&mut self, script: &str) -> Vec<Value> {
        let scripts: Vec<(&Tab, &str)> = self.tabs.iter().map(|tab| (tab, script)).collect();
        tokio::task::block_in_place(|| self.browser.run_in_all(&scripts))
    }

    /// What it gives in the first one.
    pub(super) fn first(&mut self, script: &str) -> Value {
        let tab = self.tabs[0].clone();
        tokio::task::block_in_place(|| self.browser.run(&tab, script))
    }

    /// Waits until the script gives that in every tab.
    pub(super) fn until_all(&mut self, script: &str, expected: &Value) {
        // A condition that the browser itself waits for, since it is told of it at some time.
        let script = format!(
            "const is = async () => {{ {script} }};
             for (let tries = 0; tries < 1000; tries += 1) {{
               if (JSON.stringify(await is()) === '{expected}') break;
               await new Promise((resolve) => setTimeout(resolve, 10));
             }}
             return await is();"
        );
        let seen = self.all(&script);
        assert!(
            seen.iter().all(|seen| seen == expected),
            "{seen:?} and not {expected}"
        );
    }
}
