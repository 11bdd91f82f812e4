//! For whom a browser is started ahead.

use super::*;
use crate::rolling::stage::smoke::ahead;

fn started(story: &Story) -> Vec<(String, Pass)> {
    ahead(&story.job())
        .into_iter()
        .map(|(planned, pass)| (planned.node.name.to_string(), pass))
        .collect()
}

fn one(name: &str, pass: Pass) -> Vec<(String, Pass)> {
    vec![(name.to_owned(), pass)]
}

#[test]
fn a_rehearsal_has_its_browser_while_the_last_node_is_prepared() {
    let mut plan = plan();
    plan.policy.rehearse = true;
    let story = Story::of(plan).became(Preparing);
    assert_eq!(started(&story), []);
    let story = story.passed(RED, Forward, Work::Prepare);
    assert_eq!(started(&story), [], "blue has not begun");
    let story = story.started(BLUE, Forward, Work::Prepare, 1);
    assert_eq!(started(&story), one("red", Rehearsal));
}

#[test]
fn a_node_has_its_browser_before_it_leaves_and_the_next_one_while_it_is_tested() {
    let smoke = Work::Stage(Stage::Smoke);
    let story = Story::rolling(plan());
    assert_eq!(started(&story), one("red", Forward));
    let story = story.forward(RED, Stage::Check);
    assert_eq!(started(&story), one("red", Forward));
    let story = story.started(RED, Forward, smoke, 1);
    assert_eq!(started(&story), one("blue", Forward));
    let story = Story::rolling(plan()).forward(RED, Stage::Rejoin);
    assert_eq!(started(&story), one("blue", Forward));
    assert_eq!(started(&story.forward(BLUE, Stage::Smoke)), []);
}

#[test]
fn nobody_has_a_browser_ahead_where_the_roll_may_not_go_on() {
    let story = Story::rolling(plan()).forward(RED, Stage::Drain);
    for story in [
        story.clone().asked(Command::Hold, None),
        story.clone().abort(),
        story.clone().became(Undoing),
        story.clone().became(Halted),
    ] {
        assert_eq!(started(&story), []);
    }
}
