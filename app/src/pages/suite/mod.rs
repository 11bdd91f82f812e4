//! A pool's suite: its files and flows, and the form that takes files in. Checking a file first shows what became of each
//! command; a second button makes it part of the suite.

/// What became of a file.
pub(super) mod report;

/// The forms that give files.
mod form;

use super::{
    address::pool_path,
    problem::{answer_with, page},
};
use crate::{
    api::{asking, told},
    components::{
        frame::{Frame, Head, Section},
        status::status,
        trouble::trouble,
    },
    error::AppError,
    gateway::SuiteOrder,
    model::{
        import::{SuiteImport, SuiteView},
        live::words::count,
        mark::Mark,
    },
    paths,
};
use leptos::prelude::*;

/// Files that were given and checked, in the context of the page that says so.
#[derive(Debug, Clone)]
pub struct Draft {
    pub order: SuiteOrder,
    pub came: Result<SuiteImport, AppError>,
}

impl Draft {
    /// What of it was typed; chosen files have to be chosen again.
    fn typed(&self) -> form::Typed {
        let pasted = self
            .order
            .files
            .iter()
            .find(|file| file.name.starts_with("pasted."));
        form::Typed {
            text: pasted.map(|file| file.text.clone()).unwrap_or_default(),
            public_url: self.order.public_url.clone().unwrap_or_default(),
        }
    }
}

#[component]
pub fn SuitePage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway.suite(&actor, &pool_path()?).await
        };
        page(Section::Overview, loaded.await, draw)
    })
}

fn draw(view: SuiteView) -> impl IntoView {
    let draft = use_context::<Draft>();
    if let Some(Err(error)) = draft.as_ref().map(|draft| &draft.came) {
        answer_with(error.http_status());
    }
    let (environment, application) = (&view.environment, &view.application);
    let pool = format!("{environment} / {application}");
    let here = paths::suite(environment, application);
    let told = told::hear(&here);
    let flows: usize = view.reports.iter().map(|report| report.flows.len()).sum();
    let line = match &view.public_url {
        Some(url) => format!(
            "{} in {}, run at {url}.",
            count(flows, "flow"),
            count(view.reports.len(), "file")
        ),
        None => "No suite yet: a node is proven by its check alone.".to_owned(),
    };
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (pool.clone(), paths::pool(environment, application)),
        ("Suite".to_owned(), String::new()),
    ];
    let refused = view.change_refused.clone();
    let typed = match &draft {
        Some(draft) if draft.came.is_err() => draft.typed(),
        Some(_) | None => form::Typed::default(),
    };
    let may = refused.is_none();
    let new_flow = paths::edit_flow(environment, application, None);
    view! {
        <Frame title=format!("Suite of {pool}") section=Section::Overview>
            <div class="stack">
                <Head crumbs title="Suite" line>
                    {may.then(|| view! { <a class="btn" href=new_flow>"New flow"</a> })}
                </Head>
                {told.map(|told| {
                    let (mark, label) = if told.done { (Mark::Done, "Done") } else { (Mark::Halt, "Not done") };
                    trouble(mark, label, told.trouble)
                })}
                {draft.map(|draft| match draft.came {
                    Ok(came) => form::checked(&here, &draft.order, came).into_any(),
                    Err(error) => trouble(Mark::Halt, "Not taken", error.trouble()).into_any(),
                })}
                {(!view.reports.is_empty()).then(|| current(&view))}
                {match refused {
                    None => form::give(&here, view.public_url.as_deref(), &typed).into_any(),
                    Some(why) => view! { <p class="quiet">{format!("You cannot change it: {why}.")}</p> }.into_any(),
                }}
            </div>
        </Frame>
    }
}

/// Files and flows as they are now.
fn current(view: &SuiteView) -> impl IntoView + use<> {
    let verb = match view.change_refused {
        None => "Edit",
        Some(_) => "Look",
    };
    let rows = view.reports.iter().flat_map(|report| {
        report.flows.iter().map(|flow| {
            let stands = match flow.invalid.as_slice() {
                [] => status(Mark::Done, "Can run").into_any(),
                [first, ..] => status(Mark::Fail, format!("Cannot run: {first}")).into_any(),
            };
            let path = paths::edit_flow(&view.environment, &view.application, Some(&flow.name));
            let label = match view.change_refused {
                None => format!("Edit the flow {}", flow.title),
                Some(_) => format!("Look at the flow {}", flow.title),
            };
            view! {
                <tr>
                    <th scope="row"><span class="ellipsis" title=flow.title.clone()>{flow.title.clone()}</span></th>
                    <td><span class="ellipsis quiet" title=report.file.clone()>{report.file.clone()}</span></td>
                    <td class="num">{flow.steps}</td>
                    <td>{stands}</td>
                    <td><a href=path aria-label=label>{verb}</a></td>
                </tr>
            }
        })
    });
    view! {
        <section class="card" aria-labelledby="h-now">
            <header><h2 id="h-now">"As it is now"</h2></header>
            <table class="rows fixed suite-flows">
                <thead>
                    <tr>
                        <th scope="col">"Flow"</th>
                        <th scope="col">"File"</th>
                        <th scope="col" class="num">"Steps"</th>
                        <th scope="col">"State"</th>
                        <th scope="col"><span class="visually-hidden">"Edit"</span></th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
}
