//! Time as bars: one scale for all lanes, segments in percent of it, dashed ghosts for what is planned.

use super::{Live, LiveNode, Segment};
use crate::model::{
    deployment::DeploymentState,
    mark::Mark,
    stage::{Pass, Work},
    time::{Timestamp, spoken},
};
use std::{fmt, time::Duration};

/// All lanes of one deployment at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Lanes {
    /// Labels at 0, 20, .. 100 %.
    pub ticks: Vec<String>,
    pub lanes: Vec<Lane>,
    /// Where now is; `None` once it is over.
    pub now: Option<Percent>,
}

/// A part of the scale, in hundredths of a percent: fractions would cost the browser what prints fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Percent(pub u32);

impl Percent {
    pub const ALL: Self = Self(10_000);
}

/// `12.50%`
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: String,
    pub words: String,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Start and width in percent of the scale.
    pub x: Percent,
    pub w: Percent,
    pub look: Look,
    pub label: String,
    /// The same in full, for hover and for those who cannot see it.
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    Prepare,
    /// Colour of its stage; hatched in the undo pass.
    Stage(Mark, Pass),
    Failed,
    /// Ended by nobody's fault, before it could pass or fail.
    Stopped,
    /// Watched after it rejoined.
    Soak,
    Ghost,
}

impl Live {
    pub fn lanes(&self, now: Timestamp, usual: Option<Duration>) -> Lanes {
        let end = self.ended_at.unwrap_or(now);
        let moving = matches!(
            self.state,
            DeploymentState::Preparing | DeploymentState::Rolling
        );
        let left = if moving { self.left(now, usual) } else { None };
        let needed = end.since(self.started_at) + left.unwrap_or_default();
        let scale = Scale::over(self.started_at, needed);
        let mut lanes = vec![self.prepare_lane(&scale, now)];
        let mut from = now;
        for node in &self.nodes {
            let ghost = left
                .and(self.each(usual))
                .filter(|_| !node.is_done())
                .map(|each| {
                    let rest = match node.segments.iter().find(|s| s.touches()) {
                        Some(first) => each.saturating_sub(now.since(first.start)),
                        None => each,
                    };
                    let at = from;
                    from = from + rest;
                    scale.ghost(at, rest, !node.is_touched())
                });
            lanes.push(self.node_lane(node, &scale, now, ghost));
        }
        Lanes {
            ticks: scale.ticks(),
            lanes,
            now: (!self.is_over()).then(|| scale.percent(now)),
        }
    }

    fn prepare_lane(&self, scale: &Scale, now: Timestamp) -> Lane {
        let all: Vec<_> = self
            .nodes
            .iter()
            .flat_map(|node| node.segments.iter().filter(|s| s.work == Work::Prepare))
            .collect();
        let start = all.iter().map(|s| s.start).min();
        let end = all.iter().map(|s| s.end.unwrap_or(now)).max();
        let failed = all.iter().any(|s| s.passed == Some(false));
        let bars = start.zip(end).map(|(start, end)| Bar {
            look: if failed { Look::Failed } else { Look::Prepare },
            ..scale.bar(start, end, "prepare")
        });
        let ready = all.iter().filter(|s| s.passed == Some(true)).count();
        let rehearsals: Vec<_> = self
            .nodes
            .iter()
            .flat_map(|node| node.segments.iter().filter(|s| s.pass == Pass::Rehearsal))
            .collect();
        let tried = |end| rehearsals.last().is_some_and(|s| s.passed == end);
        Lane {
            name: "all nodes".to_owned(),
            words: match (ready, self.nodes.len()) {
                (0, _) if all.is_empty() => "not prepared".to_owned(),
                (ready, of) if ready < of => format!("{ready} of {of} prepared"),
                _ if tried(None) && !self.is_over() => "rehearsal".to_owned(),
                _ if tried(Some(false)) => "rehearsal failed".to_owned(),
                _ if tried(Some(true)) => "prepared, rehearsed".to_owned(),
                _ => "prepared".to_owned(),
            },
            bars: bars
                .into_iter()
                .chain(rehearsals.iter().map(|s| scale.segment(s, now)))
                .collect(),
        }
    }

    fn node_lane(
        &self,
        node: &LiveNode,
        scale: &Scale,
        now: Timestamp,
        ghost: Option<Bar>,
    ) -> Lane {
        let stages = node.segments.iter().filter(|s| s.touches());
        Lane {
            name: node.name.to_string(),
            words: match (
                node.at_work().filter(|s| s.touches()),
                node.is_done(),
                node.is_put_back(),
            ) {
                (Some(segment), ..) if !self.is_over() && segment.work == Work::Soak => {
                    format!("{}, watched", node.target)
                }
                (Some(segment), ..) if !self.is_over() => match segment.pass {
                    Pass::Forward | Pass::Rehearsal => segment.work.word().to_owned(),
                    Pass::Undo => format!("undo: {}", segment.work),
                },
                (_, true, _) => format!("{}, proven", node.target),
                _ if node.is_skipped() => "skipped".to_owned(),
                (_, _, true) => "put back, proven".to_owned(),
                _ if node.is_out() => "out".to_owned(),
                _ if node.is_touched() => "stopped".to_owned(),
                _ if self.is_over() => "not touched".to_owned(),
                _ => "waiting".to_owned(),
            },
            bars: stages.map(|s| scale.segment(s, now)).chain(ghost).collect(),
        }
    }
}

/// From the start, in steps that a person likes to read, so that it seldom changes.
struct Scale {
    start: Timestamp,
    span: Duration,
}

impl Scale {
    fn over(start: Timestamp, needed: Duration) -> Self {
        const NICE: [u64; 19] = [
            5, 10, 15, 20, 25, 30, 40, 50, 60, 90, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200,
            14_400,
        ];
        let seconds = needed.as_secs() + u64::from(needed.subsec_nanos() > 0);
        let span = NICE
            .into_iter()
            .find(|nice| *nice >= seconds)
            .unwrap_or_else(|| seconds.div_ceil(18_000) * 18_000);
        Self {
            start,
            span: Duration::from_secs(span),
        }
    }

    fn ticks(&self) -> Vec<String> {
        (0..=5u32)
            .map(|i| match (self.span * i / 5).as_secs() {
                s if self.span.as_secs() <= 120 => format!("{s} s"),
                s if s.is_multiple_of(60) => format!("{} min", s / 60),
                s => format!("{}:{:02}", s / 60, s % 60),
            })
            .collect()
    }

    fn percent(&self, at: Timestamp) -> Percent {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let (part, whole) = (ms(at.since(self.start)), ms(self.span));
        let part = (part.saturating_mul(u64::from(Percent::ALL.0)) + whole / 2) / whole;
        Percent(u32::try_from(part).unwrap_or(u32::MAX)).min(Percent::ALL)
    }

    fn bar(&self, start: Timestamp, end: Timestamp, label: &str) -> Bar {
        let x = self.percent(start);
        Bar {
            x,
            w: Percent(self.percent(end).0.saturating_sub(x.0)),
            look: Look::Prepare,
            label: label.to_owned(),
            title: format!("{label}, {}", spoken(end.since(start))),
        }
    }

    fn segment(&self, segment: &Segment, now: Timestamp) -> Bar {
        let word = match segment.work {
            Work::Soak => "watched",
            _ if segment.pass == Pass::Rehearsal => "rehearsal",
            work => work.word(),
        };
        let look = match (segment.work, segment.passed) {
            (_, Some(false)) => Look::Failed,
            (_, None) if segment.end.is_some() => Look::Stopped,
            (Work::Soak, _) => Look::Soak,
            (Work::Stage(stage), _) => Look::Stage(stage.into(), segment.pass),
            (Work::Prepare, _) => Look::Prepare,
        };
        let bar = self.bar(segment.start, segment.end.unwrap_or(now), word);
        let undo = if segment.pass == Pass::Undo {
            "undo: "
        } else {
            ""
        };
        let end = match segment.passed {
            Some(false) => ", failed",
            Some(true) => "",
            None if segment.end.is_some() => ", stopped",
            None => ", running",
        };
        Bar {
            title: format!("{undo}{}{end}", bar.title),
            look,
            ..bar
        }
    }

    fn ghost(&self, at: Timestamp, rest: Duration, named: bool) -> Bar {
        let bar = self.bar(at, at + rest, "planned");
        Bar {
            look: Look::Ghost,
            label: if named {
                format!(
                    "planned, {}",
                    spoken(Duration::from_secs(rest.as_secs().max(1)))
                )
            } else {
                String::new()
            },
            ..bar
        }
    }
}
