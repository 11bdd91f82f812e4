//! The first page's data.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use app::{gateway::Gateway, model::view::Overview};
use axum::{Json, extract::State};

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Overview>, Problem> {
    Ok(Json(web.gateway.overview(&actor).await?))
}
