//! What a node holds, read without changing anything.

use super::script;
use crate::remote::{RemoteShell, lines};
use app::model::{
    deployment::Plan,
    environment::Node,
    name::Name,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

/// The releases of a node, and which one is current.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnNode {
    /// `None`: nothing was deployed yet.
    pub current: Option<Name>,
    /// First line of the current release's REVISION: the SHA-256 of an artefact of ours, a commit of another tool's.
    pub revision: Option<String>,
    /// Oldest first, as far as names are times.
    pub releases: Vec<Name>,
}

/// Looks at `node`. `Unsure` when `current` points where no release is.
pub async fn observe(shell: &dyn RemoteShell, node: &Node) -> Result<OnNode, Failure> {
    let reading = shell
        .read(node, &script::observe(node), LIMIT)
        .await
        .map_err(|error| error.failure(node, ""))?;
    if reading.code != 0 {
        return Err(Failure::ours(
            Trouble::new(format!(
                "Node {} has no deploy root {} that its deploy user may enter.",
                node.name, node.deploy_root
            ))
            .remedy("Make the folder, or correct the configuration, then retry.")
            .detail(lines::tail(&reading.stderr)),
        ));
    }
    read(node, &reading.stdout)
}

/// The recipe's last lines of output, at most 40 and 4 KB; `None` when it has no command for that or it failed.
pub async fn last_output(shell: &dyn RemoteShell, plan: &Plan, node: &Node) -> Option<String> {
    let script = script::last_output(plan, node)?;
    match shell.read(node, &script, LIMIT).await {
        Ok(reading) => Some(lines::tail(&reading.stdout)).filter(|text| !text.trim().is_empty()),
        Err(error) => {
            tracing::warn!(node = %node.name, %error, "could not read the last output of node {}", node.name);
            None
        }
    }
}

fn read(node: &Node, text: &str) -> Result<OnNode, Failure> {
    let mut found = OnNode::default();
    for line in text.lines() {
        if line == "occupied" {
            return Err(odd(node, "is a file or folder, not a link"));
        }
        match line.split_once(' ') {
            Some(("current", target)) => {
                let name = release_name(&node.deploy_root, target);
                let says = || odd(node, &format!("points to `{target}`, which is no release"));
                found.current = Some(name.ok_or_else(says)?);
            }
            Some(("revision", revision)) => found.revision = Some(revision.trim().to_owned()),
            // folders of other names are not ours
            Some(("release", name)) => found.releases.extend(name.parse::<Name>().ok()),
            _ => {}
        }
    }
    found.releases.sort();
    Ok(found)
}

/// `releases/X`, relative as we write it or absolute as Capistrano does.
fn release_name(root: &str, target: &str) -> Option<Name> {
    let target = target.trim_end_matches('/');
    let below = match target.strip_prefix(root.trim_end_matches('/')) {
        Some(rest) => rest.strip_prefix('/')?,
        None => target.strip_prefix("./").unwrap_or(target),
    };
    below.strip_prefix("releases/")?.parse().ok()
}

fn odd(node: &Node, what: &str) -> Failure {
    Failure::unsure(
        Trouble::new(format!("On node {} `current` {what}.", node.name))
            .remedy("Make it a link to the release that runs, then retry."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::fake::node_at;

    #[test]
    fn current_is_read_as_we_and_as_capistrano_write_it() {
        for (target, name) in [
            ("releases/2026", Some("2026")),
            ("./releases/2026", Some("2026")),
            ("/srv/shop/releases/2026", Some("2026")),
            ("/srv/shop/releases/2026/", Some("2026")),
            ("/srv/shopping/releases/2026", None),
            ("/elsewhere/releases/2026", None),
            ("releases/a/b", None),
            ("releases/..", None),
        ] {
            let found = release_name("/srv/shop/", target);
            assert_eq!(found.as_ref().map(Name::as_str), name, "{target}");
        }
    }

    #[test]
    fn what_is_no_release_is_told_as_a_contradiction() {
        let node = node_at("/srv/shop");
        let text = "current releases/2\nrevision abc\nrelease 2\nrelease 1\nrelease .odd\n";
        let found = read(&node, text).unwrap();
        assert_eq!(found.current.unwrap().as_str(), "2");
        assert_eq!(found.revision.as_deref(), Some("abc"));
        assert_eq!(found.releases.len(), 2);
        assert_eq!(read(&node, "").unwrap(), OnNode::default());
        for bad in ["occupied\n", "current /opt/app\n"] {
            assert!(read(&node, bad).is_err(), "{bad}");
        }
    }
}
