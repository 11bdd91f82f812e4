//! The wrapper on the node, seen from here: its calls, its exit codes, its last words.

use super::{
    Ending, RemoteError, Stamp, Upload,
    command::{Order, Script},
};
use crate::mutation::{Guard, stands};
use app::model::{environment::Node, name::Name};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The script itself; see its head for the rules.
pub const TEXT: &str = include_str!("wrapper.sh");
const INSTALL: &str = include_str!("install.sh");
const PUT: &str = include_str!("put.sh");

/// No room for the bytes of an upload.
pub const DISK_FULL: i32 = 89;
/// An upload could not be written for another reason.
pub const NOT_WRITTEN: i32 = 90;
/// An upload arrived with another checksum, and is removed.
pub const CHECKSUM: i32 = 91;
/// The call itself is malformed.
pub const BAD_CALL: i32 = 92;
/// This version of the wrapper is not there yet.
pub const NOT_INSTALLED: i32 = 93;
/// The epoch file is no number: nothing is let in.
pub const DAMAGED_EPOCH: i32 = 94;
/// The wrapper's folder cannot be used.
pub const FOLDER: i32 = 95;
/// Another call holds the lock.
pub const LOCKED: i32 = 96;
/// A newer owner was here.
pub const FENCED: i32 = 97;
/// Another run is alive.
pub const BUSY: i32 = 98;
/// Started before, no result, gone.
pub const NO_RESULT: i32 = 99;

/// Named by its content, so that an older server on the same node keeps its own.
static FILE: LazyLock<String> = LazyLock::new(|| {
    let hash = hex::encode(Sha256::digest(TEXT));
    format!("wrapper-{}.sh", &hash[..16])
});

/// Runs the wrapper if it is there; one call in the usual case.
const RUN: &str = r#"[ -f "$1" ] || { echo "pitlane - refused not installed" >&2; exit 93; }
exec /bin/sh "$@"
"#;

/// One installation's place on the nodes.
#[derive(Debug, Clone)]
pub struct Wrapper {
    installation: Name,
}

/// How a call of the wrapper ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub code: i32,
    pub ending: Ending,
}

impl Wrapper {
    pub fn new(installation: Name) -> Self {
        Self { installation }
    }

    /// This installation's folder on `node`.
    pub fn folder(&self, node: &Node) -> String {
        let root = node.deploy_root.trim_end_matches('/');
        format!("{root}/.pitlane-{}", self.installation)
    }

    /// The call that starts a run or attaches to it, beginning at byte `offset` of its output.
    pub fn run(&self, node: &Node, order: &Order, stamp: Stamp, offset: u64) -> Script {
        let folder = self.folder(node);
        Script::new(order.script.label, RUN)
            .arg(format!("{folder}/{}", *FILE))
            .arg("run")
            .arg(folder)
            .arg(epoch(stamp))
            .arg(run_name(stamp, &order.script))
            .arg(order.limit_seconds().to_string())
            .arg(offset.to_string())
            .arg(order.script.render())
    }

    /// The call that puts the wrapper, and the folder if it is new, on `node`.
    pub fn install(&self, node: &Node) -> Script {
        Script::new("install", INSTALL)
            .arg(self.folder(node))
            .arg(FILE.as_str())
            .arg(TEXT)
    }

    /// The call that receives an upload on its standard input.
    pub fn put(&self, node: &Node, upload: &Upload, stamp: Stamp) -> Script {
        Script::new("put", PUT)
            .arg(self.folder(node))
            .arg(epoch(stamp))
            .arg(&upload.path)
            .arg(format!("{}.{}.part", upload.path, stamp.run))
            .arg(&upload.sha256)
    }
}

fn epoch(stamp: Stamp) -> String {
    let epoch = if stands(Guard::NodeEpoch) {
        stamp.epoch
    } else {
        1
    };
    epoch.to_string()
}

/// One attempt may run several scripts; each is a run of its own.
pub fn run_name(stamp: Stamp, script: &Script) -> String {
    format!("{}.{}", stamp.run, script.label)
}

/// What exit status and standard error of a call mean.
pub fn judge(code: i32, stderr: &str) -> Result<End, RemoteError> {
    let why = || last_refusal(stderr);
    match code {
        0 => last_end(stderr)
            .ok_or_else(|| RemoteError::Nonsense(format!("no end in `{}`", clip(stderr)))),
        DISK_FULL => Err(RemoteError::DiskFull),
        NOT_WRITTEN => Err(RemoteError::Folder {
            why: clip(stderr).to_owned(),
        }),
        CHECKSUM => Err(RemoteError::Checksum {
            found: word_after(stderr, "found").unwrap_or_default(),
        }),
        DAMAGED_EPOCH => Err(RemoteError::DamagedEpoch { why: why() }),
        FOLDER => Err(RemoteError::Folder {
            why: clip(stderr).to_owned(),
        }),
        LOCKED => Err(RemoteError::Locked),
        FENCED => Err(RemoteError::Fenced { newest: why() }),
        BUSY => Err(RemoteError::Busy { run: why() }),
        NO_RESULT => Err(RemoteError::NoResult),
        other => Err(RemoteError::Nonsense(format!(
            "exit status {other}: {}",
            clip(stderr)
        ))),
    }
}

/// `pitlane RUN end CODE WHY`, the last of them: a login script may have printed before.
fn last_end(stderr: &str) -> Option<End> {
    stderr.lines().rev().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["pitlane", _, "end", code, why] = words[..] else {
            return None;
        };
        let ending = match why {
            "done" => Ending::Done,
            "limit" => Ending::Limit,
            "stopped" => Ending::Stopped,
            _ => return None,
        };
        let code = code.parse().ok()?;
        Some(End { code, ending })
    })
}

fn last_refusal(stderr: &str) -> String {
    stderr
        .lines()
        .rev()
        .find_map(|line| line.split_once(" refused ").map(|(_, why)| why.to_owned()))
        .unwrap_or_default()
}

fn word_after(text: &str, word: &str) -> Option<String> {
    let mut words = text.split_whitespace().skip_while(|w| *w != word);
    words.next()?;
    words.next().map(str::to_owned)
}

/// The last 500 characters: enough for a sentence of the shell.
fn clip(text: &str) -> &str {
    let text = text.trim();
    let start = text.len().saturating_sub(500);
    let start = (start..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::fake::node_at;
    use app::model::ids::RunId;
    use std::time::Duration;

    #[test]
    fn a_call_names_folder_epoch_run_limit_and_offset() {
        let stamp = Stamp {
            epoch: 7,
            run: RunId(uuid::Uuid::nil()),
        };
        let order = Order::new(
            Script::new("switch", "ln -s \"$1\"").arg("it's"),
            Duration::from_secs(60),
        );
        let wrapper = Wrapper::new("lab".parse().unwrap());
        let call = wrapper.run(&node_at("/srv/shop/"), &order, stamp, 12);
        assert_eq!(
            call.parameters()[0],
            format!("/srv/shop/.pitlane-lab/{}", *FILE)
        );
        assert_eq!(
            call.parameters()[1..],
            [
                "run",
                "/srv/shop/.pitlane-lab",
                "7",
                "00000000-0000-0000-0000-000000000000.switch",
                "60",
                "12",
                "set -- 'it'\\''s'\nln -s \"$1\"",
            ]
        );
    }

    #[test]
    fn exit_status_and_last_words_become_a_result_or_an_error() {
        let end = judge(0, "some login noise\npitlane r end 3 done\n").unwrap();
        assert_eq!((end.code, end.ending), (3, Ending::Done));
        let end = judge(0, "pitlane r end 137 limit").unwrap();
        assert_eq!((end.code, end.ending), (137, Ending::Limit));

        for (code, stderr, words) in [
            (0, "noise only", "no end in `noise only`"),
            (
                97,
                "pitlane r refused 12\n",
                "the node takes orders of epoch 12 only",
            ),
            (
                98,
                "pitlane r refused r4\n",
                "the run r4 is still going on there",
            ),
            (96, "", "another call keeps the wrapper's lock"),
            (99, "", "the command was started and left no result"),
            (
                91,
                "pitlane - found abc\n",
                "the bytes arrived with SHA-256 abc",
            ),
            (2, "sh: boom", "exit status 2: sh: boom"),
        ] {
            assert_eq!(judge(code, stderr).unwrap_err().to_string(), words);
        }
    }
}
