//! Pictures in rows and columns: one strip per flow, a row per node and pass, a column per step.

use super::{Live, LiveNode, outline::Flow};
use crate::model::{
    mark::Mark,
    name::Name,
    smoke::{StepReport, StepVerdict},
    stage::Pass,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    pub flow: Name,
    pub title: String,
    /// Words of each step.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub node: Name,
    pub pass: Pass,
    /// The release that was looked at, if known.
    pub version: Option<Name>,
    /// The whole suite passed: what was not run was not to be run, for the flow went another way.
    pub proven: bool,
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// The steps before failed, the node was never asked, or the flow went another way.
    NotRun,
    Taken(Box<StepReport>),
}

impl Live {
    /// In the suite's order; every planned node has a row from the start, so nothing moves when pictures arrive.
    pub fn strips(&self) -> Vec<Strip> {
        let Some(suite) = self.plan.as_ref().and_then(|plan| plan.suite.as_ref()) else {
            return Vec::new();
        };
        suite.flows.iter().map(|flow| self.strip(flow)).collect()
    }

    fn strip(&self, flow: &Flow) -> Strip {
        let stopped = self.is_over() || self.trouble.is_some();
        let rows = self
            .nodes
            .iter()
            .filter(|node| !stopped || !node.steps.is_empty())
            .flat_map(|node| {
                let looked = move |wanted| node.steps.iter().any(|(pass, _)| *pass == wanted);
                [Pass::Forward, Pass::Undo, Pass::Rehearsal]
                    .into_iter()
                    .filter(move |pass| *pass == Pass::Forward || looked(*pass))
                    .map(|pass| row(node, flow, pass))
            })
            .collect();
        Strip {
            flow: flow.name.clone(),
            title: flow.title.clone(),
            columns: flow.steps.clone(),
            rows,
        }
    }

    /// The report of one step, with what lies before and after it on the same row.
    pub fn step(&self, node: &str, pass: Pass, flow: &str, step: u32) -> Option<Look<'_>> {
        let node = self.nodes.iter().find(|n| n.name.as_str() == node)?;
        let row: Vec<_> = node
            .steps
            .iter()
            .filter(|(p, _)| *p == pass)
            .map(|(_, report)| report)
            .collect();
        let at = row
            .iter()
            .position(|r| r.flow.as_str() == flow && r.step == step)?;
        Some(Look {
            node,
            report: row[at],
            previous: at.checked_sub(1).map(|i| row[i]),
            next: row.get(at + 1).copied(),
        })
    }

    /// The same step elsewhere: a node that was looked at on another release, else any other node.
    pub fn sibling<'a>(
        &'a self,
        of: &Look<'a>,
        pass: Pass,
    ) -> Option<(&'a LiveNode, Pass, &'a StepReport)> {
        let same = |(p, r): &&(Pass, StepReport)| {
            r.flow == of.report.flow
                && r.step == of.report.step
                && r.verdict == StepVerdict::Passed
                && r.picture.is_some()
                && !std::ptr::eq(r, of.report)
                && *p != pass
        };
        let others = |(p, r): &&(Pass, StepReport)| {
            r.flow == of.report.flow
                && r.step == of.report.step
                && *p == pass
                && r.picture.is_some()
        };
        of.node
            .steps
            .iter()
            .find(same)
            .map(|(p, r)| (of.node, *p, r))
            .or_else(|| {
                self.nodes
                    .iter()
                    .filter(|node| node.id != of.node.id)
                    .find_map(|node| node.steps.iter().find(others).map(|(p, r)| (node, *p, r)))
            })
    }
}

impl Strip {
    /// How the flow stands, for the strip's head.
    pub fn verdict(&self) -> (Mark, String) {
        let steps = self.columns.len();
        let failed = self.rows.iter().find_map(|row| {
            row.cells.iter().find_map(|cell| match cell {
                Cell::Taken(r) if r.verdict != StepVerdict::Passed => {
                    Some((row.node.clone(), r.step))
                }
                _ => None,
            })
        });
        if let Some((node, step)) = failed {
            return (
                Mark::Fail,
                format!("failed on {node} at step {step} of {steps}"),
            );
        }
        // a rehearsal says that the suite is well, and nothing of the new release
        let (rehearsed, passed): (Vec<_>, Vec<_>) = self
            .rows
            .iter()
            .filter(|row| row.passed())
            .partition(|row| row.pass == Pass::Rehearsal);
        match (passed.as_slice(), rehearsed.first()) {
            ([], None) => (Mark::Wait, format!("{steps} steps, not run yet")),
            ([], Some(row)) => (
                Mark::Wait,
                format!("passed on {} in service, not run yet", row.node),
            ),
            ([one], _) => (Mark::Done, format!("passed on {}", one.node)),
            (many, _) => (Mark::Done, format!("passed on {} nodes", many.len())),
        }
    }
}

/// One step's report and its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Look<'a> {
    pub node: &'a LiveNode,
    pub report: &'a StepReport,
    pub previous: Option<&'a StepReport>,
    pub next: Option<&'a StepReport>,
}

impl LiveNode {
    /// The newest picture, or the failed one once all is still. Once the node is worked on, what its rehearsal showed
    /// is not what it shows.
    pub fn latest(&self, still: bool) -> Option<(Pass, &StepReport, &str)> {
        let touched = self.is_touched();
        let mut shown = self
            .steps
            .iter()
            .filter(move |(pass, _)| !touched || *pass != Pass::Rehearsal)
            .filter_map(|(pass, report)| Some((*pass, report, report.picture.as_deref()?)));
        let failed =
            |(_, report, _): &(Pass, &StepReport, &str)| report.verdict != StepVerdict::Passed;
        let first_failed = shown.clone().find(failed).filter(|_| still);
        first_failed.or_else(|| shown.next_back())
    }

    pub fn version_in(&self, pass: Pass) -> Option<&Name> {
        match pass {
            Pass::Forward => Some(&self.target),
            Pass::Rehearsal | Pass::Undo => self.before.as_ref(),
        }
    }
}

fn row(node: &LiveNode, flow: &Flow, pass: Pass) -> Row {
    let cells = (1..=flow.steps.len())
        .map(|step| {
            node.steps
                .iter()
                .find(|(p, r)| *p == pass && r.flow == flow.name && r.step as usize == step)
                .map_or(Cell::NotRun, |(_, report)| {
                    Cell::Taken(Box::new(report.clone()))
                })
        })
        .collect();
    Row {
        node: node.name.clone(),
        pass,
        version: node.version_in(pass).cloned(),
        proven: node.smoked.iter().any(|(proven, ..)| *proven == pass),
        cells,
    }
}

impl Row {
    /// Every step that was to be run passed.
    pub fn passed(&self) -> bool {
        let is_run = |cell: &Cell| matches!(cell, Cell::Taken(_));
        self.proven || self.cells.iter().all(is_run)
    }
}
