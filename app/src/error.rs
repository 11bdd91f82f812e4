//! Every sentence an operator can be shown when a request cannot be met.

use crate::model::trouble::Trouble;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "error", content = "trouble", rename_all = "snake_case")]
pub enum AppError {
    /// Nobody is signed in.
    SignedOut,
    /// Not this person's to do; the sentence says which role it takes.
    Forbidden(Trouble),
    NotFound(Trouble),
    /// The request itself is wrong or comes at a bad moment: a busy pool, an unknown version.
    Refused(Trouble),
    /// Our own failure; the cause is in the log.
    Internal(Trouble),
}

impl AppError {
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::SignedOut => {
                Trouble::new("You are not signed in.").remedy("Sign in and try again.")
            }
            Self::Forbidden(trouble)
            | Self::NotFound(trouble)
            | Self::Refused(trouble)
            | Self::Internal(trouble) => trouble.clone(),
        }
    }

    pub fn http_status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound(_) => 404,
            Self::Refused(_) => 409,
            Self::Internal(_) => 500,
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trouble().fmt(f)
    }
}

impl std::error::Error for AppError {}

/// So that a server function can answer with it; a form's own mistakes arrive here too.
impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(what)
            | ServerFnErrorErr::MissingArg(what)
            | ServerFnErrorErr::Deserialization(what) => Self::Refused(
                Trouble::new("The form was not understood.")
                    .remedy("Reload the page and try again.")
                    .detail(what),
            ),
            other => Self::Internal(
                Trouble::new("The server could not be asked.")
                    .remedy("Check the connection and try again.")
                    .detail(other.to_string()),
            ),
        }
    }
}
