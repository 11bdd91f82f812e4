//! A suite as it is written, before anything is checked but names and kinds.

use app::model::smoke::Writes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub public_url: Spanned<String>,
    #[serde(default)]
    pub flow: Vec<Flow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: Spanned<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub writes: Writes,
    pub step_limit: Option<Spanned<String>>,
    pub steps: Vec<Spanned<Step>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub open: Option<String>,
    pub click: Option<Locator>,
    pub fill: Option<Locator>,
    pub with: Option<String>,
    pub secret: Option<String>,
    pub choose: Option<Locator>,
    pub option: Option<String>,
    pub expect: Option<Expect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub text: Option<String>,
    pub url: Option<String>,
    pub status: Option<u16>,
}

pub enum Locator {
    Plain(String),
    Table(By),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    pub label: Option<String>,
    pub text: Option<String>,
    pub css: Option<String>,
}

// by hand: serde's `untagged` forgets where and why a table was wrong
impl<'de> Deserialize<'de> for Locator {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = Locator;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or { label, text or css = \"...\" }")
            }

            fn visit_str<E>(self, text: &str) -> Result<Locator, E> {
                Ok(Locator::Plain(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Locator, A::Error> {
                By::deserialize(MapAccessDeserializer::new(map)).map(Locator::Table)
            }
        }
        from.deserialize_any(TextOrTable)
    }
}
