//! Server-rendered pages and server functions.

use super::state::Web;
use app::paths;
use axum::{Router, response::Html, routing::get};

/// Pages anybody may see; every other page leads a stranger to sign-in.
pub const OPEN: [&str; 2] = [paths::SIGN_IN, paths::SETUP];

pub fn routes(_web: &Web) -> Router<Web> {
    Router::new()
        .route(paths::OVERVIEW, get(plain))
        .route(paths::SIGN_IN, get(plain).post(super::sign_in::sign_in))
        .route(paths::SETUP, get(plain).post(super::setup::set_up))
}

async fn plain() -> Html<&'static str> {
    Html("<!doctype html><title>Pitlane</title><p>Pitlane")
}
