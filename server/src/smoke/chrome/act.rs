//! One try at one step, through the driver.

use super::wire::{Snag, Wire};
use crate::smoke::{BrowserTrouble, Values};
use app::model::smoke::{Act, Find, Locator, Step, Text};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The standard's name for "an element" in JSON. Source: W3C WebDriver, "web element identifier".
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Tries `step` once. [`Snag::Again`] when what it needs is not there, or not there yet.
pub async fn try_step(
    wire: &Wire,
    public: &Url,
    step: &Step,
    values: Values<'_>,
    limit: Duration,
) -> Result<(), Snag> {
    match &step.act {
        Act::Open { path } => {
            let url = public
                .join(path)
                .map_err(|error| ours(format!("`{path}` cannot be opened: {error}")))?;
            wire.post("url", json!({ "url": url.as_str() }), limit)
                .await?;
        }
        Act::Click { on } => {
            let found = look(wire, "element", on, None, limit).await?;
            press(wire, &found, limit).await?;
        }
        Act::Fill { on, with } => {
            let text = values
                .text(with)
                .ok_or_else(|| ours("a secret is missing".to_owned()))?;
            let is_secret = matches!(with, Text::Secret(_));
            let found = look(wire, "field", on, Some(is_secret.into()), limit).await?;
            let id = element(&found)?;
            if found["filled"] == true {
                wire.post(&format!("element/{id}/clear"), json!({}), limit)
                    .await?;
            }
            wire.post(
                &format!("element/{id}/value"),
                json!({ "text": text }),
                limit,
            )
            .await?;
        }
        Act::Choose { on, option } => {
            let found = look(wire, "option", on, Some(option.as_str().into()), limit).await?;
            press(wire, &found, limit).await?;
        }
        Act::ExpectText { text } => {
            if wire.page(json!(["shows", text]), limit).await? != true {
                let excerpt = wire.page(json!(["excerpt"]), limit).await?;
                let excerpt = excerpt.as_str().unwrap_or_default();
                return Err(Snag::Again(if excerpt.is_empty() {
                    format!("the page is empty and does not show \"{text}\"")
                } else {
                    format!("the page does not show \"{text}\"; it begins \"{excerpt}\"")
                }));
            }
        }
        Act::ExpectUrl { path } => {
            let url = wire.get("url", limit).await?;
            let url = url.as_str().unwrap_or_default();
            if !is_at(public, path, url) {
                return Err(Snag::Again(format!("the browser is at {url}")));
            }
        }
        // judged by what was loaded
        Act::ExpectStatus { .. } => {}
        _ => {
            return Err(ours(format!(
                "this browser cannot yet do what `{}` says",
                step.words()
            )));
        }
    }
    Ok(())
}

/// What `page.js` finds for `on`, or why it cannot be used.
async fn look(
    wire: &Wire,
    verb: &str,
    on: &Find,
    more: Option<Value>,
    limit: Duration,
) -> Result<Value, Snag> {
    let (kind, text) = match &on.first {
        Locator::Label(text) => ("label", text),
        Locator::Text(text) => ("text", text),
        Locator::Css(text) => ("css", text),
        other => return Err(ours(format!("{} cannot be found yet", other.words()))),
    };
    let found = wire.page(json!([verb, kind, text, more]), limit).await?;
    match (found["why"].as_str(), found["bad"].as_str()) {
        (Some(why), _) => Err(Snag::Again(why.to_owned())),
        (None, Some(words)) => Err(Snag::Trouble(
            BrowserTrouble::new(format!("the suite's selector `{text}` is not valid"))
                .because(words),
        )),
        (None, None) => Ok(found),
    }
}

async fn press(wire: &Wire, found: &Value, limit: Duration) -> Result<(), Snag> {
    let id = element(found)?;
    wire.post(&format!("element/{id}/click"), json!({}), limit)
        .await
        .map(drop)
}

fn element(found: &Value) -> Result<&str, Snag> {
    found["el"][ELEMENT]
        .as_str()
        .ok_or_else(|| ours("the browser's driver named no element".to_owned()))
}

fn ours(what: String) -> Snag {
    Snag::Trouble(BrowserTrouble::new(what))
}

/// Whether `url` is `path` below the public address. Query and fragment count only where `path` names them.
fn is_at(public: &Url, path: &str, url: &str) -> bool {
    let (Ok(wanted), Ok(found)) = (public.join(path), Url::parse(url)) else {
        return false;
    };
    wanted.origin() == found.origin()
        && wanted.path() == found.path()
        && (wanted.query().is_none() || wanted.query() == found.query())
        && (wanted.fragment().is_none() || wanted.fragment() == found.fragment())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_browser_is_counts_as_far_as_the_flow_says() {
        let public = Url::parse("http://shop.test").unwrap();
        let cases = [
            ("/orders", "http://shop.test/orders", true),
            ("/orders", "http://shop.test/orders?new=1#x", true),
            ("/orders?new=1", "http://shop.test/orders?new=1", true),
            ("/orders?new=1", "http://shop.test/orders", false),
            ("/orders", "http://shop.test/orders/", false),
            ("/orders", "http://other.test/orders", false),
            ("/orders", "https://shop.test/orders", false),
            ("/orders", "chrome-error://chromewebdata/", false),
        ];
        for (path, url, is_there) in cases {
            assert_eq!(is_at(&public, path, url), is_there, "{path} {url}");
        }
    }
}
