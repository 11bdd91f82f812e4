//! How a deployment goes in a pool, in one line.

use crate::model::{
    deployment::{AtDrainLimit, OnFailure, Policy},
    live::words::capital,
    time::spoken,
    view::PoolView,
};
use std::time::Duration;

pub fn rules(pool: &PoolView) -> String {
    let Policy {
        batch,
        floor,
        at_drain_limit,
        ..
    } = pool.policy;
    let batch = match batch {
        1 => "One node at a time".to_owned(),
        n => format!("Up to {n} nodes at a time"),
    };
    let limit = match at_drain_limit {
        AtDrainLimit::Wait => "wait on",
        AtDrainLimit::Force => "go on anyway",
        AtDrainLimit::PutBack => "put it back and halt",
    };
    let suite = match pool.flows.as_slice() {
        [] => "No browser suite: a node is proven by its check alone.".to_owned(),
        flows => {
            let first = match pool.policy.rehearse {
                true => ", tried first on a node in service",
                false => "",
            };
            format!("Proven by: {}{first}.", flows.join(", "))
        }
    };
    let failure = match pool.policy.on_failure {
        OnFailure::UndoNode => {
            "A node on which the release fails gets the old one back, and the roll stops."
        }
        OnFailure::UndoAll => "If the release fails on a node, every node gets the old one back.",
        OnFailure::Leave => "A node on which the release fails stays out for a person to look at.",
    };
    let soak = match pool.policy.soak() {
        soak if soak.is_zero() => String::new(),
        soak => format!(
            " Each node is watched for {} after it rejoined.",
            spoken(soak)
        ),
    };
    let rules = pool.policy.stages.iter().map(|rule| {
        let tries = rule.tries.map(|tries| match tries {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        });
        let limit = rule
            .limit_ms
            .map(|ms| format!("up to {}", spoken(Duration::from_millis(ms))));
        let parts: Vec<_> = tries.into_iter().chain(limit).collect();
        format!(
            " {} is tried {}.",
            capital(rule.work.word()),
            parts.join(", ")
        )
    });
    format!(
        "{batch}, at least {floor} in service. Drain up to {}, then {limit}. {suite} {failure}{soak} \
         A hold may keep a node out for {}; an alarm is raised after {}.{}",
        spoken(pool.policy.drain_limit()),
        spoken(pool.policy.hold_limit()),
        spoken(pool.policy.isolation_limit()),
        rules.collect::<String>()
    )
}
