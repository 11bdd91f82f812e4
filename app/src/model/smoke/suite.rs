use super::Step;
use crate::model::name::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The browser test of a pool, in the order its flows run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The public address users know, `http://shop.example.test`; mapped to the node under test alone.
    pub public_url: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub front: Front,
    /// Where other hosts than the public one lead; one that is not named leads nowhere.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hosts: Vec<HostRule>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub script_errors: ScriptErrors,
    #[serde(default, skip_serializing_if = "is_default")]
    pub pictures: Pictures,
    pub flows: Vec<Flow>,
}

/// Who ends TLS in front of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Front {
    /// The node itself speaks as the public address, http or https.
    #[default]
    Direct,
    /// The balancer does, and nodes speak plain http: a proxy of ours stands in for it.
    Terminate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostRule {
    /// `cdn.example.com`, or `*.example.com` for all below it.
    pub host: String,
    pub leads: Leads,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leads {
    SameNode,
    RealAddress,
    Blocked,
}

/// What an uncaught script error on a page means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ScriptErrors {
    #[default]
    Warn,
    Fail,
}

/// What follows from a picture that looks different from the old release's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Pictures {
    #[serde(default)]
    pub on_difference: OnDifference,
    /// Of a million pixels: so many may differ without anything following.
    #[serde(default)]
    pub above_ppm: u32,
    /// How long a hold waits for a review; 0: the pool's limit for holds.
    #[serde(default)]
    pub review_limit_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum OnDifference {
    /// It is shown.
    #[default]
    Report,
    /// The first node is held, isolated, until somebody has looked.
    HoldFirst,
    /// It is the release's failure.
    Fail,
}

/// One user journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub name: Name,
    /// For people: `Place an order`.
    pub title: String,
    pub writes: Writes,
    pub steps: Vec<Step>,
    /// Each step's own limit.
    pub step_limit_ms: u64,
    /// For the whole flow; `None`: only the stage's limit holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Retry,
    #[serde(default, skip_serializing_if = "is_default")]
    pub weight: Weight,
    #[serde(default, skip_serializing_if = "is_default")]
    pub session: Session,
    /// What `${name}` is at its beginning.
    #[serde(default, skip_serializing_if = "is_default")]
    pub variables: BTreeMap<String, String>,
    /// Why it cannot run, each a clause that names the line; empty: it can. The other flows run all the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: Vec<String>,
}

/// Whether a flow leaves data behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Writes {
    #[default]
    None,
    /// Its data carries the run id; it is never repeated silently.
    Marked,
}

/// Whether a flow that failed is run again, in a fresh context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    #[default]
    Never,
    Once,
}

/// What a failure of a flow means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The release's failure.
    #[default]
    Required,
    /// It is shown.
    WarnOnly,
}

/// Whose cookies a flow begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// Nobody's.
    #[default]
    Fresh,
    /// Those of the flow before it, with its page and its variables (Selenium IDE's `persistSession`).
    Continued,
}

impl Flow {
    /// Nothing but these steps, each with a limit of 10 s; its title is its name.
    pub fn new(name: Name, steps: Vec<Step>) -> Self {
        Self {
            title: name.to_string(),
            name,
            writes: Writes::None,
            steps,
            step_limit_ms: 10_000,
            limit_ms: None,
            tags: Vec::new(),
            retry: Retry::Never,
            weight: Weight::Required,
            session: Session::Fresh,
            variables: BTreeMap::new(),
            invalid: Vec::new(),
        }
    }
}

impl Suite {
    /// These flows with the defaults of everything else.
    pub fn new(public_url: impl Into<String>, flows: Vec<Flow>) -> Self {
        Self {
            public_url: public_url.into(),
            front: Front::Direct,
            hosts: Vec::new(),
            script_errors: ScriptErrors::Warn,
            pictures: Pictures::default(),
            flows,
        }
    }

    /// Flows that can run.
    pub fn runnable(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(|flow| flow.invalid.is_empty())
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
