//! The few states a person has to tell apart, each drawn with icon, word and colour.

use super::{deployment::DeploymentState, environment::Admission, stage::Stage};

/// How something stands, as a drawn sign. The sign never stands alone: a word always follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    Serve,
    Drain,
    Out,
    Work,
    Smoke,
    Fail,
    Undo,
    Halt,
    Done,
    Wait,
    Unknown,
}

impl Mark {
    pub const ALL: [Self; 11] = [
        Self::Serve,
        Self::Drain,
        Self::Out,
        Self::Work,
        Self::Smoke,
        Self::Fail,
        Self::Undo,
        Self::Halt,
        Self::Done,
        Self::Wait,
        Self::Unknown,
    ];

    /// Its class in the style sheet and, behind `i-`, its icon.
    pub fn class(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Drain => "drain",
            Self::Out => "out",
            Self::Work => "work",
            Self::Smoke => "smoke",
            Self::Fail => "fail",
            Self::Undo => "undo",
            Self::Halt => "halt",
            Self::Done => "done",
            Self::Wait => "wait",
            Self::Unknown => "unknown",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Serve => "#i-serve",
            Self::Drain => "#i-drain",
            Self::Out => "#i-out",
            Self::Work => "#i-work",
            Self::Smoke => "#i-smoke",
            Self::Fail => "#i-fail",
            Self::Undo => "#i-undo",
            Self::Halt => "#i-halt",
            Self::Done => "#i-done",
            Self::Wait => "#i-wait",
            Self::Unknown => "#i-unknown",
        }
    }

    /// The tab icon for a page about something in this state.
    pub fn tab_icon(self) -> &'static str {
        match self {
            Self::Work | Self::Smoke | Self::Drain | Self::Wait | Self::Undo => "/favicon-work.svg",
            Self::Fail | Self::Halt => "/favicon-fail.svg",
            Self::Done | Self::Serve => "/favicon-done.svg",
            Self::Out | Self::Unknown => "/favicon.svg",
        }
    }
}

impl From<Stage> for Mark {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Isolate | Stage::Drain => Self::Drain,
            Stage::Deploy | Stage::Check => Self::Work,
            Stage::Smoke => Self::Smoke,
            Stage::Rejoin => Self::Serve,
        }
    }
}

impl From<DeploymentState> for Mark {
    fn from(state: DeploymentState) -> Self {
        match state {
            DeploymentState::Queued => Self::Wait,
            DeploymentState::Preparing | DeploymentState::Rolling => Self::Work,
            DeploymentState::Held => Self::Drain,
            DeploymentState::Undoing | DeploymentState::Aborting => Self::Undo,
            DeploymentState::Halted => Self::Halt,
            DeploymentState::Succeeded => Self::Done,
            DeploymentState::Undone => Self::Fail,
            DeploymentState::Aborted => Self::Out,
        }
    }
}

impl From<Admission> for Mark {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::InService => Self::Serve,
            Admission::Isolated => Self::Out,
            Admission::Failing => Self::Fail,
            Admission::Unknown => Self::Unknown,
        }
    }
}
