use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An element by one or more locators: they are tried in order, again and again, and the first that finds something
/// decides. Written as that locator, or as a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub first: Locator,
    pub or: Vec<Locator>,
}

/// How an element is found.
///
/// `Label`, `Text`, `Css`, `Aria`, `Reads` and `Pierce` look for what can be seen and used. The others are those of the
/// WebDriver standard and of Selenium IDE, and do what these say: the first in the document, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locator {
    /// A form field by the text of its label.
    Label(String),
    /// A button or link by its visible text, else the smallest element with it.
    Text(String),
    /// The first that is visible, else the first.
    Css(String),
    /// By its accessible name, and its role if one is given.
    Aria {
        name: String,
        role: Option<String>,
    },
    /// The smallest element that contains this text.
    Reads(String),
    /// CSS that looks into open shadow roots.
    Pierce(String),
    Id(String),
    Name(String),
    FirstCss(String),
    Xpath(String),
    LinkText(String),
    PartialLinkText(String),
    /// Each inside what the one before found: in its shadow root, or in itself if it has none. Never empty.
    Nested(Vec<Locator>),
}

impl Find {
    /// Never empty.
    pub fn all(&self) -> impl Iterator<Item = &Locator> {
        std::iter::once(&self.first).chain(&self.or)
    }

    /// By the WebDriver standard, whatever the element's state.
    pub fn is_standard(&self) -> bool {
        self.first.is_standard()
    }

    /// The first locator's words: the others are only there for when it fails.
    pub fn words(&self) -> String {
        self.first.words()
    }
}

impl From<Locator> for Find {
    fn from(first: Locator) -> Self {
        Self {
            first,
            or: Vec::new(),
        }
    }
}

impl TryFrom<Vec<Locator>> for Find {
    type Error = &'static str;
    fn try_from(all: Vec<Locator>) -> Result<Self, Self::Error> {
        let mut all = all.into_iter();
        let first = all.next().ok_or("an element needs a locator")?;
        Ok(Self {
            first,
            or: all.collect(),
        })
    }
}

impl Serialize for Find {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.or.is_empty() {
            self.first.serialize(to)
        } else {
            to.collect_seq(self.all())
        }
    }
}

impl<'de> Deserialize<'de> for Find {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(Locator),
            Many(Vec<Locator>),
        }
        match Written::deserialize(from)? {
            Written::One(first) => Ok(first.into()),
            Written::Many(all) => all.try_into().map_err(serde::de::Error::custom),
        }
    }
}

impl Locator {
    /// See [`Locator`]: the first in the document, whatever its state.
    pub fn is_standard(&self) -> bool {
        match self {
            Self::Id(_)
            | Self::Name(_)
            | Self::FirstCss(_)
            | Self::Xpath(_)
            | Self::LinkText(_)
            | Self::PartialLinkText(_) => true,
            Self::Label(_)
            | Self::Text(_)
            | Self::Css(_)
            | Self::Aria { .. }
            | Self::Reads(_)
            | Self::Pierce(_)
            | Self::Nested(_) => false,
        }
    }

    pub fn words(&self) -> String {
        match self {
            Self::Label(text) | Self::Text(text) | Self::LinkText(text) => format!("\"{text}\""),
            Self::Aria { name, role: None } => format!("\"{name}\""),
            Self::Aria {
                name,
                role: Some(role),
            } => format!("the {role} \"{name}\""),
            Self::Reads(text) | Self::PartialLinkText(text) => format!("\"{text}\""),
            Self::Css(css) | Self::FirstCss(css) | Self::Pierce(css) => format!("`{css}`"),
            Self::Id(id) => format!("`#{id}`"),
            Self::Name(name) => format!("`name={name}`"),
            Self::Xpath(path) => format!("`{path}`"),
            Self::Nested(path) => {
                let parts: Vec<String> = path.iter().map(Self::words).collect();
                parts.join(" > ")
            }
        }
    }
}
