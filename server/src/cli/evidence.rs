//! `pitlane evidence`, `evidence export`, `evidence verify`, `evidence storage`, `evidence prune`.

use super::{
    Ended,
    args::{EvidenceArgs, EvidenceVerb, Pool},
    client::{Client, Failed},
    table::columns,
};
use crate::{bundle::verify::verify, wire::PruneBody};
use app::model::evidence::{EvidenceView, Spot, Storage, Swept};
use reqwest::Method;
use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

const BROKEN: Ended = Ended(1);

pub async fn run(args: EvidenceArgs) -> Result<Ended, Failed> {
    match args.verb {
        None => {}
        Some(EvidenceVerb::Export {
            pool,
            number,
            output,
            reach,
        }) => return export(&Client::new(&reach)?, &pool, number, output).await,
        Some(EvidenceVerb::Verify { file, head }) => return check(&file, head.as_deref()),
        Some(EvidenceVerb::Storage { json, reach }) => {
            return storage(&Client::new(&reach)?, json).await;
        }
        Some(EvidenceVerb::Prune { dry_run, reach }) => {
            return prune(&Client::new(&reach)?, dry_run).await;
        }
    }
    let (Some(pool), Some(number)) = (&args.pool, args.number) else {
        return Err(Failed::Here(
            "Name a pool and the number of a deployment.".to_owned(),
        ));
    };
    let client = Client::new(&args.reach)?;
    let path = format!("{}/deployments/{number}/evidence", pool.path());
    let view: EvidenceView = client.get(&path).await?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&view).expect("evidence becomes JSON")
        );
        return Ok(Ended::WELL);
    }
    println!("{} {}", view.headline(), view.review_line());
    if let Some(gate) = &view.gate {
        println!("{}", gate.words());
    }
    if let Some((what, why)) = view.empty_words() {
        println!("{what} {why}");
        return Ok(Ended::WELL);
    }
    for line in columns(&rows(&view)) {
        println!("{line}");
    }
    Ok(Ended::WELL)
}

/// Under another name until it is whole.
async fn export(
    client: &Client,
    pool: &Pool,
    number: u32,
    output: Option<PathBuf>,
) -> Result<Ended, Failed> {
    let output = output.unwrap_or_else(|| {
        let name = &pool.0;
        PathBuf::from(format!(
            "{}-{}-{number}-evidence.zip",
            name.application, name.environment
        ))
    });
    let half = PathBuf::from(format!("{}.part", output.display()));
    let path = format!("/api/v1{}/deployments/{number}/export", pool.path());
    let answer = client.send(client.request(Method::GET, &path)).await?;
    let written = save(client, answer, &half).await;
    let written = match written {
        Ok(size) => std::fs::rename(&half, &output)
            .map(|()| size)
            .map_err(|error| unwritable(&output, &error)),
        Err(failed) => Err(failed),
    };
    match written {
        Ok(size) => {
            println!(
                "The evidence of {} #{number} is in {} ({}). `pitlane evidence verify` checks it.",
                pool.title(),
                output.display(),
                app::model::evidence::size_words(size)
            );
            Ok(Ended::WELL)
        }
        Err(failed) => {
            // half an archive is none
            let _ = std::fs::remove_file(&half);
            Err(failed)
        }
    }
}

async fn save(client: &Client, mut answer: reqwest::Response, half: &Path) -> Result<u64, Failed> {
    let mut file = File::create(half).map_err(|error| unwritable(half, &error))?;
    let mut size = 0;
    while let Some(piece) = answer
        .chunk()
        .await
        .map_err(|error| client.silent(&error))?
    {
        file.write_all(&piece)
            .map_err(|error| unwritable(half, &error))?;
        size += piece.len() as u64;
    }
    file.sync_all().map_err(|error| unwritable(half, &error))?;
    Ok(size)
}

fn unwritable(path: &Path, error: &io::Error) -> Failed {
    Failed::Here(format!("{} could not be written: {error}.", path.display()))
}

fn check(path: &Path, head: Option<&str>) -> Result<Ended, Failed> {
    let file = File::open(path)
        .map_err(|error| Failed::Here(format!("{} could not be read: {error}.", path.display())))?;
    match verify(BufReader::new(file), head) {
        Ok(sound) => {
            for line in sound.lines() {
                println!("{line}");
            }
            Ok(Ended::WELL)
        }
        Err(broken) => {
            println!("{} does not hold: {broken}.", path.display());
            Ok(BROKEN)
        }
    }
}

async fn storage(client: &Client, json: bool) -> Result<Ended, Failed> {
    let storage: Storage = client.get("/evidence/storage").await?;
    if json {
        println!(
            "{}",
            serde_json::to_string(&storage).expect("it becomes JSON")
        );
    } else {
        println!("{}\n{}", storage.standing(), storage.rule());
    }
    Ok(Ended::WELL)
}

async fn prune(client: &Client, dry_run: bool) -> Result<Ended, Failed> {
    let swept: Swept = client
        .post("/evidence/prune", &PruneBody { dry_run })
        .await?;
    match dry_run {
        true => println!(
            "Now it would: set aside {}, remove {} that were set aside a day ago. {} are needed, {} stay aside.",
            swept.set_aside.words(),
            swept.removed.words(),
            swept.kept.words(),
            swept.aside.words()
        ),
        false => println!("Done: {}.", swept.words()),
    }
    Ok(Ended::WELL)
}

/// A line per picture of the new release.
fn rows(view: &EvidenceView) -> Vec<Vec<String>> {
    let head = ["NODE", "FLOW", "STEP", "", "PICTURE"].map(str::to_owned);
    let row = |spot: Spot| {
        let strip = view.strip(spot);
        vec![
            view.row(spot).node.to_string(),
            strip.flow.to_string(),
            (spot.column + 1).to_string(),
            strip.columns[spot.column].clone(),
            view.standing_words(spot),
        ]
    };
    std::iter::once(head.to_vec())
        .chain(view.new_spots().map(row))
        .collect()
}
