//! What a person is told when the private PostgreSQL ends under us. It may be read by anybody who opens a page then, so
//! only the detail, which is for the log, names paths.

use super::PrivateError;
use app::model::trouble::Trouble;
use std::{error::Error, os::unix::process::ExitStatusExt, process::ExitStatus};

/// It has ended although nobody asked us; `None`: it was not our child, nobody knows how.
pub fn ended(status: Option<ExitStatus>) -> Trouble {
    let how = match status.map(|status| (status.code(), status.signal())) {
        Some((Some(0), _)) => "was stopped by somebody else".to_owned(),
        Some((Some(code), _)) => format!("ended by itself, with status {code}"),
        Some((None, Some(signal))) => format!("was killed by signal {signal}"),
        Some((None, None)) | None => "has ended".to_owned(),
    };
    Trouble::new(format!("The private PostgreSQL {how}."))
        .stands("It is being started again, with all that was committed.")
        .remedy("Nothing needs to be done. To have it stopped, stop Pitlane, which stops it too.")
}

impl PrivateError {
    /// It ended under us, and this came of starting it again.
    pub fn trouble(&self) -> Trouble {
        let (why, remedy) = match self {
            Self::NotInstalled => (
                "no PostgreSQL server is installed any more".to_owned(),
                "Install PostgreSQL again, of the major version it had.".to_owned(),
            ),
            Self::WrongMajor { wanted, found, .. } => (
                format!("its data is of PostgreSQL {wanted}, but installed is {found}"),
                format!(
                    "Install PostgreSQL {wanted} again, beside the other. To move the data to another version, stop \
                     Pitlane; its start says how."
                ),
            ),
            Self::Taken { .. } => (
                "another Pitlane has taken its folder".to_owned(),
                "Stop one of the two.".to_owned(),
            ),
            Self::NotStarted { .. } | Self::Program { .. } => (
                "it ends at once".to_owned(),
                "See its last words in the log of Pitlane; often a disk is full or a file is not its own.".to_owned(),
            ),
            Self::File { .. }
            | Self::NoAccount
            | Self::Closed { .. }
            | Self::SocketPath(_)
            | Self::SetUp(_) => (
                "something it needs is not as it was".to_owned(),
                "See the log of Pitlane, and put right what it names.".to_owned(),
            ),
        };
        Trouble::new(format!(
            "The private PostgreSQL has ended and cannot be started again: {why}."
        ))
        .stands("Its data is left as it is. A start is tried every two seconds.")
        .remedy(remedy)
        .detail(chain(self))
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io, path::PathBuf};

    #[test]
    fn how_it_ended_is_said() {
        let cases = [
            (Some(0), "was stopped by somebody else."),
            (Some(2 << 8), "ended by itself, with status 2."),
            (Some(9), "was killed by signal 9."),
            (None, "has ended."),
        ];
        for (raw, words) in cases {
            let what = ended(raw.map(ExitStatus::from_raw)).what;
            assert_eq!(what, format!("The private PostgreSQL {words}"));
        }
    }

    #[test]
    fn every_trouble_has_four_parts_and_only_the_detail_names_paths() {
        let path = || PathBuf::from("/srv/data");
        let all = [
            PrivateError::NotInstalled,
            PrivateError::WrongMajor {
                data: path(),
                wanted: 15,
                found: "17".to_owned(),
            },
            PrivateError::Taken { folder: path() },
            PrivateError::NotStarted {
                output: "FATAL: /srv/data is full".to_owned(),
            },
            PrivateError::File {
                path: path(),
                source: io::ErrorKind::NotFound.into(),
            },
            PrivateError::Closed {
                folder: path(),
                user: "nobody".to_owned(),
            },
        ];
        for error in all {
            let said = error.trouble();
            let open = [said.what, said.stands, said.remedy];
            for part in &open {
                assert!(part.ends_with('.') && !part.contains("/srv"), "{part}");
            }
            assert!(said.detail.unwrap().starts_with(&error.to_string()));
        }
    }
}
