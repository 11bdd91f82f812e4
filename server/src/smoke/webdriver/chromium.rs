//! What Chromium is asked for: pure.

use super::session::STANDARD_VIEW;
use crate::smoke::{Target, proxy::SessionProxy};
use app::model::smoke::Leads;
use serde_json::{Map, Value, json};
use std::path::Path;

/// How the browser is kept to the node under test.
#[derive(Clone, Copy)]
pub enum Isolation<'a> {
    /// By resolver rules of its own.
    Rules(&'a Target),
    Proxy(&'a SessionProxy),
}

/// How the public address and what shares its node lead there, and every other name nowhere, unless the suite says so.
///
/// Source: Chromium, `--host-resolver-rules`; the first rule that fits wins, and an exclusion before any.
pub fn resolver_rules(target: &Target) -> String {
    let (host, node) = (
        target.public_url.host_str().unwrap_or_default(),
        target.node,
    );
    let port = target.port().unwrap_or(80);
    let mut rules = vec![format!("MAP {host}:{port} {node}")];
    rules.extend(target.ranked().into_iter().map(|rule| match rule.leads {
        Leads::SameNode => format!("MAP {}:{port} {node}", rule.host),
        Leads::RealAddress => format!("EXCLUDE {}", rule.host),
        Leads::Blocked => format!("MAP {} ~NOTFOUND", rule.host),
    }));
    rules.push("MAP * ~NOTFOUND".to_owned());
    rules.join(", ")
}

impl Isolation<'_> {
    fn args(self) -> Vec<String> {
        match self {
            Self::Rules(target) => vec![
                format!("--host-resolver-rules={}", resolver_rules(target)),
                // the surroundings' proxy would be asked instead of the node
                "--no-proxy-server".to_owned(),
            ],
            Self::Proxy(proxy) => {
                let mut args = vec![
                    format!("--proxy-server={}", proxy.address()),
                    // names of this machine would go past the proxy
                    "--proxy-bypass-list=<-loopback>".to_owned(),
                    format!(
                        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {}",
                        proxy.host()
                    ),
                ];
                args.extend(
                    proxy
                        .pin()
                        .map(|pin| format!("--ignore-certificate-errors-spki-list={pin}")),
                );
                args
            }
        }
    }
}

/// The new session's wishes. `profile` must be fresh.
pub fn capabilities(
    isolation: Isolation<'_>,
    chromium: &Path,
    profile: &Path,
    no_sandbox: bool,
) -> Map<String, Value> {
    let mut args = vec![
        "--headless=new".to_owned(),
        format!("--user-data-dir={}", profile.display()),
        // an `Alt-Svc` header could name another port
        "--disable-quic".to_owned(),
        format!(
            "--window-size={},{}",
            STANDARD_VIEW.width, STANDARD_VIEW.height
        ),
    ];
    args.extend(isolation.args());
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

/// Less to start, nothing sent home, every picture alike and soon.
const QUIET: [&str; 16] = [
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
    // a picture takes three frames, which would come every sixtieth of a second; see `pace.js`
    "--disable-frame-rate-limit",
    "--force-device-scale-factor=1",
    "--force-prefers-reduced-motion",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{proxy::ProxySettings, target::tests::target};
    use app::model::smoke::Front;

    fn wishes(isolation: Isolation<'_>, no_sandbox: bool) -> Map<String, Value> {
        let (chromium, profile) = (Path::new("/usr/bin/chromium"), Path::new("/tmp/x/profile"));
        capabilities(isolation, chromium, profile, no_sandbox)
    }

    #[test]
    fn only_the_public_address_and_what_the_suite_names_lead_anywhere() {
        let hosts = [
            ("*.example.test", Leads::Blocked),
            ("pay.test", Leads::RealAddress),
            ("img.example.test", Leads::SameNode),
        ];
        let cases = [
            (
                target("http://shop.example.test", Front::Direct, &[]),
                "MAP shop.example.test:80 127.0.0.11:3000, MAP * ~NOTFOUND",
            ),
            (
                Target {
                    node: "[::1]:3000".parse().unwrap(),
                    ..target("https://shop.example.test:8443", Front::Direct, &[])
                },
                "MAP shop.example.test:8443 [::1]:3000, MAP * ~NOTFOUND",
            ),
            (
                target("https://shop.example.test", Front::Direct, &hosts),
                "MAP shop.example.test:443 127.0.0.11:3000, MAP img.example.test:443 127.0.0.11:3000, EXCLUDE pay.test, \
                 MAP *.example.test ~NOTFOUND, MAP * ~NOTFOUND",
            ),
        ];
        for (target, rules) in cases {
            assert!(target.rules_suffice());
            assert_eq!(resolver_rules(&target), rules);
        }
    }

    #[tokio::test]
    async fn behind_a_proxy_nothing_goes_past_it_and_its_key_alone_is_trusted() {
        for (front, is_pinned) in [(Front::Direct, false), (Front::Terminate, true)] {
            let target = target("https://shop.example.test", front, &[]);
            let proxy = SessionProxy::start(&target, &ProxySettings::default())
                .await
                .unwrap();
            let wishes = wishes(Isolation::Proxy(&proxy), false);
            let args = wishes["goog:chromeOptions"]["args"].to_string();
            let server = format!(
                "--proxy-server=127.0.0.1:{}\"",
                proxy.address().rsplit(':').next().unwrap()
            );
            for arg in [
                server.as_str(),
                "<-loopback>",
                "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1\"",
            ] {
                assert!(args.contains(arg), "{arg} in {args}");
            }
            assert_eq!(
                args.contains("--ignore-certificate-errors-spki-list="),
                is_pinned
            );
            assert!(!args.contains("--no-proxy-server"));
            assert_eq!(wishes["acceptInsecureCerts"], false);
        }
    }

    #[test]
    fn the_sandbox_goes_only_where_that_is_asked_for() {
        let target = target("http://shop.example.test", Front::Direct, &[]);
        for no_sandbox in [false, true] {
            let wishes = wishes(Isolation::Rules(&target), no_sandbox);
            let args = wishes["goog:chromeOptions"]["args"].to_string();
            assert_eq!(args.contains("--no-sandbox"), no_sandbox);
            assert!(args.contains("--user-data-dir=/tmp/x/profile"));
            assert_eq!(wishes["unhandledPromptBehavior"], "ignore");
        }
    }
}
