//! `pitlane secrets` and `pitlane variables`. A secret's value is never an argument: others could read it there.

use super::{
    Ended,
    args::{SecretsVerb, VariablesVerb},
    client::{Client, Failed},
    table::columns,
};
use crate::wire::{Done, ValueBody};
use app::model::{
    name::Name,
    values::{EnvironmentView, SecretLine, SecretState, ValueName},
};
use reqwest::Method;
use std::io::{IsTerminal, Read};

pub async fn secrets(verb: SecretsVerb) -> Result<Ended, Failed> {
    match verb {
        SecretsVerb::Set {
            environment,
            name,
            reach,
        } => {
            let client = Client::new(&reach)?;
            let value = value(&environment, &name)?;
            let path = path(&environment, "secrets", &name);
            put(&client, &path, value).await
        }
        SecretsVerb::List {
            environment,
            json,
            reach,
        } => {
            let view = view(&Client::new(&reach)?, &environment).await?;
            let cells = |line: &SecretLine| {
                let (state, by) = in_words(&line.state);
                let flows = line.used_by.iter();
                let flows: Vec<_> = flows
                    .map(|of| format!("{}: {}", of.application, of.flow))
                    .collect();
                vec![line.name.clone(), state, by, flows.join("; ")]
            };
            let head = ["SECRET", "STATE", "BY", "USED BY"];
            print(&view.secrets, json, head.map(str::to_owned).to_vec(), cells);
            Ok(Ended::WELL)
        }
        SecretsVerb::Remove {
            environment,
            name,
            reach,
        } => remove(&Client::new(&reach)?, &path(&environment, "secrets", &name)).await,
        SecretsVerb::Rekey { reach } => {
            let done: Done = Client::new(&reach)?.post("/secrets/rekey", &()).await?;
            println!("{}", done.words);
            Ok(Ended::WELL)
        }
    }
}

pub async fn variables(verb: VariablesVerb) -> Result<Ended, Failed> {
    match verb {
        VariablesVerb::Set {
            environment,
            name,
            value,
            reach,
        } => {
            let client = Client::new(&reach)?;
            put(&client, &path(&environment, "variables", &name), value).await
        }
        VariablesVerb::List {
            environment,
            json,
            reach,
        } => {
            let view = view(&Client::new(&reach)?, &environment).await?;
            let head = ["VARIABLE", "VALUE", "BY"].map(str::to_owned).to_vec();
            print(&view.variables, json, head, |line| {
                vec![
                    line.name.to_string(),
                    line.value.clone(),
                    format!("{} {}", line.set_by, line.at.rfc3339()),
                ]
            });
            Ok(Ended::WELL)
        }
        VariablesVerb::Remove {
            environment,
            name,
            reach,
        } => {
            remove(
                &Client::new(&reach)?,
                &path(&environment, "variables", &name),
            )
            .await
        }
    }
}

fn path(environment: &Name, noun: &str, name: &ValueName) -> String {
    format!("/environments/{environment}/{noun}/{name}")
}

async fn view(client: &Client, environment: &Name) -> Result<EnvironmentView, Failed> {
    client.get(&format!("/environments/{environment}")).await
}

async fn put(client: &Client, path: &str, value: String) -> Result<Ended, Failed> {
    let request = client.request(Method::PUT, &format!("/api/v1{path}"));
    let done: Done = client.json(request.json(&ValueBody { value })).await?;
    println!("{}", done.words);
    Ok(Ended::WELL)
}

async fn remove(client: &Client, path: &str) -> Result<Ended, Failed> {
    let request = client.request(Method::DELETE, &format!("/api/v1{path}"));
    let done: Done = client.json(request).await?;
    println!("{}", done.words);
    Ok(Ended::WELL)
}

/// Typed without echo where somebody sits there, else all of standard input without the newline at its end.
fn value(environment: &Name, name: &ValueName) -> Result<String, Failed> {
    let unread = |error| Failed::Here(format!("The value cannot be read: {error}."));
    if std::io::stdin().is_terminal() {
        let prompt = format!("Value of {name} in {environment} (not shown): ");
        return rpassword::prompt_password(prompt).map_err(unread);
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(unread)?;
    let value = text.strip_suffix('\n').unwrap_or(&text);
    Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
}

/// State, and who set it when.
fn in_words(state: &SecretState) -> (String, String) {
    match state {
        SecretState::Set { set_by, at } => ("set".to_owned(), format!("{set_by} {}", at.rfc3339())),
        SecretState::Locked { set_by, at, why } => (
            format!("cannot be opened: {why}"),
            format!("{set_by} {}", at.rfc3339()),
        ),
        SecretState::InFile => ("in the server's file".to_owned(), "-".to_owned()),
        SecretState::Missing => ("missing".to_owned(), "-".to_owned()),
    }
}

fn print<T: serde::Serialize>(
    lines: &[T],
    json: bool,
    head: Vec<String>,
    cells: impl Fn(&T) -> Vec<String>,
) {
    if json {
        for line in lines {
            println!("{}", serde_json::to_string(line).expect("a line is JSON"));
        }
        return;
    }
    let table: Vec<_> = std::iter::once(head)
        .chain(lines.iter().map(cells))
        .collect();
    for line in columns(&table) {
        println!("{line}");
    }
}
