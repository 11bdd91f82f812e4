//! The API's door: JSON in, JSON out.

use super::{ApplyError, ApplyRequest, carry_out};
use crate::{gateway::refusal::broken, seam::Apply};
use app::{
    error::AppError,
    model::{access::Actor, trouble::Trouble},
};
use serde_json::Value;
use sqlx::PgPool;
use std::sync::Arc;

/// Applies what is asked for to `store`.
pub fn service(store: PgPool) -> Apply {
    Arc::new(move |actor, body| {
        let store = store.clone();
        Box::pin(async move { answer(&store, &actor, body).await })
    })
}

async fn answer(store: &PgPool, actor: &Actor, body: Value) -> Result<Value, AppError> {
    let request: ApplyRequest = serde_json::from_value(body).map_err(|error| {
        AppError::Refused(
            Trouble::new("The configuration was not understood.").detail(error.to_string()),
        )
    })?;
    match carry_out(store, &request, actor).await {
        Ok(applied) => serde_json::to_value(applied).map_err(broken),
        Err(ApplyError::Store(error)) => Err(broken(error)),
        Err(error) => Err(error.into()),
    }
}
