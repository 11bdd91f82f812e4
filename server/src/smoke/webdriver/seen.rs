//! What a step came to, and how the page was then. Pure.

use crate::smoke::{StepSeen, Values, variables::interpolate};
use app::model::smoke::{Act, ElementBox, Navigates};
use serde_json::Value;
use std::time::Duration;

/// What came of doing a step.
#[derive(Debug, Default)]
pub struct Acted {
    /// Why the page did not let it be done.
    pub refused: Option<String>,
    /// A dialog was in the way.
    pub met_dialog: bool,
    pub value: Option<Value>,
    /// It was done to an element.
    pub found: bool,
    pub found_by: Option<String>,
    pub tries: u32,
    /// Until the last try.
    pub waited: Duration,
}

impl Acted {
    pub fn seen(&self) -> StepSeen {
        StepSeen {
            refused: self.refused.clone(),
            value: self.value.clone(),
            found_by: self.found_by.clone(),
            tries: self.tries,
            waited: self.waited,
            ..StepSeen::default()
        }
    }
}

/// The page at rest.
#[derive(Debug, Default)]
pub struct Rest {
    pub refused: Option<String>,
    /// `None`: only the driver knows.
    pub url: Option<String>,
    pub element: Option<ElementBox>,
    pub masked: Vec<ElementBox>,
    pub dialogs: Vec<String>,
}

impl Rest {
    /// What `page.js` tells.
    pub fn take(&mut self, state: &Value) {
        self.url = state["url"].as_str().map(str::to_owned);
        self.element = shape(&state["element"]);
        let masked = state["masked"].as_array();
        self.masked = masked.into_iter().flatten().filter_map(shape).collect();
        if let Some(bad) = state["bad"].as_str() {
            self.refused
                .get_or_insert(format!("a mask of this step is no valid selector: {bad}"));
        }
    }
}

fn shape(value: &Value) -> Option<ElementBox> {
    let place = |name: &str| i32::try_from(value[name].as_i64()?).ok();
    let size = |name: &str| u32::try_from(value[name].as_u64()?).ok();
    Some(ElementBox {
        x: place("x")?,
        y: place("y")?,
        width: size("width")?,
        height: size("height")?,
    })
}

/// Where a step was to lead, with its variables replaced.
#[derive(Debug)]
pub struct Wished {
    url: Option<String>,
    title: Option<String>,
}

impl Wished {
    pub fn new(navigates: &Navigates, values: &Values<'_>) -> Self {
        let known = |text: &Option<String>| {
            let text = text.as_ref()?;
            Some(interpolate(text, values).text)
        };
        Self {
            url: known(&navigates.url),
            title: known(&navigates.title),
        }
    }

    /// Why `page` is not what was wished for.
    pub fn otherwise(&self, page: &Value) -> Option<String> {
        let differs = |wanted: &Option<String>, found: &Value, what: &str| {
            let wanted = wanted.as_ref()?;
            let found = found.as_str().unwrap_or_default();
            (found != wanted).then(|| format!("it led to {what} {found}, not {wanted}"))
        };
        differs(&self.url, &page["url"], "the page")
            .or_else(|| differs(&self.title, &page["title"], "the title"))
    }
}

/// What a page may answer with another one, a moment later.
pub fn may_navigate(act: &Act) -> bool {
    matches!(
        act,
        Act::Click { .. }
            | Act::DoubleClick { .. }
            | Act::ClickAt { .. }
            | Act::Point { .. }
            | Act::Drag { .. }
            | Act::Submit { .. }
            | Act::Keys { .. }
            | Act::Key { .. }
            | Act::Choose { .. }
            | Act::Select { .. }
            | Act::Check { .. }
            | Act::Change { .. }
            | Act::Run { .. }
            | Act::AnswerDialog { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_asked_for_must_be_so() {
        let page = json!({ "url": "http://shop.test/x", "title": "X" });
        let wished = |url: Option<&str>, title: Option<&str>| Wished {
            url: url.map(str::to_owned),
            title: title.map(str::to_owned),
        };
        let cases = [
            (wished(None, None), None),
            (wished(Some("http://shop.test/x"), Some("X")), None),
            (
                wished(Some("http://shop.test/"), None),
                Some("it led to the page http://shop.test/x, not http://shop.test/"),
            ),
            (
                wished(None, Some("Y")),
                Some("it led to the title X, not Y"),
            ),
        ];
        for (wished, why) in cases {
            assert_eq!(wished.otherwise(&page).as_deref(), why, "{wished:?}");
        }
    }

    #[test]
    fn boxes_are_taken_as_far_as_they_are_boxes() {
        let mut rest = Rest::default();
        rest.take(&json!({
            "url": null,
            "element": { "x": -3, "y": 4, "width": 10, "height": 20 },
            "masked": [{ "x": 0, "y": 0, "width": 1, "height": 1 }, null, { "x": 1 }],
            "bad": "no",
        }));
        let element = rest.element.unwrap();
        assert_eq!((element.x, element.y, element.width), (-3, 4, 10));
        assert_eq!((rest.masked.len(), rest.url), (1, None));
        assert!(rest.refused.unwrap().ends_with("no valid selector: no"));
    }
}
