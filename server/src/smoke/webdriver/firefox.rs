//! What Firefox is asked for: pure.
//!
//! It always goes through the session's proxy: that leads it to the node under test, and whatever it wants of its
//! maker nowhere.

use super::{line::Line, session::CALL, snag::Snag};
use crate::smoke::{BrowserTrouble, proxy::SessionProxy};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The new session's wishes. The driver makes the profile, in its own temporary folder.
pub fn capabilities(proxy: &SessionProxy, firefox: &Path) -> Map<String, Value> {
    let address = proxy.address();
    let wishes = json!({
        "browserName": "firefox",
        "acceptInsecureCerts": false,
        "pageLoadStrategy": "normal",
        // an alert is evidence: it is read before it is closed
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "pageLoad": 10_000, "script": 5_000, "implicit": 0 },
        "webSocketUrl": true,
        "proxy": { "proxyType": "manual", "httpProxy": address, "sslProxy": address },
        "moz:firefoxOptions": {
            "binary": firefox,
            "args": ["-headless"],
            "prefs": prefs(),
        },
    });
    match wishes {
        Value::Object(map) => map,
        _ => unreachable!("an object was written above"),
    }
}

/// Makes this browser trust the session's own authority (DER in base64), and nothing else that others do not: Firefox
/// takes no pinned key, and a browser that accepts any certificate would prove nothing about the rest.
///
/// Source: Firefox, `nsIX509CertDB`; geckodriver, `--allow-system-access`.
pub async fn trust(line: &Line, authority: &str) -> Result<(), BrowserTrouble> {
    const TRUST: &str = "Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB)\
        .addCertFromBase64(arguments[0], 'C,,');";
    let to = |context: &str| line.post("moz/context", json!({ "context": context }), CALL);
    let unmade = |snag: Snag| {
        let detail = match snag {
            Snag::Trouble(trouble) => trouble.detail.unwrap_or(trouble.what),
            other => format!("{other:?}"),
        };
        BrowserTrouble::new(
            "Firefox could not be told to trust the proxy that ends TLS for it; geckodriver needs `--allow-system-access` \
             for that, on the machines of a Grid too",
        )
        .because(detail)
    };
    to("chrome").await.map_err(unmade)?;
    let script = json!({ "script": TRUST, "args": [authority] });
    line.post("execute/sync", script, CALL)
        .await
        .map_err(unmade)?;
    to("content").await.map(drop).map_err(unmade)
}

fn prefs() -> Map<String, Value> {
    let off = OFF.iter().map(|name| (*name, false.into()));
    let set = [
        // names of this machine would go past the proxy
        ("network.proxy.allow_hijacking_localhost", true.into()),
        ("network.trr.mode", 5.into()),
        ("network.http.speculative-parallel-limit", 0.into()),
        ("network.dns.disablePrefetch", true.into()),
        ("services.settings.server", NOWHERE.into()),
        ("toolkit.telemetry.server", "".into()),
        ("browser.region.network.url", "".into()),
        ("browser.safebrowsing.provider.mozilla.updateURL", "".into()),
        ("app.update.disabledForTesting", true.into()),
        ("layout.css.devPixelsPerPx", "1.0".into()),
        ("ui.prefersReducedMotion", 1.into()),
        // scroll bars take no room
        ("ui.useOverlayScrollbars", 1.into()),
    ];
    off.chain(set)
        .map(|(name, value): (&str, Value)| (name.to_owned(), value))
        .collect()
}

/// What Firefox itself takes for "no settings server".
const NOWHERE: &str = "data:,#remote-settings-dummy/v1";

/// Nothing goes past the proxy, nothing is sent home, and what is typed stays here.
///
/// Source: Firefox, `modules/libpref/init/StaticPrefList.yaml` and `all.js`; the driver adds what it needs itself.
const OFF: [&str; 31] = [
    "network.proxy.failover_direct",
    "network.prefetch-next",
    "network.predictor.enabled",
    // an `Alt-Svc` header could name another port
    "network.http.http3.enable",
    "network.http.altsvc.enabled",
    "media.peerconnection.enabled",
    // addresses are asked for as the suite writes them
    "dom.security.https_first",
    "dom.security.https_first_schemeless",
    "network.captive-portal-service.enabled",
    "network.connectivity-service.enabled",
    "toolkit.telemetry.enabled",
    "datareporting.policy.dataSubmissionEnabled",
    "datareporting.healthreport.uploadEnabled",
    "app.normandy.enabled",
    "browser.safebrowsing.malware.enabled",
    "browser.safebrowsing.phishing.enabled",
    "browser.safebrowsing.downloads.enabled",
    "browser.safebrowsing.blockedURIs.enabled",
    "browser.region.update.enabled",
    "browser.topsites.contile.enabled",
    "browser.newtabpage.enabled",
    "browser.discovery.enabled",
    "browser.search.update",
    "extensions.getAddons.cache.enabled",
    "extensions.blocklist.enabled",
    "extensions.update.enabled",
    "media.gmp-manager.updateEnabled",
    "dom.push.connection.enabled",
    "browser.chrome.site_icons",
    // what pages say goes to their console alone
    "browser.dom.window.dump.enabled",
    "devtools.console.stdout.chrome",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{proxy::ProxySettings, target::tests::target};
    use app::model::smoke::Front;

    #[tokio::test]
    async fn nothing_goes_past_the_proxy_and_no_certificate_is_taken_unseen() {
        for front in [Front::Direct, Front::Terminate] {
            let target = target("https://shop.example.test", front, &[]);
            let proxy = SessionProxy::start(&target, &ProxySettings::default())
                .await
                .unwrap();
            let wishes = capabilities(&proxy, Path::new("/usr/bin/firefox-esr"));
            let address = proxy.address();
            assert_eq!(
                wishes["proxy"],
                json!({ "proxyType": "manual", "httpProxy": address, "sslProxy": address })
            );
            assert_eq!(wishes["acceptInsecureCerts"], false);
            assert_eq!(proxy.authority().is_some(), front == Front::Terminate);
            let prefs = &wishes["moz:firefoxOptions"]["prefs"];
            assert_eq!(prefs["network.proxy.allow_hijacking_localhost"], true);
            assert_eq!(prefs["network.proxy.failover_direct"], false);
        }
    }
}
