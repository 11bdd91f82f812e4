//! The file's text, typed, with the place of every value that rules can refuse.

use super::span::Millis;
use app::model::{
    deployment::{AtDrainLimit, OnFailure},
    name::Name,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(default)]
    pub environment: Vec<Environment>,
    #[serde(default)]
    pub application: Vec<Application>,
    #[serde(default)]
    pub balancer: Vec<Balancer>,
    #[serde(default)]
    pub pool: Vec<Pool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    pub name: Spanned<Name>,
    #[serde(default)]
    pub variables: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    pub name: Spanned<Name>,
    pub recipe: Recipe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    #[expect(
        dead_code,
        reason = "there is one kind; naming it keeps room for others"
    )]
    pub kind: RecipeKind,
    #[serde(default)]
    pub shared: Vec<Spanned<String>>,
    pub restart: Spanned<String>,
    pub output: Option<Spanned<String>>,
    #[serde(default = "five")]
    pub keep: Spanned<u32>,
    #[serde(default = "a_minute")]
    pub command_limit: Millis,
    #[serde(default = "four")]
    pub prepare_at_once: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipeKind {
    Artefact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balancer {
    pub name: Spanned<Name>,
    #[expect(
        dead_code,
        reason = "there is one product; naming it keeps room for others"
    )]
    pub product: Product,
    pub manager_url: Spanned<String>,
    pub balancer: Spanned<String>,
    pub referer: Option<Spanned<String>>,
    #[serde(default)]
    pub accept_no_persist: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    Apache,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    pub environment: Spanned<Name>,
    pub application: Spanned<Name>,
    pub balancers: Vec<Spanned<Name>>,
    #[serde(default = "one")]
    pub batch: Spanned<u32>,
    #[serde(default = "one")]
    pub floor: Spanned<u32>,
    #[serde(default = "a_minute")]
    pub drain_limit: Millis,
    #[serde(default = "put_back")]
    pub at_drain_limit: DrainPolicy,
    #[serde(default = "ten_minutes")]
    pub isolation_limit: Millis,
    #[serde(default = "undo_node")]
    pub on_failure: FailurePolicy,
    #[serde(default = "half_an_hour")]
    pub hold_limit: Millis,
    /// Whether the suite is tried on a node in service before the first one leaves.
    #[serde(default = "yes")]
    pub rehearse: bool,
    /// Left out: the suite is not tried between deployments.
    pub rehearse_every: Option<Millis>,
    /// Left out: nodes are not watched after they rejoined.
    pub soak: Option<Millis>,
    #[serde(default)]
    pub stage: Vec<StageRule>,
    pub suite: Option<Spanned<Suites>>,
    pub visitors_url: Option<Spanned<String>>,
    pub probe: Probe,
    #[serde(default)]
    pub node: Vec<Node>,
}

fn yes() -> bool {
    true
}

/// A file, or several that are one suite.
#[derive(Deserialize, Clone)]
#[serde(untagged, expecting = "expected a file's path or a list of them")]
pub enum Suites {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub enum DrainPolicy {
    Wait,
    Force,
    PutBack,
}

impl From<DrainPolicy> for AtDrainLimit {
    fn from(policy: DrainPolicy) -> Self {
        match policy {
            DrainPolicy::Wait => Self::Wait,
            DrainPolicy::Force => Self::Force,
            DrainPolicy::PutBack => Self::PutBack,
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub enum FailurePolicy {
    UndoNode,
    UndoAll,
    Leave,
}

impl From<FailurePolicy> for OnFailure {
    fn from(policy: FailurePolicy) -> Self {
        match policy {
            FailurePolicy::UndoNode => Self::UndoNode,
            FailurePolicy::UndoAll => Self::UndoAll,
            FailurePolicy::Leave => Self::Leave,
        }
    }
}

/// Where tries and limits of one work differ from the usual ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRule {
    /// `prepare`, one of the six stages, or `soak`.
    pub work: Spanned<String>,
    pub tries: Option<Spanned<u32>>,
    pub limit: Option<Millis>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub path: Spanned<String>,
    #[serde(default = "ok")]
    pub status: Spanned<u16>,
    #[serde(default = "three")]
    pub good: Spanned<u32>,
    #[serde(default = "a_tenth")]
    pub interval: Millis,
    #[serde(default = "a_minute")]
    pub limit: Millis,
    pub fingerprint: Spanned<Fingerprint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fingerprint {
    Header(String),
    Path(String),
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub name: Spanned<Name>,
    pub group: Option<Name>,
    pub ssh: Spanned<String>,
    pub host_key: Option<Spanned<String>>,
    pub app: Spanned<String>,
    pub deploy_root: Spanned<String>,
    pub workers: Option<Spanned<BTreeMap<Name, Spanned<String>>>>,
}

/// A value that stands nowhere in the text.
fn unwritten<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn ok() -> Spanned<u16> {
    unwritten(200)
}

fn one() -> Spanned<u32> {
    unwritten(1)
}

fn three() -> Spanned<u32> {
    unwritten(3)
}

fn four() -> Spanned<u32> {
    unwritten(4)
}

fn five() -> Spanned<u32> {
    unwritten(5)
}

fn a_tenth() -> Millis {
    Millis(100)
}

fn a_minute() -> Millis {
    Millis(60_000)
}

fn ten_minutes() -> Millis {
    Millis(600_000)
}

fn put_back() -> DrainPolicy {
    DrainPolicy::PutBack
}

fn undo_node() -> FailurePolicy {
    FailurePolicy::UndoNode
}

fn half_an_hour() -> Millis {
    Millis(1_800_000)
}
