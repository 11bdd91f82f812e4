//! Pictures held against others.

use crate::story::{self, name};
use app::model::{
    evidence::*,
    journal::{Fact, Note},
    live::Live,
    smoke::{ElementBox, StepReport, StepVerdict, Weight},
    time::Timestamp,
};

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
        proxied: proxied(&story.events),
        gate: None,
        storage: None,
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

/// #46: rehearsed on red with 1.0, then red on 1.1, its pictures judged.
fn in_review(
    change: impl Fn(&mut StepReport),
    above_ppm: impl Fn(&StepKey) -> u32,
    likeness: impl FnMut(Wanted) -> Option<Likeness>,
) -> Vec<Strip> {
    let mut events = story::in_review(NOW).events;
    for event in &mut events {
        if let Fact::Noted {
            note: Note::Step { report },
            ..
        } = &mut event.fact
        {
            change(report);
        }
    }
    let mut strips = strips(&Live::from_events(&events), None);
    judge(&mut strips, &[], &[], above_ppm, likeness);
    strips
}

#[test]
fn masks_by_selector_cover_both_pictures_wherever_they_were_found() {
    let masked = |report: &mut StepReport| {
        let x = match report.picture.as_deref() {
            Some("1.0-sign-in-1") => 10,
            Some("1.1-sign-in-1") => 900,
            _ => return,
        };
        report.masked = vec![ElementBox {
            x,
            y: -5,
            width: 30,
            height: 20,
        }];
    };
    let mut wanted = Vec::new();
    in_review(
        masked,
        |_| 0,
        |pair| {
            wanted.push(pair);
            None
        },
    );
    let masks = |new: &str| {
        let pair = wanted.iter().find(|pair| pair.new == new).unwrap();
        pair.masks.iter().map(Rect::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        masks("1.1-sign-in-1"),
        ["30 × 15 at 900, 0", "30 × 15 at 10, 0"]
    );
    assert_eq!(masks("1.1-sign-in-2"), [""; 0]);
}

#[test]
fn each_step_has_its_own_threshold_and_a_gate_sees_what_is_above() {
    let mut suite = story::suite().suite;
    suite.pictures.above_ppm = 1_000;
    suite.flows[0].steps[0].above_ppm = Some(30_000);
    assert_eq!(above_ppm(&suite, &key("sign-in", 1)), 30_000);
    assert_eq!(above_ppm(&suite, &key("sign-in", 3)), 1_000);
    assert_eq!(above_ppm(&suite, &key("gone", 1)), 1_000);
    let judged = in_review(|_| (), |key| above_ppm(&suite, key), made_up);
    let gated = |suite: &_, node: &str| report(&judged, &[], suite, &name(node));
    let steps = |report: PictureReport| {
        let differences = report.differences.into_iter();
        let steps = differences.map(|one| format!("{} {}", one.at_step.flow, one.at_step.step));
        (report.compared, steps.collect::<Vec<_>>().join(", "))
    };
    // step 1 differs by 2.1 %, which it may
    let seen = steps(gated(&suite, "red").unwrap());
    assert_eq!(
        seen,
        (9, "sign-in 3, sign-in 4, order 1, order 2".to_owned())
    );
    assert_eq!(steps(gated(&suite, "blue").unwrap()), (0, String::new()));
    // of a flow that only warns, nothing follows
    suite.flows[0].weight = Weight::WarnOnly;
    let seen = steps(gated(&suite, "red").unwrap());
    assert_eq!(seen, (5, "order 1, order 2".to_owned()));
    // nothing is decided on half of the pictures
    let comparing = in_review(|_| (), |_| 0, |pair| made_up(pair).filter(|_| false));
    assert_eq!(
        report(&comparing, &[], &story::suite().suite, &name("red")),
        None
    );
}

#[test]
fn what_differs_between_two_runs_of_one_release_is_proposed_unless_it_is_all_over_the_page() {
    let strips = in_review(|_| (), |_| 0, made_up);
    // the rehearsal of 1.0 in #46, and red on 1.0 in #40, whose picture is another one
    let mut events = story::old(NOW).events;
    for event in &mut events {
        if let Fact::Noted {
            note: Note::Step { report },
            ..
        } = &mut event.fact
            && report.picture.as_deref() == Some("1.0-sign-in-1")
        {
            report.picture = Some("1.0-again".into());
        }
    }
    let old = Live::from_events(&events);
    let before = Before {
        number: 40,
        live: &old,
    };
    let pairs = pairs(&strips, Some(&before), &[]);
    let [pair] = pairs.as_slice() else {
        panic!("{pairs:?}");
    };
    assert_eq!(
        (pair.at_step.clone(), pair.version.as_str()),
        (key("sign-in", 1), "1.0")
    );
    let differs = |regions: u32| {
        let regions = (0..regions).map(|n| Rect {
            x: 100 * n,
            y: 2,
            width: 40,
            height: 10,
        });
        Likeness::Differs(Difference {
            changed: 9,
            of: 1_000,
            size: Size {
                width: 1280,
                height: 800,
            },
            was: None,
            regions: regions.collect(),
            more_regions: 0,
            heat: None,
        })
    };
    let proposed = |likeness: Option<Likeness>| {
        let found = proposals(&pairs, |_| likeness.clone());
        let told = found
            .iter()
            .map(|one| format!("{}: {}, {}", one.rect, one.reason(), one.seen));
        told.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(proposed(Some(differs(2))), @r"
    44 × 16 at 0, 0: differs between two runs of 1.0, red in service, and red in #40
    48 × 16 at 96, 0: differs between two runs of 1.0, red in service, and red in #40
    ");
    assert_eq!(proposed(Some(differs(6))), "");
    assert_eq!(proposed(Some(Likeness::Equal)), "");
    assert_eq!(proposed(None), "");
}

#[test]
fn a_picture_that_was_rejected_elsewhere_is_no_difference_where_the_old_release_shows_the_same() {
    let rejected =
        |picture: &str| review(1, key("sign-in", 1), "open /", Verdict::Rejected, picture);
    let steps = |likeness: fn(Wanted) -> Option<Likeness>| {
        let strips = in_review(|_| (), |_| 0, likeness);
        let suite = story::suite().suite;
        let report = report(&strips, &[rejected("1.1-sign-in-1")], &suite, &name("red")).unwrap();
        report.differences.len()
    };
    assert_eq!(steps(made_up), 5);
    assert_eq!(steps(|_| Some(Likeness::Equal)), 0);
}
