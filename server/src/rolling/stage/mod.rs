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

/// Return it to service and read back that it is.
pub mod rejoin;

/// The hard total of one attempt; journalled as its deadline.
pub fn limit(plan: &Plan, work: Work) -> Duration {
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
    }
}

/// How often a work may be tried when our own means fail.
pub fn attempts(work: Work) -> u32 {
    match work {
        Work::Prepare | Work::Stage(Stage::Isolate) => 3,
        Work::Stage(Stage::Drain | Stage::Check) => 2,
        Work::Stage(Stage::Deploy) => 2,
        // once more on a fresh browser
        Work::Stage(Stage::Smoke) => 2,
        Work::Stage(Stage::Rejoin) => 5,
    }
}

/// The pause after the `number`th failed attempt.
pub fn back_off(number: u32) -> Duration {
    Duration::from_millis(500) * 2u32.saturating_pow(number.min(5).saturating_sub(1))
}
