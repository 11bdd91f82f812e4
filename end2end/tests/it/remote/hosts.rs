//! Hosts that are away, silent, or not who they were.

use super::*;

#[tokio::test]
async fn a_host_that_is_away_is_told_in_plain_words() {
    let mut world = World::start().await;
    let plan = world
        .plan("1.1", "20261123140211", release("1.1", &[]))
        .await;
    let address = format!("127.0.0.11:{}", world.at.sshd.port);
    world.at.sshd.stop();
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert_eq!(
        failure.trouble.to_string(),
        format!(
            "Node red refuses SSH connections at {address}. Nothing that runs on it was touched. \
             Start its SSH service or correct the address, then retry."
        )
    );
    let failure = world.switch(&plan, &plan.release_dir).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert_eq!(failure.trouble.stands, "Its `current` was not touched.");

    world.at.node.ssh.host = "no-such-host.invalid".into();
    let failure = world.prepare(&plan).await.unwrap_err();
    assert_eq!(
        failure.trouble.what,
        "The SSH host name `no-such-host.invalid` of node red cannot be resolved."
    );
    // and back again: the same shell reaches it as soon as it is there
    world.at.node.ssh.host = "127.0.0.11".into();
    world.at.sshd.start_again().unwrap();
    world.prepare(&plan).await.unwrap();
}

#[tokio::test]
async fn a_silent_host_is_given_up_in_time() {
    let mut world = World::start().await;
    // accepts connections and never says a word
    let silent = std::net::TcpListener::bind("127.0.0.11:0").unwrap();
    world.at.node.ssh.port = silent.local_addr().unwrap().port();
    let read = Script::new("x", "true");
    let error = world
        .at
        .shell
        .read(&world.at.node, &read, Duration::from_secs(60))
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn another_host_key_stops_us_before_we_sign_in() {
    let mut world = World::start().await;
    let plan = world.deploy("1.0", "20261001000000").await;
    let expected = world.at.sshd.fingerprint.clone();
    world.at.sshd.restart_with_new_host_key().unwrap();
    until("the old connection is gone", || {
        !world.at.sshd.log().is_empty()
    })
    .await;
    let failure = world.switch(&plan, &plan.release_dir).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Unsure);
    let said = failure.trouble.to_string();
    assert!(
        said.contains(&format!(
            "shows another host key than the registered one, {expected}."
        )),
        "{said}"
    );
    assert!(said.contains("We did not sign in"), "{said}");

    // registered anew on purpose, it is let in
    world.at.node.ssh.host_key = world.at.sshd.host_key.clone();
    world.at.node.ssh.host_key_fingerprint = world.at.sshd.fingerprint.clone();
    world.switch(&plan, &plan.release_dir).await.unwrap();
}

#[tokio::test]
async fn a_key_the_node_does_not_know_is_told() {
    let world = World::start().await;
    let mut node = world.at.node.clone();
    // a stranger's key for the same user: the other host's
    fs::write(world.at.dir.path().join("sshd/authorized_keys"), "").unwrap();
    node.ssh.user = world.at.sshd.user.clone();
    let error = world
        .at
        .shell
        .read(&node, &Script::new("x", "true"), Duration::from_secs(30))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RemoteError::SignInRefused { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn reading_is_quick_over_a_connection_once_made() {
    let world = World::start().await;
    let (shell, node) = (&world.at.shell, &world.at.node);
    let started = Instant::now();
    shell.warm(node).await.unwrap();
    println!("first contact took {:?}", started.elapsed());
    let script = Script::new("x", "echo \"$1\"").arg("it's $(here)");
    for _ in 0..3 {
        let started = Instant::now();
        let reading = shell
            .read(node, &script, Duration::from_secs(30))
            .await
            .unwrap();
        println!("a reading took {:?}", started.elapsed());
        assert_eq!(reading.stdout, "it's $(here)\n");
    }
    let started = Instant::now();
    world.at.run(stamp(1), "true").await.unwrap();
    println!("a fenced run took {:?}", started.elapsed());
}
