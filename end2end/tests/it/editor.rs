//! Somebody writes a flow in the browser, sees it run on a node, and makes it part of the suite; without scripts.

use super::{
    fixtures::{
        Person,
        action::{choose, follow, open, press, sign_in},
        check::{console_is_clean, sees, sees_picture, soon},
    },
    product::Product,
};
use end2end::lab::LabOptions;
use fantoccini::{Locator, elements::Element};

const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_writes_a_flow_tries_it_on_a_node_and_saves_it() {
    let product = Product::start(LabOptions::default()).await;
    product.introduce(&["1.0"]).await;
    let args = ["user", "add", "ann", "--role", "admin", "--password-stdin"];
    let line = format!("{PASSWORD}\n");
    product.dashboard.call(&args, &line).await.unwrap();

    let ann = Person::arrive(&product.lab, &product.dashboard.url, false).await;
    open(&ann, "/pools/production/shop/suite").await;
    sign_in(&ann, "ann", PASSWORD).await;
    follow(&ann, "New flow").await;
    type_into(&ann, "//input[@name='name']", "sign-in-only").await;
    type_into(&ann, &row(1, "text"), "/").await;
    pick(&ann, 2, "click").await;
    type_into(&ann, &row(2, "element"), "Sign in here").await;
    press(&ann, "Add a step").await;
    pick(&ann, 3, "expect_text").await;
    type_into(&ann, &row(3, "text"), "Password").await;

    // the second step's words are on no page: the trial leads back to it
    choose(&ann, "on", "red").await;
    pick(&ann, 2, "wait_for").await;
    type_into(&ann, "//input[@name='step_limit']", "1 s").await;
    press(&ann, "Try it now").await;
    sees(&ann, "the draft fails in").await;
    sees_picture(&ann, "1. open /", 1_000).await;
    follow(&ann, "To this step in the editor").await;

    pick(&ann, 2, "click").await;
    type_into(&ann, &row(2, "element"), "Sign in").await;
    press(&ann, "Save draft").await;
    sees(&ann, "Your draft, saved").await;
    press(&ann, "Try it now").await;
    sees(&ann, "The draft passed on red, which runs 1.0.").await;
    sees_picture(&ann, "3. expect", 1_000).await;
    follow(&ann, "Back to the draft").await;

    press(&ann, "Save as revision").await;
    sees(
        &ann,
        "ann added the flow sign-in-only to the smoke suite of production/shop.",
    )
    .await;
    follow(&ann, "Edit the flow sign-in-only").await;
    sees(&ann, "As it is in the suite").await;
    console_is_clean(&ann).await;

    let exported = product
        .say(&["suites", "export", "production/shop", "--format", "toml"])
        .await;
    assert!(
        exported.out.contains("{ click = \"Sign in\" }"),
        "{exported:?}"
    );
    product.stop().await;
}

fn row(number: u32, what: &str) -> String {
    format!("//*[@aria-label='Step {number}: {what}']")
}

async fn found(person: &Person, path: &str) -> Element {
    soon(person, path, async || {
        let element = person.browser.find(Locator::XPath(path)).await.ok()?;
        element.is_displayed().await.ok()?.then_some(element)
    })
    .await
}

async fn type_into(person: &Person, path: &str, text: &str) {
    let field = found(person, path).await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// What a step does, by the word of the form.
async fn pick(person: &Person, number: u32, word: &str) {
    let path = format!(
        "{}/descendant::option[@value='{word}']",
        row(number, "what is done")
    );
    let option = soon(person, &path, async || {
        person.browser.find(Locator::XPath(&path)).await.ok()
    })
    .await;
    option.click().await.unwrap();
}
