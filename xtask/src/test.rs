use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, ExitCode, Stdio},
};

use anyhow::Context as _;
use clap::Args;

use crate::{
    bundle::{self, Size},
    crates,
    guard::Signal,
    npm,
    postgres::Postgres,
    say, setup,
    tally::Tally,
    work::Work,
};

#[derive(Args)]
pub struct Options {
    /// Only this crate's tests; may be repeated
    #[arg(short, long)]
    package: Vec<String>,
    /// Only tests with this in their name
    filter: Option<String>,
}

/// Setting up and building may fail with a sentence; from the first test on, the count is said.
pub fn run(work: &Work, options: &Options) -> anyhow::Result<ExitCode> {
    let toolchain = setup::tests(work)?;
    let grid = npm::GRID.installed(work)?;
    let geckodriver = crates::GECKODRIVER.installed(work)?;
    bundle::site(work, &toolchain, Size::Dev)?;
    if !options.package.is_empty() {
        // the journeys start these; with all crates under test cargo makes them anyway
        bundle::programs(work, Size::Dev)?;
    }
    say::step("building the tests", || {
        work.run(cargo_test(work, options).args(["--no-run", "--quiet"]))
    })?;
    let postgres = say::step("starting a PostgreSQL for the tests", || {
        Postgres::start(work)
    })?;
    let mut tally = Tally::default();
    let all_well = say::step("running the tests", || {
        let mut cargo = cargo_test(work, options);
        cargo.arg("--no-fail-fast").args(&options.filter);
        cargo.env("DATABASE_URL", postgres.url());
        cargo.env("LEPTOS_SITE_ROOT", work.target.join("site"));
        cargo.env("PITLANE_TEST_GRID", &grid);
        cargo.env("PITLANE_TEST_GECKODRIVER", &geckodriver);
        stream(work, &mut cargo, &mut tally)
    })?;

    let mut out = std::io::stdout().lock();
    if !tally.failures.is_empty() {
        writeln!(out, "\nfailed:")?;
        for name in &tally.failures {
            writeln!(out, "    {name}")?;
        }
    } else if !all_well {
        writeln!(
            out,
            "\ncargo reports a failure that no test does, see above"
        )?;
    }
    if tally.passed + tally.failed == 0 {
        writeln!(out, "\nno test ran")?;
    }
    writeln!(out, "{}", tally.last_line())?;
    let good = all_well && tally.failed == 0 && tally.passed > 0;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn cargo_test(work: &Work, options: &Options) -> Command {
    let mut cargo = work.cargo();
    cargo.arg("test");
    if options.package.is_empty() {
        // the frontend holds no logic, and its features must not mix with the server's
        cargo.args(["--workspace", "--exclude", "frontend"]);
    }
    for package in &options.package {
        cargo.args(["--package", package]);
    }
    cargo
}

/// Passes everything on as it comes, and counts. True when cargo itself saw no failure.
fn stream(work: &Work, cargo: &mut Command, tally: &mut Tally) -> anyhow::Result<bool> {
    let mut child = work.spawn(cargo.stdout(Stdio::piped()), Signal::Terminate)?;
    let output = child.stdout.take().context("stdout is a pipe")?;
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        tally.read(&text);
        writeln!(out, "{text}")?;
    }
    tally.close();
    let status = child.wait();
    work.guard.forget(child.id());
    Ok(status?.success())
}
