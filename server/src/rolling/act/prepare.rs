//! The release onto the node, beside what runs.

use super::Act;
use crate::remote::artefact;
use app::model::{journal::Proof, trouble::Failure};

impl Act<'_> {
    pub(super) async fn prepare(&self) -> Result<Proof, Failure> {
        let Scene { plan, ports, .. } = self.scene;
        artefact::prepare(
            &*ports.shell,
            plan,
            self.node(),
            &ports.objects,
            self.stamp(),
            self.sink(),
        )
        .await
    }
}

use super::Scene;
