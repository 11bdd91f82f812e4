//! Every action and every waiting rule as in Chromium: the same cases, the same verdicts, in one Firefox.

use crate::smoke::{
    bench::Bench,
    conform::{Case, Ends, acts, dialogs, differences, locators, pointer, values, waits, windows},
    site,
};
use app::model::smoke::{Act, Step};

/// What Firefox says in other words.
const OTHERWISE: [(&str, &str); 1] = [(
    "could not be loaded: net::ERR_INTERNET_DISCONNECTED",
    "could not be loaded: NS_ERROR_OFFLINE",
)];

const AMPLE_MS: u64 = 30_000;

/// What Firefox refuses to do, in words; that is a case of its own.
fn is_beyond_firefox(case: &Case) -> bool {
    let is_beyond = |step: &Step| match &step.act {
        Act::SetNetwork {
            download: Some(bytes),
            ..
        } => *bytes > 0,
        Act::SetViewport { viewport } => viewport.mobile || viewport.touch,
        Act::Drag { on, .. } => on.words() == "`#card`",
        _ => false,
    };
    case.steps.iter().any(is_beyond)
}

fn in_firefox(mut case: Case) -> Case {
    if let Ends::Refused(words) | Ends::AtOnce(words) = &mut case.ends
        && let Some((_, otherwise)) = OTHERWISE.iter().find(|(chromium, _)| chromium == words)
    {
        *words = otherwise;
    }
    // not by the step's own time, which a busy machine uses up before
    if let (Ends::Refused(words), Some(last)) = (&case.ends, case.steps.last_mut())
        && ["raised an alert", "no window opened"]
            .iter()
            .any(|part| words.contains(part))
    {
        last.limit_ms.get_or_insert(AMPLE_MS);
    }
    case
}

#[tokio::test]
async fn every_action_and_waiting_rule_ends_as_in_chromium() {
    let file = acts::mug();
    let all = [
        ("acts", acts::cases(file.path())),
        ("pointer", pointer::cases()),
        ("locators", locators::cases()),
        ("windows", windows::cases()),
        ("frames", windows::of_frames()),
        ("dialogs", dialogs::cases()),
        ("waits", waits::cases()),
        ("values", values::cases()),
    ];
    let red = site::start("red", "127.0.0.21").await;
    let bench = Bench::firefox();
    let mut session = bench.session(red.address).await;
    let mut wrong = Vec::new();
    for (name, cases) in all {
        let (beyond, cases): (Vec<Case>, Vec<Case>) = cases
            .into_iter()
            .map(in_firefox)
            .partition(is_beyond_firefox);
        let beyond: Vec<Case> = beyond
            .into_iter()
            .map(|case| {
                let first = case.steps.into_iter().next().into_iter();
                let steps = first.collect();
                Case {
                    steps,
                    ends: Ends::AtOnce("Firefox"),
                    ..case
                }
            })
            .collect();
        for cases in [cases, beyond] {
            let found = differences(&bench, session.as_mut(), &cases).await;
            wrong.extend(found.into_iter().map(|words| format!("{name}: {words}")));
        }
    }
    session.close().await;
    bench.expect_nothing_left();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
