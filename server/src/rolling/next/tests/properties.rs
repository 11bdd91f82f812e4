//! Windows, order and exclusion, whatever the plan and whatever comes of each stage.

use super::*;
use crate::{
    balancer::{Observation, WorkerState},
    rolling::stage::isolate::{self, Observations},
};
use app::model::{
    deployment::OnFailure,
    environment::{Admission, Member, Node},
    ids::BalancerId,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const BALANCER: BalancerId = BalancerId(Uuid::nil());

/// A plan in numbers.
#[derive(Debug, Clone)]
struct Case {
    nodes: usize,
    /// Nodes of the pool that the deployment leaves alone, and whether each serves.
    others: Vec<bool>,
    batch: u32,
    floor: u32,
    on_failure: OnFailure,
    /// What comes of each attempt, and which of those at work ends first.
    outcomes: Vec<(Ends, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ends {
    Well,
    Badly(FailureClass),
}

fn cases() -> impl Strategy<Value = Case> {
    let ends = prop_oneof![
        40 => Just(Ends::Well),
        2 => Just(Ends::Badly(Ours)),
        1 => Just(Ends::Badly(Release)),
        1 => Just(Ends::Badly(Unsure)),
    ];
    let on_failure = prop_oneof![
        Just(OnFailure::UndoNode),
        Just(OnFailure::UndoAll),
        Just(OnFailure::Leave)
    ];
    (
        1..8_usize,
        prop::collection::vec(any::<bool>(), 0..3),
        1..4_u32,
        1..4_u32,
        on_failure,
        prop::collection::vec((ends, 0..8_usize), 160),
    )
        .prop_map(|(nodes, others, batch, floor, on_failure, outcomes)| Case {
            nodes,
            others,
            batch,
            floor,
            on_failure,
            outcomes,
        })
}

impl Case {
    fn plan(&self) -> Plan {
        let mut plan = plan();
        let first = plan.nodes[0].clone();
        let numbered = |n: usize| {
            let mut planned = first.clone();
            planned.node.id = NodeId(Uuid::from_u128(n as u128 + 1));
            planned.node.name = format!("n{n}").parse().unwrap();
            planned.node.members = vec![Member {
                balancer: BALANCER,
                worker: format!("http://n{n}"),
            }];
            planned
        };
        plan.nodes = (0..self.nodes).map(numbered).collect();
        plan.others = (self.nodes..self.nodes + self.others.len())
            .map(|n| numbered(n).node)
            .collect();
        plan.policy.batch = self.batch;
        plan.policy.floor = self.floor;
        plan.policy.on_failure = self.on_failure;
        plan
    }
}

/// A world that does what it is told, and what was seen of it.
struct World {
    case: Case,
    story: Story,
    outcomes: std::vec::IntoIter<(Ends, usize)>,
    out: BTreeSet<NodeId>,
    /// Nodes on which anything but preparing was begun while the deployment still rolled.
    touched: BTreeSet<NodeId>,
    now: Timestamp,
}

impl World {
    fn new(case: Case) -> Self {
        Self {
            story: Story::of(case.plan()),
            outcomes: case.outcomes.clone().into_iter(),
            out: BTreeSet::new(),
            touched: BTreeSet::new(),
            now: Timestamp(500_000),
            case,
        }
    }

    fn tell(&mut self, node: Option<NodeId>, fact: Fact) {
        self.story = self.story.clone().tell(node, fact);
    }

    fn seen(&self, plan: &Plan) -> Observations {
        let planned = plan.nodes.iter().map(|planned| (&planned.node, true));
        let others = plan.others.iter().zip(self.case.others.iter().copied());
        let worker = |(node, serves): (&Node, bool)| WorkerState {
            worker: node.members[0].worker.clone(),
            admission: match serves && !self.out.contains(&node.id) {
                true => Admission::InService,
                false => Admission::Isolated,
            },
            open_work: None,
            served: None,
            words: String::new(),
        };
        let observation = Observation {
            workers: planned.chain(others).map(worker).collect(),
            incarnation: String::new(),
        };
        Observations::from([(BALANCER, observation)])
    }

    /// Until it rests, waits for a person, or nothing is left to come.
    fn play(&mut self) -> Job {
        loop {
            let job = self.story.job();
            match next(&job, self.now) {
                Next::Record(node, fact) => self.tell(node, fact),
                Next::Look(node) => self.tell(Some(node), Fact::Observed { before: Vec::new() }),
                Next::Perform(effects) => {
                    for effect in effects {
                        self.begin(&job, effect);
                    }
                }
                Next::Wait { until } => match self.outcomes.next() {
                    None => return job,
                    Some(end) if job.any_open() => self.end(&job, end),
                    Some(_) => self.now = until.expect("nothing is open, and there is no time"),
                },
                Next::Watch { .. } | Next::Rest => return job,
                Next::Reconcile | Next::Adopt(_) => panic!("nobody took over"),
            }
        }
    }

    fn begin(&mut self, job: &Job, Effect { node, attempt, .. }: Effect) {
        if attempt.work != Work::Prepare {
            self.check(job, node, attempt);
        }
        let fact = Fact::Started {
            attempt,
            run: RunId(Uuid::nil()),
            deadline_at: Timestamp(i64::MAX),
        };
        self.tell(Some(node), fact);
    }

    fn check(&mut self, job: &Job, node: NodeId, attempt: Attempt) {
        let batch = self.case.batch as usize;
        let place = job.nodes.iter().position(|run| run.node == node).unwrap();
        assert!(place < self.case.nodes, "it was to be left alone");
        let known = self.touched.contains(&node);
        if job.state != Rolling {
            assert!(known, "{node} is new, and it is {}", job.state);
            return;
        }
        assert_eq!(attempt.pass, Forward);
        let failed = job.final_failures().next().is_some();
        assert!(!failed || known, "{node} is new after a failure");
        for earlier in &job.nodes[..place - place % batch] {
            assert_eq!(earlier.state, NodeRunState::Rejoined, "out of its turn");
        }
        self.touched.insert(node);
    }

    fn end(&mut self, job: &Job, (ends, which): (Ends, usize)) {
        let open: Vec<_> = job.nodes.iter().filter(|run| run.open.is_some()).collect();
        let run = open[which % open.len()];
        let attempt = run.open.as_ref().unwrap().attempt;
        let stage = attempt.work;
        let refused = stage == at(Stage::Isolate)
            && !self.out.contains(&run.node)
            && isolate::may_isolate(&job.plan, run.node, &self.seen(&job.plan)).is_err();
        let class = match ends {
            _ if refused => Some(Ours),
            Ends::Well => None,
            Ends::Badly(class) => Some(class),
        };
        if class.is_none() {
            if stage == at(Stage::Isolate) {
                self.take_out(job, run.node);
            } else if stage == at(Stage::Rejoin) {
                self.out.remove(&run.node);
            }
        }
        let outcome = match class {
            None => Outcome::Passed {
                proof: Proof::Isolated,
            },
            Some(class) => Outcome::Failed {
                failure: Failure::new(class, Trouble::new("It went wrong.")),
            },
        };
        self.tell(Some(run.node), Fact::Finished { attempt, outcome });
    }

    fn take_out(&mut self, job: &Job, node: NodeId) {
        self.out.insert(node);
        assert!(self.out.len() <= self.case.batch as usize, "the batch");
        let seen = self.seen(&job.plan);
        let nodes = job.plan.nodes.iter().map(|planned| &planned.node);
        let usable = nodes
            .chain(&job.plan.others)
            .filter(|node| isolate::is_usable(node, &seen));
        assert!(usable.count() >= self.case.floor as usize, "the floor");
    }
}

proptest! {
    #[test]
    fn any_plan_keeps_its_window_and_order_and_touches_nothing_new_after_a_failure(case in cases()) {
        let mut world = World::new(case);
        let job = world.play();
        if job.state.is_over() {
            prop_assert!(!job.any_out() && !job.any_open());
            prop_assert!(world.out.is_empty());
        }
        if job.state == Succeeded {
            prop_assert!(job.nodes.iter().all(|run| run.state == NodeRunState::Rejoined));
        }
        if job.state == Undone {
            // one on which the release failed, also when that is the last one
            prop_assert!(job.nodes.iter().any(|run| run.state == NodeRunState::Undone));
        }
        for run in &job.nodes {
            if !world.touched.contains(&run.node) {
                prop_assert_eq!(run.state, NodeRunState::Pending);
            }
        }
    }
}
