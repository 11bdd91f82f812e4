//! What is kept of a step, without any secret.

use super::Run;
use crate::{
    objects::ObjectError,
    smoke::{BrowserTrouble, PageEvidence, StepSeen, judge::warnings},
};
use app::model::{
    smoke::{ConsoleLine, FailedRequest, Flow, StepReport},
    trouble::{Failure, Trouble},
};
use std::time::Duration;
use tokio_util::bytes::Bytes;

impl Run<'_> {
    pub(super) async fn picture(&mut self) -> Result<Option<String>, BrowserTrouble> {
        match self.session.picture().await? {
            Some(bytes) => self.store(bytes).await.map(Some).map_err(unstored),
            None => Ok(None),
        }
    }

    /// Keeps what can be kept: the step has failed already, and not because of this.
    pub(super) async fn keep(&mut self, evidence: PageEvidence, report: &mut StepReport) {
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

    /// Part of the proof: a run that passed has none without it.
    pub(super) async fn keep_proxy_log(&mut self) -> Result<Option<String>, Failure> {
        let Some(log) = self.session.proxy_log() else {
            return Ok(None);
        };
        let stored = self.store(log.into()).await;
        stored.map(Some).map_err(|error| {
            let words = format!(
                "The log that shows which node the smoke test of {} saw could not be stored.",
                self.order.node
            );
            Failure::ours(Trouble::new(words).detail(error.to_string()))
        })
    }

    async fn store(&mut self, bytes: Bytes) -> Result<String, ObjectError> {
        self.means.objects.put(bytes).await
    }

    pub(super) fn fill(&self, report: &mut StepReport, seen: StepSeen) {
        report.warnings = self.all_masked(&warnings(&seen, self.scripts));
        report.url = self.masked(&seen.url);
        report.status = seen.status;
        report.element = seen.element;
        report.masked = seen.masked;
        report.found_by = seen.found_by;
        report.tries = seen.tries.max(1);
        report.waited_ms = millis(seen.waited);
        report.settled_ms = millis(seen.settled);
        report.dialogs = self.all_masked(&seen.dialogs);
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

    pub(super) fn broken(&self, flow: &Flow, place: &str, trouble: &BrowserTrouble) -> Failure {
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

    pub(super) fn masked(&self, text: &str) -> String {
        self.means.secrets.mask(text)
    }

    fn all_masked(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.masked(text)).collect()
    }
}

fn unstored(error: ObjectError) -> BrowserTrouble {
    BrowserTrouble::new("its picture could not be stored").because(error)
}

pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
