//! The routes. Every answer says which release and which node gave it.

use super::{account, order, release::Release, setting::Settings, template::escaped};
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{collections::HashMap, sync::Arc, time::Duration};

pub struct Shop {
    release: Release,
    node: String,
    pool: PgPool,
    marks: [(&'static str, HeaderValue); 2],
}

impl Shop {
    pub fn new(release: Release, settings: Settings) -> Result<Self, String> {
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| format!("{text:?} cannot be a header"))
        };
        let marks = [
            ("x-release", value(&release.manifest.version)?),
            ("x-node", value(&settings.node)?),
        ];
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy(&settings.database_url)
            .map_err(|_| "DATABASE_URL is no PostgreSQL address".to_owned())?;
        Ok(Self {
            release,
            node: settings.node,
            pool,
            marks,
        })
    }

    fn page(
        &self,
        title: &str,
        person: Option<&str>,
        file: &str,
        values: &[(&str, &str)],
    ) -> Answer {
        let templates = &self.release.templates;
        let account = match person {
            Some(person) => templates.fill("account.html", &[("person", person)])?,
            None => String::new(),
        };
        let body = templates.fill(file, values)?;
        Ok(Html(templates.fill(
            "layout.html",
            &[
                ("title", title),
                ("account", &account),
                ("body", &body),
                ("version", &self.release.manifest.version),
                ("node", &self.node),
            ],
        )?)
        .into_response())
    }

    fn message(&self, status: StatusCode, heading: &str, words: &str) -> Answer {
        let values = [("heading", heading), ("words", words)];
        let page = self.page(heading, None, "message.html", &values)?;
        Ok((status, page).into_response())
    }

    async fn person(&self, headers: &HeaderMap) -> Result<Option<String>, Trouble> {
        Ok(account::signed_in(&self.pool, cookies(headers)).await?)
    }

    fn to_sign_in(&self) -> Answer {
        Ok(Redirect::to(&self.release.manifest.routes.sign_in).into_response())
    }
}

/// What no visitor can put right: a missing template, a database that is away.
struct Trouble(String);

type Answer = Result<Response, Trouble>;
type Here = State<Arc<Shop>>;
type Fields = HashMap<String, String>;

impl From<String> for Trouble {
    fn from(words: String) -> Self {
        Self(words)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self(format!("database: {error}"))
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        eprintln!("error: {}", self.0);
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "something broke; see the log",
        )
            .into_response()
    }
}

pub fn router(shop: Arc<Shop>) -> Router {
    let sign_in_path = shop.release.manifest.routes.sign_in.clone();
    Router::new()
        .route("/", get(home))
        .route(&sign_in_path, get(sign_in_form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/products", get(products))
        .route("/orders/new", get(new_order))
        .route("/orders", post(place_order))
        .route("/orders/{number}", get(thank_you))
        .route("/health", get(health))
        .route("/slow", get(slow))
        .route("/work", get(slow).post(slow))
        .route("/static/{name}", get(asset))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(middleware::from_fn_with_state(shop.clone(), mark))
        .with_state(shop)
}

async fn mark(State(shop): Here, request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &shop.marks {
        response.headers_mut().insert(*name, value.clone());
    }
    response
}

async fn home(State(shop): Here, headers: HeaderMap) -> Answer {
    if shop.person(&headers).await?.is_some() {
        return Ok(Redirect::to("/products").into_response());
    }
    let sign_in = &shop.release.manifest.routes.sign_in;
    shop.page("Mugs and tea", None, "home.html", &[("sign_in", sign_in)])
}

async fn sign_in_form(State(shop): Here) -> Answer {
    sign_in_page(&shop, "")
}

fn sign_in_page(shop: &Shop, notice: &str) -> Answer {
    let sign_in = &shop.release.manifest.routes.sign_in;
    let values = [("sign_in", sign_in.as_str()), ("notice", notice)];
    shop.page("Sign in", None, "sign_in.html", &values)
}

async fn sign_in(State(shop): Here, Form(fields): Form<Fields>) -> Answer {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    match account::sign_in(&shop.pool, field("name"), field("password")).await? {
        Some(token) => {
            let cookie = format!(
                "{}={token}; Path=/; HttpOnly; SameSite=Lax",
                account::COOKIE
            );
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/products")).into_response())
        }
        None => {
            let notice = r#"<p class="notice">Name or password is wrong.</p>"#;
            let page = sign_in_page(&shop, notice)?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
    }
}

async fn sign_out(State(shop): Here, headers: HeaderMap) -> Answer {
    account::sign_out(&shop.pool, cookies(&headers)).await?;
    let cookie = format!("{}=; Path=/; Max-Age=0", account::COOKIE);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

async fn products(State(shop): Here, headers: HeaderMap) -> Answer {
    let Some(person) = shop.person(&headers).await? else {
        return shop.to_sign_in();
    };
    let mut tiles = String::new();
    for product in &shop.release.manifest.products {
        tiles += &shop.release.templates.fill(
            "tile.html",
            &[
                ("name", &product.name),
                ("price", &product.price),
                ("colour", &product.colour),
            ],
        )?;
    }
    let values = [("person", person.as_str()), ("tiles", &tiles)];
    shop.page("Products", Some(&person), "products.html", &values)
}

async fn new_order(State(shop): Here, headers: HeaderMap) -> Answer {
    let Some(person) = shop.person(&headers).await? else {
        return shop.to_sign_in();
    };
    let options: String = shop
        .release
        .manifest
        .products
        .iter()
        .map(|product| format!("<option>{}</option>", escaped(&product.name)))
        .collect();
    let values = [("options", options.as_str())];
    shop.page("New order", Some(&person), "new_order.html", &values)
}

async fn place_order(State(shop): Here, headers: HeaderMap, Form(fields): Form<Fields>) -> Answer {
    let Some(person) = shop.person(&headers).await? else {
        return shop.to_sign_in();
    };
    let known = |name: &&String| {
        let mut products = shop.release.manifest.products.iter();
        products.any(|product| product.name == **name)
    };
    let Some(product) = fields.get("product").filter(known) else {
        eprintln!("order refused: the form names no product we sell");
        return shop.message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This order could not be read",
            "It names no product we sell. Nothing was ordered.",
        );
    };
    let note = fields.get("note").map_or("", String::as_str);
    let number = order::place(&shop.pool, &person, product, note, &shop.node).await?;
    Ok(Redirect::to(&format!("/orders/{number}")).into_response())
}

async fn thank_you(State(shop): Here, headers: HeaderMap, Path(number): Path<i64>) -> Answer {
    let Some(person) = shop.person(&headers).await? else {
        return shop.to_sign_in();
    };
    let Some(order) = order::find(&shop.pool, &person, number).await? else {
        return not_found(State(shop)).await;
    };
    let number = order.number.to_string();
    shop.page(
        "Your order",
        Some(&person),
        "thank_you.html",
        &[
            ("person", &person),
            ("number", &number),
            ("product", &order.product),
            ("note", &order.note),
        ],
    )
}

/// Well means: the database answers within a second.
async fn health(State(shop): Here) -> Response {
    let asked = sqlx::query("select 1").execute(&shop.pool);
    match tokio::time::timeout(Duration::from_secs(1), asked).await {
        Ok(Ok(_)) => "well\n".into_response(),
        Ok(Err(error)) => {
            eprintln!("not well: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database refuses\n").into_response()
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        )
            .into_response(),
    }
}

/// Work that takes as long as asked, ten seconds at most; changes nothing, so a prober may POST to it.
async fn slow(Query(query): Query<Fields>, body: String) -> String {
    let asked = query.get("ms").and_then(|ms| ms.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(u64::min(asked, 10_000))).await;
    format!("done, {} bytes read\n", body.len())
}

async fn asset(State(shop): Here, Path(name): Path<String>) -> Answer {
    let Some(bytes) = shop.release.assets.get(&name) else {
        return not_found(State(shop)).await;
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Ok(([(header::CONTENT_TYPE, kind)], bytes.clone()).into_response())
}

async fn not_found(State(shop): Here) -> Answer {
    shop.message(
        StatusCode::NOT_FOUND,
        "Page not found",
        "There is nothing at this address.",
    )
}

fn cookies(headers: &HeaderMap) -> &str {
    headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
