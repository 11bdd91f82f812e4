//! A pool before and after, and what differs in words.

use crate::{
    apply::request::ApplyRequest,
    store::{inventory::Named, pools::PoolInventory},
};
use app::model::environment::Node;
use serde_json::{Value, json};

/// A sentence per difference.
pub fn in_words(
    title: &str,
    before: Option<&PoolInventory>,
    after: Option<&PoolInventory>,
) -> Vec<String> {
    let Some(after) = after else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let Some(before) = before else {
        lines.push(format!("Created pool {title}."));
        lines.extend(created(title, after.nodes.iter()));
        lines.extend(suite_words(title, after));
        return lines;
    };
    let parts = [
        ("policy", before.policy != after.policy),
        ("probe", before.probe != after.probe),
        ("visitors_url", before.visitors_url != after.visitors_url),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|part| part.1)
        .map(|part| part.0)
        .collect();
    if !parts.is_empty() {
        lines.push(format!("Changed pool {title}: {}.", parts.join(", ")));
    }
    let old = |node: &&Node| before.nodes.iter().find(|old| old.name == node.name);
    lines.extend(created(
        title,
        after.nodes.iter().filter(|node| old(node).is_none()),
    ));
    for node in &after.nodes {
        if let Some(old) = old(&node) {
            let parts = differing(&value(old), &value(node));
            if !parts.is_empty() {
                lines.push(format!(
                    "Changed node {} of {title}: {}.",
                    node.name,
                    parts.join(", ")
                ));
            }
        }
    }
    let order = |pool: &PoolInventory| -> Vec<_> {
        pool.nodes.iter().map(|node| node.name.clone()).collect()
    };
    if lines.is_empty() && order(before) != order(after) {
        lines.push(format!("Changed the order of the nodes of {title}."));
    }
    let revision = |pool: &PoolInventory| pool.suite.as_ref().map(|suite| suite.revision);
    if revision(before) != revision(after) {
        lines.extend(suite_words(title, after));
    }
    lines
}

fn created<'a>(title: &str, nodes: impl Iterator<Item = &'a Node>) -> Option<String> {
    let names: Vec<_> = nodes.map(|node| node.name.to_string()).collect();
    match names.len() {
        0 => None,
        1 => Some(format!("Created 1 node of {title}: {}.", names[0])),
        n => Some(format!(
            "Created {n} nodes of {title}: {}.",
            names.join(", ")
        )),
    }
}

fn suite_words(title: &str, pool: &PoolInventory) -> Option<String> {
    let flows = &pool.suite.as_ref()?.suite.flows;
    let titles: Vec<_> = flows.iter().map(|flow| flow.title.as_str()).collect();
    Some(format!(
        "Set the smoke suite of {title}: {}.",
        titles.join(", ")
    ))
}

/// Keys whose values differ.
fn differing(left: &Value, right: &Value) -> Vec<String> {
    let (Some(left), Some(right)) = (left.as_object(), right.as_object()) else {
        return Vec::new();
    };
    let keys = right
        .iter()
        .filter(|(key, value)| left.get(*key) != Some(value));
    keys.map(|(key, _)| key.replace('_', " ")).collect()
}

fn value(node: &Node) -> Value {
    serde_json::to_value(node).expect("model types become JSON")
}

/// What differs, as it was and as it is.
pub fn values(before: Option<&PoolInventory>, after: Option<&PoolInventory>) -> (Value, Value) {
    let (mut left, mut right) = (
        before.map_or(Value::Null, shown),
        after.map_or(Value::Null, shown),
    );
    if let (Some(a), Some(b)) = (left.as_object_mut(), right.as_object_mut()) {
        a.retain(|key, value| {
            let same = b.get(key) == Some(value);
            if same {
                b.remove(key);
            }
            !same
        });
    }
    (left, right)
}

fn shown(pool: &PoolInventory) -> Value {
    json!({
        "nodes": pool.nodes,
        "policy": pool.policy,
        "probe": pool.probe,
        "visitors_url": pool.visitors_url,
        "suite": pool.suite.as_ref().map(|suite| suite.revision),
    })
}

/// What is configured, but not in the request.
pub fn unmentioned(request: &ApplyRequest, names: &[Named]) -> Vec<String> {
    let mentioned = |named: &Named| match named {
        Named::Environment(name) => request.environments.contains(name),
        Named::Application(name) => request.applications.iter().any(|a| a.name == *name),
        Named::Balancer(name) => request.balancers.iter().any(|b| b.name == *name),
        Named::Pool(title) => request.pools.iter().any(|pool| pool.title() == *title),
        Named::Node { pool, node } => request.pools.iter().any(|order| {
            order.title() == *pool && order.nodes.iter().any(|each| each.name == *node)
        }),
    };
    let missing = names.iter().filter(|named| !mentioned(named));
    missing.map(Named::to_string).collect()
}
