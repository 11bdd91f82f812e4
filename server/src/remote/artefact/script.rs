//! The recipe's commands as values.

use crate::remote::{Order, Script, Upload};
use app::model::{deployment::Plan, environment::Node, name::Name};
use std::time::Duration;

const LOOK: &str = include_str!("look.sh");
const UNPACK: &str = include_str!("unpack.sh");
const SWITCH: &str = include_str!("switch.sh");
const OBSERVE: &str = include_str!("observe.sh");
const PRUNE: &str = include_str!("prune.sh");

// exit statuses of unpack.sh and switch.sh; a restart command has those below
pub const SHARED_MISSING: i32 = 240;
pub const UNPACK_FAILED: i32 = 241;
pub const NO_ROOM: i32 = 242;
pub const NAME_TAKEN: i32 = 243;
pub const NOT_PREPARED: i32 = 251;
pub const CURRENT_OCCUPIED: i32 = 252;
pub const NOT_SWITCHED: i32 = 253;
pub const READ_BACK_DIFFERS: i32 = 254;

/// What preparing needs to know of the node first.
pub fn look(plan: &Plan, node: &Node) -> Script {
    Script::new("look", LOOK)
        .arg(&node.deploy_root)
        .arg(plan.release_dir.as_str())
        .arg(&plan.release.sha256)
}

/// Where the archive is received; it grows with its size, one megabyte a second is the slowest we wait for.
pub fn upload(plan: &Plan, node: &Node) -> Upload {
    let root = node.deploy_root.trim_end_matches('/');
    let sha256 = plan.release.sha256.clone();
    Upload {
        path: format!("{root}/incoming/{sha256}.tar.gz"),
        sha256,
        limit: Duration::from_secs(60 + plan.release.size / 1_000_000),
    }
}

/// From archive to release folder. The path that cannot be shared, if there is one.
pub fn unpack(plan: &Plan) -> Result<Order, BadSharedPath> {
    let mut script = Script::new("unpack", UNPACK)
        .arg(plan.release_dir.as_str())
        .arg(&plan.release.sha256);
    for path in &plan.recipe.shared {
        let path = shared(path)?;
        let up = "../".repeat(path.split('/').count() + 1);
        let link = format!("{up}shared/{path}");
        script = script.arg(path).arg(link);
    }
    let limit = Duration::from_secs(120 + plan.release.size / 1_000_000);
    Ok(Order::new(script, limit))
}

/// `current` onto `release_dir`, then the restart.
pub fn switch(plan: &Plan, node: &Node, release_dir: &Name) -> Order {
    let script = Script::new("switch", SWITCH)
        .arg(release_dir.as_str())
        .arg(&node.deploy_root)
        .arg(log_line(plan, node, release_dir))
        .arg(&plan.recipe.restart);
    Order::new(script, Duration::from_millis(plan.recipe.command_limit_ms))
}

pub fn observe(node: &Node) -> Script {
    Script::new("observe", OBSERVE).arg(&node.deploy_root)
}

/// The recipe's own word for its last lines, if it has one.
pub fn last_output(plan: &Plan, node: &Node) -> Option<Script> {
    const OUTPUT: &str = r#"cd -- "$1" || exit 3
sh -c "$2" </dev/null 2>&1 | tail -c 16384"#;
    let output = plan.recipe.output.as_ref()?;
    Some(
        Script::new("output", OUTPUT)
            .arg(&node.deploy_root)
            .arg(output),
    )
}

pub fn prune(plan: &Plan, node: &Node) -> Order {
    let before = plan
        .node(node.id)
        .and_then(|planned| planned.before.as_ref());
    let script = Script::new("prune", PRUNE)
        .arg(plan.recipe.keep.max(1).to_string())
        .arg(plan.release_dir.as_str())
        .args(before.map(|before| before.release_dir.as_str()));
    Order::new(script, Duration::from_secs(120))
}

/// A recipe's shared path must stay below the release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be shared: it must be a plain path below the release")]
pub struct BadSharedPath(pub String);

/// `path` without doubled and trailing slashes.
fn shared(path: &str) -> Result<String, BadSharedPath> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let climbs = parts.contains(&"..") || path.starts_with('/');
    if parts.is_empty() || climbs || path.chars().any(char::is_control) {
        return Err(BadSharedPath(path.to_owned()));
    }
    Ok(parts.join("/"))
}

/// One line, whatever a person is called.
fn log_line(plan: &Plan, node: &Node, release_dir: &Name) -> String {
    let version = if *release_dir == plan.release_dir {
        Some(&plan.release.version)
    } else {
        plan.node(node.id)
            .and_then(|planned| planned.before.as_ref())
            .filter(|before| before.release_dir == *release_dir)
            .and_then(|before| before.version.as_ref())
    };
    let version = version.map_or("of unknown version", Name::as_str);
    format!(
        "{} release {release_dir} {version} for {}",
        plan.title(),
        plan.asked_by
    )
    .replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{artefact::sample::plan, fake::node_at};

    #[test]
    fn every_command_is_told_what_it_is_about_in_parameters() {
        let node = node_at("/srv/shop");
        let mut plan = plan(&node);
        plan.recipe.shared = vec!["log/".into(), ".env".into(), "public//up loads".into()];
        let unpack = unpack(&plan).unwrap().script;
        assert_eq!(
            unpack.parameters()[2..],
            [
                "log",
                "../../shared/log",
                ".env",
                "../../shared/.env",
                "public/up loads",
                "../../../shared/public/up loads"
            ]
        );
        assert_eq!(
            switch(&plan, &node, &plan.release_dir).script.parameters(),
            [
                "20261123140211",
                "/srv/shop",
                "production/shop #42 release 20261123140211 1.1 for anna",
                "bin/svc restart",
            ]
        );
        let old: Name = "20261001000000".parse().unwrap();
        assert_eq!(
            switch(&plan, &node, &old).script.parameters()[2],
            "production/shop #42 release 20261001000000 1.0 for anna"
        );
        assert_eq!(
            prune(&plan, &node).script.parameters(),
            ["5", "20261123140211", "20261001000000"]
        );
        assert_eq!(
            upload(&plan, &node).path,
            format!("/srv/shop/incoming/{}.tar.gz", plan.release.sha256)
        );
    }

    #[test]
    fn a_shared_path_stays_below_the_release() {
        for bad in ["", "/", ".", "..", "a/../b", "/etc", "a\nb"] {
            assert!(shared(bad).is_err(), "{bad:?}");
        }
        assert_eq!(shared("./a//b/").unwrap(), "a/b");
    }

    #[test]
    fn a_name_with_a_line_break_makes_one_line() {
        let node = node_at("/srv/shop");
        let mut plan = plan(&node);
        plan.asked_by = "an\nna".into();
        assert!(!log_line(&plan, &node, &plan.release_dir).contains('\n'));
    }
}
