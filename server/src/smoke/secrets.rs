//! Values by name that are typed but never shown: passwords of the users that smoke flows sign in as.

use crate::private_file::{self, PrivateFileError};
use app::model::values::SHORTEST_SECRET as SHORTEST;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// What stands where a secret was.
const MASK: &str = "•••";

/// Secrets by name. Nothing it prints holds a value.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<String, String>,
    /// Every spelling in which a value could turn up, longest first.
    spellings: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Without the text of the line: it may hold a value.
    #[error(
        "the secrets file `{path}` must hold lines of the form name = \"value\"; see line {line}"
    )]
    NoSecrets { path: PathBuf, line: usize },
    #[error("the secret `{name}` is shorter than {SHORTEST} characters and could not be masked")]
    TooShort { name: String },
}

impl Secrets {
    /// A TOML file of `name = "value"` that only its owner, who must be us, can read.
    pub fn load(path: &Path) -> Result<Self, SecretsError> {
        let text = private_file::read(path)?;
        let values = toml::from_str(&text).map_err(|error| {
            let end = error.span().map_or(0, |span| span.start.min(text.len()));
            SecretsError::NoSecrets {
                path: path.to_owned(),
                line: text.as_bytes()[..end].split(|b| *b == b'\n').count(),
            }
        })?;
        Self::new(values)
    }

    pub fn new(values: BTreeMap<String, String>) -> Result<Self, SecretsError> {
        if let Some((name, _)) = values
            .iter()
            .find(|(_, value)| value.chars().count() < SHORTEST)
        {
            return Err(SecretsError::TooShort { name: name.clone() });
        }
        let mut spellings: Vec<String> = values.values().flat_map(|v| spellings(v)).collect();
        spellings.sort_by_key(|text| std::cmp::Reverse(text.len()));
        spellings.dedup();
        Ok(Self { values, spellings })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// `text` with every secret, also as spelled in addresses, HTML and JSON, replaced.
    pub fn mask(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), MASK)
            } else {
                text
            }
        })
    }
}

fn spellings(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let html = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let attribute = html.replace('"', "&quot;");
    let json = serde_json::Value::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    vec![
        value.to_owned(),
        form.replace('+', "%20"),
        form,
        html,
        attribute,
        json,
    ]
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} of them)", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_private_file_is_read_and_never_printed() {
        let (_dir, path) = file("shop_password = \"open sesame\"\n", 0o600);
        let secrets = Secrets::load(&path).unwrap();
        assert_eq!(secrets.get("shop_password"), Some("open sesame"));
        assert_eq!(secrets.get("other"), None);
        assert_eq!(format!("{secrets:?}"), "Secrets(1 of them)");
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o610] {
            let (_dir, path) = file("a = \"bbbb\"", mode);
            assert!(
                matches!(
                    Secrets::load(&path),
                    Err(SecretsError::File(PrivateFileError::Open { .. }))
                ),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_broken_file_is_refused_by_line_without_its_words() {
        for (text, line) in [
            ("a = \"long enough\"\nb = 'hunter2\n", 2),
            ("a = 5", 1),
            ("\n\n[a]\nb = \"hunter2\"", 3),
        ] {
            let (_dir, path) = file(text, 0o600);
            let error = Secrets::load(&path).unwrap_err();
            let words = format!("{error} {error:?}");
            assert!(words.contains(&format!("see line {line}")), "{words}");
            assert!(!words.contains("hunter2"), "{words}");
        }
    }

    #[test]
    fn a_short_secret_is_refused_because_it_cannot_be_masked() {
        let (_dir, path) = file("pin = \"123\"", 0o600);
        assert!(matches!(
            Secrets::load(&path),
            Err(SecretsError::TooShort { .. })
        ));
    }

    #[test]
    fn secrets_are_masked_however_they_are_spelled() {
        let value = "p&ss \"w/rd<1>";
        let secrets = Secrets::new([("a".to_owned(), value.to_owned())].into()).unwrap();
        for text in [
            value,
            "p%26ss+%22w%2Frd%3C1%3E",
            "p%26ss%20%22w%2Frd%3C1%3E",
            "p&amp;ss \"w/rd&lt;1&gt;",
            "p&amp;ss &quot;w/rd&lt;1&gt;",
            "p&ss \\\"w/rd<1>",
        ] {
            assert_eq!(secrets.mask(&format!("a{text}z")), "a•••z", "{text}");
        }
        assert_eq!(secrets.mask("nothing here"), "nothing here");
    }
}
