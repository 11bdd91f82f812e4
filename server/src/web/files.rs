//! The browser's half: wasm, styles, pictures, from the site folder.

use super::state::Web;
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::{HeaderValue, header};
use tower_http::services::{ServeDir, ServeFile};

/// The tab's icon, one per state of a deployment, and the scripts of single pages; for everybody, as the sign-in page
/// has an icon too.
const PUBLIC: [&str; 5] = [
    "favicon.svg",
    "favicon-work.svg",
    "favicon-done.svg",
    "favicon-fail.svg",
    "evidence.js",
];

pub fn files(web: &Web) -> Router<Web> {
    let folder = ServeDir::new(web.web.site.join("pkg"))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let public = PUBLIC.into_iter().fold(Router::new(), |router, name| {
        router.route_service(&format!("/{name}"), ServeFile::new(web.web.site.join(name)))
    });
    // browsers ask for this one whatever a page says
    let fallback = ServeFile::new(web.web.site.join(PUBLIC[0]));
    public
        .route_service("/favicon.ico", fallback)
        .nest_service("/pkg", folder)
        .layer(from_fn(remember))
}

/// A name with a hash in it never means anything else; other files are asked for again.
async fn remember(request: Request, next: Next) -> Response {
    let hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == http::StatusCode::NOT_MODIFIED {
        let policy = if hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    }
    response
}

/// `pitlane.2f1c9ab04d.wasm`: a part between dots of eight or more hash letters, with a digit.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut parts = name.split('.');
    parts.next();
    parts.any(|part| {
        part.len() >= 8
            && part.bytes().any(|b| b.is_ascii_digit())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_for_ever() {
        let cases = [
            ("/pkg/pitlane.2f1c9ab04d.wasm", true),
            ("/pkg/pitlane.Xo3_9-AbCdEfG.css", true),
            ("/pkg/pitlane.wasm", false),
            ("/pkg/pitlane.module.js", false),
            ("/pkg/2f1c9ab04d", false),
        ];
        for (path, hashed) in cases {
            assert_eq!(has_hash(path), hashed, "{path}");
        }
    }
}
