//! Evidence by hash. It is hostile content: shown as a picture where its first bytes say so, else handed out as a
//! text file, and never as a page of ours.

use super::{problem::Problem, session::SignedIn, state::Web};
use crate::{gateway::refusal::broken, objects::ObjectError, store};
use app::{
    error::AppError,
    model::{time::Timestamp, trouble::Trouble},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};

pub async fn evidence(
    State(web): State<Web>,
    _: SignedIn,
    Path(sha): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tag = format!("\"{sha}\"");
    let known = headers.get(header::IF_NONE_MATCH);
    let mut pieces = match web.objects.stream(&sha).await {
        Ok(pieces) => pieces,
        Err(ObjectError::Missing(_) | ObjectError::BadSha(_)) => {
            let removed = store::retention::removed_at(&web.pool, &sha).await;
            if let Some(at) = removed.map_err(|error| Problem(broken(error)))? {
                return Ok(gone(at, &headers));
            }
            return Err(Problem(AppError::NotFound(Trouble::new(
                "There is no such evidence.",
            ))));
        }
        Err(error) => return Err(Problem(broken(error))),
    };
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let first = match pieces.next().await {
        Some(Ok(first)) => first,
        Some(Err(error)) => return Err(Problem(broken(error))),
        None => Default::default(),
    };
    let kind = picture(&first);
    let body = Body::from_stream(stream::iter([Ok(first.clone())]).chain(pieces));
    let mut response = Response::new(body);
    let fixed = response.headers_mut();
    let mut set = |name, value| fixed.insert(name, HeaderValue::from_static(value));
    set(
        header::CONTENT_TYPE,
        kind.unwrap_or("text/plain; charset=utf-8"),
    );
    if kind.is_none() {
        set(
            header::CONTENT_DISPOSITION,
            match is_archive(&first) {
                true => "attachment; filename=\"page.mhtml\"",
                false => "attachment; filename=\"evidence.txt\"",
            },
        );
    }
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(
        header::CONTENT_SECURITY_POLICY,
        "sandbox; default-src 'none'",
    );
    set(
        header::CACHE_CONTROL,
        "private, max-age=31536000, immutable",
    );
    if let Ok(tag) = HeaderValue::try_from(tag) {
        fixed.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Where a picture would be shown, one that says why it is not; else words.
fn gone(at: Timestamp, headers: &HeaderMap) -> Response {
    let full = at.full();
    let day = full.get(..10).unwrap_or_default();
    let shown = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"image/"));
    if !shown {
        let trouble = Trouble::new(format!("This evidence was removed by retention on {day}."))
            .stands("The journal still says what was seen.");
        return (StatusCode::GONE, Json(AppError::NotFound(trouble))).into_response();
    }
    let picture = GONE.replace("{day}", day);
    let fixed = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    (StatusCode::GONE, fixed, picture).into_response()
}

/// In the shape of a browser's window, readable in both lights.
const GONE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 800" width="1280" height="800">
<style>rect{fill:#eef0f4;stroke:#c3cad4}text{fill:#56606e}@media (prefers-color-scheme:dark){rect{fill:#101419;stroke:#3c4654}text{fill:#9ca7b6}}</style>
<rect x="4" y="4" width="1272" height="792" rx="24" stroke-width="6" stroke-dasharray="28 20"/>
<text x="640" y="390" text-anchor="middle" font-family="system-ui,sans-serif" font-size="76">removed by retention</text>
<text x="640" y="490" text-anchor="middle" font-family="system-ui,sans-serif" font-size="76">on {day}</text>
</svg>"##;

/// The picture's type, by its first bytes alone.
fn picture(first: &[u8]) -> Option<&'static str> {
    if first.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if first.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else {
        None
    }
}

/// A page with all it loaded, as browsers save it; it is opened by whoever downloaded it, never by us.
fn is_archive(first: &[u8]) -> bool {
    first.starts_with(b"From: <Saved by ") || first.starts_with(b"MIME-Version: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_page_is_told_by_its_first_line() {
        assert!(is_archive(
            b"From: <Saved by Blink>\r\nSnapshot-Content-Location: x"
        ));
        assert!(is_archive(b"MIME-Version: 1.0"));
        assert!(!is_archive(b"<html>MIME-Version: 1.0"));
        assert!(!is_archive(b""));
    }

    #[test]
    fn only_jpeg_and_png_are_pictures() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"\xff\xd8\xff\xe0....", Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n....", Some("image/png")),
            (b"<svg onload=alert(1)>", None),
            (b"GIF89a", None),
            (b"<html>", None),
            (b"", None),
        ];
        for (bytes, kind) in cases {
            assert_eq!(picture(bytes), *kind);
        }
    }
}
