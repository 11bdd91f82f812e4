//! Expectations as they are written, to those of the model.

use super::{raw, step::local};
use app::model::smoke::{Act, Counted, Locator, Operator, Subject, Until, Wanted};
use std::collections::BTreeMap;

const FORMS: &str = "`expect` is one of: { text = \"...\" }, { url = \"/...\" }, { status = 200 }, { title = \"...\" }, \
    { element = ... }, { no_element = ... }, { checked = ... }, { unchecked = ... }, { editable = ... }, { locked = ... }, \
    { count_of = ..., count = 3 }, or one of text_of, value_of, chosen_in, attribute with of, variable, each with `is` or `is_not`";

pub fn expectation(raw: raw::Expect) -> Result<Act, String> {
    let present = raw.present();
    let raw::Expect {
        text,
        url,
        status,
        title,
        element,
        no_element,
        text_of,
        value_of,
        chosen_in,
        attribute,
        of,
        variable,
        checked,
        unchecked,
        editable,
        locked,
        count_of,
        operator,
        count,
        is,
        is_not,
    } = raw;
    let forms = || FORMS.to_owned();
    let yes = |subject| {
        let is = Wanted::True;
        Ok(Act::Expect { subject, is })
    };
    let no = |subject| {
        let is = Wanted::False;
        Ok(Act::Expect { subject, is })
    };
    match (&present[..], is, is_not) {
        (["text"], ..) => {
            let text = text.filter(|text| !text.trim().is_empty());
            text.map(|text| Act::ExpectText { text }).ok_or_else(forms)
        }
        (["url"], ..) => {
            let path = local(url.ok_or_else(forms)?)?;
            Ok(Act::ExpectUrl { path })
        }
        (["status"], ..) => {
            let status = status.filter(|status| (100..=599).contains(status));
            status
                .map(|status| Act::ExpectStatus { status })
                .ok_or_else(forms)
        }
        (["title"], ..) => {
            let is = Wanted::Equal(title.ok_or_else(forms)?);
            let subject = Subject::Title;
            Ok(Act::Expect { subject, is })
        }
        (["element"], ..) => {
            let (on, until) = (element.ok_or_else(forms)?.thing()?, Until::Visible);
            Ok(Act::WaitFor { on, until })
        }
        (["no_element"], ..) => {
            let (on, until) = (no_element.ok_or_else(forms)?.thing()?, Until::Hidden);
            Ok(Act::WaitFor { on, until })
        }
        (["checked"], ..) => yes(Subject::Checked(checked.ok_or_else(forms)?.field()?)),
        (["unchecked"], ..) => no(Subject::Checked(unchecked.ok_or_else(forms)?.field()?)),
        (["editable"], ..) => yes(Subject::Editable(editable.ok_or_else(forms)?.field()?)),
        (["locked"], ..) => no(Subject::Editable(locked.ok_or_else(forms)?.field()?)),
        (["count_of", "count"] | ["count_of", "operator", "count"], ..) => {
            let counted = Counted {
                operator: operator.unwrap_or(Operator::Exactly),
                count: count.ok_or_else(forms)?,
                visible: None,
                attributes: BTreeMap::new(),
                properties: BTreeMap::new(),
            };
            let on = count_of.ok_or_else(forms)?.with_plain(Locator::Css)?;
            Ok(Act::WaitForCount { on, counted })
        }
        (_, is, is_not) => {
            let wanted = match (is, is_not) {
                (Some(text), None) => Wanted::Equal(text),
                (None, Some(text)) => Wanted::Unequal(text),
                _ => return Err(forms()),
            };
            // what is left is compared with a text
            let subject = match (&present[..present.len() - 1], text_of, value_of, chosen_in) {
                (["text_of"], Some(on), ..) => Subject::Text(on.thing()?),
                (["value_of"], _, Some(on), _) => Subject::Value(on.field()?),
                (["chosen_in"], _, _, Some(on)) => Subject::SelectedLabel(on.field()?),
                (["attribute", "of"], ..) => Subject::Attribute {
                    name: attribute.ok_or_else(forms)?,
                    on: of.ok_or_else(forms)?.thing()?,
                },
                (["variable"], ..) => Subject::Variable(variable.ok_or_else(forms)?),
                _ => return Err(forms()),
            };
            Ok(Act::Expect {
                subject,
                is: wanted,
            })
        }
    }
}
