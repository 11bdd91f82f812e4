//! A project as it is written; what names nothing we need is passed over.

use super::super::{ImportError, place::Text};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub struct Project<'a> {
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
    pub url: Option<String>,
    #[serde(borrow)]
    pub tests: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub suites: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub plugins: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Suite {
    #[serde(default)]
    pub name: String,
    #[serde(default, rename = "persistSession")]
    pub persist_session: bool,
    #[serde(default)]
    pub parallel: bool,
    /// Seconds.
    pub timeout: Option<f64>,
    #[serde(default)]
    pub tests: Vec<String>,
}

#[derive(Deserialize)]
pub struct Test<'a> {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(borrow)]
    pub commands: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    #[serde(default)]
    pub command: String,
    #[serde(default, deserialize_with = "text")]
    pub target: String,
    #[serde(default, deserialize_with = "text")]
    pub value: String,
    #[serde(default)]
    pub targets: Option<Vec<Vec<String>>>,
    #[serde(default)]
    pub target_fallback: Option<Vec<Vec<String>>>,
    #[serde(default)]
    pub value_fallback: Option<Vec<Vec<String>>>,
    #[serde(default)]
    pub fallback_targets: Option<Vec<Vec<String>>>,
    #[serde(default)]
    pub skip: Option<bool>,
    #[serde(default)]
    pub opens_window: Option<bool>,
    #[serde(default)]
    pub window_handle_name: Option<String>,
    #[serde(default)]
    pub window_timeout: Option<serde_json::Value>,
}

/// Old files have `null` where nothing was written.
fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default())
}

/// The file format, which decides how a few old commands are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V1_0,
    V1_1,
    V2_0,
    V3_0,
}

impl Version {
    pub fn words(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
        }
    }

    pub fn of(project: &Project, text: &Text) -> Result<Self, ImportError> {
        let Some(raw) = project.version else {
            return Err(ImportError::whole("the project names no `version`"));
        };
        let known = [Self::V1_0, Self::V1_1, Self::V2_0, Self::V3_0];
        let written = raw.get().trim_matches('"');
        known.into_iter().find(|version| version.words() == written).ok_or_else(|| {
            let written = super::super::draft::short(written);
            text.error(raw, format!("version {written} of the file format is not known; 1.0, 1.1, 2.0 and 3.0 are"))
        })
    }
}
