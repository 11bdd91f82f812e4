use super::plan::node_name;
use app::model::{
    ids::{NodeId, RunId},
    stage::{Pass, Stage},
};
use std::collections::{BTreeMap, HashMap};

/// A command on a node; it goes on without whoever started it.
#[derive(Debug, Clone)]
pub struct Run {
    pub epoch: u64,
    /// When it takes effect and leaves its result.
    pub done_at: i64,
    pub switches_to: Option<&'static str>,
    pub result: Option<Result<(), Fate>>,
    pub applied: u32,
}

/// Why something did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Our means failed.
    Ours,
    /// The release does not work.
    Release,
    /// Nobody can tell.
    Unsure,
}

/// What the wrapper says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapped {
    /// It runs, or ran: look again at its result.
    Attached,
    Fenced,
    Busy,
}

/// One node and its place in the balancer, as they really are.
#[derive(Debug, Clone)]
pub struct RealNode {
    pub in_rotation: bool,
    /// An operator had taken it out before us.
    pub operator_out: bool,
    pub current: &'static str,
    /// Proven since the last switch.
    pub checked: bool,
    pub smoked: bool,
    /// Its code was switched by us at least once.
    pub touched: bool,
    pub epoch: u64,
    pub runs: HashMap<RunId, Run>,
    /// The new release fails at this stage here.
    pub broken: Option<Stage>,
    /// No way there until then.
    pub cut_until: i64,
    /// So many steps look different with the new release.
    pub differs: u32,
    /// It gets worse while it is watched.
    pub worsens: bool,
    /// Somebody let it in while it had to be out.
    pub loose_since: Option<i64>,
    /// Somebody else moved `current`; where it pointed before.
    pub foreign: Option<&'static str>,
}

impl RealNode {
    pub fn new(operator_out: bool) -> Self {
        Self {
            in_rotation: !operator_out,
            operator_out,
            current: "0",
            checked: true,
            smoked: true,
            touched: false,
            epoch: 0,
            runs: HashMap::new(),
            broken: None,
            cut_until: i64::MIN,
            differs: 0,
            worsens: false,
            loose_since: None,
            foreign: None,
        }
    }

    /// Lets commands on it come to their end.
    pub fn advance(&mut self, now: i64) {
        for run in self.runs.values_mut() {
            if run.result.is_some() || run.done_at > now {
                continue;
            }
            run.applied += 1;
            run.result = Some(Ok(()));
            let Some(to) = run.switches_to else { continue };
            // a switch to where it points already only restarts
            if self.current != to || !self.touched {
                (self.checked, self.smoked) = (false, false);
            }
            (self.current, self.touched) = (to, true);
            // what somebody else had put there is gone
            self.foreign = None;
            if to == "1" && self.broken == Some(Stage::Deploy) {
                run.result = Some(Err(Fate::Release));
            }
        }
    }

    /// As `wrapper.sh run`: refuses older epochs, ends what older ones left, starts a run at most once.
    pub fn wrapped(&mut self, run: RunId, start: Run, now: i64) -> Wrapped {
        self.advance(now);
        if start.epoch < self.epoch {
            return Wrapped::Fenced;
        }
        let newer = start.epoch > self.epoch;
        self.epoch = start.epoch;
        if self.runs.contains_key(&run) {
            return Wrapped::Attached;
        }
        for other in self
            .runs
            .values_mut()
            .filter(|other| other.result.is_none())
        {
            if !newer && other.epoch >= start.epoch {
                return Wrapped::Busy;
            }
            other.result = Some(Err(Fate::Unsure));
        }
        let alive = self
            .runs
            .values()
            .filter(|run| run.result.is_none())
            .count();
        assert_eq!(alive, 0, "two runs at once on a node");
        self.runs.insert(run, start);
        Wrapped::Attached
    }

    pub fn is_proven(&self) -> bool {
        !self.touched || (self.checked && self.smoked)
    }
}

#[derive(Default)]
pub struct World {
    /// By node; a pool's nodes have neighbouring ids.
    pub nodes: BTreeMap<NodeId, RealNode>,
    pub order: Vec<Vec<NodeId>>,
    /// Per pool: its suite fails on the old release too.
    pub bad_suite: Vec<bool>,
}

impl World {
    pub fn node(&mut self, id: NodeId) -> &mut RealNode {
        self.nodes.get_mut(&id).expect("a planned node")
    }

    /// The balancer is told to send it requests. This is where an unproven node would meet users.
    pub fn let_in(&mut self, id: NodeId, pass: Pass, with_suite: bool) {
        let node = self.node(id);
        assert!(
            !node.operator_out,
            "{}: an operator had disabled it",
            node_name(id)
        );
        let proven = match pass {
            Pass::Rehearsal | Pass::Forward => node.is_proven(),
            // put back: check always, smoke where a suite once proved it
            Pass::Undo => node.is_proven() || (node.checked && (node.smoked || !with_suite)),
        };
        assert!(proven, "{} was let in unproven", node_name(id));
        (node.in_rotation, node.loose_since) = (true, None);
    }

    /// Takes it out; `batch` and `floor` are the pool's.
    pub fn take_out(&mut self, pool: usize, id: NodeId) {
        let usable = self.order[pool]
            .iter()
            .filter(|other| **other != id && self.nodes[other].in_rotation)
            .count();
        assert!(usable >= 1, "{}: nobody would serve", node_name(id));
        let node = self.node(id);
        (node.in_rotation, node.loose_since) = (false, None);
    }
}
