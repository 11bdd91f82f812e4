//! Journals of today's version, to be folded by every later one: `JOURNALS=server/tests/data/journals/VERSION cargo test
//! -p end2end golden -- --ignored`. A file's name begins with the state it ends in.

use super::{begun, taken_over};
use crate::{
    pair::{Pair, SHORT_LEASE, on_the_way},
    product::POOL,
};
use app::model::{ids::DeploymentId, stage::Stage};
use std::{fs, path::PathBuf};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes files; see above"]
async fn golden_journals_are_written() {
    let Some(folder) = std::env::var_os("JOURNALS").map(PathBuf::from) else {
        return;
    };
    // the test runs in its crate's folder, people in the workspace's
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    fs::create_dir_all(&folder).unwrap();
    let mut pair = Pair::start(SHORT_LEASE, |text| text).await;
    pair.server(0).introduce(&pair.lab, &["1.2"]).await.unwrap();

    pair.deploy("red,blue").await;
    let deployment = pair.latest().await.id;
    write(&pair, deployment, &folder, "").await;

    pair.say(&["deploy", POOL, "1.2"]).await;
    let deployment = pair.latest().await.id;
    write(&pair, deployment, &folder, "").await;

    pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    let event = begun(&pair, deployment, on_the_way(Stage::Smoke), 0).await;
    let owner = pair.owner(deployment).await;
    let pid = pair.server(owner).pid();
    pair.kill(owner);
    taken_over(&pair, deployment, event.seq, pid).await;
    write(&pair, deployment, &folder, "-after-kill").await;
    pair.start_missing().await;

    pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    begun(&pair, deployment, on_the_way(Stage::Drain), 0).await;
    pair.lab.sshds[0].stop();
    write(&pair, deployment, &folder, "-without-ssh").await;
    pair.lab.sshds[0].start_again().unwrap();
    pair.lab.adopt("red_sshd", pair.lab.sshds[0].pid).unwrap();
    let number = pair.latest().await.number.to_string();
    pair.say(&["abort", POOL, &number]).await;
    crate::product::until("it is aborted", async || {
        pair.latest().await.state.is_over()
    })
    .await;
    write(&pair, deployment, &folder, "-after-halt").await;
    pair.stop().await;
}

async fn write(pair: &Pair, deployment: DeploymentId, folder: &std::path::Path, how: &str) {
    pair.journal.rests(deployment).await;
    let events = pair.journal.events(deployment).await;
    let lines = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap() + "\n");
    // no path of the machine that wrote it
    let root = pair.lab.folder.to_string_lossy().into_owned();
    let text = lines.collect::<String>().replace(&root, "/srv/lab");
    let state = pair.latest().await.state;
    fs::write(folder.join(format!("{state}{how}.jsonl")), text).unwrap();
}
