//! Wait until open work is zero, or the limit.
//!
//! - Before: the node is read back as isolated.
//! - Changes: nothing; it only reads.
//! - Twice is safe: reading is.
//! - If it fails: by policy the node waits on, is forced, or is put back.
//! - A person: may force it, or abort.

use app::model::deployment::{AtDrainLimit, Policy};
use std::time::Duration;

/// Reads with no open work that count as drained; one zero may be luck.
pub const IDLE_READS: u32 = 3;

/// Between two reads.
pub const READ_EVERY: Duration = Duration::from_millis(100);

/// After a balancer forgot its counters its zero proves nothing; requests of before are given this long.
pub const DISTRUST: Duration = Duration::from_secs(10);

/// The drain's hard total; a policy that waits on gets a day.
pub fn limit(policy: &Policy) -> Duration {
    match policy.at_drain_limit {
        AtDrainLimit::Wait => Duration::from_secs(86_400),
        AtDrainLimit::Force | AtDrainLimit::PutBack => {
            policy.drain_limit() + Duration::from_secs(15)
        }
    }
}

/// What the reads so far amount to.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    idle: u32,
    incarnations: Option<Vec<String>>,
    distrust_until: Duration,
}

/// All balancers of the node at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Open requests in all balancers together; `None` where one cannot count or be read.
    pub open: Option<u32>,
    pub incarnations: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Waiting,
    Drained {
        idle_reads: u32,
    },
    /// The limit is reached with requests open, or with nothing to tell; one that looks idle is read on.
    AtLimit(AtDrainLimit),
}

impl Drain {
    /// Takes one more reading in, `elapsed` after the drain began.
    pub fn judge(&mut self, reading: &Reading, elapsed: Duration, policy: &Policy) -> Verdict {
        if self
            .incarnations
            .as_ref()
            .is_some_and(|known| *known != reading.incarnations)
        {
            self.distrust_until = elapsed + DISTRUST;
        }
        self.incarnations = Some(reading.incarnations.clone());
        self.idle = match reading.open {
            Some(0) if elapsed >= self.distrust_until => self.idle + 1,
            Some(_) | None => 0,
        };
        if self.idle >= IDLE_READS {
            Verdict::Drained {
                idle_reads: self.idle,
            }
        } else if elapsed >= policy.drain_limit() && self.idle == 0 {
            Verdict::AtLimit(policy.at_drain_limit)
        } else {
            Verdict::Waiting
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::deployment::OnFailure;

    fn policy(at: AtDrainLimit) -> Policy {
        Policy {
            batch: 1,
            floor: 1,
            drain_limit_ms: 60_000,
            at_drain_limit: at,
            isolation_limit_ms: 600_000,
            on_failure: OnFailure::UndoNode,
            hold_limit_ms: 1_800_000,
            soak_ms: 0,
            rehearse: false,
            rehearse_every_ms: 0,
            stages: Vec::new(),
        }
    }

    fn read(open: Option<u32>) -> Reading {
        Reading {
            open,
            incarnations: vec!["a".into()],
        }
    }

    #[test]
    fn is_drained_after_three_idle_reads_in_a_row() {
        let mut drain = Drain::default();
        let policy = policy(AtDrainLimit::PutBack);
        let mut judge = |open| drain.judge(&read(open), Duration::from_secs(1), &policy);
        for open in [Some(0), Some(0), Some(1), Some(0), None, Some(0), Some(0)] {
            assert_eq!(judge(open), Verdict::Waiting);
        }
        assert_eq!(judge(Some(0)), Verdict::Drained { idle_reads: 3 });
    }

    #[test]
    fn at_the_limit_the_policy_decides() {
        for at in [
            AtDrainLimit::Wait,
            AtDrainLimit::Force,
            AtDrainLimit::PutBack,
        ] {
            let verdict =
                Drain::default().judge(&read(Some(2)), Duration::from_secs(60), &policy(at));
            assert_eq!(verdict, Verdict::AtLimit(at));
        }
    }

    #[test]
    fn beyond_the_limit_a_successor_still_reads_whether_it_is_idle() {
        let mut drain = Drain::default();
        let policy = policy(AtDrainLimit::PutBack);
        let late = Duration::from_secs(90);
        let mut judge = |open| drain.judge(&read(open), late, &policy);
        assert_eq!(judge(Some(0)), Verdict::Waiting);
        assert_eq!(judge(Some(0)), Verdict::Waiting);
        assert_eq!(judge(Some(0)), Verdict::Drained { idle_reads: 3 });
        assert_eq!(judge(Some(1)), Verdict::AtLimit(AtDrainLimit::PutBack));
    }

    #[test]
    fn distrusts_zero_after_the_balancer_forgot_its_counters() {
        let mut drain = Drain::default();
        let policy = policy(AtDrainLimit::PutBack);
        drain.judge(&read(Some(2)), Duration::from_secs(1), &policy);
        let reloaded = Reading {
            open: Some(0),
            incarnations: vec!["b".into()],
        };
        for second in 2..12 {
            assert_eq!(
                drain.judge(&reloaded, Duration::from_secs(second), &policy),
                Verdict::Waiting
            );
        }
        for second in [12, 13] {
            assert_eq!(
                drain.judge(&reloaded, Duration::from_secs(second), &policy),
                Verdict::Waiting
            );
        }
        assert_eq!(
            drain.judge(&reloaded, Duration::from_secs(14), &policy),
            Verdict::Drained { idle_reads: 3 }
        );
    }
}
