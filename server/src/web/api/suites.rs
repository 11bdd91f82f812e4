//! A pool's suite.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::{PoolNames, pool_path},
};
use crate::wire::{ExportQuery, ImportBody};
use app::{
    gateway::{Gateway, SuiteOrder},
    model::import::{SuiteExport, SuiteImport, SuiteView},
};
use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
};

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: PoolNames,
) -> Result<Json<SuiteView>, Problem> {
    let Path(path) = path?;
    Ok(Json(web.gateway.suite(&actor, &pool_path(path)).await?))
}

pub async fn import(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: PoolNames,
    body: Result<Json<ImportBody>, JsonRejection>,
) -> Result<Json<SuiteImport>, Problem> {
    let (Path(path), Json(body)) = (path?, body?);
    let order = SuiteOrder {
        pool: pool_path(path),
        files: body.files,
        public_url: body.public_url,
        skip: body.skip,
        replace: body.replace,
        dry_run: body.dry_run,
    };
    Ok(Json(web.gateway.import_suite(&actor, &order).await?))
}

pub async fn export(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: PoolNames,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Json<SuiteExport>, Problem> {
    let (Path(path), Query(query)) = (path?, query?);
    let exported = web
        .gateway
        .export_suite(&actor, &pool_path(path), query.format)
        .await?;
    Ok(Json(exported))
}
