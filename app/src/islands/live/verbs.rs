//! What can be asked, as buttons: the likely ones in a row, the others in a menu. Each is a form that works without
//! a script, says its one end state and asks once more; what is not possible is there too, and says why.

#[cfg(feature = "hydrate")]
use super::Page;
use crate::{
    api::commands::Ask,
    islands::part::part,
    model::{
        command::Command,
        deployment::DeploymentState,
        live::{Live, words::sentence as said},
        name::Name,
        view::{VerbLine, Verbs},
    },
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Buttons of the row; the rest is in the menu.
fn primary(state: DeploymentState, holding: bool) -> &'static [Command] {
    match state {
        DeploymentState::Queued
        | DeploymentState::Preparing
        | DeploymentState::Rolling
        | DeploymentState::Undoing
        | DeploymentState::Aborting
            if holding =>
        {
            &[Command::Resume, Command::Abort]
        }
        DeploymentState::Queued | DeploymentState::Preparing | DeploymentState::Rolling => {
            &[Command::Hold, Command::Abort]
        }
        DeploymentState::Held => &[Command::Resume, Command::Abort],
        DeploymentState::Halted => &[Command::Retry, Command::Continue, Command::Abort],
        DeploymentState::Undoing | DeploymentState::Aborting => &[Command::Abort],
        DeploymentState::Succeeded | DeploymentState::Undone | DeploymentState::Aborted => &[],
    }
}

/// The row at the right of the headline.
pub fn row(live: &Live, verbs: &Verbs) -> Option<AnyView> {
    if live.is_over() {
        return rollback(live);
    }
    let place = Place::of(live, verbs)?;
    let whole = || verbs.verbs.iter().filter(|line| line.node.is_none());
    let may_resume = whole().any(|l| l.command == Command::Resume && l.refused.is_none());
    let wanted = primary(
        live.state,
        may_resume && live.state != DeploymentState::Held,
    );
    let buttons: Vec<_> = wanted
        .iter()
        .filter_map(|command| whole().find(|line| line.command == *command))
        // of what a halt offers, only what is possible takes room
        .filter(|line| live.state != DeploymentState::Halted || line.refused.is_none())
        .map(|line| button(live, line, &place))
        .collect();
    let rest: Vec<_> = whole()
        .filter(|line| {
            !wanted.contains(&line.command)
                || (live.state == DeploymentState::Halted && line.refused.is_some())
        })
        .map(|line| item(line, &place))
        .collect();
    Some(part(view! {
        {buttons}
        <details class="confirm menu">
            <summary class="btn" aria-label="What else can be asked">"More"</summary>
            <div class="pop">
                <ul class="menu-list">{rest}</ul>
            </div>
        </details>
    }))
}

/// To the form that would bring back what ran before, where there is something to bring back.
fn rollback(live: &Live) -> Option<AnyView> {
    let plan = live.plan.as_ref()?;
    live.nodes.iter().find(|node| node.is_done())?;
    let form = paths::rollback_form(&plan.environment, &plan.application, plan.number);
    Some(part(view! { <a class="btn" href=form>"Roll back…"</a> }))
}

/// What can be asked about one node, beside its details.
pub fn of_node(live: &Live, verbs: &Verbs, node: &Name) -> Option<impl IntoView + use<>> {
    if live.is_over() {
        return None;
    }
    let place = Place::of(live, verbs)?;
    let lines: Vec<_> = verbs
        .verbs
        .iter()
        .filter(|line| line.node.as_ref() == Some(node))
        .map(|line| button(live, line, &place))
        .collect();
    (!lines.is_empty()).then(|| view! { <div class="verbs node-verbs">{lines}</div> })
}

/// Which deployment, and which moment of it.
#[derive(Clone)]
struct Place {
    environment: String,
    application: String,
    number: u32,
    turn: u64,
    key: String,
}

impl Place {
    fn of(live: &Live, verbs: &Verbs) -> Option<Self> {
        let plan = live.plan.as_ref()?;
        Some(Self {
            environment: plan.environment.to_string(),
            application: plan.application.to_string(),
            number: plan.number,
            turn: verbs.turn,
            key: verbs.key.clone(),
        })
    }
}

fn class(command: Command) -> &'static str {
    match command {
        Command::Abort => "btn bad",
        Command::Resume | Command::Retry | Command::Continue => "btn primary",
        Command::Hold | Command::HoldNow | Command::Skip | Command::ForceDrain => "btn",
    }
}

/// As on the button: its end state in a few words.
fn label(live: &Live, line: &VerbLine) -> String {
    match (line.command, &line.node) {
        (Command::Abort, _) => live.abort_words(),
        (Command::Skip, Some(node)) => format!("Skip {node}"),
        (Command::ForceDrain, Some(node)) => format!("Force the drain of {node}"),
        (Command::Hold, _) => match live.focus().filter(|node| node.is_out()) {
            Some(node) => format!("Hold after {}", node.name),
            None => "Hold".to_owned(),
        },
        (Command::Resume, _) if live.state != DeploymentState::Held => "Do not hold".to_owned(),
        (command, _) => command.label().to_owned(),
    }
}

fn button(live: &Live, line: &VerbLine, place: &Place) -> AnyView {
    let label = label(live, line);
    let class = class(line.command);
    match &line.refused {
        Some(why) => {
            let why = said(why);
            let id = format!("why-{}", line.command);
            part(view! {
                <button class=class disabled title=why.clone() aria-describedby=id.clone()>
                    {label}
                </button>
                <p class="why-not" id=id>{why}</p>
            })
        }
        None => part(view! {
            <details class="confirm">
                <summary class=class>{format!("{label}…")}</summary>
                <div class="pop">{form(line, place, label)}</div>
            </details>
        }),
    }
}

fn item(line: &VerbLine, place: &Place) -> AnyView {
    let label = line.command.label();
    match &line.refused {
        Some(why) => part(view! {
            <li class="not">
                <b>{label}</b>
                <span>{said(why)}</span>
            </li>
        }),
        None => part(view! {
            <li>
                <details>
                    <summary>{format!("{label}…")}</summary>
                    {form(line, place, label.to_owned())}
                </details>
            </li>
        }),
    }
}

fn form(line: &VerbLine, place: &Place, label: String) -> impl IntoView + use<> {
    let Place {
        environment,
        application,
        number,
        turn,
        key,
    } = place.clone();
    let node = line.node.as_ref().map(Name::to_string);
    let key = format!(
        "{key}-{}{}",
        line.command,
        node.as_ref()
            .map_or(String::new(), |node| format!("-{node}"))
    );
    let class = match line.command {
        Command::Abort => "btn bad solid",
        other => class(other),
    };
    view! {
        <form class="ask" method="post" action=Ask::PATH>
            <input type="hidden" name="environment" value=environment/>
            <input type="hidden" name="application" value=application/>
            <input type="hidden" name="number" value=number.to_string()/>
            <input type="hidden" name="command" value=line.command.word()/>
            {node.map(|node| view! { <input type="hidden" name="node" value=node/> })}
            <input type="hidden" name="turn" value=turn.to_string()/>
            <input type="hidden" name="key" value=key/>
            <p>{line.command.leads_to()}</p>
            <label>
                <span class="quiet">"Reason, for the audit history"</span>
                <input name="reason" maxlength="500" autocomplete="off" placeholder="optional"/>
            </label>
            <button class=class>{label}</button>
        </form>
    }
}

/// Reads them again whenever something happened that changes what is possible.
#[cfg(feature = "hydrate")]
pub fn follow(page: Page) {
    use leptos::task::spawn_local;
    let moment = Memo::new(move |_| page.live.with(Live::moment));
    Effect::new(move |before: Option<()>| {
        // read, and not only tracked: a memo that nobody reads never learns that it changed
        let asked = moment.get();
        let place = page.live.with_untracked(|live| {
            let plan = live.plan.as_ref()?;
            Some([
                ("environment", plan.environment.to_string()),
                ("application", plan.application.to_string()),
                ("number", plan.number.to_string()),
            ])
        });
        let (Some(()), Some(place)) = (before, place) else {
            return;
        };
        spawn_local(async move {
            // a late answer to an earlier moment is dropped
            if let (Some(verbs), true) = (ask(place).await, moment.get_untracked() == asked) {
                page.verbs.set(verbs);
            }
        });
    });
}

/// As the generated client would, which weighs 40 KB.
#[cfg(feature = "hydrate")]
async fn ask(place: [(&str, String); 3]) -> Option<Verbs> {
    use crate::{api::commands::ReadVerbs, model::wire};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{RequestInit, Response, UrlSearchParams};
    let fields = UrlSearchParams::new().ok()?;
    for (name, value) in place {
        fields.append(name, &value);
    }
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&fields);
    let answer = JsFuture::from(window().fetch_with_str_and_init(ReadVerbs::PATH, &request));
    let answer: Response = answer.await.ok()?.dyn_into().ok()?;
    let said = JsFuture::from(answer.json().ok()?)
        .await
        .ok()?
        .as_string()?;
    wire::read(&said)
}
