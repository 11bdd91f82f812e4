//! Variables and secrets over HTTP: the environment's page, its forms, and the API. No value ever comes back.

use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{
    access::Role,
    values::{EnvironmentView, SecretState},
    view::AuditPage,
};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::{smoke::suite, store::suites};
use sqlx::Row;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing_subscriber::fmt::MakeWriter;

const PLACE: &str = "/api/v1/environments/production";
const VALUE: &str = "correct horse battery staple";

async fn put(visitor: &Visitor, path: &str, body: Value) -> reqwest::Response {
    let request = visitor.request(Method::PUT, &format!("{PLACE}{path}"));
    request.json(&body).send().await.unwrap()
}

async fn delete(visitor: &Visitor, path: &str) -> reqwest::Response {
    let request = visitor.request(Method::DELETE, &format!("{PLACE}{path}"));
    request.send().await.unwrap()
}

async fn view(visitor: &Visitor) -> EnvironmentView {
    visitor.get(PLACE).await.json().await.unwrap()
}

/// A pool whose suite types `shop_password`.
async fn shop(site: &Site) {
    let pool = sample::pool(site.pool(), "production", 1).await;
    let text = "public_url = \"http://shop.example.test\"\n[[flow]]\nname = \"in\"\ntitle = \"Sign in\"\n\
        steps = [{ open = \"/\" }, { fill = \"Password\", secret = \"shop_password\" }]\n";
    let mut conn = site.pool().acquire().await.unwrap();
    let parsed = suite::parse(text).unwrap();
    suites::set(&mut conn, pool.id, text, &parsed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_back() {
    let site = Site::open().await;
    shop(&site).await;
    let ada = site.signed_in("ada", Role::Admin).await;
    let missing = view(&ada).await;
    assert_eq!(missing.secrets[0].state, SecretState::Missing);
    assert_eq!(missing.secrets[0].used_by[0].flow, "Sign in");

    let set = put(&ada, "/secrets/shop_password", json!({ "value": VALUE })).await;
    assert_eq!(set.status(), StatusCode::OK);
    let said = set.text().await.unwrap();
    assert_eq!(
        said,
        r#"{"words":"ada set the secret shop_password of production."}"#
    );
    let again = put(&ada, "/secrets/shop_password", json!({ "value": VALUE })).await;
    assert!(
        again
            .text()
            .await
            .unwrap()
            .contains("ada changed the secret")
    );
    let lines = view(&ada).await.secrets;
    assert!(
        matches!(&lines[0].state, SecretState::Set { set_by, .. } if set_by == "ada"),
        "{lines:?}"
    );
    for path in [
        PLACE,
        "/environments/production",
        "/pools/production/shop",
        "/audit",
        "/api/v1/audit",
        "/api/v1/overview",
    ] {
        let text = ada.get(path).await.text().await.unwrap();
        assert!(text.contains("production"), "{path}");
        assert!(!text.contains("horse"), "{path}");
    }
    let removed = delete(&ada, "/secrets/shop_password").await;
    assert_eq!(removed.status(), StatusCode::OK);
    let gone = delete(&ada, "/secrets/shop_password").await;
    let gone = refusal(gone, StatusCode::NOT_FOUND).await;
    assert_eq!(gone, "production has no secret shop_password.");
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_without_being_repeated() {
    let site = Site::open().await;
    shop(&site).await;
    let ada = site.signed_in("ada", Role::Admin).await;
    let short = put(&ada, "/secrets/a", json!({ "value": "pin" })).await;
    let short = refusal(short, StatusCode::CONFLICT).await;
    insta::assert_snapshot!(short, @"A secret has at least 4 characters, a shorter one could not be masked. Nothing was changed.");
    let strange = put(&ada, "/secrets/a", json!({ "valeu": "hunter2" })).await;
    let strange = strange.text().await.unwrap();
    assert!(!strange.contains("hunter2"), "{strange}");
    let name = put(&ada, "/secrets/1st", json!({ "value": "hunter2" })).await;
    let name = refusal(name, StatusCode::CONFLICT).await;
    assert!(name.starts_with("`1st` is no usable name"), "{name}");
    let nowhere = ada
        .request(Method::PUT, "/api/v1/environments/none/secrets/a")
        .json(&json!({ "value": "hunter2" }))
        .send()
        .await
        .unwrap();
    let nowhere = refusal(nowhere, StatusCode::NOT_FOUND).await;
    assert!(
        nowhere.starts_with("There is no environment none."),
        "{nowhere}"
    );
}

#[tokio::test]
async fn only_an_admin_sets_and_each_act_is_in_the_history() {
    let site = Site::open().await;
    shop(&site).await;
    let dan = site.signed_in("dan", Role::Deployer).await;
    for path in ["/secrets/a", "/variables/a"] {
        let no = put(&dan, path, json!({ "value": "hunter2" })).await;
        assert_eq!(no.status(), StatusCode::FORBIDDEN);
        assert_eq!(delete(&dan, path).await.status(), StatusCode::FORBIDDEN);
    }
    assert!(view(&dan).await.refused.is_some());
    let ada = site.signed_in("ada", Role::Admin).await;
    for value in ["de", "de", "fr"] {
        let set = put(&ada, "/variables/LANG", json!({ "value": value })).await;
        assert_eq!(set.status(), StatusCode::OK);
    }
    put(&ada, "/secrets/a", json!({ "value": VALUE })).await;
    delete(&ada, "/variables/LANG").await;
    let audit: AuditPage = ada.get("/api/v1/audit").await.json().await.unwrap();
    let lines: Vec<_> = audit
        .entries
        .iter()
        .filter(|entry| entry.subject == "environment production")
        .map(|entry| format!("{}: {}", entry.action, entry.words))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    variable.removed: ada removed the variable LANG of production.
    secret.set: ada set the secret a of production.
    variable.changed: ada changed the variable LANG of production.
    variable.set: ada set the variable LANG of production.
    ");
}

#[tokio::test]
async fn the_plain_forms_work_and_say_what_came_of_them() {
    let site = Site::open().await;
    shop(&site).await;
    let ada = site.signed_in("ada", Role::Admin).await;
    let send = async |form: &str, fields: &[(&str, &str)]| {
        let request = ada.request(Method::POST, &format!("/_fn/{form}"));
        let answer = request.header(header::ACCEPT, "text/html").form(fields);
        let answer = answer.send().await.unwrap();
        assert_eq!(location(&answer), "/environments/production");
        let told = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        let told = told.split(';').next().unwrap().to_owned();
        let page = ada.with_cookie(&told).get("/environments/production").await;
        page.text().await.unwrap()
    };
    let place = ("environment", "production");
    let name = ("name", "shop_password");
    let page = send("set-secret", &[place, name, ("value", VALUE)]).await;
    assert!(
        page.contains("ada set the secret shop_password of production."),
        "{page}"
    );
    assert!(
        page.contains("type=\"password\"") && !page.contains("horse"),
        "{page}"
    );
    let page = send("set-variable", &[place, ("name", "LANG"), ("value", "a<b")]).await;
    assert!(page.contains("a&lt;b"), "{page}");
    let page = send("remove-variable", &[place, ("name", "LANG")]).await;
    assert!(!page.contains("a&lt;b"), "{page}");
    let page = send("remove-secret", &[place, name]).await;
    assert!(page.contains("a secret is missing"), "{page}");
}

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_the_database_nor_the_log_holds_a_value() {
    let lines = Lines::default();
    let logged = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .finish();
    let _logged = tracing::subscriber::set_default(logged);
    let site = Site::open().await;
    shop(&site).await;
    let ada = site.signed_in("ada", Role::Admin).await;
    let form = [
        ("environment", "production"),
        ("name", "b"),
        ("value", VALUE),
    ];
    ada.form("/_fn/set-secret", &form).await;
    let set = put(&ada, "/secrets/shop_password", json!({ "value": VALUE })).await;
    assert_eq!(set.status(), StatusCode::OK);
    put(
        &ada,
        "/variables/SEEN",
        json!({ "value": "a value that is seen" }),
    )
    .await;
    let rekeyed = ada.post("/api/v1/secrets/rekey", json!({})).await;
    assert_eq!(rekeyed.status(), StatusCode::OK);

    let owner = &site.database.owner;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let sql = format!("SELECT t::text FROM \"{table}\" t");
        for row in sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(owner)
            .await
            .unwrap()
        {
            dump += &format!("{table} {}\n", row.get::<String, _>(0));
        }
    }
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    // the search itself works
    assert!(dump.contains("a value that is seen") && dump.contains("shop_password"));
    assert!(log.contains("DEBUG"), "{log}");
    let spelled = [
        VALUE.to_owned(),
        hex::encode(VALUE),
        VALUE.replace(' ', "+"),
        VALUE.replace(' ', "%20"),
    ];
    for value in spelled {
        assert!(!dump.contains(&value) && !log.contains(&value), "{value}");
    }
    let key = std::fs::read_to_string(site.folder.path().join("secrets.key")).unwrap();
    assert!(!dump.contains(key.trim()) && !log.contains(key.trim()));
}
