//! A person brings a suite and its secret, has it tried, and rejects what a deployment looks like; then the evidence
//! leaves the house and is checked without us. One lab for all of it.

use super::{
    fixtures::{
        Person,
        action::{choose, fill, give, key, open, press, sign_in, write},
        check::{console_is_clean_but_for, sees, sees_picture, soon, source, text},
        find,
    },
    product::{POOL, Product, put, until},
};
use app::model::deployment::DeploymentState;
use end2end::lab::LabOptions;
use std::fs;

const PASSWORD: &str = "a long enough password";
const PAGE: &str = "/pools/production/shop";
const VISITORS: &str = r#"{"id":"p","version":"2.0","name":"visitors","url":"http://shop.example.test","tests":[
{"id":"t","name":"Look around","commands":[
{"id":"a","command":"open","target":"/","value":""},
{"id":"b","command":"assertElementPresent","target":"linkText=Sign in","value":""}]}],
"suites":[],"urls":[],"plugins":[]}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_brings_a_suite_and_judges_what_it_saw() {
    let options = LabOptions {
        visitors: None,
        ..LabOptions::default()
    };
    let product = Product::start(options).await;
    let suite = fs::read_to_string(product.lab.suite_toml()).unwrap();
    let gated = format!("pictures = {{ on_difference = \"hold-first\" }}\n{suite}");
    fs::write(product.lab.suite_toml(), gated).unwrap();
    product.introduce(&["1.0", "1.1"]).await;
    product.add_user("ann", "admin", PASSWORD).await;
    let ann = Person::arrive(&product.lab, &product.dashboard.url, true).await;
    open(&ann, PAGE).await;
    sign_in(&ann, "ann", PASSWORD).await;
    sees(&ann, "production / shop: all 3 nodes in service").await;

    takes_in_a_recording(&product, &ann).await;
    keeps_a_secret(&product, &ann).await;
    has_the_suite_tried(&ann).await;
    rejects_what_it_looks_like(&product, &ann).await;
    // the bad file was answered with this status
    console_is_clean_but_for(&ann, "409 (Conflict)").await;
    the_evidence_holds_elsewhere(&product).await;
    product.stop().await;
}

async fn takes_in_a_recording(product: &Product, ann: &Person) {
    let page = format!("{PAGE}/suite");
    open(ann, &page).await;
    sees(ann, "2 flows in 1 file").await;
    let broken = VISITORS.replace("\"target\":\"/\"", "\"target\":5");
    fill(ann, "Or paste one", &broken).await;
    press(ann, "Check").await;
    sees(ann, "pasted.side: line 3, column").await;
    sees(ann, "Nothing was changed.").await;
    let field = find::field(ann, "Or paste one").await;
    let kept = field.prop("value").await.unwrap().unwrap();
    assert_eq!(kept.trim(), broken.trim());

    open(ann, &page).await;
    let file = put(&product.lab.folder, "visitors.side", VISITORS.as_bytes());
    give(ann, "Files", &file).await;
    press(ann, "Check").await;
    sees(ann, "Nothing is changed yet").await;
    sees(ann, "Look around").await;
    sees(ann, "2 supported").await;
    press(ann, "Every command").await;
    sees(ann, "assertElementPresent").await;
    press(ann, "Take it in").await;
    sees(ann, "ann took visitors.side into the smoke suite").await;
    sees(ann, "3 flows in 2 files").await;
}

async fn keeps_a_secret(product: &Product, ann: &Person) {
    let secret = product.lab.shop_password.as_str();
    open(ann, "/environments/production").await;
    sees(ann, "From the server's file of secrets").await;
    press(ann, "Set…").await;
    fill(ann, "Value", secret).await;
    press(ann, "Set").await;
    sees(ann, "by ann").await;
    for open_again in [false, true] {
        if open_again {
            open(ann, "/environments/production").await;
            press(ann, "Change…").await;
        }
        sees(ann, "production: suites have all they need").await;
        let shown = text(ann).await.unwrap();
        let (sent, drawn) = source(ann).await;
        for place in [shown, sent, drawn] {
            assert!(place.contains("shop_password"), "{place}");
            assert!(!place.contains(secret), "{place}");
        }
        let field = find::field(ann, "Value").await;
        assert_eq!(field.prop("value").await.unwrap().unwrap(), "");
    }
}

async fn has_the_suite_tried(ann: &Person) {
    open(ann, PAGE).await;
    sees(
        ann,
        "The suite was not tried here outside of a deployment yet.",
    )
    .await;
    choose(ann, "Node", "blue").await;
    press(ann, "Try the suite now").await;
    sees(ann, "Rehearsal").await;
    soon(ann, "the suite passed", async || {
        let shown = text(ann).await?;
        if shown.contains("The suite passed on blue, which runs 1.0: 3 flows.") {
            return Some(());
        }
        ann.browser.refresh().await.ok()?;
        None
    })
    .await;
    sees(ann, "The suite passed on blue, which runs 1.0: 3 flows.").await;
    sees(ann, "Look around").await;
    sees_picture(ann, "1. open /", 1_000).await;
}

async fn rejects_what_it_looks_like(product: &Product, ann: &Person) {
    open(ann, PAGE).await;
    choose(ann, "Release", "1.1").await;
    press(ann, "Deploy to production / shop").await;
    sees(ann, "deployment #1").await;
    until("the roll begins", async || {
        let state = product.record(1).await.state;
        !matches!(state, DeploymentState::Queued | DeploymentState::Preparing)
    })
    .await;
    until("red waits for a review", async || {
        product.record(1).await.state == DeploymentState::Held
    })
    .await;
    open(ann, &format!("{PAGE}/deployments/1/evidence")).await;
    sees(ann, "Held for review").await;
    // by the keyboard alone
    soon(ann, "the form opens", async || {
        key(ann, "r").await;
        let focus = ann.browser.active_element().await.ok()?;
        (focus.attr("name").await.ok()?? == "reason").then_some(())
    })
    .await;
    write(ann, "the mugs have no handles\u{e007}").await;
    sees(ann, "the mugs have no handles").await;
    sees(ann, "by ann on red").await;
    until("red is undone", async || {
        product.record(1).await.state == DeploymentState::Undone
    })
    .await;
    product.expect_serving(["1.0"; 3]).await;
    open(ann, &format!("{PAGE}/deployments/1")).await;
    sees(ann, "ann rejected how step 1 of sign-in").await;
}

async fn the_evidence_holds_elsewhere(product: &Product) {
    let file = product.lab.folder.join("evidence.zip");
    let path = file.to_str().unwrap();
    let said = product
        .say(&["evidence", "export", POOL, "1", "--output", path])
        .await;
    assert_eq!(said.code, 0, "{said:?}");
    let said = product.say(&["evidence", "verify", path]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let whole = "The evidence of production/shop #1 (1.1, undone) is as it was exported";
    assert!(said.out.contains(whole), "{said:?}");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let said = product.say(&["evidence", "verify", path]).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("does not hold"), "{said:?}");
}
