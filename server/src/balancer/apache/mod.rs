//! Apache httpd 2.4 mod_proxy_balancer, through its balancer-manager.
//!
//! The manager answers 200 to changes it ignores: a stale nonce, a foreign `Referer`, a misspelt worker. So every
//! order starts with a fresh read (the nonce changes at each reload), sends one flag, and believes only the XML
//! that comes back. Our flag is `D`: neither new nor sticky visitors reach the worker, running requests end well.
//! `N`, `S` and `H` belong to operators and are never sent.
//!
//! Source: httpd 2.4 documentation, mod_proxy_balancer, "Enabling Balancer Manager Support".

/// The body of a change.
mod form;

/// What only the HTML page says.
mod page;

/// What is wrong with a set-up, in words.
mod preflight;

/// A worker's address as httpd spells it.
mod spelling;

/// HTTP to the manager, every answer checked for being the manager's.
mod manager;

/// The XML and its status words.
mod xml;

use self::{
    form::Flag,
    manager::Manager,
    xml::{ManagedBalancer, ManagedWorker},
};
use super::{BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState};
use async_trait::async_trait;
use std::{future::Future, time::Duration};

/// The port's promise.
const LIMIT: Duration = Duration::from_secs(3);
/// How long a worker in error may take to be noticed well; within [`LIMIT`] with room for three round trips.
const NUDGE: Duration = Duration::from_millis(1_200);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How to reach one balancer of one manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Our own name of it, for sentences.
    pub name: String,
    pub manager_url: String,
    /// The balancer on that page, without `balancer://`.
    pub balancer: String,
    /// `None`: the manager's own address.
    pub referer: Option<String>,
    pub accept_no_persist: bool,
}

pub struct ApacheBalancer {
    settings: Settings,
    manager: Manager,
}

impl ApacheBalancer {
    /// Speaks to nobody yet. Fails when the addresses are none.
    pub fn new(settings: Settings) -> Result<Self, BalancerError> {
        let manager = Manager::new(&settings)?;
        Ok(Self { settings, manager })
    }

    /// Our balancer of the page, its nonce found wherever this httpd shows it.
    async fn read(&self) -> Result<ManagedBalancer, BalancerError> {
        let page = self.manager.state().await?;
        let mut balancer = self.ours(page)?;
        if balancer.nonce.is_none() {
            let html = self.manager.page().await?;
            balancer.nonce = page::nonce(&html, &balancer.name);
        }
        Ok(balancer)
    }

    fn ours(&self, page: Vec<ManagedBalancer>) -> Result<ManagedBalancer, BalancerError> {
        let wanted = self.settings.balancer.to_ascii_lowercase();
        let known: Vec<_> = page.iter().map(|b| format!("`{}`", b.name)).collect();
        let found = page
            .into_iter()
            .find(|balancer| balancer.name.to_ascii_lowercase() == wanted);
        found.ok_or_else(|| {
            let known = if known.is_empty() {
                "none at all".to_owned()
            } else {
                known.join(", ")
            };
            let balancer = &self.settings.balancer;
            self.refused(format!(
                "its manager page has no balancer `{balancer}`; it has {known}"
            ))
        })
    }

    fn find<'a>(
        &self,
        balancer: &'a ManagedBalancer,
        worker: &str,
    ) -> Result<&'a ManagedWorker, BalancerError> {
        let wanted = spelling::normalise(worker);
        let mut workers = balancer.workers.iter();
        workers
            .find(|each| spelling::normalise(&each.name) == wanted)
            .ok_or_else(|| BalancerError::UnknownWorker {
                balancer: self.settings.name.clone(),
                worker: wanted,
                known: known(balancer),
            })
    }

    /// Sends one flag and returns the balancer as it is afterwards.
    async fn send(
        &self,
        before: &ManagedBalancer,
        worker: &str,
        flag: Flag,
        on: bool,
    ) -> Result<ManagedBalancer, BalancerError> {
        let Some(nonce) = before.nonce.as_deref() else {
            return Err(self.refused(preflight::READ_ONLY));
        };
        let body = form::order(&before.name, worker, nonce, flag, on).ok_or_else(|| {
            self.refused(format!(
                "the address of worker `{worker}` is too long to be sent whole"
            ))
        })?;
        let page = self.manager.change(body).await?;
        self.ours(page)
    }

    async fn disable(&self, worker: &str, on: bool) -> Result<ManagedWorker, BalancerError> {
        // Once more when httpd was reloaded between the read and the order, which makes the nonce stale.
        let mut found = String::new();
        for _ in 0..2 {
            let before = self.read().await?;
            let now = self.find(&before, worker)?.clone();
            if now.status.is_disabled() == on {
                return Ok(now);
            }
            let after = self.send(&before, &now.name, Flag::Disabled, on).await?;
            let now = self.find(&after, worker)?.clone();
            if now.status.is_disabled() == on {
                return Ok(now);
            }
            found = now.status.words().to_owned();
        }
        Err(BalancerError::NotTaken {
            balancer: self.settings.name.clone(),
            worker: spelling::normalise(worker),
            wanted: if on { "disabled" } else { "not disabled" },
            found,
        })
    }

    /// A worker that once failed is left alone for `retry`, 60 s by default, whatever `D` says. With `I` the next
    /// request through the balancer forgives it; we send one ourselves if no visitor comes first. `I` is put back
    /// unless an operator had set it. Returns the worker as it is then, in error or not.
    async fn forgive(&self, worker: &ManagedWorker) -> Result<ManagedWorker, BalancerError> {
        let before = self.read().await?;
        self.send(&before, &worker.name, Flag::IgnoreErrors, true)
            .await?;
        let noticed = tokio::time::timeout(NUDGE, async {
            self.manager.knock().await;
            loop {
                let balancer = self.read().await?;
                if !self.find(&balancer, &worker.name)?.status.is_in_error() {
                    return Ok::<_, BalancerError>(());
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        })
        .await;
        let before = self.read().await?;
        let after = if worker.status.ignores_errors() {
            before
        } else {
            self.send(&before, &worker.name, Flag::IgnoreErrors, false)
                .await?
        };
        if let Ok(Err(error)) = noticed {
            return Err(error);
        }
        self.find(&after, &worker.name).cloned()
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, BalancerError>> + Send,
    ) -> Result<T, BalancerError> {
        match tokio::time::timeout(LIMIT, call).await {
            Ok(result) => result,
            Err(_) => Err(BalancerError::Unreachable {
                balancer: self.settings.name.clone(),
                why: format!("no answer within {} s", LIMIT.as_secs()),
            }),
        }
    }

    fn refused(&self, why: impl Into<String>) -> BalancerError {
        BalancerError::Refused {
            balancer: self.settings.name.clone(),
            why: why.into(),
        }
    }
}

#[async_trait]
impl LoadBalancer for ApacheBalancer {
    async fn observe(&self) -> Result<Observation, BalancerError> {
        self.bounded(async {
            let balancer = self.read().await?;
            Ok(Observation {
                workers: balancer.workers.iter().map(shown).collect(),
                // Drawn anew at each start and reload, unless flags and counters outlive those as well.
                incarnation: balancer.nonce.unwrap_or_default(),
            })
        })
        .await
    }

    async fn set(
        &self,
        worker: &str,
        wanted: Wanted,
        stamp: Stamp,
    ) -> Result<WorkerState, BalancerError> {
        self.bounded(async {
            // The manager changes flags by an unlocked read-modify-write.
            let _alone = self.manager.alone().await;
            let now = match wanted {
                Wanted::Isolated => self.disable(worker, true).await?,
                Wanted::InService => {
                    let now = self.disable(worker, false).await?;
                    if now.status.is_in_error() {
                        self.forgive(&now).await?
                    } else {
                        now
                    }
                }
            };
            tracing::debug!(
                balancer = self.settings.name,
                worker,
                epoch = stamp.epoch,
                run = %stamp.run,
                words = now.status.words(),
                "balancer flag read back"
            );
            Ok(shown(&now))
        })
        .await
    }

    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError> {
        self.bounded(async {
            let balancer = self.read().await?;
            for worker in workers {
                self.find(&balancer, worker)?;
            }
            let html = self.manager.page().await?;
            let wanted: Vec<_> = workers.iter().map(|w| spelling::normalise(w)).collect();
            let accepted = self.settings.accept_no_persist;
            preflight::judge(&balancer, page::persists(&html), accepted, &wanted)
                .map_err(|why| self.refused(why))
        })
        .await
    }

    fn normalise(&self, address: &str) -> String {
        spelling::normalise(address)
    }
}

fn shown(worker: &ManagedWorker) -> WorkerState {
    WorkerState {
        worker: spelling::normalise(&worker.name),
        admission: worker.status.admission(),
        open_work: worker.busy,
        served: worker.elected,
        words: worker.status.words().to_owned(),
    }
}

fn known(balancer: &ManagedBalancer) -> String {
    let names = balancer
        .workers
        .iter()
        .map(|worker| format!("`{}`", worker.name));
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "no workers at all".to_owned()
    } else {
        names.join(", ")
    }
}
