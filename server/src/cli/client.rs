//! HTTP to the service, its errors read back.

use super::reach::{Reach, default_socket};
use app::error::AppError;
use reqwest::{Method, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, path::PathBuf, time::Duration};

/// The longest answer to wait for: an apply asks several balancers first.
const LIMIT: Duration = Duration::from_secs(60);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum Failed {
    /// The service said no.
    Refused(Box<AppError>),
    /// Nobody answers there, or it stopped answering.
    Unreachable { place: String, why: String },
    /// Something that is no service answered.
    Strange { place: String, why: String },
    /// Wrong on this side; one or more lines that read alone.
    Here(String),
    /// A deployment was followed until contact was lost; how it ended is not known.
    Lost(String),
}

impl Failed {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Unreachable { .. } | Self::Strange { .. } | Self::Here(_) => 2,
            Self::Lost(_) => 3,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => {
                write!(f, "{error}")?;
                match error.trouble().detail {
                    Some(detail) => write!(f, "\n{detail}"),
                    None => Ok(()),
                }
            }
            Self::Unreachable { place, why } => write!(
                f,
                "No Pitlane answers at {place}: {why}. Start it with `pitlane serve`, or say where it is with --socket or --server."
            ),
            Self::Strange { place, why } => {
                write!(f, "What answers at {place} is no Pitlane: {why}.")
            }
            Self::Here(words) | Self::Lost(words) => f.write_str(words),
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    /// Scheme and authority.
    base: String,
    /// For people.
    place: String,
    token: Option<String>,
}

impl Client {
    /// Speaks to nobody yet.
    pub fn new(reach: &Reach) -> Result<Self, Failed> {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .redirect(reqwest::redirect::Policy::none());
        let (builder, base, place) = match &reach.server {
            Some(server) => {
                let base = server.trim_end_matches('/').to_owned();
                (builder, base.clone(), base)
            }
            None => {
                let socket = match &reach.socket {
                    Some(socket) => socket.clone(),
                    None => own_socket()?,
                };
                let place = socket.display().to_string();
                let builder = builder.no_proxy().unix_socket(socket);
                (builder, "http://localhost".to_owned(), place)
            }
        };
        let http = builder
            .build()
            .map_err(|error| Failed::Here(format!("No HTTP client could be made: {error}.")))?;
        Ok(Self {
            http,
            base,
            place,
            token: reach.token.clone(),
        })
    }

    /// A request for a path from the root.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Below `/api/v1`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failed> {
        let request = self.request(Method::GET, &format!("/api/v1{path}"));
        self.json(request.timeout(LIMIT)).await
    }

    /// Below `/api/v1`.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failed> {
        let request = self.request(Method::POST, &format!("/api/v1{path}"));
        self.json(request.timeout(LIMIT).json(body)).await
    }

    pub async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failed> {
        let response = self.send(request).await?;
        let bytes = response
            .bytes()
            .await
            .map_err(|error| self.silent(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| Failed::Strange {
            place: self.place.clone(),
            why: format!("its answer could not be read: {error}"),
        })
    }

    /// The answer if it is a good one.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Failed> {
        let response = request.send().await.map_err(|error| self.silent(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.map_err(|error| self.silent(&error))?;
        match serde_json::from_str(&text) {
            Ok(error) => Err(Failed::Refused(Box::new(error))),
            Err(_) => Err(Failed::Strange {
                place: self.place.clone(),
                why: format!("it answers {status}"),
            }),
        }
    }

    /// Where people look at `path`: an address, or a path when it is only known by its socket.
    pub fn shown(&self, path: &str) -> String {
        if self.place == self.base {
            format!("{}{path}", self.base)
        } else {
            path.to_owned()
        }
    }

    pub fn silent(&self, error: &reqwest::Error) -> Failed {
        let mut last: &dyn std::error::Error = error;
        while let Some(source) = last.source() {
            last = source;
        }
        Failed::Unreachable {
            place: self.place.clone(),
            why: last.to_string(),
        }
    }
}

fn own_socket() -> Result<PathBuf, Failed> {
    let is_root = rustix::process::geteuid().is_root();
    let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    default_socket(is_root, runtime_dir.as_deref()).map_err(Failed::Here)
}
