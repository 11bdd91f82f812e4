//! Variables and secrets of environments: shown, set, removed. Of a secret nothing but its name leaves here.

use super::{
    LiveGateway, allow,
    refusal::{broken, no_environment},
};
use crate::{
    store::{self, audit::Act, values::SecretRow},
    vault::{self, Locked, Rekeyed, Slot, VaultError},
};
use app::{
    error::AppError,
    gateway::{ValueChange, ValueOrder},
    model::{
        access::{Actor, Subject, Verb, can},
        name::Name,
        trouble::Trouble,
        values::*,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// By secret: the flows that type it.
type Uses = BTreeMap<String, Vec<FlowOf>>;

impl LiveGateway {
    pub(super) async fn show_environment(
        &self,
        actor: &Actor,
        name: &Name,
    ) -> Result<EnvironmentView, AppError> {
        let mut transaction = self.begin().await?;
        let id = store::values::environment(&mut *transaction, name)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_environment(name))?;
        let variables = store::values::variables(&mut *transaction, id)
            .await
            .map_err(broken)?;
        let rows = store::values::secrets(&mut *transaction, Some(id))
            .await
            .map_err(broken)?;
        let suites = store::suites::of_environment(&mut *transaction, id)
            .await
            .map_err(broken)?;
        drop(transaction);
        let mut uses = Uses::new();
        for (application, suite) in &suites {
            let Some(suite) = suite else { continue };
            for (secret, flows) in vault::used_by(&suite.suite) {
                let flows = flows.into_iter().map(|flow| FlowOf {
                    application: application.clone(),
                    flow: flow.title.clone(),
                });
                uses.entry(secret.to_owned()).or_default().extend(flows);
            }
        }
        let locked = self
            .vault
            .locked(&rows)
            .map_err(|error| refused(name, error))?;
        let in_file: BTreeSet<_> = self.vault.in_file().collect();
        let subject = Subject::Environment(id);
        Ok(EnvironmentView {
            name: name.clone(),
            applications: suites.into_iter().map(|(name, _)| name).collect(),
            variables,
            secrets: lines(&rows, &locked, &in_file, uses),
            refused: can(actor, Verb::Configure, subject)
                .and_then(|()| can(actor, Verb::ManageSecrets, subject))
                .err(),
        })
    }

    pub(super) async fn change(
        &self,
        actor: &Actor,
        order: &ValueOrder,
    ) -> Result<String, AppError> {
        let environment = &order.environment;
        let verb = match order.change {
            ValueChange::SetVariable(_) | ValueChange::RemoveVariable => Verb::Configure,
            ValueChange::SetSecret(_) | ValueChange::RemoveSecret => Verb::ManageSecrets,
        };
        // who may do nothing is not told what there is
        allow(actor, verb, Subject::Installation)?;
        let name: ValueName = order.name.trim().parse().map_err(|error: BadValueName| {
            AppError::Refused(Trouble::new(format!("{error}.")).stands("Nothing was changed."))
        })?;
        let mut transaction = self.begin().await?;
        let id = store::values::environment(&mut *transaction, environment)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_environment(environment))?;
        allow(actor, verb, Subject::Environment(id))?;
        let slot = Slot {
            environment: id,
            name: &name,
        };
        let by = actor.name.as_str();
        let (action, what) = match &order.change {
            ValueChange::SetVariable(value) => {
                check_variable(value).map_err(bad)?;
                let set =
                    store::values::set_variable(&mut *transaction, id, &name, value, by).await;
                match set.map_err(broken)? {
                    None => {
                        return Ok(format!(
                            "The variable {name} of {environment} has this value already."
                        ));
                    }
                    Some(true) => ("variable.changed", format!("changed the variable {name}")),
                    Some(false) => ("variable.set", format!("set the variable {name}")),
                }
            }
            ValueChange::RemoveVariable => {
                let there = store::values::remove_variable(&mut *transaction, id, &name).await;
                if !there.map_err(broken)? {
                    return Err(not_there(environment, "variable", &name));
                }
                ("variable.removed", format!("removed the variable {name}"))
            }
            ValueChange::SetSecret(value) => {
                let set = self.vault.set(&mut transaction, slot, value.expose(), by);
                match set.await.map_err(|error| refused(environment, error))? {
                    true => ("secret.changed", format!("changed the secret {name}")),
                    false => ("secret.set", format!("set the secret {name}")),
                }
            }
            ValueChange::RemoveSecret => {
                let there = self.vault.remove(&mut transaction, slot).await;
                if !there.map_err(|error| refused(environment, error))? {
                    return Err(not_there(environment, "secret", &name));
                }
                ("secret.removed", format!("removed the secret {name}"))
            }
        };
        let words = format!("{by} {what} of {environment}.");
        let act = Act {
            action,
            subject: &format!("environment {environment}"),
            words: &words,
            reason: None,
            detail: None,
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(words)
    }

    /// Seals all secrets with the first of this server's keys; returns what was done.
    pub async fn rekey(&self, actor: &Actor) -> Result<String, AppError> {
        allow(actor, Verb::ManageSecrets, Subject::Installation)?;
        let mut transaction = self.begin().await?;
        let Rekeyed { key, sealed, same } = self
            .vault
            .rekey(&mut transaction)
            .await
            .map_err(not_rekeyed)?;
        let were = |many: usize| if many == 1 { "was" } else { "were" };
        if sealed == 0 {
            return Ok(match same {
                0 => "There is no secret to encrypt.".to_owned(),
                _ => format!("Every secret is encrypted with the key {key} already."),
            });
        }
        let words = format!(
            "{} encrypted {sealed} secret{} with the key {key}; {same} {} so already.",
            actor.name,
            if sealed == 1 { "" } else { "s" },
            were(same)
        );
        let act = Act {
            action: "secret.rekeyed",
            subject: "installation",
            words: &words,
            reason: None,
            detail: Some(
                serde_json::json!({ "key": key.as_str(), "sealed": sealed, "same": same }),
            ),
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(format!(
            "{words} Older keys can be taken out of {} on every server.",
            self.vault.key_place()
        ))
    }
}

fn lines(
    rows: &[SecretRow],
    locked: &BTreeMap<ValueName, Locked>,
    in_file: &BTreeSet<&str>,
    mut uses: Uses,
) -> Vec<SecretLine> {
    let mut lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let (set_by, at) = (row.set_by.clone(), row.at);
            SecretLine {
                name: row.name.to_string(),
                state: match locked.get(&row.name) {
                    None => SecretState::Set { set_by, at },
                    Some(why) => SecretState::Locked {
                        set_by,
                        at,
                        why: why.to_string(),
                    },
                },
                used_by: uses.remove(row.name.as_str()).unwrap_or_default(),
            }
        })
        .collect();
    lines.extend(uses.into_iter().map(|(name, used_by)| SecretLine {
        state: if in_file.contains(name.as_str()) {
            SecretState::InFile
        } else {
            SecretState::Missing
        },
        name,
        used_by,
    }));
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

fn bad(why: String) -> AppError {
    let mut why = why;
    if let Some(first) = why.get(..1).map(str::to_uppercase) {
        why.replace_range(..1, &first);
    }
    AppError::Refused(Trouble::new(format!("{why}.")).stands("Nothing was changed."))
}

fn not_there(environment: &Name, noun: &str, name: &ValueName) -> AppError {
    AppError::NotFound(Trouble::new(format!("{environment} has no {noun} {name}.")))
}

/// In words, and nothing of it holds a value.
fn refused(environment: &Name, error: VaultError) -> AppError {
    match error {
        VaultError::Store(error) => broken(error),
        VaultError::BadValue(why) => bad(why),
        VaultError::OtherKey { .. } => AppError::Refused(
            Trouble::new(format!("The secret was not stored: {error}."))
                .stands("Nothing was changed.")
                .remedy("Give this server the key that the others have."),
        ),
        VaultError::Key(_)
        | VaultError::Secrets(_)
        | VaultError::NoPool
        | VaultError::Locked(_) => AppError::Refused(
            Trouble::new(format!(
                "The secrets of {environment} cannot be used: {error}."
            ))
            .stands("Nothing was changed.")
            .remedy("Look at the key file of this server."),
        ),
    }
}

fn not_rekeyed(error: VaultError) -> AppError {
    match error {
        VaultError::Store(error) => broken(error),
        VaultError::Key(_)
        | VaultError::Secrets(_)
        | VaultError::NoPool
        | VaultError::BadValue(_)
        | VaultError::OtherKey { .. }
        | VaultError::Locked(_) => AppError::Refused(
            Trouble::new(format!("The secrets were not encrypted anew: {error}."))
                .stands("Nothing was changed.")
                .remedy(
                    "Give this server both keys, the new one in the first line, or set those secrets again.",
                ),
        ),
    }
}
