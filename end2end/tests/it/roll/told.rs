//! Every act of a person is in the audit history, and the history is whole.

use crate::product::{POOL, Product};
use app::model::audit::AuditEntry;

pub async fn every_act(product: &Product) {
    let said = product.say(&["audit", "--json", "--limit", "100"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let entries: Vec<AuditEntry> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |action: &str| {
        let those = entries.iter().filter(|entry| entry.action == action);
        those.count()
    };
    assert_eq!(count("configuration.applied"), 1, "refusals change nothing");
    assert_eq!(count("release.registered"), 5);
    let started: Vec<_> = entries
        .iter()
        .filter(|entry| entry.action == "deployment.started")
        .collect();
    assert!(started.len() >= 5, "{started:?}");
    for entry in &started {
        assert!(entry.subject.starts_with(POOL), "{entry:?}");
        assert!(
            !entry.actor.is_empty() && !entry.from.is_empty(),
            "{entry:?}"
        );
    }
    let newest_first = entries.windows(2).all(|pair| pair[0].seq > pair[1].seq);
    assert!(newest_first);

    let verified = product.say(&["audit", "verify"]).await;
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.out.contains("is whole"), "{verified:?}");
}
