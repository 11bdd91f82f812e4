//! What a person can ask of a deployment, and when. One function, [`possible`], says it for the button, the API and
//! the engine alike; each command has one end state.

use super::{
    deployment::{DeploymentState, NodeRunState},
    ids::NodeId,
    name::Name,
    stage::{Stage, Work},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person can ask. Those that are about one node name it beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Stop once the nodes at hand have rejoined.
    Hold,
    /// Stop at the next stage boundary, with a node out; a deadline puts it back.
    HoldNow,
    /// Go on after a hold.
    Resume,
    /// Try the failed stage again, or look again where two sides disagreed.
    Retry,
    /// Put this node back if it is out, leave it as it was, and go on with the others.
    Skip,
    /// Go on although this node has open requests.
    ForceDrain,
    /// Go on after a halt, with the nodes that were put back.
    Continue,
    /// Stop what runs, put the nodes at hand back, proven, and touch no further one.
    Abort,
}

impl Command {
    pub const ALL: [Self; 8] = [
        Self::Hold,
        Self::HoldNow,
        Self::Resume,
        Self::Retry,
        Self::Skip,
        Self::ForceDrain,
        Self::Continue,
        Self::Abort,
    ];

    /// As in URLs, the CLI and the audit history.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::HoldNow => "hold-now",
            Self::Resume => "resume",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::ForceDrain => "force-drain",
            Self::Continue => "continue",
            Self::Abort => "abort",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.word() == word)
    }

    /// As on a button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hold => "Hold",
            Self::HoldNow => "Hold now",
            Self::Resume => "Resume",
            Self::Retry => "Retry",
            Self::Skip => "Skip node",
            Self::ForceDrain => "Force the drain",
            Self::Continue => "Continue",
            Self::Abort => "Abort",
        }
    }

    /// What it comes to: the one end state, in words.
    pub fn leads_to(self) -> &'static str {
        match self {
            Self::Hold => {
                "The nodes at hand go through all stages and rejoin; then the deployment is held, with every node in service, until somebody resumes it."
            }
            Self::HoldNow => {
                "The stage at hand ends; then the deployment is held where it is, and a node that is out stays out, watched. At the deadline that node is put back and the deployment halts."
            }
            Self::Resume => "The deployment goes on where it was held.",
            Self::Retry => {
                "The failed stage is tried again on the same node; if it passes the deployment goes on."
            }
            Self::Skip => {
                "The node keeps or gets back what it ran before, in service; the deployment goes on with the others."
            }
            Self::ForceDrain => {
                "The node is deployed to although it has open requests, and these are cut off."
            }
            Self::Continue => {
                "The deployment goes on; nodes that were put back are rolled again from the start."
            }
            Self::Abort => {
                "What runs is stopped. The node at hand gets its old release back, is proven and rejoins. Nodes that are done keep the new release. No other node is touched."
            }
        }
    }

    /// Whether it is about one node.
    pub fn needs_node(self) -> bool {
        matches!(self, Self::Skip | Self::ForceDrain)
    }

    /// Whether it means something else after the deployment has moved on: it must say in which state it was seen.
    pub fn is_about_a_moment(self) -> bool {
        match self {
            Self::Resume | Self::Retry | Self::Skip | Self::Continue => true,
            Self::Hold | Self::HoldNow | Self::ForceDrain | Self::Abort => false,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the answer to a command depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    pub state: DeploymentState,
    /// `seq` of the event that brought this state: the moment a button was made for.
    pub turn: u64,
    /// Who asked for a hold that has not come about yet, and whether at once.
    pub hold: Option<(String, bool)>,
    /// Who asked for an abort that has not come about yet.
    pub abort: Option<String>,
    /// Something failed for good, or two sides disagree: there is something to try again.
    pub can_retry: bool,
    /// So many pictures still have to be accepted before a node rejoins; `None`: none waits.
    #[serde(default)]
    pub review: Option<usize>,
    pub nodes: Vec<NodeSituation>,
}

/// One node's part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSituation {
    pub node: NodeId,
    pub name: Name,
    pub state: NodeRunState,
    /// It may be out of service because of us.
    pub out: bool,
    /// What is being done on it now.
    pub busy: Option<Work>,
    /// Somebody forced its drain already.
    pub forced: bool,
    /// It was switched, and what it ran before is not known.
    pub cannot_go_back: bool,
}

/// Whether a person can ask for `command` now; the error is the reason why not, a clause without capital or full stop.
pub fn possible(
    situation: &Situation,
    command: Command,
    node: Option<NodeId>,
) -> Result<(), String> {
    use DeploymentState::*;
    let state = situation.state;
    match state {
        Succeeded | Undone | Aborted => return Err("it has ended".into()),
        Aborting => return Err("it is being aborted already".into()),
        Queued | Preparing | Rolling | Held | Undoing | Halted => {}
    }
    if let Some(by) = &situation.abort {
        return Err(format!("{by} asked to abort it already"));
    }
    let no = |why: &str| Err(why.to_owned());
    match command {
        Command::Hold | Command::HoldNow => match (state, &situation.hold) {
            (Held, _) => no("it is held already"),
            (Halted, _) => no("it is halted and does nothing by itself"),
            (Undoing, _) => {
                no("a node is being put back, which is not interrupted; it stops by itself then")
            }
            (_, Some((by, true))) => Err(format!("{by} asked to hold it now already")),
            (_, Some((by, false))) if command == Command::Hold => {
                Err(format!("{by} asked to hold it already"))
            }
            _ => Ok(()),
        },
        Command::Resume => match (state, &situation.hold) {
            (Held, _) if situation.review.is_some() => no(
                "it waits for a review: accept the pictures or reject one, skip the node, or abort",
            ),
            (Held, _) | (_, Some(_)) => Ok(()),
            (Halted, None) => no("it is halted, not held: retry, skip, continue or abort"),
            _ => no("it is not held"),
        },
        Command::Retry if state != Halted => no("nothing has halted it"),
        Command::Retry if !situation.can_retry => no("nothing failed that could be tried again"),
        Command::Retry => Ok(()),
        Command::Continue if state != Halted => no("nothing has halted it"),
        Command::Continue => match situation.nodes.iter().find(|node| node.out) {
            Some(node) => Err(format!(
                "{} is out of service: retry, skip it or abort",
                node.name
            )),
            None => Ok(()),
        },
        Command::Skip => may_skip(state, the_node(situation, node)?),
        Command::ForceDrain => may_force(the_node(situation, node)?),
        Command::Abort => match situation.nodes.iter().find(|node| node.cannot_go_back) {
            _ if state == Undoing => {
                no("the node at hand is being put back already, and no other will be touched")
            }
            Some(node) => Err(format!(
                "it is not known what {} ran before, so there is nothing to put back",
                node.name
            )),
            None => Ok(()),
        },
    }
}

fn the_node(situation: &Situation, node: Option<NodeId>) -> Result<&NodeSituation, String> {
    let Some(id) = node else {
        return Err("it must name a node".into());
    };
    situation
        .nodes
        .iter()
        .find(|node| node.node == id)
        .ok_or_else(|| "this deployment has no such node".into())
}

fn may_skip(state: DeploymentState, node: &NodeSituation) -> Result<(), String> {
    let name = &node.name;
    match node.state {
        NodeRunState::Rejoined => return Err(format!("{name} is done")),
        NodeRunState::Skipped => return Err(format!("{name} is skipped already")),
        _ => {}
    }
    if node.busy.is_some() {
        return Err(format!("{name} is being worked on; hold now, then skip it"));
    }
    if node.cannot_go_back {
        return Err(format!(
            "it is not known what {name} ran before, so it cannot be put back"
        ));
    }
    match (state, node.out) {
        (DeploymentState::Halted | DeploymentState::Held, _) | (_, false) => Ok(()),
        (_, true) => Err(format!("{name} is being worked on; hold now, then skip it")),
    }
}

fn may_force(node: &NodeSituation) -> Result<(), String> {
    match node.busy {
        Some(Work::Stage(Stage::Drain)) if node.forced => {
            Err(format!("the drain of {} is forced already", node.name))
        }
        Some(Work::Stage(Stage::Drain)) => Ok(()),
        _ => Err(format!("{} is not draining", node.name)),
    }
}

/// Whether `turn`, the moment a person saw, is still the present one.
pub fn is_current(situation: &Situation, command: Command, turn: Option<u64>) -> bool {
    !command.is_about_a_moment() || turn.is_none_or(|turn| turn == situation.turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeploymentState::*;

    fn node(state: NodeRunState, out: bool, busy: Option<Work>) -> NodeSituation {
        NodeSituation {
            node: NodeId(uuid::Uuid::nil()),
            name: "red".parse().unwrap(),
            state,
            out,
            busy,
            forced: false,
            cannot_go_back: false,
        }
    }

    fn situation(state: DeploymentState, node: NodeSituation) -> Situation {
        Situation {
            state,
            turn: 7,
            hold: None,
            abort: None,
            can_retry: state == Halted,
            review: None,
            nodes: vec![node],
        }
    }

    fn table(situation: &Situation) -> String {
        let red = Some(situation.nodes[0].node);
        let line = |command: Command| {
            let node = red.filter(|_| command.needs_node());
            let said = possible(situation, command, node).err();
            format!("{command}: {}", said.as_deref().unwrap_or("yes"))
        };
        Command::ALL.map(line).join("\n")
    }

    #[test]
    fn while_it_rolls_one_may_hold_and_abort() {
        let drain = Some(Work::Stage(Stage::Drain));
        let rolling = situation(Rolling, node(NodeRunState::Isolated, true, drain));
        insta::assert_snapshot!(table(&rolling), @"
        hold: yes
        hold-now: yes
        resume: it is not held
        retry: nothing has halted it
        skip: red is being worked on; hold now, then skip it
        force-drain: yes
        continue: nothing has halted it
        abort: yes
        ");
    }

    #[test]
    fn a_held_one_may_be_resumed_and_a_node_that_is_out_skipped() {
        let held = situation(Held, node(NodeRunState::Deployed, true, None));
        insta::assert_snapshot!(table(&held), @"
        hold: it is held already
        hold-now: it is held already
        resume: yes
        retry: nothing has halted it
        skip: yes
        force-drain: red is not draining
        continue: nothing has halted it
        abort: yes
        ");
    }

    #[test]
    fn what_waits_for_a_review_is_not_resumed_but_skipped_or_aborted() {
        let mut held = situation(Held, node(NodeRunState::Smoked, true, None));
        held.review = Some(2);
        insta::assert_snapshot!(table(&held), @"
        hold: it is held already
        hold-now: it is held already
        resume: it waits for a review: accept the pictures or reject one, skip the node, or abort
        retry: nothing has halted it
        skip: yes
        force-drain: red is not draining
        continue: nothing has halted it
        abort: yes
        ");
    }

    #[test]
    fn a_halted_one_with_a_node_out_may_be_retried_skipped_or_aborted() {
        let mut halted = situation(Halted, node(NodeRunState::Checked, true, None));
        insta::assert_snapshot!(table(&halted), @"
        hold: it is halted and does nothing by itself
        hold-now: it is halted and does nothing by itself
        resume: it is halted, not held: retry, skip, continue or abort
        retry: yes
        skip: yes
        force-drain: red is not draining
        continue: red is out of service: retry, skip it or abort
        abort: yes
        ");
        halted.nodes[0].cannot_go_back = true;
        insta::assert_snapshot!(possible(&halted, Command::Abort, None).unwrap_err(), @"it is not known what red ran before, so there is nothing to put back");
    }

    #[test]
    fn nothing_is_asked_twice_nor_of_what_has_ended() {
        let mut rolling = situation(Rolling, node(NodeRunState::Pending, false, None));
        rolling.hold = Some(("ann".into(), false));
        assert!(possible(&rolling, Command::Hold, None).is_err());
        assert!(possible(&rolling, Command::HoldNow, None).is_ok());
        assert!(possible(&rolling, Command::Resume, None).is_ok());
        rolling.abort = Some("bob".into());
        for state in [Rolling, Aborting, Succeeded, Undone, Aborted] {
            rolling.state = state;
            for command in Command::ALL {
                let node = Some(rolling.nodes[0].node);
                assert!(
                    possible(&rolling, command, node).is_err(),
                    "{state} {command}"
                );
            }
        }
    }

    #[test]
    fn a_button_made_for_another_moment_is_stale_where_that_matters() {
        let halted = situation(Halted, node(NodeRunState::Checked, true, None));
        for command in Command::ALL {
            assert!(is_current(&halted, command, Some(7)), "{command}");
            assert!(is_current(&halted, command, None), "{command}");
            let stale = !is_current(&halted, command, Some(6));
            assert_eq!(stale, command.is_about_a_moment(), "{command}");
        }
    }

    #[test]
    fn words_are_unique_and_read_back() {
        for command in Command::ALL {
            assert_eq!(Command::from_word(command.word()), Some(command));
        }
        assert_eq!(Command::from_word("explode"), None);
    }
}
