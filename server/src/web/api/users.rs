//! People, and tokens for their scripts.

use super::super::{problem::Problem, secret::Secret, session::SignedIn, state::Web};
use crate::{
    gateway::{
        allow,
        refusal::{broken, wrong},
    },
    store::{self, audit::Act, users::User},
    web::password::PasswordError,
    wire::NewUser,
};
use app::model::{
    access::{Role, Subject, Verb},
    name::{BadName, Name},
    time::Timestamp,
};
use axum::{
    Json,
    extract::{
        Path, State,
        rejection::{JsonRejection, PathRejection},
    },
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Somebody, without anything secret.
#[derive(Debug, Serialize)]
pub struct Person {
    name: String,
    role: Role,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            role: user.role,
            created_at: user.created_at,
            disabled_at: user.disabled_at,
        }
    }
}

pub async fn list(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Vec<Person>>, Problem> {
    allow(&actor, Verb::ManageUsers, Subject::Installation)?;
    let users = store::users::list(&web.pool).await.map_err(broken)?;
    Ok(Json(users.into_iter().map(Person::from).collect()))
}

pub async fn add(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    allow(&actor, Verb::ManageUsers, Subject::Installation)?;
    let Json(new) = body?;
    let name: Name = new.name.trim().parse().map_err(|error: BadName| {
        wrong(
            format!("This name cannot be used: {error}."),
            "Choose another one.",
        )
    })?;
    let hash = match web.passwords.hash(new.password).await {
        Ok(hash) => hash,
        Err(error @ (PasswordError::TooShort | PasswordError::TooLong)) => {
            let what = format!("This password cannot be used: {error}.");
            return Err(Problem(wrong(what, "Choose another one.")));
        }
        Err(error @ PasswordError::Hash(_)) => return Err(Problem(broken(error))),
    };
    let mut transaction = web.pool.begin().await.map_err(broken)?;
    let Some(user) = store::users::add(&mut *transaction, name.as_str(), new.role, &hash)
        .await
        .map_err(broken)?
    else {
        let what = format!("There is a user {name} already.");
        return Err(Problem(wrong(what, "Choose another name.")));
    };
    let act = Act {
        action: "user.added",
        subject: &format!("user {}", user.name),
        words: &format!(
            "{} added {} as {}.",
            actor.name,
            user.name,
            user.role.word()
        ),
        detail: Some(serde_json::json!({ "role": user.role })),
        ..Act::default()
    };
    store::audit::append(&mut *transaction, &actor, act)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    // the one-time code is of no use once there is anybody
    if let Err(error) = super::super::setup::remove_code(&web.data.setup_code()) {
        tracing::warn!(%error, "could not remove the one-time code");
    }
    Ok((StatusCode::CREATED, Json(user.into())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    name: Name,
}

/// The only time the token itself is shown.
#[derive(Serialize)]
pub struct FreshToken {
    token: String,
}

/// For oneself, or as an admin for anybody.
pub async fn add_token(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: Result<Path<Name>, PathRejection>,
    body: Result<Json<NewToken>, JsonRejection>,
) -> Result<(StatusCode, Json<FreshToken>), Problem> {
    let (Path(owner), Json(new)) = (path?, body?);
    if actor.user.is_none() || !actor.name.eq_ignore_ascii_case(owner.as_str()) {
        allow(&actor, Verb::ManageUsers, Subject::Installation)?;
    }
    let Some((user, _)) = store::users::by_name(&web.pool, owner.as_str())
        .await
        .map_err(broken)?
    else {
        let what = format!("There is no user {owner}.");
        return Err(Problem(wrong(what, "`pitlane user add` makes one.")));
    };
    let secret = Secret::random();
    let mut transaction = web.pool.begin().await.map_err(broken)?;
    if !store::tokens::add(
        &mut *transaction,
        &secret.hash(),
        user.id,
        new.name.as_str(),
    )
    .await
    .map_err(broken)?
    {
        let what = format!("{} has a token {} already.", user.name, new.name);
        return Err(Problem(wrong(what, "Choose another name.")));
    }
    let act = Act {
        action: "token.added",
        subject: &format!("user {}", user.name),
        words: &format!(
            "{} made the token {} for {}.",
            actor.name, new.name, user.name
        ),
        ..Act::default()
    };
    store::audit::append(&mut *transaction, &actor, act)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    let token = secret.expose().to_owned();
    Ok((StatusCode::CREATED, Json(FreshToken { token })))
}
