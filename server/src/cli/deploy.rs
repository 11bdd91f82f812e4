//! `pitlane deploy` and `pitlane rollback`.

use super::{
    Ended,
    args::{DeployArgs, Pool, RollbackArgs, StartArgs},
    client::{Client, Failed},
    follow,
    table::columns,
};
use crate::wire::DeployBody;
use app::{
    model::{
        name::Name,
        view::{DeploymentLine, PlanView, PoolView},
    },
    paths,
};

const REFUSED: Ended = Ended(2);

pub async fn run(args: DeployArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.start.reach)?;
    let body = DeployBody {
        version: args.version,
        nodes: args.start.nodes.clone(),
        reason: None,
        undoes: None,
        unrehearsed: args.without_rehearsal,
    };
    start(&client, &args.pool, body, args.start).await
}

pub async fn rollback(args: RollbackArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.start.reach)?;
    let number = match args.number {
        Some(number) => number,
        None => last(&client, &args.pool).await?,
    };
    let nodes: Vec<_> = args.start.nodes.iter().map(Name::as_str).collect();
    let address = format!(
        "{}/deployments/{number}/rollback?nodes={}",
        args.pool.path(),
        nodes.join(",").replace('+', "%2B")
    );
    let body = client.get(&address).await?;
    start(&client, &args.pool, body, args.start).await
}

async fn last(client: &Client, pool: &Pool) -> Result<u32, Failed> {
    let view: PoolView = client.get(&pool.path()).await?;
    let last = view.recent.first().map(|line| line.number);
    last.ok_or_else(|| {
        Failed::Here(format!(
            "Nothing was deployed to {} yet: there is nothing to roll back.",
            pool.title()
        ))
    })
}

async fn start(
    client: &Client,
    pool: &Pool,
    body: DeployBody,
    args: StartArgs,
) -> Result<Ended, Failed> {
    let body = DeployBody {
        reason: args.reason,
        ..body
    };
    let pool = pool.path();
    if args.dry_run {
        let plan: PlanView = client.post(&format!("{pool}/plan"), &body).await?;
        return Ok(show_plan(&plan, args.json));
    }
    let line: DeploymentLine = client.post(&format!("{pool}/deployments"), &body).await?;
    if args.follow {
        return follow::run(client, &line, args.json).await;
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
