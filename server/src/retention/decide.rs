//! Which deployments' evidence is kept, and what becomes of a blob. Pure.

use crate::{config::EvidenceConfig, objects::Found, store::retention::Past};
use app::model::{
    ids::{DeploymentId, PoolId},
    time::Timestamp,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// What becomes of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Keep,
    SetAside,
    /// It is aside, and stays there for now.
    Wait,
    /// It is aside, and nobody wrote down since when.
    NoteAside,
    BringBack,
    Remove,
}

/// Those whose evidence stays whole: what has not ended, what ended within the days, the last so many of each pool, and
/// the last that succeeded there: its pictures are what the next one is held against.
pub fn kept(past: &[Past], rule: &EvidenceConfig, now: Timestamp) -> HashSet<DeploymentId> {
    let since = now.before(Duration::from_secs(u64::from(rule.keep_days) * 86_400));
    let mut pools: HashMap<PoolId, Vec<&Past>> = HashMap::new();
    for one in past {
        pools.entry(one.pool).or_default().push(one);
    }
    let mut kept = HashSet::new();
    for mut pool in pools.into_values() {
        pool.sort_unstable_by_key(|one| std::cmp::Reverse(one.number));
        let last = pool.iter().take(rule.keep_deployments as usize);
        let young = pool
            .iter()
            .filter(|one| one.ended_at.is_none_or(|at| at >= since));
        let good = pool.iter().find(|one| one.succeeded);
        kept.extend(last.chain(young).chain(good).map(|one| one.id));
    }
    kept
}

/// `named`: somebody who is kept names it. `aside_at`: since when it is set aside, as far as that was written down.
/// `young` is the moment since when a blob is too young to judge, and has not been aside for long enough.
pub fn fate(
    found: &Found,
    named: bool,
    aside_at: Option<DateTime<Utc>>,
    young: DateTime<Utc>,
) -> Fate {
    match (found.aside, named) {
        (false, true) => Fate::Keep,
        (false, false) if found.written_at >= young => Fate::Keep,
        (false, false) => Fate::SetAside,
        (true, true) => Fate::BringBack,
        (true, false) => match aside_at {
            None => Fate::NoteAside,
            Some(at) if at >= young => Fate::Wait,
            Some(_) => Fate::Remove,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn rule(keep_days: u32, keep_deployments: u32) -> EvidenceConfig {
        EvidenceConfig {
            keep_days,
            keep_deployments,
            ..EvidenceConfig::for_testing()
        }
    }

    /// Numbers of one pool's deployments that are kept on day 100; `(number, succeeded, day it ended)`.
    fn numbers(past: &[(u32, bool, Option<i64>)], rule: &EvidenceConfig) -> Vec<u32> {
        let pool = PoolId::generate();
        let past: Vec<Past> = past
            .iter()
            .map(|&(number, succeeded, day)| Past {
                id: DeploymentId::generate(),
                pool,
                number,
                succeeded,
                ended_at: day.map(|day| Timestamp(day * DAY)),
            })
            .collect();
        let kept = kept(&past, rule, Timestamp(100 * DAY));
        let mut numbers: Vec<u32> = past
            .iter()
            .filter(|one| kept.contains(&one.id))
            .map(|one| one.number)
            .collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn the_days_and_the_count_each_keep_and_so_do_the_last_good_and_what_runs() {
        let past = [
            (1, true, Some(1)),
            (2, true, Some(2)),
            (3, false, Some(3)),
            (4, false, Some(4)),
            (5, false, None),
        ];
        assert_eq!(
            numbers(&past, &rule(1, 1)),
            [2, 5],
            "the last good, and what runs"
        );
        assert_eq!(numbers(&past, &rule(1, 3)), [2, 3, 4, 5], "the last three");
        assert_eq!(
            numbers(&past, &rule(97, 1)),
            [2, 3, 4, 5],
            "ended within the days"
        );
        assert_eq!(numbers(&past, &rule(99, 1)), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(&past[..1], &rule(1, 1)), [1]);
        assert_eq!(numbers(&[], &rule(1, 1)), [0; 0]);
    }

    #[test]
    fn each_pool_counts_for_itself() {
        let one = |pool, number| Past {
            id: DeploymentId::generate(),
            pool,
            number,
            succeeded: false,
            ended_at: Some(Timestamp(0)),
        };
        let (a, b) = (PoolId::generate(), PoolId::generate());
        let past = [one(a, 1), one(a, 2), one(b, 1)];
        let kept = kept(&past, &rule(1, 1), Timestamp(100 * DAY));
        assert_eq!(kept, HashSet::from([past[1].id, past[2].id]));
    }

    #[test]
    fn nothing_is_removed_that_was_not_aside_for_long_enough() {
        let day = |day: i64| DateTime::from_timestamp_millis(day * DAY).unwrap();
        let found = |aside, written| Found {
            sha: String::new(),
            size: 1,
            written_at: day(written),
            aside,
        };
        let young = day(9);
        for (aside, written, named, aside_at, expected) in [
            (false, 1, true, None, Fate::Keep),
            (false, 1, false, None, Fate::SetAside),
            (false, 9, false, None, Fate::Keep),
            // aside once, and written again since
            (false, 9, false, Some(1), Fate::Keep),
            (true, 1, true, Some(1), Fate::BringBack),
            (true, 1, true, None, Fate::BringBack),
            (true, 1, false, None, Fate::NoteAside),
            (true, 1, false, Some(9), Fate::Wait),
            (true, 1, false, Some(8), Fate::Remove),
        ] {
            let fate = fate(&found(aside, written), named, aside_at.map(day), young);
            assert_eq!(fate, expected, "{aside} {written} {named} {aside_at:?}");
        }
    }
}
