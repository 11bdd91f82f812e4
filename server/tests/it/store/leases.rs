use crate::harness::{Database, database, sample};
use app::model::{
    command::Command,
    deployment::{DeploymentState, NodeRunState, Plan},
    ids::DeploymentId,
    journal::Fact,
};
use server::store::{
    commands, deployments,
    journal::{self, Standing},
    leases::{self, Claim},
};
use sqlx::PgPool;
use std::{collections::HashSet, time::Duration};

const TTL: Duration = Duration::from_secs(600);

async fn queue(pool: &PgPool, environment: &str, subnet: u8) -> Plan {
    let shop = sample::pool(pool, environment, subnet).await;
    let mut plan = sample::plan(pool, &shop).await;
    let mut conn = pool.acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    plan
}

async fn become_so(pool: &PgPool, plan: &Plan, epoch: u64, state: DeploymentState, out: bool) {
    let fact = Fact::Became {
        state,
        why: "So it is.".into(),
    };
    let node_state = if out {
        NodeRunState::Isolated
    } else {
        NodeRunState::Pending
    };
    let standing = Standing {
        state,
        why: "So it is.",
        node_state: Some(node_state),
        done: 0,
    };
    let node = plan.nodes[0].node.id;
    journal::append(pool, plan.deployment, epoch, Some(node), &fact, standing)
        .await
        .unwrap();
}

async fn expire(owner: &PgPool, deployment: DeploymentId) {
    sqlx::query("UPDATE leases SET lease_until = clock_timestamp() - interval '1 s' WHERE deployment_id = $1")
        .bind(deployment.0)
        .execute(owner)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_eight_claimers_at_once_each_deployment_gets_one() {
    let Database { pool, .. } = database().await;
    let mut wanted = HashSet::new();
    for subnet in 0..20 {
        let plan = queue(&pool, &format!("env-{subnet}"), subnet).await;
        wanted.insert(plan.deployment);
    }
    let claimers = (0..8).map(|number| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut claims = vec![];
            let owner = format!("host-{number}");
            // a claimer that finds all free ones locked by others gets nothing though some may stay: so try on
            let mut nothing = 0;
            while nothing < 5 {
                match leases::claim(&pool, &owner, TTL).await.unwrap() {
                    Some(claim) => claims.push(claim),
                    None => nothing += 1,
                }
            }
            claims
        })
    });
    let results = futures::future::join_all(claimers).await;
    let claims: Vec<Claim> = results.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claims.len(), 20);
    let claimed: HashSet<_> = claims.iter().map(|claim| claim.deployment).collect();
    assert_eq!(claimed, wanted);
    let epochs: HashSet<u64> = claims.iter().map(|claim| claim.epoch).collect();
    assert_eq!(epochs.len(), 20);
}

#[tokio::test]
async fn a_lease_lives_by_its_heartbeat_and_a_lost_one_never_comes_back() {
    let Database { pool, owner, .. } = database().await;
    let plan = queue(&pool, "production", 1).await;
    let first = leases::claim(&pool, "a", TTL).await.unwrap().unwrap();
    assert!(leases::heartbeat(&pool, first, "a", TTL).await.unwrap());
    assert!(!leases::heartbeat(&pool, first, "b", TTL).await.unwrap());
    assert_eq!(leases::claim(&pool, "b", TTL).await.unwrap(), None);
    let seen = leases::owner(&pool, plan.deployment).await.unwrap();
    assert_eq!(seen.as_deref(), Some("a"));

    expire(&owner, plan.deployment).await;
    assert!(!leases::heartbeat(&pool, first, "a", TTL).await.unwrap());
    let second = leases::claim(&pool, "b", TTL).await.unwrap().unwrap();
    assert_eq!(second.deployment, plan.deployment);
    assert!(second.epoch > first.epoch);
    // the old owner can neither go on nor give away what is no longer its own
    assert!(!leases::heartbeat(&pool, first, "a", TTL).await.unwrap());
    leases::release(&pool, first).await.unwrap();
    assert_eq!(leases::claim(&pool, "c", TTL).await.unwrap(), None);
    leases::release(&pool, second).await.unwrap();
    assert!(leases::claim(&pool, "c", TTL).await.unwrap().is_some());
}

#[tokio::test]
async fn a_halted_deployment_is_claimed_while_a_node_is_out_or_somebody_asks() {
    let Database { pool, .. } = database().await;
    let plan = queue(&pool, "production", 1).await;
    let claim = leases::claim(&pool, "a", TTL).await.unwrap().unwrap();
    let (halted, rolling) = (DeploymentState::Halted, DeploymentState::Rolling);

    become_so(&pool, &plan, claim.epoch, halted, true).await;
    leases::release(&pool, claim).await.unwrap();
    let claim = leases::claim(&pool, "a", TTL).await.unwrap().unwrap();

    become_so(&pool, &plan, claim.epoch, halted, false).await;
    leases::release(&pool, claim).await.unwrap();
    assert_eq!(leases::claim(&pool, "a", TTL).await.unwrap(), None);

    commands::add(
        &pool,
        plan.deployment,
        &commands::Asked::plain(Command::Abort, "ann"),
    )
    .await
    .unwrap();
    let claim = leases::claim(&pool, "a", TTL).await.unwrap().unwrap();
    become_so(&pool, &plan, claim.epoch, rolling, false).await;
    become_so(&pool, &plan, claim.epoch, DeploymentState::Aborted, false).await;
    assert_eq!(leases::claim(&pool, "a", TTL).await.unwrap(), None);
}
