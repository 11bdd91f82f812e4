//! Comparisons as facts that are kept.

use super::page;
use crate::harness::{Database, database};
use app::model::evidence::{Difference, Likeness, Rect, Wanted};
use server::{evidence::comparer::Comparer, objects::Objects};
use std::time::Duration;
use tempfile::TempDir;

const PATIENT: Duration = Duration::from_secs(60);

struct Kept {
    database: Database,
    folder: TempDir,
    objects: Objects,
}

impl Kept {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            database: database().await,
            objects: Objects::local(folder.path()).unwrap(),
            folder,
        }
    }

    fn comparer(&self) -> Comparer {
        Comparer::new(self.database.pool.clone(), self.objects.clone())
    }

    /// A white page with a bar of this many pixels' width.
    async fn page(&self, bar: u32) -> String {
        self.objects.put(page(bar).into()).await.unwrap()
    }

    async fn rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM comparisons")
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }
}

fn pair(old: &str, new: &str, masks: &[Rect]) -> Wanted {
    Wanted {
        old: old.to_owned(),
        new: new.to_owned(),
        masks: masks.to_vec(),
    }
}

fn difference(likeness: &Likeness) -> &Difference {
    match likeness {
        Likeness::Differs(difference) => difference,
        other => panic!("differs, but {other:?}"),
    }
}

#[tokio::test]
async fn a_comparison_is_computed_once_and_its_heat_picture_is_kept() {
    let kept = Kept::new().await;
    let (old, new) = (kept.page(100).await, kept.page(150).await);
    let asked = [pair(&old, &new, &[]), pair(&old, &old, &[])];
    let found = kept.comparer().all(&asked, PATIENT).await.unwrap();
    assert_eq!(found[&asked[1]], Likeness::Equal);
    let differs = difference(&found[&asked[0]]);
    assert_eq!(differs.changed, 50 * 20);
    let heat = kept.objects.get(differs.heat.as_ref().unwrap()).await;
    assert!(heat.unwrap().unwrap().starts_with(b"\x89PNG"));

    // neither picture is there any more: it is not computed again, also not by another server
    let empty = tempfile::tempdir().unwrap();
    let other = Comparer::new(
        kept.database.pool.clone(),
        Objects::local(empty.path()).unwrap(),
    );
    assert_eq!(other.all(&asked, PATIENT).await.unwrap(), found);
    assert_eq!(kept.rows().await, 1);
    drop(kept.folder);
}

#[tokio::test]
async fn other_masks_are_another_comparison() {
    let kept = Kept::new().await;
    let (old, new) = (kept.page(100).await, kept.page(150).await);
    let mask = Rect {
        x: 90,
        y: 0,
        width: 80,
        height: 30,
    };
    let (open, masked) = (pair(&old, &new, &[]), pair(&old, &new, &[mask]));
    let asked = [open.clone(), masked.clone()];
    let found = kept.comparer().all(&asked, PATIENT).await.unwrap();
    assert_eq!(difference(&found[&open]).changed, 50 * 20);
    assert_eq!(found[&masked], Likeness::Equal);
    assert_eq!(kept.rows().await, 2);
}

#[tokio::test]
async fn two_servers_may_compute_the_same_at_once() {
    let kept = Kept::new().await;
    let (old, new) = (kept.page(100).await, kept.page(150).await);
    let asked = [pair(&old, &new, &[])];
    let (one, two) = (kept.comparer(), kept.comparer());
    let (one, two) = tokio::join!(one.all(&asked, PATIENT), two.all(&asked, PATIENT));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(kept.rows().await, 1);
}

#[tokio::test]
async fn whoever_has_no_patience_finds_it_done_later() {
    let kept = Kept::new().await;
    let (old, new) = (kept.page(100).await, kept.page(150).await);
    let asked = [pair(&old, &new, &[])];
    let comparer = kept.comparer();
    comparer.all(&asked, Duration::ZERO).await.unwrap();
    let later = tokio::time::timeout(PATIENT, async {
        loop {
            let found = comparer.all(&asked, Duration::ZERO).await.unwrap();
            if !found.is_empty() {
                return found;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(difference(&later.await.unwrap()[&asked[0]]).changed, 1_000);
}

#[tokio::test]
async fn a_picture_that_is_not_there_is_not_remembered_as_such() {
    let kept = Kept::new().await;
    let (old, gone) = (kept.page(100).await, "0d".repeat(32));
    let asked = [pair(&old, &gone, &[])];
    let found = kept.comparer().all(&asked, PATIENT).await.unwrap();
    assert!(matches!(found[&asked[0]], Likeness::Incomparable { .. }));
    assert_eq!(kept.rows().await, 0);
}
