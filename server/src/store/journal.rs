//! The events of a deployment. `append` is the only door to write one: the database's own function checks the
//! epoch, counts, chains, and moves the deployment's row in the same transaction, so tables and journal agree.

use super::row::{Row, clean, json_of, sqlstate};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::*,
    journal::{Event, Fact, VERSION},
    time::Timestamp,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};

use super::commands::CommandId;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody else owns the deployment now: stop acting.
    #[error("the deployment belongs to another owner now")]
    Fenced,
    /// This attempt has its result already.
    #[error("this attempt already has a result")]
    Twice,
    /// The deployment has ended; nothing can be added.
    #[error("the deployment is over")]
    Over,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        match sqlstate(&error).as_deref() {
            Some("RD001") => Self::Fenced,
            Some("RD002") => Self::Over,
            Some("23505") => Self::Twice,
            _ => Self::Database(error),
        }
    }
}

/// How things stand with this event: what the fold says after it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub state: DeploymentState,
    /// One sentence.
    pub why: &'a str,
    /// Of the event's node; `None` leaves it as it is.
    pub node_state: Option<NodeRunState>,
    /// Nodes done.
    pub done: u32,
}

/// Writes one event under `epoch`. Within a transaction, an error ends the transaction.
pub async fn append(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    epoch: u64,
    node: Option<NodeId>,
    fact: &Fact,
    standing: Standing<'_>,
) -> Result<Event, JournalError> {
    write(executor, deployment, epoch, node, fact, standing, None).await
}

/// The same, and marks `command` as handled by this event.
pub async fn append_handling(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    epoch: u64,
    command: CommandId,
    node: Option<NodeId>,
    fact: &Fact,
    standing: Standing<'_>,
) -> Result<Event, JournalError> {
    write(
        executor,
        deployment,
        epoch,
        node,
        fact,
        standing,
        Some(command),
    )
    .await
}

async fn write(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    epoch: u64,
    node: Option<NodeId>,
    fact: &Fact,
    standing: Standing<'_>,
    command: Option<CommandId>,
) -> Result<Event, JournalError> {
    let canon = sqlx::query_scalar!(
        r#"SELECT journal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS "canon!""#,
        deployment.0,
        i64::try_from(epoch).unwrap_or(i64::MAX),
        node.map(|node| node.0) as Option<uuid::Uuid>,
        i32::from(VERSION),
        text_of(fact),
        standing.state.word(),
        clean(standing.why),
        standing.node_state.map(NodeRunState::word) as Option<&str>,
        i32::try_from(standing.done).unwrap_or(i32::MAX),
        command.map(|command| command.0) as Option<i64>
    )
    .fetch_one(executor)
    .await?;
    Ok(event(&deployment, &canon)?)
}

/// One event as stored. What a later version of Pitlane wrote and this one cannot read comes as [`Fact::Newer`]: while
/// two versions run beside each other the older one's pages stay readable.
fn event(id: &(dyn std::fmt::Display + Sync), canon: &str) -> sqlx::Result<Event> {
    /// What every version of the payload has.
    #[derive(Deserialize)]
    struct Outside {
        v: u16,
        seq: u64,
        epoch: u64,
        at: Timestamp,
        #[serde(default)]
        node: Option<NodeId>,
    }
    let row = Row::new("deployment_events", id);
    let read = row.parsed("canon", canon);
    match (&read, serde_json::from_str::<Outside>(canon)) {
        (Err(_), Ok(outside)) if outside.v > VERSION => Ok(Event {
            seq: outside.seq,
            epoch: outside.epoch,
            at: outside.at,
            node: outside.node,
            fact: Fact::Newer { version: outside.v },
        }),
        _ => read,
    }
}

/// A fact as the JSON object the database stores. It has a `kind`, so it is never empty.
pub(super) fn text_of(fact: &Fact) -> String {
    let text = serde_json::to_string(fact).expect("facts are JSON");
    if text.contains("\\u0000") {
        json_of(fact).to_string()
    } else {
        text
    }
}

/// The events after `after`, in order, at most `limit`.
pub async fn events(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, JournalError> {
    sqlx::query!(
        "SELECT seq, canon FROM deployment_events WHERE deployment_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        deployment.0,
        i64::try_from(after).unwrap_or(i64::MAX),
        i64::from(limit)
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let id = format!("{deployment}:{}", row.seq);
        Ok(event(&id, &row.canon)?)
    })
    .collect()
}

/// What is wrong with a chain of hashes, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// So many entries, and the hash of the last.
    Whole { entries: u64, head: String },
    /// The first entry that does not fit.
    Broken { seq: u64, why: &'static str },
}

/// Recomputes a deployment's chain from its first event, and compares it with the head kept beside it.
pub async fn verify(pool: &PgPool, deployment: DeploymentId) -> Result<Verdict, JournalError> {
    let rows = sqlx::query!(
        "SELECT seq, canon, hash FROM deployment_events WHERE deployment_id = $1 ORDER BY seq",
        deployment.0
    )
    .fetch_all(pool);
    let head = sqlx::query!(
        "SELECT next_seq, head_hash FROM deployments WHERE id = $1",
        deployment.0
    )
    .fetch_one(pool);
    // the head first: events that arrive in between are then merely beyond it
    let (head, rows) = (head.await?, rows.await?);
    let mut chain = Chain::new(Sha256::digest(deployment.to_string()).to_vec());
    for row in rows.into_iter().filter(|row| row.seq < head.next_seq) {
        if let Err(broken) = chain.add(row.seq, &row.canon, &row.hash) {
            return Ok(broken);
        }
    }
    Ok(chain.end(head.next_seq - 1, &head.head_hash))
}

/// A chain of hashes being recomputed.
pub(super) struct Chain {
    seq: i64,
    hash: Vec<u8>,
}

impl Chain {
    pub fn new(start: Vec<u8>) -> Self {
        Self {
            seq: 0,
            hash: start,
        }
    }

    pub fn add(&mut self, seq: i64, canon: &str, hash: &[u8]) -> Result<(), Verdict> {
        let expected = self.seq + 1;
        if seq != expected {
            return Err(broken(expected, "it is missing"));
        }
        let mut hasher = Sha256::new();
        hasher.update(&self.hash);
        hasher.update(canon);
        self.hash = hasher.finalize().to_vec();
        self.seq = seq;
        if self.hash == hash {
            Ok(())
        } else {
            Err(broken(
                seq,
                "its hash does not fit its text and the entry before",
            ))
        }
    }

    /// `seq` and `hash` as the head kept apart says.
    pub fn end(self, seq: i64, hash: &[u8]) -> Verdict {
        if self.seq < seq {
            broken(self.seq + 1, "it is missing")
        } else if self.hash != hash {
            broken(seq, "the head kept beside it differs")
        } else {
            Verdict::Whole {
                entries: u64::try_from(self.seq).unwrap_or(0),
                head: hex::encode(self.hash),
            }
        }
    }
}

fn broken(seq: i64, why: &'static str) -> Verdict {
    Verdict::Broken {
        seq: u64::try_from(seq).unwrap_or(0),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canon(v: u16, rest: &str) -> String {
        format!(r#"{{"v":{v},"seq":7,"epoch":3,"at":1000,"node":null,{rest}}}"#)
    }

    #[test]
    fn what_a_later_version_wrote_and_nobody_here_can_read_keeps_its_place() {
        for rest in [
            r#""kind":"teleported","to":"the moon""#,
            r#""kind":"requeued_twice""#,
            r#""kind":"claimed""#,
        ] {
            let read = event(&"x:7", &canon(VERSION + 1, rest)).expect("it is readable");
            assert_eq!((read.seq, read.epoch), (7, 3));
            assert_eq!(
                read.fact,
                Fact::Newer {
                    version: VERSION + 1
                }
            );
            let error = event(&"x:7", &canon(VERSION, rest)).expect_err("our own must be right");
            assert!(error.to_string().contains("canon"), "{error}");
        }
    }

    #[test]
    fn what_a_later_version_wrote_as_we_do_is_read() {
        let read = event(
            &"x:7",
            &canon(VERSION + 1, r#""kind":"claimed","owner":"b""#),
        );
        assert_eq!(
            read.expect("it is readable").fact,
            Fact::Claimed { owner: "b".into() }
        );
    }
}
