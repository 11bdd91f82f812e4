//! What is waited for, and what is seen then.

use super::*;

impl Ops {
    /// The server has tried to write an event that the gate forbids.
    pub async fn until_refused(&self) {
        self.wait("an event to be refused", async || {
            let (refused,): (bool,) = sqlx::query_as("SELECT is_called FROM refusals")
                .fetch_one(&self.database.owner)
                .await
                .unwrap();
            refused
        })
        .await;
    }

    pub async fn until(&self, state: DeploymentState) {
        self.until_job(&format!("{state}"), |job| job.state == state)
            .await;
    }

    pub async fn until_job(&self, what: &str, holds: impl Fn(&Job) -> bool) -> Job {
        self.wait(what, async || holds(&self.job().await)).await;
        self.job().await
    }

    /// `holds` of the balancer, whoever brings it about.
    pub async fn until_admission(&self, node: &str, admission: Admission) {
        self.wait(&format!("{node} to be {admission:?}"), async || {
            self.admission(node).await == admission
        })
        .await;
    }

    pub async fn wait(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        if waited.await.is_err() {
            panic!("waited in vain for {what}:\n{}", self.story().await);
        }
    }

    /// The timeline, for a test that fails.
    pub async fn story(&self) -> String {
        let events = self.events().await;
        let lines = events.iter().skip(1).map(|event| {
            let node = event.node.map_or(String::new(), |id| self.name(id));
            format!("{:>3} {node:>5} {:?}", event.seq, event.fact)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn name(&self, id: app::model::ids::NodeId) -> String {
        let node = self.inventory.nodes.iter().find(|node| node.id == id);
        node.map_or(String::new(), |node| node.name.to_string())
    }

    pub async fn events(&self) -> Vec<Event> {
        load(&self.database.pool, self.deployment).await.unwrap()
    }

    pub async fn job(&self) -> Job {
        fold(&self.events().await).unwrap()
    }

    pub fn node(&self, name: &str) -> &Node {
        let mut nodes = self.inventory.nodes.iter();
        nodes.find(|node| node.name.as_str() == name).unwrap()
    }

    pub async fn run_state(&self, name: &str) -> NodeRunState {
        self.job().await.run(self.node(name).id).unwrap().state
    }

    pub async fn admission(&self, name: &str) -> Admission {
        let seen = self.front.fake.observe().await.unwrap();
        seen.worker(&self.node(name).app_url).unwrap().admission
    }

    pub fn version(&self, name: &str) -> String {
        self.shells.version(&sample::name(name)).unwrap()
    }

    /// Each node in service and on the version given.
    pub async fn expect_in_service(&self, versions: [(&str, &str); 3]) {
        for (node, version) in versions {
            assert_eq!(self.admission(node).await, Admission::InService, "{node}");
            assert_eq!(self.version(node), version, "{node}");
        }
    }

    /// Nodes other than `red` were never given an order.
    pub async fn expect_only_red_touched(&self) {
        let red = &self.node("red").app_url;
        for order in self.front.fake.orders() {
            assert_eq!(order.worker, *red, "{order:?}");
        }
        for event in self.events().await {
            if let Fact::Started { attempt, .. } = event.fact {
                let red = event.node == Some(self.node("red").id);
                assert!(red || attempt.work == Work::Prepare, "{event:?}");
            }
        }
    }

    /// Every stage begun, in order: `red isolate`; on the way back `red undo deploy`.
    pub async fn stages(&self) -> Vec<String> {
        let begun = self.events().await.into_iter().filter_map(|event| {
            let Fact::Started { attempt, .. } = event.fact else {
                return None;
            };
            let node = self.name(event.node?);
            let undo = if attempt.pass == Pass::Undo {
                "undo "
            } else {
                ""
            };
            Some(format!("{node} {undo}{}", attempt.work))
        });
        begun.collect()
    }

    /// The proofs of a stage, in order.
    pub async fn proofs(&self, pass: Pass, stage: Stage) -> Vec<Proof> {
        let proofs = self
            .events()
            .await
            .into_iter()
            .filter_map(|event| match event.fact {
                Fact::Finished {
                    attempt: Attempt { pass: p, work, .. },
                    outcome: Outcome::Passed { proof },
                } if (p, work) == (pass, Work::Stage(stage)) => Some(proof),
                _ => None,
            });
        proofs.collect()
    }

    /// After every event of every deployment the tables said what the fold of the journal up to there says.
    pub async fn check_history(&self) {
        let ids: Vec<(uuid::Uuid,)> =
            sqlx::query_as("SELECT id FROM deployments WHERE pool_id = $1 ORDER BY id")
                .bind(self.inventory.id.0)
                .fetch_all(&self.database.owner)
                .await
                .unwrap();
        for (id,) in ids {
            let events = load(&self.database.pool, DeploymentId(id)).await.unwrap();
            type Standing = (i64, String, String, i32, Vec<String>);
            let standings: Vec<Standing> = sqlx::query_as(
                "SELECT seq, state, why, done, nodes FROM standings WHERE deployment_id = $1 ORDER BY seq",
            )
            .bind(id)
            .fetch_all(&self.database.owner)
            .await
            .unwrap();
            // a deployment that is watched may have written more since
            assert!(standings.len() >= events.len(), "a commit per event");
            for (n, (seq, state, why, done, nodes)) in
                standings.into_iter().take(events.len()).enumerate()
            {
                let job = fold(&events[..=n]).unwrap();
                let words: Vec<_> = job.nodes.iter().map(|run| run.state.word()).collect();
                let told = (u64::try_from(seq).unwrap(), &*state, &*why, done, nodes);
                let folded = (
                    job.seq,
                    job.state.word(),
                    &*job.why,
                    i32::try_from(job.done()).unwrap(),
                    words.iter().map(ToString::to_string).collect::<Vec<_>>(),
                );
                assert_eq!(told, folded, "after event {seq}");
            }
        }
    }
}
