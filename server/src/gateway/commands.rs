//! What people ask of a running deployment: the same answer as the engine's, given at once, and then its inbox.

use super::{LiveGateway, allow, refusal::broken};
use crate::{
    rolling::{
        fold::{Job, fold},
        outlook::outlook,
    },
    store::{self, audit::Act, commands::Asked},
};
use app::{
    error::AppError,
    gateway::CommandOrder,
    model::{
        access::{Actor, Subject, Verb, can},
        command::{Command, is_current, possible},
        ids::NodeId,
        journal::Event,
        trouble::Trouble,
        view::{VerbLine, Verbs},
    },
};

/// The right a command needs.
fn verb(command: Command) -> Verb {
    match command {
        Command::Abort => Verb::Abort,
        Command::Hold
        | Command::HoldNow
        | Command::Resume
        | Command::Retry
        | Command::Skip
        | Command::ForceDrain
        | Command::Continue => Verb::Deploy,
    }
}

impl LiveGateway {
    pub(super) fn show_verbs(&self, actor: &Actor, events: &[Event]) -> Result<Verbs, AppError> {
        let job = fold(events).map_err(broken)?;
        let situation = job.situation();
        let refused = |command, node| {
            can(actor, verb(command), Subject::Pool(job.plan.pool))
                .and_then(|()| possible(&situation, command, node))
                .err()
        };
        let mut verbs = Vec::new();
        for command in Command::ALL {
            if !command.needs_node() {
                verbs.push(VerbLine {
                    command,
                    node: None,
                    refused: refused(command, None),
                });
                continue;
            }
            for node in &situation.nodes {
                let refused = refused(command, Some(node.node));
                if refused.is_none() {
                    verbs.push(VerbLine {
                        command,
                        node: Some(node.name.clone()),
                        refused,
                    });
                }
            }
        }
        Ok(Verbs {
            turn: situation.turn,
            key: uuid::Uuid::now_v7().simple().to_string(),
            outlook: outlook(&job),
            verbs,
        })
    }

    pub(super) async fn ask(&self, actor: &Actor, order: &CommandOrder) -> Result<(), AppError> {
        let CommandOrder {
            pool,
            number,
            command,
            ..
        } = order;
        let id = self.inventory(pool).await?.id;
        allow(actor, verb(*command), Subject::Pool(id))?;
        let line = self.line(pool, *number).await?;
        if let Some(key) = &order.key
            && store::commands::is_known(&self.pool, line.id, key)
                .await
                .map_err(broken)?
        {
            // the same wish came before, and was answered as it was then
            return Ok(());
        }
        let job = fold(&self.events(line.id).await?).map_err(broken)?;
        let node = named(&job, order)?;
        let situation = job.situation();
        let refused = |why: String| {
            AppError::Refused(
                Trouble::new(format!(
                    "Deployment #{number}: {} is not possible: {why}.",
                    command.label()
                ))
                .stands("Nothing was changed."),
            )
        };
        if !is_current(&situation, *command, order.turn) {
            return Err(refused(format!(
                "the page it was asked from is not current any more; the deployment is {} now",
                job.state
            )));
        }
        possible(&situation, *command, node).map_err(refused)?;
        let mut transaction = self.begin().await?;
        let asked = Asked {
            command: *command,
            node,
            // what was just judged is what the owner must still find
            turn: Some(situation.turn),
            key: order.key.clone(),
            by: actor.name.clone(),
        };
        let added = store::commands::add(&mut *transaction, line.id, &asked)
            .await
            .map_err(broken)?;
        if added.is_none() {
            return Ok(());
        }
        let subject = format!("{}/{}", pool.environment, pool.application);
        let of_node = order
            .node
            .as_ref()
            .map_or(String::new(), |node| format!(" for {node}"));
        let words = format!(
            "{} asked: {}{of_node}, deployment #{number} of {} to {subject}.",
            actor.name,
            command.label(),
            line.version
        );
        let act = Act {
            action: action(*command),
            subject: &subject,
            words: &words,
            reason: order.reason.as_deref(),
            detail: Some(serde_json::json!({
                "deployment": line.id, "number": number, "command": command, "node": order.node,
            })),
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)
    }
}

fn named(job: &Job, order: &CommandOrder) -> Result<Option<NodeId>, AppError> {
    let Some(name) = &order.node else {
        return Ok(None);
    };
    let planned = job
        .plan
        .nodes
        .iter()
        .find(|planned| planned.node.name == *name);
    match planned {
        Some(planned) => Ok(Some(planned.node.id)),
        None => Err(AppError::Refused(Trouble::new(format!(
            "Deployment #{} has no node {name}.",
            order.number
        )))),
    }
}

fn action(command: Command) -> &'static str {
    match command {
        Command::Hold => "deployment.hold_asked",
        Command::HoldNow => "deployment.hold_now_asked",
        Command::Resume => "deployment.resume_asked",
        Command::Retry => "deployment.retry_asked",
        Command::Skip => "deployment.skip_asked",
        Command::ForceDrain => "deployment.force_drain_asked",
        Command::Continue => "deployment.continue_asked",
        Command::Abort => "deployment.abort_asked",
    }
}
