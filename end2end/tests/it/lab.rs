//! The lab itself: what the journeys stand on must be true first.

use end2end::lab::{
    Lab, LabOptions, control,
    control::Way,
    manager::Manager,
    node::{LabNode, wait_until_well},
    program,
};
use reqwest::{Client, Response, StatusCode};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(60);

fn visitor() -> Client {
    Client::builder()
        .cookie_store(true)
        .no_proxy()
        .timeout(LIMIT)
        .build()
        .unwrap()
}

async fn lab_without_visitors() -> Lab {
    let options = LabOptions {
        visitors: None,
        ..LabOptions::default()
    };
    Lab::start(options).await.unwrap()
}

async fn sign_in(visitor: &Client, base: &str, lab: &Lab) -> Response {
    let fields = [("name", "ann"), ("password", &lab.shop_password)];
    let form = visitor.post(format!("{base}/sign-in")).form(&fields);
    form.send().await.unwrap()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signed_in_on_red_places_an_order_on_blue() {
    let lab = lab_without_visitors().await;
    let manager = Manager::new(&lab.apache.manager_url, "web").unwrap();
    let [red, blue, green] = [0, 1, 2].map(|at| lab.nodes[at].app_url());
    let (visitor, shop) = (visitor(), lab.apache.url.clone());
    manager.set_out(&blue, true).await.unwrap();
    manager.set_out(&green, true).await.unwrap();

    let home = visitor.get(&shop).send().await.unwrap();
    assert_eq!(
        (header(&home, "x-node"), header(&home, "x-release")),
        ("red".into(), "1.0".into())
    );
    let wrong = visitor
        .post(format!("{shop}/sign-in"))
        .form(&[("name", "ann"), ("password", "guess")]);
    assert_eq!(
        wrong.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let products = sign_in(&visitor, &shop, &lab).await;
    assert_eq!(products.url().path(), "/products");
    assert!(products.text().await.unwrap().contains("Welcome, ann"));

    manager.set_out(&blue, false).await.unwrap();
    manager.set_out(&red, true).await.unwrap();
    let order = visitor
        .post(format!("{shop}/orders"))
        .form(&[("product", "Blue mug"), ("note", "for <you>")]);
    let thanks = order.send().await.unwrap();
    assert_eq!(header(&thanks, "x-node"), "blue");
    let page = thanks.text().await.unwrap();
    assert!(
        page.contains("Thank you, ann") && page.contains("for &lt;you&gt;"),
        "{page}"
    );

    let folder = lab.folder.clone();
    lab.stop().await.unwrap();
    assert!(!folder.exists());
}

async fn switched(lab: &Lab, node: &LabNode, version: &str) -> Result<String, String> {
    let artefact = lab.artefact(version).unwrap();
    tokio::task::block_in_place(|| node.switch_to(&artefact)).unwrap();
    let health = format!("{}/health", node.app_url());
    let limit = if version == "1.3" { 2 } else { 60 };
    let well = wait_until_well(&health, Duration::from_secs(limit)).await;
    well.map_err(|_| tokio::task::block_in_place(|| node.svc("output")).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_release_is_good_or_bad_in_its_own_way() {
    let lab = lab_without_visitors().await;
    let node = &lab.nodes[2];
    let url = node.app_url();

    assert_eq!(switched(&lab, node, "1.1").await.unwrap(), "1.1");
    let products = sign_in(&visitor(), &url, &lab).await;
    assert!(products.text().await.unwrap().contains("Green mug"));
    let revision = std::fs::read_to_string(node.deploy_root.join("current/REVISION")).unwrap();
    assert_eq!(revision.trim(), lab.artefact("1.1").unwrap().sha256);

    assert_eq!(switched(&lab, node, "1.2").await.unwrap(), "1.2");
    let home = visitor()
        .get(&url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(home.contains("/account/sign-in"), "{home}");
    assert_eq!(
        sign_in(&visitor(), &url, &lab).await.status(),
        StatusCode::NOT_FOUND
    );

    let words = switched(&lab, node, "1.3").await.unwrap_err();
    assert!(
        words.contains("setting missing: SHOP_PAYMENT_URL"),
        "{words}"
    );
    assert!(!words.contains("postgres://"), "{words}");

    assert_eq!(switched(&lab, node, "1.4").await.unwrap(), "1.4");
    let visitor = visitor();
    assert_eq!(sign_in(&visitor, &url, &lab).await.status(), StatusCode::OK);
    let form = visitor
        .get(format!("{url}/orders/new"))
        .send()
        .await
        .unwrap();
    assert!(form.text().await.unwrap().contains(r#"name="item""#));
    let order = visitor
        .post(format!("{url}/orders"))
        .form(&[("item", "Blue mug")]);
    assert_eq!(
        order.send().await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let begun = Instant::now();
    assert_eq!(switched(&lab, node, "1.5").await.unwrap(), "1.5");
    assert!(begun.elapsed() >= Duration::from_secs(4));
    assert_eq!(switched(&lab, node, "1.6").await.unwrap(), "1.0");
    lab.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visitors_lose_requests_unless_the_node_was_drained() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let all = control::run(&lab).await.unwrap();
    for felt in &all {
        let visitors = felt.report.visitors;
        assert!(visitors.requests >= 50, "{felt:?}");
        assert_eq!(visitors.failed == 0, felt.way == Way::Drained, "{felt:?}");
    }
    assert_eq!(all.len(), 3);

    let prober = lab.prober.as_ref().unwrap();
    let served = reqwest::get(&prober.report_url).await.unwrap();
    let served: app::model::journal::VisitorReport = served.json().await.unwrap();
    assert!(served.requests > 0);
    lab.stop().await.unwrap();
}

#[test]
fn a_killed_lab_leaves_nothing_behind() {
    let mut lab = Command::new(program::find("lab").unwrap())
        .arg("up")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(lab.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let folder = PathBuf::from(told["folder"].as_str().unwrap());
    let list = std::fs::read_to_string(folder.join("processes")).unwrap();
    let groups: Vec<u32> = list
        .lines()
        .filter(|line| !line.starts_with("boot ") && !line.starts_with("owner "))
        .map(|line| line.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(groups.len(), 8, "{list}");

    lab.kill().unwrap();
    lab.wait().unwrap();
    let begun = Instant::now();
    let left = || {
        groups
            .iter()
            .any(|group| !server::guard::process::members(*group).is_empty())
    };
    while left() || folder.exists() {
        assert!(begun.elapsed() < LIMIT, "still there: {list}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
