//! Whole rolls through the real command line, one after another in one lab: what a team lives through in a day.

/// Refused before anything is written.
mod refused;

/// Releases that work.
mod good;

/// Releases that do not.
mod bad;

/// What is left in the audit history.
mod told;

use super::product::Product;
use end2end::lab::LabOptions;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_deployments_good_and_bad() {
    let mut product = Product::start(LabOptions::default()).await;
    // a release that does not boot is given up sooner
    product.configure(|text| text.replace("limit = \"20 s\"", "limit = \"8 s\""));
    product
        .introduce(&["1.0", "1.1", "1.2", "1.3", "1.4"])
        .await;
    product.lab.prober.as_ref().unwrap().start_over();

    refused::configurations(&product).await;
    refused::artefacts(&product).await;
    bad::nobody_can_sign_in(&product).await;
    bad::does_not_boot(&product).await;
    bad::places_no_order(&product).await;
    let proven = good::all_nodes_in_order_while_others_wait(&product).await;
    bad::undone_with_the_suite_that_proved(&product, proven).await;
    refused::another_host_key(&mut product).await;
    told::every_act(&product).await;
    product.expect_no_visitor_lost();
    product.stop().await;
}
