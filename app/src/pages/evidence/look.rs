//! One picture, held against another: side by side, under a slider, in turn, or only what differs.

use super::{Chosen, View, link, sign};
use crate::{
    components::{sentence::coded, status::status},
    model::{
        evidence::{
            Against, Baseline, Difference, EvidenceView, Likeness, Rect, Size, Spot, Standing,
            Taken,
        },
        live::words::count,
        mark::Mark,
    },
    paths,
};
use leptos::prelude::*;

pub fn card(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let spot = chosen.spot;
    let title = format!(
        "Step {}: {}",
        spot.column + 1,
        evidence.strip(spot).columns[spot.column]
    );
    let body = match (chosen.against(), chosen.view) {
        (None, _) => alone(evidence, chosen).into_any(),
        (Some(_), View::Side) => side(evidence, chosen).into_any(),
        (Some(against), View::Slider) => slider(evidence, chosen, against).into_any(),
        (Some(against), View::Blink) => blink(evidence, chosen, against).into_any(),
        (Some(against), View::Heat) => heat(evidence, chosen, against).into_any(),
    };
    let views = (!chosen.against.is_empty()).then(|| views(evidence, chosen));
    view! {
        <section class="card look" id="picture" aria-labelledby="h-look">
            <header><h2 id="h-look" title=title.clone()>{title.clone()}</h2>{views}</header>
            <div class="pad stack">
                {verdict(evidence, chosen)}
                {body}
                {ways(evidence, chosen)}
            </div>
        </section>
    }
}

fn views(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let with = match chosen.with {
        0 => "",
        at => chosen.against[at].baseline.word(),
    };
    let all: Vec<_> = View::ALL
        .into_iter()
        .map(|view| {
            let current = (view == chosen.view).then_some("true");
            let href = link(evidence, chosen.spot, view, with);
            view! { <a href=href aria-current=current data-view=view.word()>{view.title()}</a> }
        })
        .collect();
    view! { <nav class="segments" aria-label="How to compare">{all}</nav> }
}

/// What it comes to, in a sentence, and against what.
fn verdict(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let standing = evidence.standing(chosen.spot);
    let (mark, _, words) = sign(&standing);
    let against = chosen.against();
    let said = match (&standing, against.and_then(|against| against.likeness.as_ref())) {
        (Standing::Failed(_), _) => (Mark::Fail, "Failed".to_owned(), String::new()),
        (Standing::Reference, _) => (
            Mark::Done,
            "Reference".to_owned(),
            "This is how the step looks on the old release.".to_owned(),
        ),
        (Standing::Alone, _) => (
            Mark::Unknown,
            "Nothing to compare".to_owned(),
            "No node was looked at on the old release, and nothing was accepted before. Accept it, and it is what later pictures are held against.".to_owned(),
        ),
        (_, Some(Likeness::Equal)) => (
            Mark::Done,
            "Equal".to_owned(),
            format!("Nobody could tell it from {}.", against.map(Against::whose).unwrap_or_default()),
        ),
        (_, Some(Likeness::Incomparable { why })) => {
            (Mark::Unknown, "Not comparable".to_owned(), format!("{why}."))
        }
        (_, Some(Likeness::Differs(difference))) => (
            mark.unwrap_or(Mark::Drain),
            words,
            differs(difference, against),
        ),
        (_, None) => (mark.unwrap_or(Mark::Unknown), words, String::new()),
    };
    let (mark, label, words) = said;
    let others = (chosen.against.len() > 1).then(|| switch(evidence, chosen));
    let shown = !matches!(standing, Standing::Failed(_)) || others.is_some();
    shown.then(|| {
        view! {
            <div class="said">
                {status(mark, label)}
                <span class="said-w">{words}</span>
                {others}
            </div>
        }
    })
}

fn differs(difference: &Difference, against: Option<&Against>) -> String {
    let whose = against.map(Against::whose).unwrap_or_default();
    let regions = difference.regions.len() + difference.more_regions as usize;
    let size = difference.was.map(|was| {
        format!(
            " The page has another size: {}, it was {was}.",
            difference.size
        )
    });
    let part = match regions {
        0 => "What both have looks the same.".to_owned(),
        n => format!("In {}, held against {whose}.", count(n, "place")),
    };
    format!("{part}{}", size.unwrap_or_default())
}

/// Which of several pictures it is held against.
fn switch(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let all: Vec<_> = chosen
        .against
        .iter()
        .enumerate()
        .map(|(at, against)| {
            let title = match against.baseline {
                Baseline::Sibling { .. } => "sibling",
                Baseline::LastGood { .. } => "last good",
                Baseline::Accepted { .. } => "accepted",
            };
            let href = link(evidence, chosen.spot, chosen.view, against.baseline.word());
            let current = (at == chosen.with).then_some("true");
            view! { <a href=href aria-current=current title=against.whose()>{title}</a> }
        })
        .collect();
    view! { <nav class="segments small" aria-label="Against what">{all}</nav> }
}

/// The caption of the picture in question.
fn own_words(evidence: &EvidenceView, spot: Spot) -> String {
    let row = evidence.row(spot);
    let at = evidence
        .report(spot)
        .map(|report| report.started_at.clock());
    format!(
        "{} on {}, {}",
        row.node,
        evidence.row_words(spot),
        at.unwrap_or_default()
    )
}

fn their_words(against: &Against) -> String {
    let version = against
        .version
        .as_ref()
        .map_or_else(|| "an unknown release".to_owned(), ToString::to_string);
    let how = match against.baseline {
        Baseline::Sibling {
            taken: Taken::Rehearsal,
        } => ", in service",
        Baseline::Sibling { taken: Taken::Back } => ", put back",
        Baseline::Sibling { .. } => "",
        Baseline::LastGood { number } => {
            return format!("{} on {version}, last good, #{number}", against.node);
        }
        Baseline::Accepted { number } => {
            return format!("{} on {version}, accepted in #{number}", against.node);
        }
    };
    format!("{} on {version}{how}, {}", against.node, against.at.clock())
}

/// A picture as it is, on it what changed and the element that something was done to.
fn picture(
    sha: &str,
    alt: String,
    class: &'static str,
    outlined: Option<&Difference>,
    element: Option<(Rect, Size)>,
) -> impl IntoView + use<> {
    let boxes: Vec<_> = outlined
        .map(|found| {
            found
                .regions
                .iter()
                .map(|rect| outline("region", *rect, found.size))
                .collect()
        })
        .unwrap_or_default();
    let element = element.map(|(rect, size)| outline("region element", rect, size));
    let (href, source) = (paths::blob(sha), paths::blob(sha));
    view! {
        <a class=class href=href><img src=source alt=alt/>{boxes}{element}</a>
    }
}

/// Placed in shares of the picture, so that it fits however large that is drawn.
fn outline(class: &'static str, rect: Rect, size: Size) -> impl IntoView + use<> {
    let share = |part: u32, of: u32| f64::from(part) * 100.0 / f64::from(of.max(1));
    let style = format!(
        "left:{:.2}%;top:{:.2}%;width:{:.2}%;height:{:.2}%",
        share(rect.x, size.width),
        share(rect.y, size.height),
        share(rect.width, size.width),
        share(rect.height, size.height)
    );
    view! { <i class=class style=style></i> }
}

fn frame(standing: &Standing<'_>) -> &'static str {
    match standing {
        Standing::Failed(_) | Standing::Rejected(_) => "pic f",
        Standing::Differs(_) => "pic d",
        Standing::NotRun
        | Standing::Broken
        | Standing::Unseen
        | Standing::Reference
        | Standing::Alone
        | Standing::Comparing
        | Standing::Equal
        | Standing::Slight(_)
        | Standing::Accepted(_)
        | Standing::Incomparable(_) => "pic",
    }
}

fn own(evidence: &EvidenceView, chosen: &Chosen, outlined: bool) -> impl IntoView + use<> {
    let spot = chosen.spot;
    let standing = evidence.standing(spot);
    let words = own_words(evidence, spot);
    let difference = match chosen
        .against()
        .and_then(|against| against.likeness.as_ref())
    {
        Some(Likeness::Differs(difference)) if outlined => Some(difference),
        _ => None,
    };
    let element = element(evidence, chosen);
    match evidence.cell(spot).picture() {
        Some(sha) => view! {
            <figure>
                {picture(sha, words.clone(), frame(&standing), difference, element)}
                <figcaption class="quiet">{words.clone()}</figcaption>
            </figure>
        }
        .into_any(),
        None => {
            let why = match evidence.report(spot) {
                Some(_) => {
                    "No picture was taken: the page showed a secret in plain sight, or the browser gave none."
                }
                None => "This step was not run.",
            };
            view! { <figure><span class="shot large n"><em>"no picture"</em></span><figcaption class="quiet">{why}</figcaption></figure> }
                .into_any()
        }
    }
}

/// Where the step's element is.
fn element(evidence: &EvidenceView, chosen: &Chosen) -> Option<(Rect, Size)> {
    let rect = Rect::of(evidence.report(chosen.spot)?.element?)?;
    Some((rect, evidence.picture_size(chosen.spot)))
}

fn alone(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    own(evidence, chosen, false)
}

/// New, what it is held against, and what else there is.
fn side(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let mut shown: Vec<&Against> = chosen.against().into_iter().collect();
    for other in &chosen.against {
        if shown.iter().all(|one| one.picture != other.picture) {
            shown.push(other);
        }
    }
    let others: Vec<_> = shown
        .into_iter()
        .map(|against| {
            let words = their_words(against);
            view! {
                <figure>
                    {picture(&against.picture, words.clone(), "pic", None, None)}
                    <figcaption class="quiet">{words.clone()}</figcaption>
                </figure>
            }
        })
        .collect();
    view! { <div class="pair">{own(evidence, chosen, true)}{others}</div> }
}

/// The new picture over the old one, as far as it is pulled out. The corner can be pulled without a script.
fn slider(evidence: &EvidenceView, chosen: &Chosen, against: &Against) -> impl IntoView + use<> {
    let Some(new) = evidence.cell(chosen.spot).picture() else {
        return own(evidence, chosen, false).into_any();
    };
    let (own_words, their_words) = (own_words(evidence, chosen.spot), their_words(against));
    view! {
        <figure>
            <div class="slider" data-slider="">
                <img src=paths::blob(&against.picture) alt=their_words.clone()/>
                <div class="over" style=format!("width:{}%", edge(against))><img src=paths::blob(new) alt=own_words.clone()/></div>
                <em class="left">"new"</em><em class="right">"old"</em>
            </div>
            <figcaption class="quiet ends"><span>{own_words.clone()}</span><span>{their_words.clone()}</span></figcaption>
        </figure>
    }
    .into_any()
}

/// Where the slider stands at first: in the middle of the largest change.
fn edge(against: &Against) -> u32 {
    let Some(Likeness::Differs(difference)) = &against.likeness else {
        return 50;
    };
    let middle = |rect: &Rect| {
        let middle = u64::from(rect.x) + u64::from(rect.width) / 2;
        let share = middle * 100 / u64::from(difference.size.width.max(1));
        u32::try_from(share).map_or(50, |share| share.clamp(8, 92))
    };
    difference.regions.first().map_or(50, middle)
}

/// Both in turn, or one of them.
fn blink(evidence: &EvidenceView, chosen: &Chosen, against: &Against) -> impl IntoView + use<> {
    let Some(new) = evidence.cell(chosen.spot).picture() else {
        return own(evidence, chosen, false).into_any();
    };
    let (own_words, their_words) = (own_words(evidence, chosen.spot), their_words(against));
    view! {
        <figure class="blink">
            <fieldset class="segments small">
                <legend class="visually-hidden">"Which one"</legend>
                <label><input type="radio" name="blink" value="both" checked/>"in turn"</label>
                <label><input type="radio" name="blink" value="new"/>"new"</label>
                <label><input type="radio" name="blink" value="old"/>"old"</label>
            </fieldset>
            <div class="turns">
                <div class="old"><img src=paths::blob(&against.picture) alt=their_words.clone()/><em>"old"</em></div>
                <div class="new"><img src=paths::blob(new) alt=own_words.clone()/><em>"new"</em></div>
            </div>
            <figcaption class="quiet ends"><span>"new: " {own_words.clone()}</span><span>"old: " {their_words.clone()}</span></figcaption>
        </figure>
    }
    .into_any()
}

/// Only what differs.
fn heat(evidence: &EvidenceView, chosen: &Chosen, against: &Against) -> impl IntoView + use<> {
    let difference = match &against.likeness {
        Some(Likeness::Differs(difference)) => difference,
        Some(Likeness::Equal) => {
            return view! { <p class="quiet">"There is no heat: nothing differs."</p> {own(evidence, chosen, false)} }
                .into_any();
        }
        Some(Likeness::Incomparable { .. }) | None => {
            return view! { <p class="quiet">"There is no heat picture of these two."</p> {own(evidence, chosen, false)} }
                .into_any();
        }
    };
    let shown = difference.heat.as_ref().map(|sha| {
        let alt = format!("What differs: {}", difference.words());
        view! {
            <figure>
                {picture(sha, alt, "pic", None, None)}
                <figcaption class="quiet">"Red differs; amber is a line’s smoothed edge and does not count; blue stripes are masked."</figcaption>
            </figure>
        }
    });
    let places: Vec<_> = difference
        .regions
        .iter()
        .take(6)
        .map(|rect| view! { <li><code>{rect.to_string()}</code></li> })
        .collect();
    let more = (difference.regions.len() + difference.more_regions as usize).saturating_sub(6);
    view! {
        {shown}
        <ul class="places quiet">{places}{(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}</ul>
    }
    .into_any()
}

/// To the steps and nodes beside this one.
fn ways(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let spot = chosen.spot;
    let strip = evidence.strip(spot);
    let step = |column: Option<usize>| {
        column
            .filter(|column| *column < strip.columns.len())
            .map(|column| Spot { column, ..spot })
            .filter(|spot| evidence.report(*spot).is_some())
    };
    let row = |row: Option<usize>| {
        row.filter(|row| *row < strip.rows.len())
            .map(|row| Spot { row, ..spot })
    };
    let way = |to: Option<Spot>, id: &'static str, words: String, key: &'static str| match to {
        Some(spot) => {
            let href = chosen.go(evidence, spot);
            view! { <a class="btn" id=id href=href title=format!("Key: {key}")>{words}</a> }
                .into_any()
        }
        None => view! { <span class="btn" aria-disabled="true">{words}</span> }.into_any(),
    };
    let named = |to: Option<Spot>, else_: &str| {
        to.map_or_else(
            || else_.to_owned(),
            |spot| {
                let row = evidence.row(spot);
                match row.taken.is_new() {
                    true => row.node.to_string(),
                    false => format!("{}, old", row.node),
                }
            },
        )
    };
    let (up, down) = (row(spot.row.checked_sub(1)), row(Some(spot.row + 1)));
    let (before, after) = (
        step(spot.column.checked_sub(1)),
        step(Some(spot.column + 1)),
    );
    view! {
        <nav class="beside" aria-label="Other pictures">
            <div class="verbs">
                {way(before, "k-prev", "← Step".to_owned(), "left arrow")}
                {way(after, "k-next", "Step →".to_owned(), "right arrow")}
            </div>
            <div class="verbs">
                {way(up, "k-up", format!("↑ {}", named(up, "Node")), "up arrow")}
                {way(down, "k-down", format!("↓ {}", named(down, "Node")), "down arrow")}
            </div>
        </nav>
        <p class="quiet keys" hidden>{coded("Keys: `←` `→` step, `↑` `↓` node, `1` to `4` views, `a` accept, `r` reject, `n` next difference")}</p>
    }
}
