//! The balancer-manager's XML (`?xml=1`) and its status words, as values.
//!
//! Source: httpd 2.4 `mod_proxy_balancer.c`; the words are those of `ap_proxy_parse_wstatus`' table.

use app::model::environment::Admission;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedBalancer {
    /// Without `balancer://`.
    pub name: String,
    /// `None`: httpd older than 2.4.68 does not say, or the balancer has none (`nonce=None`).
    pub nonce: Option<String>,
    pub sticky: bool,
    pub no_failover: bool,
    pub workers: Vec<ManagedWorker>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedWorker {
    /// As httpd spells it; orders must repeat it to the letter.
    pub name: String,
    pub status: Status,
    pub busy: Option<u32>,
    pub elected: Option<u64>,
    pub route: String,
}

/// The words of one worker's status, `Init Dis`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReadable {
    #[error("the answer is not well-formed XML: {0}")]
    IllFormed(String),
    #[error("the answer is XML, but not the balancer-manager's")]
    NotTheManager,
}

impl Status {
    pub fn new(words: &str) -> Self {
        Self(words.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub fn words(&self) -> &str {
        &self.0
    }

    fn has(&self, word: &str) -> bool {
        self.0.split(' ').any(|each| each == word)
    }

    /// The one flag that is ours.
    pub fn is_disabled(&self) -> bool {
        self.has("Dis")
    }

    /// A request failed on it, and it waits for its `retry` time (60 s by default).
    pub fn is_in_error(&self) -> bool {
        self.has("Err")
    }

    pub fn ignores_errors(&self) -> bool {
        self.has("Ign")
    }

    /// Kept back until no regular worker is usable.
    pub fn is_reserve(&self) -> bool {
        self.has("Stby") || self.has("Spar")
    }

    /// A draining worker or one in reserve says `Ok` as well, yet gets no new visitor.
    pub fn admission(&self) -> Admission {
        let out = ["Dis", "Stop", "Drn", "Stby", "Spar"];
        if out.iter().any(|word| self.has(word)) {
            Admission::Isolated
        } else if self.has("Ok") {
            Admission::InService
        } else {
            Admission::Failing
        }
    }
}

/// All balancers of the page.
pub fn parse(text: &str) -> Result<Vec<ManagedBalancer>, NotReadable> {
    let document = roxmltree::Document::parse(text.trim_start())
        .map_err(|error| NotReadable::IllFormed(error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "manager" {
        return Err(NotReadable::NotTheManager);
    }
    let balancers = children(root, "balancers").flat_map(|list| children(list, "balancer"));
    Ok(balancers.map(balancer).collect())
}

fn balancer(node: roxmltree::Node<'_, '_>) -> ManagedBalancer {
    let name = text(node, "name").unwrap_or_default();
    let workers = children(node, "workers").flat_map(|list| children(list, "worker"));
    ManagedBalancer {
        name: name.strip_prefix("balancer://").unwrap_or(name).to_owned(),
        nonce: text(node, "nonce")
            .filter(|nonce| !nonce.is_empty())
            .map(str::to_owned),
        sticky: text(node, "stickysession").is_some_and(|cookie| !cookie.is_empty()),
        no_failover: text(node, "nofailover").is_some_and(|on| on.eq_ignore_ascii_case("on")),
        workers: workers.map(worker).collect(),
    }
}

fn worker(node: roxmltree::Node<'_, '_>) -> ManagedWorker {
    ManagedWorker {
        name: text(node, "name").unwrap_or_default().to_owned(),
        status: Status::new(text(node, "status").unwrap_or_default()),
        busy: text(node, "busy").and_then(|busy| busy.parse().ok()),
        elected: text(node, "elected").and_then(|elected| elected.parse().ok()),
        route: text(node, "route").unwrap_or_default().to_owned(),
    }
}

fn children<'a, 'input: 'a>(
    node: roxmltree::Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'input>> {
    node.children()
        .filter(move |child| child.tag_name().name() == name)
}

fn text<'a>(node: roxmltree::Node<'a, '_>, name: &'static str) -> Option<&'a str> {
    let child = node
        .children()
        .find(|child| child.tag_name().name() == name)?;
    Some(child.text().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_become_what_visitors_meet() {
        let cases = [
            ("Init Ok ", Admission::InService),
            ("Init Ign Ok", Admission::InService),
            ("Init Dis ", Admission::Isolated),
            ("Init Dis HcFl", Admission::Isolated),
            ("Init Stop", Admission::Isolated),
            ("Init Drn Ok", Admission::Isolated),
            ("Init Drn Dis", Admission::Isolated),
            ("Init Stby Ok", Admission::Isolated),
            ("Init Err", Admission::Failing),
            ("Init HcFl", Admission::Failing),
            ("", Admission::Failing),
        ];
        for (words, admission) in cases {
            assert_eq!(Status::new(words).admission(), admission, "{words}");
        }
    }

    const TWO: &str = "<?xml version='1.0' encoding='UTF-8' ?>
<httpd:manager xmlns:httpd='http://httpd.apache.org'><httpd:balancers>
 <httpd:balancer><httpd:name>balancer://web</httpd:name><httpd:nonce>n-1</httpd:nonce>
  <httpd:stickysession>ROUTEID</httpd:stickysession><httpd:nofailover>On</httpd:nofailover>
  <httpd:workers><httpd:worker><httpd:name>http://10.0.0.11:9000</httpd:name>
   <httpd:loadfactor>1.00</httpd:loadfactor><httpd:status>Init Dis </httpd:status><httpd:loadfactor>1.00</httpd:loadfactor>
   <httpd:elected>17</httpd:elected><httpd:route>red</httpd:route><httpd:busy>2</httpd:busy></httpd:worker></httpd:workers>
 </httpd:balancer>
 <httpd:balancer><httpd:name>balancer://other</httpd:name><httpd:workers></httpd:workers></httpd:balancer>
</httpd:balancers></httpd:manager>";

    #[test]
    fn several_balancers_on_a_page_are_kept_apart() {
        let page = parse(TWO).unwrap();
        let web = &page[0];
        assert_eq!(
            (web.name.as_str(), web.nonce.as_deref()),
            ("web", Some("n-1"))
        );
        assert!(web.sticky && web.no_failover);
        let red = &web.workers[0];
        assert_eq!(
            (red.busy, red.elected, red.route.as_str()),
            (Some(2), Some(17), "red")
        );
        assert!(red.status.is_disabled());
        let other = &page[1];
        assert_eq!((other.name.as_str(), &other.nonce), ("other", &None));
        assert!(!other.sticky && !other.no_failover && other.workers.is_empty());
    }

    #[test]
    fn what_is_not_the_manager_is_told_from_what_is_broken() {
        assert_eq!(parse("<rss/>"), Err(NotReadable::NotTheManager));
        let broken = TWO.replace("balancer://web", "balancer://a&b");
        assert!(matches!(parse(&broken), Err(NotReadable::IllFormed(_))));
    }
}
