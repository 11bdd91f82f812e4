//! The wrapper on a real node: who may start what, what is ended, and what is remembered.

use crate::node::{TestNode, lives, stamp, until};
use rustix::process::{Pid, Signal, kill_process};
use server::remote::{Ending, Order, RemoteError, RemoteShell, Script};
use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

fn kill(pid: &str) {
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// A command that writes down its own pid, its child's and its grandchild's, and ticks for ever.
const FAMILY: &str = r#"
echo $$ >self
sh -c 'echo $$ >child; sh -c "echo \$\$ >grandchild; while :; do echo tick >>ticks; sleep .05; done" & wait' &
wait
"#;

#[tokio::test]
async fn a_result_is_kept_and_the_same_run_is_never_started_twice() {
    let node = TestNode::start();
    let run = stamp(1);
    let text = "echo one; echo two >&2; echo x >>count; pwd; umask; exit 3";
    let ran = node.run(run, text).await.unwrap();
    assert_eq!((ran.code, ran.ending), (3, Ending::Done));
    assert!(
        ran.tail
            .starts_with(&format!("one\ntwo\n{}\n", node.root.display())),
        "{}",
        ran.tail
    );
    assert!(
        !ran.tail.ends_with("0077"),
        "the command keeps the user's own umask"
    );

    let again = node.run(run, text).await.unwrap();
    assert_eq!(again, ran);
    assert_eq!(node.read("count"), "x\n");

    let mode = |path: &str| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(node.own(path)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(
        (mode(""), mode("runs"), mode("epoch")),
        (0o700, 0o700, 0o600)
    );
}

#[tokio::test]
async fn output_arrives_line_by_line_while_the_command_still_runs() {
    let node = TestNode::start();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (ears, go) = (heard.clone(), node.root.join("go"));
    // the command waits for a file that only its own first line brings about
    let order = Order::new(
        Script::new(
            "talk",
            "echo first; while [ ! -e go ]; do sleep .05; done; printf 'last'",
        ),
        Duration::from_secs(30),
    );
    let sink = Arc::new(move |line: &str| {
        ears.lock().unwrap().push(line.to_owned());
        fs::write(&go, "").unwrap();
    });
    let ran = node
        .shell
        .run(&node.node, &order, stamp(1), sink)
        .await
        .unwrap();
    assert!(ran.is_well());
    assert_eq!(*heard.lock().unwrap(), ["first", "last"]);
}

#[tokio::test]
async fn a_second_run_is_refused_while_the_first_is_alive() {
    let node = TestNode::start();
    let first = stamp(1);
    let going = node.spawn(first, "echo $$ >pid; while [ ! -e go ]; do sleep .05; done");
    until("the first runs", || !node.read("pid").is_empty()).await;

    let refused = node.run(stamp(1), "echo x >second").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("the run {}.test is still going on there", first.run)
    );
    assert!(!node.root.join("second").exists());

    fs::write(node.root.join("go"), "").unwrap();
    assert!(going.await.unwrap().unwrap().is_well());
    assert!(
        node.run(stamp(1), "echo x >second")
            .await
            .unwrap()
            .is_well()
    );
}

#[tokio::test]
async fn a_stale_owner_starts_nothing_and_uploads_nothing() {
    let node = TestNode::start();
    assert!(node.run(stamp(6), "true").await.unwrap().is_well());
    let refused = node.run(stamp(5), "echo x >stale").await.unwrap_err();
    assert!(
        matches!(&refused, RemoteError::Fenced { newest } if newest == "6"),
        "{refused}"
    );
    assert!(!node.root.join("stale").exists());

    let upload = server::remote::Upload {
        path: node.root.join("incoming/x").to_str().unwrap().to_owned(),
        sha256: "0".repeat(64),
        limit: Duration::from_secs(20),
    };
    let body = Box::pin(futures::stream::empty());
    let refused = node
        .shell
        .put(&node.node, &upload, body, stamp(5))
        .await
        .unwrap_err();
    assert!(matches!(refused, RemoteError::Fenced { .. }), "{refused}");
}

#[tokio::test]
async fn a_newer_owner_ends_what_runs_with_its_grandchildren() {
    let node = TestNode::start();
    let going = node.spawn(stamp(5), FAMILY);
    until("it ticks", || !node.read("ticks").is_empty()).await;
    let family = ["self", "child", "grandchild"].map(|name| node.read(name));
    assert!(family.iter().all(|pid| lives(pid)));

    let shell = node.second_shell();
    let order = Order::new(Script::new("take-over", "true"), Duration::from_secs(20));
    let ran = shell
        .run(&node.node, &order, stamp(6), server::remote::no_sink())
        .await
        .unwrap();
    assert!(ran.is_well());
    assert!(!family.iter().any(|pid| lives(pid)), "{family:?}");

    let told = going.await.unwrap().unwrap();
    assert_eq!((told.code, told.ending), (143, Ending::Stopped));
    assert!(matches!(
        node.run(stamp(5), "true").await,
        Err(RemoteError::Fenced { .. })
    ));
}

#[tokio::test]
async fn a_newer_owner_ends_even_what_ignores_the_signal() {
    let node = TestNode::start();
    let going = node.spawn(
        stamp(5),
        "trap '' TERM; echo $$ >pid; while :; do sleep .1; done",
    );
    until("it runs", || !node.read("pid").is_empty()).await;
    assert!(node.run(stamp(6), "true").await.unwrap().is_well());
    assert!(!lives(&node.read("pid")));
    assert_eq!(going.await.unwrap().unwrap().ending, Ending::Stopped);
}

#[tokio::test]
async fn at_the_time_limit_the_group_is_ended_and_says_so() {
    let node = TestNode::start();
    let ran = node
        .run_for(stamp(1), FAMILY, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!((ran.code, ran.ending), (143, Ending::Limit));
    for name in ["self", "child", "grandchild"] {
        assert!(!lives(&node.read(name)), "{name}");
    }
    assert!(node.run(stamp(1), "true").await.unwrap().is_well());
}

#[tokio::test]
async fn a_damaged_epoch_file_lets_nobody_in() {
    let node = TestNode::start();
    assert!(node.run(stamp(3), "true").await.unwrap().is_well());
    for damage in ["", "\0\0\0\n", "x\n", "-1\n", "99999999999999999999\n"] {
        fs::write(node.own("epoch"), damage).unwrap();
        let refused = node.run(stamp(4), "echo x >in").await.unwrap_err();
        assert!(
            matches!(refused, RemoteError::DamagedEpoch { .. }),
            "{damage:?} {refused}"
        );
    }
    fs::remove_file(node.own("epoch")).unwrap();
    let refused = node.run(stamp(4), "echo x >in").await.unwrap_err();
    assert!(
        matches!(refused, RemoteError::DamagedEpoch { .. }),
        "{refused}"
    );
    assert!(!node.root.join("in").exists());

    fs::write(node.own("epoch"), "3\n").unwrap();
    assert!(node.run(stamp(4), "echo x >in").await.unwrap().is_well());
}

#[tokio::test]
async fn a_number_used_again_by_a_stranger_is_neither_waited_for_nor_killed() {
    let node = TestNode::start();
    assert!(node.run(stamp(1), "true").await.unwrap().is_well());
    let mut stranger = Command::new("sleep")
        .arg("600")
        .process_group(0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let pid = stranger.id();
    // as if our leader had been this number, of another boot, or of this one at another time
    for (boot, born) in [("another-boot", "1"), (boot.trim(), "1")] {
        let line = format!("{pid} {born} {boot} 1 gone.test {pid}\n");
        fs::write(node.own("leader"), line).unwrap();
        assert!(node.run(stamp(1), "true").await.unwrap().is_well());
        fs::write(
            node.own("leader"),
            format!("{pid} {born} {boot} 1 gone.test {pid}\n"),
        )
        .unwrap();
        assert!(node.run(stamp(2), "true").await.unwrap().is_well());
        fs::write(node.own("epoch"), "1\n").unwrap();
    }
    assert!(lives(&pid.to_string()), "an innocent process was killed");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_run_whose_leader_was_killed_is_unknown_and_keeps_others_out_until_taken_over() {
    let node = TestNode::start();
    let run = stamp(5);
    let going = node.spawn(run, FAMILY);
    until("it ticks", || !node.read("ticks").is_empty()).await;
    let grandchild = node.read("grandchild");
    let leader = fs::read_to_string(node.own("leader")).unwrap();
    kill(leader.split(' ').next().unwrap());
    assert!(matches!(going.await.unwrap(), Err(RemoteError::NoResult)));
    assert!(lives(&grandchild), "only the leader was killed");

    assert!(matches!(
        node.run(stamp(5), "true").await,
        Err(RemoteError::Busy { .. })
    ));
    assert!(node.run(stamp(6), "true").await.unwrap().is_well());
    assert!(!lives(&grandchild));
    let again = stamp(6);
    let told = node
        .run(
            server::remote::Stamp {
                run: run.run,
                ..again
            },
            FAMILY,
        )
        .await;
    assert!(matches!(told, Err(RemoteError::NoResult)), "{told:?}");
}

#[tokio::test]
async fn what_a_command_leaves_in_its_group_is_ended_and_named() {
    let node = TestNode::start();
    let ran = node
        .run(stamp(1), "sleep 600 & echo $! >pid; echo done")
        .await
        .unwrap();
    assert!(ran.is_well());
    assert!(
        ran.tail
            .contains("a service must be started by a supervisor outside"),
        "{}",
        ran.tail
    );
    assert!(!lives(&node.read("pid")));
    assert!(node.run(stamp(1), "true").await.unwrap().is_well());
}

#[tokio::test]
async fn a_service_that_is_told_to_restart_survives_a_takeover() {
    let node = TestNode::start();
    // a supervisor outside every remote command: it starts the service anew whenever it is told to
    let mut supervisor = Command::new("sh")
        .args([
            "-c",
            r#"while :; do
            sleep 600 & echo $! >service.new; mv service.new service
            while [ ! -e order ]; do sleep .05; done
            kill $!; rm order
        done"#,
        ])
        .current_dir(&node.root)
        .process_group(0)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    until("the service is up", || !node.read("service").is_empty()).await;
    let before = node.read("service");

    let going = node.spawn(
        stamp(5),
        "echo x >order; while [ -e order ]; do sleep .05; done; echo x >told; sleep 600",
    );
    until("it was told", || node.root.join("told").exists()).await;
    until("it restarted", || node.read("service") != before).await;
    let service = node.read("service");
    assert!(node.run(stamp(6), "true").await.unwrap().is_well());
    assert_eq!(going.await.unwrap().unwrap().ending, Ending::Stopped);
    assert!(lives(&service), "the takeover must not touch the service");

    rustix::process::kill_process_group(
        Pid::from_raw(supervisor.id() as i32).unwrap(),
        Signal::KILL,
    )
    .unwrap();
    supervisor.wait().unwrap();
}

#[tokio::test]
async fn a_lost_connection_loses_nothing() {
    let mut node = TestNode::start();
    let run = stamp(1);
    let text = "echo one; echo x >>count; while [ ! -e go ]; do sleep .05; done; echo two; exit 4";
    let going = node.spawn(run, text);
    until("it runs", || !node.read("count").is_empty()).await;
    node.sshd.stop();
    node.sshd.start_again().unwrap();
    fs::write(node.root.join("go"), "").unwrap();
    let ran = going.await.unwrap().unwrap();
    assert_eq!((ran.code, ran.tail.as_str()), (4, "one\ntwo"));
    assert_eq!(node.read("count"), "x\n");

    // and another server finds the same
    let order = Order::new(Script::new("test", text), Duration::from_secs(30));
    let told = node
        .second_shell()
        .run(&node.node, &order, run, server::remote::no_sink())
        .await
        .unwrap();
    assert_eq!(told, ran);
}

#[tokio::test]
async fn the_last_twenty_runs_are_kept() {
    let node = TestNode::start();
    for _ in 0..23 {
        assert!(node.run(stamp(1), "true").await.unwrap().is_well());
    }
    until("old runs are gone", || {
        fs::read_dir(node.own("runs")).unwrap().count() <= 20
    })
    .await;
}

#[tokio::test]
async fn a_run_leaves_no_process_behind() {
    let node = TestNode::start();
    for _ in 0..8 {
        // a limit far beyond the test's own patience: nothing goes away just because its time is over
        let ran = node
            .run_for(stamp(1), "true", Duration::from_secs(600))
            .await;
        assert!(ran.unwrap().is_well());
    }
    let ours = node.root.to_str().unwrap().to_owned();
    until("all its processes are gone", || {
        let mut all = fs::read_dir("/proc").unwrap().flatten();
        !all.any(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            // sshd's own command line names a folder beside the root
            line.contains(&ours)
        })
    })
    .await;
}

#[tokio::test]
async fn many_calls_at_once_start_one_run_once() {
    let node = TestNode::start();
    let run = stamp(1);
    let calls: Vec<_> = (0..8)
        .map(|_| node.spawn(run, "echo x >>count; sleep .3"))
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap().is_well());
    }
    assert_eq!(node.read("count"), "x\n");
}

#[tokio::test]
async fn a_missing_deploy_root_is_named() {
    let mut node = TestNode::start();
    node.node.deploy_root = "/nowhere/at/all".to_owned();
    let error = node.run(stamp(1), "true").await.unwrap_err();
    assert!(
        matches!(&error, RemoteError::Folder { why } if why.contains("/nowhere/at/all")),
        "{error}"
    );
}
