//! One roll without a person, in a lab of its own.

use super::{
    Lab, LabOptions,
    dashboard::Dashboard,
    demo::{free_listen, said},
};
use anyhow::Context;
use std::{
    path::Path,
    process::{ExitCode, Stdio},
};
use tokio::task::block_in_place;

/// Rolls `version` over a fresh lab. Standard output is that of `pitlane deploy`, so that its last line is the record;
/// so is the exit status. Everything of ours goes to standard error.
pub async fn run(version: &str, json: bool, site: Option<&Path>) -> anyhow::Result<ExitCode> {
    let lab = said("starting the lab", Lab::start(LabOptions::default())).await?;
    let dashboard = said(
        "starting the dashboard",
        Dashboard::start(&lab, free_listen()?, site),
    )
    .await?;
    let mut versions = vec!["1.0", version];
    versions.dedup();
    said(
        "registering lab and releases",
        dashboard.introduce(&lab, &versions),
    )
    .await?;
    if let Some(prober) = &lab.prober {
        prober.start_over();
    }
    let mut args = vec!["deploy", "production/shop", version, "--follow"];
    if json {
        args.push("--json");
    }
    let mut deploy = dashboard.command(&args);
    deploy.stdin(Stdio::null());
    let status = said(&format!("rolling {version}"), async {
        deploy
            .status()
            .await
            .context("could not run pitlane deploy")
    })
    .await?;
    block_in_place(|| dashboard.stop());
    if let Some(report) = lab.stop().await? {
        let felt = report.visitors;
        eprintln!(
            "visitors: {} requests, {} failed, longest gap {} ms",
            felt.requests, felt.failed, felt.longest_gap_ms
        );
        for words in report.failures {
            eprintln!("failed: {words}");
        }
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
