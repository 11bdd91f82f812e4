//! Journals that older versions wrote fold in this one. A file's name begins with the state it ends in; how new ones
//! are made is told in `end2end/tests/it/survives/golden.rs`. None is ever changed or removed.

use app::model::{journal::Event, live::Live};
use server::{record::record, rolling::fold::fold};
use std::{fs, path::Path};

#[test]
fn every_golden_journal_folds_into_its_state_its_record_and_its_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/journals");
    let mut told = Vec::new();
    for version in fs::read_dir(root).unwrap() {
        let version = version.unwrap();
        for file in fs::read_dir(version.path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let place = format!("{}/{name}", version.file_name().to_string_lossy());
            let text = fs::read_to_string(&path).unwrap();
            let parse = |line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{place}: {error}\n{line}"))
            };
            let events: Vec<Event> = text.lines().map(parse).collect();
            let job = fold(&events).unwrap_or_else(|error| panic!("{place}: {error}"));
            let state = job.state.to_string();
            assert_eq!(name.split('-').next(), Some(state.as_str()), "{place}");
            let record = record(&events, None).unwrap();
            assert_eq!(record.state, job.state, "{place}");
            let page = Live::from_events(&events);
            assert_eq!(page.state, job.state, "{place}");
            let headline = page.headline("ann", job.since, None).plain();
            assert!(!headline.is_empty(), "{place}");
            told.push(format!(
                "{place}: {} events, {state}: {headline}",
                events.len()
            ));
        }
    }
    told.sort();
    assert!(told.len() >= 4, "{told:#?}");
    println!("{}", told.join("\n"));
}
