//! What became of a file, command by command.

use crate::{
    components::{sentence::coded, status::status},
    model::{
        import::{CommandReport, Fate, FileReport, FlowReport},
        live::words::count,
        mark::Mark,
    },
};
use leptos::prelude::*;

/// More are not drawn; the command line has them all.
const MOST: usize = 400;

pub fn report(report: FileReport) -> impl IntoView {
    let fates = report.fates().to_string();
    let has_commands = report.flows.iter().any(|flow| !flow.commands.is_empty());
    let line = match has_commands {
        true => format!("{}: {fates}", report.format.words()),
        false => report.format.words(),
    };
    view! {
        <div class="suite-file">
            <h3>{report.file}</h3>
            <p class="quiet">{line}</p>
            {report.hints.iter().map(|hint| view! { <p class="suite-hint">{coded(hint)}</p> }).collect_view()}
            {report.flows.into_iter().map(flow).collect_view()}
        </div>
    }
}

fn flow(flow: FlowReport) -> impl IntoView {
    let (mark, word) = match flow.invalid.is_empty() {
        true => (Mark::Done, "Can run"),
        false => (Mark::Fail, "Cannot run"),
    };
    let invalid = flow
        .invalid
        .iter()
        .map(|why| view! { <li>{coded(why)}</li> });
    let invalid = (!flow.invalid.is_empty())
        .then(|| view! { <ul class="suite-why">{invalid.collect_view()}</ul> });
    let hints = flow
        .hints
        .iter()
        .map(|hint| view! { <p class="suite-hint">{coded(hint)}</p> });
    let left = flow.commands.len().saturating_sub(MOST);
    let steps = count(flow.steps as usize, "step");
    view! {
        <div class="suite-flow">
            <p class="suite-title">
                <b class="ellipsis" title=flow.title.clone()>{flow.title.clone()}</b>
                <span class="quiet">{steps}</span>
                {status(mark, word)}
            </p>
            {invalid}
            {hints.collect_view()}
            {(!flow.commands.is_empty()).then(|| view! {
                <details>
                    <summary>"Every command"</summary>
                    <table class="rows suite-commands">
                        <thead>
                            <tr><th scope="col" class="num">"Line"</th><th scope="col">"Command"</th><th scope="col">"What became of it"</th></tr>
                        </thead>
                        <tbody>{flow.commands.into_iter().take(MOST).map(command).collect_view()}</tbody>
                    </table>
                    {(left > 0).then(|| view! {
                        <p class="quiet">{format!("{left} more: ")}<code>"pitlane suites import --dry-run --json"</code>" lists them all."</p>
                    })}
                </details>
            })}
        </div>
    }
}

fn command(command: CommandReport) -> impl IntoView {
    let (mark, word) = match &command.fate {
        Fate::Supported => (Mark::Done, "Supported"),
        Fate::Mapped(_) => (Mark::Work, "Mapped"),
        Fate::Ignored(_) => (Mark::Out, "Ignored"),
        Fate::Unknown(_) => (Mark::Fail, "Unknown"),
    };
    let why = command
        .fate
        .why()
        .map(|why| view! { <span class="suite-because">{coded(why)}</span> });
    let name = match command.command.is_empty() {
        true => view! { <span class="quiet">"(none)"</span> }.into_any(),
        false => view! { <code>{command.command}</code> }.into_any(),
    };
    view! {
        <tr>
            <td class="num">{command.line}</td>
            <td>{name}</td>
            <td>{status(mark, word)}{why}</td>
        </tr>
    }
}
