use super::{
    ours::Ours,
    percentile,
    site::{self, PASSWORD},
};
use anyhow::{Context, bail};
use server::smoke::{secrets::Secrets, webdriver::BrowserSettings};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::Command;

/// Of the cold runner's time; see the product's own budget in `docs/speed.md`.
const BUDGET: f64 = 0.6;
const COLD_LIMIT: Duration = Duration::from_secs(120);

const SUITE: &str = r#"public_url = "http://shop.example.test"
[[flow]]
name = "reference"
title = "Reference"
step_limit = "30 s"
steps = [
  { open = "/" },
  { fill = "Name", with = "ann" },
  { fill = "Password", secret = "password" },
  { click = "Sign in" },
  { click = "New order" },
  { choose = "Product", option = "Blue mug" },
  { click = "Place order" },
  { click = "Logout" },
]
"#;

/// Prints each pair of runs, the medians and their ratio; `false`: over the budget.
pub async fn run(runs: u32, modules: &Path) -> anyhow::Result<bool> {
    let site = site::start().await?;
    let secrets = Secrets::new([("password".to_owned(), PASSWORD.to_owned())].into())?;
    let ours = Ours::new(SUITE, secrets)?;
    let app_url = format!("http://{}", site.address);
    let rules = format!("MAP shop.example.test:80 {}", site.address);
    // both sides once without a figure: files in the cache, pages of the programs in memory
    let mut figures = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let (cold, pictures) = playwright(modules, &rules).await?;
        let (mut session, target) = ours.warm(&app_url).await?;
        let verdict = ours.run(&mut *session, &target).await;
        session.close().await;
        if let Some(failure) = verdict.failure {
            bail!("our run failed: {failure}");
        }
        if run > 0 {
            println!(
                "{run}: ours {:.2} s with {} pictures, cold Playwright {:.2} s with {pictures}",
                verdict.took.as_secs_f64(),
                verdict.pictures,
                cold.as_secs_f64()
            );
            figures.0.push(verdict.took);
            figures.1.push(cold);
        }
    }
    let (ours, cold) = (percentile(&figures.0, 50), percentile(&figures.1, 50));
    let ratio = ours.as_secs_f64() / cold.as_secs_f64();
    println!(
        "from \"node is switched\" to the verdict, median of {runs}: ours {:.2} s, cold Playwright {:.2} s, ratio {ratio:.2}, budget {BUDGET}",
        ours.as_secs_f64(),
        cold.as_secs_f64()
    );
    if ratio > BUDGET {
        eprintln!(
            "error: the smoke test takes {ratio:.2} of a cold runner's time, over its budget of {BUDGET}"
        );
    }
    Ok(ratio <= BUDGET)
}

/// How long it took, and how many pictures it made.
async fn playwright(modules: &Path, rules: &str) -> anyhow::Result<(Duration, String)> {
    let begun = Instant::now();
    let flow = Command::new("node")
        .arg("-e")
        .arg(include_str!("flow.js"))
        .arg("--")
        .arg(BrowserSettings::default().browser)
        .args(["http://shop.example.test/", rules, PASSWORD])
        .env("NODE_PATH", modules)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(COLD_LIMIT, flow)
        .await
        .context("Playwright did not end")?
        .context("node could not be started")?;
    let took = begun.elapsed();
    if !output.status.success() {
        bail!(
            "Playwright failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let pictures = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((took, pictures))
}
