//! `pitlane status`.

use super::{
    Ended,
    args::StatusArgs,
    client::{Client, Failed},
    table::columns,
};
use app::model::view::{DeploymentLine, Overview, PoolCard, PoolView, Verbs};
use serde::Serialize;

pub async fn run(args: StatusArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    match &args.pool {
        None => {
            let overview: Overview = client.get("/overview").await?;
            if !as_json(args.json, &overview) {
                overview_lines(&overview);
            }
        }
        Some(pool) => {
            let view: PoolView = client.get(&pool.path()).await?;
            if as_json(args.json, &view) {
                return Ok(Ended::WELL);
            }
            pool_lines(&view);
            if let Some(active) = &view.active {
                let address = format!("{}/deployments/{}/verbs", pool.path(), active.number);
                let verbs: Verbs = client.get(&address).await?;
                outlook_lines(&verbs)
                    .iter()
                    .for_each(|line| println!("{line}"));
            }
        }
    }
    Ok(Ended::WELL)
}

fn as_json(wanted: bool, view: &impl Serialize) -> bool {
    if wanted {
        println!(
            "{}",
            serde_json::to_string(view).expect("a view becomes JSON")
        );
    }
    wanted
}

fn overview_lines(overview: &Overview) {
    if overview.pools.is_empty() {
        println!("Nothing is configured yet; `pitlane apply FILE` does it.");
    }
    for line in columns(&overview.pools.iter().map(card).collect::<Vec<_>>()) {
        println!("{line}");
    }
}

fn card(card: &PoolCard) -> Vec<String> {
    let nodes = card.nodes.iter().map(|node| {
        let version = node
            .version
            .as_ref()
            .map_or("unknown", |name| name.as_str());
        format!("{} {version} {}", node.name, node.admission.word())
    });
    vec![
        format!("{}/{}", card.environment, card.application),
        nodes.collect::<Vec<_>>().join(", "),
        card.active.as_ref().map(sentence).unwrap_or_default(),
    ]
}

fn pool_lines(view: &PoolView) {
    let rows = view.nodes.iter().map(|row| {
        let open = row.open_work.map(|open| format!("{open} open"));
        let proven = row
            .proven
            .map(|(number, at)| format!("proven by #{number} at {}", at.full()));
        vec![
            row.node.name.to_string(),
            row.version
                .as_ref()
                .map_or_else(|| "unknown".to_owned(), ToString::to_string),
            row.admission.word().to_owned(),
            format!("({})", row.words),
            open.unwrap_or_default(),
            proven.unwrap_or_default(),
        ]
    });
    for line in columns(&rows.collect::<Vec<_>>()) {
        println!("{line}");
    }
    for balancer in &view.balancers {
        if let Some(trouble) = &balancer.trouble {
            println!(
                "Balancer {} ({}): {trouble}",
                balancer.name, balancer.product
            );
        }
    }
    match &view.active {
        Some(active) => println!("{}", sentence(active)),
        None => view
            .recent
            .first()
            .into_iter()
            .for_each(|last| println!("Last: {}", sentence(last))),
    }
}

/// What happens next, who acts, until when, and what can be asked now.
fn outlook_lines(verbs: &Verbs) -> Vec<String> {
    let outlook = &verbs.outlook;
    let until = match outlook.until {
        Some(until) => format!(", until {}", until.full()),
        None => String::new(),
    };
    let mut lines = vec![
        format!("Next: {}", outlook.next),
        format!("Acts: {}{until}", outlook.who),
    ];
    let possible: Vec<_> = verbs
        .verbs
        .iter()
        .filter(|line| line.refused.is_none())
        .map(|line| match &line.node {
            Some(node) => format!("{} {node}", line.command),
            None => line.command.to_string(),
        })
        .collect();
    if !possible.is_empty() {
        lines.push(format!("Can be asked: {}", possible.join(", ")));
    }
    lines
}

/// `#42 rolling: ann deploys 1.1, 1 of 3 nodes done; why`.
fn sentence(line: &DeploymentLine) -> String {
    let why = if line.why.is_empty() {
        String::new()
    } else {
        format!("; {}", line.why)
    };
    format!(
        "#{} {}: {} deploys {}, {} of {} nodes done{why}",
        line.number, line.state, line.asked_by, line.version, line.done, line.of
    )
}
