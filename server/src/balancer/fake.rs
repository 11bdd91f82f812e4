//! A balancer in memory that keeps every promise of the port until a test tells it not to.

use super::{BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState};
use app::model::environment::Admission;
use async_trait::async_trait;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

/// What goes wrong with the next call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No answer; nothing changed.
    Unreachable,
    /// The order was carried out, but the answer was lost.
    AnswerLost,
    /// The order was ignored, and the read-back shows it. A mere observation is not touched by it.
    Ignored,
    /// It cannot be managed.
    Refused,
}

/// An order as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub worker: String,
    pub wanted: Wanted,
    pub stamp: Stamp,
}

#[derive(Debug, Clone, Default)]
struct Worker {
    name: String,
    disabled: bool,
    stopped: bool,
    failing: bool,
    open: Option<u32>,
    served: u64,
}

#[derive(Debug, Default)]
struct State {
    workers: Vec<Worker>,
    incarnation: u64,
    faults: VecDeque<Fault>,
    orders: Vec<Order>,
}

#[derive(Debug)]
pub struct FakeBalancer {
    name: String,
    state: Mutex<State>,
}

impl FakeBalancer {
    /// All workers in service, nothing open.
    pub fn new<W: Into<String>>(name: &str, workers: impl IntoIterator<Item = W>) -> Arc<Self> {
        let workers = workers.into_iter().map(|name| Worker {
            name: spelled(&name.into()),
            open: Some(0),
            ..Worker::default()
        });
        Arc::new(Self {
            name: name.to_owned(),
            state: Mutex::new(State {
                workers: workers.collect(),
                incarnation: 1,
                ..State::default()
            }),
        })
    }

    /// `None`: this balancer cannot count.
    pub fn set_open_work(&self, worker: &str, open: Option<u32>) {
        self.change(worker, |worker| worker.open = open);
    }

    /// Requests are sent to `worker`.
    pub fn serve(&self, worker: &str, requests: u64) {
        self.change(worker, |worker| worker.served += requests);
    }

    /// The balancer finds `worker` unwell, or well again.
    pub fn set_failing(&self, worker: &str, failing: bool) {
        self.change(worker, |worker| worker.failing = failing);
    }

    /// Somebody else turns the same flag that we use.
    pub fn operator_disables(&self, worker: &str, on: bool) {
        self.change(worker, |worker| worker.disabled = on);
    }

    /// Somebody turns a flag that is not ours.
    pub fn operator_stops(&self, worker: &str, on: bool) {
        self.change(worker, |worker| worker.stopped = on);
    }

    /// Counters start anew; flags too, unless `keep_flags`.
    pub fn reload(&self, keep_flags: bool) {
        let mut state = self.state();
        state.incarnation += 1;
        for worker in &mut state.workers {
            worker.served = 0;
            worker.open = worker.open.map(|_| 0);
            if !keep_flags {
                worker.disabled = false;
                worker.stopped = false;
            }
        }
    }

    /// The next calls meet these, in this order.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// Every order so far, ignored ones included.
    pub fn orders(&self) -> Vec<Order> {
        self.state().orders.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    fn change(&self, worker: &str, how: impl FnOnce(&mut Worker)) {
        let worker = spelled(worker);
        let mut state = self.state();
        let mut workers = state.workers.iter_mut();
        how(workers
            .find(|each| each.name == worker)
            .expect("a test names workers that exist"));
    }

    fn unreachable(&self) -> BalancerError {
        BalancerError::Unreachable {
            balancer: self.name.clone(),
            why: "injected".to_owned(),
        }
    }

    fn refused(&self) -> BalancerError {
        BalancerError::Refused {
            balancer: self.name.clone(),
            why: "injected".to_owned(),
        }
    }

    fn unknown(&self, state: &State, worker: &str) -> BalancerError {
        let known: Vec<_> = state
            .workers
            .iter()
            .map(|w| format!("`{}`", w.name))
            .collect();
        BalancerError::UnknownWorker {
            balancer: self.name.clone(),
            worker: worker.to_owned(),
            known: known.join(", "),
        }
    }

    /// The fault of a call that only reads.
    fn reading_fault(&self, state: &mut State) -> Result<(), BalancerError> {
        match state.faults.front() {
            None | Some(Fault::Ignored) => Ok(()),
            Some(Fault::Unreachable | Fault::AnswerLost) => {
                state.faults.pop_front();
                Err(self.unreachable())
            }
            Some(Fault::Refused) => {
                state.faults.pop_front();
                Err(self.refused())
            }
        }
    }
}

#[async_trait]
impl LoadBalancer for FakeBalancer {
    async fn observe(&self) -> Result<Observation, BalancerError> {
        let mut state = self.state();
        self.reading_fault(&mut state)?;
        Ok(Observation {
            workers: state.workers.iter().map(shown).collect(),
            incarnation: state.incarnation.to_string(),
        })
    }

    async fn set(
        &self,
        worker: &str,
        wanted: Wanted,
        stamp: Stamp,
    ) -> Result<WorkerState, BalancerError> {
        let name = spelled(worker);
        let mut state = self.state();
        state.orders.push(Order {
            worker: name.clone(),
            wanted,
            stamp,
        });
        let fault = state.faults.pop_front();
        match fault {
            Some(Fault::Unreachable) => return Err(self.unreachable()),
            Some(Fault::Refused) => return Err(self.refused()),
            Some(Fault::AnswerLost | Fault::Ignored) | None => {}
        }
        let Some(at) = state.workers.iter().position(|each| each.name == name) else {
            return Err(self.unknown(&state, &name));
        };
        let disabled = wanted == Wanted::Isolated;
        if fault != Some(Fault::Ignored) {
            state.workers[at].disabled = disabled;
        }
        let now = &state.workers[at];
        if fault == Some(Fault::AnswerLost) {
            Err(self.unreachable())
        } else if now.disabled == disabled {
            Ok(shown(now))
        } else {
            Err(BalancerError::NotTaken {
                balancer: self.name.clone(),
                worker: name,
                wanted: if disabled { "disabled" } else { "not disabled" },
                found: shown(now).words,
            })
        }
    }

    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError> {
        let mut state = self.state();
        self.reading_fault(&mut state)?;
        for worker in workers.iter().map(|worker| spelled(worker)) {
            if !state.workers.iter().any(|each| each.name == worker) {
                return Err(self.unknown(&state, &worker));
            }
        }
        Ok(Vec::new())
    }

    fn normalise(&self, address: &str) -> String {
        spelled(address)
    }
}

fn spelled(address: &str) -> String {
    address.trim().trim_end_matches('/').to_ascii_lowercase()
}

fn shown(worker: &Worker) -> WorkerState {
    let mut words = Vec::new();
    for (set, word) in [
        (worker.disabled, "disabled"),
        (worker.stopped, "stopped"),
        (worker.failing, "failing"),
    ] {
        if set {
            words.push(word);
        }
    }
    WorkerState {
        worker: worker.name.clone(),
        admission: if worker.disabled || worker.stopped {
            Admission::Isolated
        } else if worker.failing {
            Admission::Failing
        } else {
            Admission::InService
        },
        open_work: worker.open,
        served: Some(worker.served),
        words: if words.is_empty() {
            "ok".to_owned()
        } else {
            words.join(" ")
        },
    }
}
