//! Pictures held against others.

use crate::story::{self, name};
use app::model::{evidence::*, live::Live, smoke::StepVerdict, time::Timestamp};

const NOW: Timestamp = Timestamp(1_795_442_531_000);

fn key(flow: &str, step: u32) -> StepKey {
    StepKey {
        flow: name(flow),
        step,
    }
}

fn review(id: i64, at_step: StepKey, words: &str, verdict: Verdict, new: &str) -> Review {
    Review {
        id,
        at_step,
        words: words.into(),
        verdict,
        old: None,
        new: new.into(),
        deployment: 42,
        version: name("1.1"),
        node: name("red"),
        reason: "so".into(),
        by: "ben".into(),
        at: NOW,
    }
}

/// A deployment's evidence, with #40 (1.0) before it. `likeness` says how two pictures compare.
fn evidence(
    story: &story::Story,
    reviews: Vec<Review>,
    masks: Vec<Mask>,
    likeness: impl FnMut(Wanted) -> Option<Likeness>,
) -> EvidenceView {
    let live = Live::from_events(&story.events);
    let old = Live::from_events(&story::old(NOW).events);
    let before = Before {
        number: 40,
        live: &old,
    };
    let mut strips = strips(&live, Some(&before));
    judge(&mut strips, &reviews, &masks, |_| 0, likeness);
    let plan = live.plan.as_deref().unwrap();
    EvidenceView {
        environment: plan.environment.clone(),
        application: plan.application.clone(),
        number: plan.number,
        version: plan.version.clone(),
        state: live.state,
        failed: None,
        byline: String::new(),
        strips,
        reviews,
        masks,
        proposals: Vec::new(),
        gate: None,
        addresses: Vec::new(),
        review_refused: None,
        now: NOW,
    }
}

fn made_up(pair: Wanted) -> Option<Likeness> {
    Some(crate::shop::likeness(&pair.old, &pair.new))
}

/// Every row of a flow, in a line each.
fn drawn(view: &EvidenceView, flow: usize) -> Vec<String> {
    let strip = &view.strips[flow];
    (0..strip.rows.len())
        .map(|row| {
            let cells = (0..strip.columns.len()).map(|column| {
                let spot = Spot {
                    strip: flow,
                    row,
                    column,
                };
                match view.standing(spot) {
                    Standing::NotRun => "-".to_owned(),
                    Standing::Failed(sign) => sign.to_owned(),
                    Standing::Broken => "broken".to_owned(),
                    Standing::Unseen => "unseen".to_owned(),
                    Standing::Reference => "ref".to_owned(),
                    Standing::Alone => "alone".to_owned(),
                    Standing::Comparing => "…".to_owned(),
                    Standing::Equal => "equal".to_owned(),
                    Standing::Slight(found) => format!("may: {}", found.words()),
                    Standing::Accepted(_) => "accepted".to_owned(),
                    Standing::Rejected(_) => "rejected".to_owned(),
                    Standing::Differs(found) => found.words(),
                    Standing::Incomparable(_) => "?".to_owned(),
                }
            });
            let row_words = view.row_words(Spot {
                strip: flow,
                row,
                column: 0,
            });
            let cells: Vec<_> = cells.collect();
            format!(
                "{} {row_words}: {}",
                strip.rows[row].node,
                cells.join(" | ")
            )
        })
        .collect()
}

#[test]
fn new_pictures_are_held_against_the_last_good_deployment() {
    let view = evidence(&story::succeeded(NOW), vec![], vec![], made_up);
    insta::assert_snapshot!(drawn(&view, 0).join("\n"), @r"
    red 1.1: 2.1 % differs | equal | 2.1 % differs | 2.1 % differs
    blue 1.1: 2.1 % differs | equal | 2.1 % differs | 2.1 % differs
    green 1.1: 2.1 % differs | equal | 2.1 % differs | 2.1 % differs
    red 1.0, last good, #40: ref | ref | ref | ref
    ");
    assert_eq!(view.headline(), "1.1 looks different at 5 of 9 steps.");
    assert_eq!(
        view.review_line(),
        "5 differences wait for somebody to accept or reject them."
    );
}

#[test]
fn a_node_that_was_put_back_is_the_sibling_and_a_failure_is_most_telling() {
    let view = evidence(&story::undone(NOW), vec![], vec![], made_up);
    insta::assert_snapshot!(drawn(&view, 0).join("\n"), @r"
    red 1.2: 2.1 % differs | equal | 404 | -
    red 1.0, put back: ref | ref | ref | ref
    ");
    let spot = view.most_telling().unwrap();
    assert_eq!((spot.row, spot.column), (0, 2));
    let report = view.report(spot).unwrap();
    assert!(matches!(report.verdict, StepVerdict::Failed(_)));
    assert_eq!(view.sound_elsewhere(spot).unwrap().node, name("red"));
    let against = baselines(&view.strips[0], spot.row, spot.column, &view.key(spot), &[]);
    assert_eq!(against[0].picture, "1.0-sign-in-3");
    assert_eq!(view.next_open(spot).unwrap().column, 0);
}

#[test]
fn what_was_accepted_once_is_accepted_wherever_it_looks_so() {
    let accepted = vec![
        // this very picture
        review(
            1,
            key("sign-in", 1),
            "open /",
            Verdict::Accepted,
            "1.1-sign-in-1",
        ),
        // another one that nobody can tell from this
        review(
            2,
            key("sign-in", 3),
            "click \"Sign in\"",
            Verdict::Accepted,
            "1.1-sign-in-9",
        ),
        // a step that says something else by now
        review(
            3,
            key("sign-in", 4),
            "expect \"Hello\"",
            Verdict::Accepted,
            "1.1-sign-in-4",
        ),
    ];
    let view = evidence(&story::succeeded(NOW), accepted, vec![], made_up);
    insta::assert_snapshot!(drawn(&view, 0)[1], @"blue 1.1: accepted | equal | accepted | 2.1 % differs");
    assert_eq!(view.tally().accepted, 2);
    let first = view.spots().next().unwrap();
    assert_eq!(view.same_elsewhere(first), [name("blue"), name("green")]);
}

#[test]
fn the_last_word_counts() {
    let step = || key("sign-in", 1);
    let said = |verdicts: &[Verdict]| {
        let reviews = (1..)
            .zip(verdicts)
            .map(|(id, verdict)| review(id, step(), "open /", *verdict, "1.1-sign-in-1"))
            .collect();
        let view = evidence(&story::succeeded(NOW), reviews, vec![], made_up);
        drawn(&view, 0)[0].split_once(": ").unwrap().1[..8].to_owned()
    };
    use Verdict::{Accepted, Rejected};
    assert_eq!(said(&[Accepted]), "accepted");
    assert_eq!(said(&[Accepted, Rejected]), "rejected");
    assert_eq!(said(&[Rejected, Accepted]), "accepted");
}

#[test]
fn a_mask_is_part_of_what_is_asked_at_its_step_only() {
    let mask = Mask {
        id: 1,
        at_step: key("sign-in", 2),
        rect: Rect {
            x: 0,
            y: 752,
            width: 1280,
            height: 48,
        },
        reason: "names its node".into(),
        by: "ben".into(),
        at: NOW,
    };
    let mut asked = Vec::new();
    let view = evidence(&story::succeeded(NOW), vec![], vec![mask], |pair| {
        asked.push(pair);
        None
    });
    let masked = |picture: &str| {
        let pair = asked.iter().find(|pair| pair.new == picture).unwrap();
        pair.masks.len()
    };
    assert_eq!((masked("1.1-sign-in-1"), masked("1.1-sign-in-2")), (0, 1));
    assert_eq!(view.headline(), "The pictures of 1.1 are being compared.");
}

#[test]
fn a_view_survives_the_way_through_json() {
    let view = evidence(&story::undone(NOW), vec![], vec![], made_up);
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<EvidenceView>(&text).unwrap(), view);
}
