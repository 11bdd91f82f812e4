//! From columns to model types. A row that makes no sense is an error naming table, column and id.

use app::model::time::Timestamp;
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use std::{error::Error, fmt::Display, str::FromStr};

/// The database holds what no version of this program wrote.
#[derive(Debug, thiserror::Error)]
#[error("column `{column}` of `{table}` `{id}` makes no sense")]
pub struct BadRow {
    pub table: &'static str,
    pub column: &'static str,
    pub id: String,
    pub source: Box<dyn Error + Send + Sync>,
}

/// Names the row a value comes from, for the error.
pub struct Row<'a> {
    table: &'static str,
    id: &'a (dyn Display + Sync),
}

impl<'a> Row<'a> {
    pub fn new(table: &'static str, id: &'a (dyn Display + Sync)) -> Self {
        Self { table, id }
    }

    fn bad(&self, column: &'static str, source: Box<dyn Error + Send + Sync>) -> sqlx::Error {
        sqlx::Error::Decode(Box::new(BadRow {
            table: self.table,
            column,
            id: self.id.to_string(),
            source,
        }))
    }

    /// A value written as text.
    pub fn text<T>(&self, column: &'static str, value: &str) -> sqlx::Result<T>
    where
        T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
    {
        value
            .parse()
            .map_err(|e: T::Err| self.bad(column, e.into()))
    }

    /// A value that is one word in JSON: a state, a role, a kind.
    pub fn word<T: DeserializeOwned>(
        &self,
        column: &'static str,
        value: String,
    ) -> sqlx::Result<T> {
        self.json(column, serde_json::Value::String(value))
    }

    /// Bytes of a fixed number.
    pub fn bytes<const N: usize>(
        &self,
        column: &'static str,
        value: &[u8],
    ) -> sqlx::Result<[u8; N]> {
        value
            .try_into()
            .map_err(|e: std::array::TryFromSliceError| self.bad(column, e.into()))
    }

    pub fn json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        value: serde_json::Value,
    ) -> sqlx::Result<T> {
        serde_json::from_value(value).map_err(|e| self.bad(column, e.into()))
    }

    /// Exact stored JSON text.
    pub fn parsed<T: DeserializeOwned>(
        &self,
        column: &'static str,
        value: &str,
    ) -> sqlx::Result<T> {
        serde_json::from_str(value).map_err(|e| self.bad(column, e.into()))
    }

    /// A number that must fit.
    pub fn number<T>(&self, column: &'static str, value: i64) -> sqlx::Result<T>
    where
        T: TryFrom<i64, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        T::try_from(value).map_err(|e| self.bad(column, e.into()))
    }
}

/// The word of a unit variant: the opposite of [`Row::word`].
pub fn word_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("states, roles and kinds are words in JSON, not {other:?}"),
    }
}

/// JSON for a `jsonb` column; PostgreSQL cannot store the character NUL, which hostile pages may send.
pub fn json_of(value: &impl Serialize) -> serde_json::Value {
    let mut json = serde_json::to_value(value).expect("model types are JSON");
    without_nul(&mut json);
    json
}

fn without_nul(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::String(text) if text.contains('\0') => *text = clean(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_nul),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(without_nul),
        _ => {}
    }
}

/// Text for a `text` column.
pub fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp(at.timestamp_millis())
}

pub fn date(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// SQLSTATE of an error the database answered with.
pub fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::{deployment::DeploymentState, name::Name};

    #[test]
    fn a_row_that_makes_no_sense_is_named() {
        let row = Row::new("deployments", &7);
        let bad = row.word::<DeploymentState>("state", "dancing".into());
        assert!(
            bad.unwrap_err()
                .to_string()
                .contains("column `state` of `deployments` `7`")
        );
        assert!(row.text::<Name>("version", "../up").is_err());
        assert!(row.number::<u32>("number", -1).is_err());
    }

    #[test]
    fn words_go_there_and_back() {
        let row = Row::new("deployments", &1);
        for state in DeploymentState::ALL {
            assert_eq!(word_of(&state), state.word());
            assert_eq!(
                row.word::<DeploymentState>("state", word_of(&state))
                    .unwrap(),
                state
            );
        }
    }

    #[test]
    fn nul_never_reaches_the_database() {
        let json = json_of(&serde_json::json!({"a": ["x\0y"], "b": "\\u0000"}));
        assert_eq!(
            json.to_string(),
            "{\"a\":[\"x\u{fffd}y\"],\"b\":\"\\\\u0000\"}"
        );
    }
}
