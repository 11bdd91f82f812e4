//! One pool: its nodes as the balancer sees them, the Deploy form, releases, recent deployments.

/// The table of its nodes.
mod nodes;

/// How a deployment goes in it.
mod rules;

use self::{nodes::node_table, rules::rules};
use super::{
    address::{pool_path, query, query_all},
    drift::{self, Place},
    problem::{now, page},
    rehearsal,
};
use crate::{
    api::asking,
    components::{
        deploy_form::{Choices, deploy_form},
        deployment_row::{deployments, state_words},
        frame::{Frame, Head, Section},
        status::status,
        trouble::trouble,
    },
    error::AppError,
    gateway::DeployOrder,
    model::{
        environment::Admission,
        live::words::{count, sentence},
        mark::Mark,
        name::Name,
        release::Release,
        time::Timestamp,
        trouble::Trouble,
        view::{PlanView, PoolView},
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn PoolPage() -> impl IntoView {
    Suspend::new(async { page(Section::Overview, load().await, draw) })
}

/// The pool, and what its form offers.
struct Loaded {
    pool: PoolView,
    form: Form,
    /// The form was sent and could not start.
    refused: bool,
}

enum Form {
    /// No release is registered.
    Empty,
    /// What is chosen, and the plan for that.
    Filled(Box<Choices>, Option<PlanView>),
    /// The deployment of this number cannot be rolled back.
    NoRollback(u32, Trouble),
}

async fn load() -> Result<Loaded, AppError> {
    let (gateway, actor) = asking()?;
    let path = pool_path()?;
    let asked = Asked {
        version: query("version"),
        nodes: query_all("nodes"),
        reason: query("reason"),
        undoes: None,
    };
    let pool = gateway.pool(&actor, &path).await?;
    let asked = match query::<u32>("undoes") {
        None => Ok(asked),
        Some(number) => match gateway.rollback(&actor, &path, number, &asked.nodes).await {
            Ok(order) => Ok(Asked {
                version: Some(order.version),
                nodes: order.nodes,
                undoes: Some(number),
                ..asked
            }),
            Err(AppError::Refused(why)) => Err(Form::NoRollback(number, why)),
            Err(other) => return Err(other),
        },
    };
    let form = match asked.map(|asked| choices(&pool, asked)) {
        Err(refused) => refused,
        Ok(None) => Form::Empty,
        Ok(Some(choices)) => {
            let order = DeployOrder {
                pool: path,
                version: choices.version.clone(),
                nodes: choices
                    .nodes
                    .iter()
                    .filter(|(_, _, on)| *on)
                    .map(|(name, ..)| name.clone())
                    .collect(),
                reason: None,
                undoes: choices.undoes,
                unrehearsed: false,
            };
            let plan = match gateway.plan(&actor, &order).await {
                Ok(plan) => Some(plan),
                Err(AppError::Refused(why)) => Some(PlanView::refused(order.version, why)),
                Err(AppError::Forbidden(_)) => None,
                Err(other) => return Err(other),
            };
            Form::Filled(Box::new(choices), plan)
        }
    };
    Ok(Loaded {
        pool,
        form,
        refused: query::<u8>("refused").is_some(),
    })
}

/// What the address asks for.
struct Asked {
    version: Option<Name>,
    /// Empty: all.
    nodes: Vec<Name>,
    reason: Option<String>,
    undoes: Option<u32>,
}

/// `None` when there is nothing to choose. Without a choice: all nodes, and the newest release that some node lacks.
fn choices(pool: &PoolView, asked: Asked) -> Option<Choices> {
    let Asked {
        version,
        nodes,
        reason,
        undoes,
    } = asked;
    let lacking = |release: &&Release| {
        pool.nodes
            .iter()
            .any(|n| n.version.as_ref() != Some(&release.version))
    };
    let version = version
        .filter(|v| pool.releases.iter().any(|r| r.version == *v))
        .or_else(|| {
            pool.releases
                .iter()
                .find(lacking)
                .map(|r| r.version.clone())
        })
        .or_else(|| pool.releases.first().map(|r| r.version.clone()))?;
    let now = now();
    Some(Choices {
        environment: pool.environment.clone(),
        application: pool.application.clone(),
        releases: pool
            .releases
            .iter()
            .filter(|r| undoes.is_none() || r.version == version)
            .map(|r| (r.version.clone(), said(r, pool, now)))
            .collect(),
        nodes: pool
            .nodes
            .iter()
            // what a deployment did not touch, its rollback leaves alone
            .filter(|row| undoes.is_none() || nodes.contains(&row.node.name))
            .map(|row| {
                let runs = row
                    .version
                    .as_ref()
                    .map_or_else(|| "release unknown".to_owned(), |v| format!("on {v}"));
                let ticked = nodes.is_empty() || nodes.contains(&row.node.name);
                (row.node.name.clone(), runs, ticked)
            })
            .collect(),
        version,
        reason: reason.unwrap_or_default(),
        refused: pool.deploy_refused.clone(),
        rehearses: pool.policy.rehearse && !pool.flows.is_empty() && undoes.is_none(),
        undoes,
    })
}

fn said(release: &Release, pool: &PoolView, now: Timestamp) -> String {
    let on = pool
        .nodes
        .iter()
        .filter(|n| n.version.as_ref() == Some(&release.version))
        .count();
    let age = crate::components::when::ago_words(release.created_at, now);
    match on {
        0 => format!("registered {age}"),
        n if n == pool.nodes.len() => format!("registered {age}, on all nodes now"),
        n => format!("registered {age}, on {} now", count(n, "node")),
    }
}

fn draw(loaded: Loaded) -> impl IntoView {
    let Loaded {
        pool,
        form,
        refused,
    } = loaded;
    let now = now();
    let place = Place::of(&pool);
    let name = format!("{} / {}", pool.environment, pool.application);
    let serving = pool
        .nodes
        .iter()
        .filter(|n| n.admission == Admission::InService)
        .count();
    let title = match pool.nodes.len() - serving {
        0 => format!("{name}: all {} in service", count(pool.nodes.len(), "node")),
        out => format!(
            "{name}: {out} of {} not in service",
            count(pool.nodes.len(), "node")
        ),
    };
    let gone = refused
        && matches!(&form, Form::Filled(_, Some(plan)) if plan.refused.is_none())
        && pool.deploy_refused.is_none();
    let title_of_form = match &form {
        Form::Filled(choices, _) => choices.undoes,
        Form::NoRollback(number, _) => Some(*number),
        Form::Empty => None,
    };
    let title_of_form = title_of_form.map_or_else(
        || "Deploy".to_owned(),
        |number| format!("Roll back #{number}"),
    );
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (name.clone(), String::new()),
    ];
    let suite = paths::suite(&pool.environment, &pool.application);
    let icon = pool
        .active
        .as_ref()
        .map_or(Mark::Unknown, |line| Mark::from(line.state))
        .tab_icon();
    let environment = paths::environment(&pool.environment);
    view! {
        <Frame title=name section=Section::Overview icon>
            <div class="stack">
                <Head crumbs title line=rules(&pool)>
                    <a class="btn" href=suite>"Suite"</a>
                    <a class="btn" href=environment>"Variables and secrets"</a>
                </Head>
                {drift::told(&place)}
                {pool.balancers.iter().filter_map(|balancer| balancer.trouble.as_ref().map(|why| {
                    let words = format!("{} ({}) cannot be read: {why}", balancer.name, balancer.product);
                    trouble(Mark::Unknown, "Balancer", Trouble::new(sentence(&words)).stands("What its nodes receive is unknown.").remedy("Check that its manager answers, then reload."))
                })).collect_view()}
                {pool.active.as_ref().map(|line| {
                    let path = paths::deployment(&line.environment, &line.application, line.number);
                    view! {
                        <div class=format!("note {}", Mark::from(line.state).class())>
                            <p class="note-label">{status(Mark::from(line.state), state_words(line))}</p>
                            <p class="note-body">{format!("{} is deploying {} here, #{}.", line.asked_by, line.version, line.number)}</p>
                            <a class="btn" href=path>"Watch"</a>
                        </div>
                    }
                })}
                {gone.then(|| trouble(Mark::Halt, "Not started", Trouble::new("This deployment was refused a moment ago.").stands("What stood in its way is gone.").remedy("Check the plan below and press Deploy again.")))}
                <div class="cols pool-cols">
                    <div class="stack">
                        {node_table(&pool.nodes, &place, now)}
                        {rehearsal::card(&pool, now)}
                        <section class="card" aria-labelledby="h-recent">
                            <header><h2 id="h-recent">"Recent deployments"</h2></header>
                            {if pool.recent.is_empty() {
                                view! { <p class="pad quiet">"Nothing was deployed here yet."</p> }.into_any()
                            } else {
                                deployments(pool.recent.clone(), now, false).into_any()
                            }}
                        </section>
                    </div>
                    <section class="card" id="deploy" aria-labelledby="h-deploy">
                        <header><h2 id="h-deploy">{title_of_form}</h2></header>
                        <div class="pad">
                            {match form {
                                Form::Filled(choices, plan) => deploy_form(*choices, plan).into_any(),
                                Form::Empty => no_release(&pool.application).into_any(),
                                Form::NoRollback(number, why) => no_rollback(&pool, number, why).into_any(),
                            }}
                        </div>
                    </section>
                </div>
            </div>
        </Frame>
    }
}

fn no_release(application: &Name) -> impl IntoView + use<> {
    view! {
        <div class="empty stack">
            <p>"No release is registered yet. Register one, and it can be chosen here:"</p>
            <pre class="log" tabindex="0">{format!("pitlane releases add {application} 1.0 {application}-1.0.tar.gz")}</pre>
        </div>
    }
}

/// Why not, and what may be possible for some of the nodes.
fn no_rollback(pool: &PoolView, number: u32, why: Trouble) -> impl IntoView + use<> {
    let here = paths::pool(&pool.environment, &pool.application) + "#deploy";
    let ticks = pool.nodes.iter().map(|row| {
        let name = row.node.name.to_string();
        let version = row.version.as_ref();
        let runs = version.map_or_else(|| "release unknown".to_owned(), |v| format!("on {v}"));
        view! {
            <label class="tick">
                <input type="checkbox" name="nodes[]" value=name.clone()/>
                <span class="tick-w">{name}</span>
                <span class="quiet tick-w">{runs}</span>
            </label>
        }
    });
    view! {
        <div class="deploy-form">
            {trouble(Mark::Halt, "Cannot be rolled back", why)}
            <form method="get" action=here.clone() class="deploy-form">
                <input type="hidden" name="undoes" value=number.to_string()/>
                <fieldset class="field">
                    <legend>"Some of the nodes only"</legend>
                    <div class="ticks">{ticks.collect_view()}</div>
                </fieldset>
                <button class="btn">"Show what would come back"</button>
            </form>
            <a href=here>"Deploy another release"</a>
        </div>
    }
}
