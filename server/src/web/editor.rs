//! The editor's form: what was typed, and the button that was pressed. The answer leads to a page that shows it.

use super::{form, pages::telling, problem::Problem, session::SignedIn, state::Web};
use app::{
    api::told::Told,
    error::AppError,
    gateway::{Edit, EditOrder, Edited, Gateway, PoolPath},
    model::{
        editor::{Draft, Fault, Move, Row},
        name::Name,
        trouble::Trouble,
    },
    paths,
};
use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::form_urlencoded;

/// More mistakes are not told in one sentence.
const MOST_TOLD: usize = 5;

#[derive(Deserialize)]
pub struct Which {
    flow: Option<Name>,
}

pub async fn edit(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    Path((environment, application)): Path<(Name, Name)>,
    which: Result<Query<Which>, QueryRejection>,
    body: Body,
) -> Result<Response, Problem> {
    let Query(Which { flow }) = which?;
    let here = paths::suite_edit(&environment, &application);
    let suite = paths::suite(&environment, &application);
    let page = paths::edit_flow(&environment, &application, flow.as_ref());
    let pool = PoolPath {
        environment,
        application,
    };
    let body = match form::read(body, form::LARGEST).await {
        Ok(body) => body,
        Err(why) => {
            let told = Told {
                done: false,
                trouble: Trouble::new(why.words())
                    .stands("Your draft is as it was before.")
                    .remedy("Paste less of it."),
            };
            return Ok(telling(&here, &page, &told));
        }
    };
    let order = order(pool, flow, &body).map_err(|trouble| Problem(AppError::Refused(trouble)))?;
    let edited = web.gateway.edit_suite(&actor, &order).await;
    Ok(match edited {
        // why it was not taken stands at its field
        Ok(Edited::Kept(None)) if order.edit == Edit::Paste => {
            Redirect::to(&format!("{page}#paste")).into_response()
        }
        Ok(Edited::Kept(None)) => Redirect::to(&page).into_response(),
        Ok(Edited::Kept(Some(row))) => {
            Redirect::to(&format!("{page}#row-{}", row + 1)).into_response()
        }
        Ok(Edited::Tried(id)) => {
            let PoolPath {
                environment,
                application,
            } = &order.pool;
            Redirect::to(&paths::rehearsal(environment, application, id)).into_response()
        }
        Ok(Edited::Saved(words)) => {
            let told = Told {
                done: true,
                trouble: Trouble::new(words),
            };
            telling(&suite, &suite, &told)
        }
        Ok(Edited::Discarded) => {
            let told = Told {
                done: true,
                trouble: Trouble::new("The draft is gone.").stands("The suite is as it was."),
            };
            telling(&suite, &suite, &told)
        }
        Ok(Edited::Wrong(faults)) => {
            let told = Told {
                done: false,
                trouble: wrong(&faults),
            };
            let sign = if page.contains('?') { '&' } else { '?' };
            let anchor = faults.first().map_or_else(String::new, Fault::anchor);
            telling(&here, &format!("{page}{sign}checked=1#{anchor}"), &told)
        }
        // what was typed is kept, and the page says why nothing else came of it
        Err(AppError::Refused(trouble)) => {
            let told = Told {
                done: false,
                trouble,
            };
            telling(&here, &page, &told)
        }
        Err(error) => return Err(Problem(error)),
    })
}

fn wrong(faults: &[Fault]) -> Trouble {
    let mut told: Vec<String> = faults.iter().take(MOST_TOLD).map(Fault::told).collect();
    let left = faults.len().saturating_sub(MOST_TOLD);
    if left > 0 {
        told.push(format!("and {left} more"));
    }
    Trouble::new(format!("This is no flow yet: {}.", told.join("; ")))
        .stands("Your draft is kept.")
        .remedy("Correct what is marked.")
}

/// Pure: the form's fields, in the order the page has them. A row is its five fields one after the other.
fn order(pool: PoolPath, flow: Option<Name>, body: &[u8]) -> Result<EditOrder, Trouble> {
    let mut draft = Draft {
        required: false,
        ..Draft::default()
    };
    let (mut base, mut node, mut go) = (None, None, String::from("keep"));
    let mut is_whole = false;
    for (name, value) in form_urlencoded::parse(body) {
        // as every browser sends a text field's lines
        let value = value.replace("\r\n", "\n");
        match (&*name, draft.rows.last_mut()) {
            ("base", _) => base = value.parse().ok(),
            ("name", _) => {
                is_whole = true;
                draft.name = value;
            }
            ("title", _) => draft.title = value,
            ("writes", _) => draft.writes = true,
            ("required", _) => draft.required = true,
            ("again", _) => draft.again = true,
            ("step_limit", _) => draft.step_limit = value,
            ("more", _) => draft.more = value,
            ("public_url", _) => draft.public_url = value,
            ("paste", _) => draft.paste = value,
            ("node", _) => node = value.parse().ok(),
            ("go", _) => go = value,
            ("act", _) => draft.rows.push(Row {
                act: value.parse().map_err(|()| unknown(&value))?,
                ..Row::default()
            }),
            ("by", Some(row)) => row.by = value.parse().map_err(|()| unknown(&value))?,
            ("on", Some(row)) => row.on = value,
            ("with", Some(row)) => row.with = value,
            ("also", Some(row)) => row.also = value,
            _ => {}
        }
    }
    let edit = pressed(&go, node)?;
    // a draft is not lost to a form that says nothing of it
    if !is_whole && edit != Edit::Discard {
        return Err(Trouble::new("The form has no flow in it.")
            .stands("Nothing was changed.")
            .remedy("Go back and reload the page."));
    }
    Ok(EditOrder {
        edit,
        pool,
        flow,
        base,
        draft,
    })
}

fn pressed(go: &str, node: Option<Name>) -> Result<Edit, Trouble> {
    let (word, at) = go.split_once(':').unwrap_or((go, ""));
    let row = || at.parse().map_err(|_| unknown(go));
    Ok(match word {
        "keep" => Edit::Keep,
        "add" => Edit::Row(Move::Add(row()?)),
        "up" => Edit::Row(Move::Up(row()?)),
        "down" => Edit::Row(Move::Down(row()?)),
        "remove" => Edit::Row(Move::Remove(row()?)),
        "paste" => Edit::Paste,
        "try" => Edit::Try(node.ok_or_else(|| {
            Trouble::new("No node was chosen.").remedy("Choose the one to try the draft on.")
        })?),
        "save" => Edit::Save,
        "go-on" => Edit::GoOn,
        "discard" => Edit::Discard,
        _ => return Err(unknown(go)),
    })
}

fn unknown(what: &str) -> Trouble {
    Trouble::new(format!(
        "The form was not understood: `{what}` is unknown here."
    ))
    .stands("Nothing was changed.")
    .remedy("Go back and reload the page.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::editor::{By, Do};

    fn order(body: &str) -> Result<EditOrder, Trouble> {
        let pool = PoolPath {
            environment: "production".parse().unwrap(),
            application: "shop".parse().unwrap(),
        };
        super::order(pool, None, body.as_bytes())
    }

    #[test]
    fn rows_are_read_in_the_order_they_stand() {
        let body = "name=a&required=on&act=open&by=usual&on=&with=%2F&also=&act=click&by=css&on=%23go&with=&also=soft+%3D+true&go=up:1";
        let order = order(body).unwrap();
        assert_eq!(order.edit, Edit::Row(Move::Up(1)));
        assert!(order.draft.required && !order.draft.again);
        let rows = &order.draft.rows;
        assert_eq!((rows[0].act, rows[0].with.as_str()), (Do::Open, "/"));
        assert_eq!((rows[1].by, rows[1].on.as_str()), (By::Css, "#go"));
        assert_eq!(rows[1].also, "soft = true");
    }

    #[test]
    fn without_a_button_it_is_kept_and_an_unknown_one_is_refused() {
        assert_eq!(order("name=a").unwrap().edit, Edit::Keep);
        for body in [
            "",
            "go=keep",
            "name=a&go=fly",
            "name=a&go=up:x",
            "name=a&go=up",
            "name=a&act=fly",
            "name=a&go=try&node=",
            "name=a&go=try",
        ] {
            assert!(order(body).is_err(), "{body}");
        }
        assert_eq!(order("go=discard").unwrap().edit, Edit::Discard);
        let tried = order("name=a&node=red&go=try").unwrap();
        assert_eq!(tried.edit, Edit::Try("red".parse().unwrap()));
    }
}
