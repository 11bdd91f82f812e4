//! Commands to a running deployment. Exit status: 0 when the wish was taken, 2 when it was refused.

use super::{
    Ended,
    args::{AskArgs, AskNodeArgs, Pool},
    client::{Client, Failed},
    reach::Reach,
};
use crate::wire::{CommandBody, CommandTaken, Running};
use app::model::{command::Command, name::Name, view::DeploymentLine};

pub async fn run(command: Command, args: AskArgs) -> Result<Ended, Failed> {
    send(
        command,
        &args.pool,
        args.number,
        None,
        args.reason,
        &args.reach,
    )
    .await
}

pub async fn of_node(command: Command, args: AskNodeArgs) -> Result<Ended, Failed> {
    let node = Some(args.node);
    send(
        command,
        &args.pool,
        args.number,
        node,
        args.reason,
        &args.reach,
    )
    .await
}

async fn send(
    command: Command,
    pool: &Pool,
    number: Option<u32>,
    node: Option<Name>,
    reason: Option<String>,
    reach: &Reach,
) -> Result<Ended, Failed> {
    let client = Client::new(reach)?;
    let number = match number {
        Some(number) => number,
        None => running(&client, pool).await?.number,
    };
    let address = format!("{}/deployments/{number}/{command}", pool.path());
    let body = CommandBody {
        node,
        reason,
        ..CommandBody::default()
    };
    let taken: CommandTaken = client.post(&address, &body).await?;
    println!("{}", told(pool, &taken));
    Ok(Ended::WELL)
}

async fn running(client: &Client, pool: &Pool) -> Result<DeploymentLine, Failed> {
    let running: Running = client.get(&format!("{}/running", pool.path())).await?;
    running.deployment.ok_or_else(|| {
        let title = pool.title();
        Failed::Here(format!(
            "Nothing is being deployed to {title}. `pitlane status {title}` says what was last."
        ))
    })
}

/// `production/shop #42: asked to hold. The nodes at hand ...`
fn told(pool: &Pool, taken: &CommandTaken) -> String {
    let of_node = match &taken.node {
        Some(node) => format!(" {node}"),
        None => String::new(),
    };
    format!(
        "{} #{}: asked to {}{of_node}. {}",
        pool.title(),
        taken.number,
        taken.command.word().replace('-', " "),
        taken.leads_to
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_told_with_its_end_state() {
        let taken = CommandTaken {
            number: 42,
            command: Command::ForceDrain,
            node: Some("blue".parse().unwrap()),
            leads_to: Command::ForceDrain.leads_to().to_owned(),
        };
        let told = told(&"production/shop".parse().unwrap(), &taken);
        insta::assert_snapshot!(told, @"production/shop #42: asked to force drain blue. The node is deployed to although it has open requests, and these are cut off.");
    }
}
