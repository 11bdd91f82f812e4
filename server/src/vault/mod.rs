//! What environments give to suites: variables in plain, secrets encrypted at rest.
//!
//! Read freshly for each run, so that a change needs no restart and whichever server takes a deployment over uses the
//! same ones, as long as it has the same key. What the server's file of secrets holds is there in every environment
//! that has no secret of this name. A secret that cannot be opened is told in words where it is needed, and never
//! replaced by another one in silence.

/// Keys, and where they are.
mod key;

/// Pure: a value to what is stored of it, and back.
mod seal;

/// Pure: what a suite needs and does not get.
mod missing;

pub use key::{Key, KeyError, KeyId, KeyPlace, Keys};
pub use missing::{Missing, missing, used_by};
pub use seal::{Locked, Sealed, Slot, open, seal};

use crate::{
    smoke::secrets::{Secrets, SecretsError},
    store::{
        self,
        values::{SecretRow, remove_secret, reseal, set_secret},
    },
};
use app::model::{
    ids::{EnvironmentId, PoolId},
    name::Name,
    values::{ValueName, check_secret},
};
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeMap;

pub struct Vault {
    pool: PgPool,
    keys: KeyPlace,
    file: Secrets,
}

/// What one environment gives to a run.
#[derive(Debug, Clone)]
pub struct Values {
    pub environment: Name,
    pub secrets: Secrets,
    pub variables: BTreeMap<String, String>,
    /// Secrets that are stored and cannot be opened, with the clause why.
    pub locked: BTreeMap<String, Locked>,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the database did not answer as it should")]
    Store(#[from] sqlx::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("there is no such pool any more")]
    NoPool,
    /// A clause that does not repeat the value.
    #[error("{0}")]
    BadValue(String),
    /// With a key of its own it would be one more secret that some servers can open and others cannot.
    #[error("secrets are there already, encrypted with {}, and this server {}", keys(.others), in_words(.has))]
    OtherKey { others: Vec<KeyId>, has: Vec<KeyId> },
    #[error("{}", locked(.0))]
    Locked(Vec<(ValueName, Locked)>),
}

fn keys(ids: &[KeyId]) -> String {
    let ids: Vec<_> = ids.iter().map(KeyId::as_str).collect();
    match ids.len() {
        1 => format!("the key {}", ids[0]),
        _ => format!("the keys {}", ids.join(", ")),
    }
}

fn in_words(ids: &[KeyId]) -> String {
    if ids.is_empty() {
        "has no key".to_owned()
    } else {
        format!("has {}", keys(ids))
    }
}

fn locked(all: &[(ValueName, Locked)]) -> String {
    let all = all.iter();
    let words: Vec<_> = all
        .map(|(name, why)| format!("`{name}` cannot be opened: {why}"))
        .collect();
    words.join("; ")
}

/// What sealing all secrets anew did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    /// The key that opens all of them now.
    pub key: KeyId,
    pub sealed: usize,
    /// Were sealed with it already.
    pub same: usize,
}

impl Vault {
    /// `file`: the server's own secrets, for environments that have none of that name.
    pub fn new(pool: PgPool, keys: KeyPlace, file: Secrets) -> Self {
        Self { pool, keys, file }
    }

    /// What the environment of `pool` gives.
    pub async fn of_pool(&self, pool: PoolId) -> Result<Values, VaultError> {
        let mut conn = self.pool.acquire().await?;
        let (id, name) = store::values::environment_of_pool(&mut *conn, pool)
            .await?
            .ok_or(VaultError::NoPool)?;
        self.read(&mut conn, id, name).await
    }

    async fn read(
        &self,
        conn: &mut PgConnection,
        id: EnvironmentId,
        environment: Name,
    ) -> Result<Values, VaultError> {
        let variables = store::values::variables(&mut *conn, id).await?;
        let rows = store::values::secrets(conn, Some(id)).await?;
        let mut values: BTreeMap<String, String> = self
            .file
            .names()
            .filter_map(|name| Some((name.to_owned(), self.file.get(name)?.to_owned())))
            .collect();
        let mut locked = BTreeMap::new();
        if !rows.is_empty() {
            let keys = self.keys.read()?;
            for row in rows {
                let name = row.name.to_string();
                match open(keys.as_ref(), row.slot(), &row.sealed) {
                    Ok(value) => {
                        values.insert(name, value);
                    }
                    Err(why) => {
                        values.remove(&name);
                        locked.insert(name, why);
                    }
                }
            }
        }
        Ok(Values {
            environment,
            secrets: Secrets::new(values)?,
            variables: variables
                .into_iter()
                .map(|line| (line.name.into(), line.value))
                .collect(),
            locked,
        })
    }

    /// Whether the server's file has a secret of this name.
    pub fn is_in_file(&self, name: &str) -> bool {
        self.file.get(name).is_some()
    }

    /// The names in the server's file.
    pub fn in_file(&self) -> impl Iterator<Item = &str> {
        self.file.names()
    }

    /// Why each of these cannot be opened here; those that can are left out.
    pub fn locked(&self, rows: &[SecretRow]) -> Result<BTreeMap<ValueName, Locked>, VaultError> {
        if rows.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = self.keys.read()?;
        let closed = rows.iter().filter_map(|row| {
            let why = open(keys.as_ref(), row.slot(), &row.sealed).err()?;
            Some((row.name.clone(), why))
        });
        Ok(closed.collect())
    }

    /// Stores `value`; a key is made if there is none and nothing was sealed with another one. Whether it replaced one.
    pub async fn set(
        &self,
        conn: &mut PgConnection,
        slot: Slot<'_>,
        value: &str,
        by: &str,
    ) -> Result<bool, VaultError> {
        check_secret(value).map_err(VaultError::BadValue)?;
        store::values::lock_secrets(conn).await?;
        let rows = store::values::secrets(&mut *conn, None).await?;
        let keys = self.keys.read()?;
        let is_ours = |id: &KeyId| keys.as_ref().is_some_and(|keys| keys.find(id).is_some());
        let mut others: Vec<_> = rows.into_iter().map(|row| row.sealed.key).collect();
        others.retain(|id| !is_ours(id));
        others.sort();
        others.dedup();
        if !others.is_empty() {
            let has = keys.iter().flat_map(Keys::ids).collect();
            return Err(VaultError::OtherKey { others, has });
        }
        let keys = self.keys.read_or_make()?;
        let sealed = seal(keys.sealing(), slot, value);
        Ok(set_secret(conn, slot.environment, slot.name, &sealed, by).await?)
    }

    /// `false`: there was none.
    pub async fn remove(
        &self,
        conn: &mut PgConnection,
        slot: Slot<'_>,
    ) -> Result<bool, VaultError> {
        Ok(remove_secret(conn, slot.environment, slot.name).await?)
    }

    /// Seals all secrets of all environments with the first of this server's keys; all or none.
    pub async fn rekey(&self, conn: &mut PgConnection) -> Result<Rekeyed, VaultError> {
        store::values::lock_secrets(conn).await?;
        let rows = store::values::secrets(&mut *conn, None).await?;
        let keys = self.keys.read_or_make()?;
        let key = keys.sealing();
        let mut done = Rekeyed {
            key: key.id(),
            sealed: 0,
            same: 0,
        };
        let mut closed = Vec::new();
        for row in rows {
            match open(Some(&keys), row.slot(), &row.sealed) {
                Err(why) => closed.push((row.name, why)),
                Ok(_) if row.sealed.key == done.key => done.same += 1,
                Ok(value) => {
                    let sealed = seal(key, row.slot(), &value);
                    reseal(&mut *conn, row.environment, &row.name, &sealed).await?;
                    done.sealed += 1;
                }
            }
        }
        if closed.is_empty() {
            Ok(done)
        } else {
            Err(VaultError::Locked(closed))
        }
    }

    /// Says in the log whether everything that is stored can be opened; a server that cannot serves all the same.
    pub async fn look(&self) {
        match self.state().await {
            Ok(None) => {}
            Ok(Some(closed)) => tracing::warn!(
                secrets = %closed,
                key = %self.keys.words(),
                "secrets cannot be opened by this server: smoke tests that need them are refused"
            ),
            Err(error) => tracing::warn!(
                %error,
                "it is not known whether this server can open the secrets of environments"
            ),
        }
    }

    async fn state(&self) -> Result<Option<String>, VaultError> {
        let rows = store::values::secrets(&self.pool, None).await?;
        let closed = self.locked(&rows)?;
        let closed: Vec<_> = closed.into_iter().collect();
        Ok((!closed.is_empty()).then(|| locked(&closed)))
    }

    /// For people: where the key of this server is.
    pub fn key_place(&self) -> String {
        self.keys.words()
    }
}

impl SecretRow {
    pub fn slot(&self) -> Slot<'_> {
        Slot {
            environment: self.environment,
            name: &self.name,
        }
    }
}
