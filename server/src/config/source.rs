//! Flags, environment and file, merged into one map in which each value remembers where it came from.

use super::{
    ConfigError,
    setting::{CLIENT_VARIABLES, SECRETS_KEY, SETTINGS, ServeArgs},
};
use std::{
    collections::BTreeMap, os::unix::fs::PermissionsExt, path::Path, str::FromStr, time::Duration,
};
use toml::de::{DeTable, DeValue};

/// One value as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    /// `flag --listen`, `environment PITLANE_LISTEN`, `pitlane.toml:3:10`.
    pub from: String,
}

/// Everything that was given, by key, the strongest source only. Its values may be secrets: it cannot be printed.
#[derive(Clone, Default)]
pub struct Sources {
    values: BTreeMap<&'static str, Given>,
    /// Variables that are not ours but tell us where things are: `HOME`, `PATH`, `XDG_*`, `SSH_AUTH_SOCK`.
    surroundings: BTreeMap<String, String>,
}

impl Sources {
    /// This process's own flags, environment and file.
    pub fn read(args: ServeArgs) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
            .collect();
        let file = match &args.config {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| ConfigError::File {
                    place: path.display().to_string(),
                    why: format!("cannot be read: {error}"),
                })?;
                Some((path.display().to_string(), text))
            }
        };
        let file = file
            .as_ref()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        Self::merge(args.values, &environment, file)
    }

    /// `file` is its name and text.
    pub fn merge(
        flags: BTreeMap<&'static str, String>,
        environment: &BTreeMap<String, String>,
        file: Option<(&str, &str)>,
    ) -> Result<Self, ConfigError> {
        let mut values = match file {
            Some((name, text)) => from_file(name, text)?,
            None => BTreeMap::new(),
        };
        values.extend(from_environment(environment)?);
        for setting in SETTINGS {
            if let Some(text) = flags.get(setting.key) {
                let from = format!("flag --{}", setting.flag);
                let text = text.clone();
                values.insert(setting.key, Given { text, from });
            }
        }
        let surroundings = environment.clone();
        Ok(Self {
            values,
            surroundings,
        })
    }

    pub fn get(&self, key: &'static str) -> Option<&Given> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.key == key), "{key}");
        self.values.get(key)
    }

    /// The value of `key`, read by `parse`; its error is the reason in words.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(key)
            .map(|given| {
                parse(&given.text).map_err(|why| ConfigError::Wrong {
                    key,
                    from: given.from.clone(),
                    why,
                })
            })
            .transpose()
    }

    /// The error that `key` cannot be what it is, wherever it came from.
    pub fn wrong(&self, key: &'static str, why: impl Into<String>) -> ConfigError {
        ConfigError::Wrong {
            key,
            from: self
                .get(key)
                .map_or_else(|| "default".to_owned(), |given| given.from.clone()),
            why: why.into(),
        }
    }

    /// A variable that belongs to the system; empty counts as not set.
    pub fn surrounding(&self, name: &str) -> Option<&str> {
        self.surroundings
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }
}

fn from_environment(
    environment: &BTreeMap<String, String>,
) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let mut values = BTreeMap::new();
    for (name, text) in environment {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable == name) {
            let from = format!("environment {name}");
            let text = text.clone();
            values.insert(setting.key, Given { text, from });
        } else if name.starts_with("PITLANE_")
            && name != SECRETS_KEY
            && !CLIENT_VARIABLES.contains(&name.as_str())
        {
            return Err(ConfigError::Unknown {
                name: name.clone(),
                from: "environment".to_owned(),
                hint: "; `pitlane serve --help` lists them".to_owned(),
            });
        }
    }
    Ok(values)
}

fn from_file(name: &str, text: &str) -> Result<BTreeMap<&'static str, Given>, ConfigError> {
    let at = |offset: usize| {
        let (line, column) = place(text, offset);
        format!("{name}:{line}:{column}")
    };
    let document = DeTable::parse(text).map_err(|error| ConfigError::File {
        place: at(error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    let mut values = BTreeMap::new();
    for (table, content) in document.get_ref() {
        let keys: Vec<&str> = SETTINGS
            .iter()
            .filter_map(|setting| {
                setting
                    .key
                    .strip_prefix(table.get_ref().as_ref())?
                    .strip_prefix('.')
            })
            .collect();
        let (DeValue::Table(content), false) = (content.get_ref(), keys.is_empty()) else {
            return Err(ConfigError::Unknown {
                name: table.get_ref().to_string(),
                from: at(table.span().start),
                hint:
                    "; tables are [data] [objects] [evidence] [database] [web] [ssh] [browser] [rolling] [drift] [log]"
                        .to_owned(),
            });
        };
        for (key, value) in content {
            let full = format!("{}.{}", table.get_ref(), key.get_ref());
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == full) else {
                return Err(ConfigError::Unknown {
                    name: full,
                    from: at(key.span().start),
                    hint: format!("; [{}] has {}", table.get_ref(), keys.join(", ")),
                });
            };
            let from = at(value.span().start);
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Boolean(yes) => yes.to_string(),
                DeValue::Float(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => {
                    return Err(ConfigError::File {
                        place: from,
                        why: format!("`{full}` must be text, a whole number, true or false"),
                    });
                }
            };
            values.insert(setting.key, Given { text, from });
        }
    }
    Ok(values)
}

/// Line and column, from 1, of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

/// Refuses a file of secrets that others than its owner can read.
pub fn shut(path: &Path) -> Result<(), String> {
    let mode = std::fs::metadata(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "{} is readable by others than its owner; its mode must be 0600",
        path.display()
    ))
}

/// `true` or `false`.
pub fn truth(text: &str) -> Result<bool, String> {
    bool::from_str(text).map_err(|_| format!("`{text}` is neither true nor false"))
}

/// `500ms`, `15s`, `2m`.
pub fn span(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let per = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    number
        .parse::<u64>()
        .ok()
        .zip(per)
        .and_then(|(number, per)| number.checked_mul(per))
        .filter(|&ms| ms > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is no span of time, such as 500ms, 15s or 2m"))
}
