//! Output of commands on nodes, in chunks. Bulk: gather for a moment, then append once.

use super::{
    leases::stored,
    row::{Row, clean, timestamp},
};
use app::model::{ids::*, stage::Work, view::LogChunk};
use sqlx::PgExecutor;

/// Most bytes of one chunk.
const CHUNK: usize = 64 * 1024;

/// Appends `text`, cut into chunks where it is long, with one notification. Returns the last chunk's id; `None`:
/// nothing to write, or another owner has the deployment now.
pub async fn append(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    epoch: u64,
    node: NodeId,
    work: Work,
    text: &str,
) -> sqlx::Result<Option<i64>> {
    let text = clean(text);
    let pieces: Vec<String> = pieces(&text).map(str::to_owned).collect();
    if pieces.is_empty() {
        return Ok(None);
    }
    // the head's row lock makes ids visible in their order, so a reader at a cursor misses none
    let row = sqlx::query!(
        r#"WITH head AS (
            INSERT INTO log_heads AS h (deployment_id, last_id)
            SELECT deployment_id, cardinality($5::text[]) FROM leases WHERE deployment_id = $1 AND epoch = $2
            ON CONFLICT (deployment_id) DO UPDATE SET last_id = h.last_id + excluded.last_id
            RETURNING last_id
        ), written AS (
            INSERT INTO log_chunks (deployment_id, id, node_id, work, text)
            SELECT $1, head.last_id - cardinality($5::text[]) + piece.n, $3, $4, piece.text
            FROM head, unnest($5::text[]) WITH ORDINALITY AS piece (text, n)
        )
        SELECT last_id AS "last_id!", pg_notify('pitlane', 'log:' || $1::uuid || ':' || last_id) FROM head"#,
        deployment.0,
        stored(epoch),
        node.0,
        work.word(),
        &pieces
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| row.last_id))
}

/// The chunks after `after`, in order, at most `limit`.
pub async fn after(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<LogChunk>> {
    sqlx::query!(
        "SELECT id, node_id, work, at, text FROM log_chunks
        WHERE deployment_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        deployment.0,
        after,
        i64::from(limit)
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        Ok(LogChunk {
            id: row.id,
            node: NodeId(row.node_id),
            work: Row::new("log_chunks", &row.id).word("work", row.work)?,
            at: timestamp(row.at),
            text: row.text,
        })
    })
    .collect()
}

/// `text` in parts of at most [`CHUNK`] bytes, cut after a line where one ends, else between characters.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let whole = &text[..text.floor_char_boundary(CHUNK)];
        let cut = match whole.rfind('\n') {
            Some(end) if whole.len() < text.len() => end + 1,
            _ => whole.len(),
        };
        let (piece, rest) = text.split_at(cut);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_cut_at_lines_or_between_characters() {
        let line = format!("{}\n", "x".repeat(40_000));
        let two = line.repeat(2);
        assert_eq!(pieces(&two).collect::<Vec<_>>(), [&line, &line]);
        let wide = "ä".repeat(CHUNK);
        assert!(pieces(&wide).all(|piece| piece.len() <= CHUNK));
        assert_eq!(pieces(&wide).collect::<String>(), wide);
        assert_eq!(pieces("").count(), 0);
    }
}
