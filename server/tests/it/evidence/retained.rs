//! What is kept, and what is removed.

use super::page;
use crate::{
    harness::{Database, sample},
    rolling::ops::Ops,
    web::site::{Site, config, start},
};
use app::model::{
    access::Role,
    deployment::DeploymentState,
    evidence::{Review, StepKey, Swept, Verdict},
    ids::DeploymentId,
    journal::{Fact, Note},
    time::Timestamp,
};
use http::{Method, StatusCode, header};
use server::{
    clock::SystemClock,
    config::{EvidenceConfig, objects::ObjectsConfig},
    objects::Objects,
    retention::Sweeper,
    store::{self, releases, reviews},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio_util::bytes::Bytes;

/// #1 brought 1.1 long ago, and #2 brought 1.2, whose page looks otherwise.
struct Past {
    ops: Ops,
    first: DeploymentId,
    old: String,
    new: String,
}

/// Changes deployments behind the back of whoever watches how they change.
async fn unseen(ops: &Ops, change: &str) {
    let mut owner = ops.database.owner.acquire().await.unwrap();
    for sql in [
        "ALTER TABLE deployments DISABLE TRIGGER USER",
        change,
        "ALTER TABLE deployments ENABLE TRIGGER USER",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(&mut *owner)
            .await
            .unwrap();
    }
}

impl Past {
    async fn new() -> Self {
        let mut ops = Ops::new().await;
        ops.browser.look_like(page(100));
        ops.deploy("1.1").await;
        ops.until(DeploymentState::Succeeded).await;
        let first = ops.deployment;
        let old = picture(&ops).await;
        ops.browser.look_like(page(150));
        ops.deploy("1.2").await;
        ops.until(DeploymentState::Succeeded).await;
        let new = picture(&ops).await;
        unseen(
            &ops,
            &format!(
                "UPDATE deployments SET ended_at = ended_at - interval '100 days' WHERE id = '{}'",
                first.0
            ),
        )
        .await;
        Self {
            ops,
            first,
            old,
            new,
        }
    }

    fn objects(&self) -> &Objects {
        &self.ops.ports.objects
    }

    /// A server that keeps one deployment and one day, and waits for nothing.
    fn sweeper(&self) -> Sweeper {
        self.keeping(1, Duration::ZERO)
    }

    fn keeping(&self, keep_deployments: u32, grace: Duration) -> Sweeper {
        let config = EvidenceConfig {
            keep_days: 1,
            keep_deployments,
            grace,
            ..EvidenceConfig::for_testing()
        };
        Sweeper::new(
            self.ops.database.pool.clone(),
            self.objects().clone(),
            Arc::new(SystemClock),
            config,
            "server-1".into(),
        )
    }

    async fn is_there(&self, sha: &str) -> bool {
        self.objects().get(sha).await.unwrap().is_some()
    }
}

async fn picture(ops: &Ops) -> String {
    let events = ops.events().await;
    let found = events.into_iter().find_map(|event| match event.fact {
        Fact::Noted {
            note: Note::Step { report },
            ..
        } => report.picture,
        _ => None,
    });
    found.unwrap()
}

async fn turn(sweeper: &Sweeper) -> Swept {
    sweeper.take_turn(true).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_nobody_needs_is_set_aside_and_later_removed_and_nothing_else() {
    let past = Past::new().await;
    let artefact = past
        .objects()
        .put(Bytes::from_static(b"artefact"))
        .await
        .unwrap();
    let mut release = sample::release(past.ops.inventory.application_id, "0.9");
    release.sha256 = artefact.clone();
    releases::insert(&past.ops.database.pool, &release)
        .await
        .unwrap();
    let sweeper = past.sweeper();

    let would = sweeper.preview().await.unwrap();
    assert_eq!((would.set_aside.objects, would.removed.objects), (1, 0));
    assert_eq!(
        would,
        Swept {
            at: would.at,
            ..sweeper.preview().await.unwrap()
        },
        "it did nothing"
    );

    assert_eq!(turn(&sweeper).await.set_aside.objects, 1);
    assert!(past.is_there(&past.old).await, "set aside, and still found");
    let swept = turn(&sweeper).await;
    assert_eq!((swept.set_aside.objects, swept.removed.objects), (0, 1));
    assert!(!past.is_there(&past.old).await);
    for kept in [&past.new, &artefact] {
        assert!(past.is_there(kept).await, "{kept}");
    }
    let at = store::retention::removed_at(&past.ops.database.pool, &past.old).await;
    assert!(at.unwrap().is_some());
    assert_eq!(turn(&sweeper).await.words(), "nothing to remove");
    // the journal stays
    let whole = store::journal::verify(&past.ops.database.pool, past.first).await;
    assert!(matches!(
        whole.unwrap(),
        store::journal::Verdict::Whole { .. }
    ));
    let storage = sweeper.storage().await.unwrap();
    assert_eq!(storage.last.unwrap().kept.objects, 2);
    let filter = app::model::view::AuditFilter {
        action: Some("evidence.removed".into()),
        ..Default::default()
    };
    let told = store::audit::page(&past.ops.database.pool, &filter, 9)
        .await
        .unwrap();
    assert_eq!(told.entries.len(), 1);
}

#[tokio::test]
async fn what_somebody_needs_is_kept_however_old() {
    // by the count
    let past = Past::new().await;
    let swept = turn(&past.keeping(2, Duration::ZERO)).await;
    assert_eq!(swept.set_aside.objects, 0);
    // too young to judge
    let swept = turn(&past.keeping(1, Duration::from_secs(3_600))).await;
    assert_eq!(swept.set_aside.objects, 0);
    // it runs, or is halted
    let halted = format!(
        "UPDATE deployments SET ended_at = NULL, state = 'halted' WHERE id = '{}'",
        past.first.0
    );
    unseen(&past.ops, &halted).await;
    assert_eq!(turn(&past.sweeper()).await.set_aside.objects, 0);
    assert!(past.is_there(&past.old).await);
}

#[tokio::test]
async fn the_last_good_release_keeps_its_pictures_when_later_ones_failed() {
    let past = Past::new().await;
    let undone = format!(
        "UPDATE deployments SET state = 'undone' WHERE id <> '{}'",
        past.first.0
    );
    unseen(&past.ops, &undone).await;
    assert_eq!(turn(&past.sweeper()).await.set_aside.objects, 0);
}

/// What somebody said of #1's picture.
fn review(past: &Past) -> Review {
    Review {
        id: 0,
        at_step: StepKey {
            flow: sample::name("home"),
            step: 1,
        },
        words: "open /".into(),
        verdict: Verdict::Accepted,
        old: None,
        new: past.old.clone(),
        deployment: 1,
        version: sample::name("1.1"),
        node: sample::name("red"),
        reason: "so".into(),
        by: "ann".into(),
        at: Timestamp(0),
    }
}

#[tokio::test]
async fn what_is_named_again_while_it_is_aside_is_brought_back() {
    let past = Past::new().await;
    let sweeper = past.sweeper();
    assert_eq!(turn(&sweeper).await.set_aside.objects, 1);
    let pool = &past.ops.database.pool;
    reviews::add(pool, past.ops.inventory.id, past.first, &review(&past))
        .await
        .unwrap();
    let swept = turn(&sweeper).await;
    assert_eq!((swept.brought_back, swept.removed.objects), (1, 0));
    let swept = turn(&sweeper).await;
    assert_eq!(swept.words(), "nothing to remove");
    assert!(past.is_there(&past.old).await);
}

#[tokio::test]
async fn what_is_put_again_while_it_is_aside_outlives_what_is_removed() {
    let past = Past::new().await;
    let sweeper = past.sweeper();
    turn(&sweeper).await;
    past.objects().put(page(100).into()).await.unwrap();
    let swept = turn(&sweeper).await;
    // the one aside is removed; the new one begins its own time
    assert_eq!((swept.removed.objects, swept.set_aside.objects), (1, 1));
    assert!(past.is_there(&past.old).await);
}

#[tokio::test]
async fn a_picture_of_a_difference_goes_with_what_it_was_made_of() {
    let past = Past::new().await;
    let comparer = server::evidence::comparer::Comparer::new(
        past.ops.database.pool.clone(),
        past.objects().clone(),
    );
    let wanted = app::model::evidence::Wanted {
        old: past.old.clone(),
        new: past.new.clone(),
        masks: Vec::new(),
    };
    comparer
        .all(&[wanted], Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(
        turn(&past.keeping(2, Duration::ZERO))
            .await
            .set_aside
            .objects,
        0
    );
    assert_eq!(turn(&past.sweeper()).await.set_aside.objects, 2);
}

#[tokio::test]
async fn of_two_servers_one_has_the_turn() {
    let past = Past::new().await;
    let claim = |owner: &'static str, now| {
        let pool = past.ops.database.pool.clone();
        async move {
            let hour = Duration::from_secs(3_600);
            store::retention::claim(&pool, owner, hour, hour, now)
                .await
                .unwrap()
        }
    };
    assert!(claim("one", false).await);
    assert!(
        !claim("two", false).await && !claim("two", true).await,
        "one is at it"
    );
    assert!(past.sweeper().take_turn(true).await.unwrap().is_none());
    store::retention::end(&past.ops.database.pool, "two", None)
        .await
        .unwrap();
    assert!(!claim("two", true).await, "nobody ends another's turn");
    store::retention::end(&past.ops.database.pool, "one", None)
        .await
        .unwrap();
    assert!(!claim("two", false).await, "it is not due yet");
    assert!(claim("two", true).await);
}

#[tokio::test]
async fn in_place_of_a_removed_picture_a_page_says_when_that_was() {
    let past = Past::new().await;
    let sweeper = past.sweeper();
    turn(&sweeper).await;
    turn(&sweeper).await;
    let folder = tempfile::tempdir().unwrap();
    let database = Database {
        pool: past.ops.database.pool.clone(),
        owner: past.ops.database.owner.clone(),
        url: past.ops.database.url.clone(),
        owner_url: past.ops.database.owner_url.clone(),
    };
    let mut config = config(&folder, &database);
    config.objects = ObjectsConfig::Folder(past.objects().place().into());
    let service = start(config).await.unwrap();
    let site = Site {
        service,
        database,
        folder,
    };
    let vic = site.signed_in("vic", Role::Viewer).await;
    let path = format!("/evidence/{}", past.old);
    let image = vic
        .request(Method::GET, &path)
        .header(header::ACCEPT, "image/avif,image/*,*/*;q=0.8");
    let image = image.send().await.unwrap();
    assert_eq!(image.status(), StatusCode::GONE);
    assert_eq!(image.headers()[header::CONTENT_TYPE], "image/svg+xml");
    assert!(image.text().await.unwrap().contains("removed by retention"));
    let words = vic.get(&path).await;
    assert_eq!(words.status(), StatusCode::GONE);
    assert!(
        words
            .text()
            .await
            .unwrap()
            .contains("was removed by retention on 20")
    );
    let never = vic.get(&format!("/evidence/{}", "0f".repeat(32))).await;
    assert_eq!(never.status(), StatusCode::NOT_FOUND);

    let storage = vic
        .get("/api/v1/evidence/storage")
        .await
        .text()
        .await
        .unwrap();
    assert!(storage.contains("\"keep_days\":90"), "{storage}");
    let prune = |dry| serde_json::json!({ "dry_run": dry });
    assert_eq!(
        vic.post("/api/v1/evidence/prune", prune(true))
            .await
            .status(),
        StatusCode::OK
    );
    assert_eq!(
        vic.post("/api/v1/evidence/prune", prune(false))
            .await
            .status(),
        StatusCode::FORBIDDEN
    );
    let page = vic
        .get("/pools/production/shop/deployments/2/evidence")
        .await;
    assert!(page.text().await.unwrap().contains("are kept for 90 days"));
    // an old deployment leaves with what there is of it
    let archive = vic
        .get("/api/v1/pools/production/shop/deployments/1/export")
        .await;
    let bytes = archive.bytes().await.unwrap();
    let sound = server::bundle::verify::verify(std::io::Cursor::new(&bytes[..]), None).unwrap();
    assert_eq!(sound.manifest.missing[0].sha256, past.old);
}

/// Whoever adds a column that may name blobs sees here that `store::retention` must know it.
#[tokio::test]
async fn every_column_that_may_name_a_blob_is_known() {
    let database = crate::harness::database().await;
    let found: Vec<(String,)> = sqlx::query_as(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
            AND (data_type IN ('json', 'jsonb') OR column_name ~ 'sha|hash|picture|heat|blob|object')",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap();
    let found: BTreeSet<String> = found.into_iter().map(|(name,)| name).collect();
    let known = [
        // named: journals of kept deployments, artefacts, reviews, comparisons
        "deployment_events.payload",
        "releases.sha256",
        "reviews.new_sha",
        "reviews.old_sha",
        "comparisons.old_sha",
        "comparisons.new_sha",
        "comparisons.likeness",
        "rehearsals.steps",
        "rehearsals.verdict",
        // hashes of something else, or no hashes
        "applications.recipe",
        "audit_entries.hash",
        "audit_head.hash",
        "balancers.product",
        "blobs_aside.sha256",
        "deployment_events.hash",
        "deployments.head_hash",
        "drift_states.state",
        "pools.policy",
        "pools.probe",
        "rehearsals.draft",
        "retention.outcome",
        "sessions.token_sha256",
        "suite_drafts.draft",
        "suite_revisions.sha256",
        "suite_revisions.suite",
        "tokens.token_sha256",
        "users.password_hash",
        "visitor_reports.report",
    ];
    let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "may they name blobs? {unknown:?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
