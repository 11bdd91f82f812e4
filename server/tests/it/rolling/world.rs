//! A balancer and machines that behave as real ones do, until a test tells them not to.

/// The balancer.
mod front;

pub use front::Front;

use app::model::{environment::Node, name::Name};
use async_trait::async_trait;
use futures::FutureExt;
use server::{
    balancer::Stamp,
    probe::fake::FakeProbe,
    remote::{
        Body, Ending, Order, Ran, Reading, RemoteError, RemoteShell, Script, Sink, Upload,
        fake::{FakeShell, told},
    },
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::watch};

/// Something that was done to a balancer or a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub at: Instant,
    pub epoch: u64,
    /// `red switch`, `red out`, `red in`.
    pub what: String,
}

/// Every deed of one world, in order.
pub type Diary = Arc<Mutex<Vec<Deed>>>;

fn note(diary: &Diary, epoch: u64, what: String) {
    let at = Instant::now();
    diary.lock().unwrap().push(Deed { at, epoch, what });
}

/// How long a run takes on its machine.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// So long, whoever waits for it.
    Real(Duration),
    /// Until a newer owner ends it.
    ForEver,
}

/// A run on a machine, as the wrapper there keeps it.
#[derive(Clone)]
struct Run {
    epoch: u64,
    ended: watch::Sender<Option<Ran>>,
}

/// What lies on one machine.
#[derive(Default, Clone)]
struct Machine {
    current: Option<String>,
    /// Folder to checksum.
    releases: BTreeMap<String, String>,
    /// The newest seen: an older owner is refused.
    epoch: u64,
    runs: HashMap<String, Run>,
    alive: Option<String>,
}

#[derive(Default)]
struct Machines {
    machines: HashMap<Name, Machine>,
    /// Checksum to version.
    versions: HashMap<String, String>,
    /// How an application calls itself after its switch; `None`: it does not come up.
    behaves: HashMap<String, Option<String>>,
    /// No way there over SSH.
    unreachable: HashSet<Name>,
    /// What takes its time: a script's label and, for a switch, the version.
    takes: Vec<(String, Option<String>, Takes)>,
    /// Orders of owners who are not any more.
    refused: u32,
}

/// Machines on which a switch lets another release answer, each with a wrapper that starts a run once and fences.
pub struct Shells {
    /// Prepared answers, and what was asked.
    pub fake: FakeShell,
    probe: Arc<FakeProbe>,
    diary: Diary,
    machines: Arc<Mutex<Machines>>,
    /// Machines go on whatever becomes of a server.
    outside: Handle,
}

impl Shells {
    pub fn new(probe: Arc<FakeProbe>, diary: Diary) -> Arc<Self> {
        Arc::new(Self {
            fake: FakeShell::default(),
            probe,
            diary,
            machines: Arc::default(),
            outside: Handle::current(),
        })
    }

    /// From now on runs of `label` take their time; of `switch` those to `version` alone, if one is given.
    pub fn takes(&self, label: &str, version: Option<&str>, takes: Takes) {
        let version = version.map(str::to_owned);
        self.machines()
            .takes
            .push((label.to_owned(), version, takes));
    }

    /// The newest epoch that a machine has seen.
    pub fn epoch(&self, node: &Name) -> u64 {
        let machines = self.machines();
        machines
            .machines
            .get(node)
            .map_or(0, |machine| machine.epoch)
    }

    /// How often an owner was told that there is a newer one.
    pub fn refused(&self) -> u32 {
        self.machines().refused
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

    /// Somebody moves `current`, and restarts nothing.
    pub fn points(&self, node: &Name, dir: &str, sha256: &str) {
        let mut machines = self.machines();
        let machine = machines.machines.entry(node.clone()).or_default();
        machine.releases.insert(dir.into(), sha256.into());
        machine.current = Some(dir.into());
    }

    /// A process that somebody forgot says it is `version`.
    pub fn answers(&self, node: &Name, version: &str) {
        self.probe.answers(node, version);
    }

    /// Or can be reached again.
    pub fn is_unreachable(&self, node: &Name, on: bool) {
        let mut machines = self.machines();
        if on {
            machines.unreachable.insert(node.clone());
        } else {
            machines.unreachable.remove(node);
        }
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

impl Machines {
    fn pace(&self, order: &Order) -> Option<Takes> {
        let parameters = order.script.parameters();
        let mut rules = self.takes.iter().rev();
        let rule = rules.find(|(label, version, _)| {
            let sha256 = self
                .machines
                .values()
                .find_map(|machine| machine.releases.get(parameters.first()?));
            let to = sha256.and_then(|sha256| self.versions.get(sha256));
            label == order.script.label
                && version.as_ref().is_none_or(|version| to == Some(version))
        });
        rule.map(|(_, _, takes)| *takes)
    }

    /// What a script changes as it begins.
    fn begin(&mut self, node: &Name, order: &Order, ran: &Ran) {
        let parameters = order.script.parameters();
        let machine = self.machines.entry(node.clone()).or_default();
        match order.script.label {
            "unpack" if ran.is_well() => {
                machine
                    .releases
                    .insert(parameters[0].clone(), parameters[1].clone());
            }
            // below 240 it is the restart command that failed, after the switch
            "switch" if ran.ending == Ending::Done && ran.code < 240 => {
                assert!(
                    machine.releases.contains_key(&parameters[0]),
                    "a switch to a release that is not there"
                );
                machine.current = Some(parameters[0].clone());
            }
            _ => {}
        }
    }

    /// It is over; a restart that came to its end lets the current release answer.
    fn end(&mut self, node: &Name, name: &str, label: &str, ran: Ran, probe: &FakeProbe) {
        let machine = self.machines.entry(node.clone()).or_default();
        if machine.alive.as_deref() == Some(name) {
            machine.alive = None;
        }
        let Some(run) = machine.runs.get(name) else {
            return;
        };
        if run.ended.borrow().is_some() {
            return;
        }
        let restarted = label == "switch" && ran.ending == Ending::Done && ran.code < 240;
        run.ended.send_replace(Some(ran));
        if restarted {
            self.answer(node, probe);
        }
    }
}

impl Shells {
    /// What the wrapper on the node does: refuses, tells again, attaches, or begins.
    fn attend(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<watch::Receiver<Option<Ran>>, RemoteError> {
        let name = format!("{}.{}", stamp.run, order.script.label);
        let mut machines = self.machines();
        let machine = machines.machines.entry(node.name.clone()).or_default();
        if stamp.epoch < machine.epoch {
            let newest = machine.epoch.to_string();
            machines.refused += 1;
            return Err(RemoteError::Fenced { newest });
        }
        machine.epoch = stamp.epoch;
        if let Some(run) = machine.runs.get(&name) {
            return Ok(run.ended.subscribe());
        }
        if let Some(alive) = machine.alive.clone() {
            if machine.runs[&alive].epoch == stamp.epoch {
                return Err(RemoteError::Busy { run: alive });
            }
            let stopped = Ran {
                code: 143,
                ending: Ending::Stopped,
                tail: String::new(),
            };
            machines.end(&node.name, &alive, "", stopped, &self.probe);
        }
        let answer = self.fake.run(node, order, stamp, sink);
        let ran = answer.now_or_never().expect("fakes answer at once")?;
        note(
            &self.diary,
            stamp.epoch,
            format!("{} {}", node.name, order.script.label),
        );
        let (ended, over) = watch::channel(None);
        let machine = machines.machines.entry(node.name.clone()).or_default();
        machine.runs.insert(
            name.clone(),
            Run {
                epoch: stamp.epoch,
                ended,
            },
        );
        machine.alive = Some(name.clone());
        let pace = machines.pace(order);
        machines.begin(&node.name, order, &ran);
        let label = order.script.label;
        match pace {
            None => machines.end(&node.name, &name, label, ran, &self.probe),
            Some(Takes::ForEver) => {}
            Some(Takes::Real(span)) => {
                let (all, probe, node) =
                    (self.machines.clone(), self.probe.clone(), node.name.clone());
                self.outside.spawn(async move {
                    tokio::time::sleep(span).await;
                    all.lock().unwrap().end(&node, &name, label, ran, &probe);
                });
            }
        }
        Ok(over)
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
        let mut over = self.attend(node, order, stamp, sink)?;
        let ran = over
            .wait_for(Option::is_some)
            .await
            .expect("machines remember their runs");
        Ok(ran.clone().expect("it was waited for"))
    }

    async fn read(
        &self,
        node: &Node,
        script: &Script,
        limit: Duration,
    ) -> Result<Reading, RemoteError> {
        if self.machines().unreachable.contains(&node.name) {
            return Err(RemoteError::ConnectionRefused {
                address: node.ssh.host.clone(),
            });
        }
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
        {
            let mut machines = self.machines();
            let machine = machines.machines.entry(node.name.clone()).or_default();
            if stamp.epoch < machine.epoch {
                let newest = machine.epoch.to_string();
                machines.refused += 1;
                return Err(RemoteError::Fenced { newest });
            }
            machine.epoch = stamp.epoch;
        }
        self.fake.put(node, upload, body, stamp).await
    }
}
