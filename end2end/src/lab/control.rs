//! Proof that the prober notices. The same node is taken away at an instant with open work, once without asking the
//! balancer, once isolated but not drained: both must lose requests. Isolated and drained it must lose none.

use super::{Lab, manager::Manager, node::wait_until_well, prober::tally::Report};
use anyhow::{Context, ensure};
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

/// Takes the first node away once and brings it back.
pub async fn take_away(lab: &Lab, way: Way) -> anyhow::Result<Report> {
    let prober = lab.prober.as_ref().context("this lab has no prober")?;
    let node = &lab.nodes[0];
    let name = node.app_url();
    let manager = Manager::new(&lab.apache.manager_url, "web")?;
    prober.start_over();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut taken = false;
    for _ in 0..50 {
        let pid = tokio::task::block_in_place(|| node.app_pid())?;
        if way != Way::Unasked {
            manager.set_out(&name, true).await?;
        }
        match way {
            Way::Drained => manager.drained(&name, Duration::from_secs(10)).await?,
            Way::Unasked | Way::Undrained => {
                if manager.worker(&name).await?.busy == 0 {
                    // no visitor is there to be lost; wait for a better moment
                    if way == Way::Undrained {
                        manager.set_out(&name, false).await?;
                    }
                    tokio::time::sleep(Duration::from_millis(73)).await;
                    continue;
                }
            }
        }
        kill(pid)?;
        taken = true;
        break;
    }
    ensure!(taken, "no moment with open work was found");

    wait_until_well(&format!("{name}/health"), Duration::from_secs(20)).await?;
    match way {
        Way::Unasked => manager.forgive(&name, Duration::from_secs(20)).await?,
        Way::Undrained | Way::Drained => manager.set_out(&name, false).await?,
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(prober.report())
}

fn kill(pid: u32) -> anyhow::Result<()> {
    let pid = Pid::from_raw(i32::try_from(pid)?).context("no process id")?;
    Ok(kill_process(pid, Signal::KILL)?)
}
