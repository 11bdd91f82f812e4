//! What people do about it.

use super::watch::{Watch, bob, why};
use crate::harness::sample::{ann, name};
use app::{
    error::AppError,
    gateway::Gateway,
    model::{
        access::{Actor, Role},
        environment::Admission,
    },
};
use server::balancer::Wanted;

#[tokio::test]
async fn an_operators_disable_is_reverted_by_a_person_and_on_record() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    let done = watch.revert("red").await.unwrap();
    assert_eq!(done, "bob put red back in front-1: in service.");
    assert_eq!(watch.admission("red").await, Admission::InService);
    assert_eq!(watch.said("red").await, "");
    // the page that follows shows it, although it has just shown the opposite
    assert_eq!(watch.row("red").await.admission, Admission::InService);
    insta::assert_snapshot!(watch.acts().await.join("\n"), @r"
    drift.revert_asked: bob asked to revert red of production/shop in front-1 to in service.
    drift.reverted: bob put red back in front-1: in service.
    ");
    // only what was to be changed was
    let orders = watch.front.fake.orders();
    assert_eq!(orders.len(), 7);
    assert_eq!(orders[6].wanted, Wanted::InService);
    assert!(orders[6].stamp.epoch > orders[5].stamp.epoch);
}

#[tokio::test]
async fn an_adopted_disable_is_expected_from_then_on() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    let done = watch.adopt("red").await.unwrap();
    assert_eq!(
        done,
        "bob adopted on red of production/shop: out of service."
    );
    assert_eq!(watch.said("red").await, "");
    watch.look().await;
    assert_eq!(watch.said("red").await, "");
    assert_eq!(watch.admission("red").await, Admission::Isolated);
    // somebody enables it: that is the difference now, and it is taken back
    watch.disable("red", false);
    watch.look().await;
    assert_eq!(
        watch.said("red").await,
        "front-1 has red in service; it is expected out of service."
    );
    watch.revert("red").await.unwrap();
    assert_eq!(watch.admission("red").await, Admission::Isolated);
    assert_eq!(watch.said("red").await, "");
}

#[tokio::test]
async fn a_revert_never_goes_under_the_floor() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    watch.adopt("red").await.unwrap();
    watch.disable("red", false);
    watch.disable("blue", true);
    watch.look().await;
    insta::assert_snapshot!(why(watch.revert("red").await), @"Taking red out would leave 1 usable node; the floor is 2. Nothing was changed. Bring another node into service, or adopt the difference.");
    assert_eq!(watch.admission("red").await, Admission::InService);
}

#[tokio::test]
async fn a_node_whose_release_is_not_the_proven_one_is_not_put_back() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch
        .shells
        .runs(&name("red"), "20260404000000", &"2".repeat(64));
    watch.look().await;
    let orders = watch.front.fake.orders();
    let flag = watch.order(vec![watch.shown("red").await.remove(0)]);
    let refused = why(watch.gateway.revert(&bob(), &flag).await);
    assert!(
        refused.starts_with("red is not put back into service: only a release that is proven on it may serve. On red `current` points to 1.2"),
        "{refused}"
    );
    // adopted while it served nobody: still unproven
    let release = watch.order(vec![watch.shown("red").await.remove(1)]);
    watch.gateway.adopt(&bob(), &release).await.unwrap();
    let refused = why(watch.revert("red").await);
    assert!(
        refused.contains("was adopted while it was out of service"),
        "{refused}"
    );
    // and a node of which nothing is known
    watch.shells.is_unreachable(&name("red"), true);
    let refused = why(watch.revert("red").await);
    assert!(
        refused.contains("It is not known where `current` points"),
        "{refused}"
    );
    assert_eq!(watch.front.fake.orders(), orders);
}

#[tokio::test]
async fn a_foreign_flag_is_told_and_left_alone() {
    let watch = Watch::deployed().await;
    let red = watch.node("red").app_url.clone();
    watch.front.fake.operator_stops(&red, true);
    watch.look().await;
    let refused = why(watch.revert("red").await);
    assert!(
        refused.starts_with("front-1 took the order, and still has red isolated (stopped)."),
        "{refused}"
    );
    let acts = watch.acts().await;
    assert!(acts[1].starts_with("drift.not_reverted: "), "{acts:?}");
    assert!(watch.said("red").await.contains("out of service"));
}

#[tokio::test]
async fn an_adopted_release_is_what_a_deployment_goes_back_to() {
    let mut watch = Watch::new().await;
    // nobody registered what lies there; it calls itself 0.9
    watch.shells.knows("0.9", &"e".repeat(64));
    for node in ["red", "blue", "green"] {
        watch
            .shells
            .runs(&name(node), "20251212000000", &"e".repeat(64));
    }
    let before = watch.plan("1.1").await.nodes[0].before.clone().unwrap();
    assert_eq!(before.version, None);
    watch.look_first().await;
    let mut all = Vec::new();
    for node in ["red", "blue", "green"] {
        all.extend(watch.shown(node).await);
    }
    let done = watch
        .gateway
        .adopt(&bob(), &watch.order(all))
        .await
        .unwrap();
    assert_eq!(
        done,
        "bob adopted 3 differences of production/shop on red, blue, green."
    );
    assert_eq!(watch.said("red").await, "");
    let row = watch.row("red").await;
    assert_eq!(row.version, Some(name("0.9")));
    assert_eq!(row.adopted.unwrap().0, "bob");
    let before = watch.plan("1.1").await.nodes[0].before.clone().unwrap();
    assert_eq!(before.version, Some(name("0.9")));
    assert_eq!(before.release_dir, name("20251212000000"));
    // a proof that comes later counts more
    watch.ops.deploy("1.1").await;
    watch
        .ops
        .until(app::model::deployment::DeploymentState::Succeeded)
        .await;
    watch.look().await;
    assert_eq!(watch.said("red").await, "");
    assert_eq!(watch.row("red").await.adopted, None);
}

#[tokio::test]
async fn another_release_is_adopted_or_deployed_away_and_never_switched() {
    let watch = Watch::deployed().await;
    watch
        .shells
        .runs(&name("red"), "20260404000000", &"2".repeat(64));
    watch.look().await;
    let refused = why(watch.revert("red").await);
    assert!(
        refused.ends_with("Deploy it: pitlane deploy production/shop 1.1 --nodes red"),
        "{refused}"
    );
    assert_eq!(watch.version("red"), "1.2");
    watch.adopt("red").await.unwrap();
    watch.look().await;
    assert_eq!(watch.said("red").await, "");
    // the old process of another release is another difference
    watch.shells.answers(&name("red"), "1.1");
    watch.look().await;
    assert!(watch.said("red").await.starts_with("red answers as 1.1"));
    watch.adopt("red").await.unwrap();
    watch.look().await;
    assert_eq!(watch.said("red").await, "");
    let before = watch.plan("1.1").await.nodes[0].before.clone().unwrap();
    assert_eq!(
        before.version,
        Some(name("1.1")),
        "an undo expects what was adopted"
    );
}

#[tokio::test]
async fn what_is_no_longer_as_it_was_shown_is_not_acted_upon() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    let order = watch.order(watch.shown("red").await);
    watch.disable("red", false);
    let refused = why(watch.gateway.revert(&bob(), &order).await);
    insta::assert_snapshot!(refused, @"What was shown of red is no longer so. Nothing was changed. No such difference is found on red now. Look again, and decide anew.");
    assert_eq!(watch.said("red").await, "", "the page shows what is");
    watch
        .shells
        .runs(&name("red"), "20260404000000", &"2".repeat(64));
    let refused = why(watch.gateway.adopt(&bob(), &order).await);
    assert!(
        refused.contains("Nothing was changed. On red `current` points to 1.2"),
        "{refused}"
    );
    assert_eq!(watch.acts().await, [""; 0]);
    assert_eq!(watch.front.fake.orders().len(), 6);
}

#[tokio::test]
async fn a_running_deployment_refuses_both() {
    let mut watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    let order = watch.order(watch.shown("red").await);
    watch.ops.kill().await;
    watch.ops.deploy("1.2").await;
    for refused in [
        watch.gateway.adopt(&bob(), &order).await,
        watch.gateway.revert(&bob(), &order).await,
    ] {
        let refused = why(refused);
        assert!(
            refused.starts_with("ann is deploying 1.2 to production/shop"),
            "{refused}"
        );
    }
    assert_eq!(watch.admission("red").await, Admission::Isolated);
}

#[tokio::test]
async fn both_need_a_deployer_and_a_reason() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.look().await;
    let order = watch.order(watch.shown("red").await);
    let viewer = Actor {
        role: Role::Viewer,
        ..ann()
    };
    for refused in [
        watch.gateway.adopt(&viewer, &order).await,
        watch.gateway.revert(&viewer, &order).await,
    ] {
        assert!(
            matches!(refused, Err(AppError::Forbidden(_))),
            "{refused:?}"
        );
    }
    let mut silent = order.clone();
    silent.reason = " ".into();
    assert!(why(watch.gateway.adopt(&bob(), &silent).await).starts_with("A reason is needed."));
    let mut none = order;
    none.shown.clear();
    assert!(why(watch.gateway.revert(&bob(), &none).await).starts_with("No difference is chosen."));
    assert_eq!(watch.acts().await, [""; 0]);
}
