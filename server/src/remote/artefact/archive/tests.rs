use super::*;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::io::Write;
use tar::{Builder, Header};

type Pack = Builder<GzEncoder<Vec<u8>>>;

fn packed(fill: impl FnOnce(&mut Pack)) -> Vec<u8> {
    let mut pack = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut pack);
    pack.into_inner().unwrap().finish().unwrap()
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

/// Adds an entry with a name the builder itself would refuse.
fn add(pack: &mut Pack, kind: EntryType, name: &[u8], link: &[u8], mode: u32, body: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(body.len() as u64);
    let fields = header.as_ustar_mut().unwrap();
    fields.name[..name.len()].copy_from_slice(name);
    fields.linkname[..link.len()].copy_from_slice(link);
    header.set_cksum();
    pack.append(&header, body).unwrap();
}

fn file(pack: &mut Pack, name: &str) {
    add(pack, EntryType::Regular, name.as_bytes(), b"", 0o644, b"x");
}

fn link(pack: &mut Pack, name: &str, target: &str) {
    let (name, target) = (name.as_bytes(), target.as_bytes());
    add(pack, EntryType::Symlink, name, target, 0o777, b"");
}

fn reason(bytes: &[u8]) -> String {
    inspect(bytes, Limits::default()).unwrap_err().to_string()
}

#[test]
fn a_sound_archive_is_told_with_hash_and_sizes() {
    let bytes = packed(|pack| {
        add(pack, EntryType::Directory, b"./", b"", 0o755, b"");
        add(pack, EntryType::Directory, b"./bin/", b"", 0o755, b"");
        add(
            pack,
            EntryType::Regular,
            b"./bin/app",
            b"",
            0o755,
            b"#!/bin/sh\n",
        );
        add(
            pack,
            EntryType::Link,
            b"./bin/also",
            b"./bin/app",
            0o755,
            b"",
        );
        link(pack, "./bin/run", "app");
        link(pack, "lib", "./bin/../bin");
        link(pack, "dangling", "not/there/yet");
    });
    let archive = inspect(&bytes[..], Limits::default()).unwrap();
    assert_eq!(archive.sha256, hex::encode(Sha256::digest(&bytes)));
    assert_eq!(archive.size, bytes.len() as u64);
    assert_eq!((archive.entries, archive.unpacked_size), (7, 10));
}

#[test]
fn what_git_and_gnu_tar_write_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let long = "a-long-name-".repeat(12);
    std::fs::write(dir.path().join(&long), "x").unwrap();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for format in ["gnu", "pax", "ustar"] {
        let told = std::process::Command::new("tar")
            .args(["-cz", "--format", format, "-C"])
            .arg(dir.path())
            .arg(if format == "ustar" { "empty" } else { "." })
            .output()
            .unwrap();
        let found = inspect(&told.stdout[..], Limits::default());
        match format {
            "ustar" => assert!(matches!(found, Err(ArchiveError::Empty)), "{found:?}"),
            _ => assert_eq!(found.unwrap().entries, 3, "{format}"),
        }
    }
    let global = packed(|pack| {
        add(
            pack,
            EntryType::XGlobalHeader,
            b"pax_global_header",
            b"",
            0o666,
            b"19 comment=abcdefg\n",
        );
        file(pack, "app");
    });
    assert_eq!(
        inspect(&global[..], Limits::default())
            .unwrap()
            .unpacked_size,
        1
    );
}

#[test]
fn every_bad_archive_is_refused_with_its_reason() {
    let whole = packed(|pack| {
        let mut noise = vec![0_u8; 200_000];
        noise
            .iter_mut()
            .enumerate()
            .for_each(|(i, byte)| *byte = (i * i / 7) as u8);
        add(pack, EntryType::Regular, b"app", b"", 0o644, &noise);
    });
    let entry = |kind, name: &'static str, target: &'static str, mode| {
        packed(move |pack| {
            file(pack, "app");
            add(pack, kind, name.as_bytes(), target.as_bytes(), mode, b"");
        })
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "it is no gzip-compressed tar archive"),
        (
            b"hello, I am a text".to_vec(),
            "it is no gzip-compressed tar archive",
        ),
        (zipped(&[7; 5_000]), "it is no gzip-compressed tar archive"),
        (
            whole[..whole.len() / 2].to_vec(),
            "it ends in the middle: the file is truncated or damaged",
        ),
        (
            whole[..whole.len() - 4].to_vec(),
            "it ends in the middle: the file is truncated or damaged",
        ),
        (zipped(b"short"), "it is no gzip-compressed tar archive"),
        (packed(|_| {}), "it is empty: there is no file in it"),
        (zipped(b""), "it is empty: there is no file in it"),
        (
            packed(|pack| add(pack, EntryType::Directory, b"a/", b"", 0o755, b"")),
            "it is empty: there is no file in it",
        ),
        (
            packed(|pack| file(pack, "../evil")),
            "`../evil` climbs out of the release's folder",
        ),
        (
            packed(|pack| file(pack, "a/../../evil")),
            "`a/../../evil` climbs out of the release's folder",
        ),
        (
            packed(|pack| file(pack, "/etc/passwd")),
            "`/etc/passwd` is an absolute path",
        ),
        (
            packed(|pack| file(pack, "a\nb")),
            "the name \"a\\nb\" holds a line break, a control character or no UTF-8",
        ),
        (
            packed(|pack| add(pack, EntryType::Regular, b"\xff", b"", 0o644, b"x")),
            "the name \"\u{fffd}\" holds a line break, a control character or no UTF-8",
        ),
        (
            entry(EntryType::Symlink, "out", "/etc", 0o777),
            "the link `out` leads out of the release, to `/etc`",
        ),
        (
            entry(EntryType::Symlink, "a/out", "../../x", 0o777),
            "the link `a/out` leads out of the release, to `../../x`",
        ),
        (
            entry(EntryType::Symlink, "self", "self", 0o777),
            "the link `self` leads out of the release, to `self`",
        ),
        (
            entry(EntryType::Link, "hard", "/etc/passwd", 0o644),
            "the link `hard` leads out of the release, to `/etc/passwd`",
        ),
        (
            entry(EntryType::Link, "hard", "../x", 0o644),
            "the link `hard` leads out of the release, to `../x`",
        ),
        (
            entry(EntryType::Link, "hard", "nothing", 0o644),
            "the link `hard` leads out of the release, to `nothing`",
        ),
        (
            entry(EntryType::Char, "null", "", 0o666),
            "`null` is a device, neither file, folder nor link",
        ),
        (
            entry(EntryType::Block, "disk", "", 0o666),
            "`disk` is a device, neither file, folder nor link",
        ),
        (
            entry(EntryType::Fifo, "pipe", "", 0o666),
            "`pipe` is a fifo, neither file, folder nor link",
        ),
        (
            entry(EntryType::Regular, "su", "", 0o4755),
            "`su` would run with its owner's rights (setuid or setgid)",
        ),
        (
            entry(EntryType::Directory, "sg/", "", 0o2755),
            "`sg/` would run with its owner's rights (setuid or setgid)",
        ),
        (
            entry(EntryType::Regular, "./app", "", 0o644),
            "`app` is in it twice",
        ),
        (
            entry(EntryType::Directory, "app/", "", 0o755),
            "`app` is in it twice",
        ),
        (
            packed(|pack| {
                link(pack, "a", "b");
                file(pack, "a/x");
            }),
            "`a/x` lies beyond the link `a`",
        ),
        (
            packed(|pack| {
                file(pack, "a/x");
                link(pack, "a", "b");
            }),
            "`a/x` lies beyond the link `a`",
        ),
        (
            // harmless letter by letter; over the first link it climbs out
            packed(|pack| {
                file(pack, "app");
                link(pack, "deep/er/up", "../..");
                link(pack, "out", "deep/er/up/../x");
            }),
            "the link `out` leads out of the release, to `deep/er/up/../x`",
        ),
    ];
    for (bytes, words) in cases {
        assert_eq!(reason(&bytes), words);
    }
}

#[test]
fn bombs_are_defused_before_they_are_unpacked() {
    let zeros = packed(|pack| {
        let size = 80 << 20;
        let mut header = Header::new_gnu();
        header.set_path("zeros").unwrap();
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        pack.append(&header, io::repeat(0).take(size)).unwrap();
    });
    let strict = Limits {
        ratio: 20,
        ..Limits::default()
    };
    let told = inspect(&zeros[..], strict).unwrap_err().to_string();
    assert_eq!(told, "it unpacks to more than 20 times its size");

    let small = Limits {
        unpacked: 1 << 20,
        entries: 3,
        ratio: 200,
    };
    let told = |bytes: &[u8]| inspect(bytes, small).unwrap_err().to_string();
    assert_eq!(told(&zeros), "it unpacks to more than 1 MB");
    let many = packed(|pack| (0..4).for_each(|n| file(pack, &n.to_string())));
    assert_eq!(told(&many), "it has more than 3 entries");
    // a name of two megabytes is no name
    let name = packed(|pack| {
        let body = vec![b'a'; 2 << 20];
        add(
            pack,
            EntryType::GNULongName,
            b"././@LongLink",
            b"",
            0o644,
            &body,
        );
        file(pack, "x");
    });
    assert_eq!(
        reason(&name),
        "it ends in the middle: the file is truncated or damaged"
    );
}

#[test]
fn the_sentence_names_the_file_and_what_to_do() {
    let trouble = ArchiveError::Empty.trouble("shop-1.1.tar.gz");
    assert_eq!(
        trouble.to_string(),
        "`shop-1.1.tar.gz` cannot be a release: it is empty: there is no file in it. \
         Nothing was registered. Pack the release's files, not an empty folder."
    );
}
