//! Files for a pool's suite, from a form: checked, then taken in. What they are is told on the page that gave them.

use super::{
    form::{self, Unread},
    pages::telling,
    problem::Problem,
    session::SignedIn,
    state::Web,
};
use crate::smoke::import::{Looks, looks, text};
use app::{
    api::told::Told,
    error::AppError,
    gateway::{Gateway, PoolPath, SuiteOrder},
    model::{import::SuiteFile, name::Name, trouble::Trouble},
    pages::suite::Draft,
    paths,
};
use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Path, Request, State, multipart::MultipartError},
    response::Response,
};
use http::{Method, request::Parts};

/// What a form says.
#[derive(Default)]
struct Form {
    files: Vec<SuiteFile>,
    public_url: Option<String>,
    skip: Vec<String>,
    take: bool,
}

pub async fn give(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    Path((environment, application)): Path<(Name, Name)>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut page, body) = request.into_parts();
    let here = paths::suite(&environment, &application);
    let pool = PoolPath {
        environment,
        application,
    };
    let (order, came) = match read(&page, body, &web).await {
        Ok(form) => {
            let order = SuiteOrder {
                pool,
                files: form.files,
                public_url: form.public_url,
                skip: form.skip,
                replace: false,
                dry_run: !form.take,
            };
            let came = web.gateway.import_suite(&actor, &order).await;
            (order, came)
        }
        Err(why) => {
            let order = SuiteOrder {
                pool,
                files: Vec::new(),
                public_url: None,
                skip: Vec::new(),
                replace: false,
                dry_run: true,
            };
            (order, Err(AppError::Refused(why)))
        }
    };
    if let (false, Ok(came)) = (order.dry_run, &came) {
        let told = Told {
            done: true,
            trouble: Trouble::new(came.words.clone()),
        };
        return Ok(telling(&here, &here, &told));
    }
    page.method = Method::GET;
    let draft = Draft { order, came };
    Ok(super::pages::with_draft(&web, draft, Request::from_parts(page, Body::empty())).await)
}

async fn read(page: &Parts, body: Body, web: &Web) -> Result<Form, Trouble> {
    let body = form::read(body, form::LARGEST).await.map_err(unread)?;
    let request = Request::from_parts(page.clone(), Body::from(body));
    let mut parts = Multipart::from_request(request, web)
        .await
        .map_err(|error| Trouble::new("The form was not understood.").detail(error.body_text()))?;
    let mut form = Form::default();
    let mut named = None;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(broken)?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match name.as_str() {
            // a form without a chosen file sends an empty one
            "file" if bytes.is_empty() => {}
            "file" => {
                let name = file
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| "suite".to_owned());
                let text = text(&bytes).map_err(|error| refused(&name, error))?;
                form.files.push(SuiteFile {
                    text: text.to_owned(),
                    name,
                });
            }
            "name" => named = Some(said(&bytes)),
            "text" => {
                let text = text(&bytes).map_err(|error| refused("The text", error))?;
                // as every browser sends a text field's lines
                let text = text.replace("\r\n", "\n");
                if !text.trim().is_empty() {
                    let name = named.take().unwrap_or_else(|| pasted(&text).to_owned());
                    form.files.push(SuiteFile { name, text });
                }
            }
            "public_url" => form.public_url = Some(said(&bytes)).filter(|url| !url.is_empty()),
            "skip" => form.skip.push(said(&bytes)),
            "go" => form.take = said(&bytes) == "take",
            _ => {}
        }
    }
    Ok(form)
}

fn pasted(text: &str) -> &'static str {
    match looks(text) {
        Looks::Side => "pasted.side",
        Looks::Recorder => "pasted.json",
        Looks::Toml | Looks::Other(_) => "pasted.toml",
    }
}

fn refused(name: &str, error: crate::smoke::import::ImportError) -> Trouble {
    Trouble::new(format!("{name}: {error}.")).stands("Nothing was changed.")
}

fn broken(_: MultipartError) -> Trouble {
    unread(Unread::Broken)
}

fn unread(why: Unread) -> Trouble {
    Trouble::new(why.words())
        .stands("Nothing was changed.")
        .remedy("Give fewer or smaller files at once, or use `pitlane suites import`.")
}
