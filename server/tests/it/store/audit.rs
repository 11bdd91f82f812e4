use crate::harness::{Database, database, sample};
use app::model::{access::Actor, view::AuditFilter};
use server::store::{
    audit::{self, Act},
    journal::Verdict,
};

#[tokio::test]
async fn writers_at_once_leave_no_gap_and_one_chain() {
    let Database { pool, .. } = database().await;
    let writers = (0..8).map(|writer| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for number in 0..10 {
                let words = format!("{writer}/{number}");
                let act = Act {
                    action: "test.written",
                    subject: "production/shop",
                    words: &words,
                    ..Default::default()
                };
                // some acts fail after all, and take their entry with them
                let mut tx = pool.begin().await.unwrap();
                audit::append(&mut *tx, &sample::ann(), act).await.unwrap();
                if number % 5 == 4 {
                    tx.rollback().await.unwrap();
                } else {
                    tx.commit().await.unwrap();
                }
            }
        })
    });
    for done in futures::future::join_all(writers).await {
        done.unwrap();
    }
    let verdict = audit::verify(&pool).await.unwrap();
    assert!(
        matches!(verdict, Verdict::Whole { entries: 64, .. }),
        "{verdict:?}"
    );
    let page = audit::page(&pool, &AuditFilter::default(), 100)
        .await
        .unwrap();
    let seqs: Vec<u64> = page.entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=64).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn an_entry_comes_back_as_written_and_pages_follow_each_other() {
    let Database { pool, .. } = database().await;
    for number in 1..=7 {
        let actor = Actor {
            name: if number % 2 == 0 { "ann" } else { "bob" }.into(),
            ..sample::ann()
        };
        let words = format!("Act {number}.");
        let act = Act {
            action: if number < 4 {
                "session.opened"
            } else {
                "release.registered"
            },
            subject: "shop 1.1",
            words: &words,
            reason: Some("because \0 of it"),
            detail: Some(serde_json::json!({"before": null, "after": [1.5, "x"]})),
        };
        assert_eq!(audit::append(&pool, &actor, act).await.unwrap(), number);
    }
    let mut filter = AuditFilter::default();
    let first = audit::page(&pool, &filter, 4).await.unwrap();
    assert_eq!((first.entries.len(), first.more), (4, Some(4)));
    let newest = &first.entries[0];
    assert_eq!(
        (newest.seq, newest.actor.as_str(), newest.from.as_str()),
        (7, "bob", "test")
    );
    assert_eq!(newest.reason.as_deref(), Some("because \u{fffd} of it"));
    assert_eq!(
        newest.detail,
        Some(serde_json::json!({"before": null, "after": [1.5, "x"]}))
    );
    filter.before = first.more;
    let rest = audit::page(&pool, &filter, 4).await.unwrap();
    assert_eq!((rest.entries.len(), rest.more), (3, None));

    let count = async |filter: AuditFilter| {
        audit::page(&pool, &filter, 100)
            .await
            .unwrap()
            .entries
            .len()
    };
    let by = |actor: &str, action: &str| AuditFilter {
        actor: (!actor.is_empty()).then(|| actor.into()),
        action: (!action.is_empty()).then(|| action.into()),
        ..Default::default()
    };
    assert_eq!(count(by("ann", "")).await, 3);
    assert_eq!(count(by("", "session.opened")).await, 3);
    assert_eq!(count(by("", "release.")).await, 4);
    assert_eq!(count(by("ann", "session.")).await, 1);
    assert_eq!(count(by("nobody", "")).await, 0);
}

#[tokio::test]
async fn an_edit_behind_our_back_is_found() {
    let Database { pool, owner, .. } = database().await;
    for words in ["one", "two", "three"] {
        let act = Act {
            action: "a.b",
            words,
            ..Default::default()
        };
        audit::append(&pool, &sample::ann(), act).await.unwrap();
    }
    for edit in [
        "ALTER TABLE audit_entries DISABLE TRIGGER append_only",
        "UPDATE audit_entries SET canon = replace(canon, 'two', 'nil') WHERE seq = 2",
    ] {
        sqlx::query(edit).execute(&owner).await.unwrap();
    }
    let verdict = audit::verify(&pool).await.unwrap();
    assert!(
        matches!(verdict, Verdict::Broken { seq: 2, .. }),
        "{verdict:?}"
    );
}
