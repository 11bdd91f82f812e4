//! How nodes were found.

use crate::harness::{database, sample};
use app::model::{
    drift::{Compared, Difference, Running},
    time::Timestamp,
};
use server::store::drift;

#[tokio::test]
async fn a_slow_look_does_not_hide_what_was_found_after_it_began() {
    let database = database().await;
    let pool = sample::pool(&database.pool, "production", 1).await;
    let red = pool.nodes[0].id;
    let found = Compared {
        differences: vec![Difference::Unadopted {
            found: Running {
                release_dir: sample::name("20251111000000"),
                version: None,
            },
            answers: None,
        }],
        ..Compared::default()
    };
    let mut conn = database.pool.acquire().await.unwrap();
    let looks = [
        (2_000, found.clone(), true),
        (1_000, Compared::default(), false),
        (2_000, found.clone(), false),
    ];
    for (at, compared, changes) in looks {
        let changed = drift::save(&mut conn, pool.id, &[(red, compared)], Timestamp(at)).await;
        assert_eq!(!changed.unwrap().is_empty(), changes, "at {at}");
        let states = drift::states(&mut *conn, Some(pool.id)).await.unwrap();
        assert_eq!(states[&red].compared, found);
        assert_eq!(states[&red].seen_at, Timestamp(2_000));
    }
}
