//! Until the page is as it should be.

use super::{
    Doing,
    element::is_displayed,
    expect::text_of,
    find::{Ask, Found, invalid},
};
use crate::smoke::webdriver::wire::Snag;
use app::model::smoke::{Counted, Find, Until};
use serde_json::json;

pub async fn until(on: &mut Doing<'_>, find: &Find, until: Until) -> Result<(), Snag> {
    let found = match (on.find(find, Ask::default()).await, until) {
        (Ok(found), _) => found,
        // nothing there is nothing to see
        (Err(Snag::Absent(_)), Until::Absent | Until::Hidden) => return Ok(()),
        (Err(snag), _) => return Err(snag),
    };
    let wanted = match until {
        Until::Present => return Ok(()),
        Until::Absent => return Err(found.again("is still there")),
        Until::Visible => (is_displayed(on, &found).await?, "cannot be seen"),
        Until::Hidden => (!is_displayed(on, &found).await?, "can be seen"),
        Until::Editable => (found.is("editable"), "cannot be edited"),
        Until::Locked => (!found.is("editable"), "can be edited"),
    };
    met(&found, wanted)
}

fn met(found: &Found, (holds, otherwise): (bool, &str)) -> Result<(), Snag> {
    if holds {
        Ok(())
    } else {
        Err(found.again(otherwise))
    }
}

/// Spaces around it, and of which kind those in it are, do not count.
pub async fn text(on: &mut Doing<'_>, find: &Find, text: &str) -> Result<(), Snag> {
    let plain = |text: &str| text.replace('\u{a0}', " ").trim().to_owned();
    let wanted = plain(&on.text(text));
    let found = on.find(find, Ask::default()).await?;
    let reads = plain(&text_of(on, &found).await?);
    let why = format!("reads \"{reads}\", not \"{wanted}\"");
    met(&found, (reads == wanted, &why))
}

pub async fn count(on: &mut Doing<'_>, find: &Find, counted: &Counted) -> Result<(), Snag> {
    let locators = on.known(find);
    let wanted = on.for_page(&locators).await?;
    let found = on
        .wire
        .page(json!(["counted", wanted, counted]), on.limit)
        .await?;
    if let Some(bad) = found["bad"].as_str() {
        return Err(invalid(&locators[0], bad));
    }
    if found["holds"] == true {
        return Ok(());
    }
    let which = if counted.attributes.is_empty() && counted.properties.is_empty() {
        ""
    } else {
        ", not all as wanted"
    };
    Err(Snag::Again(format!(
        "there are {} of {}{which}",
        found["count"],
        find.words()
    )))
}
