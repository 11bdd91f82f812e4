//! `pitlane apply`: reads the file and what it names, sends it, and gives every refusal its line.

use super::{
    Ended,
    args::ApplyArgs,
    client::{Client, Failed},
};
use crate::{
    apply::{Applied, ApplyRequest, Problem, ReadFile, host_key, read, request::NodeOrder},
    smoke::files::{self, Sources},
};
use app::error::AppError;
use futures::future::join_all;
use std::{fmt::Display, path::Path, process::Stdio};
use tokio::process::Command;

pub async fn run(args: ApplyArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let text = load(&args.file, "the configuration")?;
    let file = read(&text).map_err(|errors| at_lines(&args.file, errors))?;
    let mut request = file.request.clone();
    request.accept_changed_host_keys = args.accept_changed_host_keys;
    add_suites(&args.file, &file, &mut request)?;
    if args.trust_on_apply {
        trust(&mut request).await?;
    }
    let applied: Applied = match client.post("/apply", &request).await {
        Ok(applied) => applied,
        Err(Failed::Refused(error)) => return Err(located(&args.file, &file, error)),
        Err(failed) => return Err(failed),
    };
    print(&applied);
    Ok(Ended::WELL)
}

fn print(applied: &Applied) {
    if applied.changes.is_empty() {
        println!("Nothing changed.");
    }
    for line in &applied.changes {
        println!("{line}");
    }
    for warning in &applied.warnings {
        println!("Warning: {warning}");
    }
    if !applied.unmentioned.is_empty() {
        println!(
            "Not in the file, and left as it is: {}.",
            applied.unmentioned.join(", ")
        );
    }
}

fn load(path: &Path, what: &str) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|error| {
        Failed::Here(format!(
            "{}: {what} cannot be read: {error}",
            path.display()
        ))
    })
}

/// `lab.toml:12:8: words`, a line each.
fn at_lines(path: &Path, errors: impl IntoIterator<Item = impl Display>) -> Failed {
    let lines = errors.into_iter();
    let lines: Vec<_> = lines
        .map(|error| format!("{}:{error}", path.display()))
        .collect();
    Failed::Here(lines.join("\n"))
}

/// Suites lie beside the file, and their mistakes have lines of their own.
fn add_suites(path: &Path, file: &ReadFile, request: &mut ApplyRequest) -> Result<(), Failed> {
    let folder = path.parent().unwrap_or(Path::new(""));
    for (i, suite) in file.suites.iter().enumerate() {
        if suite.is_empty() {
            continue;
        }
        let mut sources = Sources::default();
        for each in suite {
            let each = folder.join(each);
            if !each.is_file() {
                let words = format!(
                    "the suite {} cannot be read: there is no such file",
                    each.display()
                );
                let problem = Problem::new(format!("pool[{i}].suite"), words);
                return Err(at_lines(path, [file.locate(&problem)]));
            }
            sources.put(super::suites::load(&each)?);
        }
        files::read(&sources).map_err(|wrong| {
            let place = format!(
                "{}:{}: {}",
                wrong.error.line, wrong.error.column, wrong.error.words
            );
            let named = suite.iter().map(|each| folder.join(each));
            let named = named.into_iter().find(|each| each.ends_with(&wrong.file));
            at_lines(&named.unwrap_or_else(|| path.to_owned()), [place])
        })?;
        request.pools[i].suite = Some(sources.to_text());
    }
    Ok(())
}

/// Asks nodes on this very machine for their keys; any other must be given or registered already.
async fn trust(request: &mut ApplyRequest) -> Result<(), Failed> {
    let nodes = request.pools.iter_mut().flat_map(|pool| &mut pool.nodes);
    let nodes =
        nodes.filter(|node| node.host_key.is_none() && host_key::is_loopback(&node.ssh.host));
    for scanned in join_all(nodes.map(scan)).await {
        scanned?;
    }
    Ok(())
}

async fn scan(node: &mut NodeOrder) -> Result<(), Failed> {
    let (host, port) = (&node.ssh.host, node.ssh.port);
    let output = Command::new("ssh-keyscan")
        .args([
            "-T",
            "5",
            "-p",
            &port.to_string(),
            "-t",
            "ed25519,ecdsa,rsa",
            host,
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| Failed::Here(format!("ssh-keyscan cannot be started: {error}.")))?;
    let key = host_key::from_scan(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        Failed::Here(format!(
            "Node {} shows no host key at {host}:{port}. Is its sshd running?",
            node.name
        ))
    })?;
    println!(
        "Trusting {} at {host}:{port}: {}",
        node.name, key.fingerprint
    );
    node.host_key = Some(key.text);
    Ok(())
}

/// What the server refused, at its lines; other errors as they are.
fn located(path: &Path, file: &ReadFile, error: Box<AppError>) -> Failed {
    let problems = match error.as_ref() {
        AppError::Refused(trouble) => trouble.detail.as_deref(),
        AppError::SignedOut
        | AppError::Forbidden(_)
        | AppError::NotFound(_)
        | AppError::Internal(_) => None,
    };
    let problems = problems.and_then(|detail| serde_json::from_str::<Vec<Problem>>(detail).ok());
    match problems {
        Some(problems) if !problems.is_empty() => {
            let lines = problems
                .iter()
                .map(|problem| file.locate(problem).to_string());
            let lines = lines.map(|line| format!("{}:{line}", path.display()));
            let lines: Vec<_> = lines.chain(["Nothing was changed.".to_owned()]).collect();
            Failed::Here(lines.join("\n"))
        }
        _ => Failed::Refused(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::trouble::Trouble;

    #[test]
    fn what_the_server_refuses_gets_its_line() {
        let file = read(include_str!("../apply/read/lab.toml")).unwrap();
        let problem = Problem::new("pool[0].node[1].workers.front", "blue is no worker");
        let detail = serde_json::to_string(&[problem]).unwrap();
        let error = AppError::Refused(Trouble::new("Refused.").detail(detail));
        let failed = located(Path::new("lab.toml"), &file, Box::new(error));
        assert_eq!(
            failed.to_string(),
            "lab.toml:51:8: blue is no worker\nNothing was changed."
        );
    }
}
