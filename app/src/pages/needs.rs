//! The inbox: what waits for a person, most pressing first.

use crate::{
    components::{sentence::coded, status::status},
    model::{
        live::words::{count, sentence},
        mark::Mark,
        name::Name,
        view::{DeploymentLine, Need},
    },
    paths,
};
use leptos::prelude::*;

/// One thing as a person reads it.
struct Item {
    mark: Mark,
    label: &'static str,
    place: String,
    words: String,
    verb: &'static str,
    path: String,
}

pub fn inbox(needs: &[Need]) -> Option<impl IntoView + use<>> {
    let items: Vec<_> = needs.iter().map(item).collect();
    let worst = items.first()?.mark.class();
    Some(view! {
        <section class=format!("card inbox {worst}") aria-labelledby="h-needs">
            <header><h2 id="h-needs">"Needs you"</h2></header>
            <ul>{items.into_iter().map(row).collect_view()}</ul>
        </section>
    })
}

fn row(item: Item) -> impl IntoView {
    let label = format!("{}: {}", item.verb, item.place);
    view! {
        <li>
            {status(item.mark, item.label)}
            <p><b>{item.place}</b>" "{coded(&item.words)}</p>
            <a class="btn" href=item.path aria-label=label>{item.verb}</a>
        </li>
    }
}

fn item(need: &Need) -> Item {
    match need {
        Need::Alarm { line, words } => stopped("Alarm", line, words.clone()),
        Need::Review { line, words } => Item {
            label: "To review",
            verb: "Review…",
            path: paths::evidence(&line.environment, &line.application, line.number),
            ..stopped("", line, words.clone())
        },
        Need::Halted { line } => stopped("Halted", line, sentence(&line.why)),
        Need::Drift {
            environment,
            application,
            words,
            ..
        } => Item {
            mark: Mark::Drain,
            label: "Differs",
            place: format!("{environment} / {application}"),
            words: words.clone(),
            verb: "Compare",
            path: paths::pool_nodes(environment, application),
        },
        Need::Rehearsal { line, words } => Item {
            mark: Mark::Fail,
            label: "Rehearsal failed",
            place: format!("{} / {}", line.environment, line.application),
            words: words.clone(),
            verb: "Look at it",
            path: paths::rehearsal(&line.environment, &line.application, line.id),
        },
        Need::Unadopted {
            environment,
            application,
            nodes,
        } => Item {
            mark: Mark::Unknown,
            label: "Not adopted",
            place: format!("{environment} / {application}"),
            words: format!(
                "Nobody deployed or adopted what {} here. Adopt it, so that a failed deployment can be undone.",
                run(nodes)
            ),
            verb: "Adopt…",
            path: paths::pool_nodes(environment, application),
        },
    }
}

fn stopped(label: &'static str, line: &DeploymentLine, words: String) -> Item {
    Item {
        mark: Mark::Halt,
        label,
        place: format!(
            "{} / {} #{}",
            line.environment, line.application, line.number
        ),
        words,
        verb: "Look at it",
        path: paths::deployment(&line.environment, &line.application, line.number),
    }
}

/// `red runs`, `red and blue run`, `24 nodes run`
pub fn run(nodes: &[Name]) -> String {
    match nodes {
        [node] => format!("{node} runs"),
        [first @ .., last] if first.len() <= 3 => {
            let first: Vec<_> = first.iter().map(Name::as_str).collect();
            format!("{} and {last} run", first.join(", "))
        }
        _ => format!("{} run", count(nodes.len(), "node")),
    }
}
