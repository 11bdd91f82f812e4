//! Accept or reject a picture, once for all nodes that show the same, and say what of it is not compared.

use super::Chosen;
use crate::{
    api::evidence::{MaskPicture, SayOfPicture, UnmaskPicture},
    components::{status::status, when::ago},
    model::{
        evidence::{Difference, EvidenceView, Likeness, Proposal, Review, Standing, Verdict},
        mark::Mark,
        name::Name,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};

pub fn cards(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    view! { {review(evidence, chosen)} {masks(evidence, chosen)} }
}

/// The fields that lead back to this picture.
fn place(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let row = evidence.row(chosen.spot);
    let with = match chosen.with {
        0 => "",
        at => chosen.against[at].baseline.word(),
    };
    let fields = [
        ("environment", evidence.environment.to_string()),
        ("application", evidence.application.to_string()),
        ("number", evidence.number.to_string()),
        ("node", row.node.to_string()),
        ("flow", evidence.strip(chosen.spot).flow.to_string()),
        ("step", evidence.key(chosen.spot).step.to_string()),
        ("row", row.taken.word().to_owned()),
        ("view", chosen.view.word().to_owned()),
        ("with", with.to_owned()),
    ];
    fields
        .into_iter()
        .map(|(name, value)| {
            view! { <input type="hidden" name=format!("place[{name}]") value=value/> }
        })
        .collect_view()
}

fn reason(placeholder: &'static str) -> impl IntoView {
    view! {
        <label class="field">
            <span>"Reason"</span>
            <input type="text" name="reason" required maxlength="500" autocomplete="off" placeholder=placeholder/>
        </label>
    }
}

fn review(evidence: &EvidenceView, chosen: &Chosen) -> Option<impl IntoView + use<>> {
    let spot = chosen.spot;
    if !evidence.row(spot).taken.is_new() {
        return None;
    }
    let standing = evidence.standing(spot);
    let for_review = match &standing {
        Standing::Differs(_)
        | Standing::Accepted(_)
        | Standing::Rejected(_)
        | Standing::Alone
        | Standing::Incomparable(_) => true,
        Standing::Equal | Standing::Slight(_) => false,
        Standing::NotRun
        | Standing::Failed(_)
        | Standing::Broken
        | Standing::Unseen
        | Standing::Reference
        | Standing::Comparing => return None,
    };
    let said = evidence.said(spot);
    if !for_review && said.is_none() {
        return None;
    }
    let accepted = said
        .is_none()
        .then(|| accepted_elsewhere(evidence, chosen))
        .flatten();
    let last = said.or(accepted).map(|review| told(review, evidence));
    let forms = match &evidence.review_refused {
        Some(why) => {
            view! { <p class="why-not">{format!("You cannot review: {why}.")}</p> }.into_any()
        }
        None => forms(evidence, chosen, said).into_any(),
    };
    Some(view! {
        <section class="card" aria-labelledby="h-review">
            <header><h2 id="h-review">"Review"</h2></header>
            <div class="pad stack">
                {last}
                {also(&evidence.same_elsewhere(spot)).map(|words| view! { <p class="quiet">{words}</p> })}
                {forms}
            </div>
        </section>
    })
}

/// The review of another picture that this one equals.
fn accepted_elsewhere<'a>(evidence: &'a EvidenceView, chosen: &Chosen) -> Option<&'a Review> {
    let equal = chosen.against.iter().find(|against| {
        against.baseline.word() == "accepted" && against.likeness == Some(Likeness::Equal)
    })?;
    let key = evidence.key(chosen.spot);
    evidence.reviews.iter().rev().find(|review| {
        review.new == equal.picture && review.at_step == key && review.verdict == Verdict::Accepted
    })
}

fn told(review: &Review, evidence: &EvidenceView) -> impl IntoView + use<> {
    let (mark, word) = match review.verdict {
        Verdict::Accepted => (Mark::Done, "Accepted"),
        Verdict::Rejected => (Mark::Fail, "Rejected"),
    };
    let where_ = match review.deployment == evidence.number {
        true => format!(" on {}", review.node),
        false => format!(" on {} in #{}", review.node, review.deployment),
    };
    view! {
        <div class="spoken">
            <p>{status(mark, word)} <span class="quiet">{format!("by {}{where_}, ", review.by)}{ago(review.at, evidence.now)}</span></p>
            <blockquote>{review.reason.clone()}</blockquote>
        </div>
    }
}

fn also(same: &[Name]) -> Option<String> {
    let words = match same {
        [] => return None,
        [one] => one.to_string(),
        [some @ .., last] if same.len() <= 4 => {
            let some: Vec<_> = some.iter().map(Name::as_str).collect();
            format!("{} and {last}", some.join(", "))
        }
        many => format!("{} other nodes", many.len()),
    };
    Some(format!(
        "{words} left exactly this picture: what you say here is said of all."
    ))
}

fn forms(evidence: &EvidenceView, chosen: &Chosen, said: Option<&Review>) -> impl IntoView + use<> {
    let new = evidence
        .cell(chosen.spot)
        .picture()
        .unwrap_or_default()
        .to_owned();
    let old = chosen
        .against
        .first()
        .map(|against| against.picture.clone());
    let after = said.map(|review| review.id.to_string());
    let hidden = move || {
        view! {
            <input type="hidden" name="new" value=new.clone()/>
            <input type="hidden" name="old" value=old.clone().unwrap_or_default()/>
            <input type="hidden" name="after" value=after.clone().unwrap_or_default()/>
        }
    };
    let goes_on = evidence
        .gate_of(chosen.spot)
        .map(|gate| gate.leads_to(Verdict::Accepted));
    let accept = match said.map(|review| review.verdict) {
        Some(Verdict::Accepted) => None,
        Some(Verdict::Rejected) | None => Some(view! {
            <details class="confirm in-place" name="verdict" id="k-accept">
                <summary class="btn primary">"Accept…"</summary>
                <form class="pop" method="post" action=SayOfPicture::PATH>
                    {place(evidence, chosen)}
                    {hidden()}
                    <input type="hidden" name="verdict" value="accepted"/>
                    <p>"This is how the step is meant to look: later pictures are held against it."</p>
                    {goes_on.map(|words| view! { <p>{words}</p> })}
                    {reason("The new mugs are blue")}
                    <button class="btn primary">"Accept"</button>
                </form>
            </details>
        }),
    };
    let gate = evidence.gate_of(chosen.spot);
    let end = match gate {
        Some(gate) => gate.leads_to(Verdict::Rejected),
        None => match evidence.state.is_over() {
            true => "It is recorded. The nodes stay as they are; Roll back is offered then.",
            false => {
                "It is recorded. The deployment goes on by itself: abort it to put the node at hand back."
            }
        }
        .to_owned(),
    };
    let label = match gate {
        Some(gate) => format!("Reject and undo {}", gate.node),
        None => "Reject".to_owned(),
    };
    let reject = match said.map(|review| review.verdict) {
        Some(Verdict::Rejected) => None,
        Some(Verdict::Accepted) | None => Some(view! {
            <details class="confirm in-place" name="verdict" id="k-reject">
                <summary class="btn bad">"Reject…"</summary>
                <form class="pop" method="post" action=SayOfPicture::PATH>
                    {place(evidence, chosen)}
                    {hidden()}
                    <input type="hidden" name="verdict" value="rejected"/>
                    <p>{end}</p>
                    {reason("The price is gone")}
                    <button class="btn bad solid">{label}</button>
                </form>
            </details>
        }),
    };
    view! { <div class="ways">{accept}{reject}</div> }
}

/// What of this step's pictures is not compared.
fn masks(evidence: &EvidenceView, chosen: &Chosen) -> Option<impl IntoView + use<>> {
    let spot = chosen.spot;
    let difference = match chosen
        .against()
        .and_then(|against| against.likeness.as_ref())
    {
        Some(Likeness::Differs(difference)) => Some(difference),
        _ => None,
    };
    let key = evidence.key(spot);
    let known: Vec<_> = evidence.masks_of(&key).cloned().collect();
    let proposed: Vec<_> = evidence.proposals_of(&key).cloned().collect();
    let nothing = difference.is_none() && known.is_empty() && proposed.is_empty();
    if !evidence.row(spot).taken.is_new() || nothing {
        return None;
    }
    let may = evidence.review_refused.is_none();
    let lines: Vec<_> = known
        .into_iter()
        .map(|mask| {
            let away = may.then(|| {
                view! {
                    <details class="confirm in-place">
                        <summary class="link">"Take away…"</summary>
                        <form class="pop" method="post" action=UnmaskPicture::PATH>
                            {place(evidence, chosen)}
                            <input type="hidden" name="id" value=mask.id.to_string()/>
                            {reason("It stands still now")}
                            <button class="btn">"Compare it again"</button>
                        </form>
                    </details>
                }
            });
            view! {
                <li>
                    <code>{mask.rect.to_string()}</code>
                    <span class="quiet">{format!("{}, {}, ", mask.reason, mask.by)}{ago(mask.at, evidence.now)}</span>
                    {away}
                </li>
            }
        })
        .collect();
    let proposed: Vec<_> = proposed
        .iter()
        .map(|proposal| propose(evidence, chosen, proposal, may))
        .collect();
    let add = may.then(|| add(evidence, chosen, difference));
    Some(view! {
        <section class="card" aria-labelledby="h-masks">
            <header><h2 id="h-masks">"Not compared"</h2></header>
            <div class="pad stack">
                {(!proposed.is_empty()).then(|| view! { <ul class="masks">{proposed}</ul> })}
                {match lines.is_empty() {
                    true => view! { <p class="quiet">"A clock, an advert, the node’s own name: mask what changes by itself."</p> }.into_any(),
                    false => view! { <ul class="masks">{lines}</ul> }.into_any(),
                }}
                {add}
            </div>
        </section>
    })
}

/// What changes by itself, to be masked with one click.
fn propose(
    evidence: &EvidenceView,
    chosen: &Chosen,
    proposal: &Proposal,
    may: bool,
) -> impl IntoView + use<> {
    let rect = proposal.rect;
    let fields = move || {
        [
            ("x", rect.x),
            ("y", rect.y),
            ("width", rect.width),
            ("height", rect.height),
        ]
        .map(|(name, value)| {
            view! { <input type="hidden" name=format!("rect[{name}]") value=value.to_string()/> }
        })
        .collect_view()
    };
    let form = may.then(|| {
        view! {
            <form method="post" action=MaskPicture::PATH>
                {place(evidence, chosen)}
                {fields()}
                <input type="hidden" name="reason" value=proposal.reason()/>
                <button class="btn">"Mask it"</button>
            </form>
        }
    });
    view! {
        <li>
            {status(Mark::Unknown, "Changes by itself")}
            <code>{rect.to_string()}</code>
            <span class="quiet">{format!("{}: {}", proposal.reason(), proposal.seen)}</span>
            {form}
        </li>
    }
}

/// The largest change is what one most likely wants to mask.
fn add(
    evidence: &EvidenceView,
    chosen: &Chosen,
    difference: Option<&Difference>,
) -> impl IntoView + use<> {
    let likely = difference.and_then(|found| found.regions.first().copied());
    let fields: Vec<_> = [
        ("x", "Left", likely.map(|rect| rect.x), "0"),
        ("y", "Top", likely.map(|rect| rect.y), "0"),
        ("width", "Width", likely.map(|rect| rect.width), "1"),
        ("height", "Height", likely.map(|rect| rect.height), "1"),
    ]
    .into_iter()
    .map(|(name, title, value, least)| {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        view! {
            <label class="field">
                <span>{title}</span>
                <input type="number" name=format!("rect[{name}]") data-mask=name value=value min=least max="20000" required/>
            </label>
        }
    })
    .collect();
    view! {
        <details class="confirm in-place" name="verdict" id="k-mask">
            <summary class="btn">"Mask a part…"</summary>
            <form class="pop" method="post" action=MaskPicture::PATH data-draw="">
                {place(evidence, chosen)}
                <p>"In pixels of the picture, for this step on every node and in every deployment of the pool."</p>
                <p class="quiet" data-draw-hint="" hidden>"Draw the rectangle on the new picture."</p>
                <div class="four">{fields}</div>
                {reason("The node’s own name")}
                <button class="btn primary">"Mask"</button>
            </form>
        </details>
    }
}
