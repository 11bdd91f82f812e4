//! Flow by flow, step by step, to a proof or a failure.
//!
//! Runs on a session that was started before and is closed by the caller. Every step is reported as it ends, the one
//! that failed too. A flow is repeated here only where its suite says so, and then in a fresh context and in words;
//! whether a whole second run on a fresh browser makes sense is the engine's decision, for a flow that writes may have
//! written.

/// One walk through one flow.
mod walk;

/// What is kept of a step.
mod keep;

use super::{BrowserSession, Variables, secrets::Secrets, suite};
use crate::{clock::Clock, objects::Objects};
use app::model::{
    deployment::PlannedSuite,
    ids::RunId,
    journal::Proof,
    name::Name,
    smoke::{Flow, Retry, ScriptErrors, Session, StepReport, Weight},
    time::Timestamp,
    trouble::{Failure, FailureClass, Trouble},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};
use walk::Walk;

/// What is to be tested, until when.
#[derive(Debug, Clone)]
pub struct SmokeOrder {
    pub node: Name,
    /// Which every answer must come from: the session's [`super::Target::node`].
    pub address: SocketAddr,
    /// Marks what flows write.
    pub run: RunId,
    pub deadline: Timestamp,
}

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub objects: &'a Objects,
    pub secrets: &'a Secrets,
    /// Of the environment: what `${name}` and `${env:name}` are at the beginning of a flow.
    pub variables: &'a BTreeMap<String, String>,
    pub clock: &'a dyn Clock,
}

/// Walks through the suite. `note` gets the report of each step when it has ended; its pictures are stored by then.
///
/// Fails as *release* when the page is not what a required flow expects, as *unsure* when another node answered, as
/// *ours* when browser, driver or object store failed, a secret is missing or the deadline passed.
pub async fn run(
    session: &mut dyn BrowserSession,
    planned: &PlannedSuite,
    order: &SmokeOrder,
    means: Means<'_>,
    note: impl Fn(StepReport) + Send + Sync,
) -> Result<Proof, Failure> {
    for name in suite::secrets(&planned.suite) {
        if means.secrets.get(name).is_none() {
            return Err(Failure::ours(
                Trouble::new(format!(
                    "The smoke suite needs the secret `{name}`, which this server does not have."
                ))
                .remedy("Set it: pitlane secrets set ENVIRONMENT NAME."),
            ));
        }
    }
    let mut run = Run {
        session,
        order,
        means,
        scripts: planned.suite.script_errors,
        note: &note,
        variables: start(means.variables),
        answered_by: BTreeSet::new(),
        flows: 0,
        steps: 0,
        warnings: Vec::new(),
    };
    let flows = run.flows(&planned.suite.flows).await;
    let proxy_log = run.keep_proxy_log().await;
    if let Err(failure) = flows {
        // the failure is a fact by now; no trouble with its log may hide it
        return Err(failure.proxied(proxy_log.unwrap_or_default()));
    }
    Ok(Proof::Smoked {
        suite: Some(planned.revision),
        flows: run.flows,
        steps: run.steps,
        proxy_log: proxy_log?,
        answered_by: run.answered_by.into_iter().collect(),
        warnings: run.warnings,
    })
}

/// A flow may give another value to `name`; `env:name` stays what the environment says.
fn start(variables: &BTreeMap<String, String>) -> Variables {
    let both = variables.iter().flat_map(|(name, value)| {
        [name.clone(), format!("env:{name}")].map(|name| (name, value.as_str().into()))
    });
    both.collect()
}

/// One run of a suite.
struct Run<'a> {
    session: &'a mut dyn BrowserSession,
    order: &'a SmokeOrder,
    means: Means<'a>,
    scripts: ScriptErrors,
    note: &'a (dyn Fn(StepReport) + Send + Sync),
    /// Of the flow that runs, and of those that continue it.
    variables: Variables,
    answered_by: BTreeSet<String>,
    flows: u32,
    steps: u32,
    warnings: Vec<String>,
}

impl Run<'_> {
    /// All of them, and then whether anything was proven by it.
    async fn flows(&mut self, flows: &[Flow]) -> Result<(), Failure> {
        for flow in flows {
            self.flow(flow).await?;
        }
        let node = &self.order.node;
        if self.flows == 0 {
            return Err(Failure::ours(
                Trouble::new(format!(
                    "No flow of the suite could run on {node}, so nothing was proven."
                ))
                .detail(self.warnings.join("\n"))
                .remedy("Correct the flows, or take the suite off the pool."),
            ));
        }
        if self.answered_by.is_empty() {
            return Err(Failure::unsure(Trouble::new(format!(
                "No answer in the smoke test of {node} carried an address, so nothing shows which node was tested."
            ))));
        }
        Ok(())
    }

    /// A flow with everything its suite says about failing.
    async fn flow(&mut self, flow: &Flow) -> Result<(), Failure> {
        if !flow.invalid.is_empty() {
            let why = flow.invalid.join("; ");
            self.warnings
                .push(format!("{} was not run: {why}.", flow.title));
            return Ok(());
        }
        self.flows += 1;
        let Err(first) = self.attempt(flow, 1).await else {
            return Ok(());
        };
        if first.class != FailureClass::Release {
            return Err(first);
        }
        // a flow that continues another has nothing fresh to begin with
        let again = flow.retry == Retry::Once && flow.session == Session::Fresh;
        let last = match again {
            false => first,
            true => match self.attempt(flow, 2).await {
                Ok(()) => {
                    self.warnings.push(format!(
                        "{} passed on retry; the first time: {}",
                        flow.title, first.trouble.what
                    ));
                    return Ok(());
                }
                Err(second) => second,
            },
        };
        match (flow.weight, last.class) {
            (Weight::WarnOnly, FailureClass::Release) => {
                self.warnings.push(last.trouble.what);
                Ok(())
            }
            _ => Err(last),
        }
    }

    async fn attempt(&mut self, flow: &Flow, attempt: u32) -> Result<(), Failure> {
        if flow.session == Session::Fresh || self.steps == 0 {
            self.session
                .begin_flow()
                .await
                .map_err(|trouble| self.broken(flow, "at its beginning", &trouble))?;
            self.variables = start(self.means.variables);
        }
        let own = flow.variables.iter();
        self.variables
            .extend(own.map(|(name, value)| (name.clone(), value.as_str().into())));
        Walk::new(self, flow, attempt)?.through().await
    }
}

#[cfg(test)]
mod tests;
