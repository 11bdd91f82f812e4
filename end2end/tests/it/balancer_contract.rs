//! One story that every balancer driver and the fake pass; then what only Apache can get wrong.

/// A node of which a test says when it answers.
mod backend;

/// What only Apache can get wrong.
mod apache;

use self::backend::Backend;
use ::app::model::{environment::Admission, ids::RunId};
use end2end::lab::apache::{Apache, ApacheOptions, LabWorker};
use server::balancer::{
    BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState,
    apache::{ApacheBalancer, Settings},
    fake::FakeBalancer,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A balancer with two workers in service, and a hand on what happens around it.
struct World {
    balancer: Arc<dyn LoadBalancer>,
    red: String,
    blue: String,
    around: Around,
}

enum Around {
    Fake(Arc<FakeBalancer>),
    Apache(Box<ApacheWorld>),
}

struct ApacheWorld {
    apache: Apache,
    red: Backend,
    blue: Backend,
    request: Option<tokio::task::JoinHandle<u16>>,
    _dir: tempfile::TempDir,
}

impl World {
    fn fake() -> Self {
        let (red, blue) = ("http://red:9000", "http://blue:9000");
        let fake = FakeBalancer::new("front", [red, blue]);
        Self {
            balancer: fake.clone(),
            red: red.to_owned(),
            blue: blue.to_owned(),
            around: Around::Fake(fake),
        }
    }

    async fn apache(change: impl FnOnce(&mut ApacheOptions)) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let (red, blue) = (Backend::start().await?, Backend::start().await?);
        let mut options = ApacheOptions::new([
            LabWorker::new("red", &red.url),
            LabWorker::new("blue", &blue.url),
        ]);
        change(&mut options);
        let apache = Apache::start(&dir.path().join("apache"), options)?;
        let balancer = ApacheBalancer::new(settings(&apache.manager_url))?;
        Ok(Self {
            balancer: Arc::new(balancer),
            red: red.url.clone(),
            blue: blue.url.clone(),
            around: Around::Apache(Box::new(ApacheWorld {
                apache,
                red,
                blue,
                request: None,
                _dir: dir,
            })),
        })
    }

    /// Sends a request that the only worker in service will hold.
    fn request_begins(&mut self) {
        match &mut self.around {
            Around::Fake(fake) => fake.set_open_work(&self.red, Some(1)),
            Around::Apache(world) => {
                let url = format!("{}/held", world.apache.url);
                world.request = Some(tokio::spawn(async move {
                    let answer = reqwest::get(url).await.expect("the request is answered");
                    answer.status().as_u16()
                }));
            }
        }
    }

    /// Lets it be answered, and well.
    async fn request_ends(&mut self) {
        match &mut self.around {
            Around::Fake(fake) => fake.set_open_work(&self.red, Some(0)),
            Around::Apache(world) => {
                world.red.answer_all();
                let request = world.request.take().expect("a request was begun");
                assert_eq!(request.await.expect("the request did not panic"), 200);
            }
        }
    }

    /// A reload that forgets flags.
    fn reloads(&self) -> anyhow::Result<()> {
        match &self.around {
            Around::Fake(fake) => fake.reload(false),
            Around::Apache(world) => world.apache.graceful()?,
        }
        Ok(())
    }

    async fn set(&self, worker: &str, wanted: Wanted) -> Result<WorkerState, BalancerError> {
        let stamp = Stamp {
            epoch: 1,
            run: RunId::generate(),
        };
        self.balancer.set(worker, wanted, stamp).await
    }

    async fn see(&self) -> Observation {
        self.balancer.observe().await.expect("it can be observed")
    }

    async fn worker(&self, worker: &str) -> WorkerState {
        let seen = self.see().await;
        let found = seen.worker(&self.balancer.normalise(worker));
        found
            .unwrap_or_else(|| panic!("no {worker} in {seen:?}"))
            .clone()
    }

    /// Looks until `worker` has `open` requests.
    async fn wait_for_open(&self, worker: &str, open: u32) {
        let until = Instant::now() + PATIENCE;
        loop {
            let now = self.worker(worker).await;
            if now.open_work == Some(open) {
                return;
            }
            assert!(Instant::now() < until, "wanted {open} open, found {now:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn settings(manager_url: &str) -> Settings {
    Settings {
        name: "front".to_owned(),
        manager_url: manager_url.to_owned(),
        balancer: "web".to_owned(),
        referer: None,
        accept_no_persist: false,
    }
}

async fn story(mut world: World) -> anyhow::Result<()> {
    let (red, blue) = (world.red.clone(), world.blue.clone());

    // Everything is in service and idle.
    for worker in [&red, &blue] {
        let state = world.worker(worker).await;
        assert_eq!(state.admission, Admission::InService, "{state:?}");
        assert_eq!(state.open_work, Some(0));
    }

    // Isolated is isolated, also the second time, also when spelled with a slash.
    for spelling in [blue.clone(), blue.clone(), format!("{blue}/")] {
        let state = world.set(&spelling, Wanted::Isolated).await?;
        assert_eq!(state.admission, Admission::Isolated, "{state:?}");
        assert_eq!(state.worker, world.balancer.normalise(&blue));
    }
    assert_eq!(world.worker(&red).await.admission, Admission::InService);

    // Work that was open when the worker went out is counted down to zero and ends well.
    world.request_begins();
    world.wait_for_open(&red, 1).await;
    let blue_back = world.set(&blue, Wanted::InService).await?;
    assert_eq!(blue_back.admission, Admission::InService, "{blue_back:?}");
    let red_out = world.set(&red, Wanted::Isolated).await?;
    assert_eq!(red_out.admission, Admission::Isolated, "{red_out:?}");
    assert_eq!(red_out.open_work, Some(1));
    world.request_ends().await;
    world.wait_for_open(&red, 0).await;

    // Back, twice.
    for _ in 0..2 {
        let state = world.set(&red, Wanted::InService).await?;
        assert_eq!(state.admission, Admission::InService, "{state:?}");
    }

    // What it does not know, it names what it knows.
    let error = world.set("http://nobody:1", Wanted::Isolated).await;
    match error {
        Err(BalancerError::UnknownWorker { known, .. }) => assert!(known.contains(&red), "{known}"),
        other => panic!("wanted an unknown worker, found {other:?}"),
    }

    // A reload in mid-roll forgets: that is seen, and the next order is taken although the nonce is another.
    world.set(&red, Wanted::Isolated).await?;
    let before = world.see().await;
    world.reloads()?;
    // a child of before may answer its last request on a kept connection
    let until = Instant::now() + PATIENCE;
    while world.see().await.incarnation == before.incarnation {
        assert!(Instant::now() < until, "the reload is not seen");
        tokio::task::yield_now().await;
    }
    assert_eq!(world.worker(&red).await.admission, Admission::InService);
    let again = world.set(&red, Wanted::Isolated).await?;
    assert_eq!(again.admission, Admission::Isolated, "{again:?}");
    Ok(())
}

#[tokio::test]
async fn the_fake_keeps_the_promises_of_the_port() -> anyhow::Result<()> {
    story(World::fake()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn apache_keeps_the_promises_of_the_port() -> anyhow::Result<()> {
    story(World::apache(|options| options.persist = false).await?).await
}
