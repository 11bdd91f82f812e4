use crate::harness::{Database, database, sample};
use app::model::{
    command::Command,
    deployment::{DeploymentState, NodeRunState, Plan},
    ids::RunId,
    journal::{Fact, Note, Outcome, Proof},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    view::AuditFilter,
};
use server::store::{
    audit, commands, deployments,
    journal::{self, JournalError, Standing, Verdict},
    leases::{self, Claim},
};
use sqlx::PgPool;
use std::time::Duration;

const TTL: Duration = Duration::from_secs(600);
const ROLLING: Standing<'static> = Standing {
    state: DeploymentState::Rolling,
    why: "It rolls.",
    node_state: None,
    done: 0,
};

async fn claimed(pool: &PgPool) -> (Plan, Claim) {
    let shop = sample::pool(pool, "production", 1).await;
    let mut plan = sample::plan(pool, &shop).await;
    let mut conn = pool.acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    let claim = leases::claim(pool, "a", TTL).await.unwrap().unwrap();
    (plan, claim)
}

fn attempt(number: u32) -> Attempt {
    Attempt {
        pass: Pass::Forward,
        work: Work::Stage(Stage::Drain),
        number,
    }
}

fn noted(words: &str) -> Fact {
    Fact::Noted {
        attempt: attempt(1),
        note: Note::Words {
            words: words.into(),
        },
    }
}

fn finished(number: u32) -> Fact {
    Fact::Finished {
        attempt: attempt(number),
        outcome: Outcome::Passed {
            proof: Proof::Drained {
                idle_reads: 3,
                forced: false,
            },
        },
    }
}

async fn whole(pool: &PgPool, plan: &Plan, entries: u64) {
    let verdict = journal::verify(pool, plan.deployment).await.unwrap();
    assert!(
        matches!(verdict, Verdict::Whole { entries: found, .. } if found == entries),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn an_event_comes_back_as_written_and_moves_the_tables_with_it() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let red = plan.nodes[0].node.id;
    let fact = Fact::Started {
        attempt: attempt(1),
        run: RunId::generate(),
        deadline_at: Timestamp(1_795_442_531_123),
    };
    let standing = Standing {
        node_state: Some(NodeRunState::Isolated),
        done: 1,
        why: "Draining `red`: \"3\" open.",
        ..ROLLING
    };
    let written = journal::append(
        &pool,
        claim.deployment,
        claim.epoch,
        Some(red),
        &fact,
        standing,
    )
    .await
    .unwrap();
    assert_eq!((written.seq, written.epoch), (2, claim.epoch));
    assert_eq!((written.node, &written.fact), (Some(red), &fact));
    let read = journal::events(&pool, claim.deployment, 1, 10)
        .await
        .unwrap();
    assert_eq!(read, [written]);

    let line = deployments::line(&pool, claim.deployment)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((line.state, line.done), (DeploymentState::Rolling, 1));
    assert_eq!(line.why, standing.why);
    let runs = deployments::node_runs(&pool, claim.deployment)
        .await
        .unwrap();
    assert_eq!(runs[0], (red, NodeRunState::Isolated));
    assert_eq!(runs[1].1, NodeRunState::Pending);
    whole(&pool, &plan, 2).await;
}

#[tokio::test]
async fn a_stale_owner_writes_nothing() {
    let Database { pool, .. } = database().await;
    let (plan, old) = claimed(&pool).await;
    leases::release(&pool, old).await.unwrap();
    let new = leases::claim(&pool, "b", TTL).await.unwrap().unwrap();
    for epoch in [0, old.epoch, new.epoch + 1] {
        let refused =
            journal::append(&pool, plan.deployment, epoch, None, &noted("late"), ROLLING).await;
        assert!(matches!(refused, Err(JournalError::Fenced)), "{refused:?}");
    }
    journal::append(
        &pool,
        plan.deployment,
        new.epoch,
        None,
        &noted("mine"),
        ROLLING,
    )
    .await
    .unwrap();
    whole(&pool, &plan, 2).await;
}

#[tokio::test]
async fn writers_at_once_leave_no_gap_and_one_chain() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let writers = (0..8).map(|writer| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for number in 0..10 {
                let fact = noted(&format!("{writer}/{number}"));
                journal::append(&pool, claim.deployment, claim.epoch, None, &fact, ROLLING)
                    .await
                    .unwrap();
            }
        })
    });
    for done in futures::future::join_all(writers).await {
        done.unwrap();
    }
    let events = journal::events(&pool, claim.deployment, 0, 1000)
        .await
        .unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=81).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.at));
    whole(&pool, &plan, 81).await;
}

#[tokio::test]
async fn an_attempt_has_one_result() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let append = |node: usize, number| {
        let (pool, fact) = (pool.clone(), finished(number));
        let node = Some(plan.nodes[node].node.id);
        async move { journal::append(&pool, claim.deployment, claim.epoch, node, &fact, ROLLING).await }
    };
    append(0, 1).await.unwrap();
    let again = append(0, 1).await;
    assert!(matches!(again, Err(JournalError::Twice)), "{again:?}");
    append(0, 2).await.unwrap();
    append(1, 1).await.unwrap();
    whole(&pool, &plan, 4).await;
}

#[tokio::test]
async fn nothing_follows_the_end_whose_hash_is_in_the_audit_history() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let ended = Fact::Became {
        state: DeploymentState::Succeeded,
        why: "All three run 1.1.".into(),
    };
    let standing = Standing {
        state: DeploymentState::Succeeded,
        why: "All three run 1.1.",
        node_state: None,
        done: 3,
    };
    journal::append(&pool, claim.deployment, claim.epoch, None, &ended, standing)
        .await
        .unwrap();
    let late = journal::append(&pool, claim.deployment, claim.epoch, None, &ended, standing).await;
    assert!(matches!(late, Err(JournalError::Over)), "{late:?}");
    assert_eq!(leases::owner(&pool, claim.deployment).await.unwrap(), None);

    let Verdict::Whole { head, entries: 2 } =
        journal::verify(&pool, plan.deployment).await.unwrap()
    else {
        panic!("the journal is damaged");
    };
    let page = audit::page(&pool, &AuditFilter::default(), 10)
        .await
        .unwrap();
    let entry = &page.entries[0];
    assert_eq!(
        (entry.action.as_str(), entry.subject.as_str()),
        ("deployment.ended", "production/shop")
    );
    assert_eq!(entry.detail.as_ref().unwrap()["journal_hash"], head);
    assert_eq!(
        entry.words,
        "Deployment production/shop #1 of 1.1 ended: succeeded."
    );
}

#[tokio::test]
async fn the_service_cannot_edit_what_is_written_nor_can_the_owner() {
    let Database { pool, owner, .. } = database().await;
    let (plan, _) = claimed(&pool).await;
    audit::append(
        &pool,
        &sample::ann(),
        audit::Act {
            action: "pool.seen",
            ..Default::default()
        },
    )
    .await
    .unwrap();
    let edits = [
        "UPDATE deployment_events SET canon = replace(canon, 'ann', 'bob')",
        "DELETE FROM deployment_events",
        "TRUNCATE deployment_events CASCADE",
        "UPDATE audit_entries SET hash = ''",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "UPDATE suite_revisions SET text = ''",
        "DELETE FROM releases",
    ];
    for edit in edits {
        let refused = sqlx::query(edit).execute(&pool).await.unwrap_err();
        assert_eq!(state_of(&refused), "42501", "{edit}: {refused}");
        let refused = sqlx::query(edit).execute(&owner).await.unwrap_err();
        assert_eq!(state_of(&refused), "RD009", "{edit}: {refused}");
    }
    let ways_around = [
        "INSERT INTO deployment_events (deployment_id, seq, canon, hash) VALUES (gen_random_uuid(), 1, '{}', '')",
        "INSERT INTO audit_entries (seq, canon, hash) VALUES (9, '{}', '')",
        "UPDATE audit_head SET seq = 0",
        "UPDATE deployments SET state = 'succeeded', ended_at = clock_timestamp()",
        "UPDATE node_runs SET state = 'rejoined'",
        "UPDATE commands SET handled_seq = 1",
        "UPDATE installation SET id = gen_random_uuid()",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "CREATE TABLE mine ()",
    ];
    for way in ways_around {
        let refused = sqlx::query(way).execute(&pool).await.unwrap_err();
        assert_eq!(state_of(&refused), "42501", "{way}: {refused}");
    }
    whole(&pool, &plan, 1).await;
}

#[tokio::test]
async fn a_superusers_edit_is_found() {
    let Database { pool, owner, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    for words in ["a", "b", "c"] {
        journal::append(
            &pool,
            claim.deployment,
            claim.epoch,
            None,
            &noted(words),
            ROLLING,
        )
        .await
        .unwrap();
    }
    sqlx::raw_sql("ALTER TABLE deployment_events DISABLE TRIGGER append_only")
        .execute(&owner)
        .await
        .unwrap();
    let cases = [
        (
            "UPDATE deployment_events SET canon = replace(canon, '\"b\"', '\"x\"') WHERE seq = 3",
            3,
        ),
        ("DELETE FROM deployment_events WHERE seq = 4", 4),
        ("DELETE FROM deployment_events WHERE seq = 2", 2),
    ];
    for (edit, seq) in cases {
        let mut tx = owner.begin().await.unwrap();
        sqlx::query(edit).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let verdict = journal::verify(&pool, plan.deployment).await.unwrap();
        assert!(
            matches!(verdict, Verdict::Broken { seq: found, .. } if found == seq),
            "{edit}: {verdict:?}"
        );
        // as it was, from the copy the first test step left
        sqlx::raw_sql(
            "UPDATE deployment_events SET canon = replace(canon, '\"x\"', '\"b\"') WHERE seq = 3",
        )
        .execute(&owner)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_command_is_answered_once_and_with_its_event() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let id = commands::add(
        &pool,
        plan.deployment,
        &commands::Asked::plain(Command::Abort, "ann"),
    )
    .await
    .unwrap()
    .expect("it has no key");
    let open = commands::open(&pool, plan.deployment).await.unwrap();
    assert_eq!(
        (open.len(), open[0].id, open[0].asked.by.as_str()),
        (1, id, "ann")
    );
    let answer = Fact::Commanded {
        command: Command::Abort,
        by: "ann".into(),
        refused: None,
    };
    let handle = || {
        journal::append_handling(
            &pool,
            plan.deployment,
            claim.epoch,
            id,
            None,
            &answer,
            ROLLING,
        )
    };
    handle().await.unwrap();
    assert_eq!(commands::open(&pool, plan.deployment).await.unwrap(), []);
    assert!(handle().await.is_err());
    whole(&pool, &plan, 2).await;
}

#[tokio::test]
async fn hostile_text_is_kept_without_the_one_character_that_cannot_be() {
    let Database { pool, .. } = database().await;
    let (plan, claim) = claimed(&pool).await;
    let words = "a\0b \\u0000 \"}{ \u{1f600} \u{202e}\n";
    let event = journal::append(
        &pool,
        plan.deployment,
        claim.epoch,
        None,
        &noted(words),
        ROLLING,
    )
    .await
    .unwrap();
    assert_eq!(event.fact, noted(&words.replace('\0', "\u{fffd}")));
    whole(&pool, &plan, 2).await;
}

#[tokio::test]
async fn everybody_is_told_once_it_is_committed() {
    let Database { pool, url, .. } = database().await;
    let mut listener = sqlx::postgres::PgListener::connect(&url).await.unwrap();
    listener.listen(server::store::CHANNEL).await.unwrap();
    let (plan, claim) = claimed(&pool).await;
    journal::append(
        &pool,
        plan.deployment,
        claim.epoch,
        None,
        &noted("x"),
        ROLLING,
    )
    .await
    .unwrap();
    let id = plan.deployment;
    for expected in [
        format!("journal:{id}:1"),
        format!("queued:{id}"),
        format!("journal:{id}:2"),
    ] {
        assert_eq!(listener.recv().await.unwrap().payload(), expected);
    }
}

fn state_of(error: &sqlx::Error) -> String {
    let database = error.as_database_error().expect("the database refused");
    database.code().unwrap_or_default().into_owned()
}
