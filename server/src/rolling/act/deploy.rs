//! The switch, and a browser started while it happens if none is there.

use super::{Act, Scene};
use crate::{remote::artefact, rolling::stage};
use app::model::{
    journal::Proof,
    trouble::{Failure, Trouble},
};

impl Act<'_> {
    pub(super) async fn deploy(&self) -> Result<Proof, Failure> {
        let Scene {
            plan, ports, warm, ..
        } = self.scene;
        let pass = self.effect.attempt.pass;
        let Some(dir) = stage::deploy::target(&plan.release_dir, self.planned, pass) else {
            return Err(Failure::unsure(Trouble::new(format!(
                "What {} ran before is not known.",
                self.node().name
            ))));
        };
        if let Some(suite) = stage::smoke::suite(plan, self.planned, pass) {
            warm.start(&ports.browser, &ports.browsers, &suite.suite, self.node());
        }
        artefact::switch(
            &*ports.shell,
            plan,
            self.node(),
            dir,
            self.stamp(),
            self.sink(),
        )
        .await
    }
}
