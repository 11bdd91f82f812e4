//! The nodes of a pool, as the balancer says.

use crate::{
    components::{status::status, when::ago},
    model::{environment::Admission, mark::Mark, name::Name, time::Timestamp, view::NodeRow},
    pages::drift::{self, Place},
};
use leptos::prelude::*;

pub fn node_table(nodes: &[NodeRow], place: &Place, now: Timestamp) -> impl IntoView + use<> {
    view! {
        <section class="card" id="nodes" aria-labelledby="h-nodes">
            <header>
                <h2 id="h-nodes">"Nodes"</h2>
                <span class="quiet">"as the balancer says"{drift::compared(nodes, now)}</span>
            </header>
            {drift::new_nodes(nodes, place)}
            <div class="scroll">
                <table class="rows fixed pool-nodes-table">
                    <thead>
                        <tr>
                            <th scope="col">"Node"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Release"</th>
                            <th scope="col">"Last proof"</th>
                            <th scope="col" class="num">"Open"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {nodes.iter().map(|row| (node_row(row, now), drift::below(row, place))).collect_view()}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn node_row(row: &NodeRow, now: Timestamp) -> impl IntoView + use<> {
    let word = match row.admission {
        Admission::InService => "In service",
        Admission::Isolated => "Out of service",
        Admission::Failing => "Failing",
        Admission::Unknown => "Unknown",
    };
    let version = row
        .version
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), Name::to_string);
    let words = if row.words.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {}", row.words)
    };
    let proof = match (&row.adopted, row.proven) {
        (Some((by, at)), _) => {
            view! { <span class="ellipsis">{format!("adopted by {by}, ")}{ago(*at, now)}</span> }
                .into_any()
        }
        (None, Some((number, at))) => {
            view! { <span class="ellipsis">{format!("#{number}, ")}{ago(at, now)}</span> }
                .into_any()
        }
        (None, None) => view! { <span class="quiet">"never by us"</span> }.into_any(),
    };
    view! {
        <tr title=words>
            <th scope="row"><span class="ellipsis" title=row.node.name.to_string()>{row.node.name.to_string()}</span></th>
            <td>{status(Mark::from(row.admission), word)}</td>
            <td><span class="tag" title=version.clone()>{version.clone()}</span></td>
            <td>{proof}</td>
            <td class="num">{row.open_work.map_or_else(|| "–".to_owned(), |n| n.to_string())}</td>
        </tr>
    }
}
