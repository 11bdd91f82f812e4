//! What is wrong with a set-up, in words, before anything is touched.

use super::{spelling, xml::ManagedBalancer};

pub const READ_ONLY: &str = "it has no nonce (`nonce=None` in its `ProxySet`), so httpd ignores every change; \
    remove that setting and reload";

const FORGETS: &str = "any reload of httpd, such as the daily log rotation, would put an isolated worker back in \
    service (`BalancerPersist Off`); set `BalancerPersist On` in the server's configuration, or accept it with \
    `accept_no_persist = true`";

/// Warnings, each a sentence; or why this balancer cannot be managed. `workers` are the normalised names that will be used.
pub fn judge(
    balancer: &ManagedBalancer,
    persists: Option<bool>,
    no_persist_accepted: bool,
    workers: &[String],
) -> Result<Vec<String>, String> {
    if balancer.nonce.is_none() {
        return Err(READ_ONLY.to_owned());
    }
    if let Some(name) = std::iter::once(&balancer.name)
        .chain(workers)
        .find(|name| name.contains(['&', '<']))
    {
        return Err(format!(
            "the name `{name}` has & or < in it, which httpd writes unescaped; rename it"
        ));
    }
    if persists == Some(false) && !no_persist_accepted {
        return Err(FORGETS.to_owned());
    }
    Ok(warnings(balancer, persists, workers))
}

fn warnings(balancer: &ManagedBalancer, persists: Option<bool>, workers: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    match persists {
        Some(true) => {}
        Some(false) => warnings.push(format!(
            "A reload of httpd puts isolated workers of `{}` back in service; Pitlane notices and repairs it within seconds.",
            balancer.name
        )),
        None => warnings.push(format!(
            "The manager does not say whether changes to `{}` outlive a reload.",
            balancer.name
        )),
    }
    if balancer.no_failover && balancer.sticky {
        warnings.push(format!(
            "Visitors of `{}` who are tied to a worker get 503 while it is out (`nofailover=On` with sticky sessions).",
            balancer.name
        ));
    }
    for worker in &balancer.workers {
        let ours = workers.contains(&spelling::normalise(&worker.name));
        let reserve = worker.status.is_reserve();
        if ours && reserve {
            warnings.push(format!(
                "Worker `{}` is kept in reserve ({}), so it never counts as in service.",
                worker.name,
                worker.status.words()
            ));
        } else if reserve && balancer.sticky && !worker.route.is_empty() {
            warnings.push(format!(
                "Standby `{}` has the route `{}`: visitors it once served stay with it after the nodes are back.",
                worker.name, worker.route
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::super::xml::{ManagedWorker, Status};
    use super::*;

    fn web() -> ManagedBalancer {
        let worker = |name: &str, status: &str, route: &str| ManagedWorker {
            name: name.to_owned(),
            status: Status::new(status),
            busy: Some(0),
            elected: Some(0),
            route: route.to_owned(),
        };
        ManagedBalancer {
            name: "web".to_owned(),
            nonce: Some("n".to_owned()),
            sticky: false,
            no_failover: false,
            workers: vec![
                worker("http://red:9000", "Init Ok", "red"),
                worker("http://page:8000", "Init Stby Ok", "page"),
            ],
        }
    }

    fn judged(balancer: &ManagedBalancer, persists: Option<bool>, accepted: bool) -> String {
        let workers = ["http://red:9000".to_owned()];
        match judge(balancer, persists, accepted, &workers) {
            Ok(warnings) => warnings.join(" "),
            Err(why) => format!("refused: {why}"),
        }
    }

    #[test]
    fn a_sound_set_up_passes_without_a_word() {
        assert_eq!(judged(&web(), Some(true), false), "");
    }

    #[test]
    fn each_unsound_set_up_is_named() {
        let read_only = ManagedBalancer {
            nonce: None,
            ..web()
        };
        let odd = ManagedBalancer {
            name: "a&b".to_owned(),
            ..web()
        };
        let sticky = ManagedBalancer {
            sticky: true,
            no_failover: true,
            ..web()
        };
        let cases = [
            (&read_only, Some(true), false, "refused: it has no nonce"),
            (&odd, Some(true), false, "refused: the name `a&b`"),
            (&web(), Some(false), false, "refused: any reload"),
            (&web(), Some(false), true, "A reload of httpd puts"),
            (&web(), None, false, "does not say whether"),
            (&sticky, Some(true), false, "get 503 while it is out"),
            (
                &sticky,
                Some(true),
                false,
                "Standby `http://page:8000` has the route `page`",
            ),
        ];
        for (balancer, persists, accepted, words) in cases {
            let said = judged(balancer, persists, accepted);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_node_kept_in_reserve_is_a_warning() {
        let workers = ["http://page:8000".to_owned()];
        let said = judge(&web(), Some(true), false, &workers)
            .unwrap()
            .join(" ");
        assert!(said.contains("never counts as in service"), "{said}");
    }
}
