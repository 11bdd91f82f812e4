//! Clicks, texts, choices.

use super::{
    Doing,
    find::{Ask, Found},
    pointer::{self, keys_of},
};
use crate::smoke::webdriver::wire::Snag;
use app::model::smoke::{Choice, Find, OptionBy, Text};
use serde_json::{Value, json};

const USABLE: Ask = Ask {
    usable: true,
    still: false,
    hide: false,
};

pub async fn click(on: &mut Doing<'_>, find: &Find) -> Result<(), Snag> {
    let found = on.find(find, USABLE).await?;
    if found.is_standard && !is_displayed(on, &found).await? {
        return Err(found.again("cannot be seen"));
    }
    click_on(on, &found).await
}

pub async fn fill(on: &mut Doing<'_>, find: &Find, with: &Text) -> Result<(), Snag> {
    let typed = on.typed(with)?;
    let ask = Ask {
        hide: typed.is_secret(),
        ..USABLE
    };
    let found = on.find(find, ask).await?;
    let takes_file = found.takes() == "file";
    if !found.is_standard && !takes_file {
        if found.takes() != "text" && found.takes() != "set" {
            return Err(found.again("is no field that takes text"));
        }
        if !found.is("editable") {
            return Err(found.again("cannot be changed"));
        }
        if found.takes() == "set" {
            // typed, a date would depend on the browser's language
            return set(on, &found, &typed.text).await;
        }
    }
    // clearing tells the page that something changed: not without need
    if !takes_file && (found.is_standard || found.is("filled")) {
        press(on, &found.path("clear")).await?;
    }
    write(on, &found, &typed.text).await
}

pub async fn keys(on: &mut Doing<'_>, find: &Find, with: &Text) -> Result<(), Snag> {
    let typed = on.typed(with)?;
    let text = keys_of(&typed.text).map_err(Snag::No)?;
    let ask = Ask {
        hide: typed.is_secret(),
        ..USABLE
    };
    let found = on.find(find, ask).await?;
    write(on, &found, &text).await
}

pub async fn edit(on: &mut Doing<'_>, find: &Find, text: &str) -> Result<(), Snag> {
    let text = on.text(text);
    let found = on.find(find, Ask::default()).await?;
    if !found.is("edits") {
        return Err(found.refused("is not editable"));
    }
    let args = json!(["edit", found.reference(), text]);
    on.wire.page(args, on.limit).await.map(drop)
}

pub async fn choose(on: &mut Doing<'_>, find: &Find, option: &str) -> Result<(), Snag> {
    let option = on.text(option);
    let found = on.find(find, USABLE).await?;
    if found.takes() != "choice" {
        return Err(found.again("is no list to choose from"));
    }
    let args = json!(["choice", found.reference(), option]);
    let choice = on.wire.page(args, on.limit).await?;
    press_option(on, &found, &choice).await
}

pub async fn select(
    on: &mut Doing<'_>,
    find: &Find,
    option: &OptionBy,
    choice: Choice,
) -> Result<(), Snag> {
    let found = on.find(find, USABLE).await?;
    if choice == Choice::Remove && !found.is("multiple") {
        return Err(found.refused("does not take several choices"));
    }
    let (by, wanted): (_, Value) = match option {
        OptionBy::Label(text) => ("label", on.text(text).into()),
        OptionBy::LabelMostly(text) => ("label_mostly", on.text(text).into()),
        OptionBy::Value(text) => ("value", on.text(text).into()),
        OptionBy::Id(text) => ("id", on.text(text).into()),
        OptionBy::Index(index) => ("index", (*index).into()),
    };
    let args = json!(["option", found.reference(), by, wanted]);
    let answer = on.wire.page(args, on.limit).await?;
    if answer["missing"] == true {
        let wanted = wanted.as_str().map_or(wanted.to_string(), str::to_owned);
        return Err(found.refused(&format!("does not offer \"{wanted}\"")));
    }
    let is_selected = answer["selected"] == true;
    match choice {
        Choice::Add if is_selected => Ok(()),
        Choice::Remove if !is_selected => Ok(()),
        Choice::Only | Choice::Add | Choice::Remove => press_option(on, &found, &answer).await,
    }
}

pub async fn check(on: &mut Doing<'_>, find: &Find, checked: bool) -> Result<(), Snag> {
    let found = on.find(find, USABLE).await?;
    if found.is("checked") == checked {
        return Ok(());
    }
    click_on(on, &found).await
}

/// With the mouse alone, where that comes to the same.
async fn click_on(on: &Doing<'_>, found: &Found) -> Result<(), Snag> {
    if found.is("on_top") && !found.is_standard && on.wire.is_slow_to_click() {
        return pointer::click_middle(on, found).await;
    }
    press(on, &found.path("click")).await
}

pub async fn change(on: &mut Doing<'_>, find: &Find, with: &Text) -> Result<(), Snag> {
    let typed = on.typed(with)?;
    let ask = Ask {
        hide: typed.is_secret(),
        still: true,
        usable: true,
    };
    let found = on.find(find, ask).await?;
    match found.takes() {
        "tick" => {
            let wanted = !matches!(typed.text.as_str(), "" | "false" | "off" | "0");
            if found.is("checked") == wanted {
                return Ok(());
            }
            click_on(on, &found).await
        }
        "choice" | "set" => set(on, &found, &typed.text).await,
        "file" => write(on, &found, &typed.text).await,
        "text" => {
            if found.is("filled") {
                press(on, &found.path("clear")).await?;
            }
            write(on, &found, &typed.text).await
        }
        _ => Err(found.refused("is no field")),
    }
}

/// Gives it the value itself, and tells the page.
async fn set(on: &Doing<'_>, found: &Found, value: &str) -> Result<(), Snag> {
    let args = json!(["change", found.reference(), value]);
    let answer = on.wire.page(args, on.limit).await?;
    match answer["why"].as_str() {
        Some(why) => Err(found.refused(why)),
        None => Ok(()),
    }
}

pub async fn submit(on: &mut Doing<'_>, find: &Find) -> Result<(), Snag> {
    let found = on.find(find, Ask::default()).await?;
    let args = json!(["submit", found.reference()]);
    let answer = on.wire.page_leaving(args, on.limit).await?;
    match answer.as_ref().and_then(|answer| answer["why"].as_str()) {
        Some(why) => Err(found.refused(why)),
        None => Ok(()),
    }
}

pub async fn scroll(on: &mut Doing<'_>, find: Option<&Find>, x: i32, y: i32) -> Result<(), Snag> {
    let element = match find {
        Some(find) => on.find(find, Ask::default()).await?.reference(),
        None => Value::Null,
    };
    on.wire
        .page(json!(["scroll", element, x, y]), on.limit)
        .await
        .map(drop)
}

/// As the standard's drivers see it.
pub async fn is_displayed(on: &Doing<'_>, found: &Found) -> Result<bool, Snag> {
    let answer = on.wire.get(&found.path("displayed"), on.limit).await?;
    Ok(answer == true)
}

async fn press_option(on: &Doing<'_>, list: &Found, answer: &Value) -> Result<(), Snag> {
    if let Some(why) = answer["why"].as_str() {
        return Err(list.again(why));
    }
    if answer["kept"] == true {
        return Ok(());
    }
    let Some(id) = answer["el"]
        .as_object()
        .and_then(|el| el.values().next()?.as_str())
    else {
        return Err(list.again("changed while it was used"));
    };
    press(on, &format!("element/{id}/click")).await
}

async fn press(on: &Doing<'_>, path: &str) -> Result<(), Snag> {
    on.wire.post(path, json!({}), on.limit).await.map(drop)
}

async fn write(on: &Doing<'_>, found: &Found, text: &str) -> Result<(), Snag> {
    if text.is_empty() {
        return Ok(());
    }
    let body = json!({ "text": text });
    on.wire
        .post(&found.path("value"), body, on.limit)
        .await
        .map(drop)
}
