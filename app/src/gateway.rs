//! The only way from a page to the engine. Permission and audit live behind it, in `server/src/gateway.rs`.

use crate::{
    error::AppError,
    model::{
        access::Actor,
        command::Command,
        drift::Shown,
        editor::{Draft, EditorView, Fault, Move},
        evidence::{EvidenceView, Rect, StepKey, Verdict},
        ids::{RehearsalId, SuiteRevisionId},
        import::{SuiteExport, SuiteFile, SuiteImport, SuiteView},
        name::Name,
        rehearsal::{RehearsalLine, RehearsalView},
        values::EnvironmentView,
        view::*,
    },
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// `environment/application`, how people name a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolPath {
    pub environment: Name,
    pub application: Name,
}

/// What somebody who clicks Deploy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOrder {
    pub pool: PoolPath,
    pub version: Name,
    /// Empty: all nodes of the pool.
    pub nodes: Vec<Name>,
    pub reason: Option<String>,
    /// The deployment that this rolls back; `version` is then what [`Gateway::rollback`] said.
    pub undoes: Option<u32>,
    /// Start although the suite was not tried on what is in service: what is in service may be what is broken.
    pub unrehearsed: bool,
}

/// What somebody does about differences that were shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftOrder {
    pub pool: PoolPath,
    /// At least one.
    pub shown: Vec<Shown>,
    /// Never empty.
    pub reason: String,
}

/// What somebody asks of a running deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOrder {
    pub pool: PoolPath,
    pub number: u32,
    pub command: Command,
    pub node: Option<Name>,
    /// `Verbs::turn` of the page the button was on; `None`: whatever state it is in.
    pub turn: Option<u64>,
    /// Made once per button: the same key again is the same wish.
    pub key: Option<String>,
    pub reason: Option<String>,
}

/// What somebody says about a step's picture on the new release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewOrder {
    pub pool: PoolPath,
    pub number: u32,
    pub node: Name,
    pub at_step: StepKey,
    pub verdict: Verdict,
    /// The picture that was shown.
    pub new: String,
    /// What it was held against.
    pub old: Option<String>,
    /// The last review of this picture that was shown; `None`: there was none.
    pub after: Option<i64>,
    /// Never empty.
    pub reason: String,
}

/// What somebody wants of the masks of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskOrder {
    pub pool: PoolPath,
    pub at_step: StepKey,
    pub change: MaskChange,
    /// Never empty.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskChange {
    Add(Rect),
    /// By its id; one that is gone already is no mistake.
    Remove(i64),
}

/// Files for a pool's suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteOrder {
    pub pool: PoolPath,
    /// Each is added, or takes the place of the one of its name.
    pub files: Vec<SuiteFile>,
    /// `None`: as before, else as the files say.
    pub public_url: Option<String>,
    /// Unknown commands that are skipped with a warning.
    pub skip: Vec<String>,
    /// These are the whole suite: files of before are left out.
    pub replace: bool,
    /// Only say what would be.
    pub dry_run: bool,
}

/// What somebody wants of a flow's draft, which is kept with what was typed whatever comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditOrder {
    pub pool: PoolPath,
    /// The flow it changes; `None`: a new one.
    pub flow: Option<Name>,
    /// The suite it was begun with.
    pub base: Option<SuiteRevisionId>,
    pub draft: Draft,
    pub edit: Edit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Keep,
    Row(Move),
    /// Take the recording in that was pasted.
    Paste,
    /// Try it on this node.
    Try(Name),
    /// Make it part of the suite, as a new revision.
    Save,
    /// Go on although the suite is another one by now.
    GoOn,
    /// Forget what was typed.
    Discard,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// Nothing but that it is kept; the row to look at, from 0.
    Kept(Option<usize>),
    /// It cannot be tried or saved for these.
    Wrong(Vec<Fault>),
    Tried(RehearsalId),
    /// A sentence.
    Saved(String),
    Discarded,
}

/// In which format a suite is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuiteFormat {
    Side,
    Toml,
}

/// What somebody wants of a variable or a secret of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueOrder {
    pub environment: Name,
    /// As it was written.
    pub name: String,
    pub change: ValueChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueChange {
    SetVariable(String),
    RemoveVariable,
    SetSecret(Hidden),
    RemoveSecret,
}

/// A secret's value on its way in. Nothing it prints holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    pub fn new(value: String) -> Self {
        Self(value)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

#[async_trait]
pub trait Gateway: Send + Sync {
    async fn overview(&self, actor: &Actor) -> Result<Overview, AppError>;

    async fn pool(&self, actor: &Actor, pool: &PoolPath) -> Result<PoolView, AppError>;

    /// What a deployment would do, decided by the same code that would do it.
    async fn plan(&self, actor: &Actor, order: &DeployOrder) -> Result<PlanView, AppError>;

    /// Queues a deployment; returns its line. A busy pool is refused with who is deploying what.
    async fn deploy(&self, actor: &Actor, order: &DeployOrder) -> Result<DeploymentLine, AppError>;

    /// The order that brings the nodes which a deployment is done with back to what they ran before it. `nodes`: these
    /// only; empty: all of them. Changes nothing by itself; refused where it is not known what ran, where that was
    /// not one release, where something else was deployed since, and while the deployment has not ended.
    async fn rollback(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
        nodes: &[Name],
    ) -> Result<DeployOrder, AppError>;

    async fn deployment(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<DeploymentView, AppError>;

    /// Newest first, at most 100.
    async fn deployments(&self, actor: &Actor) -> Result<Vec<DeploymentLine>, AppError>;

    /// The unfinished deployment of a pool, if there is one.
    async fn running(
        &self,
        actor: &Actor,
        pool: &PoolPath,
    ) -> Result<Option<DeploymentLine>, AppError>;

    /// What can be asked of a deployment now, and why not otherwise.
    async fn verbs(&self, actor: &Actor, pool: &PoolPath, number: u32) -> Result<Verbs, AppError>;

    /// Asks something of a running deployment. Accepted here means put into its inbox; its owner's answer is in the
    /// journal. Refused at once where it is not possible already now. The same key again changes nothing.
    async fn command(&self, actor: &Actor, order: &CommandOrder) -> Result<(), AppError>;

    /// From now on what was found is what is expected; returns what was done, a sentence. All or nothing: refused
    /// when a deployment runs, and when one of the differences is no longer what was shown.
    async fn adopt(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError>;

    /// Sets balancers back to what is expected, one difference after the other; returns what was done. Refused like
    /// adopting, and where a node would serve what is not proven on it, or too few nodes would be left.
    async fn revert(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError>;

    /// The pictures of a deployment, held against others. What is still being compared is ready a moment later.
    async fn evidence(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<EvidenceView, AppError>;

    /// Records what somebody says about a picture; returns it as a sentence. Refused where something else is shown there
    /// by now, or somebody else has spoken since. The same again changes nothing.
    async fn review(&self, actor: &Actor, order: &ReviewOrder) -> Result<String, AppError>;

    /// Changes what of a step's pictures is not compared, in all deployments of the pool; returns it as a sentence.
    async fn mask(&self, actor: &Actor, order: &MaskOrder) -> Result<String, AppError>;

    /// A pool's suite, and what was made of each of its files.
    async fn suite(&self, actor: &Actor, pool: &PoolPath) -> Result<SuiteView, AppError>;

    /// Makes files part of a pool's suite, as a new revision; or says what would come of it. A file that is no suite is
    /// refused with its line, and nothing is changed.
    async fn import_suite(
        &self,
        actor: &Actor,
        order: &SuiteOrder,
    ) -> Result<SuiteImport, AppError>;

    /// The editor of a flow of a pool's suite, or of a new one, with this person's own draft if there is one.
    async fn editor(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        flow: Option<&Name>,
    ) -> Result<EditorView, AppError>;

    /// Does what a button of the editor says. Saving is refused where the suite was changed since the draft was begun.
    async fn edit_suite(&self, actor: &Actor, order: &EditOrder) -> Result<Edited, AppError>;

    async fn export_suite(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        format: SuiteFormat,
    ) -> Result<SuiteExport, AppError>;

    /// Variables and secrets of an environment; of a secret everything but its value.
    async fn environment(&self, actor: &Actor, name: &Name) -> Result<EnvironmentView, AppError>;

    /// Sets or removes one of them; returns it as a sentence. To set what is set already changes nothing.
    async fn change_value(&self, actor: &Actor, order: &ValueOrder) -> Result<String, AppError>;

    /// Asks for the pool's suite to be tried on `node`, or on any in service; returns it, still to be made. Refused
    /// while a deployment or another rehearsal of the pool runs, and where the pool has no suite.
    async fn rehearse(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        node: Option<&Name>,
    ) -> Result<RehearsalLine, AppError>;

    async fn rehearsal(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        id: RehearsalId,
    ) -> Result<RehearsalView, AppError>;

    async fn audit(&self, actor: &Actor, filter: &AuditFilter) -> Result<AuditPage, AppError>;
}

/// Provided to every page and server function as Leptos context, beside `Option<Actor>` for who asks.
pub type SharedGateway = Arc<dyn Gateway>;
