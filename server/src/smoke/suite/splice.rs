//! One flow of a text changed, and nothing else: comments and order of all the rest stay as somebody wrote them.

use super::write;
use app::model::{name::Name, smoke::Flow};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

/// The text with `flow` in the place of the one called `was`. `None`: it is not written in a way that lets itself be
/// changed in one place.
pub fn replaced(text: &str, was: &Name, flow: &Flow) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let flows = flows(&mut document)?;
    let is_it = |table: &Table| table.get("name").and_then(Item::as_str) == Some(was.as_str());
    let at = flows.iter().position(is_it)?;
    let old = flows.get_mut(at)?;
    let mut new = table(flow)?;
    // what stands above it is about it still
    *new.decor_mut() = old.decor().clone();
    new.set_position(old.position());
    *old = new;
    Some(document.to_string())
}

/// The text with these at its end.
pub fn appended(text: &str, new: &[Flow]) -> Option<String> {
    let mut text = text.to_owned();
    let mut document: DocumentMut = text.parse().ok()?;
    if document.contains_key("flow") {
        flows(&mut document)?;
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for flow in new {
        text.push('\n');
        write::flow(&mut text, flow);
    }
    Some(text)
}

fn flows(document: &mut DocumentMut) -> Option<&mut ArrayOfTables> {
    document.get_mut("flow")?.as_array_of_tables_mut()
}

fn table(flow: &Flow) -> Option<Table> {
    let mut text = String::new();
    write::flow(&mut text, flow);
    let mut document: DocumentMut = text.parse().ok()?;
    flows(&mut document)?.iter().next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::suite::parse;
    use app::model::smoke::{Act, Step};

    const TEXT: &str = r##"# the shop's own
public_url = "https://shop.example.test"   # as users know it

# nobody knows why this is needed
[[host]]
host = "cdn.example.com"
leads = "real-address"

# first of all
[[flow]]
name = "sign-in"
steps = [
  { open = "/" },          # the start
  { click = "Sign in" },
]

# then
[[flow]]
name  =  "order"
tags = ["slow"]
steps = [{ open = "/orders" }]
[flow.variables]
who = "ann"

[[flow]]
name = "out"
steps = [
    { open = "/out" }, # odd, but theirs
]
"##;

    fn order() -> Flow {
        let mut flow = parse(TEXT).unwrap().flows.remove(1);
        flow.steps.push(Step::from(Act::Echo {
            text: "it's \"new\"".into(),
        }));
        flow
    }

    #[test]
    fn only_the_flow_itself_is_written_anew() {
        let changed = replaced(TEXT, &"order".parse().unwrap(), &order()).unwrap();
        let mut meant = parse(TEXT).unwrap();
        meant.flows[1] = order();
        assert_eq!(parse(&changed), Ok(meant), "{changed}");
        let (before, _) = TEXT.split_once("# then").unwrap();
        let (_, after) = TEXT.split_once("who = \"ann\"\n").unwrap();
        assert!(changed.starts_with(before), "{changed}");
        assert!(changed.ends_with(after), "{changed}");
        assert!(
            changed.contains("# then\n[[flow]]\nname = \"order\""),
            "{changed}"
        );
        assert_eq!(replaced(TEXT, &"none".parse().unwrap(), &order()), None);
    }

    #[test]
    fn new_ones_come_last() {
        let mut new = order();
        new.name = "again".parse().unwrap();
        let changed = appended(TEXT, &[new.clone()]).unwrap();
        assert!(changed.starts_with(TEXT), "{changed}");
        let mut meant = parse(TEXT).unwrap();
        new.title = "order".into();
        meant.flows.push(new);
        assert_eq!(parse(&changed).unwrap().flows.len(), 4);
        assert_eq!(parse(&changed), Ok(meant));
    }
}
