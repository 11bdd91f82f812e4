//! A probe that answers from memory: for tests of what is built on it.

use super::{Probe, Probed};
use app::model::{deployment::ProbeSettings, environment::Node, name::Name};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Mutex};

/// Every node is well as the release it was told to be; others do not answer.
#[derive(Debug, Default)]
pub struct FakeProbe(Mutex<HashMap<Name, Probed>>);

impl FakeProbe {
    pub fn answers(&self, node: &Name, release: &str) {
        let probed = Probed {
            status: Some(200),
            fingerprint: Some(release.to_owned()),
            ..Probed::default()
        };
        self.0
            .lock()
            .expect("no holder of this lock panics")
            .insert(node.clone(), probed);
    }

    pub fn is_silent(&self, node: &Name) {
        self.0
            .lock()
            .expect("no holder of this lock panics")
            .remove(node);
    }
}

#[async_trait]
impl Probe for FakeProbe {
    async fn probe(&self, node: &Node, _settings: &ProbeSettings) -> Probed {
        let silent = Probed {
            error: Some("the connection was refused".into()),
            ..Probed::default()
        };
        self.0
            .lock()
            .expect("no holder of this lock panics")
            .get(&node.name)
            .cloned()
            .unwrap_or(silent)
    }
}
