//! A suite as it is written, before anything is checked but names and kinds.

use app::model::smoke::{Front, Leads, OnDifference, Operator, Retry, ScriptErrors, Until, Writes};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub public_url: Spanned<String>,
    #[serde(default)]
    pub front: Front,
    #[serde(default)]
    pub host: Vec<Host>,
    #[serde(default)]
    pub script_errors: ScriptErrors,
    #[serde(default)]
    pub pictures: Pictures,
    #[serde(default)]
    pub flow: Vec<Flow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    pub host: Spanned<String>,
    pub leads: Leads,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Pictures {
    #[serde(default)]
    pub on_difference: OnDifference,
    pub above: Option<Spanned<String>>,
    pub review_limit: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: Spanned<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub writes: Writes,
    pub step_limit: Option<Spanned<String>>,
    pub limit: Option<Spanned<String>>,
    #[serde(default)]
    pub tags: Vec<Spanned<String>>,
    pub retry: Option<Spanned<Retry>>,
    #[serde(default = "yes")]
    pub required: bool,
    pub continues: Option<Spanned<bool>>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    pub steps: Vec<Spanned<Step>>,
}

fn yes() -> bool {
    true
}

/// Optional keys of a table, and which of them are there.
macro_rules! keys {
    (@name $key:ident $written:literal) => { $written };
    (@name $key:ident) => { stringify!($key) };
    ($(#[$about:meta])* $name:ident { $($key:ident $(as $written:literal)?: $kind:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[serde(rename = $written)])? pub $key: Option<$kind>,)*
        }

        impl $name {
            pub fn present(&self) -> Vec<&'static str> {
                let mut keys = Vec::new();
                $(if self.$key.is_some() {
                    keys.push(keys!(@name $key $($written)?));
                })*
                keys
            }
        }
    };
}

keys! {
    /// One key is what is done; the others go with it.
    Step {
        open: String,
        click: Find,
        at: String,
        double_click: Find,
        right_click: Find,
        hover: Find,
        drag: Find,
        to: Find,
        submit: Find,
        fill: Find,
        append: Find,
        change: Find,
        with: String,
        secret: String,
        choose: Find,
        option: String,
        check: Find,
        uncheck: Find,
        press: String,
        scroll_to: Find,
        resize: String,
        frame: Frame,
        window: String,
        remember_window: String,
        close: bool,
        opens: String,
        wait_for: Find,
        until: Until,
        wait_until: String,
        pause: String,
        expect: Expect,
        expect_dialog: Dialog,
        reads: String,
        accept: Dialog,
        dismiss: Dialog,
        answer: String,
        store: String,
        value: String,
        json: String,
        text_of: Find,
        value_of: Find,
        attribute: String,
        of: Find,
        count_of: Find,
        title: bool,
        run: String,
        into: String,
        echo: String,
        if_ as "if": String,
        else_if: String,
        else_ as "else": bool,
        end: bool,
        while_ as "while": String,
        do_ as "do": bool,
        again_if: String,
        repeat: Number,
        for_each: String,
        as_ as "as": String,
        act: toml::Table,
        limit: String,
        soft: bool,
        above: String,
        mask: Vec<String>,
        navigates: Navigates,
    }
}

keys! {
    Expect {
        text: String,
        url: String,
        status: u16,
        title: String,
        element: Find,
        no_element: Find,
        text_of: Find,
        value_of: Find,
        chosen_in: Find,
        attribute: String,
        of: Find,
        variable: String,
        checked: Find,
        unchecked: Find,
        editable: Find,
        locked: Find,
        count_of: Find,
        operator: Operator,
        count: u32,
        is: String,
        is_not: String,
    }
}

/// What is loaded by a step; empty: whatever it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Navigates {
    pub url: Option<String>,
    pub title: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum Dialog {
    Alert,
    Confirm,
    Prompt,
}

/// A number, or a variable that holds one.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Number {
    Number(u32),
    Text(String),
}

/// `"top"`, `"parent"`, an index from 0, or an element.
pub enum Frame {
    Word(String),
    Index(u32),
    At(Find),
}

/// An element by one way of finding it, or by several in turn.
pub struct Find {
    pub ways: Vec<Locator>,
}

pub enum Locator {
    Plain(String),
    Table(Box<By>),
}

keys! {
    By {
        label: String,
        text: String,
        css: String,
        aria: String,
        role: String,
        reads: String,
        pierce: String,
        id: String,
        name: String,
        first_css: String,
        xpath: String,
        link: String,
        partial_link: String,
        nested: Vec<Locator>,
    }
}

// by hand: serde's `untagged` forgets where and why a table was wrong
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Find;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a table like { css = \"...\" }, or a list of these")
    }

    fn visit_str<E>(self, text: &str) -> Result<Find, E> {
        let ways = vec![Locator::Plain(text.to_owned())];
        Ok(Find { ways })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Find, A::Error> {
        let by = By::deserialize(MapAccessDeserializer::new(map))?;
        let ways = vec![Locator::Table(Box::new(by))];
        Ok(Find { ways })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Find, A::Error> {
        let mut ways = Vec::new();
        while let Some(way) = seq.next_element()? {
            ways.push(way);
        }
        Ok(Find { ways })
    }
}

impl<'de> Deserialize<'de> for Find {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

impl<'de> Deserialize<'de> for Locator {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut found = from.deserialize_any(Written)?;
        match (found.ways.pop(), found.ways.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(serde::de::Error::custom(
                "one text or one table like { css = \"...\" } is expected here",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct WordIndexOrElement;
        impl<'de> Visitor<'de> for WordIndexOrElement {
            type Value = Frame;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"top\", \"parent\", an index, or an element")
            }

            fn visit_i64<E: serde::de::Error>(self, index: i64) -> Result<Frame, E> {
                let index = u32::try_from(index);
                index
                    .map(Frame::Index)
                    .map_err(|_| E::custom("frames are counted from 0"))
            }

            fn visit_str<E>(self, word: &str) -> Result<Frame, E> {
                Ok(Frame::Word(word.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Frame, A::Error> {
                Written.visit_map(map).map(Frame::At)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Frame, A::Error> {
                Written.visit_seq(seq).map(Frame::At)
            }
        }
        from.deserialize_any(WordIndexOrElement)
    }
}
