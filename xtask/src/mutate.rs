//! Whether the tests notice when a safety guard is missing: each is switched off in turn, in a build that can do so,
//! and the tests that ought to fail must fail.

use crate::work::Work;
use anyhow::{Context, bail};
use std::{process::Stdio, time::Instant};

/// A guard as `PITLANE_GUARD_OFF` names it, and the tests that must notice: package, target, filters.
struct Mutation {
    guard: &'static str,
    package: &'static str,
    target: &'static [&'static str],
    filters: &'static [&'static str],
}

const MUTATIONS: [Mutation; 8] = [
    of_server("sql-epoch", &["--test", "it"], &["store::journal"]),
    of_server("one-active", &["--test", "it"], &["store::deployments"]),
    of_server("local-deadline", &["--lib"], &["rolling::lease"]),
    Mutation {
        guard: "node-epoch",
        package: "end2end",
        target: &["--test", "it"],
        filters: &["wrapper"],
    },
    of_server("read-back", &["--test", "it"], &["rolling::guarded"]),
    of_server("re-assert", &["--test", "it"], &["rolling::people"]),
    of_server("floor", &["--test", "it"], &["rolling::guarded"]),
    of_server(
        "order",
        &["--lib"],
        &["rolling::next", "rolling::simulation"],
    ),
];

const fn of_server(
    guard: &'static str,
    target: &'static [&'static str],
    filters: &'static [&'static str],
) -> Mutation {
    Mutation {
        guard,
        package: "server",
        target,
        filters,
    }
}

pub fn run(work: &Work) -> anyhow::Result<()> {
    let mut unnoticed = Vec::new();
    for mutation in &MUTATIONS {
        // with all guards the same tests must pass, or their failing says nothing
        if !passes(work, mutation, None)? {
            bail!(
                "the tests of {} fail with every guard in place",
                mutation.guard
            );
        }
        let begun = Instant::now();
        let noticed = !passes(work, mutation, Some(mutation.guard))?;
        println!(
            "{:15} {:12} {} {} in {} s",
            mutation.guard,
            if noticed { "noticed" } else { "NOT NOTICED" },
            mutation.package,
            mutation.filters.join(", "),
            begun.elapsed().as_secs()
        );
        if !noticed {
            unnoticed.push(mutation.guard);
        }
    }
    if !unnoticed.is_empty() {
        bail!(
            "no test notices that these are missing: {}",
            unnoticed.join(", ")
        );
    }
    println!("every guard is missed when it is gone");
    Ok(())
}

/// Builds if need be; a build that fails is an error, tests that fail are an answer.
fn passes(work: &Work, mutation: &Mutation, off: Option<&str>) -> anyhow::Result<bool> {
    let cargo = || {
        let mut cargo = work.cargo();
        cargo.args(["test", "--quiet", "--package", mutation.package]);
        cargo.args(mutation.target);
        cargo.args(["--features", "server/mutate-guards"]);
        cargo
    };
    work.run(cargo().arg("--no-run"))?;
    let mut tests = cargo();
    tests.arg("--").args(mutation.filters);
    tests.env_remove("PITLANE_GUARD_OFF");
    if let Some(guard) = off {
        tests.env("PITLANE_GUARD_OFF", guard);
    }
    let done = tests
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cargo did not start")?;
    Ok(done.success())
}
