//! One deployment as a row of a list.

use super::{status::status, when::ago};
use crate::{
    model::{
        deployment::DeploymentState,
        mark::Mark,
        time::{Timestamp, spoken},
        view::DeploymentLine,
    },
    paths,
};
use leptos::prelude::*;

/// A table of deployments; `place` adds which pool each belongs to.
pub fn deployments(lines: Vec<DeploymentLine>, now: Timestamp, place: bool) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="rows lines">
                <thead>
                    <tr>
                        <th scope="col">"Deployment"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col" class="wide-only">"By"</th>
                        <th scope="col" class="num wide-only">"Took"</th>
                        <th scope="col" class="num">"When"</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(|line| row(line, now, place)).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(line: DeploymentLine, now: Timestamp, place: bool) -> impl IntoView {
    let path = paths::deployment(&line.environment, &line.application, line.number);
    let name = match place {
        true => format!(
            "{} / {} #{}",
            line.environment, line.application, line.number
        ),
        false => format!("#{}", line.number),
    };
    let took = line.ended_at.map(|end| spoken(end.since(line.started_at)));
    view! {
        <tr>
            <td>
                <a href=path class="strong">{name}</a>
                " "
                <span class="tag">{line.version.to_string()}</span>
            </td>
            <td class="fill">
                {status(Mark::from(line.state), state_words(&line))}
                <span class="why" title=line.why.clone()>{line.why.clone()}</span>
            </td>
            <td class="wide-only">{line.asked_by.clone()}</td>
            <td class="num wide-only">{took.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="num">{ago(line.ended_at.unwrap_or(line.started_at), now)}</td>
        </tr>
    }
}

/// `Rolling, node 2 of 3`
pub fn state_words(line: &DeploymentLine) -> String {
    let at = (line.done + 1).min(line.of);
    match line.state {
        DeploymentState::Queued => "Queued".to_owned(),
        DeploymentState::Preparing => "Preparing".to_owned(),
        DeploymentState::Rolling => format!("Rolling, node {at} of {}", line.of),
        DeploymentState::Held => format!("Held, {} of {} done", line.done, line.of),
        DeploymentState::Undoing => "Being undone".to_owned(),
        DeploymentState::Aborting => "Being aborted".to_owned(),
        DeploymentState::Halted => "Halted, waits for a person".to_owned(),
        DeploymentState::Succeeded => "Succeeded".to_owned(),
        DeploymentState::Undone => "Undone".to_owned(),
        DeploymentState::Aborted => "Aborted".to_owned(),
    }
}
