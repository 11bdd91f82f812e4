//! A balancer that refuses, ignores or is busy when it is told to.

use super::{Diary, note};
use app::model::environment::Admission;
use async_trait::async_trait;
use server::balancer::{
    BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState, fake::FakeBalancer,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// The fake balancer, which can also refuse one kind of order so many times.
pub struct Front {
    pub fake: Arc<FakeBalancer>,
    pub diary: Diary,
    refusing: Mutex<Option<(Wanted, u32)>>,
    /// It says yes to these orders and does nothing.
    ignoring: Mutex<Option<Wanted>>,
    busy: AtomicBool,
}

impl Front {
    pub fn new(fake: Arc<FakeBalancer>, diary: Diary) -> Arc<Self> {
        Arc::new(Self {
            fake,
            diary,
            refusing: Mutex::new(None),
            ignoring: Mutex::new(None),
            busy: AtomicBool::new(false),
        })
    }

    /// Requests arrive whenever somebody looks.
    pub fn is_busy(&self) {
        self.busy.store(true, Ordering::SeqCst);
    }

    /// Orders to be `wanted` are answered well from now on, and ignored.
    pub fn ignores(&self, wanted: Wanted) {
        *self.ignoring.lock().unwrap() = Some(wanted);
    }

    /// The next `times` orders to be `wanted` are not answered, nor carried out.
    pub fn is_deaf_to(&self, wanted: Wanted, times: u32) {
        *self.refusing.lock().unwrap() = Some((wanted, times));
    }
}

#[async_trait]
impl LoadBalancer for Front {
    async fn observe(&self) -> Result<Observation, BalancerError> {
        let seen = self.fake.observe().await?;
        if self.busy.load(Ordering::SeqCst) {
            for worker in &seen.workers {
                if worker.admission == Admission::InService {
                    self.fake.serve(&worker.worker, 1);
                }
            }
        }
        Ok(seen)
    }

    async fn set(
        &self,
        worker: &str,
        wanted: Wanted,
        stamp: Stamp,
    ) -> Result<WorkerState, BalancerError> {
        if let Some((which, left @ 1..)) = &mut *self.refusing.lock().unwrap()
            && *which == wanted
        {
            *left -= 1;
            return Err(BalancerError::Unreachable {
                balancer: "front".into(),
                why: "the test says so".into(),
            });
        }
        if *self.ignoring.lock().unwrap() == Some(wanted) {
            let seen = self.fake.observe().await?;
            return Ok(seen.worker(worker).expect("a worker of ours").clone());
        }
        let way = if wanted == Wanted::Isolated {
            "out"
        } else {
            "in"
        };
        note(&self.diary, stamp.epoch, format!("{worker} {way}"));
        self.fake.set(worker, wanted, stamp).await
    }

    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError> {
        self.fake.preflight(workers).await
    }

    fn normalise(&self, address: &str) -> String {
        self.fake.normalise(address)
    }
}
