//! What changed on a page since an event: the state as it is now, with only those nodes that changed. Taking in
//! the same news twice, or news that overlap, does no harm.

use super::Live;
use crate::model::journal::VisitorReport;

#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// The event after which this begins.
    pub after: u64,
    /// Without the plan, which never changes, and without the nodes that did not.
    pub live: Live,
}

impl Live {
    /// What a page that has seen everything up to `after` does not know yet; `None`: it knows everything.
    pub fn since(&self, after: u64) -> Option<News> {
        (self.last_seq > after).then(|| News {
            after,
            live: Self {
                plan: self.plan.clone().filter(|_| after == 0),
                nodes: self
                    .nodes
                    .iter()
                    .filter(|node| node.changed > after)
                    .cloned()
                    .collect(),
                ..self.bare()
            },
        })
    }

    /// `false`: something between this state and the news is missing.
    pub fn take_in(&mut self, news: News) -> bool {
        if news.after > self.last_seq {
            return false;
        }
        if news.live.last_seq > self.last_seq {
            let Self {
                plan,
                nodes,
                visitors,
                ..
            } = std::mem::replace(self, news.live);
            self.plan = plan.or(self.plan.take());
            self.see(visitors);
            let changed = std::mem::replace(&mut self.nodes, nodes);
            for node in changed {
                match self.nodes.iter_mut().find(|known| known.id == node.id) {
                    Some(known) => *known = node,
                    None => self.nodes.push(node),
                }
            }
        }
        true
    }

    /// A prober only ever counts up: of two reports the longer one is the later.
    pub fn see(&mut self, report: Option<VisitorReport>) {
        if let Some(report) = report
            && self
                .visitors
                .is_none_or(|known| known.requests <= report.requests)
        {
            self.visitors = Some(report);
        }
    }

    /// The state without plan and nodes.
    fn bare(&self) -> Self {
        Self {
            plan: None,
            nodes: Vec::new(),
            why: self.why.clone(),
            reasserted: self.reasserted.clone(),
            owner: self.owner.clone(),
            told: self.told.clone(),
            trouble: self.trouble.clone(),
            ..*self
        }
    }
}
