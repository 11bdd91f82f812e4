//! What follows from pictures that look different.
//!
//! - Before: the suite passed on the node, which is out of service; each picture was held against the same step on the
//!   old release: of the rehearsal in this deployment, else of the last that succeeded.
//! - Changes: nothing outside. *Fail* makes it the release's failure; *hold first* is not decided here: whether the
//!   node is the first one is the journal's to say (`fold`).
//! - Twice is safe: the same two pictures compare alike.
//! - If it fails: the node is undone.
//! - A person: accepts the picture on the evidence page and deploys again, or mends the release.

use app::model::{
    evidence::PictureReport,
    name::Name,
    smoke::{OnDifference, Pictures},
    trouble::{Failure, Trouble},
};

/// Whether anything follows, so that pictures are compared before the stage ends.
pub fn looks(pictures: &Pictures) -> bool {
    match pictures.on_difference {
        OnDifference::Report => false,
        OnDifference::HoldFirst | OnDifference::Fail => true,
    }
}

/// Where there is nothing to compare with, it passes.
pub fn judge(
    pictures: &Pictures,
    report: &PictureReport,
    version: &Name,
    node: &Name,
) -> Result<(), Failure> {
    let (Some(first), OnDifference::Fail) = (report.differences.first(), pictures.on_difference)
    else {
        return Ok(());
    };
    let more = match report.differences.len() {
        1 => String::new(),
        2 => ", and one more step".to_owned(),
        n => format!(", and {} more steps", n - 1),
    };
    let all: Vec<_> = report
        .differences
        .iter()
        .map(|one| one.sentence())
        .collect();
    let mut trouble = Trouble::new(format!(
        "{version} looks different on {node} at {}{more}.",
        first.sentence()
    ))
    .remedy("If that is how it is meant to look, accept the pictures and deploy again.");
    trouble.detail = Some(all.join("\n"));
    Err(Failure::release(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::evidence::{Noticed, StepKey};

    fn report(differences: u32) -> PictureReport {
        let noticed = |step| Noticed {
            at_step: StepKey {
                flow: "sign-in".parse().unwrap(),
                step,
            },
            words: "open /".into(),
            old: "a".into(),
            new: "b".into(),
            how: "2.1 % differs".into(),
            against: "red on 1.0".into(),
        };
        PictureReport {
            compared: 5,
            differences: (1..=differences).map(noticed).collect(),
            ..PictureReport::default()
        }
    }

    #[test]
    fn only_where_the_suite_says_so_a_difference_is_the_releases_failure() {
        use OnDifference::*;
        for (on_difference, differences, fails) in [
            (Report, 3, false),
            (HoldFirst, 3, false),
            (Fail, 0, false),
            (Fail, 1, true),
        ] {
            let pictures = Pictures {
                on_difference,
                ..Pictures::default()
            };
            let (version, node) = ("1.1".parse().unwrap(), "red".parse().unwrap());
            let judged = judge(&pictures, &report(differences), &version, &node);
            assert_eq!(judged.is_err(), fails, "{on_difference:?} {differences}");
        }
    }

    #[test]
    fn it_names_flow_step_and_how_much() {
        let pictures = Pictures {
            on_difference: OnDifference::Fail,
            ..Pictures::default()
        };
        let (version, node) = ("1.1".parse().unwrap(), "red".parse().unwrap());
        let said = |n| {
            judge(&pictures, &report(n), &version, &node)
                .unwrap_err()
                .trouble
        };
        insta::assert_snapshot!(said(1), @"1.1 looks different on red at step 1 of sign-in (`open /`): 2.1 % differs, held against red on 1.0. If that is how it is meant to look, accept the pictures and deploy again.");
        insta::assert_snapshot!(said(3).what, @"1.1 looks different on red at step 1 of sign-in (`open /`): 2.1 % differs, held against red on 1.0, and 2 more steps.");
    }
}
