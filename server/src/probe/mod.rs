//! HTTP probes of one node: asked straight at its own address, never through a balancer.

use app::model::{
    deployment::ProbeSettings,
    environment::Node,
    time::spoken,
    trouble::{Failure, Trouble},
};
use async_trait::async_trait;
use std::time::Duration;

/// The real one.
mod http;

/// Answers from memory.
pub mod fake;

pub use http::HttpProbe;

/// One question and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probed {
    pub status: Option<u16>,
    /// The release the node says it is.
    pub fingerprint: Option<String>,
    /// Why there was no answer, as a clause.
    pub error: Option<String>,
    pub took: Duration,
}

#[async_trait]
pub trait Probe: Send + Sync {
    /// Asks once. Bounded to 2 s; changes nothing.
    async fn probe(&self, node: &Node, settings: &ProbeSettings) -> Probed;
}

/// What the answers so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Waiting {
        good: u32,
        words: String,
    },
    Well {
        good: u32,
        fingerprint: Option<String>,
    },
    Unwell(Failure),
}

/// Pure: the answers in their order, `elapsed` after the first question. `expected`: the version that must answer;
/// `None` takes any.
///
/// A node that is steadily well as *another* release is [`unsure`](Failure::unsure): perhaps an old process kept the
/// port. It gets until the limit, for the old one may answer until it is gone.
pub fn judge(
    node: &Node,
    answers: &[Probed],
    settings: &ProbeSettings,
    expected: Option<&app::model::name::Name>,
    elapsed: Duration,
) -> Verdict {
    let is_ours = |probed: &Probed| match (expected, &probed.fingerprint) {
        (Some(expected), Some(found)) => found == expected.as_str(),
        (Some(_), None) => settings.fingerprint == app::model::deployment::Fingerprint::None,
        (None, _) => true,
    };
    let is_well = |probed: &Probed| probed.status == Some(settings.status);
    let good = answers
        .iter()
        .rev()
        .take_while(|probed| is_well(probed) && is_ours(probed))
        .count();
    let good = u32::try_from(good).unwrap_or(u32::MAX);
    let last = answers.last().cloned().unwrap_or_default();
    if good >= settings.good.max(1) {
        return Verdict::Well {
            good,
            fingerprint: last.fingerprint,
        };
    }
    if elapsed < Duration::from_millis(settings.limit_ms) {
        return Verdict::Waiting {
            good,
            words: words(&last),
        };
    }
    let name = &node.name;
    let within = spoken(Duration::from_millis(settings.limit_ms));
    if is_well(&last) && !is_ours(&last) {
        let expected = expected.map_or("another release", |expected| expected.as_str());
        let found = last
            .fingerprint
            .unwrap_or_else(|| "no release at all".into());
        return Verdict::Unwell(Failure::unsure(
            Trouble::new(format!("{name} is well, but answers as {found} and not as {expected}, {within} after the switch."))
                .remedy("Look whether an old process kept the port, or whether the release carries the wrong version."),
        ));
    }
    Verdict::Unwell(Failure::release(Trouble::new(format!(
        "{name} was not well within {within}: of {} good answers in a row to {} it gave {good}; the last was {}.",
        settings.good,
        settings.path,
        words(&last)
    ))))
}

/// One answer in a few words.
pub fn words(probed: &Probed) -> String {
    match (&probed.error, probed.status) {
        (Some(error), _) => error.clone(),
        (None, Some(status)) => match &probed.fingerprint {
            Some(release) => format!("{status} as release {release}"),
            None => format!("{status}"),
        },
        (None, None) => "no answer".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::{deployment::Fingerprint, environment::SshAddress, ids::NodeId};

    fn node() -> Node {
        let ssh = SshAddress {
            user: String::new(),
            host: String::new(),
            port: 22,
            host_key_fingerprint: String::new(),
            host_key: String::new(),
        };
        Node {
            id: NodeId::generate(),
            name: "red".parse().unwrap(),
            group: None,
            ssh,
            app_url: String::new(),
            deploy_root: String::new(),
            members: Vec::new(),
        }
    }

    fn settings(fingerprint: Fingerprint) -> ProbeSettings {
        ProbeSettings {
            path: "/health".into(),
            status: 200,
            good: 3,
            interval_ms: 100,
            limit_ms: 20_000,
            fingerprint,
        }
    }

    fn says(version: &str) -> Probed {
        Probed {
            status: Some(200),
            fingerprint: Some(version.into()),
            ..Probed::default()
        }
    }

    fn refused() -> Probed {
        Probed {
            error: Some("the connection was refused".into()),
            ..Probed::default()
        }
    }

    fn verdict(answers: &[Probed], seconds: u64) -> Verdict {
        let version = "1.1".parse().unwrap();
        judge(
            &node(),
            answers,
            &settings(Fingerprint::Header("x-release".into())),
            Some(&version),
            Duration::from_secs(seconds),
        )
    }

    #[test]
    fn is_well_after_enough_good_answers_in_a_row() {
        assert!(matches!(
            verdict(&[says("1.1"), says("1.1")], 1),
            Verdict::Waiting { good: 2, .. }
        ));
        assert!(matches!(
            verdict(&[says("1.1"), says("1.1"), refused(), says("1.1")], 1),
            Verdict::Waiting { good: 1, .. }
        ));
        assert!(matches!(
            verdict(&[refused(), says("1.1"), says("1.1"), says("1.1")], 1),
            Verdict::Well { good: 3, .. }
        ));
    }

    #[test]
    fn the_old_process_may_answer_for_a_while_but_not_for_ever() {
        let old = [says("1.0"), says("1.0"), says("1.0")];
        assert!(matches!(verdict(&old, 1), Verdict::Waiting { good: 0, .. }));
        let Verdict::Unwell(failure) = verdict(&old, 20) else {
            panic!("the limit is over")
        };
        assert_eq!(failure.class, app::model::trouble::FailureClass::Unsure);
        insta::assert_snapshot!(failure.trouble, @"red is well, but answers as 1.0 and not as 1.1, 20 s after the switch. Look whether an old process kept the port, or whether the release carries the wrong version.");
    }

    #[test]
    fn what_does_not_boot_is_the_releases_fault() {
        let Verdict::Unwell(failure) = verdict(&[refused()], 20) else {
            panic!("the limit is over")
        };
        assert_eq!(failure.class, app::model::trouble::FailureClass::Release);
        insta::assert_snapshot!(failure.trouble, @"red was not well within 20 s: of 3 good answers in a row to /health it gave 0; the last was the connection was refused.");
    }

    #[test]
    fn an_application_that_does_not_say_is_believed() {
        let silent = Probed {
            status: Some(200),
            ..Probed::default()
        };
        let answers = [silent.clone(), silent.clone(), silent];
        let version = "1.1".parse().unwrap();
        let verdict = judge(
            &node(),
            &answers,
            &settings(Fingerprint::None),
            Some(&version),
            Duration::ZERO,
        );
        assert!(matches!(verdict, Verdict::Well { .. }));
    }
}
