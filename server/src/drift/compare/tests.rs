use super::*;
use app::model::ids::BalancerId;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn running(dir: &str, version: Option<&str>) -> Running {
    Running {
        release_dir: name(dir),
        version: version.map(name),
    }
}

fn member(digit: u128) -> Member {
    Member {
        balancer: BalancerId(uuid::Uuid::from_u128(digit)),
        worker: "http://10.0.0.11:9000".into(),
    }
}

/// Proven on 1.0, expected in service everywhere.
fn ours() -> Ours {
    Ours {
        placed: HashMap::new(),
        release: Some(Expected {
            running: running("1", Some("1.0")),
            answers: Some("1.0".into()),
            standing: Standing::Proven,
        }),
    }
}

/// As expected by [`ours`], in two balancers.
fn seen() -> Seen {
    let front = |digit| SeenMember {
        member: member(digit),
        name: name(&format!("front-{digit}")),
        placed: Read::Is(Placed::InService),
    };
    Seen {
        members: vec![front(1), front(2)],
        current: Read::Is(Pointing::Release(running("1", Some("1.0")))),
        answers: Some(Read::Is("1.0".into())),
    }
}

/// Each difference with its sides, then what is unknown.
fn said(ours: &Ours, seen: &Seen) -> String {
    let compared = compare(ours, seen);
    let differences = compared.differences.iter().map(|difference| {
        let (expected, found) = difference.sides();
        let kind = serde_json::to_value(difference).unwrap()["kind"].clone();
        format!("{}: {expected} | {found}", kind.as_str().unwrap())
    });
    let unread = compared.unread.iter();
    let unread = unread.map(|unread| format!("unknown {}: {}", unread.part, unread.why));
    differences.chain(unread).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_as_expected_is_no_difference() {
    assert_eq!(said(&ours(), &seen()), "");
    assert_eq!(
        compare(&ours(), &seen()).running,
        Some(running("1", Some("1.0")))
    );
}

#[test]
fn each_balancer_is_compared_with_how_it_was_left_or_adopted() {
    use Placed::*;
    for (adopted, found, words) in [
        (None, InService, ""),
        (None, Isolated, "admission: in service | out of service"),
        (Some(Isolated), Isolated, ""),
        (
            Some(Isolated),
            InService,
            "admission: out of service | in service",
        ),
        (Some(InService), InService, ""),
    ] {
        let (mut ours, mut seen) = (ours(), seen());
        ours.placed
            .extend(adopted.map(|adopted| (member(2), adopted)));
        seen.members[1].placed = Read::Is(found);
        assert_eq!(said(&ours, &seen), words, "{adopted:?} {found:?}");
    }
}

#[test]
fn where_current_points_is_compared_with_the_last_proof_or_adoption() {
    let to = |dir, version| Pointing::Release(running(dir, version));
    for (found, answers, words) in [
        (to("1", Some("1.0")), "1.0", ""),
        // nobody can tell what lies there; the folder is the same
        (to("1", None), "1.0", ""),
        (to("2", Some("1.1")), "1.1", "current: 1.0 (1) | 1.1 (2)"),
        // moved, not restarted: one difference, which says who answers
        (to("2", Some("1.1")), "1.0", "current: 1.0 (1) | 1.1 (2)"),
        // the same folder, filled with something else
        (to("1", Some("1.1")), "1.1", "current: 1.0 (1) | 1.1 (1)"),
        (Pointing::Nothing, "1.0", "current: 1.0 (1) | nothing"),
        // nobody registered what lies there: it is what it calls itself, once it was restarted
        (to("2", None), "1.1", "current: 1.0 (1) | 1.1 (2)"),
        (to("2", None), "1.0", "current: 1.0 (1) | 2"),
        (
            Pointing::Elsewhere {
                words: "it is a folder".into(),
            },
            "1.0",
            "current: 1.0 (1) | no release",
        ),
    ] {
        let seen = Seen {
            current: Read::Is(found),
            answers: Some(Read::Is(answers.into())),
            ..seen()
        };
        assert_eq!(said(&ours(), &seen), words);
    }
}

#[test]
fn the_release_that_really_answers_is_compared_too() {
    let answers = |seen: Option<Read<String>>| Seen {
        answers: seen,
        ..self::seen()
    };
    let old = answers(Some(Read::Is("0.9".into())));
    assert_eq!(said(&ours(), &old), "answer: 1.0 answers | 0.9 answers");
    // an application that does not say which it is is believed
    assert_eq!(said(&ours(), &answers(None)), "");
    // a proof of something nobody could name takes any answer
    let mut nameless = ours();
    nameless.release.as_mut().unwrap().answers = None;
    assert_eq!(said(&nameless, &old), "");
    // a release that was adopted although it calls itself otherwise
    let mut adopted = ours();
    adopted.release.as_mut().unwrap().answers = Some("0.9".into());
    assert_eq!(said(&adopted, &old), "");
}

#[test]
fn what_cannot_be_read_is_unknown_and_no_difference() {
    let silent = |why: &str| why.to_owned();
    let mut seen = seen();
    seen.members[0].placed = Read::Unknown(silent("it did not answer"));
    seen.current = Read::Unknown(silent("ssh was refused"));
    seen.answers = Some(Read::Unknown(silent("the connection was refused")));
    assert_eq!(
        said(&ours(), &seen),
        "unknown how front-1 treats it: it did not answer; \
         unknown which release answers: the connection was refused; \
         unknown where `current` points: ssh was refused"
    );
    // one unknown hides no other difference
    seen.answers = Some(Read::Is("0.9".into()));
    seen.members[1].placed = Read::Is(Placed::Isolated);
    assert!(said(&ours(), &seen).starts_with(
        "admission: in service | out of service; answer: 1.0 answers | 0.9 answers; unknown"
    ));
}

#[test]
fn what_nobody_deployed_or_adopted_is_a_kind_of_its_own() {
    let never = Ours::default();
    assert_eq!(said(&never, &seen()), "unadopted: unknown | 1.0 (1)");
    let unregistered = Seen {
        current: Read::Is(Pointing::Release(running("1", None))),
        ..seen()
    };
    assert_eq!(said(&never, &unregistered), "unadopted: unknown | 1.0 (1)");
    let fresh = Seen {
        current: Read::Is(Pointing::Nothing),
        ..seen()
    };
    assert_eq!(said(&never, &fresh), "");
    let odd = Seen {
        current: Read::Is(Pointing::Elsewhere {
            words: "it is a folder".into(),
        }),
        ..seen()
    };
    assert_eq!(
        said(&never, &odd),
        "unknown where `current` points: it is a folder"
    );
}

#[test]
fn a_difference_is_named_by_its_content() {
    let of = |found| {
        let mut seen = seen();
        seen.current = Read::Is(found);
        id(&compare(&ours(), &seen).differences[0])
    };
    let moved = Pointing::Release(running("2", Some("1.1")));
    assert_eq!(of(moved.clone()), of(moved.clone()));
    assert_ne!(of(moved), of(Pointing::Nothing));
}

#[test]
fn each_difference_is_a_sentence_with_both_sides() {
    let old = running("20260101", Some("1.0"));
    let new = running("20260202", Some("1.1"));
    let front = |expected, found| Difference::Admission {
        balancer: member(1).balancer,
        name: name("front"),
        worker: String::new(),
        expected,
        found,
    };
    let current = |found, answers: Option<&str>| Difference::Current {
        expected: old.clone(),
        found,
        answers: answers.map(str::to_owned),
    };
    let all = [
        front(Placed::InService, Placed::Isolated),
        front(Placed::Isolated, Placed::InService),
        current(Pointing::Release(new.clone()), Some("1.1")),
        current(Pointing::Release(new), Some("1.0")),
        current(Pointing::Nothing, None),
        Difference::Answer {
            running: old.clone(),
            expected: "1.0".into(),
            found: "0.9".into(),
        },
        Difference::Unadopted {
            found: running("20260101", None),
            answers: None,
        },
    ];
    let words: Vec<_> = all
        .iter()
        .map(|difference| difference.trouble(&name("red")).to_string())
        .collect();
    insta::assert_snapshot!(words.join("\n"), @"
    front has red out of service; it is expected in service. front sends no visitor to red. Adopt it if the node is to stay out, or revert to put it back.
    front has red in service; it is expected out of service. front sends visitors to red. Adopt it if the node is to serve again, or revert to take it out.
    On red `current` points to 1.1 (20260202); expected is 1.0 (20260101). 1.1 answers. Adopt it if that is right, or revert by deploying 1.0 to red.
    On red `current` points to 1.1 (20260202); expected is 1.0 (20260101). 1.0 still answers: the application was not restarted since. Adopt it if that is right, or revert by deploying 1.0 to red.
    On red there is no `current`; expected is 1.0 (20260101). Deploy 1.0 to red, or mend the link by hand.
    red answers as 0.9; `current` is 1.0 (20260101), which is expected to answer as 1.0. Perhaps an old process kept the port, or the release carries the wrong version. Revert by deploying 1.0 to red, or adopt it if this is how the release calls itself.
    red runs 20260101, which nobody deployed or adopted here. Whether that is the release to go back to, nobody has said. Adopt it, so that a failed deployment can be undone.
    ");
}
