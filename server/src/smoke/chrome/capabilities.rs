//! What a browser is asked for: pure.

use crate::smoke::Target;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Of the page, not of the window.
pub const VIEWPORT: (u32, u32) = (1280, 800);

/// How the public address alone leads to the node, and every other name nowhere.
///
/// Source: Chromium, `--host-resolver-rules`; the first rule that fits wins.
pub fn resolver_rules(target: &Target) -> String {
    let host = target.public_url.host_str().unwrap_or_default();
    let port = target.public_url.port_or_known_default().unwrap_or(80);
    format!("MAP {host}:{port} {}, MAP * ~NOTFOUND", target.node)
}

/// The new session's wishes. `profile` must be fresh.
pub fn capabilities(
    target: &Target,
    chromium: &Path,
    profile: &Path,
    no_sandbox: bool,
) -> Map<String, Value> {
    let mut args = vec![
        "--headless=new".to_owned(),
        format!("--user-data-dir={}", profile.display()),
        format!("--host-resolver-rules={}", resolver_rules(target)),
        // the surroundings' proxy would be asked instead of the node
        "--no-proxy-server".to_owned(),
        // an `Alt-Svc` header could name another port
        "--disable-quic".to_owned(),
        format!("--window-size={},{}", VIEWPORT.0, VIEWPORT.1),
    ];
    args.extend(QUIET.iter().map(|flag| (*flag).to_owned()));
    if no_sandbox {
        args.push("--no-sandbox".to_owned());
    }
    let wishes = json!({
        "browserName": "chrome",
        "acceptInsecureCerts": false,
        "pageLoadStrategy": "normal",
        // an alert is evidence: it is read before it is closed
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "pageLoad": 10_000, "script": 5_000, "implicit": 0 },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            "binary": chromium,
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
            "args": args,
        },
    });
    match wishes {
        Value::Object(map) => map,
        _ => unreachable!("an object was written above"),
    }
}

/// Less to start, nothing sent home, every picture alike.
const QUIET: [&str; 15] = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--password-store=basic",
    "--mute-audio",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--force-prefers-reduced-motion",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn target(public_url: &str, node: &str) -> Target {
        Target {
            public_url: public_url.parse().unwrap(),
            node: node.parse().unwrap(),
        }
    }

    #[test]
    fn only_the_public_address_leads_anywhere() {
        let cases = [
            (
                "http://shop.example.test",
                "127.0.0.11:3000",
                "MAP shop.example.test:80 127.0.0.11:3000, MAP * ~NOTFOUND",
            ),
            (
                "https://shop.example.test:8443",
                "[::1]:3000",
                "MAP shop.example.test:8443 [::1]:3000, MAP * ~NOTFOUND",
            ),
        ];
        for (public_url, node, rules) in cases {
            assert_eq!(resolver_rules(&target(public_url, node)), rules);
        }
    }

    #[test]
    fn the_sandbox_goes_only_where_that_is_asked_for() {
        let target = target("http://shop.example.test", "127.0.0.11:3000");
        for no_sandbox in [false, true] {
            let wishes = capabilities(
                &target,
                Path::new("/usr/bin/chromium"),
                Path::new("/tmp/x/profile"),
                no_sandbox,
            );
            let args = wishes["goog:chromeOptions"]["args"].to_string();
            assert_eq!(args.contains("--no-sandbox"), no_sandbox);
            assert!(args.contains("--user-data-dir=/tmp/x/profile"));
            assert_eq!(wishes["unhandledPromptBehavior"], "ignore");
        }
    }
}
