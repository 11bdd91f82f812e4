//! The document and the route table, nothing else.

use crate::pages::{
    audit::AuditPage, deployment::DeploymentPage, deployments::DeploymentsPage, editor::EditorPage,
    environment::EnvironmentPage, evidence::EvidencePage, fallback::FallbackPage,
    overview::OverviewPage, picture::PicturePage, pool::PoolPage, rehearsal::RehearsalPage,
    setup::SetupPage, sign_in::SignInPage, suite::SuitePage,
};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The icons of all states, drawn once per page and used by name.
const ICONS: &str = include_str!("icons.svg");

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href="/pkg/pitlane.css"/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <div hidden inner_html=ICONS></div>
                <App/>
            </body>
        </html>
    }
}

/// Pages answer when they are complete: their status is right, and nothing needs a script to appear.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=|| view! { <FallbackPage/> }>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async/>
                <Route path=path!("/deployments") view=DeploymentsPage ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async/>
                <Route path=path!("/environments/:environment") view=EnvironmentPage ssr=SsrMode::Async/>
                <Route path=path!("/pools/:environment/:application") view=PoolPage ssr=SsrMode::Async/>
                <Route path=path!("/pools/:environment/:application/suite") view=SuitePage ssr=SsrMode::Async/>
                <Route
                    path=path!("/pools/:environment/:application/suite/edit")
                    view=EditorPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/pools/:environment/:application/rehearsals/:id")
                    view=RehearsalPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/pools/:environment/:application/deployments/:number")
                    view=DeploymentPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/pools/:environment/:application/deployments/:number/evidence")
                    view=EvidencePage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!(
                        "/pools/:environment/:application/deployments/:number/pictures/:node/:pass/:flow/:step"
                    )
                    view=PicturePage
                    ssr=SsrMode::Async
                />
            </FlatRoutes>
        </Router>
    }
}
