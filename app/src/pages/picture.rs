//! One step's picture, large, with everything known about the step.

use super::{
    address::{part, pool_path},
    problem::page,
};
use crate::{
    api::asking,
    components::{
        frame::{Frame, Section, crumbs_view},
        status::status,
    },
    error::AppError,
    model::{
        live::{Live, LiveNode, film::Look},
        mark::Mark,
        smoke::{StepReport, StepVerdict},
        stage::Pass,
        time::spoken,
        trouble::Trouble,
        view::DeploymentView,
    },
    paths::{self, EvidenceSpot},
};
use leptos::prelude::*;

/// Which step of which flow, on which node, in which pass.
struct Address {
    node: String,
    pass: Pass,
    flow: String,
    step: u32,
}

#[component]
pub fn PicturePage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            let address = Address {
                node: part("node")?,
                pass: part("pass")?,
                flow: part("flow")?,
                step: part("step")?,
            };
            let view = gateway
                .deployment(&actor, &pool_path()?, part("number")?)
                .await?;
            draw(&view, &address)
        };
        page(Section::Deployments, loaded.await, |drawn| drawn)
    })
}

fn draw(view: &DeploymentView, address: &Address) -> Result<impl IntoView + use<>, AppError> {
    let live = Live::from_events(&view.events);
    let missing = || {
        AppError::NotFound(
            Trouble::new("There is no such picture.")
                .stands("The step did not run on this node.")
                .remedy("Go back to the deployment and choose another."),
        )
    };
    let plan = live.plan.as_deref().ok_or_else(missing)?;
    let look = live
        .step(&address.node, address.pass, &address.flow, address.step)
        .ok_or_else(missing)?;
    let path_of = |node: &LiveNode, pass: Pass, report: &StepReport| {
        paths::picture(
            &plan.environment,
            &plan.application,
            plan.number,
            &node.name,
            &report.flow,
            report.step,
            pass,
        )
    };
    let up = paths::deployment(&plan.environment, &plan.application, plan.number);
    let version = look
        .node
        .version_in(address.pass)
        .map(ToString::to_string)
        .unwrap_or_default();
    let title = format!("Step {}: {}", look.report.step, look.report.words);
    let line = format!(
        "{}, {} of {}, on {} with {version}{}",
        look.report.flow_title,
        look.report.step,
        look.report.of,
        look.node.name,
        match address.pass {
            Pass::Rehearsal => ", in service before the deployment",
            Pass::Forward => "",
            Pass::Undo => ", while it was put back",
        }
    );
    let crumbs = vec![
        (
            format!("{} / {}", plan.environment, plan.application),
            paths::pool(&plan.environment, &plan.application),
        ),
        (format!("deployment #{}", plan.number), up.clone()),
        (look.node.name.to_string(), String::new()),
    ];
    let step = |report: Option<&StepReport>, words: &'static str, rel: &'static str| {
        match report {
        Some(report) => view! { <a class="btn" rel=rel href=path_of(look.node, address.pass, report)>{words}</a> }.into_any(),
        None => view! { <span class="btn" aria-disabled="true">{words}</span> }.into_any(),
    }
    };
    let sibling = live
        .sibling(&look, address.pass)
        .map(|(node, pass, report)| {
            let version = node
                .version_in(pass)
                .map(ToString::to_string)
                .unwrap_or_default();
            (
                format!("{} on {version}, {}", node.name, report.started_at.clock()),
                path_of(node, pass, report),
                report.clone(),
            )
        });
    let (previous, next) = (
        step(look.previous, "← Previous", "prev"),
        step(look.next, "Next →", "next"),
    );
    let compared = paths::evidence(&plan.environment, &plan.application, plan.number)
        + &EvidenceSpot {
            flow: &look.report.flow,
            step: look.report.step,
            node: &look.node.name,
            taken: address.pass.into(),
            view: "",
            with: "",
        }
        .query();
    let icon = verdict(look.report).0.tab_icon();
    let own = picture(
        look.report,
        format!(
            "{} on {version}, {}",
            look.node.name,
            look.report.started_at.clock()
        ),
        None,
    );
    let facts = facts(&look);
    Ok(view! {
        <Frame title=title.clone() section=Section::Deployments icon>
            <div class="stack">
                <div class="head">
                    <div>
                        {crumbs_view(crumbs)}
                        <h1>{title}</h1>
                        <p class="quiet">{line}</p>
                    </div>
                    <div class="verbs">{previous}{next}<a class="btn" href=compared>"Compare"</a><a class="btn" href=up>"Whole deployment"</a></div>
                </div>
                <div class="cols">
                    <section class="card pad stack" aria-label="Picture">
                        {own}
                        {sibling.map(|(words, href, report)| view! {
                            <h2>"The same step elsewhere"</h2>
                            {picture(&report, words, Some(href))}
                        })}
                    </section>
                    {facts}
                </div>
            </div>
        </Frame>
    })
}

fn verdict(report: &StepReport) -> (Mark, String) {
    match &report.verdict {
        StepVerdict::Passed => (Mark::Done, "passed".to_owned()),
        StepVerdict::Failed(why) => (Mark::Fail, why.clone()),
        StepVerdict::Broken(why) => (Mark::Unknown, format!("our browser failed: {why}")),
    }
}

fn picture(report: &StepReport, words: String, href: Option<String>) -> impl IntoView + use<> {
    let class = match report.verdict {
        StepVerdict::Passed => "shot large",
        StepVerdict::Failed(_) | StepVerdict::Broken(_) => "shot large f",
    };
    let link = href.or_else(|| report.picture.as_deref().map(paths::blob));
    let alt = format!("{}: {words}", report.words);
    view! {
        <figure>
            {match report.picture.as_deref() {
                Some(sha) => view! { <a class=class href=link><img src=paths::blob(sha) alt=alt/></a> }.into_any(),
                None => view! { <span class="shot large n"><em>"no picture was taken"</em></span> }.into_any(),
            }}
            <figcaption class="quiet">{words}</figcaption>
        </figure>
    }
}

fn facts(look: &Look<'_>) -> impl IntoView + use<> {
    let r = look.report.clone();
    let (mark, words) = verdict(&r);
    let proofs = [
        ("Whole page", r.full_page.as_deref()),
        ("Source", r.source.as_deref()),
    ];
    let links: Vec<_> = proofs
        .into_iter()
        .filter_map(|(name, sha)| {
            sha.map(|sha| view! { <a class="btn" href=paths::blob(sha)>{name}</a> })
        })
        .collect();
    view! {
        <aside class="card" aria-labelledby="h-facts">
            <header><h2 id="h-facts">"What happened"</h2><span class="quiet">{spoken(r.took())}</span></header>
            <div class="pad stack">
                <p class="verdict">{status(mark, words)}</p>
                <dl class="kv">
                    <dt>"At"</dt><dd>{r.started_at.full()}</dd>
                    <dt>"Address"</dt><dd><code class="wrap">{r.url}</code></dd>
                    <dt>"Status"</dt><dd>{r.status.map_or_else(|| "nothing was loaded".to_owned(), |s| s.to_string())}</dd>
                    <dt>"Answered by"</dt>
                    <dd><code class="wrap">{if r.answered_by.is_empty() { "no request in this step".to_owned() } else { r.answered_by.join(", ") }}</code></dd>
                </dl>
                {(!links.is_empty()).then(|| view! { <div class="verbs">{links}</div> })}
                <div>
                    <h3>{format!("Console, {}", r.console.len())}</h3>
                    {if r.console.is_empty() {
                        view! { <p class="quiet">"The page logged nothing."</p> }.into_any()
                    } else {
                        let lines = r.console.iter().map(|c| format!("{}: {}", c.level, c.text)).collect::<Vec<_>>().join("\n");
                        view! { <pre class="log" tabindex="0">{lines}</pre> }.into_any()
                    }}
                </div>
                <div>
                    <h3>{format!("Failed requests, {}", r.failed_requests.len())}</h3>
                    {if r.failed_requests.is_empty() {
                        view! { <p class="quiet">"None besides what the page itself says."</p> }.into_any()
                    } else {
                        let lines = r.failed_requests.iter().map(|f| format!("{} {} {}", f.outcome, f.url, f.remote.clone().unwrap_or_default())).collect::<Vec<_>>().join("\n");
                        view! { <pre class="log" tabindex="0">{lines}</pre> }.into_any()
                    }}
                </div>
            </div>
        </aside>
    }
}
