//! What is compared and stored.

use super::{
    Doing,
    find::{Ask, Found},
};
use crate::smoke::{variables::spoken, webdriver::wire::Snag};
use app::model::smoke::{Find, Subject, Wanted};
use serde_json::{Value, json};
use url::Url;

/// What the subject is, as it is; `null` where there is none.
pub async fn read(on: &mut Doing<'_>, subject: &Subject) -> Result<Value, Snag> {
    match subject {
        Subject::Variable(name) => Ok(on.values.variables.get(name).cloned().unwrap_or_default()),
        Subject::Title => on.wire.get("title", on.limit).await,
        Subject::Text(find) => {
            let found = on.find(find, Ask::default()).await?;
            text_of(on, &found).await.map(Value::from)
        }
        Subject::Value(find) | Subject::SelectedValue(find) => {
            Ok(seen(on, find).await?.facts["value"].take())
        }
        Subject::Attribute { on: find, name } => {
            let name = on.text(name);
            let found = seen(on, find).await?;
            let args = json!(["attribute", found.reference(), name]);
            on.wire.page(args, on.limit).await
        }
        Subject::Count(find) => on.count(find).await.map(Value::from),
        Subject::Present(find) => seen(on, find).await.map(|_| true.into()),
        Subject::Absent(find) => Ok((!is_there(on, find).await?).into()),
        Subject::Checked(find) => Ok(seen(on, find).await?.is("checked").into()),
        Subject::Editable(find) => Ok(seen(on, find).await?.is("editable").into()),
        Subject::SelectedLabel(find) => {
            let found = seen(on, find).await?;
            let args = json!(["label", found.reference()]);
            on.wire.page(args, on.limit).await
        }
    }
}

async fn seen(on: &mut Doing<'_>, find: &Find) -> Result<Found, Snag> {
    on.find(find, Ask::default()).await
}

/// Now; by one of our own locators only what can be seen is there.
async fn is_there(on: &mut Doing<'_>, find: &Find) -> Result<bool, Snag> {
    match seen(on, find).await {
        Ok(found) if found.is_standard => Ok(true),
        Ok(found) => super::element::is_displayed(on, &found).await,
        Err(Snag::Absent(_)) => Ok(false),
        Err(snag) => Err(snag),
    }
}

pub async fn expect(on: &mut Doing<'_>, subject: &Subject, is: &Wanted) -> Result<(), Snag> {
    let found = match subject {
        // what scripts call a variable that nobody set
        Subject::Variable(name) if !on.values.variables.contains_key(name) => "undefined".into(),
        other => read(on, other).await?,
    };
    let wanted = match is {
        Wanted::Equal(text) | Wanted::Unequal(text) => on.text(text),
        Wanted::True | Wanted::False => String::new(),
    };
    let Some(why) = otherwise(subject, is, &wanted, &found) else {
        return Ok(());
    };
    let waits = subject.on().is_some_and(|find| !find.is_standard())
        && !matches!(subject, Subject::Absent(_));
    Err(if waits {
        Snag::Again(why)
    } else {
        Snag::No(why)
    })
}

/// Why `found` is not what is wanted. Pure.
fn otherwise(subject: &Subject, is: &Wanted, wanted: &str, found: &Value) -> Option<String> {
    let said = match (subject, found) {
        (Subject::Variable(_), Value::Null) => Some("null".to_owned()),
        (_, Value::Null) => None,
        (_, found) => Some(spoken(found)),
    };
    let shown = said
        .as_ref()
        .map_or("nothing".to_owned(), |said| format!("\"{said}\""));
    let on = subject.on().map(Find::words).unwrap_or_default();
    let holds = match is {
        Wanted::Equal(_) => said.as_deref() == Some(wanted),
        Wanted::Unequal(_) => said.as_deref() != Some(wanted),
        Wanted::True => said.as_deref() == Some("true"),
        Wanted::False => said.as_deref() != Some("true"),
    };
    if holds {
        return None;
    }
    let compared = match is {
        Wanted::Equal(_) => format!("{shown}, not \"{wanted}\""),
        Wanted::Unequal(_) | Wanted::True | Wanted::False => shown,
    };
    let negation = if *is == Wanted::True { " not" } else { "" };
    Some(match subject {
        Subject::Variable(name) => format!("the variable {name} is {compared}"),
        Subject::Title => format!("the title is {compared}"),
        Subject::Text(_) => format!("{on} reads {compared}"),
        Subject::Value(_) | Subject::SelectedValue(_) => {
            format!("the value of {on} is {compared}")
        }
        Subject::Attribute { name, .. } => format!("{name} of {on} is {compared}"),
        Subject::Count(_) => format!("the number of {on} is {compared}"),
        Subject::SelectedLabel(_) => format!("the choice in {on} is {compared}"),
        Subject::Present(_) => format!("{on} is there"),
        Subject::Absent(_) if *is == Wanted::True => format!("{on} is there"),
        Subject::Absent(_) => format!("{on} is not there"),
        Subject::Checked(_) => format!("{on} is{negation} checked"),
        Subject::Editable(_) => format!("{on} is{negation} editable"),
    })
}

/// As the standard's drivers read it: what can be seen.
pub async fn text_of(on: &Doing<'_>, found: &Found) -> Result<String, Snag> {
    match on.wire.get(&found.path("text"), on.limit).await? {
        Value::String(text) => Ok(text),
        _ => Ok(String::new()),
    }
}

pub async fn text(on: &mut Doing<'_>, text: &str) -> Result<(), Snag> {
    let text = on.text(text);
    if on.wire.page(json!(["shows", text]), on.limit).await? == true {
        return Ok(());
    }
    let excerpt = on.wire.page(json!(["excerpt"]), on.limit).await?;
    let excerpt = excerpt.as_str().unwrap_or_default();
    Err(Snag::Again(if excerpt.is_empty() {
        format!("the page is empty and does not show \"{text}\"")
    } else {
        format!("the page does not show \"{text}\"; it begins \"{excerpt}\"")
    }))
}

pub async fn url(on: &mut Doing<'_>, path: &str) -> Result<(), Snag> {
    let path = on.text(path);
    let url = on.wire.get("url", on.limit).await?;
    let url = url.as_str().unwrap_or_default();
    if is_at(on.public, &path, url) {
        Ok(())
    } else {
        Err(Snag::Again(format!("the browser is at {url}")))
    }
}

pub fn json(text: &str) -> Result<Value, Snag> {
    serde_json::from_str(text)
        .map_err(|error| Snag::No(format!("what is stored is no JSON: {error}")))
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
    use app::model::smoke::Locator;

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

    #[test]
    fn comparisons_are_exact_and_say_both_sides() {
        let on = || Find::from(Locator::Id("x".into()));
        let equal = |text: &str| Wanted::Equal(text.into());
        let unequal = |text: &str| Wanted::Unequal(text.into());
        let cases = [
            (Subject::Text(on()), equal("a"), json!("a"), None),
            (
                Subject::Text(on()),
                equal("a"),
                json!("a "),
                Some("`#x` reads \"a \", not \"a\""),
            ),
            (
                Subject::Variable("n".into()),
                equal("null"),
                json!(null),
                None,
            ),
            (Subject::Variable("n".into()), equal("3"), json!(3), None),
            (
                Subject::Value(on()),
                equal("a"),
                json!(null),
                Some("the value of `#x` is nothing, not \"a\""),
            ),
            (Subject::Value(on()), unequal("a"), json!(null), None),
            (
                Subject::Title,
                unequal("Shop"),
                json!("Shop"),
                Some("the title is \"Shop\""),
            ),
            (
                Subject::Checked(on()),
                Wanted::True,
                json!(false),
                Some("`#x` is not checked"),
            ),
            (
                Subject::Checked(on()),
                Wanted::False,
                json!(true),
                Some("`#x` is checked"),
            ),
            (
                Subject::Absent(on()),
                Wanted::True,
                json!(false),
                Some("`#x` is there"),
            ),
        ];
        for (subject, is, found, why) in cases {
            let wanted = match &is {
                Wanted::Equal(text) | Wanted::Unequal(text) => text.clone(),
                Wanted::True | Wanted::False => String::new(),
            };
            let found = otherwise(&subject, &is, &wanted, &found);
            assert_eq!(found.as_deref(), why, "{subject:?} {is:?}");
        }
    }
}
