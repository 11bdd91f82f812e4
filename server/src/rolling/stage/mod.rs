//! Pure parts of the six stages, in order. Each file answers five questions: what must be true before, what changes
//! outside, why running it twice is safe, where the node stands if it fails, and what a person can then do.

use app::model::{
    deployment::Plan,
    stage::{Stage, Work},
};
use std::time::Duration;

/// Have the balancer send this node no new request.
pub mod isolate;

/// Wait until open work is zero, or the limit.
pub mod drain;

/// Switch the node to a release and have it restarted.
pub mod deploy;

/// Probe the node itself until it answers well several times in a row.
pub mod check;

/// Run the smoke suite at the node's own address, keep the evidence.
pub mod smoke;

/// What follows from its pictures.
pub mod gate;

/// Return it to service and read back that it is.
pub mod rejoin;

/// The hard total of one attempt; journalled as its deadline, so that a takeover does not begin it anew.
pub fn limit(plan: &Plan, work: Work) -> Duration {
    if let Some(ms) = plan.policy.rule(work).and_then(|rule| rule.limit_ms) {
        return Duration::from_millis(ms);
    }
    let command = Duration::from_millis(plan.recipe.command_limit_ms);
    match work {
        Work::Prepare => Duration::from_secs(600),
        Work::Stage(Stage::Isolate | Stage::Rejoin) => Duration::from_secs(30),
        Work::Stage(Stage::Drain) => drain::limit(&plan.policy),
        // the remote command has its own, shorter bound
        Work::Stage(Stage::Deploy) => command + Duration::from_secs(30),
        Work::Stage(Stage::Check) => {
            Duration::from_millis(plan.probe.limit_ms) + Duration::from_secs(10)
        }
        Work::Stage(Stage::Smoke) => Duration::from_secs(600),
        Work::Soak => plan.policy.soak() + Duration::from_secs(60),
    }
}

/// How often a work may be tried when our own means fail.
pub fn attempts(plan: &Plan, work: Work) -> u32 {
    if let Some(tries) = plan.policy.rule(work).and_then(|rule| rule.tries) {
        return tries.max(1);
    }
    match work {
        Work::Prepare | Work::Stage(Stage::Isolate) => 3,
        Work::Stage(Stage::Drain | Stage::Check) | Work::Soak => 2,
        Work::Stage(Stage::Deploy) => 2,
        // once more on a fresh browser
        Work::Stage(Stage::Smoke) => 2,
        Work::Stage(Stage::Rejoin) => 5,
    }
}

/// The pause after the `number`th failed attempt: doubling, up to a quarter longer or shorter by `chance`, so that
/// nodes that failed together do not try again together.
pub fn back_off(number: u32, chance: u64) -> Duration {
    let pause = Duration::from_millis(500) * 2u32.saturating_pow(number.min(5).saturating_sub(1));
    let part = u32::try_from(chance % 51).unwrap_or(0);
    pause * (75 + part) / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{artefact::sample, fake::node_at};
    use app::model::deployment::StageRule;

    #[test]
    fn pauses_grow_and_differ_by_a_quarter_at_most() {
        let bounds = |number| {
            (
                back_off(number, 0).as_millis(),
                back_off(number, 50).as_millis(),
            )
        };
        assert_eq!(bounds(1), (375, 625));
        assert_eq!(bounds(2), (750, 1_250));
        assert_eq!(bounds(5), bounds(50));
    }

    #[test]
    fn a_pool_has_its_own_tries_and_limits() {
        let mut plan = sample::plan(&node_at("/srv/shop"));
        let smoke = Work::Stage(Stage::Smoke);
        assert_eq!(attempts(&plan, smoke), 2);
        plan.policy.stages = vec![StageRule {
            work: smoke,
            tries: Some(0),
            limit_ms: Some(90_000),
        }];
        // once at least
        assert_eq!(attempts(&plan, smoke), 1);
        assert_eq!(limit(&plan, smoke), Duration::from_secs(90));
        assert_eq!(attempts(&plan, Work::Prepare), 3);
    }
}
