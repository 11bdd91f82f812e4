//! What happens in a story, but for the servers: its clock, its database, its world, and what is told of it.

use super::CALM;
use crate::rolling::simulation::{
    database::{Database, Refused},
    plan,
    world::World,
};
use app::model::{
    ids::{NodeId, RunId},
    journal::Fact,
};
use rand::{RngExt, rngs::StdRng};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Everything but the servers.
pub struct Scene {
    pub rng: StdRng,
    pub now: i64,
    pub database: Database,
    pub world: World,
    /// The story in words, if anybody listens.
    pub told: Option<Vec<String>>,
    pub faults: BTreeMap<&'static str, u64>,
    /// Time in which nobody could act for a fault's sake.
    pub disturbed: i64,
    /// Per pool: its journal lost its end.
    pub was_restored: Vec<bool>,
    pub(super) intents: HashSet<RunId>,
    pub(super) flaky: f64,
    pub(super) runs: u128,
}

impl Scene {
    pub fn tell(&mut self, words: impl FnOnce() -> String) {
        if let Some(told) = &mut self.told {
            told.push(format!("{:>7}  {}", self.now, words()));
        }
    }

    pub fn fault(&mut self, kind: &'static str, words: &str) {
        *self.faults.entry(kind).or_default() += 1;
        self.tell(|| format!("* {kind}: {words}"));
    }

    pub fn run_id(&mut self) -> RunId {
        self.runs += 1;
        RunId(Uuid::from_u128(self.runs))
    }

    pub fn is_flaky(&mut self) -> bool {
        let flaky = self.now < CALM && self.flaky > 0.0 && self.rng.random_bool(self.flaky);
        if flaky {
            *self.faults.entry("our means").or_default() += 1;
        }
        flaky
    }

    /// A run reaches a node: its intent must be in a journal.
    pub fn intended(&mut self, run: RunId) {
        assert!(self.intents.contains(&run), "an effect without an intent");
    }

    pub fn write(
        &mut self,
        pool: usize,
        epoch: u64,
        node: Option<NodeId>,
        fact: Fact,
    ) -> Result<(), Refused> {
        self.append(pool, epoch, node, fact, None)
    }

    pub fn write_answer(
        &mut self,
        pool: usize,
        epoch: u64,
        node: Option<NodeId>,
        fact: Fact,
        asked: usize,
    ) -> Result<(), Refused> {
        self.append(pool, epoch, node, fact, Some(asked))
    }

    fn append(
        &mut self,
        pool: usize,
        epoch: u64,
        node: Option<NodeId>,
        fact: Fact,
        asked: Option<usize>,
    ) -> Result<(), Refused> {
        let written = self
            .database
            .write(pool, epoch, node, &fact, self.now, asked);
        self.tell(|| {
            let name = node.map_or(String::new(), plan::node_name);
            let remark = match written {
                Ok(()) => String::new(),
                Err(refused) => format!("  ({refused:?})"),
            };
            format!("{pool}/{epoch:<3} {name:>7} {fact:?}{remark}")
        });
        if let Fact::Started { run, .. } = fact {
            self.intents.insert(run);
        }
        written
    }
}
