//! The pictures of a deployment: film strips, one picture held against others, what happened, and the verdict.
//!
//! Every view of every picture has its own address and is painted by the server. A small script adds keys, a smoother
//! slider and drawing of masks; without it nothing is missing.

/// Film strips.
mod film;

/// One picture, held against another.
mod look;

/// What happened at the step.
mod facts;

/// Accept, reject, mask.
mod verdict;

use super::{
    address::{part, pool_path, query},
    problem::page,
};
use crate::{
    api::{asking, told},
    components::{
        frame::{Frame, Section, crumbs_view},
        status::status,
        trouble::trouble,
    },
    model::{
        evidence::{Against, EvidenceView, Gate, Proxied, Spot, Standing, Taken, baselines},
        mark::Mark,
        name::Name,
    },
    paths::{self, EvidenceSpot},
};
use leptos::prelude::*;

/// How a picture is held against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Side,
    Slider,
    Blink,
    Heat,
}

impl View {
    const ALL: [Self; 4] = [Self::Side, Self::Slider, Self::Blink, Self::Heat];

    fn word(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::Slider => "slider",
            Self::Blink => "blink",
            Self::Heat => "heat",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Side => "Side by side",
            Self::Slider => "Slider",
            Self::Blink => "Blink",
            Self::Heat => "Heat",
        }
    }
}

/// What the address asks to look at.
struct Chosen {
    spot: Spot,
    view: View,
    /// What the picture is held against, the best first.
    against: Vec<Against>,
    /// Which of them.
    with: usize,
}

impl Chosen {
    /// What was asked for, as far as it exists; else what is most telling.
    fn of(evidence: &EvidenceView) -> Option<Self> {
        let asked = || {
            let taken = query::<Taken>("row").unwrap_or(Taken::New);
            evidence.find(
                &query::<Name>("flow")?,
                query("step")?,
                &query::<Name>("node")?,
                taken,
            )
        };
        let spot = asked().or_else(|| evidence.most_telling())?;
        let view = query::<String>("view")
            .and_then(|word| View::ALL.into_iter().find(|view| view.word() == word));
        let judged = evidence.cell(spot).judged.against();
        let against = match judged {
            // a failed step has a picture too
            [] if evidence.report(spot).is_some() => baselines(
                evidence.strip(spot),
                spot.row,
                spot.column,
                &evidence.key(spot),
                &evidence.reviews,
            ),
            judged => judged.to_vec(),
        };
        let with = query::<String>("with")
            .and_then(|word| against.iter().position(|one| one.baseline.word() == word));
        Some(Self {
            spot,
            view: view.unwrap_or(View::Side),
            against,
            with: with.unwrap_or(0),
        })
    }

    fn against(&self) -> Option<&Against> {
        self.against.get(self.with)
    }

    /// Another picture, looked at the same way.
    fn go(&self, evidence: &EvidenceView, spot: Spot) -> String {
        let with = match self.with {
            0 => "",
            at => self.against[at].baseline.word(),
        };
        link(evidence, spot, self.view, with)
    }
}

/// Where a picture is looked at.
fn link(evidence: &EvidenceView, spot: Spot, view: View, with: &str) -> String {
    let row = evidence.row(spot);
    let place = EvidenceSpot {
        flow: &evidence.strip(spot).flow,
        step: evidence.key(spot).step,
        node: &row.node,
        taken: row.taken,
        view: view.word(),
        with,
    };
    paths::evidence(
        &evidence.environment,
        &evidence.application,
        evidence.number,
    ) + &place.query()
}

#[component]
pub fn EvidencePage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway
                .evidence(&actor, &pool_path()?, part("number")?)
                .await
        };
        page(Section::Deployments, loaded.await, |view| draw(&view))
    })
}

fn draw(evidence: &EvidenceView) -> impl IntoView + use<> {
    let chosen = Chosen::of(evidence);
    let (headline, review) = (evidence.headline(), evidence.review_line());
    let here = paths::evidence(
        &evidence.environment,
        &evidence.application,
        evidence.number,
    );
    let up = paths::deployment(
        &evidence.environment,
        &evidence.application,
        evidence.number,
    );
    let crumbs = vec![
        (
            format!("{} / {}", evidence.environment, evidence.application),
            paths::pool(&evidence.environment, &evidence.application),
        ),
        (format!("deployment #{}", evidence.number), up.clone()),
        ("evidence".to_owned(), String::new()),
    ];
    let said = told::hear(&here).map(|told| {
        let (mark, label) = match told.done {
            true => (Mark::Done, "Recorded"),
            false => (Mark::Halt, "Not recorded"),
        };
        trouble(mark, label, told.trouble)
    });
    let bundle = paths::evidence_bundle(
        &evidence.environment,
        &evidence.application,
        evidence.number,
    );
    let kept = evidence.storage.as_ref().map(|storage| {
        view! { <p class="quiet">{storage.rule()}" "{storage.standing()}</p> }
    });
    let tally = evidence.tally();
    let icon = match () {
        () if evidence.failed.is_some() || tally.failed > 0 => Mark::Fail,
        () if tally.open + tally.rejected > 0 => Mark::Halt,
        () => Mark::Done,
    };
    let comparing = tally.comparing > 0;
    let gate = evidence.gate.as_ref().map(gate);
    let roll_back = (evidence.state.is_over() && tally.rejected > 0).then(|| {
        let path = paths::rollback_form(
            &evidence.environment,
            &evidence.application,
            evidence.number,
        );
        view! { <a class="btn bad" href=path>{format!("Roll #{} back…", evidence.number)}</a> }
    });
    let open = match &chosen {
        Some(chosen) => evidence
            .next_open(chosen.spot)
            .map(|spot| chosen.go(evidence, spot)),
        None => None,
    };
    let body = match evidence.empty_words() {
        Some((what, why)) => view! {
            <section class="card pad empty">
                <h2>{what}</h2>
                <p class="quiet">{why}</p>
            </section>
        }
        .into_any(),
        None => view! {
            {film::strips(evidence, chosen.as_ref())}
            {chosen.as_ref().map(|chosen| view! {
                <div class="cols">
                    {look::card(evidence, chosen)}
                    <div class="stack">
                        {facts::card(evidence, chosen)}
                        {verdict::cards(evidence, chosen)}
                    </div>
                </div>
            })}
        }
        .into_any(),
    };
    let title = format!("Evidence · {} #{}", evidence.application, evidence.number);
    let byline = evidence.byline.clone();
    let connections = connections(&evidence.proxied);
    view! {
        <Frame title section=Section::Deployments icon=icon.tab_icon()>
            {comparing.then(|| view! { <noscript><meta http-equiv="refresh" content="3"/></noscript> })}
            <div class="stack evidence" data-comparing=comparing.then_some("")>
                <div class="head">
                    <div>
                        {crumbs_view(crumbs)}
                        <h1>{headline}</h1>
                        {(!review.is_empty()).then(|| view! { <p class="review-line">{review}</p> })}
                        <p class="quiet">{byline}</p>
                    </div>
                    <div class="verbs">
                        {roll_back}
                        {open.map(|href| view! { <a class="btn" id="k-open" href=href title="Key: n">"Next difference"</a> })}
                        <a class="btn" href=bundle download>"Export evidence"</a>
                        <a class="btn" href=up>"Whole deployment"</a>
                    </div>
                </div>
                {said}
                {gate}
                {body}
                {connections}
                {kept}
            </div>
            <script type="module" src=paths::EVIDENCE_SCRIPT></script>
        </Frame>
    }
}

/// What each browser asked for, and where that went.
fn connections(runs: &[Proxied]) -> Option<impl IntoView + use<>> {
    let lines: Vec<_> = runs
        .iter()
        .map(|run| view! { <li><a href=paths::blob(&run.proxy_log)>{run.words()}</a></li> })
        .collect();
    (!lines.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="h-connections">
                <header>
                    <h2 id="h-connections">"Connections of the browsers"</h2>
                    <span class="quiet">"what each asked for, and which address it was led to"</span>
                </header>
                <div class="pad"><ul>{lines}</ul></div>
            </section>
        }
    })
}

/// A node waits for the reader.
fn gate(gate: &Gate) -> impl IntoView + use<> {
    let (words, until) = (gate.words(), gate.until.map(|until| until.full()));
    view! {
        <section class="note halt" aria-label="Held for review" title=until>
            <p class="note-label">{status(Mark::Halt, "Review")}</p>
            <div class="note-body"><p>{words}</p></div>
        </section>
    }
}

/// Sign, class of the frame, and the words on it.
fn sign(standing: &Standing<'_>) -> (Option<Mark>, &'static str, String) {
    match standing {
        Standing::NotRun => (None, "shot n", "not run".to_owned()),
        Standing::Failed(sign) => (Some(Mark::Fail), "shot f", (*sign).to_owned()),
        Standing::Broken => (
            Some(Mark::Unknown),
            "shot n",
            "our browser failed".to_owned(),
        ),
        Standing::Unseen => (None, "shot n", "not photographed".to_owned()),
        Standing::Reference => (None, "shot", String::new()),
        Standing::Alone => (None, "shot", "nothing to compare".to_owned()),
        Standing::Comparing => (Some(Mark::Work), "shot", "soon".to_owned()),
        Standing::Equal => (None, "shot", "equal".to_owned()),
        Standing::Slight(found) => (None, "shot", format!("{}, as it may", found.words())),
        Standing::Accepted(found) => (
            Some(Mark::Done),
            "shot a",
            format!("{}, accepted", found.short()),
        ),
        Standing::Rejected(_) => (Some(Mark::Fail), "shot r", "rejected".to_owned()),
        Standing::Differs(found) => (Some(Mark::Drain), "shot d", found.words()),
        Standing::Incomparable(_) => (Some(Mark::Unknown), "shot", "not comparable".to_owned()),
    }
}
