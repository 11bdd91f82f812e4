use crate::story::{self, Story};
use app::{
    islands::live::Painting,
    model::{
        journal::{Fact, VisitorReport},
        live::{Live, News},
        time::Timestamp,
        view::{DeploymentView, Verbs},
        wire,
    },
};

const START: Timestamp = Timestamp(1_795_442_531_000);

fn stories() -> [Story; 4] {
    [
        story::in_smoke(START),
        story::succeeded(START),
        story::undone(START),
        story::halted(START),
    ]
}

/// As a browser has it: what only the picture pages show is left out.
fn sent(live: &Live) -> Live {
    wire::read(&wire::write(live)).expect("what was written can be read")
}

#[test]
fn a_page_is_sent_whole_but_for_what_it_does_not_draw() {
    for story in stories() {
        let told = Live::from_events(&story.events);
        let page = sent(&told);
        assert_eq!(sent(&page), page, "nothing more is lost");
        assert_eq!(
            page.headline("ann", story.at, None),
            told.headline("ann", story.at, None)
        );
        assert_eq!(page.byline(story.at), told.byline(story.at));
        assert_eq!(page.lanes(story.at, None), told.lanes(story.at, None));
        assert_eq!(page.open_trouble(), told.open_trouble());
        assert_eq!(page.strips().len(), told.strips().len());
        for (page, told) in page.nodes.iter().zip(&told.nodes) {
            assert_eq!(page.standing(false), told.standing(false));
            assert_eq!(page.proof(false), told.proof(false));
            assert_eq!(page.steps.len(), told.steps.len());
        }
    }
}

#[test]
fn news_bring_a_page_from_any_event_to_any_later_one() {
    for story in stories() {
        let upto = |n: usize| Live::from_events(&story.events[..n]);
        let all = story.events.len();
        for known in 0..all {
            let begin = sent(&upto(known));
            for now in [known + 1, (known + 7).min(all), all] {
                let now = upto(now);
                let news = now.since(known as u64).expect("something happened");
                let news: News = wire::read(&wire::write(&news)).unwrap();
                let mut page = begin.clone();
                assert!(page.take_in(news.clone()));
                assert_eq!(page, sent(&now));
                assert!(page.take_in(news), "twice does no harm");
                assert_eq!(page, sent(&now));
            }
        }
    }
}

#[test]
fn news_that_begin_later_than_the_page_are_a_gap() {
    let story = story::undone(START);
    let whole = Live::from_events(&story.events);
    let mut page = Live::from_events(&story.events[..5]);
    let before = page.clone();
    let news = whole.since(6).unwrap();
    assert!(!page.take_in(news));
    assert_eq!(page, before);
    assert_eq!(whole.since(whole.last_seq), None);
}

#[test]
fn one_event_is_told_with_one_node() {
    let story = story::in_smoke(START);
    for (before, event) in story.events.iter().enumerate().skip(1) {
        let now = Live::from_events(&story.events[..=before]);
        let news = now.since(before as u64).unwrap();
        let told: Vec<_> = news.live.nodes.iter().map(|node| node.id).collect();
        assert_eq!(told, Vec::from_iter(event.node));
        assert!(news.live.plan.is_none());
    }
}

#[test]
fn an_older_count_of_visitors_does_not_come_back() {
    let count = |requests| {
        Some(VisitorReport {
            requests,
            ..VisitorReport::default()
        })
    };
    let mut live = Live::from_events(&[]);
    live.see(count(10));
    live.see(count(7));
    live.see(None);
    assert_eq!(live.visitors, count(10));
}

#[test]
fn no_address_or_key_of_a_node_reaches_a_page() {
    let story = story::in_smoke(START);
    let Fact::Planned { plan } = story.events[0].fact.clone() else {
        panic!("a journal begins with its plan");
    };
    let view = DeploymentView {
        events: story.events,
        log: story.log,
        visitors: None,
        now: story.at,
        verbs: Verbs {
            turn: 1,
            key: "k".into(),
            outlook: app::model::view::Outlook {
                next: "red | blue".into(),
                who: "Pitlane".into(),
                until: Some(START),
            },
            verbs: Vec::new(),
        },
        viewer: "ann".into(),
        usual_node_ms: None,
    };
    let text = wire::write(&Painting::new(view, None));
    for planned in &plan.nodes {
        assert!(text.contains(planned.node.name.as_str()));
        for secret in [
            &planned.node.ssh.host_key_fingerprint,
            &planned.node.deploy_root,
        ] {
            assert!(!secret.is_empty() && !text.contains(secret.as_str()));
        }
    }
}
