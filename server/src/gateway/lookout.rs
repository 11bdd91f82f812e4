//! Load balancers read for showing: at most once a second each, bounded, and shared by all who look. What cannot be
//! read is unknown, with the reason. Nothing here changes a balancer.

use crate::balancer::{BalancerError, LoadBalancer, Observation};
use app::model::{
    environment::{Admission, Balancer, Node},
    ids::BalancerId,
};
use futures::future::join_all;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long a reading is shown.
const FRESH: Duration = Duration::from_secs(1);
/// How long a page waits for a balancer.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Makes the driver for a configured balancer.
pub type Connect =
    Arc<dyn Fn(&Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> + Send + Sync>;

/// What a balancer said, or why it said nothing.
pub type Reading = Result<Arc<Observation>, String>;

struct Watched {
    /// As it was configured when the driver was made.
    balancer: Balancer,
    driver: Result<Arc<dyn LoadBalancer>, String>,
    last: Mutex<Option<(Instant, Reading)>>,
}

pub struct Lookout {
    connect: Connect,
    watched: std::sync::Mutex<HashMap<BalancerId, Arc<Watched>>>,
}

impl Lookout {
    pub fn new(connect: Connect) -> Self {
        Self {
            connect,
            watched: std::sync::Mutex::default(),
        }
    }

    /// All of `balancers`, at the same time.
    pub async fn read<'a>(
        &self,
        balancers: impl IntoIterator<Item = &'a Balancer>,
    ) -> HashMap<BalancerId, Reading> {
        let readings = balancers.into_iter().map(|balancer| {
            let watched = self.watched(balancer);
            async move { (watched.balancer.id, watched.read().await) }
        });
        join_all(readings).await.into_iter().collect()
    }

    /// Somebody has just changed `balancer`: what was read of it is not shown any more.
    pub async fn forget(&self, balancer: &Balancer) {
        *self.watched(balancer).last.lock().await = None;
    }

    fn watched(&self, balancer: &Balancer) -> Arc<Watched> {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&balancer.id) {
            Some(watched) if watched.balancer == *balancer => Arc::clone(watched),
            _ => {
                let watched = Arc::new(Watched {
                    balancer: balancer.clone(),
                    driver: (self.connect)(balancer).map_err(|error| error.to_string()),
                    last: Mutex::new(None),
                });
                all.insert(balancer.id, Arc::clone(&watched));
                watched
            }
        }
    }
}

impl Watched {
    async fn read(&self) -> Reading {
        // whoever comes meanwhile waits here and takes the same reading
        let mut last = self.last.lock().await;
        if let Some((at, reading)) = &*last
            && at.elapsed() < FRESH
        {
            return reading.clone();
        }
        let reading = match &self.driver {
            Err(why) => Err(why.clone()),
            Ok(driver) => match timeout(PATIENCE, driver.observe()).await {
                Ok(Ok(observation)) => Ok(Arc::new(observation)),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!(
                    "balancer `{}` did not answer within {} ms",
                    self.balancer.name,
                    PATIENCE.as_millis()
                )),
            },
        };
        *last = Some((Instant::now(), reading.clone()));
        reading
    }
}

/// One node over all its balancers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub admission: Admission,
    pub words: String,
    pub open_work: Option<u32>,
}

/// Out only where it is out in every balancer; unknown as soon as one cannot be read.
pub fn see(node: &Node, balancers: &[Balancer], readings: &HashMap<BalancerId, Reading>) -> Seen {
    let mut admissions = Vec::new();
    let mut words = Vec::new();
    let mut open_work = Some(0u32);
    for member in &node.members {
        let name = balancers
            .iter()
            .find(|balancer| balancer.id == member.balancer)
            .map_or("?", |balancer| balancer.name.as_str());
        let state = match readings.get(&member.balancer) {
            Some(Ok(observation)) => observation
                .worker(&member.worker)
                .ok_or_else(|| format!("{name} does not know the worker {}", member.worker)),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("{name} was not read")),
        };
        match state {
            Ok(state) => {
                admissions.push(state.admission);
                words.push(if node.members.len() > 1 {
                    format!("{name}: {}", state.words)
                } else {
                    state.words.clone()
                });
                open_work = open_work
                    .zip(state.open_work)
                    .map(|(sum, open)| sum.saturating_add(open));
            }
            Err(why) => {
                admissions.push(Admission::Unknown);
                words.push(why);
                open_work = None;
            }
        }
    }
    if node.members.is_empty() {
        words.push("no balancer lists this node".to_owned());
    }
    Seen {
        admission: together(&admissions),
        words: words.join("; "),
        open_work: open_work.filter(|_| !node.members.is_empty()),
    }
}

fn together(admissions: &[Admission]) -> Admission {
    [
        Admission::Unknown,
        Admission::InService,
        Admission::Failing,
        Admission::Isolated,
    ]
    .into_iter()
    .find(|admission| admissions.contains(admission))
    .unwrap_or(Admission::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_out_only_when_it_is_out_everywhere() {
        use Admission::*;
        let cases: &[(&[Admission], Admission)] = &[
            (&[], Unknown),
            (&[Isolated, Isolated], Isolated),
            (&[Isolated, InService], InService),
            (&[Isolated, Failing], Failing),
            (&[Failing, InService], InService),
            (&[Isolated, Unknown], Unknown),
        ];
        for (all, one) in cases {
            assert_eq!(together(all), *one, "{all:?}");
        }
    }
}
