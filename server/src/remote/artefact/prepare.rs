//! A release onto a node, beside what runs: upload, verify, unpack, link, name.

use super::script;
use crate::{
    objects::Objects,
    remote::{Ending, Order, Ran, RemoteError, RemoteShell, Sink, Stamp},
};
use app::model::{
    deployment::Plan,
    environment::Node,
    journal::Proof,
    trouble::{Failure, Trouble},
};
use futures::StreamExt;
use std::{io, time::Duration};

const UNTOUCHED: &str = "Nothing that runs on it was touched.";
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// Brings `plan`'s release into `releases/` on `node`, whole or not at all. Touches nothing that serves; safe to
/// repeat: what is there already, with the right checksum, stays.
pub async fn prepare(
    shell: &dyn RemoteShell,
    plan: &Plan,
    node: &Node,
    objects: &Objects,
    stamp: Stamp,
    sink: Sink,
) -> Result<Proof, Failure> {
    let failed = |error: RemoteError| error.failure(node, UNTOUCHED);
    let proof = Proof::Prepared {
        release_dir: plan.release_dir.clone(),
        sha256: plan.release.sha256.clone(),
    };
    let unpack = script::unpack(plan).map_err(|error| {
        Failure::ours(
            Trouble::new(format!("The recipe's shared path {error}."))
                .stands(UNTOUCHED)
                .remedy("Correct the recipe."),
        )
    })?;
    let reading = shell
        .read(node, &script::look(plan, node), LOOK_LIMIT)
        .await
        .map_err(failed)?;
    if reading.code != 0 {
        return Err(no_root(node));
    }
    let seen = Seen::read(&reading.stdout);
    if seen.revision.as_deref() == Some(plan.release.sha256.as_str()) {
        sink(&format!("releases/{} is there already", plan.release_dir));
        return Ok(proof);
    }
    if seen.there {
        return Err(name_taken(plan, node));
    }
    // unpacked it takes more, which the node counts once the archive is there
    let need_kb = plan.release.size / 1024 * 2 + 1024;
    if !seen.uploaded {
        if seen.free_kb.is_some_and(|free| free < need_kb) {
            return Err(no_room(node, Some((need_kb, seen.free_kb.unwrap_or(0)))));
        }
        let body = objects
            .stream(&plan.release.sha256)
            .await
            .map_err(|error| failed(RemoteError::Source(error.to_string())))?
            .map(|piece| piece.map_err(io::Error::other))
            .boxed();
        let upload = script::upload(plan, node);
        sink(&format!(
            "sending {} MB",
            plan.release.size.div_ceil(1 << 20)
        ));
        match shell.put(node, &upload, body, stamp).await {
            Ok(()) => {}
            Err(RemoteError::DiskFull) => {
                return Err(no_room(node, seen.free_kb.map(|free| (need_kb, free))));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let ran = shell
        .run(node, &unpack, stamp, sink)
        .await
        .map_err(failed)?;
    judge(plan, node, &unpack, &ran).map(|()| proof)
}

/// What the node said when looked at.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    there: bool,
    revision: Option<String>,
    free_kb: Option<u64>,
    uploaded: bool,
}

impl Seen {
    fn read(text: &str) -> Self {
        let mut seen = Self::default();
        for line in text.lines() {
            if line == "there" {
                seen.there = true;
            } else if line == "uploaded" {
                seen.uploaded = true;
            } else if let Some(free) = line.strip_prefix("free ") {
                seen.free_kb = free.trim().parse().ok();
            } else if seen.there && seen.revision.is_none() {
                seen.revision = Some(line.trim().to_owned());
            }
        }
        seen
    }
}

fn judge(plan: &Plan, node: &Node, order: &Order, ran: &Ran) -> Result<(), Failure> {
    let name = &node.name;
    let detail = |trouble: Trouble| trouble.stands(UNTOUCHED).detail(&ran.tail);
    match (ran.ending, ran.code) {
        (Ending::Done, 0) => Ok(()),
        (Ending::Done, script::SHARED_MISSING) => {
            let path = ran.tail.lines().last().unwrap_or("shared/");
            Err(Failure::ours(
                Trouble::new(format!(
                    "Node {name} has no {path}, which the recipe shares."
                ))
                .stands(UNTOUCHED)
                .remedy("Put it there, or take it out of the recipe, then retry."),
            ))
        }
        (Ending::Done, script::UNPACK_FAILED) => Err(Failure::ours(detail(
            Trouble::new(format!(
                "Node {name} could not unpack release {}.",
                plan.release.version
            ))
            .remedy("See what `tar` says below, set it right, then retry."),
        ))),
        (Ending::Done, script::NO_ROOM) => Err(no_room(node, room(&ran.tail))),
        (Ending::Done, script::NAME_TAKEN) => Err(name_taken(plan, node)),
        (Ending::Done, code) => Err(Failure::ours(detail(
            Trouble::new(format!(
                "Preparing release {} on node {name} ended with status {code}.",
                plan.release.version
            ))
            .remedy("See what the node says below, set it right, then retry."),
        ))),
        (Ending::Limit, _) => Err(Failure::ours(detail(
            Trouble::new(format!(
                "Node {name} did not finish unpacking release {} within {} s.",
                plan.release.version,
                order.limit_seconds()
            ))
            .remedy("See what keeps the machine busy, then retry."),
        ))),
        (Ending::Stopped, _) => Err(Failure::unsure(detail(
            Trouble::new(format!(
                "Preparing node {name} was ended by a newer owner of this deployment."
            ))
            .remedy("Look at what the newer owner does."),
        ))),
    }
}

/// `room NEED FREE` in kilobytes, the last such line.
fn room(tail: &str) -> Option<(u64, u64)> {
    tail.lines().rev().find_map(|line| {
        let (need, free) = line.strip_prefix("room ")?.split_once(' ')?;
        Some((need.parse().ok()?, free.parse().ok()?))
    })
}

fn no_room(node: &Node, room: Option<(u64, u64)>) -> Failure {
    let figures = room.map_or(String::new(), |(need, free)| {
        format!(
            ": {} MB are needed and {} MB are free",
            need.div_ceil(1024),
            free / 1024
        )
    });
    Failure::ours(
        Trouble::new(format!(
            "The disk of node {} has no room for the release{figures}.",
            node.name
        ))
        .stands(format!("{UNTOUCHED} What was sent is removed again."))
        .remedy(format!("Make room below {}, then retry.", node.deploy_root)),
    )
}

fn no_root(node: &Node) -> Failure {
    Failure::ours(
        Trouble::new(format!(
            "Node {} has no deploy root {} that its deploy user may enter.",
            node.name, node.deploy_root
        ))
        .stands(UNTOUCHED)
        .remedy("Make the folder, or correct the configuration, then retry."),
    )
}

fn name_taken(plan: &Plan, node: &Node) -> Failure {
    Failure::unsure(
        Trouble::new(format!(
            "On node {} there is a folder releases/{} which is not release {}.",
            node.name, plan.release_dir, plan.release.version
        ))
        .stands(UNTOUCHED)
        .remedy("See who made it; move it away, then retry."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_says_is_read_line_by_line() {
        let all = Seen::read("there\nabc\nfree 2048\nuploaded\n");
        assert_eq!(
            all,
            Seen {
                there: true,
                revision: Some("abc".into()),
                free_kb: Some(2048),
                uploaded: true,
            }
        );
        assert_eq!(Seen::read("there\nfree 1\n").revision, None);
        assert_eq!(Seen::read(""), Seen::default());
    }

    #[test]
    fn a_full_disk_is_told_in_megabytes() {
        assert_eq!(room("x\nroom 2049 1024\n"), Some((2049, 1024)));
        let node = crate::remote::fake::node_at("/srv/shop");
        assert_eq!(
            no_room(&node, Some((2049, 1024))).trouble.what,
            "The disk of node red has no room for the release: 3 MB are needed and 1 MB are free."
        );
    }
}
