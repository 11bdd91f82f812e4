//! While a node must be out somebody keeps it out, whatever the balancer forgets.

use super::product::{LIMIT, Product, until};
use app::model::deployment::DeploymentState;
use end2end::lab::LabOptions;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_that_puts_the_node_back_is_repaired_and_told() {
    let product = Product::start(LabOptions {
        persist: false,
        ..LabOptions::default()
    })
    .await;
    product.configure(|text| {
        text.replace(
            "balancer = \"web\"",
            "balancer = \"web\"\naccept_no_persist = true",
        )
    });
    // slow to boot, so that red is out for longer than the keeper's period
    product.introduce(&["1.0", "1.5"]).await;
    let before = product.current(0);
    let roll = tokio::spawn(product.roll_with("1.5", &["--nodes", "red"]));
    until("red is being switched", async || {
        product.current(0) != before
    })
    .await;
    assert!(!product.is_in_rotation(0).await);

    tokio::task::block_in_place(|| product.lab.apache.graceful()).unwrap();
    let number = product.active().await.number;
    until("red is taken out again", async || {
        product.record(number).await.reasserted > 0
    })
    .await;
    assert!(!product.is_in_rotation(0).await);

    let rolled = tokio::time::timeout(LIMIT, roll).await.unwrap().unwrap();
    assert_eq!(
        (rolled.code, rolled.record.state),
        (0, DeploymentState::Succeeded),
        "{:#?}",
        rolled.record
    );
    assert!(rolled.record.reasserted >= 1);
    product.expect_serving(["1.5", "1.0", "1.0"]).await;
    product.stop().await;
}
