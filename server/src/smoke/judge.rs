//! What a step's page must have been: pure.

use super::StepSeen;
use app::model::smoke::{Act, Step};
use std::net::SocketAddr;

/// What one step means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// The release does not do what the flow expects; a clause.
    Release(String),
    /// Somebody else answered for the node: nothing that was seen proves anything about it.
    WrongNode(String),
}

/// Judges `step`, which was followed by `next`: an explicit expectation of a status replaces the silent one that a main
/// document answers below 400.
pub fn judge(step: &Step, next: Option<&Step>, seen: &StepSeen, node: SocketAddr) -> Verdict {
    let node = node.to_string();
    if let Some(other) = seen.answered_by.iter().find(|by| **by != node) {
        return Verdict::WrongNode(format!("{other} answered instead of {node}"));
    }
    if let Act::ExpectStatus { status } = &step.act {
        return match seen.status {
            Some(found) if found == *status => Verdict::Passed,
            Some(found) => {
                Verdict::Release(format!("the main document answered {found}, not {status}"))
            }
            None => Verdict::Release("no main document was loaded".to_owned()),
        };
    }
    let status_comes_next = next.is_some_and(|next| matches!(next.act, Act::ExpectStatus { .. }));
    match (&seen.refused, seen.status) {
        (_, Some(found)) if seen.loaded && found >= 400 && !status_comes_next => {
            Verdict::Release(format!("the main document answered {found}"))
        }
        (Some(why), _) => Verdict::Release(why.clone()),
        (None, _) => Verdict::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::smoke::Locator;

    #[test]
    fn each_step_is_judged_by_what_it_says_and_by_what_goes_without_saying() {
        let click = Step::from(Act::Click {
            on: Locator::Text("Sign in".into()).into(),
        });
        let wants_404 = Step::from(Act::ExpectStatus { status: 404 });
        let page = |loaded, status: u16| StepSeen {
            status: Some(status),
            loaded,
            answered_by: vec!["127.0.0.11:3000".into()],
            ..StepSeen::default()
        };
        let refused = |seen: StepSeen| StepSeen {
            refused: Some("no button".into()),
            ..seen
        };
        let release = |words: &str| Verdict::Release(words.into());
        let cases = [
            (&click, None, page(true, 200), Verdict::Passed),
            (&click, None, page(true, 399), Verdict::Passed),
            (
                &click,
                None,
                page(true, 404),
                release("the main document answered 404"),
            ),
            // an error page that an earlier step had asked for may be looked at
            (&click, None, page(false, 404), Verdict::Passed),
            (&click, Some(&wants_404), page(true, 404), Verdict::Passed),
            (
                &click,
                None,
                refused(page(false, 200)),
                release("no button"),
            ),
            (
                &click,
                None,
                refused(page(true, 500)),
                release("the main document answered 500"),
            ),
            (&click, None, StepSeen::default(), Verdict::Passed),
            (&wants_404, None, page(false, 404), Verdict::Passed),
            (
                &wants_404,
                None,
                page(true, 200),
                release("the main document answered 200, not 404"),
            ),
            (
                &wants_404,
                None,
                StepSeen::default(),
                release("no main document was loaded"),
            ),
        ];
        let node = "127.0.0.11:3000".parse().unwrap();
        for (step, next, seen, verdict) in cases {
            assert_eq!(judge(step, next, &seen, node), verdict, "{step:?} {seen:?}");
        }
    }

    #[test]
    fn another_nodes_answer_outweighs_everything() {
        let seen = StepSeen {
            refused: Some("no button".into()),
            status: Some(500),
            loaded: true,
            answered_by: vec!["127.0.0.11:3000".into(), "127.0.0.12:3000".into()],
            ..StepSeen::default()
        };
        let verdict = judge(
            &Act::Open { path: "/".into() }.into(),
            None,
            &seen,
            "127.0.0.11:3000".parse().unwrap(),
        );
        assert_eq!(
            verdict,
            Verdict::WrongNode("127.0.0.12:3000 answered instead of 127.0.0.11:3000".into())
        );
    }
}
