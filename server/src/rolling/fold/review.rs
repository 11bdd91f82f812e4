//! Pure: pictures that differ, and what people say of them.

use super::{Impossible, Job, NodeRun};
use app::model::{
    deployment::{DeploymentState, OnFailure},
    evidence::{Gate, Looked, Verdict},
    ids::*,
    journal::{Event, Fact},
    live::words::sentence,
    smoke::OnDifference,
    trouble::{Failure, Trouble},
};

/// The first node's pictures, which differ by more than they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub node: NodeId,
    pub differences: Vec<Looked>,
    /// The last review that was taken in.
    pub after: i64,
}

impl Review {
    /// Nobody accepted these yet.
    pub fn open(&self) -> usize {
        let open = |one: &&Looked| one.accepted_by.is_none();
        self.differences.iter().filter(open).count()
    }
}

impl Job {
    /// The first node that gets through its smoke test waits, where the suite says so, until somebody has looked at
    /// what differs; once a node serves the new release, differences are only reported.
    pub(super) fn may_wait_for_review(&mut self, of: impl Fn(&NodeRun) -> bool) {
        let pictures = self.plan.suite.as_ref().map(|suite| &suite.suite.pictures);
        let holds =
            pictures.is_some_and(|pictures| pictures.on_difference == OnDifference::HoldFirst);
        if !holds || self.review.is_some() || self.nodes.iter().any(|node| node.through) {
            return;
        }
        let differs = |run: &NodeRun| {
            let report = run.pictured.as_ref().filter(|_| of(run))?;
            let differences = report.differences.iter().cloned().map(Looked::from);
            (!report.differences.is_empty()).then(|| Review {
                node: run.node,
                differences: differences.collect(),
                after: report.after,
            })
        };
        self.review = self.nodes.iter().find_map(differs);
    }

    /// Accepted, it counts for every picture that is the same; rejected, the release has failed on this node.
    pub(super) fn reviewed(&mut self, event: &Event) -> Result<(), Impossible> {
        let Fact::Reviewed {
            review: id,
            flow,
            step,
            new,
            verdict,
            by,
            reason,
        } = &event.fact
        else {
            return Ok(());
        };
        let impossible = |why: &str| Impossible {
            seq: event.seq,
            why: why.into(),
        };
        let version = self.plan.release.version.clone();
        let stands_still = self.stands_still();
        let Some(review) = self
            .review
            .as_mut()
            .filter(|review| Some(review.node) == event.node && review.after < *id)
        else {
            return Err(impossible("speaks of a picture that nobody waits for"));
        };
        review.after = *id;
        let spoken_of = |one: &&mut Looked| {
            let at = &one.noticed.at_step;
            (&at.flow, at.step, &one.noticed.new) == (flow, *step, new)
        };
        let mut words = String::new();
        for one in review.differences.iter_mut().filter(spoken_of) {
            one.accepted_by = Some(by.clone());
            words.clone_from(&one.noticed.words);
        }
        match verdict {
            Verdict::Accepted => {
                if review
                    .differences
                    .iter()
                    .any(|one| one.accepted_by.is_none())
                {
                    return Ok(());
                }
                self.review = None;
                self.looked_at = true;
                if self.state == DeploymentState::Held {
                    self.accepted = true;
                    self.goes_on();
                }
            }
            Verdict::Rejected => {
                self.review = None;
                self.unreconciled |= stands_still;
                let planned = event.node.and_then(|node| self.plan.node(node));
                let name = planned.map_or("the node", |planned| planned.node.name.as_str());
                let what = format!(
                    "{by} rejected how step {step} of {flow} (`{words}`) looks with {version} on {name}: {}",
                    sentence(reason)
                );
                self.run_mut(event)?
                    .rejected(Failure::release(Trouble::new(what)), event.at);
            }
        }
        Ok(())
    }

    /// The review that is waited for, as people read it.
    pub fn gate(&self) -> Option<Gate> {
        let review = self.review.as_ref()?;
        let planned = self.plan.node(review.node)?;
        Some(Gate {
            node: planned.node.name.clone(),
            old: planned.before.as_ref().map(|before| match &before.version {
                Some(version) => version.clone(),
                None => before.release_dir.clone(),
            }),
            undone_if_rejected: planned.before.is_some()
                && self.plan.policy.on_failure != OnFailure::Leave,
            differences: review.differences.clone(),
            until: (self.state == DeploymentState::Held).then(|| self.held_until()),
        })
    }
}
