use crate::story::{self, Story};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    live::{
        Live,
        film::Cell,
        lanes::{Look, Percent},
    },
    mark::Mark,
    stage::Pass,
    time::Timestamp,
};
use std::time::Duration;

const START: Timestamp = Timestamp(1_795_442_531_000);

fn told(story: &Story) -> Live {
    Live::from_events(&story.events)
}

fn headline(story: &Story, viewer: &str, usual: Option<u64>) -> String {
    let usual = usual.map(Duration::from_millis);
    told(story).headline(viewer, story.at, usual).plain()
}

#[test]
fn every_state_has_its_sentence() {
    let mut preparing = Story::new(story::plan(7, "1.1", &story::NODES), START);
    let queued = headline(&preparing, "ann", None);
    preparing.became(DeploymentState::Preparing, "");
    let mut first = Story::new(story::plan(7, "1.1", &story::NODES), START);
    first.prepare();
    first.switch(0, Pass::Forward);
    let cases = [
        (
            queued,
            "1.1 to production / shop waits for a server to take it up.",
        ),
        (
            headline(&preparing, "ben", None),
            "ann is deploying 1.1 to production / shop. Preparing 3 nodes; none is out of service.",
        ),
        (
            headline(&first, "ann", None),
            "You are deploying 1.1 to production / shop. Node 1 of 3.",
        ),
        (
            headline(&first, "ben", Some(30_000)),
            "ann is deploying 1.1 to production / shop. Node 1 of 3, about 90 s left.",
        ),
        (
            headline(&story::in_smoke(START), "ben", None),
            "ann is deploying 1.1 to production / shop. Node 2 of 3, about 4 s left.",
        ),
        (
            headline(&story::succeeded(START), "ann", None),
            "1.1 is on all 3 nodes of production / shop. Each was proven before it rejoined.",
        ),
        (
            headline(&story::undone(START), "ann", None),
            "1.2 failed on red at \"Sign in\". red is back on 1.0.",
        ),
        (
            headline(&story::halted(START), "ann", None),
            "1.1 to production / shop is halted and waits for a person. blue is out of service.",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn a_node_says_how_it_stands_and_what_proves_it() {
    let live = told(&story::in_smoke(START));
    let said = |i: usize| (live.nodes[i].standing(false), live.nodes[i].proof(i == 2));
    let owned = |mark: Mark, words: &str| (mark, words.to_owned());
    assert_eq!(
        said(0),
        (
            owned(Mark::Serve, "In service"),
            owned(Mark::Done, "2 flows, 9 steps")
        )
    );
    assert_eq!(
        said(1),
        (
            owned(Mark::Smoke, "Smoke, step 3 of 5"),
            owned(Mark::Done, "Sign in")
        )
    );
    assert_eq!(
        said(2),
        (
            owned(Mark::Serve, "In service"),
            owned(Mark::Wait, "prepared, next")
        )
    );

    let live = told(&story::undone(START));
    assert_eq!(
        live.nodes[0].standing(true),
        owned(Mark::Serve, "In service, put back")
    );
    assert_eq!(
        live.nodes[0].proof(false),
        owned(Mark::Done, "again: 2 flows")
    );
    assert_eq!(live.nodes[0].run_state(), NodeRunState::Undone);
    assert_eq!(live.nodes[1].run_state(), NodeRunState::Pending);

    let live = told(&story::halted(START));
    assert_eq!(
        live.nodes[1].standing(false),
        owned(Mark::Fail, "Out, smoke failed")
    );
    assert_eq!(live.reasserted.len(), 1);
}

#[test]
fn time_out_of_service_runs_from_isolated_to_rejoined() {
    let story = story::in_smoke(START);
    let live = told(&story);
    let later = story.at + Duration::from_secs(10);
    assert_eq!(
        live.nodes[0].out_for(story.at),
        live.nodes[0].out_for(later)
    );
    assert_eq!(
        live.nodes[1].out_for(later) - live.nodes[1].out_for(story.at),
        Duration::from_secs(10)
    );
    assert_eq!(live.nodes[2].out_for(later), Duration::ZERO);
}

#[test]
fn events_one_by_one_or_twice_give_the_same_page() {
    for story in [
        story::in_smoke(START),
        story::undone(START),
        story::halted(START),
    ] {
        let whole = told(&story);
        let mut live = Live::from_events(&story.events[..3]);
        for event in story.events.iter().chain(&story.events) {
            live.apply(event);
        }
        assert_eq!(live, whole);
    }
}

#[test]
fn what_the_stream_sends_folds_to_the_same_page() {
    let story = story::undone(START);
    let sent = serde_json::to_string(&story.events).unwrap();
    let events: Vec<app::model::journal::Event> = serde_json::from_str(&sent).unwrap();
    assert_eq!(Live::from_events(&events), told(&story));
}

#[test]
fn the_timeline_has_a_lane_per_node_and_ghosts_only_while_it_moves() {
    let ghosts = |story: &Story| -> Vec<usize> {
        let lanes = told(story).lanes(story.at, None).lanes;
        let count = |lane: &app::model::live::lanes::Lane| {
            lane.bars.iter().filter(|b| b.look == Look::Ghost).count()
        };
        lanes.iter().map(count).collect()
    };
    assert_eq!(ghosts(&story::in_smoke(START)), [0, 0, 1, 1]);
    assert_eq!(ghosts(&story::undone(START)), [0, 0, 0, 0]);

    let story = story::undone(START);
    let lanes = told(&story).lanes(story.at, None);
    let red = &lanes.lanes[1];
    assert_eq!(red.words, "put back, proven");
    assert!(
        red.bars
            .iter()
            .any(|bar| bar.look == Look::Failed && bar.title.starts_with("smoke"))
    );
    assert!(
        red.bars.windows(2).all(|pair| pair[0].x <= pair[1].x),
        "bars in order"
    );
    assert!(
        red.bars
            .iter()
            .all(|bar| bar.x.0 + bar.w.0 <= Percent::ALL.0),
        "bars inside the scale"
    );
    assert_eq!(lanes.now, None);
    assert_eq!(lanes.lanes[2].words, "not touched");
}

#[test]
fn a_film_strip_keeps_its_rows_while_pictures_arrive() {
    let mut story = Story::new(story::plan(7, "1.1", &story::NODES), START);
    story.prepare();
    let rows = |story: &Story| {
        told(story)
            .strips()
            .iter()
            .map(|s| s.rows.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&story), [3, 3]);
    story.switch(0, Pass::Forward);
    story.steps(0, Pass::Forward, 2, false);
    assert_eq!(rows(&story), [3, 3]);
    let strips = told(&story).strips();
    let taken = strips[0].rows[0]
        .cells
        .iter()
        .filter(|cell| **cell != Cell::NotRun)
        .count();
    assert_eq!(taken, 2);
    assert_eq!(
        rows(&story::undone(START)),
        [2, 2],
        "red forward and put back; the untouched have none"
    );
}

#[test]
fn the_abort_button_says_its_end_state() {
    assert_eq!(
        told(&story::in_smoke(START)).abort_words(),
        "Abort and put blue back"
    );
    let mut preparing = Story::new(story::plan(7, "1.1", &story::NODES), START);
    preparing.prepare();
    assert_eq!(
        told(&preparing).abort_words(),
        "Abort, no further node is touched"
    );
}

#[test]
fn what_people_asked_and_what_a_new_server_found_is_told_in_sentences() {
    let live = told(&story::held(START));
    let said: Vec<_> = live.told.iter().map(|line| line.words.as_str()).collect();
    for line in [
        "ben asked to skip green.",
        "Server web-2 pid 812 went on where host-1 had stopped.",
        "Looked at balancers and nodes before going on: red is in service, blue is out, green is in service.",
        "ben asked to retry what failed; refused: nothing has halted it.",
        "ann asked to hold it now.",
        "Held: ann asked to hold at once. blue stays out of service and is watched.",
    ] {
        assert!(said.contains(&line), "{line}: {said:#?}");
    }
    let states = live.nodes.iter().map(|node| node.standing(false).1);
    assert_eq!(
        states.collect::<Vec<_>>(),
        ["In service", "Out for too long", "In service, skipped"]
    );
    assert_eq!(live.nodes[2].run_state(), NodeRunState::Skipped);
    let alarms: Vec<_> = live.alarms().map(|(node, _)| node.name.as_str()).collect();
    assert_eq!(alarms, ["blue"]);
}

#[test]
fn watching_and_what_was_stopped_are_drawn_as_what_they_are() {
    let story = story::held(START);
    let lanes = told(&story).lanes(story.at, None);
    let looks = |lane: usize| lanes.lanes[lane].bars.iter().map(|bar| bar.look);
    assert!(looks(1).any(|look| look == Look::Soak));
    assert!(looks(2).any(|look| look == Look::Stopped));
    assert_eq!(lanes.lanes[3].words, "skipped");
}

#[test]
fn the_verbs_are_read_again_when_something_else_became_possible() {
    let story = story::held(START);
    let mut live = Live::from_events(&story.events[..1]);
    let mut moments = 0;
    for event in &story.events[1..] {
        let before = live.moment();
        live.apply(event);
        moments += usize::from(live.moment() != before);
    }
    // far from each event, but for each of those that matter
    assert!(moments >= live.told.len() - 1, "{moments}");
    assert!(moments < story.events.len() / 2, "{moments}");
}

#[test]
fn a_rehearsal_touches_nothing_and_its_pictures_are_the_old_releases() {
    let mut story = Story::new(story::plan(7, "1.1", &story::NODES), START);
    story.prepare();
    story.steps(0, Pass::Rehearsal, 2, false);
    let live = told(&story);
    let red = &live.nodes[0];
    assert!(!red.is_touched() && red.run_state() == NodeRunState::Pending);
    assert_eq!(red.standing(false).1, "In service, rehearsing, step 3 of 4");
    assert_eq!(live.lanes(story.at, None).lanes[0].words, "rehearsal");
    let strips = live.strips();
    let row = strips[0]
        .rows
        .iter()
        .find(|row| row.pass == Pass::Rehearsal);
    assert_eq!(row.unwrap().version.as_ref().unwrap().as_str(), "1.0");

    story.smoked(0, Pass::Rehearsal);
    let live = told(&story);
    assert_eq!(
        live.lanes(story.at, None).lanes[0].words,
        "prepared, rehearsed"
    );
    assert!(
        live.nodes[0].answered_by.is_empty(),
        "nothing proves the new release yet"
    );
    let verdict = live.strips()[0].verdict();
    assert_eq!(verdict.1, "passed on red in service, not run yet");
    assert!(live.nodes[0].latest(true).is_some());
    let sent = app::model::wire::write(&live);
    let read: Live = app::model::wire::read(&sent).unwrap();
    assert_eq!(read.nodes[0].segments, live.nodes[0].segments);

    story.switch(0, Pass::Forward);
    let live = told(&story);
    assert_eq!(live.strips()[0].verdict(), verdict);
    assert_eq!(live.nodes[0].latest(false), None, "of the new release");
    story.steps(0, Pass::Forward, 2, false);
    let live = told(&story);
    let (pass, report, _) = live.nodes[0].latest(false).unwrap();
    assert_eq!((pass, report.step), (Pass::Forward, 2));
}
