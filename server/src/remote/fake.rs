//! A node in memory: remembers what it was told and answers as prepared.

use super::{
    Body, Ending, Order, Ran, Reading, RemoteError, RemoteShell, Script, Sink, Stamp, Upload,
};
use app::model::{
    environment::{Node, SshAddress},
    ids::NodeId,
};
use async_trait::async_trait;
use futures::TryStreamExt;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

/// What the fake was asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub node: String,
    /// The script's label; `put` for an upload.
    pub label: String,
    pub parameters: Vec<String>,
    /// `None` for reading.
    pub epoch: Option<u64>,
}

#[derive(Default)]
struct Memory {
    asked: Vec<Asked>,
    runs: HashMap<&'static str, VecDeque<Result<Ran, RemoteError>>>,
    reads: HashMap<&'static str, VecDeque<Result<Reading, RemoteError>>>,
    puts: VecDeque<Result<(), RemoteError>>,
    files: HashMap<String, Vec<u8>>,
}

/// Everything succeeds silently unless prepared otherwise; prepared answers are used up in order.
#[derive(Default)]
pub struct FakeShell(Mutex<Memory>);

impl FakeShell {
    pub fn answer_run(&self, label: &'static str, answer: Result<Ran, RemoteError>) {
        self.memory()
            .runs
            .entry(label)
            .or_default()
            .push_back(answer);
    }

    pub fn answer_read(&self, label: &'static str, answer: Result<Reading, RemoteError>) {
        self.memory()
            .reads
            .entry(label)
            .or_default()
            .push_back(answer);
    }

    pub fn answer_put(&self, answer: Result<(), RemoteError>) {
        self.memory().puts.push_back(answer);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.memory().asked.clone()
    }

    /// What was uploaded, by path.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.memory().files.get(path).cloned()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().expect("no holder of this lock panics")
    }

    fn note(&self, node: &Node, label: &str, parameters: &[String], epoch: Option<u64>) {
        self.memory().asked.push(Asked {
            node: node.name.to_string(),
            label: label.to_owned(),
            parameters: parameters.to_vec(),
            epoch,
        });
    }
}

/// A run that ended well or not, having printed `tail`.
pub fn ran(code: i32, tail: &str) -> Ran {
    Ran {
        code,
        ending: Ending::Done,
        tail: tail.to_owned(),
    }
}

/// A reading that printed `stdout`.
pub fn told(stdout: &str) -> Reading {
    Reading {
        code: 0,
        stdout: stdout.to_owned(),
        stderr: String::new(),
    }
}

/// A node called `red` with this deploy root, for tests.
pub fn node_at(deploy_root: &str) -> Node {
    Node {
        id: NodeId(uuid::Uuid::from_u128(1)),
        name: "red".parse().expect("this is a name"),
        group: None,
        ssh: SshAddress {
            user: "deploy".to_owned(),
            host: "127.0.0.11".to_owned(),
            port: 2201,
            host_key_fingerprint: "SHA256:registered".to_owned(),
            host_key: String::new(),
        },
        app_url: "http://127.0.0.11:9000".to_owned(),
        deploy_root: deploy_root.to_owned(),
        members: Vec::new(),
    }
}

#[async_trait]
impl RemoteShell for FakeShell {
    async fn run(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<Ran, RemoteError> {
        let script = &order.script;
        self.note(node, script.label, script.parameters(), Some(stamp.epoch));
        let answer = self
            .memory()
            .runs
            .get_mut(script.label)
            .and_then(VecDeque::pop_front);
        let ran = answer.unwrap_or_else(|| Ok(ran(0, "")))?;
        ran.tail.lines().for_each(|line| sink(line));
        Ok(ran)
    }

    async fn read(
        &self,
        node: &Node,
        script: &Script,
        _limit: Duration,
    ) -> Result<Reading, RemoteError> {
        self.note(node, script.label, script.parameters(), None);
        let answer = self
            .memory()
            .reads
            .get_mut(script.label)
            .and_then(VecDeque::pop_front);
        answer.unwrap_or_else(|| Ok(told("")))
    }

    async fn put(
        &self,
        node: &Node,
        upload: &Upload,
        body: Body,
        stamp: Stamp,
    ) -> Result<(), RemoteError> {
        self.note(
            node,
            "put",
            std::slice::from_ref(&upload.path),
            Some(stamp.epoch),
        );
        let pieces: Vec<_> = body
            .try_collect()
            .await
            .map_err(|error| RemoteError::Source(error.to_string()))?;
        if let Some(answer) = self.memory().puts.pop_front() {
            answer?;
        }
        self.memory()
            .files
            .insert(upload.path.clone(), pieces.concat());
        Ok(())
    }
}
