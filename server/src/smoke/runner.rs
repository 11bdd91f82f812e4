//! Flow by flow, step by step, to a proof or a failure.
//!
//! Runs on a session that was started before and is closed by the caller. Every step is reported as it ends, the one
//! that failed too. Nothing is repeated here: whether a second attempt on a fresh browser makes sense is the engine's
//! decision, for a flow that writes may have written.

use super::{
    BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Values, Variables,
    judge::{Verdict, judge, warnings},
    secrets::Secrets,
    suite,
};
use crate::{
    clock::Clock,
    objects::{ObjectError, Objects},
};
use app::model::{
    deployment::PlannedSuite,
    ids::RunId,
    journal::Proof,
    name::Name,
    smoke::{ConsoleLine, FailedRequest, Flow, ScriptErrors, Step, StepReport, StepVerdict},
    time::Timestamp,
    trouble::{Failure, Trouble},
};
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};
use tokio_util::bytes::Bytes;

/// What is to be tested, until when.
#[derive(Debug, Clone)]
pub struct SmokeOrder {
    pub node: Name,
    /// Which every answer must come from: the session's [`super::Target::node`].
    pub address: SocketAddr,
    /// Marks what flows write.
    pub run: RunId,
    pub deadline: Timestamp,
}

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub objects: &'a Objects,
    pub secrets: &'a Secrets,
    pub clock: &'a dyn Clock,
}

/// Walks through the suite. `note` gets the report of each step when it has ended; its pictures are stored by then.
///
/// Fails as *release* when the page is not what a flow expects, as *unsure* when another node answered, as *ours* when
/// browser, driver or object store failed, a secret is missing or the deadline passed.
pub async fn run(
    session: &mut dyn BrowserSession,
    planned: &PlannedSuite,
    order: &SmokeOrder,
    means: Means<'_>,
    note: impl Fn(StepReport) + Send + Sync,
) -> Result<Proof, Failure> {
    for name in suite::secrets(&planned.suite) {
        if means.secrets.get(name).is_none() {
            return Err(Failure::ours(
                Trouble::new(format!(
                    "The smoke suite needs the secret `{name}`, which this server does not have."
                ))
                .remedy("Add it to the secrets file named in the server's configuration."),
            ));
        }
    }
    let mut run = Run {
        session,
        order,
        means,
        scripts: planned.suite.script_errors,
        variables: Variables::new(),
        answered_by: BTreeSet::new(),
        steps: 0,
    };
    for flow in &planned.suite.flows {
        run.flow(flow, &note).await?;
    }
    if run.answered_by.is_empty() {
        return Err(Failure::unsure(Trouble::new(format!(
            "No answer in the smoke test of {} carried an address, so nothing shows which node was tested.",
            order.node
        ))));
    }
    let proxy_log = match run.session.proxy_log() {
        None => None,
        Some(log) => Some(run.store(log.into()).await.map_err(|error| {
            Failure::ours(
                Trouble::new(format!(
                    "The log that proves which node the smoke test of {} saw could not be stored.",
                    order.node
                ))
                .detail(error.to_string()),
            )
        })?),
    };
    Ok(Proof::Smoked {
        suite: Some(planned.revision),
        flows: count(planned.suite.flows.len()),
        steps: run.steps,
        proxy_log,
        answered_by: run.answered_by.into_iter().collect(),
    })
}

struct Run<'a> {
    session: &'a mut dyn BrowserSession,
    order: &'a SmokeOrder,
    means: Means<'a>,
    scripts: ScriptErrors,
    variables: Variables,
    answered_by: BTreeSet<String>,
    steps: u32,
}

impl Run<'_> {
    async fn flow(
        &mut self,
        flow: &Flow,
        note: &(impl Fn(StepReport) + Send + Sync),
    ) -> Result<(), Failure> {
        self.session
            .begin_flow()
            .await
            .map_err(|trouble| self.broken(flow, "at its beginning", &trouble))?;
        for (index, step) in flow.steps.iter().enumerate() {
            let now = self.means.clock.now();
            let left = self.order.deadline.since(now);
            if left.is_zero() {
                return Err(Failure::ours(Trouble::new(format!(
                    "The smoke test of {} did not end in time; it had come to step {} of {}.",
                    self.order.node,
                    index + 1,
                    flow.title
                ))));
            }
            let place = format!("at step {} ({})", index + 1, step.words());
            let mut report = blank(flow, index, step, now);
            let own = step.limit_ms.unwrap_or(flow.step_limit_ms);
            let limit = left.min(Duration::from_millis(own));
            let result = self
                .step(flow, index, limit, &mut report)
                .await
                .unwrap_or_else(|trouble| {
                    report.verdict = StepVerdict::Broken(self.masked(&trouble.what));
                    Err(self.broken(flow, &place, &trouble))
                });
            report.took_ms = millis(self.means.clock.now().since(now));
            note(report);
            result?;
            self.steps += 1;
        }
        Ok(())
    }

    /// `Err` for trouble of ours, `Ok(Err)` for a step that failed.
    async fn step(
        &mut self,
        flow: &Flow,
        index: usize,
        limit: Duration,
        report: &mut StepReport,
    ) -> Result<Result<(), Failure>, BrowserTrouble> {
        let step = &flow.steps[index];
        let values = Values {
            run: self.order.run,
            secrets: self.means.secrets,
            variables: &self.variables,
        };
        let seen = self.session.step(step, values, limit).await?;
        let next = flow.steps.get(index + 1);
        let verdict = judge(step, next, &seen, self.order.address, self.scripts);
        self.answered_by.extend(seen.answered_by.iter().cloned());
        self.fill(report, seen);
        // a release's failure is a fact by now; no trouble with its picture may hide it
        let picture = self.picture().await;
        let (why, make): (_, fn(Trouble) -> Failure) = match verdict {
            Verdict::Passed => {
                report.picture = picture?;
                return Ok(Ok(()));
            }
            Verdict::Release(why) => (self.masked(&why), Failure::release),
            Verdict::WrongNode(why) => (why, Failure::unsure),
        };
        report.picture = picture.unwrap_or_default();
        let evidence = self.session.evidence().await;
        self.keep(evidence, report).await;
        report.verdict = StepVerdict::Failed(why.clone());
        let place = format!("at step {} ({})", index + 1, step.words());
        let mut trouble = Trouble::new(format!(
            "{} failed on {} {place}: {why}.",
            flow.title, self.order.node
        ));
        if !report.url.is_empty() {
            trouble = trouble.detail(format!("The browser was at {}.", report.url));
        }
        Ok(Err(make(trouble)))
    }

    async fn picture(&mut self) -> Result<Option<String>, BrowserTrouble> {
        match self.session.picture().await? {
            Some(bytes) => self.store(bytes).await.map(Some).map_err(unstored),
            None => Ok(None),
        }
    }

    /// Keeps what can be kept: the step has failed already, and not because of this.
    async fn keep(&mut self, evidence: PageEvidence, report: &mut StepReport) {
        if let Some(bytes) = evidence.full_page {
            report.full_page = self.store(bytes).await.ok();
        }
        if let Some(archive) = evidence.archive {
            report.archive = self.store(self.masked(&archive).into()).await.ok();
        }
        if let Some(source) = evidence.source {
            report.source = self.store(self.masked(&source).into()).await.ok();
        }
    }

    async fn store(&mut self, bytes: Bytes) -> Result<String, ObjectError> {
        self.means.objects.put(bytes).await
    }

    fn fill(&self, report: &mut StepReport, seen: StepSeen) {
        let warned = warnings(&seen, self.scripts);
        report.warnings = warned.iter().map(|words| self.masked(words)).collect();
        report.url = self.masked(&seen.url);
        report.status = seen.status;
        report.element = seen.element;
        report.masked = seen.masked;
        report.found_by = seen.found_by;
        report.tries = seen.tries.max(1);
        report.waited_ms = millis(seen.waited);
        report.settled_ms = millis(seen.settled);
        report.dialogs = seen.dialogs.iter().map(|said| self.masked(said)).collect();
        report.console = seen
            .console
            .into_iter()
            .map(|line| ConsoleLine {
                text: self.masked(&line.text),
                ..line
            })
            .collect();
        report.failed_requests = seen
            .failed_requests
            .into_iter()
            .map(|request| FailedRequest {
                url: self.masked(&request.url),
                ..request
            })
            .collect();
        report.answered_by = seen.answered_by;
    }

    fn broken(&self, flow: &Flow, place: &str, trouble: &BrowserTrouble) -> Failure {
        let mut words = Trouble::new(format!(
            "The browser that tested {} failed in {} {place}: {}.",
            self.order.node,
            flow.title,
            self.masked(&trouble.what)
        ));
        if let Some(detail) = &trouble.detail {
            words = words.detail(self.masked(detail));
        }
        Failure::ours(words)
    }

    fn masked(&self, text: &str) -> String {
        self.means.secrets.mask(text)
    }
}

fn blank(flow: &Flow, index: usize, step: &Step, now: Timestamp) -> StepReport {
    StepReport::begun(
        flow.name.clone(),
        flow.title.clone(),
        (count(index + 1), count(flow.steps.len())),
        step.words(),
        now,
    )
}

fn unstored(error: ObjectError) -> BrowserTrouble {
    BrowserTrouble::new("its picture could not be stored").because(error)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
