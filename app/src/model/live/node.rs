//! One node as the journal tells it.

/// A node in sign and words.
mod said;

use super::outline::Suite;
use crate::model::{
    deployment::{NodeRunState, Plan, PlannedNode},
    ids::NodeId,
    journal::{Note, Outcome, Proof},
    name::Name,
    smoke::StepReport,
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::Failure,
};
use std::time::Duration;

/// One attempt as a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub pass: Pass,
    pub work: Work,
    pub number: u32,
    pub start: Timestamp,
    /// `None`: still at it.
    pub end: Option<Timestamp>,
    pub passed: Option<bool>,
}

impl Segment {
    /// Neither preparing nor a rehearsal: something was done to the node.
    pub fn touches(&self) -> bool {
        self.work != Work::Prepare && self.pass != Pass::Rehearsal
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct LiveNode {
    pub id: NodeId,
    pub name: Name,
    pub app_url: String,
    /// What it ran before, if anybody knows.
    pub before: Option<Name>,
    pub target: Name,
    /// What proves it when it is put back, where that is not the suite of the plan.
    pub again: Option<Suite>,
    /// The last event that was about it.
    pub changed: u64,
    /// The release last put on it by this deployment: the new one, or the old one again.
    pub put: Option<Pass>,
    pub segments: Vec<Segment>,
    /// Out of rotation since.
    pub out_since: Option<Timestamp>,
    /// Time out of rotation that is over.
    pub was_out: Duration,
    pub isolated_at: Option<Timestamp>,
    pub open_work: Option<u32>,
    /// Good probes, of how many, and the last answer.
    pub probed: Option<(u32, u32, String)>,
    /// The release the node itself named.
    pub fingerprint: Option<String>,
    pub answered_by: Vec<String>,
    /// The latest words of the stage at work.
    pub words: Option<String>,
    /// In the order they ran; a repeated step replaces the earlier attempt's.
    pub steps: Vec<(Pass, StepReport)>,
    /// Flows and steps the smoke stage of each pass proved.
    pub smoked: Vec<(Pass, u32, u32)>,
    pub failure: Option<(Pass, Work, Failure)>,
    /// It has been out for longer than its pool allows: the sentence.
    pub alarm: Option<String>,
    /// Somebody asked to leave it out.
    pub skip: bool,
    /// Where in `segments` its present run begins: it was put back and is rolled again.
    pub run_from: usize,
}

impl LiveNode {
    pub(super) fn planned(planned: &PlannedNode, plan: &Plan) -> Self {
        let before = planned.before.as_ref();
        Self {
            id: planned.node.id,
            name: planned.node.name.clone(),
            app_url: planned.node.app_url.clone(),
            before: before.and_then(|b| b.version.clone()),
            target: plan.release.version.clone(),
            again: before
                .and_then(|b| b.suite.as_ref())
                .filter(|suite| Some(*suite) != plan.suite.as_ref())
                .map(|planned| (&planned.suite).into()),
            changed: 1,
            put: None,
            segments: Vec::new(),
            out_since: None,
            was_out: Duration::ZERO,
            isolated_at: None,
            open_work: None,
            probed: None,
            fingerprint: None,
            answered_by: Vec::new(),
            words: None,
            steps: Vec::new(),
            smoked: Vec::new(),
            failure: None,
            alarm: None,
            skip: false,
            run_from: 0,
        }
    }

    /// From the start again.
    pub(super) fn requeued(&mut self) {
        self.run_from = self.segments.len();
        (self.put, self.failure, self.alarm) = (None, None, None);
        self.smoked.clear();
        self.steps.clear();
    }

    /// Attempts of its present run.
    fn run(&self) -> &[Segment] {
        &self.segments[self.run_from..]
    }

    pub(super) fn started(&mut self, attempt: Attempt, at: Timestamp) {
        self.close(at);
        self.words = None;
        self.segments.push(Segment {
            pass: attempt.pass,
            work: attempt.work,
            number: attempt.number,
            start: at,
            end: None,
            passed: None,
        });
    }

    /// Ends what was left open, as after a server's death.
    pub(super) fn close(&mut self, at: Timestamp) {
        for segment in self.segments.iter_mut().filter(|s| s.end.is_none()) {
            segment.end = Some(at);
        }
    }

    pub(super) fn noted(&mut self, attempt: Attempt, note: &Note) {
        match note {
            Note::OpenWork { open } => self.open_work = Some(*open),
            Note::Probed { good, of, words } => self.probed = Some((*good, *of, words.clone())),
            Note::Words { words } => self.words = Some(words.clone()),
            Note::Step { report } => {
                // a flow that is run again leaves nothing of the time before
                let is_replaced = |(pass, old): &(Pass, StepReport)| {
                    *pass == attempt.pass
                        && old.flow == report.flow
                        && (old.step == report.step || old.attempt < report.attempt)
                };
                self.steps.retain(|old| !is_replaced(old));
                self.steps.push((attempt.pass, (**report).clone()));
            }
        }
    }

    pub(super) fn finished(
        &mut self,
        attempt: Attempt,
        outcome: &Outcome,
        at: Timestamp,
    ) -> Option<Failure> {
        let passed = matches!(outcome, Outcome::Passed { .. });
        if let Some(segment) =
            self.segments.iter_mut().rev().find(|s| {
                (s.pass, s.work, s.number) == (attempt.pass, attempt.work, attempt.number)
            })
        {
            segment.end = Some(at);
            segment.passed = match outcome {
                Outcome::Stopped { .. } => None,
                Outcome::Passed { .. } | Outcome::Failed { .. } => Some(passed),
            };
        }
        self.words = None;
        match outcome {
            Outcome::Failed { failure } => {
                self.failure = Some((attempt.pass, attempt.work, failure.clone()));
                Some(failure.clone())
            }
            Outcome::Stopped { why } => {
                self.words = Some(why.clone());
                None
            }
            Outcome::Passed { proof } => {
                self.proven(attempt.pass, proof, at);
                None
            }
        }
    }

    fn proven(&mut self, pass: Pass, proof: &Proof, at: Timestamp) {
        match proof {
            Proof::Prepared { .. } | Proof::Soaked { .. } => {}
            Proof::Isolated => {
                self.out_since.get_or_insert(at);
                self.isolated_at = Some(at);
            }
            Proof::Drained { .. } => self.open_work = Some(0),
            Proof::Deployed { .. } => {
                self.put = Some(pass);
                self.probed = None;
                self.fingerprint = None;
                self.answered_by.clear();
            }
            Proof::Checked { fingerprint, .. } => self.fingerprint.clone_from(fingerprint),
            Proof::Smoked {
                flows,
                steps,
                answered_by,
                ..
            } => {
                self.smoked.push((pass, *flows, *steps));
                if pass != Pass::Rehearsal {
                    self.answered_by.clone_from(answered_by);
                }
            }
            Proof::Rejoined { .. } => {
                self.alarm = None;
                if let Some(since) = self.out_since.take() {
                    self.was_out += at.since(since);
                }
            }
        }
    }

    pub fn at_work(&self) -> Option<&Segment> {
        self.segments.iter().rev().find(|s| s.end.is_none())
    }

    /// Whether anything but preparing was begun on it.
    pub fn is_touched(&self) -> bool {
        self.segments.iter().any(Segment::touches)
    }

    pub fn is_out(&self) -> bool {
        self.out_since.is_some()
    }

    fn passed(&self, pass: Pass, work: Work) -> bool {
        // what was prepared stays prepared
        let of = if work == Work::Prepare {
            &self.segments
        } else {
            self.run()
        };
        of.iter()
            .any(|s| s.pass == pass && s.work == work && s.passed == Some(true))
    }

    /// In service on the new release, proven.
    pub fn is_done(&self) -> bool {
        self.passed(Pass::Forward, Work::Stage(Stage::Rejoin)) && self.put == Some(Pass::Forward)
    }

    /// In service again on what it ran before.
    pub fn is_put_back(&self) -> bool {
        self.passed(Pass::Undo, Work::Stage(Stage::Rejoin))
    }

    /// Seconds it was not in rotation, so far.
    pub fn out_for(&self, now: Timestamp) -> Duration {
        self.was_out
            + self
                .out_since
                .map_or(Duration::ZERO, |since| now.since(since))
    }

    /// The step the browser is at: the one after the last report.
    pub fn step_at(&self) -> Option<(Pass, &StepReport)> {
        self.steps.last().map(|(pass, report)| (*pass, report))
    }

    /// In service on what it ran before, because somebody asked for it.
    pub fn is_skipped(&self) -> bool {
        self.skip && !self.is_out() && !self.is_done()
    }

    pub fn run_state(&self) -> NodeRunState {
        if self.is_skipped() {
            return NodeRunState::Skipped;
        }
        if self.is_put_back() {
            return NodeRunState::Undone;
        }
        if self.run().iter().any(|s| s.pass == Pass::Undo) {
            return NodeRunState::Undoing;
        }
        let reached = [
            (Stage::Rejoin, NodeRunState::Rejoined),
            (Stage::Smoke, NodeRunState::Smoked),
            (Stage::Check, NodeRunState::Checked),
            (Stage::Deploy, NodeRunState::Deployed),
            (Stage::Drain, NodeRunState::Drained),
            (Stage::Isolate, NodeRunState::Isolated),
        ];
        reached
            .into_iter()
            .find(|(stage, _)| self.passed(Pass::Forward, Work::Stage(*stage)))
            .map_or(NodeRunState::Pending, |(_, state)| state)
    }
}
