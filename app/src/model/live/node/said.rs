//! A node in sign and words.

use super::{LiveNode, Segment};
use crate::model::{
    live::words::capital,
    mark::Mark,
    smoke::{StepReport, StepVerdict},
    stage::{Pass, Stage, Work},
};

impl LiveNode {
    /// How it stands, in sign and words: `Smoke, step 3 of 5`.
    pub fn standing(&self, over: bool) -> (Mark, String) {
        if let Some(segment) = self.at_work().filter(|_| !over) {
            return self.working(segment);
        }
        if self.is_out() && self.alarm.is_some() {
            return (Mark::Halt, "Out for too long".to_owned());
        }
        if self.is_skipped() {
            return (Mark::Serve, "In service, skipped".to_owned());
        }
        if self.is_out() {
            return match &self.failure {
                Some((_, work, _)) => (Mark::Fail, format!("Out, {work} failed")),
                None => (Mark::Out, "Out of service".to_owned()),
            };
        }
        match (self.is_put_back(), &self.failure) {
            (true, _) => (Mark::Serve, "In service, put back".to_owned()),
            (false, Some((_, work, _))) if !self.is_done() => {
                let mark = if !self.is_touched() {
                    Mark::Serve
                } else {
                    Mark::Unknown
                };
                (mark, format!("{} failed", capital(work.word())))
            }
            (false, _) => (Mark::Serve, "In service".to_owned()),
        }
    }

    fn working(&self, segment: &Segment) -> (Mark, String) {
        let stage = match segment.work {
            Work::Stage(stage) => stage,
            Work::Prepare => return (Mark::Serve, "In service, preparing".to_owned()),
            Work::Soak => return (Mark::Serve, "In service, watched".to_owned()),
        };
        let detail = match stage {
            Stage::Drain => self.open_work.map(|open| format!("{open} open")),
            Stage::Check => self
                .probed
                .as_ref()
                .map(|(good, of, _)| format!("{good} of {of}")),
            Stage::Smoke => self
                .step_at()
                .filter(|(pass, _)| *pass == segment.pass)
                .map(|(_, r)| format!("step {} of {}", (r.step + 1).min(r.of), r.of)),
            Stage::Isolate | Stage::Deploy | Stage::Rejoin => None,
        };
        if segment.pass == Pass::Rehearsal {
            let words = detail.map_or_else(String::new, |detail| format!(", {detail}"));
            return (Mark::Serve, format!("In service, rehearsing{words}"));
        }
        let again = if segment.pass == Pass::Undo {
            "Undo: "
        } else {
            ""
        };
        let word = if again.is_empty() {
            capital(stage.word())
        } else {
            stage.word().to_owned()
        };
        let words = match detail {
            Some(detail) => format!("{again}{word}, {detail}"),
            None => format!("{again}{word}"),
        };
        let mark = if segment.pass == Pass::Undo {
            Mark::Undo
        } else {
            stage.into()
        };
        (mark, words)
    }

    /// What proves it well, in sign and words: `2 flows, 9 steps`.
    pub fn proof(&self, is_next: bool) -> (Mark, String) {
        if let Some((pass, report)) = self.step_at()
            && let StepVerdict::Failed(_) | StepVerdict::Broken(_) = report.verdict
            && !self.is_put_back()
            && (pass == Pass::Forward || self.is_out())
        {
            return (Mark::Fail, format!("failed at \"{}\"", report.flow_title));
        }
        let wanted = if self.is_put_back() {
            Pass::Undo
        } else {
            Pass::Forward
        };
        if let Some((pass, flows, steps)) = self.smoked.iter().rev().find(|(p, ..)| *p == wanted) {
            let again = if *pass == Pass::Undo { "again: " } else { "" };
            return (
                Mark::Done,
                match flows {
                    0 => format!("{again}check only, no suite"),
                    1 => format!("{again}1 flow, {steps} steps"),
                    _ if !again.is_empty() => format!("{again}{flows} flows"),
                    _ => format!("{flows} flows, {steps} steps"),
                },
            );
        }
        if self.is_skipped() {
            return (Mark::Wait, "skipped".to_owned());
        }
        if self.is_put_back() {
            return (Mark::Done, "again: check".to_owned());
        }
        if let Some((_, work, _)) = self.failure.as_ref().filter(|_| !self.is_done()) {
            return (Mark::Fail, format!("failed at {work}"));
        }
        let finished: Vec<_> = self.flows_passed(wanted);
        if !finished.is_empty() {
            return (Mark::Done, finished.join(", "));
        }
        if self.passed(Pass::Forward, Work::Stage(Stage::Check)) {
            return (Mark::Done, "check".to_owned());
        }
        match (self.passed(Pass::Forward, Work::Prepare), is_next) {
            (true, true) => (Mark::Wait, "prepared, next".to_owned()),
            (true, false) => (Mark::Wait, "prepared".to_owned()),
            (false, _) => (Mark::Wait, "not yet".to_owned()),
        }
    }

    fn flows_passed(&self, wanted: Pass) -> Vec<&str> {
        let complete = |(pass, r): &&(Pass, StepReport)| {
            *pass == wanted && r.step == r.of && r.verdict == StepVerdict::Passed
        };
        self.steps
            .iter()
            .filter(complete)
            .map(|(_, report)| report.flow_title.as_str())
            .collect()
    }
}
