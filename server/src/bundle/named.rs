//! Hashes of blobs, wherever they are named: a field that a later version adds is found as well.

use serde_json::Value;
use std::collections::BTreeMap;

/// By hash, the first field that names it: `picture`, `source`, `archive`.
pub type Named = BTreeMap<String, String>;

/// Those in what was noted on the way, and the log of a browser test, passed or failed. What other events name are
/// artefacts and suites, which are no evidence.
pub fn in_event(event: &Value, named: &mut Named) {
    if event["kind"] == "noted" {
        collect("", &event["note"], named);
    }
    let (outcome, log) = (&event["outcome"], "proxy_log");
    for end in [&outcome["proof"], outcome] {
        collect(log, &end[log], named);
    }
}

/// All of them.
pub fn collect(field: &str, value: &Value, named: &mut Named) {
    match value {
        Value::String(text) if is_hash(text) => {
            named
                .entry(text.clone())
                .or_insert_with(|| field.to_owned());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(field, item, named)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(field, value)| collect(field, value, named)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub fn is_hash(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hash_is_found_in_any_field_of_what_was_noted_and_nowhere_else() {
        let (a, b, c) = ("0a".repeat(32), "0b".repeat(32), "0c".repeat(32));
        let mut named = Named::new();
        let note = json!({ "note": "step", "report": { "picture": a, "later": [{ "proof": b }], "url": "x" } });
        in_event(&json!({ "kind": "noted", "note": note }), &mut named);
        in_event(
            &json!({ "kind": "planned", "plan": { "sha256": c } }),
            &mut named,
        );
        let d = "0d".repeat(32);
        let proof = json!({ "proof": "smoked", "sha256": c, "proxy_log": d });
        in_event(
            &json!({ "kind": "finished", "outcome": { "outcome": "passed", "proof": proof } }),
            &mut named,
        );
        let e = "0e".repeat(32);
        let outcome = json!({ "outcome": "failed", "class": "release", "trouble": { "what": c }, "proxy_log": e });
        in_event(
            &json!({ "kind": "finished", "outcome": outcome }),
            &mut named,
        );
        assert_eq!(
            named,
            Named::from([
                (a, "picture".into()),
                (b, "proof".into()),
                (d, "proxy_log".into()),
                (e, "proxy_log".into())
            ])
        );
        assert!(!is_hash(&"0A".repeat(32)) && !is_hash("0a"));
    }
}
