//! A balancer and machines that behave as real ones do, until a test tells them not to.

use app::model::{environment::Node, name::Name};
use async_trait::async_trait;
use server::{
    balancer::{
        BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState, fake::FakeBalancer,
    },
    probe::fake::FakeProbe,
    remote::{
        Body, Ending, Order, Ran, Reading, RemoteError, RemoteShell, Script, Sink, Upload,
        fake::{FakeShell, told},
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// The fake balancer, which can also refuse one kind of order so many times.
pub struct Front {
    pub fake: Arc<FakeBalancer>,
    refusing: Mutex<Option<(Wanted, u32)>>,
}

impl Front {
    pub fn new(fake: Arc<FakeBalancer>) -> Arc<Self> {
        Arc::new(Self {
            fake,
            refusing: Mutex::new(None),
        })
    }

    /// The next `times` orders to be `wanted` are not answered, nor carried out.
    pub fn is_deaf_to(&self, wanted: Wanted, times: u32) {
        *self.refusing.lock().unwrap() = Some((wanted, times));
    }
}

#[async_trait]
impl LoadBalancer for Front {
    async fn observe(&self) -> Result<Observation, BalancerError> {
        self.fake.observe().await
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
        self.fake.set(worker, wanted, stamp).await
    }

    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError> {
        self.fake.preflight(workers).await
    }

    fn normalise(&self, address: &str) -> String {
        self.fake.normalise(address)
    }
}

/// What lies on one machine.
#[derive(Default, Clone)]
struct Machine {
    current: Option<String>,
    /// Folder to checksum.
    releases: BTreeMap<String, String>,
}

#[derive(Default)]
struct Machines {
    machines: HashMap<Name, Machine>,
    /// Checksum to version.
    versions: HashMap<String, String>,
    /// How an application calls itself after its switch; `None`: it does not come up.
    behaves: HashMap<String, Option<String>>,
}

/// Machines on which a switch lets another release answer.
pub struct Shells {
    /// Prepared answers, and what was asked.
    pub fake: FakeShell,
    probe: Arc<FakeProbe>,
    machines: Mutex<Machines>,
}

impl Shells {
    pub fn new(probe: Arc<FakeProbe>) -> Arc<Self> {
        Arc::new(Self {
            fake: FakeShell::default(),
            probe,
            machines: Mutex::default(),
        })
    }

    pub fn knows(&self, version: &str, sha256: &str) {
        self.machines()
            .versions
            .insert(sha256.into(), version.into());
    }

    /// The machine runs what has this checksum.
    pub fn runs(&self, node: &Name, dir: &str, sha256: &str) {
        let mut machines = self.machines();
        let machine = machines.machines.entry(node.clone()).or_default();
        machine.releases.insert(dir.into(), sha256.into());
        machine.current = Some(dir.into());
        machines.answer(node, &self.probe);
    }

    /// The application of this version does not come up.
    pub fn does_not_boot(&self, version: &str) {
        self.machines().behaves.insert(version.into(), None);
    }

    /// It comes up again, also where somebody starts it by hand now.
    pub fn boots(&self, version: &str) {
        let mut machines = self.machines();
        machines.behaves.remove(version);
        let nodes: Vec<_> = machines.machines.keys().cloned().collect();
        for node in nodes {
            machines.answer(&node, &self.probe);
        }
    }

    /// The application of this version says it is another one.
    pub fn answers_as(&self, version: &str, other: &str) {
        self.machines()
            .behaves
            .insert(version.into(), Some(other.into()));
    }

    /// The version `current` points to.
    pub fn version(&self, node: &Name) -> Option<String> {
        self.machines().version(node)
    }

    fn machines(&self) -> MutexGuard<'_, Machines> {
        self.machines.lock().unwrap()
    }
}

impl Machines {
    fn version(&self, node: &Name) -> Option<String> {
        let machine = self.machines.get(node)?;
        let sha256 = machine.releases.get(machine.current.as_ref()?)?;
        self.versions.get(sha256).cloned()
    }

    fn answer(&self, node: &Name, probe: &FakeProbe) {
        let version = self.version(node);
        let says = version.and_then(|version| {
            let told = self.behaves.get(&version).cloned();
            told.unwrap_or(Some(version))
        });
        match says {
            Some(says) => probe.answers(node, &says),
            None => probe.is_silent(node),
        }
    }
}

#[async_trait]
impl RemoteShell for Shells {
    async fn run(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<Ran, RemoteError> {
        let ran = self.fake.run(node, order, stamp, sink).await?;
        let parameters = order.script.parameters();
        let mut machines = self.machines();
        match order.script.label {
            "unpack" if ran.is_well() => {
                let machine = machines.machines.entry(node.name.clone()).or_default();
                machine
                    .releases
                    .insert(parameters[0].clone(), parameters[1].clone());
            }
            // below 240 it is the restart command that failed, after the switch
            "switch" if ran.ending == Ending::Done && ran.code < 240 => {
                let machine = machines.machines.entry(node.name.clone()).or_default();
                assert!(
                    machine.releases.contains_key(&parameters[0]),
                    "a switch to a release that is not there"
                );
                machine.current = Some(parameters[0].clone());
                machines.answer(&node.name, &self.probe);
            }
            _ => {}
        }
        Ok(ran)
    }

    async fn read(
        &self,
        node: &Node,
        script: &Script,
        limit: Duration,
    ) -> Result<Reading, RemoteError> {
        let machine = self.machines().machines.get(&node.name).cloned();
        let machine = machine.unwrap_or_default();
        match script.label {
            "observe" => Ok(told(&machine.current.map_or(String::new(), |dir| {
                format!(
                    "current releases/{dir}\nrevision {}\n",
                    machine.releases[&dir]
                )
            }))),
            "look" => Ok(told(
                &machine
                    .releases
                    .get(&script.parameters()[1])
                    .map_or("free 9999999\nuploaded\n".to_owned(), |sha256| {
                        format!("there\n{sha256}\n")
                    }),
            )),
            _ => self.fake.read(node, script, limit).await,
        }
    }

    async fn put(
        &self,
        node: &Node,
        upload: &Upload,
        body: Body,
        stamp: Stamp,
    ) -> Result<(), RemoteError> {
        self.fake.put(node, upload, body, stamp).await
    }
}
