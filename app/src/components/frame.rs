//! What every page has around it: the bar on top, one main landmark, title and tab icon.

use crate::{islands::clock::PageClock, model::access::Actor, paths};
use leptos::prelude::*;
use leptos_meta::{Link, Title};

/// Which entry of the bar is the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Deployments,
    Audit,
    /// Pages outside it: sign-in, first run.
    None,
}

#[component]
pub fn Frame(
    #[prop(into)] title: String,
    section: Section,
    #[prop(default = "/favicon.svg")] icon: &'static str,
    children: Children,
) -> impl IntoView {
    let actor = use_context::<Option<Actor>>().flatten();
    let current = move |this| (section == this).then_some("page");
    view! {
        <Title text=format!("{title} · Pitlane")/>
        <Link rel="icon" type_="image/svg+xml" href=icon id="tab-icon"/>
        <a class="skip" href="#main">"Skip to the content"</a>
        <header class="top">
            <a class="brand" href=paths::OVERVIEW>
                <svg aria-hidden="true"><use href="#i-brand"></use></svg>
                <span>"Pitlane"</span>
            </a>
            {actor
                .is_some()
                .then(|| {
                    view! {
                        <nav aria-label="Main">
                            <a href=paths::OVERVIEW aria-current=current(Section::Overview)>"Overview"</a>
                            <a href=paths::DEPLOYMENTS aria-current=current(Section::Deployments)>"Deployments"</a>
                            <a href=paths::AUDIT aria-current=current(Section::Audit)>"Audit"</a>
                        </nav>
                    }
                })}
            {actor
                .map(|actor| {
                    view! {
                        <div class="end">
                            <span class="who" title=format!("{}, {}", actor.name, actor.role.word())>
                                {actor.name.clone()}
                                <small>{actor.role.word()}</small>
                            </span>
                            <form method="post" action=paths::SIGN_OUT>
                                <button class="link">"Sign out"</button>
                            </form>
                        </div>
                    }
                })}
        </header>
        <main id="main" tabindex="-1">{children()}</main>
        <PageClock/>
    }
}

/// Breadcrumb, headline, one quiet line, verbs at the right: the same place on every page.
#[component]
pub fn Head(
    #[prop(optional)] crumbs: Vec<(String, String)>,
    #[prop(into)] title: String,
    #[prop(into, optional)] line: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="head">
            <div>
                {crumbs_view(crumbs)}
                <h1>{title}</h1>
                {(!line.is_empty()).then(|| view! { <p class="quiet">{line}</p> })}
            </div>
            {children.map(|children| view! { <div class="verbs">{children()}</div> })}
        </div>
    }
}

/// Where this page lies; the last part has no address.
pub fn crumbs_view(crumbs: Vec<(String, String)>) -> impl IntoView {
    (!crumbs.is_empty()).then(|| {
        let parts = crumbs
            .into_iter()
            .map(|(name, path)| match path.is_empty() {
                true => view! { <li aria-current="page">{name}</li> }.into_any(),
                false => view! { <li><a href=path>{name}</a></li> }.into_any(),
            });
        view! {
            <nav class="crumbs" aria-label="Where you are">
                <ol>{parts.collect_view()}</ol>
            </nav>
        }
    })
}
