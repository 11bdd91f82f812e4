use super::site::{Site, Visitor, refusal};
use crate::harness::sample;
use app::model::{access::Role, release::Release, view::AuditPage};
use flate2::{Compression, write::GzEncoder};
use http::{Method, StatusCode};
use tar::{Builder, EntryType, Header};

fn archive(fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut builder);
    builder.into_inner().unwrap().finish().unwrap()
}

/// One file, its path written as it stands.
fn with_file(path: &str, content: &str) -> Vec<u8> {
    archive(|builder| {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    })
}

fn with_link(target: &str) -> Vec<u8> {
    archive(|builder| {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "link", target).unwrap();
    })
}

async fn register(visitor: &Visitor, version: &str, artefact: Vec<u8>) -> reqwest::Response {
    let path = format!("/api/v1/applications/shop/releases?version={version}&commit=abc");
    let request = visitor.request(Method::POST, &path).body(artefact);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_version_names_one_artefact_for_ever() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let one = with_file("index.html", "2.0");
    let made = register(&ann, "2.0", one.clone()).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Release = made.json().await.unwrap();
    assert_eq!(
        (made.size, made.commit.as_deref()),
        (one.len() as u64, Some("abc"))
    );
    let kept = site.service.web.objects.get(&made.sha256).await.unwrap();
    assert_eq!(kept.unwrap(), one);

    let again = register(&ann, "2.0", one).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Release>().await.unwrap(), made);
    let other = register(&ann, "2.0", with_file("index.html", "other")).await;
    let other = refusal(other, StatusCode::CONFLICT).await;
    insta::assert_snapshot!(other, @"shop 2.0 is registered already, with another artefact. A release never changes: register this one under a new version.");

    let list = ann.get("/api/v1/applications/shop/releases").await;
    let list: Vec<Release> = list.json().await.unwrap();
    let versions: Vec<_> = list
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    assert_eq!(versions, ["2.0", "1.1"], "newest first");
    let audit = ann.get("/api/v1/audit?action=release.registered").await;
    let audit: AuditPage = audit.json().await.unwrap();
    assert_eq!(audit.entries.len(), 1);
}

#[tokio::test]
async fn what_could_do_harm_is_refused_with_its_reason_and_nothing_is_kept() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let mut cut = with_file("index.html", &"x".repeat(4_000));
    cut.truncate(cut.len() / 2);
    let cases = [
        (b"no archive".to_vec(), "gzip"),
        (with_file("../climbs", "x"), "climbs"),
        (with_link("/etc/passwd"), "link"),
        (archive(|_| {}), "empty"),
        (cut, "damaged"),
    ];
    for (artefact, reason) in cases {
        let words = refusal(register(&ann, "6.6", artefact).await, StatusCode::CONFLICT).await;
        assert!(words.contains(reason), "{words}\nshould say {reason}");
        assert!(words.contains("Nothing was registered."), "{words}");
    }
    let incoming = std::fs::read_dir(site.folder.path().join("incoming")).unwrap();
    assert_eq!(incoming.count(), 0);
    let objects = std::fs::read_dir(site.folder.path().join("objects")).unwrap();
    assert_eq!(objects.count(), 0);
    let none = ann
        .request(Method::POST, "/api/v1/applications/none/releases?version=1")
        .body("");
    assert_eq!(none.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
