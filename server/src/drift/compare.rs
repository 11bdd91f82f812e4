//! Pure: what is expected of one node and what was seen of it, to differences.

use app::model::{
    drift::{Compared, Difference, DifferenceId, Part, Placed, Pointing, Running, Unread},
    environment::Member,
    name::Name,
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What is expected of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ours {
    /// Where people said otherwise than in service.
    pub placed: HashMap<Member, Placed>,
    /// `None`: it was never deployed nor adopted.
    pub release: Option<Expected>,
}

/// The release a node is expected to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub running: Running,
    /// How it calls itself; `None`: nobody knows, so any answer is right.
    pub answers: Option<String>,
    pub standing: Standing,
}

/// Why a release is expected on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It passed check and smoke there.
    Proven,
    /// Somebody said it is right.
    Adopted {
        /// It served visitors there already.
        in_service: bool,
    },
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    Is(T),
    /// Could not be read; why, as a clause.
    Unknown(String),
}

/// A node as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub members: Vec<SeenMember>,
    /// With the registered release whose checksum lies there.
    pub current: Read<Pointing>,
    /// `None`: the application does not say which release it is.
    pub answers: Option<Read<String>>,
}

/// A node as one balancer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMember {
    pub member: Member,
    /// Of the balancer.
    pub name: Name,
    pub placed: Read<Placed>,
}

pub fn compare(ours: &Ours, seen: &Seen) -> Compared {
    let mut compared = Compared::default();
    for member in &seen.members {
        admission(ours, member, &mut compared);
    }
    let answers = match &seen.answers {
        Some(Read::Is(answers)) => Some(answers),
        Some(Read::Unknown(why)) => {
            compared.unread(Part::Answer, why);
            None
        }
        None => None,
    };
    match (&seen.current, &ours.release) {
        (Read::Is(found), Some(expected)) => release(expected, found, answers, &mut compared),
        (Read::Is(found), None) => stranger(found, answers, &mut compared),
        (Read::Unknown(why), expected) => {
            compared.unread(Part::Current, why);
            if let Some(expected) = expected {
                answer(expected, answers, &mut compared);
            }
        }
    }
    compared
}

/// Adds to what could not be read.
trait Leave {
    fn unread(&mut self, part: Part, why: &str);
}

impl Leave for Compared {
    fn unread(&mut self, part: Part, why: &str) {
        let why = why.to_owned();
        self.unread.push(Unread { part, why });
    }
}

fn admission(ours: &Ours, seen: &SeenMember, compared: &mut Compared) {
    let expected = ours.placed.get(&seen.member);
    let expected = expected.copied().unwrap_or(Placed::InService);
    let name = seen.name.clone();
    match &seen.placed {
        Read::Unknown(why) => compared.unread(Part::Admission { name }, why),
        Read::Is(found) if *found == expected => {}
        Read::Is(found) => compared.differences.push(Difference::Admission {
            balancer: seen.member.balancer,
            name,
            worker: seen.member.worker.clone(),
            expected,
            found: *found,
        }),
    }
}

fn release(
    expected: &Expected,
    found: &Pointing,
    answers: Option<&String>,
    compared: &mut Compared,
) {
    if let Pointing::Release(running) = found
        && !running.differs_from(&expected.running)
    {
        let version = running.version.clone();
        compared.running = Some(Running {
            release_dir: running.release_dir.clone(),
            version: version.or_else(|| expected.running.version.clone()),
        });
        answer(expected, answers, compared);
        return;
    }
    // an application that was not restarted does not say what lies there now
    let says = answers.filter(|answers| Some(*answers) != expected.answers.as_ref());
    let found = match found {
        Pointing::Release(running) => Pointing::Release(named(running, says)),
        Pointing::Nothing | Pointing::Elsewhere { .. } => found.clone(),
    };
    if let Pointing::Release(running) = &found {
        compared.running = Some(running.clone());
    }
    compared.differences.push(Difference::Current {
        expected: expected.running.clone(),
        found,
        answers: answers.cloned(),
    });
}

fn answer(expected: &Expected, answers: Option<&String>, compared: &mut Compared) {
    if let (Some(right), Some(found)) = (&expected.answers, answers)
        && right != found
    {
        compared.differences.push(Difference::Answer {
            running: expected.running.clone(),
            expected: right.clone(),
            found: found.clone(),
        });
    }
}

/// A node that was never deployed nor adopted.
fn stranger(found: &Pointing, answers: Option<&String>, compared: &mut Compared) {
    match found {
        Pointing::Release(running) => {
            let found = named(running, answers);
            compared.running = Some(found.clone());
            compared.differences.push(Difference::Unadopted {
                found,
                answers: answers.cloned(),
            });
        }
        Pointing::Elsewhere { words } => compared.unread(Part::Current, words),
        // a new machine: nothing was deployed yet
        Pointing::Nothing => {}
    }
}

/// A release that nobody registered is what it calls itself.
fn named(running: &Running, answers: Option<&String>) -> Running {
    let version = running.version.clone();
    Running {
        release_dir: running.release_dir.clone(),
        version: version.or_else(|| answers?.parse::<Name>().ok()),
    }
}

/// Names a difference by its content.
pub fn id(difference: &Difference) -> DifferenceId {
    let text = serde_json::to_string(difference).expect("a difference is JSON");
    DifferenceId::from_hash(&Sha256::digest(text))
}

#[cfg(test)]
mod tests;
