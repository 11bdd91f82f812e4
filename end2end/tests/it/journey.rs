//! A person deploys in a real browser, with scripts and without.

use super::{
    fixtures::{
        Person,
        action::{choose, fill, follow, mark, open, press, sign_in},
        check::{console_is_clean, sees, sees_picture, text, was_not_reloaded},
    },
    product::Product,
};
use end2end::lab::LabOptions;

const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_deploys_and_watches() {
    let product = Product::start(LabOptions::default()).await;
    product.introduce(&["1.0", "1.1"]).await;
    product.add_user("ann", "deployer", PASSWORD).await;

    with_scripts(&product).await;
    product.expect_serving(["1.1"; 3]).await;
    without_scripts(&product).await;
    product.expect_serving(["1.0"; 3]).await;
    product.expect_no_visitor_lost();
    product.stop().await;
}

async fn with_scripts(product: &Product) {
    let ann = Person::arrive(&product.lab, &product.dashboard.url, true).await;
    open(&ann, "/").await;
    sign_in(&ann, "ann", "a guess").await;
    sees(&ann, "Name or password is wrong.").await;
    sign_in(&ann, "ann", PASSWORD).await;

    sees(&ann, "never deployed from here").await;
    follow(&ann, "production / shop").await;
    sees(&ann, "production / shop: all 3 nodes in service").await;
    choose(&ann, "Release", "1.0").await;
    sees(&ann, "1.0 → 1.0").await;
    choose(&ann, "Release", "1.1").await;
    sees(&ann, "1.0 → 1.1").await;
    fill(&ann, "Reason", "the new colours").await;
    press(&ann, "Deploy to production / shop").await;

    sees(&ann, "deployment #1").await;
    mark(&ann).await;
    sees(&ann, "You are deploying 1.1 to production / shop.").await;
    sees(&ann, "Node 2 of 3").await;
    sees(&ann, "the next ones leave service").await;
    sees(&ann, "1.1 is on all 3 nodes of production / shop").await;
    was_not_reloaded(&ann).await;

    follow(&ann, "expect \"Thank you\" on green").await;
    sees(&ann, "Place an order, 11 of 12, on green with 1.1").await;
    sees_picture(&ann, "expect \"Thank you\": green on 1.1", 1_000).await;

    follow(&ann, "Audit").await;
    fill(&ann, "What", "deployment.started").await;
    press(&ann, "Filter").await;
    sees(&ann, "Reason: the new colours").await;
    let page = text(&ann).await.unwrap();
    assert!(page.contains("ann") && page.contains("1.1"), "{page}");
    assert!(page.contains("production/shop"), "{page}");
    console_is_clean(&ann).await;
}

async fn without_scripts(product: &Product) {
    let ann = Person::arrive(&product.lab, &product.dashboard.url, false).await;
    open(&ann, "/pools/production/shop").await;
    sign_in(&ann, "ann", PASSWORD).await;
    sees(&ann, "production / shop: all 3 nodes in service").await;
    choose(&ann, "Release", "1.0").await;
    press(&ann, "Show the plan for these choices").await;
    sees(&ann, "1.1 → 1.0").await;
    press(&ann, "Deploy to production / shop").await;

    sees(&ann, "deployment #2").await;
    sees(&ann, "Without scripting this page reloads itself").await;
    // it reloads by itself, and shows more each time
    sees(&ann, "Node 2 of 3").await;
    sees(&ann, "1.0 is on all 3 nodes of production / shop").await;
    follow(&ann, "expect \"Thank you\" on red").await;
    sees_picture(&ann, "expect \"Thank you\": red on 1.0", 1_000).await;
    console_is_clean(&ann).await;
}
