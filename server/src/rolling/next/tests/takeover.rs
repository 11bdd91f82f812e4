use super::*;

#[test]
fn a_new_owner_reads_the_world_before_anything_else() {
    let idle = Story::rolling(plan()).claimed();
    assert_eq!(idle.next(), "reconcile");
    assert_eq!(idle.reconciled(None).next(), "red isolate 1");
    // before the first isolation there is nothing to read
    assert_eq!(
        Story::of(plan()).became(Preparing).claimed().next(),
        "red prepare 1, blue prepare 1"
    );
}

#[test]
fn what_was_begun_is_gone_on_with_under_the_same_run() {
    for stage in Stage::ALL.into_iter().filter(|s| *s != Stage::Smoke) {
        let mut story = Story::rolling(plan());
        for done in Stage::ALL.into_iter().filter(|done| *done < stage) {
            story = story.passed(RED, Forward, at(done));
        }
        let story = story
            .started(RED, Forward, at(stage), 1)
            .claimed()
            .reconciled(None);
        assert_eq!(story.next(), format!("go on with red {stage}"));
        let Next::Adopt(effect) = next(&story.job(), Timestamp(50_000)) else {
            panic!("{}", story.next());
        };
        // what is left of its limit, and always time to look
        assert_eq!(effect.limit, Duration::from_secs(15));
        let Next::Adopt(effect) = next(&story.job(), Timestamp(10_000)) else {
            panic!("{}", story.next());
        };
        assert_eq!(effect.limit, Duration::from_secs(50));
        let attempt = effect.attempt;
        let story = story.tell(Some(RED), Fact::Adopted { attempt });
        assert_eq!(story.next(), "wait");
    }
}

#[test]
fn a_smoke_test_is_begun_again_and_says_so() {
    let story = Story::rolling(plan())
        .forward(RED, Stage::Check)
        .started(RED, Forward, at(Stage::Smoke), 1)
        .claimed()
        .reconciled(None);
    insta::assert_snapshot!(story.next(), @"red smoke stopped: The server that tested red is gone, and its browser with it. The suite is begun again; a flow that writes may have written, its data carries the run id 00000000-0000-0000-0000-000000000000.");
    let stopped = Fact::Finished {
        attempt: Attempt {
            pass: Forward,
            work: at(Stage::Smoke),
            number: 1,
        },
        outcome: Outcome::Stopped { why: String::new() },
    };
    let story = story.tell(Some(RED), stopped);
    assert_eq!(story.next(), "red smoke 2");
    assert_eq!(story.job().run(RED).unwrap().failed_in_a_row, 0);
}

#[test]
fn where_two_sides_disagree_a_person_decides() {
    let story = Story::rolling(plan()).forward(RED, Stage::Check).claimed();
    let odd = story.reconciled(Some("20200101000000"));
    insta::assert_snapshot!(odd.next(), @"halted: By the journal `current` of red points to releases/20261123140211; on the node it points to releases/20200101000000.");
    let halted = odd.became(Halted);
    assert_eq!(halted.next(), "watch");
    let retried = halted.asked(Command::Retry, None);
    assert_eq!(retried.next(), "reconcile");
    insta::assert_snapshot!(retried.reconciled(None).next(), @"rolling: a person asked it to go on");
}

#[test]
fn what_had_begun_is_given_up_where_a_person_must_decide() {
    let story = Story::rolling(plan())
        .forward(RED, Stage::Drain)
        .started(RED, Forward, at(Stage::Deploy), 1)
        .claimed()
        .reconciled(Some("20200101000000"));
    insta::assert_snapshot!(story.next(), @"red deploy stopped: A person must decide; deploy on red was not gone on with.");
}

#[test]
fn an_abort_stops_what_runs_long_and_lets_the_rest_end() {
    let deploy = Story::rolling(plan())
        .forward(RED, Stage::Drain)
        .started(RED, Forward, at(Stage::Deploy), 1)
        .abort()
        .claimed()
        .reconciled(None);
    insta::assert_snapshot!(deploy.next(), @"red deploy stopped: bob asked to abort; deploy on red was stopped.");
    let rejoin = Story::rolling(plan())
        .forward(RED, Stage::Smoke)
        .started(RED, Forward, at(Stage::Rejoin), 1)
        .abort()
        .claimed()
        .reconciled(None);
    assert_eq!(rejoin.next(), "go on with red rejoin");
}

#[test]
fn a_restored_database_halts_until_a_person_has_looked() {
    let behind = Fact::Behind {
        words: "Behind.".into(),
    };
    let story = Story::rolling(plan())
        .claimed()
        .tell(None, behind)
        .claimed();
    let story = story.reconciled(None);
    assert_eq!(story.next(), "halted: Behind.");
    let again = story.became(Halted).asked(Command::Continue, None);
    insta::assert_snapshot!(again.reconciled(None).next(), @"rolling: a person asked it to go on");
}

#[test]
fn journals_of_servers_that_gave_up_without_a_word_still_fold() {
    let story = Story::rolling(plan())
        .started(RED, Forward, at(Stage::Isolate), 1)
        .claimed()
        .became(Halted)
        .abort()
        .became(Aborting)
        .started(RED, Undo, at(Stage::Rejoin), 1);
    assert_eq!(story.next(), "reconcile");
}

/// Found by a simulated story: meant to be out, refused by the floor, its owner dead, and the node not to be reached.
#[test]
fn a_node_that_was_only_meant_to_be_out_is_out_and_drained_before_it_is_undone() {
    let unread = |story: Story, unread: Option<&str>| {
        let found = Found {
            node: RED,
            admissions: Vec::new(),
            current: None,
            unread: unread.map(str::to_owned),
        };
        story.tell(None, Fact::Reconciled { seen: vec![found] })
    };
    let story = Story::rolling(plan())
        .failed(RED, Forward, at(Stage::Isolate), Ours)
        .abort()
        .claimed();
    let story = unread(story, Some("No way there.")).became(Aborting);
    assert_eq!(story.next(), "red undo isolate 1");
    // somebody let it in while it was being undone
    let mut undoing = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Release)
        .became(Undoing)
        .failed(RED, Undo, at(Stage::Deploy), Ours)
        .claimed();
    let mut seen = undoing.clone().reconciled(None);
    assert_eq!(seen.next(), "red undo deploy 2");
    let balancer = app::model::ids::BalancerId::generate();
    let found = Found {
        node: RED,
        admissions: vec![(balancer, Admission::InService)],
        current: Some("20261001000000".parse().unwrap()),
        unread: None,
    };
    undoing = undoing.tell(None, Fact::Reconciled { seen: vec![found] });
    assert_eq!(undoing.next(), "red undo isolate 1");
    seen = seen.passed(RED, Undo, at(Stage::Deploy));
    assert_eq!(seen.next(), "red undo check 1");
}
