//! Password hashes: argon2id off the async threads, a few at a time, so that guesses cost memory and not service.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fewest characters of a new password.
pub const SHORTEST: usize = 12;
/// Most bytes looked at.
const LONGEST: usize = 1_024;
/// Hashes computed at once, of 19 MB each.
const AT_ONCE: usize = 2;

#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Of no password; compared where a name is unknown, so that it takes as long.
    nobody: Arc<str>,
}

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    #[error("could not hash a password: {0}")]
    Hash(String),
}

impl Passwords {
    /// Computes one hash: call it off the async threads, or at the start.
    pub fn new() -> Result<Self, PasswordError> {
        let nobody = hash(super::secret::Secret::random().expose())?.into();
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobody,
        })
    }

    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        if password.chars().count() < SHORTEST {
            return Err(PasswordError::TooShort);
        }
        if password.len() > LONGEST {
            return Err(PasswordError::TooLong);
        }
        self.run(move || hash(&password)).await
    }

    /// Whether `password` is the one behind `stored`; `None` takes as long and is never right.
    pub async fn is_right(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let right = self
            .run(move || {
                let stored = PasswordHash::new(&stored)
                    .map_err(|error| PasswordError::Hash(error.to_string()))?;
                Ok(Argon2::default()
                    .verify_password(password.as_bytes(), &stored)
                    .is_ok())
            })
            .await?;
        Ok(right && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _turn = self
            .turns
            .acquire()
            .await
            .expect("this semaphore is never closed");
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| PasswordError::Hash(error.to_string()))?
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Hash(error.to_string()))
}
