//! Evidence that leaves the house, over HTTP, of real deployments with made-up pages.

use super::{page, two_releases};
use crate::{
    harness::Database,
    rolling::ops::Ops,
    web::site::{Site, Visitor, config, refusal, start},
};
use app::model::{
    access::Role,
    deployment::DeploymentState,
    evidence::{EvidenceView, Proxied},
    view::AuditPage,
};
use clap::Parser;
use http::{Method, StatusCode, header};
use server::{
    bundle::verify::{Sound, verify},
    cli::{self, Cli, Command},
    config::objects::ObjectsConfig,
    smoke::fake::FakeStep,
};
use std::{
    io::{Cursor, Read},
    path::Path,
    process::ExitCode,
};
use zip::ZipArchive;

const API: &str = "/api/v1/pools/production/shop/deployments";

/// A pool that was deployed to, and a service that shows it.
struct House {
    ops: Ops,
    site: Site,
}

impl House {
    async fn new() -> Self {
        Self::over(two_releases().await).await
    }

    async fn over(ops: Ops) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database {
            pool: ops.database.pool.clone(),
            owner: ops.database.owner.clone(),
            url: ops.database.url.clone(),
            owner_url: ops.database.owner_url.clone(),
        };
        let mut config = config(&folder, &database);
        config.objects = ObjectsConfig::Folder(ops.ports.objects.place().into());
        let site = Site {
            service: start(config).await.unwrap(),
            database,
            folder,
        };
        Self { ops, site }
    }

    /// Compared to the end, however busy this machine is.
    async fn compared(&self, visitor: &Visitor, number: u32) {
        loop {
            let path = format!("{API}/{number}/evidence");
            let view: EvidenceView = visitor.get(&path).await.json().await.unwrap();
            if view.tally().comparing == 0 {
                return;
            }
        }
    }

    async fn audit(&self, visitor: &Visitor, action: &str) -> AuditPage {
        let page = visitor.get(&format!("/api/v1/audit?action={action}")).await;
        page.json().await.unwrap()
    }
}

/// `PITLANE_KEEP_EXPORTS=FOLDER` keeps it there.
async fn archive(visitor: &Visitor, path: &str) -> Vec<u8> {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
    let bytes = answer.bytes().await.unwrap().to_vec();
    // for a person to look at
    if let Ok(folder) = std::env::var("PITLANE_KEEP_EXPORTS") {
        let name = format!("{}.zip", sha2_of(&bytes));
        std::fs::write(Path::new(&folder).join(name), &bytes).unwrap();
    }
    bytes
}

fn sha2_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))[..12].to_owned()
}

fn checked(bytes: &[u8]) -> Sound {
    verify(Cursor::new(bytes), None).unwrap()
}

fn text(bytes: &[u8], path: &str) -> String {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test]
async fn a_deployment_leaves_as_one_archive_that_holds_on_its_own() {
    let house = House::new().await;
    let vic = house.site.signed_in("vic", Role::Viewer).await;
    house.compared(&vic, 2).await;
    let bytes = archive(&vic, "/pools/production/shop/deployments/2/evidence.zip").await;
    let sound = checked(&bytes);
    assert_eq!(sound.manifest.exported_by, "vic");
    assert!(sound.vouched_by.is_some() && sound.manifest.missing.is_empty());
    // the new page, the one it was held against, and what differs
    assert_eq!(sound.blobs, 3);

    let index = text(&bytes, "index.html");
    for words in [
        "1.2 looks different at 1 of 1 step.",
        "<b>red</b>",
        "What looks different",
        "default-src 'none'",
    ] {
        assert!(index.contains(words), "{words}\n{index}");
    }
    assert!(
        !index.contains("<script") && !index.contains("http://") && !index.contains("style=\"")
    );
    assert!(text(&bytes, "journal.jsonl").lines().count() as u64 == sound.manifest.events);

    let exported = house.audit(&vic, "evidence.exported").await;
    assert_eq!(
        exported.entries[0].words,
        "vic exported the evidence of deployment production/shop #2."
    );
    let sealed = house.audit(&vic, "evidence.sealed").await;
    let detail = sealed.entries[0].detail.as_ref().unwrap();
    assert_eq!(detail["manifest"], sound.manifest_hash.as_str());
    // that it was exported is in what was exported
    assert!(text(&bytes, "audit.jsonl").contains("vic exported the evidence"));

    // a head that somebody kept before, as the service said it
    let head = &exported.entries[0].hash;
    let kept = verify(Cursor::new(&bytes[..]), Some(head)).unwrap();
    assert_eq!(kept.head, Some(exported.entries[0].seq));
    drop(house.ops);
}

#[tokio::test]
async fn what_a_page_says_is_never_run_by_the_index() {
    let mut ops = Ops::new().await;
    let evil = "</figcaption><script>alert(1)</script><img src=x onerror=alert(2)> \"'&";
    ops.browser
        .on_step(None, "open /", FakeStep::Refused(evil.into()));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Undone).await;
    let house = House::over(ops).await;
    let ann = house.site.signed_in("ann", Role::Admin).await;
    let bytes = archive(&ann, &format!("{API}/1/export")).await;
    checked(&bytes);
    let index = text(&bytes, "index.html");
    assert!(index.contains("&lt;script&gt;alert(1)"), "{index}");
    for run in ["<script", "<img src=x", "\"'&<"] {
        assert!(!index.contains(run), "{run}");
    }
    let mut zip = ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
    for at in 0..zip.len() {
        let name = zip.by_index(at).unwrap().name().unwrap().into_owned();
        let harmless = [".json", ".jsonl", ".txt", ".jpg", ".png"];
        let ending = harmless.iter().any(|ending| name.ends_with(ending));
        assert!(ending || name == "index.html", "{name}");
    }
}

#[tokio::test]
async fn a_deployment_that_runs_is_exported_as_far_as_it_got() {
    let mut ops = Ops::new().await;
    ops.shut_gate_after(8).await;
    ops.deploy("1.1").await;
    ops.until_refused().await;
    let house = House::over(ops).await;
    let ann = house.site.signed_in("ann", Role::Admin).await;
    let sound = checked(&archive(&ann, &format!("{API}/1/export")).await);
    assert_eq!((sound.manifest.events, sound.vouched_by), (8, None));
}

#[tokio::test]
async fn only_who_may_look_takes_evidence_away_and_a_look_at_the_head_takes_none() {
    let house = House::new().await;
    let path = format!("{API}/1/export");
    let stranger = house.site.stranger().get(&path).await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let page = house
        .site
        .stranger()
        .get("/pools/production/shop/deployments/1/evidence.zip")
        .await;
    assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
    let vic = house.site.signed_in("vic", Role::Viewer).await;
    let head = vic.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert!(
        house
            .audit(&vic, "evidence.exported")
            .await
            .entries
            .is_empty()
    );
    let words = refusal(
        vic.get(&format!("{API}/9/export")).await,
        StatusCode::NOT_FOUND,
    )
    .await;
    assert!(words.contains("no deployment #9"), "{words}");
    let page = vic
        .get("/pools/production/shop/deployments/1/evidence")
        .await;
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("/pools/production/shop/deployments/1/evidence.zip")
    );
}

#[tokio::test]
async fn the_command_line_exports_and_checks() {
    let house = House::new().await;
    let socket = house.site.service.web.web.socket.clone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.zip");
    let export = format!(
        "evidence export production/shop 1 -o {} --socket {}",
        file.display(),
        socket.display()
    );
    assert_eq!(ran(&export).await, "0");
    let check = format!("evidence verify {}", file.display());
    assert_eq!(ran(&check).await, "0");
    assert_eq!(
        ran(&format!("{check} --head {}", "0a".repeat(32))).await,
        "1"
    );
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(ran(&check).await, "1");
    assert_eq!(
        ran(&format!(
            "evidence verify {}",
            folder.path().join("none").display()
        ))
        .await,
        "2"
    );
    let nothing = export.replace("shop 1 ", "shop 9 ");
    assert_eq!(ran(&nothing).await, "2");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "no half archive: {left:?}");
}

/// The exit status of a command.
async fn ran(line: &str) -> &'static str {
    let words = ["pitlane"].into_iter().chain(line.split(' '));
    let Command::Client(command) = Cli::try_parse_from(words).unwrap().command else {
        panic!("{line} is no command of a client")
    };
    let code = format!("{:?}", cli::run(*command).await);
    let is = |n: u8| code == format!("{:?}", ExitCode::from(n));
    ["0", "1", "2", "3"]
        .into_iter()
        .find(|n| is(n.parse().unwrap()))
        .unwrap()
}

#[tokio::test]
async fn a_failure_leaves_with_its_reason_first() {
    let mut ops = Ops::new().await;
    ops.browser.look_like(page(100));
    ops.browser.is_proxied();
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.browser.look_like(page(150));
    ops.browser.on_step(None, "open /", FakeStep::Status(404));
    ops.deploy("1.2").await;
    // what it ran before fails as well
    ops.until(DeploymentState::Halted).await;
    let house = House::over(ops).await;
    let ann = house.site.signed_in("ann", Role::Admin).await;
    let bytes = archive(&ann, &format!("{API}/2/export")).await;
    checked(&bytes);
    let index = text(&bytes, "index.html");
    let at = |words: &str| {
        index
            .find(words)
            .unwrap_or_else(|| panic!("{words}\n{index}"))
    };
    assert!(at("Failed: smoke on red") < at("Node by node"));
    assert!(at("Node by node") < at("Connections of the browsers"));
    assert!(at("Connections of the browsers") < at("Audit history"));

    // what the browsers were let through to, whichever way their runs ended
    for (number, words) in [
        (
            1,
            &[
                "red, the new release: passed",
                "blue, the new release: passed",
            ][..],
        ),
        (
            2,
            &[
                "red, the new release: failed",
                "red, the old release, put back: failed",
            ],
        ),
    ] {
        let view = ann.get(&format!("{API}/{number}/evidence")).await;
        let view: EvidenceView = view.json().await.unwrap();
        let runs: Vec<String> = view.proxied.iter().map(Proxied::words).collect();
        assert_eq!(runs[..2], *words);
        let place = format!("/pools/production/shop/deployments/{number}/evidence");
        let page = ann.get(&place).await.text().await.unwrap();
        let bytes = archive(&ann, &format!("{API}/{number}/export")).await;
        for run in &view.proxied {
            let log = text(&bytes, &format!("blobs/{}.txt", run.proxy_log));
            assert!(log.contains("\"asked\":\"open /\""), "{log}");
            let blob = format!("/evidence/{}", run.proxy_log);
            assert!(page.contains(&blob), "{page}");
            assert_eq!(ann.get(&blob).await.text().await.unwrap(), log);
        }
        assert!(text(&bytes, "index.html").contains(words[0]));
    }
}
