//! People, their passwords and their sessions. All of it is in PostgreSQL, so that who is signed in on red
//! is signed in on blue.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

pub const COOKIE: &str = "shop_session";

/// Who is signed in with this `Cookie` header.
pub async fn signed_in(pool: &PgPool, cookies: &str) -> Result<Option<String>, sqlx::Error> {
    let Some(token) = token_of(cookies) else {
        return Ok(None);
    };
    sqlx::query_scalar("select person from sessions where token_sha256 = $1")
        .bind(hash(token))
        .fetch_optional(pool)
        .await
}

/// Opens a session: the cookie's value, or nothing if name and password do not match.
pub async fn sign_in(
    pool: &PgPool,
    name: &str,
    password: &str,
) -> Result<Option<String>, sqlx::Error> {
    let stored: Option<String> =
        sqlx::query_scalar("select password_hash from people where name = $1")
            .bind(name)
            .fetch_optional(pool)
            .await?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let password = password.to_owned();
    let fits = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&stored).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    })
    .await
    .unwrap_or(false);
    if !fits {
        return Ok(None);
    }
    let token = hex::encode(rand::random::<[u8; 32]>());
    sqlx::query("insert into sessions (token_sha256, person) values ($1, $2)")
        .bind(hash(&token))
        .bind(name)
        .execute(pool)
        .await?;
    Ok(Some(token))
}

pub async fn sign_out(pool: &PgPool, cookies: &str) -> Result<(), sqlx::Error> {
    if let Some(token) = token_of(cookies) {
        sqlx::query("delete from sessions where token_sha256 = $1")
            .bind(hash(token))
            .execute(pool)
            .await?;
    }
    Ok(())
}

/// Adds a person, or gives one a new password.
pub async fn add_person(pool: &PgPool, name: &str, password: &str) -> anyhow::Result<()> {
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| anyhow::anyhow!("could not hash a password: {error}"))?;
    sqlx::query(
        "insert into people (name, password_hash) values ($1, $2) \
         on conflict (name) do update set password_hash = excluded.password_hash",
    )
    .bind(name)
    .bind(hash.to_string())
    .execute(pool)
    .await?;
    Ok(())
}

fn token_of(cookies: &str) -> Option<&str> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The database holds only this, never the token itself.
fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
