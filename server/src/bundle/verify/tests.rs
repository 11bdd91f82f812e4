use super::*;
use app::model::ids::DeploymentId;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{Cursor, Write},
};
use zip::{ZipWriter, write::SimpleFileOptions};

const PICTURE: &[u8] = b"\xff\xd8\xff a picture";
const SOURCE: &[u8] = b"<script>alert(1)</script>";

fn sha(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A small bundle as it is exported, file by file.
struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    manifest: Manifest,
}

fn chain(mut hash: Vec<u8>, canons: &[Value], with_before: bool) -> (String, Vec<u8>) {
    let mut lines = String::new();
    for canon in canons {
        let canon = canon.to_string();
        let before = with_before.then(|| hex::encode(&hash));
        hash = Sha256::new_with_prefix(&hash)
            .chain_update(&canon)
            .finalize()
            .to_vec();
        let link = Link {
            before,
            hash: hex::encode(&hash),
            canon,
        };
        lines += &(serde_json::to_string(&link).unwrap() + "\n");
    }
    (lines, hash)
}

impl Bundle {
    fn new() -> Self {
        let deployment = DeploymentId::generate();
        let id = deployment.to_string();
        let plan = json!({ "deployment": id, "number": 7 });
        let events = [
            json!({ "seq": 1, "kind": "planned", "plan": plan }),
            json!({ "seq": 2, "kind": "noted", "note": { "note": "step",
                "report": { "picture": sha(PICTURE), "source": sha(SOURCE) } } }),
            json!({ "seq": 3, "kind": "became", "state": "succeeded", "why": "so" }),
        ];
        let (journal, head) = chain(Sha256::digest(&id).to_vec(), &events, false);
        let entries = [
            json!({ "seq": 1, "action": "deployment.started", "detail": { "deployment": id } }),
            json!({ "seq": 2, "action": "deployment.ended", "detail": {
                "deployment": id, "events": 3, "journal_hash": hex::encode(&head) } }),
        ];
        let (audit, audit_hash) = chain(Vec::new(), &entries, true);
        let text = |text: &str| text.as_bytes().to_vec();
        let files = BTreeMap::from([
            (INDEX.to_owned(), text("<h1>It went well.</h1>")),
            (PLAN.to_owned(), plan.to_string().into_bytes()),
            (JOURNAL.to_owned(), text(&journal)),
            (AUDIT.to_owned(), text(&audit)),
            (RECORD.to_owned(), text(r#"{"state":"succeeded"}"#)),
            (COMPARISONS.to_owned(), text("{}")),
            (REVIEWS.to_owned(), text("[]")),
            (VISITORS.to_owned(), text("null")),
            (LOG.to_owned(), text("--- red\nrestarted\n")),
            (format!("{SUITES}a.txt"), text("[[flows]]")),
            (format!("{BLOBS}{}.jpg", sha(PICTURE)), PICTURE.to_vec()),
            (format!("{BLOBS}{}.txt", sha(SOURCE)), SOURCE.to_vec()),
        ]);
        let name = |name: &str| name.parse().unwrap();
        let manifest = Manifest {
            format: FORMAT,
            made_by: "pitlane test".into(),
            made_at: "2026-11-27T19:03:00.000Z".into(),
            exported_by: "ann".into(),
            deployment,
            environment: name("production"),
            application: name("shop"),
            number: 7,
            version: name("1.1"),
            state: DeploymentState::Succeeded,
            events: 3,
            journal_hash: hex::encode(head),
            audit_seq: 2,
            audit_hash: hex::encode(audit_hash),
            missing: Vec::new(),
            files: Vec::new(),
        };
        let mut bundle = Self { files, manifest };
        bundle.seal();
        bundle
    }

    /// The manifest says what the files are now: what a careful forger would do as well.
    fn seal(&mut self) {
        let entry = |(path, bytes): (&String, &Vec<u8>)| FileEntry {
            path: path.clone(),
            size: bytes.len() as u64,
            sha256: sha(bytes),
        };
        self.manifest.files = self.files.iter().map(entry).collect();
    }

    fn pack(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let manifest = serde_json::to_vec(&self.manifest).unwrap();
        let all = self
            .files
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes));
        for (path, bytes) in all.chain([(MANIFEST, &manifest)]) {
            zip.start_file(path, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn verify(&self) -> Result<Sound, Broken> {
        verify(Cursor::new(self.pack()), None)
    }

    fn edit(&mut self, path: &str, change: impl FnOnce(String) -> String) {
        let file = self.files.get_mut(path).unwrap();
        *file = change(String::from_utf8(std::mem::take(file)).unwrap()).into_bytes();
    }

    /// The words of what does not hold after `change`; with a manifest that fits.
    fn forged(change: impl FnOnce(&mut Self)) -> String {
        let mut bundle = Self::new();
        change(&mut bundle);
        bundle.seal();
        bundle.verify().unwrap_err().0
    }
}

#[test]
fn what_was_exported_holds() {
    let bundle = Bundle::new();
    let sound = bundle.verify().unwrap();
    assert_eq!(
        (sound.blobs, sound.entries, sound.vouched_by),
        (2, 2, Some(2))
    );
    let lines = sound.lines();
    assert!(
        lines[0].starts_with("The evidence of production/shop #7 (1.1, succeeded)"),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("3 events, chained to"))
    );
}

#[test]
fn every_file_is_held_against_the_manifest() {
    let paths: Vec<String> = Bundle::new().files.into_keys().collect();
    for path in paths {
        // a byte more, a byte less, a byte changed, none at all
        for change in [0, 1, 2] {
            let mut bundle = Bundle::new();
            let bytes = bundle.files.get_mut(&path).unwrap();
            match change {
                0 => bytes.push(b'\n'),
                1 => bytes.truncate(bytes.len() - 1),
                _ => bytes[0] ^= 1,
            }
            let why = bundle.verify().unwrap_err().0;
            assert!(why.contains(path.as_str()), "{path} {change}: {why}");
        }
        let mut bundle = Bundle::new();
        bundle.files.remove(&path);
        let why = bundle.verify().unwrap_err().0;
        assert_eq!(
            why,
            format!("{path} is in manifest.json and not in the archive")
        );
    }
}

#[test]
fn a_forger_who_mends_the_manifest_is_found_by_the_chains() {
    let lines = |text: String, order: &[usize]| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        order.iter().map(|at| lines[*at]).collect::<String>()
    };
    let cases: Vec<(&str, String)> = vec![
        (
            "event 3 was changed",
            Bundle::forged(|b| b.edit(JOURNAL, |text| text.replace("succeeded", "undone"))),
        ),
        (
            "line 1 is not event 1",
            Bundle::forged(|b| b.edit(JOURNAL, |text| lines(text, &[1, 0, 2]))),
        ),
        (
            "line 2 is not event 2",
            Bundle::forged(|b| b.edit(JOURNAL, |text| lines(text, &[0, 2]))),
        ),
        (
            "line 3 is not event 3",
            Bundle::forged(|b| b.edit(JOURNAL, |text| lines(text, &[0, 1, 1]))),
        ),
        (
            "ends at event 2",
            Bundle::forged(|b| b.edit(JOURNAL, |text| lines(text, &[0, 1]))),
        ),
        (
            "vouches for another journal",
            Bundle::forged(|b| {
                b.edit(JOURNAL, |text| lines(text, &[0, 1]));
                b.manifest.events = 2;
                let text = String::from_utf8(b.files[JOURNAL].clone()).unwrap();
                let last: Link = serde_json::from_str(text.lines().last().unwrap()).unwrap();
                b.manifest.journal_hash = last.hash;
                b.manifest.state = DeploymentState::Queued;
            }),
        ),
        (
            "entry 2 was changed",
            Bundle::forged(|b| b.edit(AUDIT, |text| text.replace("ended", "begun"))),
        ),
        (
            "no entry vouches",
            Bundle::forged(|b| b.edit(AUDIT, |text| lines(text, &[0]))),
        ),
        (
            "comes after",
            Bundle::forged(|b| b.edit(AUDIT, |text| lines(text, &[1, 0]))),
        ),
        (
            "is not the plan",
            Bundle::forged(|b| b.edit(PLAN, |text| text.replace("7", "8"))),
        ),
        (
            "says otherwise",
            Bundle::forged(|b| b.edit(RECORD, |text| text.replace("succeeded", "undone"))),
        ),
        (
            "says otherwise",
            Bundle::forged(|b| b.manifest.state = DeploymentState::Undone),
        ),
        (
            "does not hold what its name says",
            Bundle::forged(|b| {
                b.files.insert(
                    format!("{BLOBS}{}.jpg", sha(PICTURE)),
                    b"\xff\xd8\xff another".to_vec(),
                );
            }),
        ),
        (
            "is extra",
            Bundle::forged(|b| {
                b.files
                    .insert(format!("{BLOBS}{}.txt", sha(b"more")), b"more".to_vec());
            }),
        ),
        (
            "is named in the journal",
            Bundle::forged(|b| {
                b.files.remove(&format!("{BLOBS}{}.jpg", sha(PICTURE)));
            }),
        ),
        (
            "belongs to no bundle",
            Bundle::forged(|b| {
                b.files.insert("setup.exe".into(), b"MZ".to_vec());
            }),
        ),
        (
            "is missing",
            Bundle::forged(|b| {
                b.files.remove(INDEX);
            }),
        ),
        (
            "another deployment",
            Bundle::forged(|b| {
                let other = DeploymentId::generate();
                let plan = json!({ "seq": 1, "kind": "planned", "plan": { "deployment": b.manifest.deployment } });
                let (journal, head) =
                    chain(Sha256::digest(other.to_string()).to_vec(), &[plan], false);
                b.files.insert(JOURNAL.into(), journal.into_bytes());
                b.manifest.deployment = other;
                b.manifest.events = 1;
                b.manifest.journal_hash = hex::encode(head);
            }),
        ),
    ];
    for (words, why) in cases {
        assert!(why.contains(words), "{why}\nshould say\n{words}");
    }
}

#[test]
fn what_retention_had_removed_is_said_and_does_not_break_it() {
    let mut bundle = Bundle::new();
    bundle.files.remove(&format!("{BLOBS}{}.jpg", sha(PICTURE)));
    bundle.seal();
    bundle.manifest.missing.push(Missing {
        sha256: sha(PICTURE),
        removed_at: Some("2026-11-27T00:00:00.000Z".into()),
    });
    let sound = bundle.verify().unwrap();
    assert_eq!(sound.blobs, 1);
    assert!(
        sound
            .lines()
            .iter()
            .any(|line| line.starts_with("missing    1 "))
    );
}

#[test]
fn a_head_kept_elsewhere_is_found_or_refused() {
    let bundle = Bundle::new();
    let head = bundle.manifest.audit_hash.clone();
    let sound = verify(Cursor::new(bundle.pack()), Some(&head.to_uppercase())).unwrap();
    assert_eq!(sound.head, Some(2));
    let why = verify(Cursor::new(bundle.pack()), Some(&"0a".repeat(32)))
        .unwrap_err()
        .0;
    assert!(why.contains("none of this bundle's"), "{why}");
}

#[test]
fn what_is_no_archive_or_only_a_part_of_one_is_refused() {
    let whole = Bundle::new().pack();
    for part in [0, 3, whole.len() / 2, whole.len() - 1] {
        assert!(
            verify(Cursor::new(whole[..part].to_vec()), None).is_err(),
            "{part}"
        );
    }
    let why = verify(Cursor::new(b"no archive at all".to_vec()), None)
        .unwrap_err()
        .0;
    assert!(why.starts_with("the file is no whole zip archive"), "{why}");
    let mut before = b"MZ something that runs".to_vec();
    before.extend(&whole);
    assert!(verify(Cursor::new(before), None).is_err());
}

#[test]
fn a_name_that_leads_out_of_the_archive_is_refused() {
    let why = Bundle::forged(|b| {
        b.files.insert("../../etc/cron.d/x".into(), b"x".to_vec());
    });
    assert_eq!(
        why,
        "the name `../../etc/cron.d/x` leads out of the archive"
    );
    // in the archive alone
    let mut bundle = Bundle::new();
    bundle.files.insert("/etc/x".into(), Vec::new());
    assert!(bundle.verify().unwrap_err().0.contains("leads out"));
    let mut bundle = Bundle::new();
    bundle.files.insert("notes.txt".into(), Vec::new());
    assert_eq!(
        bundle.verify().unwrap_err().0,
        "notes.txt is extra: manifest.json does not know it"
    );
}

#[test]
fn a_bomb_is_read_no_further_than_the_manifest_says() {
    let mut bundle = Bundle::new();
    bundle.files.insert(LOG.into(), vec![0; 30_000_000]);
    assert_eq!(
        bundle.verify().unwrap_err().0,
        "log.txt has another size than manifest.json says"
    );
    // and a manifest cannot say more than an archive can hold
    let mut bundle = Bundle::new();
    bundle.manifest.files[0].size = u64::MAX;
    assert!(
        bundle
            .verify()
            .unwrap_err()
            .0
            .contains("more than can be packed")
    );
}

#[test]
fn a_manifest_of_another_time_or_none_is_named() {
    let mut bundle = Bundle::new();
    bundle.manifest.format = FORMAT + 1;
    assert!(bundle.verify().unwrap_err().0.contains("take a newer one"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a", SimpleFileOptions::default()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(
        verify(Cursor::new(bytes), None)
            .unwrap_err()
            .0
            .contains("this is no evidence bundle")
    );
}
