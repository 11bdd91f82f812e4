//! First run: whoever can read the one-time code on the server makes the first admin.

use super::{
    problem::Problem,
    secret::{self, Secret},
    session::From,
    sign_in::{password_word, welcome, with_cookie},
    state::Web,
};
use crate::{
    gateway::refusal::broken,
    store::{self, audit::Act},
};
use app::{
    model::{
        access::{Actor, Role},
        name::Name,
    },
    paths,
};
use axum::{
    Extension, Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;
use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Writes a new code, readable by its owner only.
pub fn write_code(path: &Path) -> io::Result<()> {
    remove_code(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", Secret::random().expose())
}

/// The code is of no more use.
pub fn remove_code(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
pub struct Setup {
    code: String,
    name: String,
    password: String,
}

pub async fn set_up(
    State(web): State<Web>,
    Extension(From(from)): Extension<From>,
    headers: HeaderMap,
    Form(form): Form<Setup>,
) -> Result<Response, Problem> {
    let refuse =
        |word: &str| Ok(Redirect::to(&format!("{}?error={word}", paths::SETUP)).into_response());
    // one at a time: of two with the right code, the second finds an admin
    let _turn = web.setting_up.lock().await;
    if store::users::count(&web.pool).await.map_err(broken)? > 0 {
        return Ok(Redirect::to(paths::SIGN_IN).into_response());
    }
    let Some(attempt) = store::attempts::begin(&web.pool, "first run", &from)
        .await
        .map_err(broken)?
    else {
        return refuse("limited");
    };
    let file = web.data.setup_code();
    let code = match std::fs::read_to_string(&file) {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return refuse("code"),
        Err(error) => return Err(Problem(broken(error))),
    };
    // of hashes, so that how long it takes says nothing of the code
    if secret::hash(form.code.trim()) != secret::hash(code.trim()) {
        return refuse("code");
    }
    let Ok(name) = form.name.trim().parse::<Name>() else {
        return refuse("name");
    };
    let hash = match web.passwords.hash(form.password).await {
        Ok(hash) => hash,
        Err(error) => {
            return match password_word(&error) {
                Some(word) => refuse(word),
                None => Err(Problem(broken(error))),
            };
        }
    };
    let mut transaction = web.pool.begin().await.map_err(broken)?;
    let Some(user) = store::users::add(&mut *transaction, name.as_str(), Role::Admin, &hash)
        .await
        .map_err(broken)?
    else {
        return refuse("name");
    };
    let actor = Actor {
        user: Some(user.id),
        name: user.name.clone(),
        role: user.role,
        from: from.clone(),
    };
    let act = Act {
        action: "user.added",
        subject: &format!("user {name}"),
        words: &format!("{name} became the first admin by the one-time code."),
        ..Act::default()
    };
    store::audit::append(&mut *transaction, &actor, act)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    if let Err(error) = remove_code(&file) {
        tracing::warn!(%error, file = %file.display(), "could not remove the used one-time code");
    }
    store::attempts::succeeded(&web.pool, attempt)
        .await
        .map_err(broken)?;
    let cookie = welcome(&web, user, &headers, &from).await?;
    Ok(with_cookie(cookie, paths::OVERVIEW))
}
