use app::model::{
    deployment::*,
    environment::{Node, SshAddress},
    ids::*,
    release::Release,
    smoke::{OnDifference, Pictures, Suite},
    time::Timestamp,
};
use rand::{RngExt, rngs::StdRng};
use uuid::Uuid;

pub fn node_id(pool: usize, node: usize) -> NodeId {
    NodeId(Uuid::from_u128((pool as u128 + 1) * 100 + node as u128 + 1))
}

/// `red2` is the second node of the first pool.
pub fn node_name(id: NodeId) -> String {
    let number = id.0.as_u128();
    let colour = ["red", "blue", "green"][usize::try_from(number / 100 - 1).unwrap_or(0) % 3];
    format!("{colour}{}", number % 100)
}

fn pictures(rng: &mut StdRng) -> Pictures {
    use OnDifference::*;
    let all = [Report, Report, HoldFirst, HoldFirst, Fail];
    Pictures {
        on_difference: all[rng.random_range(0..all.len())],
        above_ppm: 0,
        review_limit_ms: [0, 40_000][rng.random_range(0..2)],
    }
}

pub fn make(pool: usize, nodes: usize, rng: &mut StdRng) -> Plan {
    let name = |text: &str| text.parse().expect("a good name");
    let suite = || PlannedSuite {
        revision: SuiteRevisionId(Uuid::nil()),
        suite: Suite::new("http://shop.test", Vec::new()),
    };
    let (known, with_suite) = (rng.random_bool(0.9), rng.random_bool(0.5));
    let before = || Before {
        release_dir: name("0"),
        version: Some(name("old")),
        suite: with_suite.then(suite),
    };
    let planned = |n| {
        let id = node_id(pool, n);
        PlannedNode {
            node: Node {
                id,
                name: name(&node_name(id)),
                group: None,
                ssh: SshAddress {
                    user: String::new(),
                    host: String::new(),
                    port: 22,
                    host_key_fingerprint: String::new(),
                    host_key: String::new(),
                },
                app_url: String::new(),
                deploy_root: String::new(),
                members: Vec::new(),
            },
            before: known.then(before),
        }
    };
    let batch = if nodes > 3 && rng.random_bool(0.3) {
        2
    } else {
        1
    };
    let on_failure = [
        OnFailure::UndoNode,
        OnFailure::UndoNode,
        OnFailure::UndoAll,
        OnFailure::Leave,
    ];
    Plan {
        deployment: DeploymentId(Uuid::from_u128(pool as u128)),
        number: 1,
        pool: PoolId(Uuid::from_u128(pool as u128)),
        environment: name("production"),
        application: name(["shop", "blog", "wiki"][pool % 3]),
        release: Release {
            id: ReleaseId(Uuid::nil()),
            application: ApplicationId(Uuid::nil()),
            version: name("new"),
            sha256: String::new(),
            size: 0,
            commit: None,
            created_at: Timestamp(0),
            created_by: "ann".into(),
        },
        release_dir: name("1"),
        nodes: (0..nodes).map(planned).collect(),
        others: Vec::new(),
        balancers: Vec::new(),
        recipe: Recipe {
            shared: Vec::new(),
            restart: "r".into(),
            output: None,
            keep: 3,
            command_limit_ms: 20_000,
            prepare_at_once: rng.random_range(1..4),
        },
        probe: ProbeSettings {
            path: "/".into(),
            status: 200,
            good: 1,
            interval_ms: 100,
            limit_ms: 10_000,
            fingerprint: Fingerprint::None,
        },
        suite: Some(PlannedSuite {
            suite: Suite {
                pictures: pictures(rng),
                ..suite().suite
            },
            ..suite()
        }),
        policy: Policy {
            batch,
            floor: 1,
            drain_limit_ms: 5_000,
            at_drain_limit: AtDrainLimit::PutBack,
            isolation_limit_ms: rng.random_range(10_000..300_000),
            on_failure: on_failure[rng.random_range(0..on_failure.len())],
            hold_limit_ms: 120_000,
            soak_ms: if rng.random_bool(0.3) { 8_000 } else { 0 },
            rehearse: rng.random_bool(0.5),
            rehearse_every_ms: 0,
            stages: Vec::new(),
        },
        visitors_url: None,
        asked_by: "ann".into(),
        reason: None,
        undoes: None,
    }
}
