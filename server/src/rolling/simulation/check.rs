use super::{
    database::{Row, TTL},
    plan::node_name,
    story::Scene,
};
use crate::rolling::fold::Job;
use app::model::{
    command::Command,
    deployment::{DeploymentState, NodeRunState},
    evidence::Verdict,
    journal::{Fact, Outcome},
    smoke::OnDifference,
    stage::{Pass, Stage, Work},
    trouble::FailureClass,
};
use std::collections::HashSet;

/// How long a node that somebody let in may stay so while an owner lives: the keeper's period, and the time to see.
const REPAIR: i64 = 3_000 + 2_000;

impl Scene {
    /// What must hold at every instant.
    pub fn check(&self) {
        for (pool, row) in self.database.rows.iter().enumerate() {
            let job = &row.job;
            let batch = job.plan.policy.batch as usize;
            let out = job.nodes.iter().filter(|run| run.out).count();
            assert!(out <= batch, "{out} nodes are out, the batch is {batch}");
            for run in &job.nodes {
                let real = &self.world.nodes[&run.node];
                let name = node_name(run.node);
                assert!(
                    real.in_rotation || real.operator_out || run.out || self.was_restored[pool],
                    "{name} is out and the journal does not know"
                );
                if real.in_rotation && !real.is_proven() && real.loose_since.is_none() {
                    // put back without a suite: by check alone, and the timeline says so
                    let by_check = real.current == "0"
                        && real.checked
                        && job
                            .planned(run)
                            .before
                            .as_ref()
                            .is_none_or(|b| b.suite.is_none());
                    assert!(by_check, "{name} is in rotation and unproven");
                }
                if let Some(since) = real.loose_since.filter(|_| !real.is_proven()) {
                    let bound = REPAIR + TTL + self.disturbed;
                    assert!(
                        self.now - since <= bound || !run.isolated,
                        "{name} was let in by somebody {} ms ago",
                        self.now - since
                    );
                }
            }
            if job.state.is_over() {
                assert!(!job.any_out(), "it is over with a node out");
                assert!(!job.any_open(), "it is over with work open");
            }
        }
    }

    /// What must hold of a whole story.
    pub fn check_story(&mut self) {
        let now = self.now;
        for node in self.world.nodes.values_mut() {
            node.advance(now);
        }
        for (pool, row) in self.database.rows.iter().enumerate() {
            order(row, self.was_restored[pool]);
            stops(row);
            held(row);
            reviewed(row);
            once(row);
            if !row.job.state.is_over() {
                continue;
            }
            for run in &row.job.nodes {
                let real = &self.world.nodes[&run.node];
                // preparing touches nothing and ends at its own limit; a switch never outlives its deployment
                let alive = real
                    .runs
                    .values()
                    .filter(|run| run.result.is_none() && run.switches_to.is_some());
                assert_eq!(alive.count(), 0, "a command outlived its deployment");
            }
            assert_eq!(row.owner, None, "an ended deployment has an owner");
        }
    }
}

/// Epochs only grow, and a node is switched only when every earlier batch is through.
fn order(row: &Row, restored: bool) {
    let (mut epoch, mut bad_suite) = (0, false);
    let mut job: Option<Job> = None;
    for event in &row.journal {
        if matches!(event.fact, Fact::Claimed { .. }) {
            assert!(event.epoch > epoch, "an epoch came twice");
            epoch = event.epoch;
        }
        if let Fact::Finished {
            attempt,
            outcome: Outcome::Failed { failure },
        } = &event.fact
        {
            bad_suite |= attempt.pass == Pass::Rehearsal && failure.class == FailureClass::Release;
        }
        if let (Some(job), Fact::Started { attempt, .. }, Some(node)) =
            (&job, &event.fact, event.node)
        {
            let touches = attempt.pass == Pass::Forward && matches!(attempt.work, Work::Stage(_));
            assert!(
                !touches || !bad_suite,
                "{} was touched although the suite fails in service",
                node_name(node)
            );
            let place = job
                .nodes
                .iter()
                .position(|run| run.node == node)
                .unwrap_or(0);
            let batch = job.plan.policy.batch as usize;
            let earlier = &job.nodes[..place / batch * batch];
            let through = earlier
                .iter()
                .all(|run| matches!(run.state, NodeRunState::Rejoined | NodeRunState::Skipped));
            assert!(
                !touches || through || restored,
                "{} was touched before an earlier batch was through",
                node_name(node)
            );
        }
        match &mut job {
            None => job = Job::begin(event).ok(),
            Some(job) => job.apply(event).expect("it folded before"),
        }
    }
}

/// After a stop nothing goes forward until a person says so.
fn stops(row: &Row) {
    let (mut stopped, mut decided) = (false, false);
    let mut done = HashSet::new();
    for event in &row.journal {
        match &event.fact {
            Fact::Finished {
                attempt,
                outcome: Outcome::Passed { .. },
            } if (attempt.pass, attempt.work) == (Pass::Forward, Work::Stage(Stage::Rejoin)) => {
                done.insert(event.node);
            }
            Fact::Became {
                state: DeploymentState::Rolling | DeploymentState::Preparing,
                ..
            } => {
                assert!(!stopped || decided, "it went on by itself after a stop");
                (stopped, decided) = (false, false);
            }
            Fact::Became { state, .. } => {
                stopped |= matches!(
                    state,
                    DeploymentState::Undoing | DeploymentState::Aborting | DeploymentState::Halted
                );
            }
            Fact::Commanded {
                command: Command::Retry | Command::Continue | Command::Skip,
                refused: None,
                ..
            } => decided = true,
            Fact::Started { attempt, .. } if attempt.pass == Pass::Forward => {
                // a node that is done may be let in again when its undo was aborted before it left
                let again =
                    attempt.work == Work::Stage(Stage::Rejoin) && done.contains(&event.node);
                assert!(
                    !stopped || again,
                    "{} went forward after the stop",
                    attempt.work
                );
            }
            _ => {}
        }
    }
}

/// Nothing begins while it is held.
fn held(row: &Row) {
    let mut held = false;
    for event in &row.journal {
        match &event.fact {
            Fact::Became { state, .. } => held = *state == DeploymentState::Held,
            Fact::Started { attempt, .. } => {
                assert!(!held, "{} began while it was held", attempt.work)
            }
            _ => {}
        }
    }
}

/// Where pictures are gated, none that differs serves unseen: not at all where that fails, and where the first node is
/// held, not before somebody accepted every one of them.
fn reviewed(row: &Row) {
    let suite = row.job.plan.suite.as_ref();
    let gate = suite.map(|suite| suite.suite.pictures.on_difference);
    let mut job: Option<Job> = None;
    let mut accepted = false;
    for event in &row.journal {
        if let (Some(job), Fact::Started { attempt, .. }) = (&job, &event.fact)
            && (attempt.pass, attempt.work) == (Pass::Forward, Work::Stage(Stage::Rejoin))
        {
            let run = event.node.and_then(|node| job.run(node)).expect("planned");
            let differs = run
                .pictured
                .iter()
                .any(|report| !report.differences.is_empty());
            let unseen = match gate {
                None | Some(OnDifference::Report) => false,
                Some(OnDifference::Fail) => differs,
                Some(OnDifference::HoldFirst) => {
                    let first = !job.nodes.iter().any(|node| node.through);
                    job.review.is_some() || (differs && first && !accepted)
                }
            };
            assert!(!unseen, "{} rejoined unseen", node_name(run.node));
        }
        match &mut job {
            None => job = Job::begin(event).ok(),
            Some(job) => {
                let waited = job.review.is_some();
                job.apply(event).expect("it folded before");
                let said = matches!(
                    event.fact,
                    Fact::Reviewed {
                        verdict: Verdict::Accepted,
                        ..
                    }
                );
                accepted |= waited && said && job.review.is_none();
            }
        }
    }
}

/// One intent and at most one result per attempt, and a rejoin only after its proofs.
fn once(row: &Row) {
    let (mut started, mut ended) = (HashSet::new(), HashSet::new());
    for event in &row.journal {
        match &event.fact {
            Fact::Started { attempt, .. } => {
                assert!(
                    started.insert((event.node, *attempt)),
                    "an attempt began twice"
                );
            }
            Fact::Finished { attempt, .. } => {
                assert!(
                    started.contains(&(event.node, *attempt)),
                    "a result without an intent"
                );
                assert!(ended.insert((event.node, *attempt)), "a second result");
            }
            _ => {}
        }
    }
}
