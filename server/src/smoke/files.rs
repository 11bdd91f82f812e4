//! Several files as one suite: our own format, projects of Selenium IDE, recordings of Chrome.
//!
//! What is stored is what was given, so that a suite can be shown, exported and read again: the text itself where it is
//! one file of our own format, else all files in one small JSON document.

use super::{
    import::{self, ImportError, Looks, MOST_STEPS, Wishes, looks, names::Names},
    suite,
};
use app::model::{
    import::{FileReport, FlowReport, Format, SuiteFile},
    smoke::Suite,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

/// What a pool's suite is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The public address, whatever the files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Unknown commands that are skipped with a warning.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skip: BTreeSet<String>,
    /// In the order their flows run; each name once.
    pub files: Vec<SuiteFile>,
}

/// The document that holds several files.
#[derive(Serialize, Deserialize)]
struct Document {
    pitlane_suite: Sources,
}

/// A suite that was read, and what was made of each file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub suite: Suite,
    pub reports: Vec<FileReport>,
}

/// Why files are no suite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {error}")]
pub struct FileError {
    pub file: String,
    #[source]
    pub error: ImportError,
}

impl Sources {
    pub fn one(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            files: vec![SuiteFile {
                name: name.into(),
                text: text.into(),
            }],
            ..Self::default()
        }
    }

    /// From what is stored or sent.
    pub fn from_text(text: &str) -> Self {
        if text.trim_start().starts_with('{')
            && let Ok(document) = serde_json::from_str::<Document>(text)
        {
            return document.pitlane_suite;
        }
        let name = match looks(text) {
            Looks::Side => "suite.side",
            Looks::Recorder => "suite.json",
            Looks::Toml | Looks::Other(_) => "suite.toml",
        };
        Self::one(name, text)
    }

    pub fn to_text(&self) -> String {
        match self.files.as_slice() {
            [file]
                if self.public_url.is_none()
                    && self.skip.is_empty()
                    && looks(&file.text) == Looks::Toml =>
            {
                file.text.clone()
            }
            _ => {
                let document = Document {
                    pitlane_suite: self.clone(),
                };
                serde_json::to_string(&document).expect("texts are JSON")
            }
        }
    }

    /// Adds a file, or replaces the one of the same name at its place.
    pub fn put(&mut self, file: SuiteFile) {
        match self.files.iter_mut().find(|old| old.name == file.name) {
            Some(old) => *old = file,
            None => self.files.push(file),
        }
    }

    /// The files say by themselves where they run, or it was said for them.
    fn names_url(&self) -> bool {
        self.public_url.is_some()
            || self
                .files
                .iter()
                .any(|file| looks(&file.text) == Looks::Toml)
    }

    /// Reads them; where they do not say the public address it is `usual`, else the one they were recorded at, and is
    /// written down so that reading them again gives the same.
    pub fn settle(mut self, usual: Option<&str>) -> Result<(Self, Read), FileError> {
        if !self.names_url() {
            self.public_url = usual.map(str::to_owned);
        }
        let read = read(&self)?;
        if !self.names_url() {
            self.public_url = Some(read.suite.public_url.clone());
        }
        Ok((self, read))
    }
}

/// All files as one suite. Our own settings (hosts, pictures and the like) are those of the file in our own format.
pub fn read(sources: &Sources) -> Result<Read, FileError> {
    let wishes = Wishes {
        skip: sources.skip.clone(),
    };
    let mut own: Option<(&str, Suite)> = None;
    let mut parts = Vec::new();
    let mut recorded_at: Option<String> = None;
    for file in &sources.files {
        let wrong = |error| FileError {
            file: file.name.clone(),
            error,
        };
        import::size(file.text.len() as u64).map_err(wrong)?;
        if looks(&file.text) == Looks::Toml {
            let suite = suite::parse(&file.text).map_err(|error| {
                wrong(ImportError {
                    line: error.line,
                    column: error.column,
                    words: error.words,
                })
            })?;
            if let Some((other, _)) = &own {
                return Err(wrong(ImportError::whole(format!(
                    "a suite has one file of our own format, and `{other}` is one already"
                ))));
            }
            parts.push((our_report(&file.name, &suite), suite.flows.clone(), true));
            own = Some((&file.name, suite));
        } else {
            let imported = import::import(&file.name, &file.text, &wishes).map_err(wrong)?;
            recorded_at = recorded_at.or(imported.public_url);
            parts.push((imported.report, imported.flows, false));
        }
    }
    let Some(first) = sources.files.first() else {
        return Err(FileError {
            file: "suite".to_owned(),
            error: ImportError::whole("the suite has no file"),
        });
    };
    let wrong = |words: String| FileError {
        file: first.name.clone(),
        error: ImportError::whole(words),
    };
    let own = own.map(|(_, suite)| suite);
    let own_url = own.as_ref().map(|suite| suite.public_url.as_str());
    let public_url = sources
        .public_url
        .as_deref()
        .or(own_url)
        .or(recorded_at.as_deref());
    let public_url = public_url.ok_or_else(|| {
        wrong(
            "no file says the public address of the application; give it with the files".to_owned(),
        )
    })?;
    let public_url = suite::public_url(public_url).map_err(wrong)?;

    // names of our own are written by hand and stay
    let mut names = Names::default();
    for (_, flows, _) in parts.iter().filter(|(.., ours)| *ours) {
        flows.iter().for_each(|flow| {
            names.keep(&flow.name);
        });
    }
    let mut flows = Vec::new();
    let mut reports = Vec::new();
    for (mut report, mut part, ours) in parts {
        for (flow, told) in part.iter_mut().zip(&mut report.flows) {
            if !ours {
                flow.name = names.keep(&flow.name);
                told.name = flow.name.clone();
                live_at(flow, &public_url);
            }
        }
        flows.append(&mut part);
        reports.push(report);
    }
    let steps: usize = flows.iter().map(|flow| flow.steps.len()).sum();
    if steps > MOST_STEPS {
        return Err(wrong(format!(
            "the files have more than {MOST_STEPS} steps together"
        )));
    }
    let settings = own.unwrap_or_else(|| Suite::new(public_url.clone(), Vec::new()));
    Ok(Read {
        suite: Suite {
            public_url,
            flows,
            ..settings
        },
        reports,
    })
}

/// Where a recording names pages by their whole address, they are the public ones.
pub(super) fn live_at(flow: &mut app::model::smoke::Flow, public_url: &str) {
    let Ok(base) = Url::parse(public_url) else {
        return;
    };
    let whole = |address: &mut Option<String>| {
        if let Some(path) = address.as_deref().filter(|path| path.starts_with('/'))
            && let Ok(url) = base.join(path)
        {
            *address = Some(url.to_string());
        }
    };
    for step in &mut flow.steps {
        if let Some(navigates) = &mut step.navigates {
            whole(&mut navigates.url);
        }
        if let Some(place) = &mut step.place {
            whole(&mut place.window);
        }
    }
}

/// What is known of a suite whose text cannot be read any more.
pub fn as_stored(suite: &Suite) -> FileReport {
    our_report("suite", suite)
}

pub(super) fn our_report(file: &str, suite: &Suite) -> FileReport {
    let flows = suite.flows.iter().map(|flow| FlowReport {
        name: flow.name.clone(),
        title: flow.title.clone(),
        steps: u32::try_from(flow.steps.len()).unwrap_or(u32::MAX),
        commands: Vec::new(),
        invalid: flow.invalid.clone(),
        hints: Vec::new(),
    });
    FileReport {
        file: file.to_owned(),
        format: Format::Toml,
        flows: flows.collect(),
        hints: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "public_url = \"http://shop.example.test\"\n[[flow]]\nname = \"sign-in\"\nsteps = [{ open = \"/\" }]\n";
    const SIDE: &str = r#"{"version":"2.0","url":"http://localhost:3000","tests":[{"id":"1","name":"Sign in","commands":[
{"command":"open","target":"/a","value":""}]}]}"#;

    fn file(name: &str, text: &str) -> SuiteFile {
        SuiteFile {
            name: name.into(),
            text: text.into(),
        }
    }

    #[test]
    fn one_file_of_our_own_is_stored_as_it_is_and_others_together() {
        let one = Sources::one("suite.toml", TOML);
        assert_eq!(one.to_text(), TOML);
        assert_eq!(Sources::from_text(TOML), one);
        let mut two = one;
        two.put(file("shop.side", SIDE));
        let text = two.to_text();
        assert!(text.starts_with("{\"pitlane_suite\":"), "{text}");
        assert_eq!(Sources::from_text(&text), two);
        assert_eq!(Sources::from_text(SIDE).files[0].name, "suite.side");
    }

    #[test]
    fn files_of_two_kinds_are_one_suite() {
        let mut sources = Sources::one("suite.toml", TOML);
        sources.put(file("shop.side", SIDE));
        let read = read(&sources).unwrap();
        assert_eq!(read.suite.public_url, "http://shop.example.test");
        let names: Vec<&str> = read
            .suite
            .flows
            .iter()
            .map(|flow| flow.name.as_str())
            .collect();
        assert_eq!(names, ["sign-in", "sign-in-2"]);
        assert_eq!(read.reports[1].flows[0].name.as_str(), "sign-in-2");
        assert_eq!(read.reports[1].format, Format::Side("2.0".into()));
    }

    #[test]
    fn where_nobody_says_the_address_it_is_that_of_before_or_of_the_recording_and_stays() {
        let sources = Sources::one("shop.side", SIDE);
        let (settled, read) = sources
            .clone()
            .settle(Some("https://shop.example.com"))
            .unwrap();
        assert_eq!(read.suite.public_url, "https://shop.example.com");
        let (again, _) = Sources::one("shop.side", SIDE)
            .settle(Some("https://shop.example.com"))
            .unwrap();
        assert_eq!(settled.to_text(), again.to_text());
        let (alone, read) = sources.settle(None).unwrap();
        assert_eq!(read.suite.public_url, "http://localhost:3000");
        let (twice, _) = Sources::one("shop.side", SIDE)
            .settle(alone.public_url.as_deref())
            .unwrap();
        assert_eq!(alone, twice);
    }

    #[test]
    fn a_second_file_of_our_own_and_a_bad_address_are_refused_by_name() {
        let mut sources = Sources::one("a.toml", TOML);
        sources.put(file("b.toml", TOML));
        let error = read(&sources).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("b.toml: line 1, column 1: a suite has one file"),
            "{error}"
        );
        let sources = Sources {
            public_url: Some("ftp://x".into()),
            ..Sources::one("shop.side", SIDE)
        };
        assert!(
            read(&sources)
                .unwrap_err()
                .to_string()
                .contains("http or https")
        );
        assert!(read(&Sources::default()).is_err());
    }
}
