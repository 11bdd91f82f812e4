//! `pitlane user add`.

use super::{
    Ended,
    args::UserVerb,
    client::{Client, Failed},
};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};
use std::io::BufRead;

/// About 119 bits.
const LENGTH: usize = 20;

pub async fn run(verb: UserVerb) -> Result<Ended, Failed> {
    let UserVerb::Add {
        name,
        role,
        password_stdin,
        reach,
    } = verb;
    let client = Client::new(&reach)?;
    let (password, made_up) = if password_stdin {
        (first_line()?, false)
    } else {
        (Alphanumeric.sample_string(&mut rand::rng(), LENGTH), true)
    };
    let body = json!({ "name": name, "role": role, "password": password });
    let _: Value = client.post("/users", &body).await?;
    println!("{name} may sign in as {}.", role.word());
    if made_up {
        println!("Password, shown this once: {password}");
    }
    Ok(Ended::WELL)
}

fn first_line() -> Result<String, Failed> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failed::Here(format!("Standard input cannot be read: {error}.")))?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(Failed::Here(
            "Standard input has no password in its first line.".to_owned(),
        ));
    }
    Ok(line.to_owned())
}
