//! One public address, the node that answers for it, and where each name leads in its test.

use super::BrowserTrouble;
use app::model::smoke::{Front, HostRule, Leads, Suite};
use std::{cmp::Reverse, net::SocketAddr};
use url::{Host, Url};

/// A public address, and the one node that answers for it in this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub public_url: Url,
    pub node: SocketAddr,
    pub front: Front,
    /// Where other hosts lead; the most particular rule that fits counts.
    pub hosts: Vec<HostRule>,
}

/// Where a name and a port lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// To the node, byte for byte.
    Node,
    /// To the node as a balancer asks it: plain http, said where it came from. TLS ends before it where `tls`.
    Front {
        tls: bool,
    },
    RealAddress,
    Blocked,
}

impl Target {
    /// `app_url` is the node's own address, `http://10.0.0.11:3000`; a name in it is looked up now. Does not ask the node.
    pub async fn resolve(suite: &Suite, app_url: &str) -> Result<Self, BrowserTrouble> {
        let parse = |text: &str| {
            Url::parse(text).map_err(|error| {
                BrowserTrouble::new(format!("`{text}` is no address a browser can open"))
                    .because(error)
            })
        };
        let (public_url, app_url) = (parse(&suite.public_url)?, parse(app_url)?);
        match suite.front {
            Front::Direct if public_url.scheme() != app_url.scheme() => {
                return Err(BrowserTrouble::new(format!(
                    "the public address {public_url} and the node's address {app_url} must both be http or both https \
                     where the suite's front is `direct`"
                )));
            }
            Front::Terminate if app_url.scheme() != "http" => {
                return Err(BrowserTrouble::new(format!(
                    "the node's address {app_url} must be http where the suite's front is `terminate`"
                )));
            }
            Front::Direct | Front::Terminate => {}
        }
        let (Some(host), Some(port)) = (app_url.host_str(), app_url.port_or_known_default()) else {
            return Err(BrowserTrouble::new(format!(
                "the node's address {app_url} names no host and port"
            )));
        };
        let host = bare(host);
        let mut found = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| {
                BrowserTrouble::new(format!("the node's host `{host}` could not be looked up"))
                    .because(error)
            })?;
        let node = found.next().ok_or_else(|| {
            BrowserTrouble::new(format!("the node's host `{host}` has no address"))
        })?;
        let target = Self {
            public_url,
            node,
            front: suite.front,
            hosts: suite.hosts.clone(),
        };
        match target
            .hosts
            .iter()
            .find(|rule| target.is_public(&rule.host))
        {
            Some(rule) => Err(BrowserTrouble::new(format!(
                "a host rule of the suite names the public host `{}`, which always leads to the node",
                rule.host
            ))),
            None => Ok(target),
        }
    }

    pub fn public_host(&self) -> &str {
        bare(self.public_url.host_str().unwrap_or_default())
    }

    /// Where `host` leads at `port`. A host that leads to the node does so at the ports of the public address alone.
    pub fn lead(&self, host: &str, port: u16) -> Lead {
        match (self.leads(host), self.front) {
            (Leads::RealAddress, _) => Lead::RealAddress,
            (Leads::SameNode, Front::Direct) if Some(port) == self.port() => Lead::Node,
            (Leads::SameNode, Front::Terminate) if port == self.port_of("https", 443) => {
                Lead::Front { tls: true }
            }
            (Leads::SameNode, Front::Terminate) if port == self.port_of("http", 80) => {
                Lead::Front { tls: false }
            }
            (Leads::SameNode | Leads::Blocked, _) => Lead::Blocked,
        }
    }

    pub fn lead_of(&self, url: &Url) -> Lead {
        let port = url.port_or_known_default().unwrap_or_default();
        self.lead(url.host_str().unwrap_or_default(), port)
    }

    /// Rules for other hosts, the most particular first.
    pub fn ranked(&self) -> Vec<&HostRule> {
        let mut rules: Vec<_> = self.hosts.iter().collect();
        rules.sort_by_key(|rule| (is_pattern(rule), Reverse(rule.host.len())));
        rules
    }

    /// Whether a browser that follows resolver rules needs no proxy for this. Rules end no TLS, and one that leaves
    /// all hosts below a name alone would let the public host slip through with them.
    pub fn rules_suffice(&self) -> bool {
        let leaves_many = |rule: &HostRule| rule.leads == Leads::RealAddress && is_pattern(rule);
        self.front == Front::Direct && !self.hosts.iter().any(leaves_many)
    }

    /// Of the public address.
    pub fn port(&self) -> Option<u16> {
        self.public_url.port_or_known_default()
    }

    fn leads(&self, host: &str) -> Leads {
        let host = bare(host).trim_end_matches('.');
        if self.is_public(host) {
            return Leads::SameNode;
        }
        self.ranked()
            .into_iter()
            .find(|rule| fits(rule, host))
            .map_or(Leads::Blocked, |rule| rule.leads)
    }

    fn is_public(&self, host: &str) -> bool {
        host.eq_ignore_ascii_case(self.public_host())
    }

    fn port_of(&self, scheme: &str, usual: u16) -> u16 {
        match self.port() {
            Some(port) if self.public_url.scheme() == scheme => port,
            Some(_) | None => usual,
        }
    }
}

/// A host as a suite names it, in the one way we compare it: `cdn.example.com`, or `*.example.com` for all below it.
pub fn host_pattern(text: &str) -> Result<String, String> {
    let (prefix, name) = match text.strip_prefix("*.") {
        Some(name) => ("*.", name),
        None => ("", text),
    };
    match Host::parse(name) {
        Ok(Host::Domain(name)) if !name.contains('*') => Ok(format!("{prefix}{name}")),
        Ok(host @ (Host::Ipv4(_) | Host::Ipv6(_))) if prefix.is_empty() => {
            Ok(bare(&host.to_string()).to_owned())
        }
        Ok(_) | Err(_) => Err(format!(
            "`{text}` is no host: write a name as \"cdn.example.com\", or \"*.example.com\" for all below it, without scheme and port"
        )),
    }
}

fn fits(rule: &HostRule, host: &str) -> bool {
    match rule.host.strip_prefix('*') {
        Some(below) => {
            host.len() > below.len()
                && host.is_char_boundary(host.len() - below.len())
                && host[host.len() - below.len()..].eq_ignore_ascii_case(below)
        }
        None => rule.host.eq_ignore_ascii_case(host),
    }
}

fn is_pattern(rule: &HostRule) -> bool {
    rule.host.starts_with('*')
}

/// Without the brackets of an IPv6 address in a URL.
fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn target(public_url: &str, front: Front, hosts: &[(&str, Leads)]) -> Target {
        let rule = |(host, leads): &(&str, Leads)| HostRule {
            host: (*host).to_owned(),
            leads: *leads,
        };
        Target {
            public_url: public_url.parse().unwrap(),
            node: "127.0.0.11:3000".parse().unwrap(),
            front,
            hosts: hosts.iter().map(rule).collect(),
        }
    }

    const HOSTS: [(&str, Leads); 4] = [
        ("*.example.test", Leads::RealAddress),
        ("*.static.example.test", Leads::SameNode),
        ("ads.static.example.test", Leads::Blocked),
        ("pay.test", Leads::RealAddress),
    ];

    #[test]
    fn the_most_particular_rule_counts_and_the_public_host_has_none() {
        let target = target("https://shop.example.test", Front::Direct, &HOSTS);
        let cases = [
            ("shop.example.test", 443, Lead::Node),
            ("SHOP.example.test.", 443, Lead::Node),
            ("shop.example.test", 80, Lead::Blocked),
            ("cdn.example.test", 8443, Lead::RealAddress),
            ("a.b.example.test", 80, Lead::RealAddress),
            ("example.test", 443, Lead::Blocked),
            ("badexample.test", 443, Lead::Blocked),
            ("a.static.example.test", 443, Lead::Node),
            ("a.static.example.test", 8443, Lead::Blocked),
            ("ads.static.example.test", 443, Lead::Blocked),
            ("pay.test", 443, Lead::RealAddress),
            ("x.pay.test", 443, Lead::Blocked),
            ("127.0.0.11", 443, Lead::Blocked),
            ("Ä", 443, Lead::Blocked),
        ];
        for (host, port, lead) in cases {
            assert_eq!(target.lead(host, port), lead, "{host}:{port}");
        }
        assert!(!target.rules_suffice(), "a pattern leads to real addresses");
    }

    #[test]
    fn a_front_ends_tls_at_the_public_port_and_takes_plain_http_beside_it() {
        let cases = [
            ("https://shop.test", 443, 80),
            ("https://shop.test:8443", 8443, 80),
            ("http://shop.test:8080", 443, 8080),
        ];
        for (public_url, tls, plain) in cases {
            let target = target(
                public_url,
                Front::Terminate,
                &[("img.test", Leads::SameNode)],
            );
            for host in ["shop.test", "img.test"] {
                assert_eq!(target.lead(host, tls), Lead::Front { tls: true });
                assert_eq!(target.lead(host, plain), Lead::Front { tls: false });
                assert_eq!(target.lead(host, 9000), Lead::Blocked);
            }
            assert!(!target.rules_suffice());
        }
    }

    #[tokio::test]
    async fn a_suite_that_contradicts_itself_is_refused_in_words() {
        let refused = async |public_url: &str, front, host: Option<&str>, app_url: &str| {
            let mut suite = Suite::new(public_url, Vec::new());
            suite.front = front;
            suite.hosts.extend(host.map(|host| HostRule {
                host: host.to_owned(),
                leads: Leads::Blocked,
            }));
            let result = Target::resolve(&suite, app_url).await;
            result.err().map(|trouble| trouble.what).unwrap_or_default()
        };
        let (https, http) = ("https://shop.test", "http://127.0.0.11:3000");
        let words = refused(https, Front::Direct, None, http).await;
        assert!(words.contains("must both be http or both https"), "{words}");
        let words = refused(https, Front::Terminate, None, https).await;
        assert!(words.contains("must be http where"), "{words}");
        let words = refused(https, Front::Terminate, Some("shop.test"), http).await;
        assert!(
            words.contains("names the public host `shop.test`"),
            "{words}"
        );
        let fine = refused(https, Front::Terminate, Some("cdn.test"), http).await;
        assert_eq!(fine, "");
    }

    #[test]
    fn hosts_are_read_as_people_write_them() {
        let cases = [
            ("CDN.Example.com", Some("cdn.example.com")),
            ("*.example.com", Some("*.example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("[::1]", Some("::1")),
            ("https://cdn.example.com", None),
            ("cdn.example.com:443", None),
            ("cdn.example.com/x", None),
            ("a.*.example.com", None),
            ("*", None),
            ("*.10.0.0.1", None),
            ("", None),
        ];
        for (text, host) in cases {
            assert_eq!(host_pattern(text).ok().as_deref(), host, "{text}");
        }
    }
}
