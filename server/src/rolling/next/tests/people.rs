use super::*;
use app::model::{command::possible, deployment::OnFailure};

#[test]
fn a_hold_waits_until_the_node_at_hand_has_rejoined() {
    let story = Story::rolling(plan())
        .forward(RED, Stage::Drain)
        .asked(Command::Hold, None);
    assert_eq!(story.next(), "red deploy 1");
    let mut story = story;
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        story = story.passed(RED, Forward, at(stage));
    }
    insta::assert_snapshot!(story.next(), @"held: bob asked to hold; every node is in service.");
    let held = story.became(Held);
    assert_eq!(held.next(), "rest");
    let resumed = held.asked(Command::Resume, None);
    assert_eq!(resumed.next(), "reconcile");
    insta::assert_snapshot!(resumed.reconciled(None).next(), @"rolling: it was resumed");
}

#[test]
fn a_hold_at_once_keeps_the_node_out_until_its_deadline() {
    let story = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .asked(Command::HoldNow, None);
    insta::assert_snapshot!(story.next(), @"held: bob asked to hold at once. red stays out of service and is watched.");
    let held = story.became(Held);
    assert_eq!(held.next(), "watch");
    let Next::Record(None, Fact::Became { state, why }) = next(
        &held
            .tell(
                Some(RED),
                Fact::Alarmed {
                    words: String::new(),
                },
            )
            .job(),
        Timestamp(1_800_000),
    ) else {
        panic!("its deadline is over");
    };
    assert_eq!(state, Undoing);
    insta::assert_snapshot!(why, @"It was held for 30 min with a node out, the limit of this pool; the node is put back.");
}

#[test]
fn an_abort_is_possible_while_it_is_held() {
    let story = Story::rolling(plan()).forward(RED, Stage::Deploy);
    let held = story.asked(Command::HoldNow, None).became(Held).abort();
    insta::assert_snapshot!(held.next(), @"aborting: bob asked for it; nodes that are out are put back");
}

#[test]
fn a_retry_tries_the_failed_stage_again() {
    let failed = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Unsure)
        .became(Halted);
    let retried = failed.asked(Command::Retry, None).reconciled(None);
    let story = retried.became(Rolling);
    assert_eq!(story.next(), "red check 2");
    assert_eq!(story.job().cause, None);
    // a failure of the way back is tried again on the way back
    let back = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Release)
        .became(Undoing)
        .passed(RED, Undo, at(Stage::Deploy))
        .failed(RED, Undo, at(Stage::Check), Unsure)
        .became(Halted)
        .asked(Command::Retry, None);
    let back = back.tell(None, Fact::Reconciled { seen: Vec::new() });
    insta::assert_snapshot!(back.next(), @"undoing: a person asked it to go on");
    assert_eq!(back.became(Undoing).next(), "red undo check 2");
}

#[test]
fn a_skipped_node_is_put_back_and_the_others_go_on() {
    let halted = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Unsure)
        .became(Halted)
        .asked(Command::Skip, Some(RED));
    insta::assert_snapshot!(halted.next(), @"undoing: red is skipped and put back.");
    let mut story = halted.became(Undoing);
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        assert_eq!(story.next(), format!("red undo {stage} 1"));
        story = story.passed(RED, Undo, at(stage));
    }
    assert_eq!(story.job().run(RED).unwrap().state, NodeRunState::Skipped);
    insta::assert_snapshot!(story.next(), @"rolling: the skipped node is in service as it was before");
    let story = story.became(Rolling);
    assert_eq!(story.next(), "look at blue");
    let done = story.looked(BLUE).forward(BLUE, Stage::Rejoin);
    insta::assert_snapshot!(done.next(), @"succeeded: every other node runs 1.1 and is proven; skipped: red");
}

#[test]
fn nothing_succeeds_when_every_node_is_skipped() {
    let story = Story::rolling(plan())
        .asked(Command::Skip, Some(RED))
        .asked(Command::Skip, Some(BLUE));
    insta::assert_snapshot!(story.next(), @"aborting: every node was skipped");
}

#[test]
fn after_a_node_was_put_back_the_roll_may_continue_with_it() {
    let put_back = Story::rolling(plan())
        .forward(RED, Stage::Isolate)
        .failed(RED, Forward, at(Stage::Drain), Unsure)
        .became(Undoing)
        .passed(RED, Undo, at(Stage::Rejoin));
    insta::assert_snapshot!(put_back.next(), @"halted: It went wrong. The node is back in service as it was. Continue to try it again, skip it, or abort to end this deployment.");
    let halted = put_back.became(Halted);
    assert_eq!(
        possible(&halted.job().situation(), Command::Continue, None),
        Ok(())
    );
    let rolling = halted
        .asked(Command::Continue, None)
        .reconciled(None)
        .became(Rolling);
    assert_eq!(rolling.next(), "redRequeued");
    let again = rolling.tell(Some(RED), Fact::Requeued {});
    assert_eq!(again.next(), "look at red");
    assert_eq!(again.looked(RED).next(), "red isolate 2");
}

#[test]
fn a_pool_may_leave_the_node_as_it_is() {
    let mut leave = plan();
    leave.policy.on_failure = OnFailure::Leave;
    let story = Story::rolling(leave).forward(RED, Stage::Deploy).failed(
        RED,
        Forward,
        at(Stage::Check),
        Release,
    );
    insta::assert_snapshot!(story.next(), @"halted: It went wrong. The pool's policy leaves it as it is. red stays out of service and is watched.");
}

#[test]
fn a_pool_may_undo_every_node_batch_by_batch_the_last_first() {
    let mut all = plan();
    all.policy.on_failure = OnFailure::UndoAll;
    let story = Story::rolling(all)
        .forward(RED, Stage::Rejoin)
        .looked(BLUE)
        .forward(BLUE, Stage::Deploy)
        .failed(BLUE, Forward, at(Stage::Check), Release);
    insta::assert_snapshot!(story.next(), @"undoing: It went wrong. blue gets 1.0 back, and so does every node that is done.");
    let mut story = story.became(Undoing);
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        assert_eq!(
            story.next(),
            format!("blue undo {stage} 1"),
            "one is out at a time"
        );
        story = story.passed(BLUE, Undo, at(stage));
    }
    for stage in Stage::ALL {
        assert_eq!(story.next(), format!("red undo {stage} 1"));
        story = story.passed(RED, Undo, at(stage));
    }
    insta::assert_snapshot!(story.next(), @"undone: It went wrong. Every node that had 1.1 is back on what it ran before, proven and in service.");
}

#[test]
fn a_node_that_gets_worse_while_it_is_watched_is_undone() {
    let mut soaked = plan();
    soaked.policy.soak_ms = 60_000;
    let story = Story::rolling(soaked).forward(RED, Stage::Rejoin);
    assert_eq!(story.next(), "red soak 1");
    let well = Story {
        events: story.events.clone(),
        epoch: story.epoch,
    };
    assert_eq!(well.passed(RED, Forward, Work::Soak).next(), "look at blue");
    let worse = story.failed(RED, Forward, Work::Soak, Release);
    insta::assert_snapshot!(worse.next(), @"undoing: It went wrong. red gets 1.0 back.");
    assert_eq!(worse.became(Undoing).next(), "red undo isolate 1");
}

#[test]
fn a_node_that_is_out_for_too_long_raises_one_alarm() {
    let story = Story::rolling(plan()).forward(RED, Stage::Isolate);
    let limit = Timestamp(600_000);
    assert!(matches!(
        next(&story.job(), Timestamp(599_999)),
        Next::Perform(_)
    ));
    let Next::Record(Some(RED), Fact::Alarmed { words }) = next(&story.job(), limit) else {
        panic!("an alarm is due");
    };
    insta::assert_snapshot!(words, @"red has been out of service for 10 min, the limit of production/shop. shop serves with one node fewer meanwhile. Wait if its stage is nearly done, or abort to put it back.");
    let story = story.tell(Some(RED), Fact::Alarmed { words });
    assert_eq!(story.next(), "red drain 1");
}
