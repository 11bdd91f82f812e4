//! Between deployments the world may come to differ from what we left: what can differ, both sides typed, and the
//! sentences for it.

/// Names of differences.
mod id;

pub use id::{DifferenceId, Shown};

use super::{
    environment::Admission, ids::BalancerId, name::Name, time::Timestamp, trouble::Trouble,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a balancer's flags put a node. One it merely finds unwell is still in service by its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    InService,
    Isolated,
}

impl Placed {
    /// `None`: it could not be read.
    pub fn of(admission: Admission) -> Option<Self> {
        match admission {
            Admission::InService | Admission::Failing => Some(Self::InService),
            Admission::Isolated => Some(Self::Isolated),
            Admission::Unknown => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::InService => "in service",
            Self::Isolated => "out of service",
        }
    }
}

/// A release on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Folder name below `releases/`.
    pub release_dir: Name,
    /// The registered release whose checksum lies there, else what it calls itself; `None`: nobody can tell.
    pub version: Option<Name>,
}

impl Running {
    /// Another folder, or another release in the folder of the same name.
    pub fn differs_from(&self, other: &Self) -> bool {
        let both = self.version.as_ref().zip(other.version.as_ref());
        self.release_dir != other.release_dir || both.is_some_and(|(left, right)| left != right)
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{version} ({})", self.release_dir),
            None => write!(f, "{}", self.release_dir),
        }
    }
}

/// What `current` of a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Pointing {
    Release(Running),
    /// There is none.
    Nothing,
    /// It is no link to a release.
    Elsewhere {
        words: String,
    },
}

/// One thing about a node that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// A balancer treats it otherwise than we left it.
    Admission {
        balancer: BalancerId,
        name: Name,
        worker: String,
        expected: Placed,
        found: Placed,
    },
    /// `current` was moved.
    Current {
        expected: Running,
        found: Pointing,
        /// How the application calls itself meanwhile.
        answers: Option<String>,
    },
    /// `current` is as expected, yet another release answers.
    Answer {
        running: Running,
        expected: String,
        found: String,
    },
    /// Nobody deployed or adopted what it runs.
    Unadopted {
        found: Running,
        answers: Option<String>,
    },
}

/// How one can go back to what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revert {
    /// A person turns the balancer's flag back.
    Flag(Placed),
    /// A deployment of this release to that node, with everything that proves it.
    Deploy(Name),
    Impossible(String),
}

impl Difference {
    /// Expected and found, in a few words each.
    pub fn sides(&self) -> (String, String) {
        match self {
            Self::Admission {
                expected, found, ..
            } => (expected.word().to_owned(), found.word().to_owned()),
            Self::Current {
                expected, found, ..
            } => (expected.to_string(), found.to_string()),
            Self::Answer {
                expected, found, ..
            } => (format!("{expected} answers"), format!("{found} answers")),
            Self::Unadopted { found, .. } => ("unknown".to_owned(), found.to_string()),
        }
    }

    /// In four parts; the detail shows both sides.
    pub fn trouble(&self, node: &Name) -> Trouble {
        let (expected, found) = self.sides();
        self.sentence(node)
            .detail(format!("expected: {expected}\nfound:    {found}"))
    }

    fn sentence(&self, node: &Name) -> Trouble {
        match self {
            Self::Admission {
                name,
                found: Placed::Isolated,
                ..
            } => Trouble::new(format!(
                "{name} has {node} out of service; it is expected in service."
            ))
            .stands(format!("{name} sends no visitor to {node}."))
            .remedy("Adopt it if the node is to stay out, or revert to put it back."),
            Self::Admission {
                name,
                found: Placed::InService,
                ..
            } => Trouble::new(format!(
                "{name} has {node} in service; it is expected out of service."
            ))
            .stands(format!("{name} sends visitors to {node}."))
            .remedy("Adopt it if the node is to serve again, or revert to take it out."),
            Self::Current {
                expected,
                found,
                answers,
            } => Trouble::new(format!(
                "On {node} {}; expected is {expected}.",
                found.clause()
            ))
            .stands(match (answers, expected.version.as_ref()) {
                (Some(answers), Some(version)) if answers == version.as_str() => format!(
                    "{answers} still answers: the application was not restarted since."
                ),
                (Some(answers), _) => format!("{answers} answers."),
                (None, _) => String::new(),
            })
            .remedy(match (self.adopt_refused(), self.revert()) {
                (None, Revert::Deploy(version)) => format!(
                    "Adopt it if that is right, or revert by deploying {version} to {node}."
                ),
                (None, _) => "Adopt it if that is right.".to_owned(),
                (Some(_), Revert::Deploy(version)) => {
                    format!("Deploy {version} to {node}, or mend the link by hand.")
                }
                (Some(_), _) => "Mend the link by hand.".to_owned(),
            }),
            Self::Answer {
                running,
                expected,
                found,
            } => Trouble::new(format!(
                "{node} answers as {found}; `current` is {running}, which is expected to answer as {expected}."
            ))
            .stands("Perhaps an old process kept the port, or the release carries the wrong version.")
            .remedy(match &running.version {
                Some(version) => format!(
                    "Revert by deploying {version} to {node}, or adopt it if this is how the release calls itself."
                ),
                None => "Restart the application, or adopt it if this is how the release calls itself.".to_owned(),
            }),
            Self::Unadopted { found, .. } => Trouble::new(format!(
                "{node} runs {found}, which nobody deployed or adopted here."
            ))
            .stands("Whether that is the release to go back to, nobody has said.")
            .remedy("Adopt it, so that a failed deployment can be undone."),
        }
    }

    pub fn revert(&self) -> Revert {
        match self {
            Self::Admission { expected, .. } => Revert::Flag(*expected),
            Self::Current {
                expected:
                    Running {
                        version: Some(version),
                        ..
                    },
                ..
            }
            | Self::Answer {
                running:
                    Running {
                        version: Some(version),
                        ..
                    },
                ..
            } => Revert::Deploy(version.clone()),
            Self::Current { expected, .. } => Revert::Impossible(format!(
                "which release {} is was never registered, so it cannot be deployed",
                expected.release_dir
            )),
            Self::Answer { running, .. } => Revert::Impossible(format!(
                "which release {} is was never registered, so it cannot be deployed",
                running.release_dir
            )),
            Self::Unadopted { .. } => {
                Revert::Impossible("nothing else is known to go back to".to_owned())
            }
        }
    }

    /// Why nobody can adopt it; `None`: one can.
    pub fn adopt_refused(&self) -> Option<&'static str> {
        match self {
            Self::Current {
                found: Pointing::Nothing | Pointing::Elsewhere { .. },
                ..
            } => Some("there is no release to adopt"),
            Self::Admission { .. }
            | Self::Current { .. }
            | Self::Answer { .. }
            | Self::Unadopted { .. } => None,
        }
    }
}

impl fmt::Display for Pointing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(running) => running.fmt(f),
            Self::Nothing => f.write_str("nothing"),
            Self::Elsewhere { .. } => f.write_str("no release"),
        }
    }
}

impl Pointing {
    fn clause(&self) -> String {
        match self {
            Self::Release(running) => format!("`current` points to {running}"),
            Self::Nothing => "there is no `current`".to_owned(),
            Self::Elsewhere { words } => format!("`current` is no link to a release ({words})"),
        }
    }
}

/// What of a node could not be read, and why: unknown, and no difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    pub part: Part,
    /// A clause.
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    Admission { name: Name },
    Current,
    Answer,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admission { name } => write!(f, "how {name} treats it"),
            Self::Current => f.write_str("where `current` points"),
            Self::Answer => f.write_str("which release answers"),
        }
    }
}

/// One node as it was last compared with what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Compared {
    pub differences: Vec<Difference>,
    pub unread: Vec<Unread>,
    /// What `current` points to, as read.
    #[serde(default)]
    pub running: Option<Running>,
}

/// A node's comparison, for reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDrift {
    pub differences: Vec<DriftLine>,
    pub unread: Vec<Unread>,
    pub seen_at: Timestamp,
}

/// One difference, for reading and for acting upon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftLine {
    pub id: DifferenceId,
    pub difference: Difference,
    pub trouble: Trouble,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn running(dir: &str, version: Option<&str>) -> Running {
        Running {
            release_dir: name(dir),
            version: version.map(name),
        }
    }

    fn admission(expected: Placed, found: Placed) -> Difference {
        Difference::Admission {
            balancer: BalancerId(uuid::Uuid::nil()),
            name: name("front"),
            worker: "http://10.0.0.11:9000".into(),
            expected,
            found,
        }
    }

    #[test]
    fn a_release_is_another_in_another_folder_or_under_another_version() {
        let here = running("1", Some("1.0"));
        for (there, differs) in [
            (running("1", Some("1.0")), false),
            // nobody can tell
            (running("1", None), false),
            (running("2", Some("1.0")), true),
            (running("1", Some("1.1")), true),
        ] {
            assert_eq!(here.differs_from(&there), differs, "{there}");
            assert_eq!(there.differs_from(&here), differs, "{there}");
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_adopted_and_what_was_not_known_not_brought_back() {
        let gone = Difference::Current {
            expected: running("1", None),
            found: Pointing::Nothing,
            answers: None,
        };
        assert!(gone.adopt_refused().is_some());
        assert!(matches!(gone.revert(), Revert::Impossible(_)));
        let out = admission(Placed::InService, Placed::Isolated);
        assert_eq!(out.adopt_refused(), None);
        assert_eq!(out.revert(), Revert::Flag(Placed::InService));
    }

    #[test]
    fn what_was_shown_goes_through_a_form_and_back() {
        let shown = Shown {
            node: name("red"),
            difference: DifferenceId::from_hash(&[0xab; 32]),
        };
        assert_eq!(shown.to_string(), "red:abababababababab");
        assert_eq!(shown.to_string().parse(), Ok(shown));
        for bad in ["red", "red:", "red:xyz", "../x:abababababababab"] {
            assert!(bad.parse::<Shown>().is_err(), "{bad}");
        }
    }
}
