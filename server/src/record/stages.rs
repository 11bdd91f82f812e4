//! Attempts and their evidence, from events.

use app::model::{
    ids::*,
    journal::{Event, Fact, Note, Outcome, Proof},
    name::Name,
    smoke::{StepReport, StepVerdict},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::{FailureClass, Trouble},
};
use serde::{Deserialize, Serialize};

/// One attempt at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    pub stage: Work,
    pub pass: Pass,
    /// Counts from 1.
    pub attempt: u32,
    /// RFC 3339.
    pub started_at: String,
    pub ended_at: Option<String>,
    pub seconds: Option<f64>,
    pub outcome: StageResult,
    /// Why it failed.
    pub class: Option<FailureClass>,
    pub error: Option<Trouble>,
    /// What was read back when it passed.
    pub proof: Option<Proof>,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageResult {
    Passed,
    Failed,
    /// Ended before it could pass or fail, by nobody's fault.
    Stopped,
    /// Without a result: it runs, or whoever ran it was lost.
    Open,
}

/// What one browser step left behind; files by their SHA-256.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub flow: Name,
    pub step: u32,
    pub words: String,
    #[serde(flatten)]
    pub verdict: StepVerdict,
    pub seconds: f64,
    pub url: String,
    pub status: Option<u16>,
    pub picture: Option<String>,
    pub full_page: Option<String>,
    pub source: Option<String>,
    pub answered_by: Vec<String>,
}

/// All attempts at one node, in their order.
pub fn of_node(node: NodeId, events: &[Event]) -> Vec<StageRecord> {
    let mut records: Vec<(Attempt, Timestamp, StageRecord)> = Vec::new();
    for event in events.iter().filter(|event| event.node == Some(node)) {
        match &event.fact {
            Fact::Started { attempt, .. } => {
                records.push((*attempt, event.at, begun(*attempt, event.at)));
            }
            Fact::Noted {
                attempt,
                note: Note::Step { report },
            } => {
                if let Some((_, _, record)) = latest(&mut records, *attempt) {
                    record.evidence.push(evidence(report));
                }
            }
            Fact::Finished { attempt, outcome } => {
                if let Some((_, started, record)) = latest(&mut records, *attempt) {
                    finish(record, *started, event.at, outcome);
                }
            }
            Fact::Planned { .. }
            | Fact::Claimed { .. }
            | Fact::Observed { .. }
            | Fact::Reconciled { .. }
            | Fact::Behind { .. }
            | Fact::Adopted { .. }
            | Fact::Requeued {}
            | Fact::Newer { .. }
            | Fact::Alarmed { .. }
            | Fact::Became { .. }
            | Fact::Noted { .. }
            | Fact::Pictured { .. }
            | Fact::Reviewed { .. }
            | Fact::Reasserted { .. }
            | Fact::Visited { .. }
            | Fact::Commanded { .. } => {}
        }
    }
    records.into_iter().map(|(_, _, record)| record).collect()
}

type Begun = (Attempt, Timestamp, StageRecord);

fn latest(records: &mut [Begun], attempt: Attempt) -> Option<&mut Begun> {
    records.iter_mut().rev().find(|(key, _, _)| *key == attempt)
}

fn begun(attempt: Attempt, at: Timestamp) -> StageRecord {
    StageRecord {
        stage: attempt.work,
        pass: attempt.pass,
        attempt: attempt.number,
        started_at: at.rfc3339(),
        ended_at: None,
        seconds: None,
        outcome: StageResult::Open,
        class: None,
        error: None,
        proof: None,
        evidence: Vec::new(),
    }
}

fn finish(record: &mut StageRecord, started: Timestamp, at: Timestamp, outcome: &Outcome) {
    record.ended_at = Some(at.rfc3339());
    record.seconds = Some(seconds(started, at));
    match outcome {
        Outcome::Passed { proof } => {
            record.outcome = StageResult::Passed;
            record.proof = Some(proof.clone());
        }
        Outcome::Stopped { why } => {
            record.outcome = StageResult::Stopped;
            record.error = Some(Trouble::new(why));
        }
        Outcome::Failed { failure } => {
            record.outcome = StageResult::Failed;
            record.class = Some(failure.class);
            record.error = Some(failure.trouble.clone());
        }
    }
}

fn evidence(report: &StepReport) -> Evidence {
    Evidence {
        flow: report.flow.clone(),
        step: report.step,
        words: report.words.clone(),
        verdict: report.verdict.clone(),
        seconds: rounded(report.took().as_secs_f64()),
        url: report.url.clone(),
        status: report.status,
        picture: report.picture.clone(),
        full_page: report.full_page.clone(),
        source: report.source.clone(),
        answered_by: report.answered_by.clone(),
    }
}

/// From the first order to isolate to the last proof of its return; `None`: not both happened.
pub fn isolated_seconds(node: NodeId, events: &[Event]) -> Option<f64> {
    let of_node = |event: &&Event| event.node == Some(node);
    let isolate = Work::Stage(Stage::Isolate);
    let rejoin = Work::Stage(Stage::Rejoin);
    let out = events.iter().filter(of_node).find(
        |event| matches!(&event.fact, Fact::Started { attempt, .. } if attempt.work == isolate),
    )?;
    let back = events.iter().filter(of_node).rev().find(|event| {
        matches!(&event.fact, Fact::Finished { attempt, outcome: Outcome::Passed { .. } } if attempt.work == rejoin)
    })?;
    Some(seconds(out.at, back.at))
}

/// With milliseconds.
pub fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    rounded(to.since(from).as_secs_f64())
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
