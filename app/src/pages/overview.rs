//! A row per application, what needs a person, what happened lately.

use super::{
    needs::inbox,
    problem::{now, page},
};
use crate::{
    api::asking,
    components::{
        deployment_row::{deployments, state_words},
        frame::{Frame, Head, Section},
        squares::squares,
        status::status,
        when::ago,
    },
    model::{
        deployment::DeploymentState,
        environment::Admission,
        live::words::count,
        mark::Mark,
        name::Name,
        time::Timestamp,
        view::{DeploymentLine, Overview, PoolCard},
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn OverviewPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway.overview(&actor).await
        };
        page(Section::Overview, loaded.await, draw)
    })
}

fn draw(overview: Overview) -> impl IntoView {
    let now = now();
    let (title, line) = summary(&overview);
    let environments = order(overview.pools.iter().map(|pool| &pool.environment));
    let applications = order(overview.pools.iter().map(|pool| &pool.application));
    let empty = overview.pools.is_empty();
    view! {
        <Frame title="Overview" section=Section::Overview icon=icon(&overview).tab_icon()>
            <div class="stack">
                <Head title line/>
                {inbox(&overview.needs)}
                {if empty {
                    nothing_yet().into_any()
                } else {
                    table(&overview.pools, &environments, &applications, now).into_any()
                }}
                <section class="card" aria-labelledby="h-lately">
                    <header>
                        <h2 id="h-lately">"Lately"</h2>
                        <a class="quiet" href=paths::AUDIT>"Audit history"</a>
                    </header>
                    {if overview.lately.is_empty() {
                        view! { <p class="pad quiet">"No deployment has run yet."</p> }.into_any()
                    } else {
                        deployments(overview.lately, now, true).into_any()
                    }}
                </section>
            </div>
        </Frame>
    }
}

/// Each once, in the order they first appear.
fn order<'a>(names: impl Iterator<Item = &'a Name>) -> Vec<Name> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(name) {
            seen.push(name.clone());
        }
    }
    seen
}

fn icon(overview: &Overview) -> Mark {
    let active = || {
        overview
            .pools
            .iter()
            .filter_map(|pool| pool.active.as_ref())
    };
    if active().any(|line| line.state == DeploymentState::Halted) {
        Mark::Halt
    } else if active().next().is_some() {
        Mark::Work
    } else {
        Mark::Unknown
    }
}

fn summary(overview: &Overview) -> (String, String) {
    let pools = &overview.pools;
    if pools.is_empty() {
        return ("Nothing is set up yet".to_owned(), String::new());
    }
    let nodes = || pools.iter().flat_map(|pool| &pool.nodes);
    let all = nodes().count();
    let serving = nodes()
        .filter(|n| n.admission == Admission::InService)
        .count();
    let running = pools
        .iter()
        .filter(|p| {
            p.active
                .as_ref()
                .is_some_and(|a| a.state != DeploymentState::Halted)
        })
        .count();
    let waiting = overview.needs.len();
    let applications = count(
        order(pools.iter().map(|p| &p.application)).len(),
        "application",
    );
    let title = match all - serving {
        0 => format!("{applications}, all {all} nodes in service"),
        out => format!(
            "{applications}, {out} of {} out of service",
            count(all, "node")
        ),
    };
    let running = match running {
        0 => "No deployment is running".to_owned(),
        1 => "One deployment is running".to_owned(),
        n => format!("{n} deployments are running"),
    };
    let waiting = match waiting {
        0 => "nothing waits for you".to_owned(),
        1 => "one thing waits for you".to_owned(),
        n => format!("{n} things wait for you"),
    };
    (title, format!("{running}, {waiting}."))
}

fn nothing_yet() -> impl IntoView {
    view! {
        <section class="card pad empty stack">
            <h2>"Describe your first pool"</h2>
            <p>
                "Write the application, its environments, balancer and nodes into one TOML file, hand it over, \
                 then register a release:"
            </p>
            <pre class="log" tabindex="0">
                "pitlane apply shop.toml\npitlane releases add shop 1.0 shop-1.0.tar.gz"
            </pre>
            <p class="quiet">"The pool appears here with its nodes and a Deploy button."</p>
        </section>
    }
}

fn table(
    pools: &[PoolCard],
    environments: &[Name],
    applications: &[Name],
    now: Timestamp,
) -> impl IntoView + use<> {
    view! {
        <section class="card" aria-label="Applications">
            <div class="scroll">
                <table class="rows apps">
                    <thead>
                        <tr>
                            <th scope="col">"Application"</th>
                            {environments
                                .iter()
                                .map(|e| view! { <th scope="col"><a href=paths::environment(e) title="Its variables and secrets">{e.to_string()}</a></th> })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody>
                        {applications
                            .iter()
                            .map(|application| {
                                let cells = environments
                                    .iter()
                                    .map(|environment| {
                                        pools
                                            .iter()
                                            .find(|p| p.environment == *environment && p.application == *application)
                                            .map_or_else(
                                                || view! { <td class="quiet" data-label=environment.to_string()>"–"</td> }.into_any(),
                                                |pool| cell(pool, now).into_any(),
                                            )
                                    })
                                    .collect_view();
                                let nodes = pools.iter().filter(|p| p.application == *application).map(|p| p.nodes.len()).sum();
                                view! {
                                    <tr>
                                        <th scope="row">
                                            <b title=application.to_string()>{application.to_string()}</b>
                                            <small>{count(nodes, "node")}</small>
                                        </th>
                                        {cells}
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn cell(pool: &PoolCard, now: Timestamp) -> impl IntoView + use<> {
    let path = paths::pool(&pool.environment, &pool.application);
    let (verb, to, class) = match &pool.active {
        Some(line) => (
            "Watch",
            paths::deployment(&line.environment, &line.application, line.number),
            "btn",
        ),
        None => ("Deploy…", format!("{path}#deploy"), "btn"),
    };
    let label = format!("{verb} {} / {}", pool.environment, pool.application);
    view! {
        <td data-label=pool.environment.to_string()>
            <div class="pool-cell">
                <a class="pool-nodes" href=path aria-label=format!("{} / {}", pool.environment, pool.application)>
                    {squares(&pool.nodes)}
                </a>
                <span class="pool-line">{standing(pool, now)}</span>
                <span class="past">{past(&pool.recent)}</span>
                <a class=class href=to aria-label=label>{verb}</a>
            </div>
        </td>
    }
}

fn standing(pool: &PoolCard, now: Timestamp) -> impl IntoView + use<> {
    match (&pool.active, pool.recent.first()) {
        (Some(line), _) => {
            let mark = Mark::from(line.state);
            let words = format!("{}: {}", line.version, state_words(line).to_lowercase());
            status(mark, words).into_any()
        }
        (None, Some(line)) => view! {
            <span class="quiet">
                {format!("{} {} by {}, ", line.version, line.state, line.asked_by)}
                {ago(line.ended_at.unwrap_or(line.started_at), now)}
            </span>
        }
        .into_any(),
        (None, None) => view! { <span class="quiet">"never deployed from here"</span> }.into_any(),
    }
}

/// The last ten, oldest first, a dot each.
fn past(recent: &[DeploymentLine]) -> impl IntoView + use<> {
    let over: Vec<_> = recent
        .iter()
        .filter(|line| line.state.is_over())
        .cloned()
        .collect();
    let good = over
        .iter()
        .filter(|line| line.state == DeploymentState::Succeeded)
        .count();
    let words = format!("Last {}: {good} succeeded", over.len());
    (!over.is_empty()).then(|| {
        view! {
            <span class="dots" role="img" aria-label=words.clone() title=words.clone()>
                {over
                    .iter()
                    .rev()
                    .map(|line| view! { <i class=Mark::from(line.state).class()></i> })
                    .collect_view()}
            </span>
        }
    })
}
