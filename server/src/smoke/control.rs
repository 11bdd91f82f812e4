//! Where a flow goes on after each step: conditions and loops. Pure.
//!
//! Steps stand one after the other, as people write them; a condition or loop ends at its own `end` (a `do` at its
//! `repeat if`). What a condition came to is found out in the page and told to [`Cursor::advance`].
//!
//! Source: the control flow commands of Selenium IDE, whose loops end after 1000 rounds unless told otherwise.

use super::Variables;
use app::model::smoke::{Act, Step};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque, btree_map::Entry};

/// Rounds of a loop that does not say how many are too many.
pub const MOST_ROUNDS: u32 = 1_000;

/// Why steps are no flow: the one at `at` (from 0).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Unbalanced {
    pub at: usize,
    pub words: String,
}

/// The ways between the steps of one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ways {
    /// Of each branch and loop: where it goes when its condition does not hold. Of each end: back to its loop.
    to: BTreeMap<usize, usize>,
    /// Of each `else if` and `else`: its `end`, for who comes out of the branch before.
    end: BTreeMap<usize, usize>,
}

/// A block that is open while the steps are read.
enum Open {
    /// Its last branch, and all that have to know the end.
    If {
        last: usize,
        others: Vec<usize>,
        has_else: bool,
    },
    Loop(usize),
    Do(usize),
}

impl Ways {
    pub fn of(steps: &[Step]) -> Result<Self, Unbalanced> {
        let mut ways = Self {
            to: BTreeMap::new(),
            end: BTreeMap::new(),
        };
        let mut open: Vec<(usize, Open)> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let odd = |words: &str| Unbalanced {
                at,
                words: words.to_owned(),
            };
            match &step.act {
                Act::If { .. } => {
                    let (last, others) = (at, Vec::new());
                    let has_else = false;
                    open.push((
                        at,
                        Open::If {
                            last,
                            others,
                            has_else,
                        },
                    ));
                }
                act @ (Act::ElseIf { .. } | Act::Else) => match open.last_mut() {
                    Some((_, Open::If { has_else: true, .. })) => {
                        return Err(odd("an `else` was the last branch of this `if` already"));
                    }
                    Some((
                        _,
                        Open::If {
                            last,
                            others,
                            has_else,
                        },
                    )) => {
                        ways.to.insert(*last, at);
                        (*last, *has_else) = (at, *act == Act::Else);
                        others.push(at);
                    }
                    _ => return Err(odd("there is no `if` that this belongs to")),
                },
                Act::While { .. } | Act::Times { .. } | Act::ForEach { .. } => {
                    open.push((at, Open::Loop(at)));
                }
                Act::Do => open.push((at, Open::Do(at))),
                Act::End => match open.pop() {
                    Some((
                        _,
                        Open::If {
                            last,
                            others,
                            has_else,
                        },
                    )) => {
                        if !has_else {
                            ways.to.insert(last, at);
                        }
                        ways.end
                            .extend(others.into_iter().map(|branch| (branch, at)));
                    }
                    Some((_, Open::Loop(start))) => {
                        ways.to.insert(start, at + 1);
                        ways.to.insert(at, start);
                    }
                    Some((_, Open::Do(_))) => {
                        return Err(odd("a `do` ends with `repeat if`, not with `end`"));
                    }
                    None => return Err(odd("there is nothing that this `end` could end")),
                },
                Act::RepeatIf { .. } => match open.pop() {
                    Some((_, Open::Do(start))) => {
                        ways.to.insert(at, start);
                    }
                    _ => return Err(odd("there is no `do` that this `repeat if` could end")),
                },
                _ => {}
            }
        }
        match open.pop() {
            None => Ok(ways),
            Some((at, _)) => Err(Unbalanced {
                at,
                words: "this has no end".to_owned(),
            }),
        }
    }
}

/// One walk through a flow.
#[derive(Debug)]
pub struct Cursor<'a> {
    steps: &'a [Step],
    ways: Ways,
    at: usize,
    /// Loops that were entered, by where they begin (`do`: by its `repeat if`).
    loops: BTreeMap<usize, Loop>,
}

#[derive(Debug, Default)]
struct Loop {
    rounds: u32,
    /// What `for each` has still to come to.
    left: VecDeque<Value>,
}

impl<'a> Cursor<'a> {
    pub fn new(steps: &'a [Step]) -> Result<Self, Unbalanced> {
        Ok(Self {
            steps,
            ways: Ways::of(steps)?,
            at: 0,
            loops: BTreeMap::new(),
        })
    }

    /// The step to do now, from 0; `None`: the flow is over.
    pub fn step(&self) -> Option<(usize, &'a Step)> {
        self.steps.get(self.at).map(|step| (self.at, step))
    }

    /// The steps that stand after this one.
    pub fn following(&self) -> &'a [Step] {
        self.steps.get(self.at + 1..).unwrap_or_default()
    }

    /// Goes on after the step was done. `value` is what it came to, where that decides anything; `for each` reads and
    /// sets `variables`. Fails with a clause: the flow's own mistake.
    pub fn advance(
        &mut self,
        value: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<(), String> {
        let at = self.at;
        let Some(step) = self.steps.get(at) else {
            return Ok(());
        };
        self.at = match &step.act {
            Act::If { .. } | Act::ElseIf { .. } if holds(value)? => self.after_branch(at + 1),
            // to the next branch, whose own condition decides, or into `else`
            Act::If { .. } | Act::ElseIf { .. } => match self.ways.to.get(&at) {
                Some(next) if self.steps[*next].act == Act::Else => next + 1,
                Some(next) => *next,
                None => at + 1,
            },
            Act::While { most, .. } => {
                let goes_on = holds(value)?;
                self.again(at, *most, goes_on)?
            }
            Act::Times { most, .. } => {
                let wanted = value
                    .and_then(Value::as_u64)
                    .ok_or("the number of times is no whole number")?;
                let done = self.loops.get(&at).map_or(0, |lap| lap.rounds);
                self.again(at, *most, u64::from(done) < wanted)?
            }
            Act::ForEach { list, each } => {
                let lap = match self.loops.entry(at) {
                    Entry::Occupied(lap) => lap.into_mut(),
                    Entry::Vacant(begins) => {
                        let Some(Value::Array(all)) = variables.get(list) else {
                            return Err(format!("the variable {list} holds no list"));
                        };
                        let left = all.iter().cloned().collect();
                        begins.insert(Loop { rounds: 0, left })
                    }
                };
                let next = lap.left.pop_front();
                let goes_on = next.is_some();
                if let Some(next) = next {
                    variables.insert(each.clone(), next);
                }
                self.again(at, u32::MAX, goes_on)?
            }
            Act::RepeatIf { most, .. } => {
                if holds(value)? {
                    let start = self.ways.to[&at];
                    self.count(at, *most)?;
                    start
                } else {
                    self.loops.remove(&at);
                    self.after_branch(at + 1)
                }
            }
            // of a loop: back to its condition
            Act::End => match self.ways.to.get(&at) {
                Some(start) => *start,
                None => self.after_branch(at + 1),
            },
            _ => self.after_branch(at + 1),
        };
        Ok(())
    }

    /// Into a loop once more, or out of it.
    fn again(&mut self, at: usize, most: u32, goes_on: bool) -> Result<usize, String> {
        if goes_on {
            self.count(at, most)?;
            Ok(self.after_branch(at + 1))
        } else {
            self.loops.remove(&at);
            Ok(self.after_branch(self.ways.to[&at]))
        }
    }

    fn count(&mut self, at: usize, most: u32) -> Result<(), String> {
        let lap = self.loops.entry(at).or_default();
        lap.rounds += 1;
        if lap.rounds > most {
            return Err(format!("it went on after {most} rounds"));
        }
        Ok(())
    }

    /// Who walks into the next branch comes out of the one before, and goes to the end.
    fn after_branch(&self, to: usize) -> usize {
        self.ways.end.get(&to).copied().unwrap_or(to)
    }
}

fn holds(value: Option<&Value>) -> Result<bool, String> {
    match value {
        Some(Value::Bool(holds)) => Ok(*holds),
        other => Err(format!(
            "the condition came to {}, not to true or false",
            other.unwrap_or(&Value::Null)
        )),
    }
}

#[cfg(test)]
mod tests;
