use crate::fake::{Fake, Scene};
use app::{
    gateway::SharedGateway,
    model::{
        access::{Actor, Role},
        time::Timestamp,
    },
    shell,
};
use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::sync::Arc;
use tower::ServiceExt;

/// Status, where it leads, and the text of one page.
async fn get(scene: Scene, signed_in: bool, path: &str) -> (u16, String, String) {
    let options = LeptosOptions::builder().output_name("pitlane").build();
    let shell_options = options.clone();
    let context = move || {
        let now = Timestamp(1_795_442_531_000);
        let gateway: SharedGateway = Arc::new(Fake::new(scene, now));
        provide_context(gateway);
        provide_context(signed_in.then(|| Actor {
            user: None,
            name: "ann".into(),
            role: Role::Deployer,
            from: "test".into(),
        }));
    };
    let routes = generate_route_list(app::App);
    let router: Router = Router::new()
        .leptos_routes_with_context(&options, routes, context, move || {
            shell(shell_options.clone())
        })
        .with_state(options);
    let request = Request::get(path)
        .header("accept", "text/html")
        .body(Body::empty())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let leads_to = response
        .headers()
        .get("location")
        .map(|l| l.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        leads_to.unwrap_or_default(),
        text(std::str::from_utf8(&body).unwrap()),
    )
}

/// What a person reads: no tags, no properties of islands, blanks joined.
fn text(html: &str) -> String {
    let body = html.split_once("<main").map_or(html, |(_, main)| main);
    let mut said = String::new();
    let mut quote = false;
    let mut tag = true;
    for letter in body.chars() {
        match letter {
            '"' if tag => quote = !quote,
            '<' if !tag => tag = true,
            '>' if tag && !quote => {
                tag = false;
                said.push(' ');
            }
            _ if tag => {}
            _ => said.push(letter),
        }
    }
    let said = said
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&amp;", "&");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_evidence_page_says_what_differs_in_every_view() {
    let page = "/pools/production/shop/deployments/43/evidence";
    let spot = "flow=sign-in&step=1&node=blue";
    let cases = [
        (String::new(), "1.1 looks different at 5 of 9 steps."),
        (String::new(), "1 is accepted."),
        (format!("?{spot}"), "In 1 place, held against 1.0 in #40."),
        (
            format!("?{spot}"),
            "red and green left exactly this picture",
        ),
        (format!("?{spot}&view=slider"), "blue on 1.1"),
        (format!("?{spot}&view=blink"), "in turn"),
        (format!("?{spot}&view=heat"), "240 × 270 at 920, 250"),
        // what is not there is what is most telling
        (
            "?flow=nothing&step=77&node=x&view=upside".into(),
            "Step 1: open /",
        ),
        (
            "?flow=sign-in&step=2&node=red".into(),
            "Nobody could tell it from 1.0 in #40.",
        ),
        (
            "?flow=sign-in&step=4&node=green".into(),
            "The green mug is new.",
        ),
        (
            "?flow=sign-in&step=1&node=red&row=last-good".into(),
            "how the step looks on the old release",
        ),
    ];
    for (query, words) in cases {
        let (status, _, said) = get(Scene::Quiet, true, &format!("{page}{query}")).await;
        assert_eq!(status, 200, "{query}");
        assert!(said.contains(words), "{query}: {words} in {said}");
    }
    let failed = "/pools/production/shop/deployments/41/evidence";
    let (_, _, said) = get(Scene::Quiet, true, failed).await;
    for words in [
        "failed on red at step 3 of 4",
        "Expected the main document below 400",
        "The same flow passed on red (1.0)",
        "so the test itself is sound.",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
}

#[tokio::test]
async fn each_page_says_what_it_is_about() {
    let shop = "/pools/production/shop";
    let cases = [
        (
            Scene::Quiet,
            "/".to_owned(),
            200,
            vec![
                "2 applications",
                "No deployment is running, nothing waits for you.",
                "Lately",
                "Undone",
            ],
        ),
        (
            Scene::Busy,
            "/".to_owned(),
            200,
            vec![
                "One deployment is running, 2 things wait for you.",
                "Needs you",
                "rolling, node 2 of 3",
                "Watch",
            ],
        ),
        (
            Scene::Drift,
            "/".to_owned(),
            200,
            vec![
                "2 things wait for you.",
                "Needs you",
                "Differs production / shop 4 differences on red, blue, green. Compare",
                "Nobody deployed or adopted what stage-1 and stage-2 run here.",
            ],
        ),
        (
            Scene::Drift,
            shop.to_owned(),
            200,
            vec![
                "front has red out of service; it is expected in service.",
                "Adopt… From now on red is expected out of service there.",
                "Revert… The balancer is told to send visitors to red again",
                "Unknown Not known where current points",
                "On blue current points to 1.1 (20261123091704)",
                "Revert to 1.0…",
                "green answers as 0.9;",
            ],
        ),
        (
            Scene::Drift,
            "/pools/staging/shop".to_owned(),
            200,
            vec!["Not adopted Nobody deployed or adopted what red, blue and green run here."],
        ),
        (
            Scene::Busy,
            "/environments/production".to_owned(),
            200,
            vec![
                "Missing card_number Nobody set it: a deployment that needs it is refused.",
                "Used by shop: “Pay”.",
                "Used by shop: “Sign in and order”, “Sign in”.",
                "Locked old_password It was encrypted with the key 3f09c2a1b7d84e60",
                "BASKET_LIMIT 20 by ann",
            ],
        ),
        (
            Scene::Quiet,
            format!("{shop}/rehearsals/00000000-0000-0000-0000-000000000000"),
            200,
            vec![
                "The suite passed on red, which runs 1.0: 2 flows.",
                "by the pool's schedule",
            ],
        ),
        (
            Scene::Busy,
            format!("{shop}/rehearsals/00000000-0000-0000-0000-000000000000"),
            200,
            vec!["The suite failed on red", "found no field labelled"],
        ),
        (
            Scene::Empty,
            "/".to_owned(),
            200,
            vec!["Nothing is set up yet", "pitlane apply shop.toml"],
        ),
        (
            Scene::Quiet,
            shop.to_owned(),
            200,
            vec![
                "all 3 nodes in service",
                "1.2, registered",
                "What will happen",
                "exactly the floor",
                "Deploy to production / shop",
            ],
        ),
        (
            Scene::Busy,
            shop.to_owned(),
            200,
            vec!["ann is deploying 1.1 here, #42. Wait until it is over, or abort it."],
        ),
        (
            Scene::Quiet,
            format!("{shop}?version=1.0&nodes=red&refused=1"),
            200,
            vec!["Cannot start", "Every chosen node runs 1.0 already."],
        ),
        (
            Scene::Quiet,
            "/pools/production/new".to_owned(),
            200,
            vec!["No release is registered yet", "pitlane releases add new"],
        ),
        (
            Scene::Quiet,
            "/pools/production/nothing".to_owned(),
            404,
            vec!["There is no pool production/nothing."],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/42"),
            200,
            vec![
                "You are deploying 1.1 to production / shop.",
                "Node 2 of 3",
                "Abort and put blue back",
                "Smoke, step 3 of 5",
                "2 flows, 9 steps",
                "0 of 350 requests failed",
                "prepared, next",
            ],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/42?node=red"),
            200,
            vec!["Output of red"],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/41"),
            200,
            vec![
                "1.2 failed on red at \"Sign in\".",
                "red is back on 1.0",
                "blue and green were not touched.",
                "The release failed: red, smoke",
                "Mend the release",
                "failed on red at step 3 of 4",
            ],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/44"),
            200,
            vec![
                "is halted and waits for a person.",
                "Set right",
                "Its configuration was reloaded",
            ],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/99"),
            404,
            vec!["There is no deployment #99 here."],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/41/pictures/red/forward/sign-in/3"),
            200,
            vec![
                "Step 3: click \"Sign in\"",
                "the main document answered 404",
                "The same step elsewhere",
                "Failed requests, 1",
                "127.0.0.11:9000",
            ],
        ),
        (
            Scene::Quiet,
            format!("{shop}/deployments/41/pictures/red/forward/sign-in/4"),
            404,
            vec!["There is no such picture."],
        ),
        (
            Scene::Quiet,
            "/deployments".to_owned(),
            200,
            vec!["production / shop #41"],
        ),
        (
            Scene::Empty,
            "/deployments".to_owned(),
            200,
            vec!["Nothing was deployed from here yet"],
        ),
        (
            Scene::Quiet,
            "/audit".to_owned(),
            200,
            vec![
                "ann started #42: shop 1.1 to production.",
                "Reason: Mugs in blue",
                "Older entries",
            ],
        ),
        (
            Scene::Quiet,
            "/audit?actor=carl".to_owned(),
            200,
            vec!["No entry matches."],
        ),
        (
            Scene::Quiet,
            "/sign-in?error=wrong".to_owned(),
            200,
            vec!["Name or password is wrong."],
        ),
        (
            Scene::Quiet,
            "/setup?error=code".to_owned(),
            200,
            vec!["Make the first admin", "That is not the code."],
        ),
    ];
    for (scene, path, status, sentences) in cases {
        let (answered, _, said) = get(scene, true, &path).await;
        assert_eq!(answered, status, "{path}");
        for sentence in sentences {
            assert!(
                said.contains(sentence),
                "{path} does not say `{sentence}`:\n{said}"
            );
        }
    }
}

#[tokio::test]
async fn who_is_signed_out_is_led_to_the_door_and_back() {
    for path in [
        "/",
        "/audit?actor=ann",
        "/pools/production/shop/deployments/42",
    ] {
        let (status, leads_to, _) = get(Scene::Quiet, false, path).await;
        let next = path.replace('?', "%3F").replace('=', "%3D");
        assert_eq!((status, leads_to), (302, format!("/sign-in?next={next}")));
    }
}
