//! What is expected of a pool's nodes: the later of each node's last proof and last adoption, and what people said of
//! the balancers.

use super::compare::{Expected, Ours, Standing};
use crate::store::{self, adoptions::Adoption, proofs::NodeProof};
use app::model::{
    drift::Running,
    ids::{NodeId, PoolId},
};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Nodes of which nothing is known are missing: take [`Ours::default`].
pub async fn expected(
    conn: &mut PgConnection,
    pool: PoolId,
) -> sqlx::Result<HashMap<NodeId, Ours>> {
    let proofs = store::proofs::latest(&mut *conn, Some(pool)).await?;
    let adoptions = store::adoptions::latest(&mut *conn, Some(pool)).await?;
    let mut all: HashMap<NodeId, Ours> = HashMap::new();
    for (node, member, placed) in store::adoptions::admissions(&mut *conn, pool).await? {
        all.entry(node).or_default().placed.insert(member, placed);
    }
    let mut proven = HashMap::new();
    for proof in proofs {
        proven.insert(proof.node, proof.at);
        let ours = all.entry(proof.node).or_default();
        ours.release = Some(by_proof(proof));
    }
    for adoption in adoptions {
        let later = proven
            .get(&adoption.node)
            .is_none_or(|at| adoption.at > *at);
        if later {
            let ours = all.entry(adoption.node).or_default();
            ours.release = Some(by_adoption(adoption));
        }
    }
    Ok(all)
}

fn by_proof(proof: NodeProof) -> Expected {
    Expected {
        answers: proof.version.as_ref().map(ToString::to_string),
        running: Running {
            release_dir: proof.release_dir,
            version: proof.version,
        },
        standing: Standing::Proven,
    }
}

fn by_adoption(adoption: Adoption) -> Expected {
    let version = adoption.running.version.as_ref();
    Expected {
        answers: adoption
            .answers
            .or_else(|| version.map(ToString::to_string)),
        running: adoption.running,
        standing: Standing::Adopted {
            in_service: adoption.in_service,
        },
    }
}
