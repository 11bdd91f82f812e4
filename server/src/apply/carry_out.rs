//! One transaction: find what differs, write it, say it. An error in the middle leaves everything as it was.

/// A pool before and after, and what differs in words.
mod difference;

/// Which host key is registered for a node.
mod registration;

use super::{
    host_key,
    preflight::{self, Connect, Ready},
    request::*,
    rules,
};
use crate::{
    balancer,
    smoke::files::Sources,
    store::{
        audit::{self, Act},
        inventory::{self, Change, PoolSettings},
        pools::{self, PoolInventory},
        suites, values,
    },
};
use app::{
    error::AppError,
    model::{
        access::{Actor, Subject, Verb, can},
        environment::{Member, Node, SshAddress},
        ids::*,
        name::Name,
        smoke::Suite,
        trouble::Trouble,
        values::ValueName,
    },
};
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeMap;

#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("{0}")]
    Forbidden(String),
    /// Nothing was changed; at least one problem.
    #[error("the configuration was refused: {}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Problem>),
    #[error("could not write the configuration")]
    Store(#[source] sqlx::Error),
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

/// The problems travel as JSON in the trouble's detail, so that the client can find their lines.
impl From<ApplyError> for AppError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Forbidden(why) => Self::Forbidden(
                Trouble::new("You may not change the configuration.").stands(format!("{why}.")),
            ),
            ApplyError::Refused(problems) => {
                let first = problems.first().map(Problem::to_string).unwrap_or_default();
                let detail = serde_json::to_string(&problems).unwrap_or_default();
                Self::Refused(
                    Trouble::new(format!("The configuration was refused: {first}."))
                        .stands("Nothing was changed.")
                        .remedy("Correct it and apply it again.")
                        .detail(detail),
                )
            }
            ApplyError::Store(_) => Self::Internal(
                Trouble::new("The configuration could not be written.")
                    .stands("Nothing was changed."),
            ),
        }
    }
}

/// Makes everything be as `request` says. Speaks to its balancers first.
pub async fn carry_out(
    store: &PgPool,
    request: &ApplyRequest,
    actor: &Actor,
) -> Result<Applied, ApplyError> {
    carry_out_with(store, &balancer::connect, request, actor).await
}

/// The same with other drivers.
pub async fn carry_out_with(
    store: &PgPool,
    connect: Connect<'_>,
    request: &ApplyRequest,
    actor: &Actor,
) -> Result<Applied, ApplyError> {
    can(actor, Verb::Configure, Subject::Installation).map_err(ApplyError::Forbidden)?;
    let mut problems = rules::check(request);
    let suites = settled_suites(store, request, &mut problems).await?;
    refuse(problems)?;
    let ready = preflight::ask(request, connect)
        .await
        .map_err(ApplyError::Refused)?;

    let mut transaction = store.begin().await?;
    inventory::lock(&mut transaction).await?;
    let mut writer = Writer {
        request,
        actor,
        ready: &ready,
        applied: Applied {
            warnings: ready.warnings.clone(),
            ..Applied::default()
        },
        environments: BTreeMap::new(),
        applications: BTreeMap::new(),
        balancers: BTreeMap::new(),
        touched: Vec::new(),
        before: serde_json::Map::new(),
        after: serde_json::Map::new(),
    };
    writer.nouns(&mut transaction).await?;
    for (index, suite) in suites.iter().enumerate() {
        writer.pool(&mut transaction, index, suite.as_ref()).await?;
    }
    let names = inventory::names(&mut transaction).await?;
    let mut applied = writer.applied;
    applied.unmentioned = difference::unmentioned(request, &names);
    if !applied.changes.is_empty() {
        let words = applied.changes.join(" ");
        let subject = match writer.touched.as_slice() {
            [] => "installation".to_owned(),
            pools => pools.join(", "),
        };
        let act = Act {
            action: "configuration.applied",
            subject: &subject,
            words: &words,
            reason: None,
            detail: Some(serde_json::json!({ "before": writer.before, "after": writer.after })),
        };
        audit::append(&mut *transaction, actor, act).await?;
    }
    transaction.commit().await?;
    Ok(applied)
}

fn refuse(problems: Vec<Problem>) -> Result<(), ApplyError> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApplyError::Refused(problems))
    }
}

/// Each pool's suite as it will be stored, and read. Files that do not say the public address run at the one of before.
async fn settled_suites(
    store: &PgPool,
    request: &ApplyRequest,
    problems: &mut Vec<Problem>,
) -> sqlx::Result<Vec<Option<(String, Suite)>>> {
    let mut suites = Vec::new();
    for (i, pool) in request.pools.iter().enumerate() {
        let Some(text) = &pool.suite else {
            suites.push(None);
            continue;
        };
        let sources = Sources::from_text(text);
        let alone = sources.files.len() == 1;
        let usual = suites::public_url(store, &pool.environment, &pool.application).await?;
        match sources.settle(usual.as_deref()) {
            Ok((sources, read)) => suites.push(Some((sources.to_text(), read.suite))),
            Err(wrong) => {
                let words = match alone {
                    true => wrong.error.to_string(),
                    false => wrong.to_string(),
                };
                problems.push(Problem::new(format!("pool[{i}].suite"), words));
                suites.push(None);
            }
        }
    }
    Ok(suites)
}

struct Writer<'a> {
    request: &'a ApplyRequest,
    actor: &'a Actor,
    ready: &'a Ready,
    applied: Applied,
    environments: BTreeMap<Name, EnvironmentId>,
    applications: BTreeMap<Name, ApplicationId>,
    balancers: BTreeMap<Name, BalancerId>,
    /// Pools that are not as they were.
    touched: Vec<String>,
    before: serde_json::Map<String, serde_json::Value>,
    after: serde_json::Map<String, serde_json::Value>,
}

impl Writer<'_> {
    fn say(&mut self, change: Change, what: &str) {
        let verb = match change {
            Change::Created => "Created",
            Change::Changed => "Changed",
            Change::Same => return,
        };
        self.applied.changes.push(format!("{verb} {what}."));
    }

    /// Environments, applications and balancers.
    async fn nouns(&mut self, conn: &mut PgConnection) -> Result<(), ApplyError> {
        for name in &self.request.environments {
            let (id, change) = inventory::upsert_environment(conn, name).await?;
            self.say(change, &format!("environment {name}"));
            self.environments.insert(name.clone(), id);
            self.variables(conn, name, id).await?;
        }
        for order in &self.request.applications {
            let name = &order.name;
            let key = format!("application {name}");
            let before = inventory::application(conn, name).await?;
            let (id, change) = inventory::upsert_application(conn, name, &order.recipe).await?;
            if change != Change::Same {
                let recipe = before.map(|(_, recipe)| recipe);
                self.before.insert(key.clone(), json(&recipe));
                self.after.insert(key.clone(), json(&order.recipe));
            }
            self.say(change, &key);
            self.applications.insert(name.clone(), id);
        }
        for order in &self.request.balancers {
            let name = &order.name;
            let key = format!("balancer {name}");
            let before = inventory::balancer(conn, name).await?;
            let (id, change) = inventory::upsert_balancer(conn, name, &order.product).await?;
            if change != Change::Same {
                self.before.insert(key.clone(), json(&before));
                self.after.insert(key.clone(), json(&order.product));
            }
            self.say(change, &key);
            self.balancers.insert(name.clone(), id);
        }
        Ok(())
    }

    async fn variables(
        &mut self,
        conn: &mut PgConnection,
        environment: &Name,
        id: EnvironmentId,
    ) -> Result<(), ApplyError> {
        let request = self.request;
        let Some(given) = request.variables.get(environment) else {
            return Ok(());
        };
        for (name, value) in given {
            let name: ValueName = name.parse().expect("the rules were checked");
            let by = &self.actor.name;
            let change = match values::set_variable(&mut *conn, id, &name, value, by).await? {
                None => Change::Same,
                Some(true) => Change::Changed,
                Some(false) => Change::Created,
            };
            self.say(change, &format!("variable {name} of {environment}"));
        }
        Ok(())
    }

    async fn pool(
        &mut self,
        conn: &mut PgConnection,
        index: usize,
        suite: Option<&(String, Suite)>,
    ) -> Result<(), ApplyError> {
        let request = self.request;
        let order = &request.pools[index];
        let before = pools::find(conn, &order.environment, &order.application).await?;
        let nodes = self.nodes(index, order, before.as_ref())?;
        let settings = PoolSettings {
            environment: self.environments[&order.environment],
            application: self.applications[&order.application],
            policy: order.policy.clone(),
            probe: order.probe.clone(),
            visitors_url: order.visitors_url.clone(),
        };
        let (pool, _) = inventory::upsert_pool(conn, &settings).await?;
        for (n, node) in nodes.iter().enumerate() {
            let ordinal = u32::try_from(n).unwrap_or(u32::MAX);
            inventory::upsert_node(conn, pool, ordinal, node)
                .await
                .map_err(|error| collision(error, index, n, node))?;
        }
        if let Some((text, suite)) = suite {
            suites::set(conn, pool, text, suite).await?;
        }
        let after = pools::find(conn, &order.environment, &order.application).await?;
        let lines = difference::in_words(&order.title(), before.as_ref(), after.as_ref());
        if !lines.is_empty() {
            let title = order.title();
            let key = format!("pool {title}");
            let (left, right) = difference::values(before.as_ref(), after.as_ref());
            self.before.insert(key.clone(), left);
            self.after.insert(key, right);
            self.touched.push(title);
            self.applied.changes.extend(lines);
        }
        Ok(())
    }

    /// The pool's nodes as they shall be; a key that is not given is the registered one.
    fn nodes(
        &self,
        pool: usize,
        order: &PoolOrder,
        before: Option<&PoolInventory>,
    ) -> Result<Vec<Node>, ApplyError> {
        let mut problems = Vec::new();
        let mut nodes = Vec::new();
        for (n, given) in order.nodes.iter().enumerate() {
            let old = before.and_then(|pool| pool.nodes.iter().find(|old| old.name == given.name));
            let at = format!("pool[{pool}].node[{n}]");
            match registration::host_key_of(given, old, self.request.accept_changed_host_keys) {
                Ok(key) => nodes.push(self.node(given, key)),
                Err(words) => problems.push(Problem::new(format!("{at}.host_key"), words)),
            }
        }
        refuse(problems)?;
        Ok(nodes)
    }

    fn node(&self, given: &NodeOrder, key: host_key::HostKey) -> Node {
        let workers = given.workers.iter();
        Node {
            id: NodeId::generate(),
            name: given.name.clone(),
            group: given.group.clone(),
            ssh: SshAddress {
                user: given.ssh.user.clone(),
                host: given.ssh.host.clone(),
                port: given.ssh.port,
                host_key_fingerprint: key.fingerprint,
                host_key: key.text,
            },
            app_url: given.app_url.clone(),
            deploy_root: given.deploy_root.clone(),
            members: workers
                .map(|(balancer, worker)| Member {
                    balancer: self.balancers[balancer],
                    worker: self.ready.normalise(balancer, worker),
                })
                .collect(),
        }
    }
}

/// Another pool's node has this folder or worker already.
fn collision(error: sqlx::Error, pool: usize, node: usize, order: &Node) -> ApplyError {
    let constraint = error.as_database_error().and_then(|e| e.constraint());
    let (field, words) = match constraint {
        Some("one_owner_per_deploy_root") => (
            "deploy_root",
            format!(
                "another node is configured with the folder {} at {}:{} already",
                order.deploy_root, order.ssh.host, order.ssh.port
            ),
        ),
        Some("one_node_per_worker") => (
            "workers",
            "another node is configured as this worker already".to_owned(),
        ),
        _ => return ApplyError::Store(error),
    };
    let at = format!("pool[{pool}].node[{node}].{field}");
    ApplyError::Refused(vec![Problem::new(at, words)])
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("model types become JSON")
}
