//! What people are asked for, and what they may ask.

use super::*;

impl Fake {
    pub(super) fn needs(&self) -> Vec<Need> {
        let (production, shop) = (name("production"), name("shop"));
        match self.scene {
            Scene::Busy => {
                let line = Box::new(DeploymentLine {
                    application: name("accounts-and-invoices-of-the-whole-company"),
                    ..self.line(44)
                });
                let words = "red has been out of service for 10 min, the limit of production/shop. shop serves with \
                    one node fewer meanwhile. Retry the stage, skip the node, or abort to put it back."
                    .into();
                let gate = self.gate(46).expect("#46 waits");
                let review = Need::Review {
                    line: Box::new(self.line(46)),
                    words: gate.words(),
                };
                vec![Need::Alarm { line, words }, review]
            }
            Scene::Drift => vec![
                Need::Drift {
                    environment: production.clone(),
                    application: shop.clone(),
                    nodes: NODES.map(name).to_vec(),
                    words: "4 differences on red, blue, green.".into(),
                },
                Need::Unadopted {
                    environment: name("staging"),
                    application: shop,
                    nodes: vec![name("stage-1"), name("stage-2")],
                },
            ],
            Scene::Empty | Scene::Quiet => Vec::new(),
        }
    }

    /// By the engine's own rule, from what the page shows.
    pub(super) fn all_verbs(&self, actor: &Actor, events: &[Event]) -> Verbs {
        let live = Live::from_events(events);
        let allowed = actor.role >= app::model::access::Role::Deployer;
        let nodes = live.nodes.iter().map(|node| NodeSituation {
            node: node.id,
            name: node.name.clone(),
            state: node.run_state(),
            out: node.is_out(),
            busy: node.at_work().map(|segment| segment.work),
            forced: false,
            cannot_go_back: false,
        });
        let situation = Situation {
            state: live.state,
            turn: 1,
            hold: None,
            abort: None,
            can_retry: live.trouble.is_some(),
            review: live
                .plan
                .as_ref()
                .and_then(|plan| self.gate(plan.number))
                .map(|gate| gate.open()),
            nodes: nodes.collect(),
        };
        let refused = |command, node| match allowed {
            true => possible(&situation, command, node).err(),
            false => Some("this needs the role deployer".into()),
        };
        let mut verbs = Vec::new();
        for command in Command::ALL {
            if !command.needs_node() {
                verbs.push(VerbLine {
                    command,
                    node: None,
                    refused: refused(command, None),
                });
                continue;
            }
            for node in &live.nodes {
                if refused(command, Some(node.id)).is_none() {
                    verbs.push(VerbLine {
                        command,
                        node: Some(node.name.clone()),
                        refused: None,
                    });
                }
            }
        }
        Verbs {
            turn: 1,
            key: "k".into(),
            outlook: match live.plan.as_ref().and_then(|plan| self.gate(plan.number)) {
                Some(gate) => Outlook {
                    next: gate.words(),
                    who: "a person".into(),
                    until: gate.until,
                },
                None => outlook(&live),
            },
            verbs,
        }
    }
}

fn outlook(live: &Live) -> Outlook {
    let (who, next) = match live.state {
        DeploymentState::Held => (
            "a person",
            "blue is out of service and watched. At 14:32 UTC, after 30 min, it is put back and the deployment halts, unless somebody resumes it.",
        ),
        DeploymentState::Halted => (
            "a person",
            "blue is out of service and watched. Somebody retries the stage, skips the node, or aborts.",
        ),
        state if state.is_over() => ("nobody", ""),
        _ => (
            "Pitlane",
            "When the nodes at hand have rejoined, the next ones leave service.",
        ),
    };
    let held = live.state == DeploymentState::Held;
    Outlook {
        next: next.into(),
        who: who.into(),
        until: held.then(|| live.started_at + Duration::from_secs(1_815)),
    }
}
