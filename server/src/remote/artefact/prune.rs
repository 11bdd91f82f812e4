//! Old releases away; never the current one, nor what this deployment brought or found.

use super::script;
use crate::remote::{RemoteShell, Stamp, no_sink};
use app::model::{
    deployment::Plan,
    environment::Node,
    trouble::{Failure, Trouble},
};

/// Removes all but the newest `recipe.keep` releases and returns what was removed, a line each. Only folders with a
/// REVISION count. Its failure concerns nobody's traffic: note it and go on.
pub async fn prune(
    shell: &dyn RemoteShell,
    plan: &Plan,
    node: &Node,
    stamp: Stamp,
) -> Result<Vec<String>, Failure> {
    let ran = shell
        .run(node, &script::prune(plan, node), stamp, no_sink())
        .await
        .map_err(|error| error.failure(node, ""))?;
    if ran.is_well() {
        Ok(ran.tail.lines().map(str::to_owned).collect())
    } else {
        Err(Failure::ours(
            Trouble::new(format!(
                "Old releases on node {} could not be removed.",
                node.name
            ))
            .remedy("See what the node says below; the next deployment tries again.")
            .detail(ran.tail),
        ))
    }
}
