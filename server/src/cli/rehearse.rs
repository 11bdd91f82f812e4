//! `pitlane rehearse`: asks, waits for the end, says what came of it. Exit status: 0 passed, 1 failed, 2 it came to nothing.

use super::{
    Ended,
    args::RehearseArgs,
    client::{Client, Failed},
};
use crate::wire::RehearseBody;
use app::{
    model::{
        rehearsal::{RehearsalLine, RehearsalView, Verdict},
        smoke::StepVerdict,
    },
    paths,
};
use std::time::Duration;

/// How often is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(500);

pub async fn run(args: RehearseArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let address = format!("{}/rehearsals", args.pool.path());
    let body = RehearseBody { node: args.node };
    let asked: RehearsalLine = client.post(&address, &body).await?;
    let address = format!("{address}/{}", asked.id);
    let view = loop {
        let view: RehearsalView = client.get(&address).await?;
        if view.line.verdict.is_some() {
            break view;
        }
        tokio::time::sleep(PAUSE).await;
    };
    if args.json {
        let text = serde_json::to_string(&view).expect("a rehearsal is JSON");
        println!("{text}");
    } else {
        told(&view);
        let (environment, application) = (&view.line.environment, &view.line.application);
        let page = paths::rehearsal(environment, application, view.line.id);
        println!("{}", client.shown(&page));
    }
    Ok(match view.line.verdict {
        Some(Verdict::Passed { .. }) => Ended::WELL,
        Some(Verdict::Failed { .. }) => Ended(1),
        Some(Verdict::Ended { .. }) | None => Ended(2),
    })
}

fn told(view: &RehearsalView) {
    for step in &view.steps {
        let (flow, words) = (&step.flow_title, &step.words);
        let how = match &step.verdict {
            StepVerdict::Passed => format!("{} ms", step.took_ms),
            StepVerdict::Failed(why) => format!("failed: {why}"),
            StepVerdict::Broken(why) => format!("broken: {why}"),
        };
        println!("{flow} {}/{}: {words}, {how}", step.step, step.of);
    }
    println!("{}", view.line.words());
}
