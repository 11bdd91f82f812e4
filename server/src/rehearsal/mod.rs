//! The pool's suite tried on a node in service, outside of any deployment: because somebody asked, or because the pool's
//! `rehearse_every` says so; or a draft of its editor, on the node that was named. The table `rehearsals` is the queue; of several servers each takes what the others left.
//!
//! It never touches a balancer or a node beyond what the browser asks of it. A deployment that begins ends it.

use crate::{
    clock::Clock,
    drift::{Eyes, Read, Seen},
    objects::Objects,
    smoke::{Browser, queue::Queue, trial::Trial},
    store::{self, rehearsals::Taken},
    vault::{self, Missing, Vault},
};
use app::model::{
    deployment::PlannedSuite,
    drift::{Placed, Pointing},
    environment::Node,
    ids::{RunId, SuiteRevisionId},
    journal::Proof,
    name::Name,
    rehearsal::Verdict,
    smoke::StepReport,
    trouble::{Failure, FailureClass, Trouble},
};
use sqlx::PgPool;
use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The longest that a suite is tried.
const LIMIT: Duration = Duration::from_secs(600);
/// How long one is left to a server that says nothing of it any more.
const SILENCE: Duration = Duration::from_secs(30);
/// How often is looked for something to try, and for a deployment that came first.
const POLL: Duration = Duration::from_secs(2);
/// Who asks where the pool's settings do.
const BY_SCHEDULE: &str = "Pitlane";

/// What rehearsals are made with.
#[derive(Clone)]
pub struct Stage {
    pub browser: Arc<dyn Browser>,
    pub browsers: Queue,
    pub objects: Objects,
    pub vault: Arc<Vault>,
    pub eyes: Eyes,
    pub clock: Arc<dyn Clock>,
}

pub struct Conductor {
    pool: PgPool,
    stage: Stage,
    /// Unique per process start.
    owner: String,
    turns: AtomicU64,
}

impl Conductor {
    pub fn new(pool: PgPool, stage: Stage, owner: String) -> Self {
        Self {
            pool,
            stage,
            owner,
            turns: AtomicU64::new(0),
        }
    }

    /// One after the other, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.turn(&stop).await {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.stage.clock.sleep(POLL) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "no rehearsal could be made");
                    self.stage.clock.sleep(POLL).await;
                }
            }
        }
    }

    /// Takes one that waits or is due, and carries it out; `false`: there was none.
    pub async fn turn(&self, stop: &CancellationToken) -> sqlx::Result<bool> {
        let forgotten = ended("The server that ran it is gone.", AGAIN);
        store::rehearsals::end_forgotten(&self.pool, &forgotten).await?;
        store::rehearsals::ask_due(&self.pool, BY_SCHEDULE).await?;
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let owner = format!("{} rehearsal {turn}", self.owner);
        let Some(taken) = store::rehearsals::take(&self.pool, &owner, SILENCE).await? else {
            return Ok(false);
        };
        let done = Done::default();
        let verdict = tokio::select! {
            verdict = self.carry_out(&taken, &done) => verdict?,
            verdict = self.interrupted(&taken) => verdict,
            never = self.tell(&taken, &done) => match never {},
            () = stop.cancelled() => ended("The server that ran it was stopped.", AGAIN),
        };
        let (steps, log) = (done.steps(), done.log());
        store::rehearsals::end(&self.pool, &taken, &verdict, log.as_deref(), &steps).await?;
        let pool = format!("{}/{}", taken.environment, taken.application);
        match verdict {
            Verdict::Passed { .. } => tracing::info!(%pool, "a rehearsal passed"),
            Verdict::Failed { trouble } | Verdict::Ended { trouble } => {
                tracing::warn!(%pool, "a rehearsal did not pass: {}", trouble.what);
            }
        }
        Ok(true)
    }

    /// Comes back when a deployment of the pool has begun, or nobody waits for it any more.
    async fn interrupted(&self, taken: &Taken) -> Verdict {
        loop {
            self.stage.clock.sleep(POLL / 4).await;
            match self.comes_second(taken).await {
                Ok(true) => return ended("A deployment of this pool began.", LATER),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "not known whether a deployment began"),
            }
            match store::rehearsals::keep(&self.pool, taken, SILENCE).await {
                Ok(true) => {}
                Ok(false) => return ended("It was given up.", ""),
                Err(error) => tracing::warn!(%error, "not known whether a rehearsal was given up"),
            }
        }
    }

    /// Whether a deployment stands in its way: any, but for a draft only one that does not wait for somebody. Trying is
    /// what helps to decide what becomes of a node that is out.
    async fn comes_second(&self, taken: &Taken) -> sqlx::Result<bool> {
        match taken.draft {
            None => store::rehearsals::is_deployed_to(&self.pool, taken.pool).await,
            Some(_) => store::rehearsals::is_rolling(&self.pool, taken.pool).await,
        }
    }

    /// Writes down each step as it ends, so that it can be watched.
    async fn tell(&self, taken: &Taken, done: &Done) -> Infallible {
        loop {
            done.news.notified().await;
            if let Err(error) = store::rehearsals::note(&self.pool, taken, &done.steps()).await {
                tracing::warn!(%error, "a step of a rehearsal is told later");
            }
        }
    }

    async fn carry_out(&self, taken: &Taken, done: &Done) -> sqlx::Result<Verdict> {
        if self.comes_second(taken).await? {
            return Ok(ended("A deployment of this pool is running.", LATER));
        }
        let mut transaction = self.pool.begin().await?;
        let found =
            store::pools::find(&mut transaction, &taken.environment, &taken.application).await?;
        let Some(pool) = found else {
            return Ok(ended("The pool is gone.", ""));
        };
        let releases =
            store::releases::list(&mut *transaction, pool.application_id, u32::MAX).await?;
        // nothing is locked while we look around
        transaction.rollback().await?;
        let draft = taken.draft.clone().map(|suite| PlannedSuite {
            // of no revision: what it proves is kept nowhere
            revision: SuiteRevisionId::generate(),
            suite,
        });
        let Some(suite) = draft.or_else(|| pool.suite.clone()) else {
            return Ok(ended(
                "The pool has no suite.",
                "Import one, or write one in the editor.",
            ));
        };
        let seen = self
            .stage
            .eyes
            .look(&pool, &releases, pool.nodes.clone())
            .await;
        let nodes = pool.nodes.iter().zip(seen.iter().map(|(_, seen)| seen));
        let serving = taken.draft.is_none();
        let (node, version) = match choose(nodes, taken.wanted.as_ref(), serving) {
            Ok(chosen) => chosen,
            Err(trouble) => return Ok(Verdict::Ended { trouble }),
        };
        store::rehearsals::begin(
            &self.pool,
            taken,
            &node.name,
            version.as_ref(),
            taken.draft.is_none().then_some(suite.revision),
        )
        .await?;
        Ok(self.rehearse(taken, &suite, node, done).await)
    }

    async fn rehearse(
        &self,
        taken: &Taken,
        suite: &PlannedSuite,
        node: &Node,
        done: &Done,
    ) -> Verdict {
        let values = match self.stage.vault.of_pool(taken.pool).await {
            Ok(values) => values,
            Err(error) => {
                let what = format!(
                    "What {} gives to smoke suites could not be read: {error}.",
                    taken.environment
                );
                return ended(&what, AGAIN);
            }
        };
        let missing = vault::missing(&suite.suite, &values);
        if let Some(trouble) = Missing::told(&missing, &values.environment) {
            return Verdict::Failed { trouble };
        }
        let trial = Trial {
            browser: &*self.stage.browser,
            browsers: &self.stage.browsers,
            objects: &self.stage.objects,
            clock: &*self.stage.clock,
            values: &values,
        };
        let run = trial.run(suite, node, RunId::generate(), LIMIT, |report| {
            done.add(report)
        });
        let run = run.await;
        let log = match &run {
            Ok(proof) => proof.proxy_log(),
            Err(failure) => failure.proxy_log.as_deref(),
        };
        done.keep_log(log);
        judged(run)
    }
}

/// What is kept of a run beside its verdict, and a sign for who watches.
#[derive(Default)]
struct Done {
    steps: Mutex<Vec<StepReport>>,
    news: Notify,
    /// Of the browser's proxy, where it had one.
    log: Mutex<Option<String>>,
}

impl Done {
    fn add(&self, report: StepReport) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push(report);
        self.news.notify_one();
    }

    fn steps(&self) -> Vec<StepReport> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.clone()
    }

    fn keep_log(&self, log: Option<&str>) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log.map(str::to_owned);
    }

    fn log(&self) -> Option<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }
}

/// Pure: what a run's end says about the release in service.
fn judged(run: Result<Proof, Failure>) -> Verdict {
    match run {
        Ok(Proof::Smoked { flows, steps, .. }) => Verdict::Passed { flows, steps },
        Ok(_) => Verdict::Passed { flows: 0, steps: 0 },
        Err(Failure { class, trouble, .. }) => match class {
            FailureClass::Release | FailureClass::Unsure => Verdict::Failed { trouble },
            FailureClass::Ours => Verdict::Ended { trouble },
        },
    }
}

/// What to do where the suite was not at fault.
const AGAIN: &str = "Try it again.";
const LATER: &str = "Try it again once the deployment is over.";

fn ended(what: &str, remedy: &str) -> Verdict {
    Verdict::Ended {
        trouble: Trouble::new(what).remedy(remedy),
    }
}

/// Pure: the wanted node, else the first one, that every balancer sends visitors to; with the release it runs. Not
/// `serving`: whatever balancers do with it.
fn choose<'a>(
    nodes: impl Iterator<Item = (&'a Node, &'a Seen)>,
    wanted: Option<&Name>,
    serving: bool,
) -> Result<(&'a Node, Option<Name>), Trouble> {
    let serves = |seen: &Seen| {
        let mut members = seen.members.iter();
        !seen.members.is_empty()
            && members.all(|member| member.placed == Read::Is(Placed::InService))
    };
    for (node, seen) in nodes {
        if wanted.is_some_and(|wanted| *wanted != node.name) {
            continue;
        }
        if !serving || serves(seen) {
            let version = match &seen.current {
                Read::Is(Pointing::Release(running)) => running.version.clone(),
                Read::Is(Pointing::Nothing | Pointing::Elsewhere { .. }) | Read::Unknown(_) => None,
            };
            return Ok((node, version));
        }
    }
    Err(match wanted {
        Some(node) => Trouble::new(format!("{node} is not in service in every balancer.")),
        None => Trouble::new("No node of this pool is in service in every balancer."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{drift::SeenMember, remote::fake::node_at};
    use app::model::{drift::Running, environment::Member, ids::BalancerId};

    fn node(name: &str) -> Node {
        Node {
            name: name.parse().unwrap(),
            ..node_at("/srv/shop")
        }
    }

    fn seen(placed: &[Read<Placed>]) -> Seen {
        let member = |placed: &Read<Placed>| SeenMember {
            member: Member {
                balancer: BalancerId::generate(),
                worker: "http://10.0.0.11:9000".into(),
            },
            name: "front".parse().unwrap(),
            placed: placed.clone(),
        };
        Seen {
            members: placed.iter().map(member).collect(),
            current: Read::Is(Pointing::Release(Running {
                release_dir: "20261001000000".parse().unwrap(),
                version: Some("1.0".parse().unwrap()),
            })),
            answers: None,
        }
    }

    #[test]
    fn a_node_is_chosen_only_where_visitors_are_sent_to_it() {
        let (red, blue) = (node("red"), node("blue"));
        let serves = || Read::Is(Placed::InService);
        let half = seen(&[serves(), Read::Is(Placed::Isolated)]);
        let unknown = seen(&[Read::Unknown("no answer".into())]);
        let whole = seen(&[serves(), serves()]);
        let choose = |seen: [&Seen; 2], wanted: Option<&str>| {
            let wanted: Option<Name> = wanted.map(|name| name.parse().unwrap());
            let nodes = [(&red, seen[0]), (&blue, seen[1])];
            choose(nodes.into_iter(), wanted.as_ref(), true)
                .map(|(node, version)| format!("{} {}", node.name, version.unwrap()))
                .map_err(|trouble| trouble.what)
        };
        assert_eq!(choose([&whole, &whole], None).unwrap(), "red 1.0");
        assert_eq!(choose([&half, &whole], None).unwrap(), "blue 1.0");
        assert_eq!(choose([&whole, &whole], Some("blue")).unwrap(), "blue 1.0");
        assert_eq!(
            choose([&whole, &unknown], Some("blue")).unwrap_err(),
            "blue is not in service in every balancer."
        );
        assert!(choose([&half, &seen(&[])], None).is_err());
    }

    #[test]
    fn only_what_the_suite_saw_counts_against_what_is_in_service() {
        let failure = |make: fn(Trouble) -> Failure| judged(Err(make(Trouble::new("Why."))));
        assert!(matches!(failure(Failure::release), Verdict::Failed { .. }));
        assert!(matches!(failure(Failure::unsure), Verdict::Failed { .. }));
        assert!(matches!(failure(Failure::ours), Verdict::Ended { .. }));
    }
}
