//! One walk through one flow.

use super::{
    Run,
    keep::{count, millis},
};
use crate::smoke::{
    BrowserTrouble, StepSeen, Values,
    control::{Cursor, Unbalanced},
    judge::{Verdict, judge},
};
use app::model::{
    smoke::{Act, Flow, Step, StepReport, StepVerdict},
    time::{Timestamp, spoken},
    trouble::{Failure, FailureClass, Trouble},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Steps of one walk, loops included: more is a loop that does not end.
const MOST_STEPS: u32 = 5_000;
/// Later rounds of a loop are done, and kept only if they fail.
const ROUNDS_KEPT: u32 = 3;

pub struct Walk<'r, 'a> {
    run: &'r mut Run<'a>,
    flow: &'r Flow,
    attempt: u32,
    cursor: Cursor<'r>,
    began: Timestamp,
    done: u32,
    rounds: BTreeMap<usize, u32>,
    /// The first step that failed and let the flow go on.
    soft: Option<Failure>,
}

impl<'r, 'a> Walk<'r, 'a> {
    pub fn new(run: &'r mut Run<'a>, flow: &'r Flow, attempt: u32) -> Result<Self, Failure> {
        let cursor = Cursor::new(&flow.steps).map_err(|Unbalanced { at, words }| {
            Failure::ours(Trouble::new(format!(
                "{} cannot be run: at step {}, {words}.",
                flow.title,
                at + 1
            )))
        })?;
        Ok(Self {
            began: run.means.clock.now(),
            run,
            flow,
            attempt,
            cursor,
            done: 0,
            rounds: BTreeMap::new(),
            soft: None,
        })
    }

    pub async fn through(mut self) -> Result<(), Failure> {
        while let Some((index, step)) = self.cursor.step() {
            self.one(index, step).await?;
        }
        self.soft.map_or(Ok(()), Err)
    }

    async fn one(&mut self, index: usize, step: &Step) -> Result<(), Failure> {
        let place = format!("at step {} ({})", index + 1, step.words());
        let now = self.run.means.clock.now();
        let left = self.time_left(index, &place, now)?;
        let value = if needs_the_page(&step.act) {
            let own = step.limit_ms.unwrap_or(self.flow.step_limit_ms);
            let limit = left.min(Duration::from_millis(own));
            match self.in_the_page(index, step, &place, now, limit).await {
                Ok(value) => value,
                Err(failure) if step.soft && failure.class == FailureClass::Release => {
                    self.soft.get_or_insert(failure);
                    None
                }
                Err(failure) => return Err(failure),
            }
        } else {
            None
        };
        self.done += 1;
        self.cursor
            .advance(value.as_ref(), &mut self.run.variables)
            .map_err(|why| self.failed(&place, &why, Failure::release))
    }

    /// Until the stage's deadline or the flow's own limit, whichever comes first.
    fn time_left(&self, index: usize, place: &str, now: Timestamp) -> Result<Duration, Failure> {
        if self.done >= MOST_STEPS {
            let why = format!("it had not ended after {MOST_STEPS} steps");
            return Err(self.failed(place, &why, Failure::release));
        }
        let left = self.run.order.deadline.since(now);
        if left.is_zero() {
            return Err(Failure::ours(Trouble::new(format!(
                "The smoke test of {} did not end in time; it had come to step {} of {}.",
                self.run.order.node,
                index + 1,
                self.flow.title
            ))));
        }
        let Some(limit) = self.flow.limit_ms.map(Duration::from_millis) else {
            return Ok(left);
        };
        let own = limit.saturating_sub(now.since(self.began));
        if own.is_zero() {
            let why = format!("the flow did not end within {}", spoken(limit));
            return Err(self.failed(place, &why, Failure::release));
        }
        Ok(left.min(own))
    }

    /// Does the step and reports it; what it came to.
    async fn in_the_page(
        &mut self,
        index: usize,
        step: &Step,
        place: &str,
        now: Timestamp,
        limit: Duration,
    ) -> Result<Option<Value>, Failure> {
        let round = self.rounds.entry(index).or_default();
        *round += 1;
        let round = *round;
        let mut report = StepReport {
            attempt: self.attempt,
            round,
            ..StepReport::begun(
                self.flow.name.clone(),
                self.flow.title.clone(),
                (count(index + 1), count(self.flow.steps.len())),
                step.words(),
                now,
            )
        };
        let result = match self.step(step, place, limit, &mut report).await {
            Ok(result) => result,
            Err(trouble) => {
                report.verdict = StepVerdict::Broken(self.run.masked(&trouble.what));
                Err(self.run.broken(self.flow, place, &trouble))
            }
        };
        report.took_ms = millis(self.run.means.clock.now().since(now));
        if round <= ROUNDS_KEPT || result.is_err() {
            (self.run.note)(report);
        }
        if result.is_ok() {
            self.run.steps += 1;
        }
        result
    }

    /// `Err` for trouble of ours, `Ok(Err)` for a step that failed.
    async fn step(
        &mut self,
        step: &Step,
        place: &str,
        limit: Duration,
        report: &mut StepReport,
    ) -> Result<Result<Option<Value>, Failure>, BrowserTrouble> {
        let run = &mut *self.run;
        let following = self.cursor.following();
        let values = Values {
            run: run.order.run,
            secrets: run.means.secrets,
            variables: &run.variables,
            dialog_follows: Step::dialog_follows(following),
        };
        let mut seen = run.session.step(step, values, limit).await?;
        let verdict = judge(
            step,
            following.first(),
            &seen,
            run.order.address,
            run.scripts,
        );
        run.answered_by.extend(seen.answered_by.iter().cloned());
        let value = seen.value.take();
        remember(step, value.as_ref(), &seen, run);
        run.fill(report, seen);
        let wants_picture = !step.act.is_control() && report.round <= ROUNDS_KEPT;
        let (why, make): (_, fn(Trouble) -> Failure) = match verdict {
            Verdict::Passed => {
                if wants_picture {
                    report.picture = run.picture().await?;
                }
                return Ok(Ok(value));
            }
            Verdict::Release(why) => (run.masked(&why), Failure::release),
            Verdict::WrongNode(why) => (why, Failure::unsure),
        };
        // the failure is a fact by now; no trouble with its picture may hide it
        report.picture = run.picture().await.unwrap_or_default();
        let evidence = run.session.evidence().await;
        run.keep(evidence, report).await;
        report.verdict = StepVerdict::Failed(why.clone());
        let mut failure = self.failed(place, &why, make);
        if !report.url.is_empty() {
            let at = format!("The browser was at {}.", report.url);
            failure.trouble = failure.trouble.detail(at);
        }
        Ok(Err(failure))
    }

    fn failed(&self, place: &str, why: &str, make: fn(Trouble) -> Failure) -> Failure {
        make(Trouble::new(format!(
            "{} failed on {} {place}: {why}.",
            self.flow.title, self.run.order.node
        )))
    }
}

/// The browser has something to do or to find out for it.
fn needs_the_page(act: &Act) -> bool {
    !matches!(act, Act::Else | Act::End | Act::Do | Act::ForEach { .. })
}

/// What the step was to store, under its name.
fn remember(step: &Step, value: Option<&Value>, seen: &StepSeen, run: &mut Run<'_>) {
    let into = match &step.act {
        Act::Store { into, .. }
        | Act::StoreJson { into, .. }
        | Act::StoreOf { into, .. }
        | Act::StoreWindow { into } => Some(into),
        Act::Run { into, .. } => into.as_ref(),
        _ => None,
    };
    if let (Some(into), Some(value)) = (into, value) {
        run.variables.insert(into.clone(), value.clone());
    }
    if let (Some(opens), Some(handle)) = (&step.opens, &seen.opened) {
        run.variables
            .insert(opens.into.clone(), handle.as_str().into());
    }
}
