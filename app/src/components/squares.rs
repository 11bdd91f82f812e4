//! One square per node: reads at three and at three hundred.

use crate::model::{environment::Admission, mark::Mark, name::Name, view::NodeSquare};
use leptos::prelude::*;

/// All nodes, a group per release, in the order the releases first appear.
pub fn squares(nodes: &[NodeSquare]) -> impl IntoView + use<> {
    let mut groups: Vec<(Option<Name>, Vec<NodeSquare>)> = Vec::new();
    for node in nodes {
        match groups
            .iter_mut()
            .find(|(version, _)| *version == node.version)
        {
            Some((_, group)) => group.push(node.clone()),
            None => groups.push((node.version.clone(), vec![node.clone()])),
        }
    }
    groups
        .into_iter()
        .map(|(version, group)| {
            let version = version.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
            view! {
                <span class="sq-group">
                    <span class="sq" role="img" aria-label=said(&group)>
                        {group.iter().map(square).collect_view()}
                    </span>
                    <span class="tag" title=version.clone()>{version.clone()}</span>
                </span>
            }
        })
        .collect_view()
}

fn square(node: &NodeSquare) -> impl IntoView + use<> {
    let mark = Mark::from(node.admission);
    let hatched = if node.admission == Admission::InService {
        ""
    } else {
        " o"
    };
    let run = node.run.map(|run| format!(", {run}")).unwrap_or_default();
    view! { <i class=format!("{}{hatched}", mark.class()) title=format!("{}: {}{run}", node.name, node.admission.word())></i> }
}

/// `3 nodes: 2 in service, 1 isolated (blue)`
fn said(group: &[NodeSquare]) -> String {
    let parts: Vec<_> = [
        Admission::InService,
        Admission::Isolated,
        Admission::Failing,
        Admission::Unknown,
    ]
    .into_iter()
    .filter_map(|admission| {
        let names: Vec<_> = group
            .iter()
            .filter(|n| n.admission == admission)
            .map(|n| n.name.to_string())
            .collect();
        (!names.is_empty())
            .then(|| format!("{} {}: {}", names.len(), admission.word(), names.join(", ")))
    })
    .collect();
    parts.join("; ")
}
