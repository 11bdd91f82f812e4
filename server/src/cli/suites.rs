//! `pitlane suites`

use super::{
    Ended,
    args::{ImportArgs, Pool, SuitesVerb},
    client::{Client, Failed},
    reach::Reach,
    table::columns,
};
use crate::{smoke::import, wire::ImportBody};
use app::{
    gateway::SuiteFormat,
    model::import::{Fate, FileReport, FlowReport, SuiteExport, SuiteFile, SuiteImport, SuiteView},
};
use std::path::Path;

pub async fn run(verb: SuitesVerb) -> Result<Ended, Failed> {
    match verb {
        SuitesVerb::Import(args) => take_in(args).await,
        SuitesVerb::Export {
            pool,
            format,
            reach,
        } => export(&pool, format, &reach).await,
        SuitesVerb::Show { pool, json, reach } => show(&pool, json, &reach).await,
    }
}

async fn take_in(args: ImportArgs) -> Result<Ended, Failed> {
    if args.name.is_some() && args.files.len() > 1 {
        return Err(Failed::Here(
            "A --name is for one file; these are several.".to_owned(),
        ));
    }
    let client = Client::new(&args.reach)?;
    let mut files = Vec::new();
    for path in &args.files {
        let mut file = load(path)?;
        if let Some(name) = &args.name {
            file.name = name.clone();
        }
        files.push(file);
    }
    let body = ImportBody {
        files,
        public_url: args.public_url,
        skip: args.skip_unknown,
        replace: args.replace,
        dry_run: args.dry_run,
    };
    let path = format!("{}/suite", args.pool.path());
    let came: SuiteImport = client.post(&path, &body).await?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&came).expect("a report becomes JSON")
        );
        return Ok(Ended::WELL);
    }
    for report in &came.reports {
        print(&lines(report));
    }
    println!("It runs at {}.", came.public_url);
    println!("{}", came.words);
    Ok(Ended::WELL)
}

async fn export(pool: &Pool, format: SuiteFormat, reach: &Reach) -> Result<Ended, Failed> {
    let client = Client::new(reach)?;
    let format = match format {
        SuiteFormat::Side => "side",
        SuiteFormat::Toml => "toml",
    };
    let path = format!("{}/suite/export?format={format}", pool.path());
    let export: SuiteExport = client.get(&path).await?;
    print!("{}", export.text);
    for lost in &export.lost {
        eprintln!("Warning: {lost}");
    }
    Ok(Ended::WELL)
}

async fn show(pool: &Pool, json: bool, reach: &Reach) -> Result<Ended, Failed> {
    let client = Client::new(reach)?;
    let view: SuiteView = client.get(&format!("{}/suite", pool.path())).await?;
    if json {
        println!(
            "{}",
            serde_json::to_string(&view).expect("a suite becomes JSON")
        );
        return Ok(Ended::WELL);
    }
    let Some(url) = &view.public_url else {
        println!(
            "{} has no suite. `pitlane suites import FILE --pool {0}` gives it one.",
            pool.title()
        );
        return Ok(Ended::WELL);
    };
    println!("{} is tested at {url}.", pool.title());
    let mut rows = vec![
        ["FILE", "FLOW", "STEPS", "TITLE"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for report in &view.reports {
        for flow in &report.flows {
            let title = match flow.invalid.is_empty() {
                true => flow.title.clone(),
                false => format!("{} (cannot run: {})", flow.title, flow.invalid[0]),
            };
            let steps = flow.steps.to_string();
            rows.push(vec![
                report.file.clone(),
                flow.name.to_string(),
                steps,
                title,
            ]);
        }
    }
    print(&columns(&rows));
    Ok(Ended::WELL)
}

/// A file of a suite; the error names it and the place in it.
pub fn load(path: &Path) -> Result<SuiteFile, Failed> {
    let wrong = |words: String| Failed::Here(format!("{}: {words}", path.display()));
    let unread = |error| wrong(format!("the suite cannot be read: {error}"));
    let known = std::fs::metadata(path).map_err(unread)?;
    import::size(known.len()).map_err(|error| wrong(error.to_string()))?;
    let bytes = std::fs::read(path).map_err(unread)?;
    let text = import::text(&bytes).map_err(|error| wrong(error.to_string()))?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    Ok(SuiteFile {
        name: name.ok_or_else(|| wrong("this is no file".to_owned()))?,
        text: text.to_owned(),
    })
}

fn print(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

/// What became of a file: a line per flow, and one per command that is not simply supported.
fn lines(report: &FileReport) -> Vec<String> {
    let mut lines = vec![
        match report.flows.iter().all(|flow| flow.commands.is_empty()) {
            true => format!("{}: {}", report.file, report.format.words()),
            false => format!(
                "{}: {}; {}",
                report.file,
                report.format.words(),
                report.fates()
            ),
        },
    ];
    for flow in &report.flows {
        lines.extend(of_flow(flow));
    }
    lines.extend(report.hints.iter().map(|hint| format!("  {hint}")));
    lines
}

fn of_flow(flow: &FlowReport) -> Vec<String> {
    let stands = match flow.invalid.len() {
        0 => String::new(),
        1 => ", cannot run for 1 reason".to_owned(),
        n => format!(", cannot run for {n} reasons"),
    };
    let mut lines = vec![format!("  {} ({} steps{stands})", flow.title, flow.steps)];
    let notable = flow.commands.iter().filter(|command| match command.fate {
        Fate::Mapped(_) | Fate::Ignored(_) => true,
        // said with its flow
        Fate::Supported | Fate::Unknown(_) => false,
    });
    lines.extend(flow.invalid.iter().map(|problem| format!("    {problem}")));
    lines.extend(notable.map(|command| {
        format!(
            "    line {}: `{}` {}: {}",
            command.line,
            command.command,
            command.fate.word(),
            command.fate.why().unwrap_or_default()
        )
    }));
    lines.extend(flow.hints.iter().map(|hint| format!("    {hint}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::import::{Wishes, import};

    #[test]
    fn a_report_says_what_is_not_simply_supported() {
        let text = r#"{"version":"2.0","url":"http://a","tests":[{"id":"1","name":"Sign in","commands":[
{"command":"open","target":"/","value":""},
{"command":"waitForVisible","target":"id=a","value":"50"},
{"command":"setSpeed","target":"50","value":""},
{"command":"eyesCheckWindow","target":"x","value":""}]}]}"#;
        let report = import("shop.side", text, &Wishes::default())
            .unwrap()
            .report;
        insta::assert_snapshot!(lines(&report).join("\n"), @r"
        shop.side: Selenium IDE project, version 2.0; 1 supported, 1 mapped, 1 ignored, 1 unknown
          Sign in (2 steps, cannot run for 1 reason)
            line 5: `eyesCheckWindow`: it is no command of Selenium IDE; a plugin may have brought it
            line 3: `waitForVisible` mapped: now `waitForElementVisible`
            line 4: `setSpeed` ignored: the browser is never slowed down
        ");
    }
}
