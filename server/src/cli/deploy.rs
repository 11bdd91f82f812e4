//! `pitlane deploy`.

use super::{
    DeployArgs, Ended,
    client::{Client, Failed},
    follow,
    table::columns,
};
use crate::wire::DeployBody;
use app::{
    model::view::{DeploymentLine, PlanView},
    paths,
};

const REFUSED: Ended = Ended(2);

pub async fn run(args: DeployArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let body = DeployBody {
        version: args.version,
        nodes: args.nodes,
        reason: args.reason,
    };
    let pool = args.pool.path();
    if args.dry_run {
        let plan: PlanView = client.post(&format!("{pool}/plan"), &body).await?;
        return Ok(show_plan(&plan, args.json));
    }
    let line: DeploymentLine = client.post(&format!("{pool}/deployments"), &body).await?;
    if args.follow {
        return follow::run(&client, &line, args.json).await;
    }
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&line).expect("a line becomes JSON")
        );
    } else {
        println!(
            "{}/{} #{}: {} to {} nodes, {}.",
            line.environment, line.application, line.number, line.version, line.of, line.state
        );
        let page = paths::deployment(&line.environment, &line.application, line.number);
        println!("{}", client.shown(&page));
    }
    Ok(Ended::WELL)
}

fn show_plan(plan: &PlanView, json: bool) -> Ended {
    let ended = if plan.refused.is_some() {
        REFUSED
    } else {
        Ended::WELL
    };
    if json {
        println!(
            "{}",
            serde_json::to_string(plan).expect("a plan becomes JSON")
        );
        return ended;
    }
    let rows = plan.nodes.iter().map(|line| {
        let before = line.before.as_ref().map_or("unknown", |name| name.as_str());
        vec![
            line.node.to_string(),
            format!("{before} -> {}", plan.version),
            line.words.clone(),
        ]
    });
    for line in columns(&rows.collect::<Vec<_>>()) {
        println!("{line}");
    }
    for warning in &plan.warnings {
        println!("Warning: {warning}");
    }
    match &plan.refused {
        Some(trouble) => println!("It cannot start now: {trouble}"),
        None => println!("Nothing was done; without --dry-run it starts."),
    }
    ended
}
