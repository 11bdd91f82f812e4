//! Refused with the reason, at its line where there is one, and nothing is changed.

use crate::product::{POOL, Product, line_of, put};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use tar::{Builder, EntryType, Header};

/// A wrong configuration: what is changed, where it shows, what is said.
struct Wrong {
    change: fn(&str, &Product) -> String,
    marker: &'static str,
    words: &'static str,
}

const WRONG: [Wrong; 5] = [
    Wrong {
        change: |text, _| text.replace("floor = 2", "floor = 2\ncolour = \"blue\""),
        marker: "colour",
        words: "unknown",
    },
    Wrong {
        change: |text, _| text.replace("batch = 1", "batch = \"one\""),
        marker: "batch = ",
        words: "invalid type",
    },
    Wrong {
        change: |text, _| text.replace("name = \"green\"", "name = \"red\""),
        marker: "name = \"red\"",
        words: "node `red` is in this pool twice",
    },
    Wrong {
        change: |text, product| {
            let app = product.lab.nodes[2].app_url();
            text.replace(&app, "http://127.0.0.13:1")
        },
        marker: "name = \"green\"",
        words: "node `green` is no member of balancer `front`",
    },
    Wrong {
        change: |text, product| {
            let app = product.lab.nodes[0].app_url();
            let of_red = format!("app = \"{app}\"");
            let workers = "workers = { front = \"http://127.0.0.99:1\" }";
            text.replace(&of_red, &format!("{of_red}\n{workers}"))
        },
        marker: "workers = ",
        words: "node `red` is no member of balancer `front`",
    },
];

pub async fn configurations(product: &Product) {
    let good = product.lab.lab_toml();
    let text = fs::read_to_string(&good).unwrap();
    for wrong in WRONG {
        let bad = (wrong.change)(&text, product);
        assert_ne!(bad, text, "{}", wrong.marker);
        // beside the good one, so that it finds the suite
        let path = put(&product.lab.folder, "bad.toml", bad.as_bytes());
        let said = product.say(&["apply", &path]).await;
        assert_eq!(said.code, 2, "{said:?}");
        let place = format!("bad.toml:{}:", line_of(&bad, wrong.marker));
        assert!(said.words.contains(&place), "no {place} in {said:?}");
        let (_, rest) = said.words.split_once(&place).unwrap();
        let column = rest.split(':').next().unwrap().parse::<u32>();
        assert!(column.is_ok_and(|column| column > 0), "{said:?}");
        assert!(
            said.words.contains(wrong.words),
            "no {} in {said:?}",
            wrong.words
        );
    }
    let again = product.say(&["apply", good.to_str().unwrap()]).await;
    assert_eq!(
        (again.code, again.out.trim()),
        (0, "Nothing changed."),
        "{again:?}"
    );
}

fn archive(fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut builder);
    builder.into_inner().unwrap().finish().unwrap()
}

/// A file whose path no library would write.
fn climbing() -> Vec<u8> {
    archive(|builder| {
        let (path, mut header) = (b"../climbs", Header::new_gnu());
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path);
        header.set_size(1);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, &b"x"[..]).unwrap();
    })
}

fn linking_out() -> Vec<u8> {
    archive(|builder| {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder
            .append_link(&mut header, "link", "/etc/passwd")
            .unwrap();
    })
}

pub async fn artefacts(product: &Product) {
    let before = product.say(&["releases", "list", "shop", "--json"]).await;
    let cases = [
        ("gzip", b"this is no archive".to_vec()),
        ("climbs", climbing()),
        ("link", linking_out()),
        ("empty", archive(|_| {})),
    ];
    for (reason, bytes) in cases {
        let path = put(&product.lab.folder, "bad.tar.gz", &bytes);
        let said = product
            .say(&["releases", "add", "shop", "6.6", &path])
            .await;
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.words.contains(reason), "no {reason} in {said:?}");
    }
    let after = product.say(&["releases", "list", "shop", "--json"]).await;
    assert_eq!(after.out, before.out);
    let said = product.say(&["deploy", POOL, "6.6"]).await;
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.words.contains("has no release 6.6"), "{said:?}");
}

/// Blue answers with another face: somebody rebuilt it, or is in between.
pub async fn another_host_key(product: &mut Product) {
    let currents = product.currents();
    let blue = &mut product.lab.sshds[1];
    tokio::task::block_in_place(|| blue.restart_with_new_host_key()).unwrap();
    let pid = blue.pid;
    product.lab.adopt("blue_sshd", pid).unwrap();

    let said = product.say(&["deploy", POOL, "1.0", "--follow"]).await;
    let all = format!("{}{}", said.out, said.words);
    assert!(matches!(said.code, 1 | 2), "{said:?}");
    assert!(all.contains("host key") && all.contains("blue"), "{said:?}");
    assert_eq!(product.currents(), currents, "no node was touched");
    product.expect_serving(["1.1"; 3]).await;
    assert!(
        product.pool().await.active.is_none(),
        "the pool is free again"
    );
}
