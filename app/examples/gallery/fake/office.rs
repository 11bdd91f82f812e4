//! An environment's values, and the history.

use super::*;

impl Fake {
    pub(super) fn values(&self, actor: &Actor, environment: &Name) -> EnvironmentView {
        let quiet = self.scene == Scene::Quiet;
        let used = |flow: &str| FlowOf {
            application: name("shop"),
            flow: flow.into(),
        };
        let secret = |of: &str, state, used_by| SecretLine {
            name: of.into(),
            state,
            used_by,
        };
        let set = |by: &str, seconds| SecretState::Set {
            set_by: by.into(),
            at: self.ago(seconds),
        };
        let mut secrets = vec![
            secret(
                "admin_token",
                SecretState::InFile,
                vec![used("Look at the dashboard")],
            ),
            secret("old_password", set("bob", 8_000_000), vec![]),
            secret(
                "shop_password",
                set("ann", 7_300),
                vec![used("Sign in and order"), used("Sign in")],
            ),
        ];
        if !quiet {
            let why = "it was encrypted with the key 3f09c2a1b7d84e60, and this server has 91b2e8d04c7f3a55";
            secrets[1].state = SecretState::Locked {
                set_by: "bob".into(),
                at: self.ago(8_000_000),
                why: why.into(),
            };
            secrets.insert(
                1,
                secret("card_number", SecretState::Missing, vec![used("Pay")]),
            );
        }
        let variable = |of: &str, value: &str, seconds| VariableLine {
            name: of.parse().expect("a name"),
            value: value.into(),
            set_by: "ann".into(),
            at: self.ago(seconds),
        };
        EnvironmentView {
            name: environment.clone(),
            applications: vec![name("shop")],
            variables: vec![
                variable("BASKET_LIMIT", "20", 90_000),
                variable(
                    "FEED",
                    "https://feeds.example.test/catalogue/products/v2/all.json?currency=EUR&pages=1",
                    400,
                ),
            ],
            secrets,
            refused: can(actor, Verb::ManageSecrets, Subject::Installation).err(),
        }
    }

    pub(super) fn history(&self, filter: &AuditFilter) -> AuditPage {
        let entry =
            |seq: u64, seconds, actor: &str, action: &str, words: &str, reason: Option<&str>| {
                AuditEntry {
                    seq,
                    at: self.ago(seconds),
                    actor: actor.into(),
                    from: "192.0.2.7".into(),
                    action: action.into(),
                    subject: "production/shop".into(),
                    words: words.into(),
                    reason: reason.map(Into::into),
                    detail: None,
                    hash: "9f2c".repeat(16),
                }
            };
        let mut entries = vec![
            entry(
                214,
                8,
                "ann",
                "deployment.started",
                "ann started #42: shop 1.1 to production.",
                Some("Mugs in blue"),
            ),
            entry(
                213,
                8_600,
                "ann",
                "deployment.started",
                "ann started #41: shop 1.2 to production.",
                None,
            ),
            entry(
                212,
                9_000,
                "ben",
                "release.registered",
                "ben registered shop 1.2.",
                None,
            ),
            entry(211, 9_100, "ben", "session.opened", "ben signed in.", None),
        ];
        entries.retain(|e| filter.actor.as_ref().is_none_or(|a| *a == e.actor));
        if self.scene == Scene::Empty {
            entries.clear();
        }
        AuditPage {
            more: (entries.len() == 4).then_some(211),
            entries,
        }
    }
}
