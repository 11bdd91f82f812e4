//! What a step's page must have been: pure.
//!
//! Of every step, whatever the flow says: the node under test answered for all hosts that lead to it, the main document
//! came, from a host the test lets through, with a certificate a browser trusts and a status below 400, and as far as
//! the suite says so no script failed.

use super::{StepSeen, Target, target::Lead};
use app::model::smoke::{Act, ScriptErrors, Step};
use std::net::SocketAddr;
use url::Url;

/// What one step means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// The release does not do what the flow expects; a clause.
    Release(String),
    /// Somebody else answered for the node: nothing that was seen proves anything about it.
    WrongNode(String),
}

/// Judges `step`, which was followed by `next`: an explicit expectation of a status replaces the silent one that a main
/// document answers below 400.
pub fn judge(
    step: &Step,
    next: Option<&Step>,
    seen: &StepSeen,
    node: SocketAddr,
    scripts: ScriptErrors,
) -> Verdict {
    let node = node.to_string();
    if let Some(other) = seen.answered_by.iter().find(|by| **by != node) {
        return Verdict::WrongNode(format!("{other} answered instead of {node}"));
    }
    if let Some(why) = page(step, next, seen) {
        return Verdict::Release(why);
    }
    match (scripts, &seen.script_errors[..]) {
        (ScriptErrors::Warn, _) | (ScriptErrors::Fail, []) => Verdict::Passed,
        (ScriptErrors::Fail, [error]) => {
            Verdict::Release(format!("a script on the page failed: {error}"))
        }
        (ScriptErrors::Fail, [error, more @ ..]) => Verdict::Release(format!(
            "scripts on the page failed, {} times; first: {error}",
            more.len() + 1
        )),
    }
}

/// What did not count against the release and should be looked at, each a sentence.
pub fn warnings(seen: &StepSeen, scripts: ScriptErrors) -> Vec<String> {
    match scripts {
        ScriptErrors::Fail => Vec::new(),
        ScriptErrors::Warn => seen
            .script_errors
            .iter()
            .map(|error| format!("A script on the page failed: {error}."))
            .collect(),
    }
}

/// Why a main document did not come, as a clause. `proxy`: what the proxy says about it.
pub fn not_loaded(target: &Target, url: &str, error: &str, proxy: Option<&str>) -> String {
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or(url);
    if parsed
        .as_ref()
        .is_some_and(|url| target.lead_of(url) == Lead::Blocked)
    {
        return format!("the page led to {url}, and the suite lets this address lead nowhere");
    }
    match (certificate(error), proxy) {
        (Some(problem), _) => format!("the certificate of {host} {problem} ({error})"),
        (None, Some(why)) => format!("the page {url} could not be loaded: {why}"),
        (None, None) => format!("the page {url} could not be loaded: {error}"),
    }
}

/// What a browser has against a certificate.
fn certificate(error: &str) -> Option<&'static str> {
    match error.strip_prefix("net::ERR_") {
        Some(code) => by_chromium(code),
        None => by_firefox(error),
    }
}

/// Source: Mozilla, `secerr.h`, `sslerr.h`, `mozpkix/pkixnss.h`.
fn by_firefox(code: &str) -> Option<&'static str> {
    let problem = match code {
        "SSL_ERROR_BAD_CERT_DOMAIN" => "is for another name",
        "SEC_ERROR_EXPIRED_CERTIFICATE" | "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE" => {
            "has expired or is not valid yet"
        }
        "SEC_ERROR_UNKNOWN_ISSUER"
        | "SEC_ERROR_UNTRUSTED_ISSUER"
        | "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT" => "is signed by nobody the browser trusts",
        "SEC_ERROR_REVOKED_CERTIFICATE" => "was revoked",
        "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"
        | "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE" => "is too weak",
        "SSL_ERROR_RX_RECORD_TOO_LONG" => "could not be seen, for what answered does not speak TLS",
        _ if ["SEC_ERROR_", "SSL_ERROR_", "MOZILLA_PKIX_ERROR_"]
            .iter()
            .any(|kind| code.starts_with(kind)) =>
        {
            "or its TLS is nothing the browser accepts"
        }
        _ => return None,
    };
    Some(problem)
}

/// Source: Chromium, `net/base/net_error_list.h`.
fn by_chromium(code: &str) -> Option<&'static str> {
    let problem = match code {
        "CERT_COMMON_NAME_INVALID" => "is for another name",
        "CERT_DATE_INVALID" => "has expired or is not valid yet",
        "CERT_AUTHORITY_INVALID" => "is signed by nobody the browser trusts",
        "CERT_REVOKED" => "was revoked",
        "CERT_WEAK_SIGNATURE_ALGORITHM" | "CERT_WEAK_KEY" => "is too weak",
        "CERT_VALIDITY_TOO_LONG" => "is valid for longer than browsers accept",
        "SSL_PROTOCOL_ERROR" => "could not be seen, for what answered does not speak TLS",
        _ if code.starts_with("CERT_") || code.starts_with("SSL_") => {
            "or its TLS is nothing the browser accepts"
        }
        _ => return None,
    };
    Some(problem)
}

/// Why the page is not what it must be.
fn page(step: &Step, next: Option<&Step>, seen: &StepSeen) -> Option<String> {
    if let Act::ExpectStatus { status } = &step.act {
        return match seen.status {
            Some(found) if found == *status => None,
            Some(found) => Some(format!("the main document answered {found}, not {status}")),
            None => Some("no main document was loaded".to_owned()),
        };
    }
    let status_comes_next = next.is_some_and(|next| matches!(next.act, Act::ExpectStatus { .. }));
    match seen.status {
        Some(found) if seen.loaded && found >= 400 && !status_comes_next => {
            Some(format!("the main document answered {found}"))
        }
        Some(_) | None => seen.refused.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::target::tests::target;
    use app::model::smoke::{Front, Leads, Locator};

    #[test]
    fn each_step_is_judged_by_what_it_says_and_by_what_goes_without_saying() {
        let click = Step::from(Act::Click {
            on: Locator::Text("Sign in".into()).into(),
        });
        let wants_404 = Step::from(Act::ExpectStatus { status: 404 });
        let page = |loaded, status: u16| StepSeen {
            status: Some(status),
            loaded,
            answered_by: vec!["127.0.0.11:3000".into()],
            ..StepSeen::default()
        };
        let refused = |seen: StepSeen| StepSeen {
            refused: Some("no button".into()),
            ..seen
        };
        let release = |words: &str| Verdict::Release(words.into());
        let cases = [
            (&click, None, page(true, 200), Verdict::Passed),
            (&click, None, page(true, 399), Verdict::Passed),
            (
                &click,
                None,
                page(true, 404),
                release("the main document answered 404"),
            ),
            // an error page that an earlier step had asked for may be looked at
            (&click, None, page(false, 404), Verdict::Passed),
            (&click, Some(&wants_404), page(true, 404), Verdict::Passed),
            (
                &click,
                None,
                refused(page(false, 200)),
                release("no button"),
            ),
            (
                &click,
                None,
                refused(page(true, 500)),
                release("the main document answered 500"),
            ),
            (&click, None, StepSeen::default(), Verdict::Passed),
            (&wants_404, None, page(false, 404), Verdict::Passed),
            (
                &wants_404,
                None,
                page(true, 200),
                release("the main document answered 200, not 404"),
            ),
            (
                &wants_404,
                None,
                StepSeen::default(),
                release("no main document was loaded"),
            ),
        ];
        let node = "127.0.0.11:3000".parse().unwrap();
        for (step, next, seen, verdict) in cases {
            assert_eq!(
                judge(step, next, &seen, node, ScriptErrors::Warn),
                verdict,
                "{step:?} {seen:?}"
            );
        }
    }

    #[test]
    fn another_nodes_answer_outweighs_everything() {
        let seen = StepSeen {
            refused: Some("no button".into()),
            status: Some(500),
            loaded: true,
            answered_by: vec!["127.0.0.11:3000".into(), "127.0.0.12:3000".into()],
            ..StepSeen::default()
        };
        let verdict = judge(
            &Act::Open { path: "/".into() }.into(),
            None,
            &seen,
            "127.0.0.11:3000".parse().unwrap(),
            ScriptErrors::Fail,
        );
        assert_eq!(
            verdict,
            Verdict::WrongNode("127.0.0.12:3000 answered instead of 127.0.0.11:3000".into())
        );
    }

    #[test]
    fn a_script_that_fails_warns_or_fails_as_the_suite_says_and_hides_nothing_worse() {
        let open = Step::from(Act::Open { path: "/".into() });
        let node = "127.0.0.11:3000".parse().unwrap();
        let seen = |errors: &[&str], status| StepSeen {
            status: Some(status),
            loaded: true,
            script_errors: errors.iter().map(|error| (*error).to_owned()).collect(),
            ..StepSeen::default()
        };
        let fails = |seen| judge(&open, None, &seen, node, ScriptErrors::Fail);
        let release = |words: &str| Verdict::Release(words.into());
        assert_eq!(fails(seen(&[], 200)), Verdict::Passed);
        assert_eq!(
            fails(seen(&["x is not defined"], 200)),
            release("a script on the page failed: x is not defined")
        );
        assert_eq!(
            fails(seen(&["x is not defined", "boom"], 200)),
            release("scripts on the page failed, 2 times; first: x is not defined")
        );
        assert_eq!(
            fails(seen(&["boom"], 500)),
            release("the main document answered 500")
        );
        let seen = seen(&["boom"], 200);
        assert_eq!(
            judge(&open, None, &seen, node, ScriptErrors::Warn),
            Verdict::Passed
        );
        assert_eq!(
            warnings(&seen, ScriptErrors::Warn),
            ["A script on the page failed: boom."]
        );
        assert_eq!(warnings(&seen, ScriptErrors::Fail), Vec::<String>::new());
    }

    #[test]
    fn a_page_that_did_not_come_is_explained() {
        let hosts = [("pay.test", Leads::RealAddress)];
        let target = target("https://shop.test", Front::Direct, &hosts);
        let cases = [
            (
                "https://shop.test/",
                "net::ERR_CERT_DATE_INVALID",
                None,
                "the certificate of shop.test has expired or is not valid yet (net::ERR_CERT_DATE_INVALID)",
            ),
            (
                "https://shop.test/",
                "SEC_ERROR_UNKNOWN_ISSUER",
                None,
                "the certificate of shop.test is signed by nobody the browser trusts (SEC_ERROR_UNKNOWN_ISSUER)",
            ),
            (
                "https://shop.test/",
                "NS_ERROR_NET_RESET",
                None,
                "the page https://shop.test/ could not be loaded: NS_ERROR_NET_RESET",
            ),
            (
                "https://pay.test/",
                "net::ERR_CERT_SYMANTEC_LEGACY",
                None,
                "the certificate of pay.test or its TLS is nothing the browser accepts (net::ERR_CERT_SYMANTEC_LEGACY)",
            ),
            (
                "https://other.test/x",
                "net::ERR_NAME_NOT_RESOLVED",
                None,
                "the page led to https://other.test/x, and the suite lets this address lead nowhere",
            ),
            (
                "http://shop.test/",
                "net::ERR_TUNNEL_CONNECTION_FAILED",
                None,
                "the page led to http://shop.test/, and the suite lets this address lead nowhere",
            ),
            (
                "https://shop.test/",
                "net::ERR_CONNECTION_REFUSED",
                None,
                "the page https://shop.test/ could not be loaded: net::ERR_CONNECTION_REFUSED",
            ),
            (
                "https://shop.test/",
                "net::ERR_TUNNEL_CONNECTION_FAILED",
                Some("the node could not be reached"),
                "the page https://shop.test/ could not be loaded: the node could not be reached",
            ),
        ];
        for (url, error, proxy, words) in cases {
            assert_eq!(not_loaded(&target, url, error, proxy), words);
        }
    }
}
