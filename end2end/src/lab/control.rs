//! Proof that the prober notices. The same node is taken away at an instant with open work, once without asking the
//! balancer, once isolated but not drained: both must lose requests. Isolated and drained it must lose none.

use super::{Lab, manager::Manager, node::wait_until_well, prober::tally::Report};
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use std::time::Duration;

/// How a node is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Killed while the balancer sends it visitors.
    Unasked,
    /// Out of rotation, but killed with open work.
    Undrained,
    /// Out of rotation, killed when idle.
    Drained,
}

/// What the visitors felt.
#[derive(Debug, Serialize)]
pub struct Felt {
    pub way: Way,
    #[serde(flatten)]
    pub report: Report,
}

/// All three ways on the lab's first node, which is well and in rotation afterwards.
pub async fn run(lab: &Lab) -> anyhow::Result<Vec<Felt>> {
    let mut all = Vec::new();
    for way in [Way::Drained, Way::Undrained, Way::Unasked] {
        let report = take_away(lab, way)
            .await
            .with_context(|| format!("the control {way:?} failed"))?;
        all.push(Felt { way, report });
    }
    Ok(all)
}

/// Takes the first node away and brings it back, three times or until somebody was lost.
async fn take_away(lab: &Lab, way: Way) -> anyhow::Result<Report> {
    let prober = lab.prober.as_ref().context("this lab has no prober")?;
    let manager = Manager::new(&lab.apache.manager_url, "web")?;
    prober.start_over();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        once(lab, &manager, way).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if prober.report().visitors.failed > 0 {
            break;
        }
    }
    Ok(prober.report())
}

async fn once(lab: &Lab, manager: &Manager, way: Way) -> anyhow::Result<()> {
    let node = &lab.nodes[0];
    let name = node.app_url();
    let pid = tokio::task::block_in_place(|| node.app_pid())?;
    match way {
        Way::Drained => {
            manager.set_out(&name, true).await?;
            manager.drained(&name, Duration::from_secs(10)).await?;
        }
        Way::Undrained | Way::Unasked => busy_moment(manager, &name, way).await?,
    }
    kill(pid)?;
    // by hand, or the supervisor would take the third kill in a row for a release that cannot live
    tokio::task::block_in_place(|| node.svc("restart"))?;
    wait_until_well(&format!("{name}/health"), Duration::from_secs(20)).await?;
    match way {
        Way::Unasked => manager.forgive(&name, Duration::from_secs(20)).await,
        Way::Undrained | Way::Drained => manager.set_out(&name, false).await,
    }
}

/// Returns at an instant at which a visitor with a long wish is on the node, which is out of rotation or not.
async fn busy_moment(manager: &Manager, name: &str, way: Way) -> anyhow::Result<()> {
    for _ in 0..100 {
        if way == Way::Undrained {
            manager.set_out(name, true).await?;
            // quick ones are through by then
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        if manager.worker(name).await?.busy > 0 {
            return Ok(());
        }
        if way == Way::Undrained {
            manager.set_out(name, false).await?;
        }
        tokio::time::sleep(Duration::from_millis(73)).await;
    }
    bail!("no moment with open work was found")
}

fn kill(pid: u32) -> anyhow::Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("no process id")?;
    Ok(kill_process(pid, Signal::KILL)?)
}
