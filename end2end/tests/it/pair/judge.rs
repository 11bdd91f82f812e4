//! What must hold after every disturbance: visitors noticed nothing, every node serves what it should and was proven,
//! each effect happened once, and nothing is left behind.

use super::Pair;
use crate::product::until;
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::DeploymentId,
    journal::{Event, Fact, Outcome},
    stage::Pass,
};
use end2end::lab::Lab;
use server::{guard::process, record::record};
use std::{collections::BTreeSet, fs, path::Path};

/// How things stood when the deployment was asked for.
pub struct Before {
    version: &'static str,
    nodes: Vec<usize>,
    switches: [usize; 3],
    starts: [usize; 3],
    orders: usize,
}

/// What a disturbance was survived with.
#[derive(Debug)]
pub struct Survived {
    /// Times the balancer was told something; two a node is the least.
    pub orders: usize,
    /// Of visitors, none of which failed.
    #[expect(dead_code, reason = "told with the figures")]
    pub requests: u64,
}

impl Before {
    pub fn now(lab: &Lab, version: &'static str, nodes: &str) -> Self {
        let index = |name: &str| lab.nodes.iter().position(|node| node.name == name).unwrap();
        let prober = lab.prober.as_ref().unwrap();
        // nothing that was lost between two deployments is forgotten
        let report = prober.report();
        assert_eq!(report.visitors.failed, 0, "{report:?}");
        prober.start_over();
        Self {
            version,
            nodes: nodes.split(',').map(index).collect(),
            switches: counts(lab, "revisions.log", " release "),
            starts: counts(lab, "shared/log/shop.log", "--- started "),
            orders: lab.apache.orders().len(),
        }
    }
}

/// Lines with `marker` in a file of each node.
fn counts(lab: &Lab, file: &str, marker: &str) -> [usize; 3] {
    [0, 1, 2].map(|node| {
        let path = lab.nodes[node].deploy_root.join(file);
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().filter(|line| line.contains(marker)).count()
    })
}

impl Pair {
    /// The deployment ended well in spite of everything.
    pub async fn survived(&self, deployment: DeploymentId, before: &Before) -> Survived {
        let events = self.journal.events(deployment).await;
        let story = || {
            let log = |name: &str| {
                let path = self.lab.folder.join(format!("{name}.log"));
                let text = fs::read_to_string(path).unwrap_or_default();
                let lines: Vec<_> = text.lines().collect();
                lines[lines.len().saturating_sub(25)..].join("\n")
            };
            format!(
                "{}\none:\n{}\ntwo:\n{}",
                told(&events),
                log("one"),
                log("two")
            )
        };
        let result = record(&events, None).unwrap();
        assert_eq!(result.state, DeploymentState::Succeeded, "{}", story());
        for node in &result.nodes {
            assert_eq!(
                (node.state, node.out),
                (NodeRunState::Rejoined, false),
                "{}",
                story()
            );
        }
        let report = self.lab.prober.as_ref().unwrap().report();
        assert!(report.visitors.requests > 50, "{report:?}");
        assert_eq!(report.visitors.failed, 0, "{report:?}\n{}", story());
        let switches = counts(&self.lab, "revisions.log", " release ");
        let starts = counts(&self.lab, "shared/log/shop.log", "--- started ");
        for node in 0..3 {
            let (release, in_rotation) = self.stands(node).await;
            assert!(in_rotation, "node {node} is out\n{}", story());
            let once = usize::from(before.nodes.contains(&node));
            if once == 1 {
                assert_eq!(release, before.version, "node {node}\n{}", story());
            }
            let switched = switches[node] - before.switches[node];
            assert_eq!(switched, once, "switches of node {node}\n{}", story());
            let started = starts[node] - before.starts[node];
            assert_eq!(started, once, "restarts of node {node}\n{}", story());
        }
        in_turn(&events, &story());
        self.nothing_is_left().await;
        let orders = self.lab.apache.orders().len() - before.orders;
        assert!(orders >= 2 * before.nodes.len(), "{orders} orders");
        Survived {
            orders,
            requests: report.visitors.requests,
        }
    }

    /// No command of a node, no browser.
    pub async fn nothing_is_left(&self) {
        until("no command runs on any node", async || {
            self.lab
                .nodes
                .iter()
                .all(|node| running(&node.deploy_root).is_empty())
        })
        .await;
        let groups = self.killed_browsers.iter();
        let groups: Vec<u32> = groups.copied().collect();
        until("no browser is left", async || {
            let alive = self.servers.iter().flatten();
            alive.flat_map(|server| browsers(server.pid())).count() == 0
                && groups
                    .iter()
                    .all(|group| process::members(*group).is_empty())
        })
        .await;
    }
}

/// Owners followed each other, none wrote after the next, and each attempt has one result.
fn in_turn(events: &[Event], story: &str) {
    let (mut epoch, mut results) = (0, BTreeSet::new());
    for event in events {
        assert!(event.epoch >= epoch, "epochs go back\n{story}");
        epoch = event.epoch;
        if let Fact::Finished { attempt, outcome } = &event.fact {
            let key = format!("{:?} {attempt:?}", event.node);
            assert!(results.insert(key), "two results of one attempt\n{story}");
            assert_ne!(attempt.pass, Pass::Undo, "{story}");
            if let Outcome::Failed { failure } = outcome {
                let class = failure.class;
                let ours = app::model::trouble::FailureClass::Ours;
                assert_eq!(class, ours, "{story}");
            }
        }
    }
}

/// The journal in lines, for who has to understand a failure.
pub fn told(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        if matches!(&event.fact, Fact::Planned { .. } | Fact::Noted { .. }) {
            continue;
        }
        let words = serde_json::to_string(&event.fact).unwrap();
        let node = event.node.map(|node| node.to_string()).unwrap_or_default();
        text += &format!(
            "{} e{} {} {} {words}\n",
            event.seq, event.epoch, event.at.0, node
        );
    }
    text
}

/// Processes that the wrapper of the node below `root` started.
fn running(root: &Path) -> Vec<u32> {
    let name = root.to_string_lossy().into_owned();
    let ours = |pid: &u32| {
        let read = |what: &str| fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
        let has = |text: &[u8], part: &str| text.windows(part.len()).any(|w| w == part.as_bytes());
        let is_below =
            || fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(root));
        let command = has(&read("environ"), "PITLANE_RUN=") && is_below();
        let line = read("cmdline");
        command || (has(&line, "\0lead\0") && has(&line, &name))
    };
    pids().filter(ours).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The process groups of browsers that `server` started.
pub fn browsers(server: u32) -> Vec<u32> {
    let is_driver = |pid: &u32| {
        let read = |what: &str| fs::read_to_string(format!("/proc/{pid}/{what}"));
        let parent = read("stat").ok().and_then(|stat| {
            let (_, rest) = stat.rsplit_once(')')?;
            rest.split_whitespace().nth(1)?.parse::<u32>().ok()
        });
        parent == Some(server) && read("cmdline").is_ok_and(|line| line.contains("chromedriver"))
    };
    pids().filter(is_driver).collect()
}
