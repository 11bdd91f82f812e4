//! The order in which a page's state is put into a row of fields.

use super::{
    Live, LiveNode, Mishap, News, Repair, Segment, Told,
    outline::{Flow, Outline, Suite},
};
use crate::model::{
    command::Command,
    deployment::DeploymentState,
    environment::Admission,
    journal::VisitorReport,
    mark::Mark,
    smoke::{StepReport, StepVerdict},
    stage::{Pass, Stage, Work},
    trouble::{Failure, FailureClass, Trouble},
    view::{LogChunk, Outlook, VerbLine, Verbs},
    wire::{Reader, Wire, Writer, choices, fields},
};

fields!(News { after, live });

fields!(Live {
    plan,
    state,
    why,
    started_at,
    ended_at,
    last_seq,
    last_at,
    nodes,
    reasserted,
    visitors,
    owner,
    told,
    trouble,
});

fields!(Outline {
    deployment,
    number,
    environment,
    application,
    version,
    asked_by,
    undoes,
    others,
    floor,
    watched,
    suite,
});

fields!(Suite { public_url, flows });
fields!(Flow { name, title, steps });

fields!(LiveNode {
    id,
    name,
    app_url,
    before,
    target,
    again,
    changed,
    put,
    segments,
    out_since,
    was_out,
    isolated_at,
    open_work,
    probed,
    fingerprint,
    answered_by,
    words,
    steps,
    smoked,
    failure,
    alarm,
    skip,
    run_from,
});

fields!(Segment {
    pass,
    work,
    number,
    start,
    end,
    passed,
});

fields!(Repair {
    at,
    node,
    balancer,
    found,
    words,
});

fields!(Mishap {
    at,
    node,
    pass,
    work,
    failure,
});

fields!(Failure {
    class,
    trouble,
    proxy_log,
});

fields!(Trouble {
    what,
    stands,
    remedy,
    detail,
});

fields!(LogChunk {
    id,
    node,
    work,
    at,
    text,
});

fields!(Verbs {
    turn,
    key,
    outlook,
    verbs,
});

fields!(Outlook { next, who, until });

fields!(Told {
    seq,
    at,
    mark,
    words,
});

choices!(Mark {
    Self::Serve => 0 = Self::Serve,
    Self::Drain => 1 = Self::Drain,
    Self::Out => 2 = Self::Out,
    Self::Work => 3 = Self::Work,
    Self::Smoke => 4 = Self::Smoke,
    Self::Fail => 5 = Self::Fail,
    Self::Undo => 6 = Self::Undo,
    Self::Halt => 7 = Self::Halt,
    Self::Done => 8 = Self::Done,
    Self::Wait => 9 = Self::Wait,
    Self::Unknown => 10 = Self::Unknown,
});

fields!(VerbLine {
    command,
    node,
    refused,
});

choices!(DeploymentState {
    Self::Queued => 0 = Self::Queued,
    Self::Preparing => 1 = Self::Preparing,
    Self::Rolling => 2 = Self::Rolling,
    Self::Held => 3 = Self::Held,
    Self::Undoing => 4 = Self::Undoing,
    Self::Aborting => 5 = Self::Aborting,
    Self::Halted => 6 = Self::Halted,
    Self::Succeeded => 7 = Self::Succeeded,
    Self::Undone => 8 = Self::Undone,
    Self::Aborted => 9 = Self::Aborted,
});

choices!(Admission {
    Self::InService => 0 = Self::InService,
    Self::Isolated => 1 = Self::Isolated,
    Self::Failing => 2 = Self::Failing,
    Self::Unknown => 3 = Self::Unknown,
});

impl Wire for Command {
    fn put(&self, out: &mut Writer) {
        out.text(self.word());
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Self::from_word(&from.text()?)
    }
}

choices!(Pass {
    Self::Forward => 0 = Self::Forward,
    Self::Undo => 1 = Self::Undo,
    Self::Rehearsal => 2 = Self::Rehearsal,
});

choices!(Work {
    Self::Prepare => 0 = Self::Prepare,
    Self::Stage(Stage::Isolate) => 1 = Self::Stage(Stage::Isolate),
    Self::Stage(Stage::Drain) => 2 = Self::Stage(Stage::Drain),
    Self::Stage(Stage::Deploy) => 3 = Self::Stage(Stage::Deploy),
    Self::Stage(Stage::Check) => 4 = Self::Stage(Stage::Check),
    Self::Stage(Stage::Smoke) => 5 = Self::Stage(Stage::Smoke),
    Self::Stage(Stage::Rejoin) => 6 = Self::Stage(Stage::Rejoin),
    Self::Soak => 7 = Self::Soak,
});

choices!(FailureClass {
    Self::Ours => 0 = Self::Ours,
    Self::Release => 1 = Self::Release,
    Self::Unsure => 2 = Self::Unsure,
});

impl Wire for StepVerdict {
    fn put(&self, out: &mut Writer) {
        let (number, why) = match self {
            Self::Passed => (0, ""),
            Self::Failed(why) => (1, why.as_str()),
            Self::Broken(why) => (2, why.as_str()),
        };
        out.number(number);
        out.text(why);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let (number, why) = (from.number()?, from.text()?);
        Some(match number {
            0 => Self::Passed,
            1 => Self::Failed(why),
            2 => Self::Broken(why),
            _ => return None,
        })
    }
}

/// What a film strip shows; the rest is on the picture's own page.
impl Wire for StepReport {
    fn put(&self, out: &mut Writer) {
        self.flow.put(out);
        self.flow_title.put(out);
        self.step.put(out);
        self.of.put(out);
        self.words.put(out);
        self.started_at.put(out);
        self.took_ms.put(out);
        self.verdict.put(out);
        self.picture.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let mut report = Self::begun(
            Wire::take(from)?,
            Wire::take(from)?,
            (Wire::take(from)?, Wire::take(from)?),
            Wire::take(from)?,
            Wire::take(from)?,
        );
        report.took_ms = Wire::take(from)?;
        report.verdict = Wire::take(from)?;
        report.picture = Wire::take(from)?;
        Some(report)
    }
}

/// Milliseconds to the tenth.
impl Wire for VisitorReport {
    fn put(&self, out: &mut Writer) {
        self.requests.put(out);
        self.failed.put(out);
        self.longest_gap_ms.put(out);
        out.number((self.p50_ms * 10.0).round() as i64);
        out.number((self.p99_ms * 10.0).round() as i64);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            requests: Wire::take(from)?,
            failed: Wire::take(from)?,
            longest_gap_ms: Wire::take(from)?,
            p50_ms: from.number()? as f64 / 10.0,
            p99_ms: from.number()? as f64 / 10.0,
        })
    }
}
