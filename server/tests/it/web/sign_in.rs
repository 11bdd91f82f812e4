use super::site::{PASSWORD, Site, cookie, location};
use app::model::{access::Role, view::AuditPage};
use http::{StatusCode, header};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn signing_in_opens_the_pages_and_signing_out_closes_them() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let page = ann.get("/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("ann"));

    let stranger = site.stranger().get("/audit?actor=ann").await;
    assert_eq!(location(&stranger), "/sign-in?next=%2Faudit%3Factor%3Dann");

    let out = ann.form("/sign-out", &[]).await;
    assert_eq!(location(&out), "/sign-in");
    let set = out.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("Max-Age=0"), "{set}");
    let again = ann.get("/api/v1/overview").await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);

    let audit = site.owner_of_the_socket().get("/api/v1/audit").await;
    let audit: AuditPage = audit.json().await.unwrap();
    let acts: Vec<_> = audit.entries.iter().map(|entry| &*entry.action).collect();
    assert_eq!(acts, ["session.closed", "session.opened"]);
    assert_eq!(audit.entries[1].from, "127.0.0.1");
}

#[tokio::test]
async fn a_session_is_new_at_every_sign_in_and_the_old_one_ends() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let answer = ann
        .sign_in("ANN", PASSWORD, "https://elsewhere.test/")
        .await;
    assert_eq!(location(&answer), "/", "never to another site");
    assert_eq!(
        ann.get("/api/v1/overview").await.status(),
        StatusCode::UNAUTHORIZED
    );
    let fresh = cookie(&answer);
    let overview = site
        .stranger()
        .request(reqwest::Method::GET, "/api/v1/overview")
        .header(header::COOKIE, fresh);
    assert_eq!(overview.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn ten_wrong_passwords_close_the_door_for_a_name() {
    let site = Site::open().await;
    site.add_user("ann", Role::Admin).await;
    let stranger = site.stranger();
    let wrong = stranger.sign_in("nobody", PASSWORD, "/audit").await;
    assert_eq!(location(&wrong), "/sign-in?error=wrong&next=%2Faudit");
    for _ in 0..10 {
        let wrong = stranger.sign_in("ann", "not the password", "").await;
        assert_eq!(location(&wrong), "/sign-in?error=wrong&next=%2F");
        assert!(!wrong.headers().contains_key(header::SET_COOKIE));
    }
    let limited = stranger.sign_in("ann", PASSWORD, "").await;
    assert_eq!(location(&limited), "/sign-in?error=limited&next=%2F");
}

#[tokio::test]
async fn the_first_admin_is_made_by_the_code_in_a_closed_file() {
    let site = Site::open().await;
    let file = site.service.setup_code.clone().unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let code = std::fs::read_to_string(&file).unwrap();
    let stranger = site.stranger();
    assert_eq!(location(&stranger.get("/").await), "/setup");
    let page = stranger.get("/setup").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(!page.text().await.unwrap().contains(code.trim()));

    let cases = [
        ("guess", "ann", PASSWORD, "/setup?error=code"),
        (code.trim(), "a b", PASSWORD, "/setup?error=name"),
        (code.trim(), "ann", "short", "/setup?error=password"),
        (code.trim(), "ann", PASSWORD, "/"),
        (code.trim(), "eve", PASSWORD, "/sign-in"),
    ];
    for (code, name, password, leads) in cases {
        let fields = [("code", code), ("name", name), ("password", password)];
        assert_eq!(location(&stranger.form("/setup", &fields).await), leads);
    }
    assert!(!file.exists());
    assert_eq!(location(&stranger.get("/setup").await), "/sign-in");
    let answer = stranger.sign_in("ann", PASSWORD, "/").await;
    assert_eq!(location(&answer), "/");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let site = Site::open_with(|config| {
        config.web.public_url = "https://deploy.example.test".parse().unwrap();
    })
    .await;
    site.add_user("ann", Role::Viewer).await;
    let answer = site.stranger().sign_in("ann", PASSWORD, "/").await;
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("__Host-sid="), "{set}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        answer
            .headers()
            .contains_key(header::STRICT_TRANSPORT_SECURITY)
    );
}
