use super::{ours::Ours, percentile};
use crate::lab::whole::{Lab, LabOptions};
use server::smoke::secrets::Secrets;
use std::fs;

/// Both flows of the lab's suite on its nodes in turn, each time in a browser of its own; `false`: one failed.
pub async fn run(times: u32) -> anyhow::Result<bool> {
    let options = LabOptions {
        visitors: None,
        ..LabOptions::default()
    };
    let lab = Lab::start(options).await?;
    let secrets = Secrets::load(&lab.secrets_toml())?;
    let ours = Ours::new(&fs::read_to_string(lab.suite_toml())?, secrets)?;
    let mut spans = Vec::new();
    let mut failures = Vec::new();
    for (number, node) in (1..=times).zip(lab.nodes.iter().cycle()) {
        let failure = match ours.warm(&node.app_url()).await {
            Ok((mut session, target)) => {
                let verdict = ours.run(&mut *session, &target).await;
                session.close().await;
                spans.push(verdict.took);
                verdict.failure
            }
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(why) = failure {
            println!("{number} of {times} failed on {}: {why}", node.name);
            failures.push(number);
        } else if number % 20 == 0 {
            println!("{number} of {times}, {} failed", failures.len());
        }
    }
    lab.stop().await?;
    println!(
        "{times} runs of both flows: {} failed; p50 {:.2} s, p95 {:.2} s, longest {:.2} s",
        failures.len(),
        percentile(&spans, 50).as_secs_f64(),
        percentile(&spans, 95).as_secs_f64(),
        percentile(&spans, 100).as_secs_f64(),
    );
    Ok(failures.is_empty())
}
