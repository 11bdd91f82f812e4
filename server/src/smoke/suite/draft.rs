//! What was typed in the editor, to a flow; and a flow to what is typed. Every row is looked at by itself, so that all
//! mistakes are told at once; what holds between rows comes after that.

use super::{DEFAULT_STEP_LIMIT, Wrong, millis, raw, row, write};
use app::model::{
    editor::{Draft, Fault, Spot},
    smoke::{Flow, Retry, Session, Weight, Writes},
};
use std::ops::Range;
use toml::{Table, Value};

/// What may stand among the other settings.
const MORE: [&str; 4] = ["limit", "tags", "continues", "variables"];

/// A flow as it is typed.
pub fn typed(flow: &Flow) -> Draft {
    let mut more = Vec::new();
    let mut say = |key: &str, value: Value| more.push(format!("{key} = {value}"));
    if flow.session == Session::Continued {
        say("continues", true.into());
    }
    if let Some(limit) = flow.limit_ms {
        say("limit", write::spelled(limit).into());
    }
    if !flow.tags.is_empty() {
        let tags: Vec<&str> = flow.tags.iter().map(|tag| tag.as_str()).collect();
        say("tags", tags.into());
    }
    if !flow.variables.is_empty() {
        let all = flow.variables.iter();
        let table = all.map(|(name, value)| (name.clone(), value.as_str().into()));
        say("variables", Value::Table(table.collect()));
    }
    Draft {
        name: flow.name.to_string(),
        title: match flow.title == flow.name.as_str() {
            true => String::new(),
            false => flow.title.clone(),
        },
        writes: flow.writes == Writes::Marked,
        required: flow.weight == Weight::Required,
        again: flow.retry == Retry::Once,
        step_limit: match flow.step_limit_ms == millis(DEFAULT_STEP_LIMIT) {
            true => String::new(),
            false => write::spelled(flow.step_limit_ms),
        },
        more: more.join("\n"),
        rows: flow.steps.iter().map(row::row).collect(),
        ..Draft::default()
    }
}

/// The flow that was typed, or everything that is wrong with it. `is_first`: no flow stands before it.
pub fn read(draft: &Draft, is_first: bool) -> Result<Flow, Vec<Fault>> {
    let mut faults: Vec<Fault> = more(&draft.more)
        .err()
        .into_iter()
        .map(|words| Fault::new(Spot::More, words))
        .collect();
    let mut rows = Vec::new();
    for (at, row) in draft.rows.iter().enumerate() {
        match row::written(row).and_then(|text| row::step(row).map(|_| text)) {
            Ok(text) => rows.push(text),
            Err(words) => faults.push(Fault::new(Spot::Row(at), words)),
        }
    }
    if faults.is_empty() {
        return Text::of(draft, &rows)
            .read(is_first)
            .map_err(|fault| vec![fault]);
    }
    // the settings by themselves, over a flow that is nothing but right
    let mut settings = draft.clone();
    if faults.iter().any(|fault| fault.spot == Spot::More) {
        settings.more.clear();
    }
    let alone = Text::of(&settings, &["{ open = \"/\" }".to_owned()]).read(is_first);
    if let Err(fault) = alone {
        faults.insert(0, fault);
    }
    Err(faults)
}

/// A line each, of the settings that have no field.
fn more(text: &str) -> Result<(), String> {
    let table: Table =
        toml::from_str(text).map_err(|error| error.message().trim().replace('\n', ", "))?;
    match table.keys().find(|key| !MORE.contains(&key.as_str())) {
        Some(odd) => Err(format!("`{odd}` is none of: {}", MORE.join(", "))),
        None => Ok(()),
    }
}

/// A draft as our own format has it, and which of its bytes were typed where.
struct Text {
    text: String,
    spots: Vec<(Range<usize>, Spot)>,
}

impl Text {
    fn of(draft: &Draft, rows: &[String]) -> Self {
        let mut it = Self {
            text: "public_url = \"http://localhost\"\n[[flow]]\n".to_owned(),
            spots: Vec::new(),
        };
        let value = |text: &str| Value::from(text.trim()).to_string();
        it.add(Spot::Name, &format!("name = {}\n", value(&draft.name)));
        if !draft.title.trim().is_empty() {
            it.add(Spot::Flow, &format!("title = {}\n", value(&draft.title)));
        }
        if draft.writes {
            it.add(Spot::Flow, "writes = \"marked\"\n");
        }
        if !draft.required {
            it.add(Spot::Flow, "required = false\n");
        }
        if draft.again {
            it.add(Spot::Flow, "retry = \"once\"\n");
        }
        if !draft.step_limit.trim().is_empty() {
            let limit = format!("step_limit = {}\n", value(&draft.step_limit));
            it.add(Spot::StepLimit, &limit);
        }
        it.add(Spot::More, &format!("{}\n", draft.more));
        it.text.push_str("steps = [\n");
        for (at, row) in rows.iter().enumerate() {
            it.add(Spot::Row(at), &format!("{row},\n"));
        }
        it.text.push_str("]\n");
        it
    }

    fn add(&mut self, spot: Spot, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.spots.push((start..self.text.len(), spot));
    }

    fn read(&self, is_first: bool) -> Result<Flow, Fault> {
        let spot = |at: usize| {
            let found = self.spots.iter().find(|(bytes, _)| bytes.contains(&at));
            found.map_or(Spot::Flow, |(_, spot)| *spot)
        };
        let suite: raw::Suite = toml::from_str(&self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(spot(at), error.message().trim().replace('\n', ", "))
        })?;
        let raw = suite.flow.into_iter().next().expect("the text has a flow");
        super::flow(raw, is_first).map_err(|Wrong(at, words)| Fault::new(spot(at.start), words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::suite::{parse, tests::RICH};
    use app::model::editor::{By, Do, Row};

    fn row(act: Do, on: &str, with: &str) -> Row {
        Row {
            act,
            by: By::Usual,
            on: on.into(),
            with: with.into(),
            also: String::new(),
        }
    }

    fn draft(name: &str, rows: Vec<Row>) -> Draft {
        Draft {
            name: name.into(),
            rows,
            ..Draft::default()
        }
    }

    fn good() -> Draft {
        draft(
            "look",
            vec![row(Do::Open, "", "/"), row(Do::Click, "Go", "")],
        )
    }

    fn told(draft: &Draft) -> Vec<String> {
        let faults = read(draft, true).unwrap_err();
        faults.iter().map(Fault::told).collect()
    }

    #[test]
    fn every_flow_reads_back_as_it_was() {
        let suite = parse(RICH).unwrap();
        for flow in &suite.flows {
            assert_eq!(read(&typed(flow), false).as_ref(), Ok(flow));
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_each_at_its_place() {
        let mut bad = good();
        bad.name = "Größe".into();
        bad.more = "colour = 1".into();
        bad.rows[1].on.clear();
        bad.rows.push(row(Do::Pause, "", "soon"));
        let spots: Vec<Spot> = read(&bad, true)
            .unwrap_err()
            .iter()
            .map(|f| f.spot)
            .collect();
        assert_eq!(spots, [Spot::Name, Spot::More, Spot::Row(1), Spot::Row(2)]);
        let told = told(&bad);
        assert!(
            told[1].starts_with("more settings: `colour` is none of: limit"),
            "{told:?}"
        );
        assert_eq!(told[2], "step 2: `click` needs an element");
        assert_eq!(told[3], "step 3: `soon` is no pause: at most \"60 s\"");
    }

    #[test]
    fn what_holds_between_rows_and_settings_is_told_at_its_place_too() {
        let with = |change: fn(&mut Draft)| {
            let mut draft = good();
            change(&mut draft);
            let faults = read(&draft, true).unwrap_err();
            (faults[0].spot, faults[0].words.clone())
        };
        let (spot, words) = with(|draft| draft.rows.swap(0, 1));
        assert_eq!(spot, Spot::Row(0));
        assert!(words.contains("begins with"), "{words}");
        let (spot, _) = with(|draft| draft.rows.push(row(Do::Other, "", "end = true")));
        assert_eq!(spot, Spot::Row(2));
        let (spot, _) = with(|draft| draft.more = "continues = true".into());
        assert_eq!(spot, Spot::More);
        let (spot, _) = with(|draft| draft.step_limit = "10".into());
        assert_eq!(spot, Spot::StepLimit);
        let (spot, words) = with(|draft| draft.rows.clear());
        assert!(words.contains("no steps"), "{spot:?} {words}");
        let (_, words) = with(|draft| (draft.writes, draft.again) = (true, true));
        assert!(words.contains("never repeated"), "{words}");
        let (spot, _) = with(|draft| draft.more = "steps = []".into());
        assert_eq!(spot, Spot::More);
    }
}
