//! A real browser: Chromium, driven through ChromeDriver by the W3C's WebDriver protocol.

#[path = "skipped.rs"]
mod skipped;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What keyboards have beside letters, in WebDriver's code.
pub mod key {
    pub const TAB: &str = "\u{E004}";
    pub const ENTER: &str = "\u{E007}";
    pub const ESCAPE: &str = "\u{E00C}";
    pub const END: &str = "\u{E010}";
    pub const LEFT: &str = "\u{E012}";
    pub const UP: &str = "\u{E013}";
    pub const RIGHT: &str = "\u{E014}";
    pub const DOWN: &str = "\u{E015}";
}

const DRIVER: &str = "chromedriver";

/// Seconds that a request may take, on a machine that does much else.
const PATIENCE: u64 = 120;

/// How often a browser is started before there is none.
const ATTEMPTS: usize = 4;

/// A window of its own, closed at the end.
pub struct Browser {
    driver: Child,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// A window, or `None` for a `test` that is then skipped because there is no Chromium.
    ///
    /// # Panics
    /// With `DREAMER_REQUIRE_CHROMIUM=1`, where there is none: then nothing may be skipped.
    pub fn open(test: &str) -> Option<Browser> {
        let none = |reason: &str| {
            let required = env::var_os("DREAMER_REQUIRE_CHROMIUM").is_some_and(|it| it == "1");
            assert!(!required, "{test} may not be skipped: {reason}");
            skipped::skip(test, reason);
            None
        };
        let mut reason = String::new();
        // On a machine that does much else, Chromium sometimes ends before it has started.
        for _ in 0..ATTEMPTS {
            match Browser::start() {
                Ok(browser) => return Some(browser),
                Err(message) => reason = message,
            }
        }
        none(&reason)
    }

    /// A window, or why there is none.
    fn start() -> Result<Browser, String> {
        let driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = driver.map_err(|error| format!("{DRIVER} does not start: {error}"))?;
        let port = port(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            // Containers often have 64 MiB of shared memory, too few for several windows.
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-breakpad",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({ "goog:chromeOptions": { "args": arguments } });
        let root = format!("http://127.0.0.1:{port}/session");
        let capabilities = json!({ "capabilities": { "alwaysMatch": wanted } });
        let (status, answer) = ask(minreq::post(&root), Some(&capabilities));
        let Some(id) = answer["sessionId"].as_str().filter(|_| status == 200) else {
            let _ = driver.kill();
            let _ = driver.wait();
            let message = answer["message"].as_str().unwrap_or_default();
            return Err(message.lines().next().unwrap_or("Chromium does not start").to_owned());
        };
        Ok(Browser { driver, session: format!("{root}/{id}"), _profile: profile })
    }

    fn post(&self, command: &str, body: Value) -> Value {
        answer(minreq::post(format!("{}/{command}", self.session)), Some(&body))
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Makes the page as wide and high as a screen of CSS pixels, light or dark.
    pub fn screen(&self, [width, height]: [u32; 2], scheme: &str) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        // The clipboard is for pages that are looked at.
        self.devtools("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Opens a file.
    pub fn visit(&self, file: &Path) {
        self.post("url", json!({ "url": format!("file://{}", file.display()) }));
    }

    /// What the body of a function gives back.
    pub fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] }))
    }

    /// What an expression is, as a number.
    pub fn number(&self, expression: &str) -> f64 {
        let value = self.run(&format!("return {expression}"));
        value.as_f64().unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    /// What an expression is, as a text.
    pub fn text(&self, expression: &str) -> String {
        let value = self.run(&format!("return {expression}"));
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.post("element", wanted);
        let id = found.as_object().and_then(|found| found.values().next()?.as_str());
        id.unwrap_or_else(|| panic!("{selector}: {found}")).to_owned()
    }

    /// Clicks on the middle of the first element that a selector finds.
    pub fn click(&self, selector: &str) {
        self.post(&format!("element/{}/click", self.element(selector)), json!({}));
    }

    /// Presses keys one after another.
    pub fn press(&self, keys: &[&str]) {
        let strokes: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", json!({ "actions": [keyboard] }));
    }

    /// Drags with the mouse from one place of the window to another, in CSS pixels.
    pub fn drag(&self, from: [f64; 2], to: [f64; 2]) {
        let go = |[x, y]: [f64; 2]| json!({ "type": "pointerMove", "duration": 50, "x": x.round(), "y": y.round() });
        let middle = [0, 1].map(|axis| (from[axis] + to[axis]) / 2.0);
        let button = |kind| json!({ "type": kind, "button": 0 });
        let moves =
            json!([go(from), button("pointerDown"), go(middle), go(to), button("pointerUp")]);
        let mouse = json!({
            "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" },
            "actions": moves,
        });
        self.post("actions", json!({ "actions": [mouse] }));
    }

    /// Left, top, width and height of the first element that a selector finds, in the window.
    pub fn place(&self, selector: &str) -> [f64; 4] {
        let place = self.run(&format!(
            "const box = document.querySelector({selector:?}).getBoundingClientRect();
             return [box.left, box.top, box.width, box.height]"
        ));
        [0, 1, 2, 3].map(|index| place[index].as_f64().unwrap_or_else(|| panic!("{place}")))
    }

    /// The window as it is seen.
    pub fn screenshot(&self) -> RgbImage {
        let answer = answer(minreq::get(format!("{}/screenshot", self.session)), None);
        let png = STANDARD.decode(answer.as_str().expect("a picture")).unwrap();
        image::load_from_memory(&png).unwrap().into_rgb8()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = minreq::delete(&self.session).with_timeout(PATIENCE).send();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that a driver says it listens on.
fn port(driver: &mut Child) -> u16 {
    let said = BufReader::new(driver.stdout.take().expect("it is piped"));
    for line in said.lines() {
        let line = line.unwrap();
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("{DRIVER} ended without a word of its port");
}

/// The value of the answer to a request.
fn answer(request: minreq::Request, body: Option<&Value>) -> Value {
    let (status, answer) = ask(request, body);
    assert!(status == 200, "{answer}");
    answer
}

/// The status of the answer to a request, and its value.
fn ask(request: minreq::Request, body: Option<&Value>) -> (i32, Value) {
    let request = request.with_timeout(PATIENCE);
    let request = match body {
        Some(body) => {
            request.with_header("Content-Type", "application/json").with_body(body.to_string())
        }
        None => request,
    };
    let response = request.send().expect("the driver answers");
    let mut answer: Value = serde_json::from_slice(response.as_bytes()).unwrap();
    (response.status_code, answer["value"].take())
}
