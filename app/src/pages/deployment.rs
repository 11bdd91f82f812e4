//! One deployment: painted complete, then kept current by its island.

use super::{
    address::{part, pool_path, query},
    problem::page,
};
use crate::{
    api::{asking, told},
    components::{
        frame::{Frame, Section},
        status::status,
    },
    islands::live::{LiveDeployment, Painting},
    model::{mark::Mark, name::Name, view::DeploymentView},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn DeploymentPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway
                .deployment(&actor, &pool_path()?, part("number")?)
                .await
        };
        page(Section::Deployments, loaded.await, draw)
    })
}

fn draw(view: DeploymentView) -> impl IntoView {
    let painting = Painting::new(view, query::<Name>("node"));
    let live = &painting.live;
    let (title, icon) = (live.tab_title(), live.mark().tab_icon());
    let still_running = !live.is_over();
    let refused = live.plan.as_ref().and_then(|plan| {
        told::hear(&paths::deployment(
            &plan.environment,
            &plan.application,
            plan.number,
        ))
    });
    let evidence = live
        .plan
        .as_ref()
        .filter(|plan| plan.suite.is_some())
        .map(|plan| {
            let path = paths::evidence(&plan.environment, &plan.application, plan.number);
            view! {
                <p class="evidence-link">
                    <a class="btn" href=path>"Hold the pictures against the old release"</a>
                </p>
            }
        });
    let hidden = painting.hidden();
    provide_context(painting);
    view! {
        <Frame title section=Section::Deployments icon>
            {still_running
                .then(|| {
                    view! {
                        <noscript>
                            <meta http-equiv="refresh" content="5"/>
                            <p class="note out">"Without scripting this page reloads itself every 5 seconds."</p>
                        </noscript>
                    }
                })}
            {refused
                .map(|told| {
                    view! {
                        <p class="note halt refused" role="alert">
                            {status(Mark::Halt, "Refused")}
                            <span class="note-body">{told.trouble.to_string()}</span>
                        </p>
                    }
                })}
            <LiveDeployment/>
            {evidence}
            {hidden}
        </Frame>
    }
}
