//! Between deployments somebody does things by hand, and people are told.

use super::{
    fixtures::{
        Person,
        action::{fill, follow, open, press, sign_in},
        check::sees,
    },
    product::{POOL, Product, Said, until},
};
use app::model::view::NodeRow;
use end2end::lab::LabOptions;

const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_disabled_by_hand_is_found_shown_and_put_back() {
    let product = Product::start_with(LabOptions::default(), "[drift]\nperiod = \"1s\"\n").await;
    product.introduce(&["1.0", "1.1"]).await;

    // what the nodes run is read before anything was deployed, and adopted
    until("all nodes are read", async || {
        let nodes = nodes(&product).await;
        nodes.iter().all(|row| row.version.is_some())
    })
    .await;
    for row in nodes(&product).await {
        let version = row.version.as_ref().map(ToString::to_string);
        assert_eq!(version.as_deref(), Some("1.0"), "{:?}", row.drift);
        let adopted = act(&product, "adopt", row.node.name.as_str()).await;
        assert_eq!(adopted.code, 0, "{adopted:?}");
    }
    let again = act(&product, "adopt", "red").await;
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.words.contains("red is as expected"), "{again:?}");

    // by the command line
    let blue = product.lab.nodes[1].app_url();
    product.manager().set_out(&blue, true).await.unwrap();
    until_told(&product, "out of service; it is expected in service").await;
    let reverted = act(&product, "revert", "blue").await;
    assert_eq!(reverted.code, 0, "{reverted:?}");
    assert!(product.is_in_rotation(1).await);
    assert_eq!(differences(&product).await, 0);

    // by a person at a browser, without a script
    product.add_user("ann", "deployer", PASSWORD).await;
    product.manager().set_out(&blue, true).await.unwrap();
    until_told(&product, "out of service; it is expected in service").await;
    let ann = Person::arrive(&product.lab, &product.dashboard.url, false).await;
    open(&ann, "/").await;
    sign_in(&ann, "ann", PASSWORD).await;
    sees(&ann, "Needs you").await;
    follow(&ann, "Compare: production / shop").await;
    sees(&ann, "has blue out of service; it is expected in service.").await;
    press(&ann, "Revert…").await;
    fill(&ann, "Reason", "somebody forgot it").await;
    press(&ann, "Revert").await;
    sees(&ann, "Done").await;
    sees(&ann, "production / shop: all 3 nodes in service").await;
    assert!(product.is_in_rotation(1).await);

    let said = product.say(&["audit", "--action", "drift."]).await;
    for words in [
        "ann put blue back",
        "root adopted on green",
        "somebody forgot it",
    ] {
        assert!(said.out.contains(words), "{words}: {said:?}");
    }
    product.expect_serving(["1.0"; 3]).await;
    product.expect_no_visitor_lost();
    product.stop().await;
}

async fn act(product: &Product, verb: &str, node: &str) -> Said {
    product
        .say(&[verb, POOL, node, "--reason", "tidying up"])
        .await
}

async fn nodes(product: &Product) -> Vec<NodeRow> {
    let said = product.say(&["nodes", POOL, "--json"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let lines = said.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn differences(product: &Product) -> usize {
    let nodes = nodes(product).await;
    let drifts = nodes.iter().filter_map(|row| row.drift.as_ref());
    drifts.map(|drift| drift.differences.len()).sum()
}

async fn until_told(product: &Product, words: &str) {
    until(words, async || {
        let said = product.say(&["nodes", POOL]).await;
        said.out.contains(words)
    })
    .await;
}
