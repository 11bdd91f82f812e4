//! All pools' latest deployments.

use super::problem::{now, page};
use crate::{
    api::asking,
    components::{
        deployment_row::deployments,
        frame::{Frame, Head, Section},
    },
    model::{live::words::count, view::DeploymentLine},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn DeploymentsPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway.deployments(&actor).await
        };
        page(Section::Deployments, loaded.await, draw)
    })
}

fn draw(lines: Vec<DeploymentLine>) -> impl IntoView {
    let running = lines.iter().filter(|line| !line.state.is_over()).count();
    let title = match running {
        0 => "No deployment is running".to_owned(),
        1 => "One deployment is running".to_owned(),
        n => format!("{n} deployments are running"),
    };
    let line = match lines.len() {
        0 => String::new(),
        n => format!("The latest {}, newest first.", count(n, "deployment")),
    };
    view! {
        <Frame title="Deployments" section=Section::Deployments>
            <div class="stack">
                <Head title line/>
                <section class="card" aria-label="Deployments">
                    {if lines.is_empty() {
                        view! {
                            <div class="pad empty stack">
                                <h2>"Nothing was deployed from here yet"</h2>
                                <p>"Choose a pool on the overview, pick a release and press Deploy."</p>
                                <p><a class="btn" href=paths::OVERVIEW>"To the overview"</a></p>
                            </div>
                        }
                            .into_any()
                    } else {
                        deployments(lines, now(), true).into_any()
                    }}
                </section>
            </div>
        </Frame>
    }
}
