use super::site::{PASSWORD, Site, Visitor, refusal};
use crate::harness::sample;
use app::model::{access::Role, view::AuditPage};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const DEPLOYMENT: &str = "/api/v1/pools/production/shop/deployments";

/// Every door, asked by a stranger, a viewer, a deployer and an admin.
#[tokio::test]
async fn every_door_asks_who_is_there() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let doors = [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/"),
        ("GET", "/sign-in"),
        ("GET", "/audit"),
        ("GET", "/deployments"),
        ("GET", "/pools/production/shop"),
        ("GET", "/pools/production/shop/suite"),
        ("GET", "/pools/production/shop/suite/edit"),
        ("POST", "/pools/production/shop/suite/edit"),
        ("GET", "/pools/production/none"),
        (
            "GET",
            "/pools/production/shop/rehearsals/01a0c000-0000-7000-8000-000000000000",
        ),
        ("POST", "/_fn/rehearse"),
        ("GET", "/nowhere"),
        ("GET", "/api/v1/overview"),
        ("GET", "/api/v1/pools/production/shop"),
        ("GET", "/api/v1/pools/production/none"),
        ("POST", "/api/v1/pools/production/shop/plan"),
        ("POST", "/api/v1/pools/production/shop/deployments"),
        ("GET", "/api/v1/pools/production/shop/deployments/9"),
        ("GET", "/api/v1/pools/production/shop/deployments/9/record"),
        ("POST", "/api/v1/pools/production/shop/deployments/9/abort"),
        ("GET", "/api/v1/deployments"),
        ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/audit/verify"),
        ("POST", "/api/v1/apply"),
        ("GET", "/environments/production"),
        ("GET", "/api/v1/environments/production"),
        ("PUT", "/api/v1/environments/production/secrets/a"),
        ("DELETE", "/api/v1/environments/production/secrets/a"),
        ("PUT", "/api/v1/environments/production/variables/a"),
        ("DELETE", "/api/v1/environments/production/variables/a"),
        ("POST", "/api/v1/secrets/rekey"),
        ("GET", "/api/v1/applications/shop/releases"),
        ("POST", "/api/v1/applications/shop/releases?version=1.1"),
        ("GET", "/api/v1/users"),
        ("POST", "/api/v1/users"),
        ("POST", "/api/v1/users/ann/tokens"),
        ("GET", "/api/v1/nowhere"),
        (
            "GET",
            "/events/deployments/01a0c000-0000-7000-8000-000000000000",
        ),
        ("GET", "/evidence/5a5a"),
    ];
    let askers = [
        site.stranger(),
        site.signed_in("vic", Role::Viewer).await,
        site.signed_in("dan", Role::Deployer).await,
        site.signed_in("ada", Role::Admin).await,
    ];
    let mut table = String::from("stranger viewer deployer admin\n");
    for (method, path) in doors {
        for asker in &askers {
            // an empty body: whoever is let in is then told that it makes no sense
            let mut request = asker.request(method.parse::<Method>().unwrap(), path);
            if path.ends_with("/suite/edit") && method == "POST" {
                request = request.form(&[("name", "a")]);
            }
            let answer = request.send().await.unwrap();
            table += &format!("{} ", answer.status().as_u16());
        }
        table += &format!("{method} {path}\n");
    }
    insta::assert_snapshot!(table, @r"
    stranger viewer deployer admin
    200 200 200 200 GET /healthz
    200 200 200 200 GET /readyz
    303 200 200 200 GET /
    200 200 200 200 GET /sign-in
    303 200 200 200 GET /audit
    303 200 200 200 GET /deployments
    303 200 200 200 GET /pools/production/shop
    303 200 200 200 GET /pools/production/shop/suite
    303 200 200 200 GET /pools/production/shop/suite/edit
    401 403 403 303 POST /pools/production/shop/suite/edit
    303 404 404 404 GET /pools/production/none
    303 404 404 404 GET /pools/production/shop/rehearsals/01a0c000-0000-7000-8000-000000000000
    401 409 409 409 POST /_fn/rehearse
    303 404 404 404 GET /nowhere
    401 200 200 200 GET /api/v1/overview
    401 200 200 200 GET /api/v1/pools/production/shop
    401 404 404 404 GET /api/v1/pools/production/none
    401 409 409 409 POST /api/v1/pools/production/shop/plan
    401 409 409 409 POST /api/v1/pools/production/shop/deployments
    401 404 404 404 GET /api/v1/pools/production/shop/deployments/9
    401 404 404 404 GET /api/v1/pools/production/shop/deployments/9/record
    401 403 404 404 POST /api/v1/pools/production/shop/deployments/9/abort
    401 200 200 200 GET /api/v1/deployments
    401 200 200 200 GET /api/v1/audit
    401 200 200 200 GET /api/v1/audit/verify
    401 403 403 409 POST /api/v1/apply
    303 200 200 200 GET /environments/production
    401 200 200 200 GET /api/v1/environments/production
    401 409 409 409 PUT /api/v1/environments/production/secrets/a
    401 403 403 404 DELETE /api/v1/environments/production/secrets/a
    401 409 409 409 PUT /api/v1/environments/production/variables/a
    401 403 403 404 DELETE /api/v1/environments/production/variables/a
    401 403 403 200 POST /api/v1/secrets/rekey
    401 200 200 200 GET /api/v1/applications/shop/releases
    401 403 409 409 POST /api/v1/applications/shop/releases?version=1.1
    401 403 403 200 GET /api/v1/users
    401 403 403 409 POST /api/v1/users
    401 409 409 409 POST /api/v1/users/ann/tokens
    404 404 404 404 GET /api/v1/nowhere
    401 404 404 404 GET /events/deployments/01a0c000-0000-7000-8000-000000000000
    401 404 404 404 GET /evidence/5a5a
    ");
}

#[tokio::test]
async fn a_viewer_looks_and_a_deployer_deploys() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let viewer = site.signed_in("vic", Role::Viewer).await;
    let order = json!({ "version": "1.1" });
    let no = refusal(
        viewer.post(DEPLOYMENT, order.clone()).await,
        StatusCode::FORBIDDEN,
    )
    .await;
    insta::assert_snapshot!(no, @"You may not do this: this needs the role deployer; vic is viewer. Ask an admin for the role.");
    let deployer = site.signed_in("dan", Role::Deployer).await;
    let yes = deployer.post(DEPLOYMENT, order).await;
    assert_eq!(yes.status(), StatusCode::CREATED);
    let person = json!({ "name": "eve", "role": "admin", "password": PASSWORD });
    let no = deployer.post("/api/v1/users", person).await;
    assert_eq!(no.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_owner_of_the_socket_is_an_admin_under_the_name_the_system_gives() {
    let site = Site::open().await;
    let owner = site.owner_of_the_socket();
    let person = json!({ "name": "ann", "role": "deployer", "password": PASSWORD });
    let added = owner.post("/api/v1/users", person.clone()).await;
    assert_eq!(added.status(), StatusCode::CREATED);
    let twice = refusal(
        owner.post("/api/v1/users", person).await,
        StatusCode::CONFLICT,
    )
    .await;
    assert!(twice.starts_with("There is a user ann already."), "{twice}");
    let weak = json!({ "name": "eve", "role": "viewer", "password": "short" });
    let weak = refusal(
        owner.post("/api/v1/users", weak).await,
        StatusCode::CONFLICT,
    )
    .await;
    assert!(weak.contains("at least 12 characters"), "{weak}");
    let unknown = json!({ "name": "eve", "role": "king", "password": PASSWORD });
    let unknown = owner.post("/api/v1/users", unknown).await;
    assert_eq!(unknown.status(), StatusCode::CONFLICT);

    let audit: AuditPage = owner.get("/api/v1/audit").await.json().await.unwrap();
    let entry = &audit.entries[0];
    assert_eq!(entry.from, "socket");
    assert_eq!(entry.action, "user.added");
    assert!(!entry.actor.is_empty());
    let whole: Value = owner
        .get("/api/v1/audit/verify")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(whole["verdict"], "whole");
    assert_eq!(whole["entries"], 1);
}

#[tokio::test]
async fn a_token_is_its_owner_until_it_is_a_guess() {
    let site = Site::open().await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let path = "/api/v1/users/ann/tokens";
    let token = |visitor: &Visitor, path: &str| {
        visitor
            .request(Method::POST, path)
            .json(&json!({ "name": "ci" }))
    };
    let made = token(&ann, path).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let script = site.with_token(made["token"].as_str().unwrap());
    assert_eq!(
        script.get("/api/v1/overview").await.status(),
        StatusCode::OK
    );
    let guess = site.with_token("guess").get("/api/v1/overview").await;
    assert_eq!(guess.status(), StatusCode::UNAUTHORIZED);
    site.add_user("bob", Role::Admin).await;
    let other = token(&ann, "/api/v1/users/bob/tokens")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
}
