//! A row per node; columns of fixed width, so that nothing moves while words change.

use super::Page;
use crate::{
    components::status::status,
    model::{
        ids::NodeId,
        live::{Live, LiveNode},
        name::Name,
        stage::Pass,
        time::{Timestamp, spoken},
    },
    paths,
};
use leptos::prelude::*;

pub fn nodes(page: Page) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="h-nodes">
            <header>
                <h2 id="h-nodes">"Nodes"</h2>
                <span class="quiet">{move || page.live.with(in_service)}</span>
            </header>
            <div class="scroll">
                <table class="rows fixed node-table">
                    <thead>
                        <tr>
                            <th scope="col">"Node"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Release"</th>
                            <th scope="col">"Proof"</th>
                            <th scope="col" class="num">"Out of service"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            page.live
                                .with(|live| {
                                    let open = page.open_node(live);
                                    live.nodes.iter().map(|node| row(live, node, open, page)).collect_view()
                                })
                        }}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn in_service(live: &Live) -> String {
    let Some(plan) = &live.plan else {
        return String::new();
    };
    let all = live.nodes.len() + plan.others;
    let out = live.nodes.iter().filter(|node| node.is_out()).count();
    format!("{} of {all} in service, floor {}", all - out, plan.floor)
}

fn row(live: &Live, node: &LiveNode, open: Option<NodeId>, page: Page) -> impl IntoView + use<> {
    let (mark, words) = node.standing(live.is_over());
    let next = live.nodes.iter().find(|n| !n.is_touched()).map(|n| n.id);
    let (proof_mark, proof) = node.proof(next == Some(node.id) && !live.is_over());
    let name = node.name.clone();
    let (chosen, href) = (name.clone(), details_path(live, &name));
    let current = (open == Some(node.id)).then_some("true");
    view! {
        <tr aria-current=current>
            <th scope="row">
                <a
                    href=href
                    class="node-link"
                    title=name.to_string()
                    on:click=move |event| {
                        event.prevent_default();
                        page.chosen.set(Some(chosen.clone()));
                    }
                >
                    {name.to_string()}
                </a>
            </th>
            <td>{status(mark, words)}</td>
            <td>{release(node)}</td>
            <td>{status(proof_mark, proof)}</td>
            <td class="num">{out_for(node, page.now.get())}</td>
        </tr>
    }
}

fn details_path(live: &Live, node: &Name) -> String {
    live.plan
        .as_ref()
        .map(|plan| paths::deployment_node(&plan.environment, &plan.application, plan.number, node))
        .unwrap_or_default()
}

/// `1.0`, then `1.0 → 1.1` while it changes, then `1.1`.
fn release(node: &LiveNode) -> impl IntoView + use<> {
    let before = node
        .before
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), Name::to_string);
    let words = match (node.is_done(), node.is_put_back()) {
        (true, _) => node.target.to_string(),
        (_, true) => before,
        _ if node.is_out() && node.put == Some(Pass::Undo) => format!("{} → {before}", node.target),
        _ if node.is_out() => format!("{before} → {}", node.target),
        _ => before,
    };
    view! { <span class="tag" title=words.clone()>{words.clone()}</span> }
}

fn out_for(node: &LiveNode, now: Timestamp) -> String {
    match node.out_for(now) {
        span if span.is_zero() => "–".to_owned(),
        span => spoken(span),
    }
}
