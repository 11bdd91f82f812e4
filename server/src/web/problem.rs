//! `AppError` as a response: its status, itself as JSON, and once more as an extension for whoever says it otherwise.

use app::{error::AppError, model::trouble::Trouble};
use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

#[derive(Debug)]
pub struct Problem(pub AppError);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.0)).into_response();
        response.extensions_mut().insert(self.0);
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

/// A request that could not be read.
fn misread(what: String) -> Problem {
    Problem(AppError::Refused(
        Trouble::new("The request was not understood.").detail(what),
    ))
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        misread(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        misread(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        misread(rejection.body_text())
    }
}
