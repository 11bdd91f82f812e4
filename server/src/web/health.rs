//! Alive, and ready.

use super::state::Web;
use axum::extract::State;
use http::StatusCode;
use std::time::Duration;
use tokio::time::timeout;

/// The process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// It also serves: started, not stopping, and the database answers.
pub async fn ready(State(web): State<Web>) -> (StatusCode, &'static str) {
    if !web.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting or stopping\n");
    }
    let question = sqlx::query("SELECT 1").execute(&web.pool);
    match timeout(Duration::from_secs(1), question).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}
