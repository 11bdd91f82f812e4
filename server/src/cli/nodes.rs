//! `pitlane nodes`, `pitlane adopt`, `pitlane revert`.

use super::{
    Ended,
    args::{DriftArgs, NodesArgs},
    client::{Client, Failed},
    table::columns,
};
use crate::wire::{Done, DriftBody};
use app::model::{
    drift::{Difference, DriftLine, NodeDrift, Revert, Shown},
    view::{NodeRow, PoolView},
};

pub async fn run(args: NodesArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let view: PoolView = client.get(&args.pool.path()).await?;
    if args.json {
        for row in &view.nodes {
            println!(
                "{}",
                serde_json::to_string(row).expect("a node becomes JSON")
            );
        }
        return Ok(Ended::WELL);
    }
    let head = ["NODE", "IN THE BALANCER", "RELEASE", "DIFFERENCE"].map(str::to_owned);
    let rows: Vec<Vec<String>> = view.nodes.iter().map(cells).collect();
    let table: Vec<_> = std::iter::once(head.to_vec()).chain(rows).collect();
    for line in columns(&table) {
        println!("{line}");
    }
    for (row, line) in lines(&view) {
        println!();
        println!("{}", line.trouble);
        println!("  {}", way_out(&args.pool.title(), row, line));
    }
    Ok(Ended::WELL)
}

fn cells(row: &NodeRow) -> Vec<String> {
    let release = row.version.as_ref();
    vec![
        row.node.name.to_string(),
        row.admission.word().to_owned(),
        release.map_or_else(|| "unknown".to_owned(), ToString::to_string),
        row.drift
            .as_ref()
            .map_or_else(|| "not compared yet".to_owned(), differs),
    ]
}

/// In a few words: what differs, then what is not known.
fn differs(drift: &NodeDrift) -> String {
    let differences = drift.differences.iter().map(|line| match &line.difference {
        Difference::Admission { name, expected, .. } => {
            format!("expected {} in {name}", expected.word())
        }
        Difference::Current { expected, .. } => format!("`current` expected at {expected}"),
        Difference::Answer { found, .. } => format!("answers as {found}"),
        Difference::Unadopted { .. } => "never deployed nor adopted".to_owned(),
    });
    let unread = drift.unread.iter();
    let unread = unread.map(|unread| format!("unknown {}: {}", unread.part, unread.why));
    let all: Vec<_> = differences.chain(unread).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join("; ")
    }
}

fn lines(view: &PoolView) -> impl Iterator<Item = (&NodeRow, &DriftLine)> {
    view.nodes.iter().flat_map(|row| {
        let lines = row.drift.iter().flat_map(|drift| &drift.differences);
        lines.map(move |line| (row, line))
    })
}

/// The command for it.
fn way_out(pool: &str, row: &NodeRow, line: &DriftLine) -> String {
    let node = &row.node.name;
    let mut ways = Vec::new();
    if line.difference.adopt_refused().is_none() {
        ways.push(format!("pitlane adopt {pool} {node} --reason ..."));
    }
    match line.difference.revert() {
        Revert::Flag(_) => ways.push(format!("pitlane revert {pool} {node} --reason ...")),
        Revert::Deploy(version) => {
            ways.push(format!("pitlane deploy {pool} {version} --nodes {node}"));
        }
        Revert::Impossible(_) => {}
    }
    ways.join("   or   ")
}

pub async fn adopt(args: DriftArgs) -> Result<Ended, Failed> {
    act(args, "adopt", |_| true).await
}

/// Balancer flags; where there is none to turn, the service says what else can be done.
pub async fn revert(args: DriftArgs) -> Result<Ended, Failed> {
    act(args, "revert", |difference| {
        matches!(difference.revert(), Revert::Flag(_))
    })
    .await
}

/// What is shown of the node now is what the service is asked about.
async fn act(
    args: DriftArgs,
    verb: &str,
    fits: impl Fn(&Difference) -> bool,
) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let pool = args.pool.path();
    let view: PoolView = client.get(&pool).await?;
    let title = args.pool.title();
    let Some(row) = view.nodes.iter().find(|row| row.node.name == args.node) else {
        return Err(Failed::Here(format!("{title} has no node {}.", args.node)));
    };
    let Some(drift) = &row.drift else {
        return Err(Failed::Here(format!(
            "{} was not compared since the last deployment of {title}; it will be within a minute.",
            args.node
        )));
    };
    if drift.differences.is_empty() {
        return Err(Failed::Here(format!(
            "{} is as expected; there is nothing to {verb}.",
            args.node
        )));
    }
    let shown = |fits: &dyn Fn(&Difference) -> bool| -> Vec<Shown> {
        let lines = drift.differences.iter();
        let fitting = lines.filter(|line| fits(&line.difference));
        fitting
            .map(|line| Shown {
                node: args.node.clone(),
                difference: line.id.clone(),
            })
            .collect()
    };
    let fitting = shown(&fits);
    let body = DriftBody {
        shown: if fitting.is_empty() {
            shown(&|_| true)
        } else {
            fitting
        },
        reason: args.reason,
    };
    let done: Done = client.post(&format!("{pool}/{verb}"), &body).await?;
    println!("{}", done.words);
    Ok(Ended::WELL)
}
