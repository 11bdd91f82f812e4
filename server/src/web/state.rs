//! What handlers share.

use super::password::Passwords;
use crate::{
    config::{DataConfig, WebConfig},
    gateway::{Connect, LiveGateway},
    hub::Hub,
    objects::Objects,
};
use app::{gateway::SharedGateway, model::trouble::Trouble};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// One per service; clones share it.
#[derive(Clone)]
pub struct Web(Arc<Shared>);

pub struct Shared {
    pub web: WebConfig,
    pub data: DataConfig,
    pub pool: PgPool,
    pub gateway: Arc<LiveGateway>,
    pub objects: Objects,
    pub hub: Arc<Hub>,
    /// Why the private PostgreSQL does not run, if there is one.
    pub private: Option<watch::Receiver<Option<Trouble>>>,
    pub passwords: Passwords,
    /// Makes the driver for a configured balancer.
    pub connect: Connect,
    pub leptos: LeptosOptions,
    /// Taken by whoever makes the first admin.
    pub setting_up: tokio::sync::Mutex<()>,
    /// Off until everything runs, and again as soon as the stop begins.
    pub ready: AtomicBool,
    /// Ends event streams.
    pub streams: CancellationToken,
}

impl Web {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    pub fn shared_gateway(&self) -> SharedGateway {
        Arc::clone(&self.gateway) as SharedGateway
    }
}

impl Deref for Web {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Web> for LeptosOptions {
    fn from_ref(web: &Web) -> Self {
        web.leptos.clone()
    }
}
