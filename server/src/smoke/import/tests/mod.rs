//! What is understood of files people already have, and what is not.

/// Files of every command, which `end2end smoke::conform_files` plays in the real browser.
mod samples;

/// One command of Selenium IDE at a time.
mod commands;

/// Old names and old ways.
mod legacy;

/// Conditions and loops.
mod blocks;

/// Tests that run others, and suites of tests.
mod suites;

/// Files that are refused.
mod files;

/// Recordings of Chrome.
mod recorder;

/// Back to a `.side` file.
mod export;

use super::*;
use app::model::{
    import::Fate,
    smoke::{Act, Answer, Dialog, Find, Locator, NewWindow, Session, Step, Suite, Text as Typed},
};
use proptest::prelude::*;

/// Every sample, and what it is called.
pub fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/suites");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    samples.sort();
    samples
}

fn read(text: &str) -> Imported {
    import("a.side", text, &Wishes::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A project of one test, a command per line from line 2 on.
fn project(version: &str, commands: &[(&str, &str, &str)]) -> String {
    let commands: Vec<String> = commands
        .iter()
        .map(|(command, target, value)| {
            serde_json::json!({"command": command, "target": target, "value": value}).to_string()
        })
        .collect();
    format!(
        r#"{{"version":"{version}","url":"http://shop.example.test","tests":[{{"id":"1","name":"one","commands":[
{}]}}]}}"#,
        commands.join(",\n")
    )
}

fn steps(version: &str, commands: &[(&str, &str, &str)]) -> Vec<Step> {
    let imported = read(&project(version, commands));
    assert_eq!(imported.flows[0].invalid, Vec::<String>::new());
    imported.flows[0].steps.clone()
}

fn words(version: &str, commands: &[(&str, &str, &str)]) -> Vec<String> {
    steps(version, commands).iter().map(Step::words).collect()
}

/// Why the only flow cannot run.
fn invalid(commands: &[(&str, &str, &str)]) -> Vec<String> {
    read(&project("3.0", commands)).flows[0].invalid.clone()
}

#[test]
fn a_password_in_plain_text_and_a_flow_that_expects_nothing_are_pointed_out() {
    let imported = read(&project(
        "2.0",
        &[("type", "id=password", "geheim"), ("click", "id=a", "")],
    ));
    let hints = imported.report.flows[0].hints.join(" ");
    assert!(
        hints.contains("Nothing is expected in it")
            && hints.contains("Line 2 types what looks like a password"),
        "{hints}"
    );
    assert!(!hints.contains("geheim"));
    let imported = read(&project(
        "2.0",
        &[
            ("type", "id=password", "${env:P}"),
            ("assertTitle", "x", ""),
        ],
    ));
    assert_eq!(imported.report.flows[0].hints, Vec::<String>::new());
}
