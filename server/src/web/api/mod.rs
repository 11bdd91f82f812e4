//! JSON under `/api/v1`. An error is its status and an `AppError`.

/// The first page's data.
mod overview;

/// Pools: look, plan, deploy.
mod pools;

/// Differences: adopt, revert.
mod drift;

/// Deployments: look, record, what can be asked of them.
mod deployments;

/// Pictures, and what people say about them.
mod evidence;

/// How long evidence is kept, and evidence that leaves the house.
pub(super) mod keeping;

/// A pool's suite.
mod suites;

/// The audit history, and whether it is whole.
mod audit;

/// Artefacts in, releases out.
mod releases;

/// People and tokens.
mod users;

/// Suites tried outside of deployments.
mod rehearsals;

/// Variables and secrets of environments.
mod values;

/// Configuration.
mod apply;

use super::{problem::Problem, state::Web};
use app::{error::AppError, model::trouble::Trouble};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post, put},
};

/// Everything but artefacts and suites is small.
const SMALL: usize = 4 * 1024 * 1024;
/// A file of a suite as a JSON string, or a few of them.
const SUITE: usize = 2 * crate::smoke::import::LARGEST;

pub fn routes() -> Router<Web> {
    let pool = "/pools/{environment}/{application}";
    let deployment = "/pools/{environment}/{application}/deployments/{number}";
    let uploads = Router::new()
        .route(
            "/applications/{application}/releases",
            get(releases::list).post(releases::add),
        )
        .layer(DefaultBodyLimit::disable());
    let suite = Router::new()
        .route(
            &format!("{pool}/suite"),
            get(suites::show).post(suites::import),
        )
        .route(&format!("{pool}/suite/export"), get(suites::export))
        .route("/apply", post(apply::apply))
        .layer(DefaultBodyLimit::max(SUITE));
    Router::new()
        .route("/overview", get(overview::show))
        .route(pool, get(pools::show))
        .route(&format!("{pool}/plan"), post(pools::plan))
        .route(&format!("{pool}/deployments"), post(pools::deploy))
        .route(&format!("{pool}/adopt"), post(drift::adopt))
        .route(&format!("{pool}/revert"), post(drift::revert))
        .route(&format!("{pool}/masks"), post(evidence::mask))
        .route(deployment, get(deployments::show))
        .route(&format!("{deployment}/evidence"), get(evidence::show))
        .route(&format!("{deployment}/export"), get(keeping::export))
        .route(&format!("{deployment}/review"), post(evidence::review))
        .route(&format!("{deployment}/record"), get(deployments::record))
        .route(&format!("{deployment}/verbs"), get(deployments::verbs))
        .route(
            &format!("{deployment}/rollback"),
            get(deployments::rollback_order).post(deployments::rollback),
        )
        .route(
            &format!("{deployment}/{{command}}"),
            post(deployments::command),
        )
        .route(&format!("{pool}/running"), get(pools::running))
        .route(&format!("{pool}/rehearsals"), post(rehearsals::rehearse))
        .route(&format!("{pool}/rehearsals/{{id}}"), get(rehearsals::show))
        .route("/deployments", get(deployments::list))
        .route("/evidence/storage", get(keeping::storage))
        .route("/evidence/prune", post(keeping::prune))
        .route("/audit", get(audit::page))
        .route("/audit/verify", get(audit::verify))
        .route("/environments/{environment}", get(values::show))
        .route(
            "/environments/{environment}/secrets/{name}",
            put(values::set_secret).delete(values::remove_secret),
        )
        .route(
            "/environments/{environment}/variables/{name}",
            put(values::set_variable).delete(values::remove_variable),
        )
        .route("/secrets/rekey", post(values::rekey))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{name}/tokens", post(users::add_token))
        .layer(DefaultBodyLimit::max(SMALL))
        .merge(uploads)
        .merge(suite)
        .fallback(nowhere)
}

async fn nowhere() -> Problem {
    Problem(AppError::NotFound(Trouble::new(
        "The API has no such path.",
    )))
}
