//! A plan for tests.

use app::model::{
    deployment::*, environment::Node, ids::*, name::Name, release::Release, time::Timestamp,
};
use uuid::Uuid;

fn name(text: &str) -> Name {
    text.parse().expect("this is a name")
}

/// Brings release 1.1 to `node`, which runs 1.0.
pub fn plan(node: &Node) -> Plan {
    Plan {
        deployment: DeploymentId(Uuid::from_u128(2)),
        number: 42,
        pool: PoolId(Uuid::from_u128(3)),
        environment: name("production"),
        application: name("shop"),
        release: Release {
            id: ReleaseId(Uuid::from_u128(4)),
            application: ApplicationId(Uuid::from_u128(5)),
            version: name("1.1"),
            sha256: "ab".repeat(32),
            size: 5_000_000,
            commit: None,
            created_at: Timestamp(0),
            created_by: "anna".to_owned(),
        },
        release_dir: name("20261123140211"),
        nodes: vec![PlannedNode {
            node: node.clone(),
            before: Some(Before {
                release_dir: name("20261001000000"),
                version: Some(name("1.0")),
                suite: None,
            }),
        }],
        others: Vec::new(),
        balancers: Vec::new(),
        recipe: Recipe {
            shared: Vec::new(),
            restart: "bin/svc restart".to_owned(),
            output: Some("bin/svc output".to_owned()),
            keep: 5,
            command_limit_ms: 60_000,
            prepare_at_once: 4,
        },
        probe: ProbeSettings {
            path: "/health".to_owned(),
            status: 200,
            good: 3,
            interval_ms: 100,
            limit_ms: 20_000,
            fingerprint: Fingerprint::Header("x-release".to_owned()),
        },
        suite: None,
        policy: Policy {
            batch: 1,
            floor: 2,
            drain_limit_ms: 60_000,
            at_drain_limit: AtDrainLimit::PutBack,
            isolation_limit_ms: 600_000,
            on_failure: OnFailure::UndoNode,
            hold_limit_ms: 1_800_000,
            soak_ms: 0,
            rehearse: false,
            rehearse_every_ms: 0,
            stages: Vec::new(),
        },
        visitors_url: None,
        asked_by: "anna".to_owned(),
        reason: None,
        undoes: None,
    }
}
