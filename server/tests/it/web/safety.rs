use super::site::{PASSWORD, Site};
use app::model::access::Role;
use http::{Method, StatusCode, header};

#[tokio::test]
async fn another_site_cannot_post_in_somebodys_name() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Admin).await;
    let own = format!("http://{}", site.service.address);
    let cases = [
        ("origin", "https://evil.test", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", StatusCode::SEE_OTHER),
        ("origin", own.as_str(), StatusCode::SEE_OTHER),
    ];
    for (name, value, status) in cases {
        let fields = [("name", "ann"), ("password", PASSWORD)];
        let answer = ann
            .request(Method::POST, "/sign-in")
            .header(name, value)
            .form(&fields)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{name}: {value}");
    }
}

#[tokio::test]
async fn scripts_of_a_page_run_by_a_nonce_that_is_never_the_same() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = ann.get("/").await;
        let headers = page.headers().clone();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let (_, rest) = policy.split_once("'nonce-").unwrap();
        let nonce = rest.split('\'').next().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("'wasm-unsafe-eval'"));
        assert!(!policy.contains("script-src 'unsafe-inline'"));
        let fixed = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ];
        for (name, value) in fixed {
            assert_eq!(headers[name], value, "{name}");
        }
        let body = page.text().await.unwrap();
        for script in body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
        }
        assert!(body.contains("<script"), "the page wakes its islands");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn evidence_is_a_picture_or_a_text_to_keep_and_never_a_page() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let page = b"<html><script>alert(1)</script>".as_slice();
    let cases = [
        (page, "text/plain; charset=utf-8", true),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "text/plain; charset=utf-8",
            true,
        ),
        (b"\x89PNG\r\n\x1a\n0000", "image/png", false),
        (b"\xff\xd8\xff\xe0 0000", "image/jpeg", false),
    ];
    for (content, kind, attached) in cases {
        let sha = site.service.web.objects.put(content.into()).await.unwrap();
        let path = app::paths::blob(&sha);
        let answer = ann.get(&path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        assert_eq!(headers[header::CONTENT_TYPE], kind);
        assert_eq!(headers.contains_key(header::CONTENT_DISPOSITION), attached);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("sandbox"), "{policy}");
        assert!(
            headers[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let again = ann
            .request(Method::GET, &path)
            .header(header::IF_NONE_MATCH, &headers[header::ETAG]);
        assert_eq!(
            again.send().await.unwrap().status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(answer.bytes().await.unwrap(), content);
        let stranger = site.stranger().get(&path).await;
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    }
    let climbing = ann.get("/evidence/..%2F..%2Fsetup-code").await;
    assert_eq!(climbing.status(), StatusCode::NOT_FOUND);
}
