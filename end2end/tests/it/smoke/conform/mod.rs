//! Every action and every waiting rule of the step model on a page of its own, in the real browser: what passes, and
//! what fails with which words.
//!
//! The pages lie in `tests/data/pages`. Two browsers do all cases, each as a flow of its own.

/// Clicks, texts, choices.
pub mod acts;

/// The mouse and the keys.
pub mod pointer;

/// How elements are found.
pub mod locators;

/// Windows, frames, sizes.
pub mod windows;

/// Alerts, confirmations, prompts.
pub mod dialogs;

/// What is waited for, and what is not.
pub mod waits;

/// Comparisons, what is stored, scripts.
pub mod values;

/// Boxes, masks, secrets, sizes of pictures.
pub mod evidence;

use super::{
    bench::Bench,
    shared::{Shared, in_one_browser},
};
use app::model::{
    ids::RunId,
    smoke::{Act, Find, Locator, Script, Step, Subject, Text, Wanted},
};
use server::smoke::{BrowserSession, StepSeen, Values, Variables};
use std::time::Duration;

in_one_browser! {
    what_is_done(Shared::new):
    acts::clicks_texts_and_choices,
    pointer::the_mouse_and_the_keys,
    locators::every_locator_finds_what_it_says,
    windows::windows_sizes_and_the_network,
    windows::frames,
}

in_one_browser! {
    what_is_seen(Shared::new):
    waits::what_is_waited_for,
    values::comparisons_and_scripts,
    dialogs::dialogs,
    dialogs::an_open_dialog_is_told_and_not_photographed,
    evidence::a_step_tells_where_its_element_is_and_what_it_masks,
    evidence::a_secret_is_on_no_picture_whichever_way_the_page_shows_it,
    evidence::a_page_however_high_is_kept_in_bounds,
    // last: its script never ends
    values::conditions_come_to_what_they_say,
}

/// A page, what is done on it, and how its last step ends.
pub struct Case {
    pub page: &'static str,
    pub steps: Vec<Step>,
    pub ends: Ends,
}

#[derive(Debug)]
pub enum Ends {
    Well,
    /// The last step is refused with these words in its reason.
    Refused(&'static str),
    /// And at the first try, whatever time it has.
    AtOnce(&'static str),
}

/// Not reached: what passes does so as soon as it can.
const AMPLE: Duration = Duration::from_secs(30);
/// What a step gets that is to fail by time.
const SHORT: Duration = Duration::from_secs(1);

pub fn passes<S: Into<Step>>(page: &'static str, steps: Vec<S>) -> Case {
    Case {
        page,
        steps: steps.into_iter().map(Into::into).collect(),
        ends: Ends::Well,
    }
}

pub fn fails<S: Into<Step>>(page: &'static str, why: &'static str, steps: Vec<S>) -> Case {
    Case {
        ends: Ends::Refused(why),
        ..passes(page, steps)
    }
}

pub fn fails_at_once<S: Into<Step>>(page: &'static str, why: &'static str, steps: Vec<S>) -> Case {
    Case {
        ends: Ends::AtOnce(why),
        ..passes(page, steps)
    }
}

/// Every case that does not end as it should is named.
pub async fn conform(shared: &mut Shared, cases: Vec<Case>) {
    let wrong = differences(&shared.bench, shared.session.as_mut(), &cases).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How cases did not end as they should, each a line.
pub async fn differences(
    bench: &Bench,
    session: &mut dyn BrowserSession,
    cases: &[Case],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        session.begin_flow().await.unwrap();
        let seen = walk(bench, session, case).await;
        let words: Vec<String> = case.steps.iter().map(Step::words).collect();
        let place = format!("case {number} on {}: {}", case.page, words.join(", "));
        let (last, before) = seen.split_last().expect("a case has steps");
        if let Some(why) = before.iter().find_map(|seen| seen.refused.as_ref()) {
            wrong.push(format!("{place}: stopped too early: {why}"));
            continue;
        }
        let is_as_wanted = match (&case.ends, &last.refused) {
            (Ends::Well, None) => true,
            (Ends::Refused(wanted), Some(why)) => why.contains(wanted),
            (Ends::AtOnce(wanted), Some(why)) => why.contains(wanted) && last.tries == 1,
            (Ends::Well, Some(_)) | (Ends::Refused(_) | Ends::AtOnce(_), None) => false,
        };
        if !is_as_wanted || seen.len() != words.len() + 1 {
            wrong.push(format!(
                "{place}: wanted {:?}, found {:?} after {} tries",
                case.ends, last.refused, last.tries
            ));
        }
    }
    wrong
}

/// Opens the page and does the steps until one is refused; what each of them saw.
pub async fn walk(bench: &Bench, session: &mut dyn BrowserSession, case: &Case) -> Vec<StepSeen> {
    let open = Step::from(Act::Open {
        path: format!("/pages/{}.html", case.page),
    });
    let steps: Vec<&Step> = std::iter::once(&open).chain(&case.steps).collect();
    let mut variables = Variables::new();
    let mut all = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let following: Vec<Step> = steps[index + 1..]
            .iter()
            .map(|one| (*one).clone())
            .collect();
        let values = Values {
            run: RunId::generate(),
            secrets: bench.secrets(),
            variables: &variables,
            dialog_follows: Step::dialog_follows(&following),
        };
        let is_last = following.is_empty();
        let limit = match (&case.ends, is_last, step.limit_ms) {
            (_, _, Some(own)) => Duration::from_millis(own),
            (Ends::Refused(_), true, None) => SHORT,
            (Ends::Well | Ends::Refused(_) | Ends::AtOnce(_), _, None) => AMPLE,
        };
        let seen = session.step(step, values, limit).await;
        let seen = seen.unwrap_or_else(|trouble| StepSeen {
            refused: Some(format!(
                "{trouble}: {}",
                trouble.detail.clone().unwrap_or_default()
            )),
            ..StepSeen::default()
        });
        if let (Some(name), Some(value)) = (into(&step.act), &seen.value) {
            variables.insert(name.to_owned(), value.clone());
        }
        if let (Some(new), Some(handle)) = (&step.opens, &seen.opened) {
            variables.insert(new.into.clone(), handle.clone().into());
        }
        let is_over = seen.refused.is_some();
        all.push(seen);
        if is_over {
            break;
        }
    }
    all
}

/// The same in a context of its own.
pub async fn walk_afresh(shared: &mut Shared, case: &Case) -> Vec<StepSeen> {
    shared.session.begin_flow().await.unwrap();
    walk(&shared.bench, shared.session.as_mut(), case).await
}

/// What the runner would store under this name.
fn into(act: &Act) -> Option<&str> {
    match act {
        Act::Store { into, .. }
        | Act::StoreJson { into, .. }
        | Act::StoreOf { into, .. }
        | Act::StoreWindow { into }
        | Act::Run {
            into: Some(into), ..
        } => Some(into),
        _ => None,
    }
}

pub fn id(id: &str) -> Find {
    Locator::Id(id.into()).into()
}

/// One of ours.
pub fn css(css: &str) -> Find {
    Locator::Css(css.into()).into()
}

pub fn click(on: Find) -> Act {
    Act::Click { on }
}

pub fn plain(text: &str) -> Text {
    Text::Plain(text.into())
}

pub fn equal(text: &str) -> Wanted {
    Wanted::Equal(text.into())
}

pub fn text_is(on: Find, text: &str) -> Act {
    Act::Expect {
        subject: Subject::Text(on),
        is: equal(text),
    }
}

pub fn value_is(on: Find, text: &str) -> Act {
    Act::Expect {
        subject: Subject::Value(on),
        is: equal(text),
    }
}

/// What the page has written down of what happened to it.
pub fn log_is(text: &str) -> Act {
    text_is(id("log"), text)
}

pub fn run(script: &str) -> Act {
    Act::Run {
        script: Script::Body(script.into()),
        into: None,
    }
}

/// `step` with a change.
pub fn with(act: Act, change: impl FnOnce(&mut Step)) -> Step {
    let mut step = Step::from(act);
    change(&mut step);
    step
}
