//! The private PostgreSQL: adopted, restarted, refused.

use app::model::trouble::Trouble;
use rustix::process::{Pid, Signal, kill_process};
use server::{
    guard::{Guard, process},
    postgres::{DATABASE, Private, PrivateError, PrivateSettings, foreground},
    store,
};
use sqlx::{Connection, PgConnection};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Of the server that runs on the data below `folder`.
pub fn pid(folder: &Path) -> u32 {
    let text = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().trim().parse().unwrap()
}

pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// It has ended; who inherited it may not have noticed yet.
fn is_gone(pid: u32) -> bool {
    process::facts(pid).map_or(true, |facts| facts.is_zombie)
}

/// A folder whose server ends with the test, well or badly.
fn folder() -> (TempDir, Guard) {
    (tempfile::tempdir().unwrap(), Guard::start().unwrap())
}

async fn start(folder: &TempDir, guard: &Guard) -> Private {
    let private = Private::start(PrivateSettings::for_testing(folder.path()))
        .await
        .unwrap();
    guard.watch_group(pid(folder.path())).unwrap();
    private
}

async fn count_users(private: &Private) -> u64 {
    let pool = store::connect(&private.runtime_url()).await.unwrap();
    let count = store::users::count(&pool).await.unwrap();
    pool.close().await;
    count
}

#[tokio::test]
async fn it_serves_with_separate_roles_stops_and_starts_again_with_its_data() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    store::migrate(&private.owner_url()).await.unwrap();
    let pool = store::connect(&private.runtime_url()).await.unwrap();
    let ann = store::users::add(&pool, "ann", app::model::access::Role::Admin, "hash").await;
    assert!(ann.unwrap().is_some());
    assert!(
        sqlx::query("DROP TABLE users")
            .execute(&pool)
            .await
            .is_err()
    );
    pool.close().await;
    let shop = private.create_database("shop", "shop").await.unwrap();
    let again = private.create_database("shop", "shop").await.unwrap();
    assert_eq!(shop, again);
    let mut own = PgConnection::connect(&shop).await.unwrap();
    sqlx::query("CREATE TABLE orders ()")
        .execute(&mut own)
        .await
        .unwrap();
    drop(own);
    let taken = Private::start(PrivateSettings::for_testing(folder.path())).await;
    assert!(matches!(taken, Err(PrivateError::Taken { .. })));

    let server = pid(folder.path());
    private.stop().await;
    assert!(is_gone(server));
    let private = start(&folder, &guard).await;
    assert_ne!(pid(folder.path()), server);
    assert_eq!(count_users(&private).await, 1);
    assert!(PgConnection::connect(&shop).await.is_ok());
    private.stop().await;
}

#[tokio::test]
async fn when_the_server_is_killed_it_comes_back_by_itself() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    store::migrate(&private.owner_url()).await.unwrap();
    let first = pid(folder.path());
    kill(first);
    // until the next one has written its number and answers
    let second = loop {
        tokio::task::yield_now().await;
        let text = fs::read_to_string(folder.path().join("data/postmaster.pid"));
        let number = text.ok().and_then(|text| text.lines().next()?.parse().ok());
        if number.is_some_and(|number: u32| number != first)
            && let Ok(connection) = PgConnection::connect(&private.runtime_url()).await
        {
            connection.close().await.unwrap();
            break pid(folder.path());
        }
    };
    guard.watch_group(second).unwrap();
    assert_eq!(count_users(&private).await, 0);
    private.stop().await;
}

/// Waits until it is said of the server in so many words, and returns all that is said.
async fn said(private: &Private, words: &str) -> Trouble {
    let mut trouble = private.trouble();
    let has_said = |now: &Option<Trouble>| now.as_ref().is_some_and(|now| now.what.contains(words));
    trouble.wait_for(has_said).await.unwrap().clone().unwrap()
}

async fn runs_again(private: &Private, folder: &TempDir, guard: &Guard) {
    let mut trouble = private.trouble();
    trouble.wait_for(Option::is_none).await.unwrap();
    guard.watch_group(pid(folder.path())).unwrap();
    assert_eq!(count_users(private).await, 0);
}

#[tokio::test]
async fn how_it_ended_under_us_is_said_until_it_runs_again() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    store::migrate(&private.owner_url()).await.unwrap();
    assert_eq!(*private.trouble().borrow(), None);
    for (by, words) in [
        // as `pg_ctl stop` does
        (Signal::INT, "was stopped by somebody else."),
        (Signal::KILL, "was killed by signal 9."),
    ] {
        signal(pid(folder.path()), by);
        let said = said(&private, words).await;
        assert!(said.stands.contains("started again"), "{said:?}");
        runs_again(&private, &folder, &guard).await;
    }
    private.stop().await;
}

#[tokio::test]
async fn programs_that_are_removed_or_replaced_under_it_are_named_until_they_are_back() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    let program = fs::read_link(format!("/proc/{}/exe", pid(folder.path()))).unwrap();
    store::migrate(&private.owner_url()).await.unwrap();
    private.stop().await;
    let programs = tempfile::tempdir().unwrap();
    set_mode(programs.path(), 0o711);
    let names = ["postgres", "initdb"];
    let install = || {
        for name in names {
            symlink(program.with_file_name(name), programs.path().join(name)).unwrap();
        }
    };
    let remove = || {
        for name in names {
            fs::remove_file(programs.path().join(name)).unwrap();
        }
    };
    install();
    let settings = PrivateSettings {
        programs_dir: Some(programs.path().to_owned()),
        ..PrivateSettings::for_testing(folder.path())
    };
    let private = Private::start(settings).await.unwrap();
    guard.watch_group(pid(folder.path())).unwrap();

    remove();
    assert_eq!(count_users(&private).await, 0, "what runs goes on");
    kill(pid(folder.path()));
    let gone = said(&private, "no PostgreSQL server is installed any more").await;
    assert!(
        gone.remedy.starts_with("Install PostgreSQL again"),
        "{gone:?}"
    );

    for name in names {
        let path = programs.path().join(name);
        fs::write(&path, "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n").unwrap();
        set_mode(&path, 0o755);
    }
    let other = said(&private, "but installed is 99").await;
    assert!(other.remedy.contains("beside the other"), "{other:?}");
    assert!(other.detail.unwrap().contains("pg_dumpall"));

    remove();
    install();
    runs_again(&private, &folder, &guard).await;
    private.stop().await;
}

#[tokio::test]
async fn a_start_right_after_the_server_was_killed_recovers() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    store::migrate(&private.owner_url()).await.unwrap();
    // nobody keeps it any more, and it dies with a client at work
    let mut client = PgConnection::connect(&private.owner_url()).await.unwrap();
    sqlx::query("SELECT 1").execute(&mut client).await.unwrap();
    drop(private);
    kill(pid(folder.path()));
    let private = start(&folder, &guard).await;
    assert_eq!(count_users(&private).await, 0);
    private.stop().await;
}

#[tokio::test]
async fn the_next_start_adopts_the_server_of_a_killed_process() {
    let (folder, guard) = folder();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "postgres::parent_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("PITLANE_TEST_FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let ready = lines
        .map(Result::unwrap)
        .find(|line| line.contains("ready DATABASE_URL="));
    assert!(
        ready
            .unwrap()
            .contains("postgres://postgres@localhost/postgres?host=")
    );
    let orphan = pid(folder.path());
    guard.watch_group(orphan).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();

    let private = start(&folder, &guard).await;
    assert_eq!(pid(folder.path()), orphan);
    store::migrate(&private.owner_url()).await.unwrap();
    assert_eq!(count_users(&private).await, 0);
    private.stop().await;
    assert!(is_gone(orphan));
}

#[test]
fn in_the_foreground_it_ends_with_its_standard_input() {
    let (folder, _guard) = folder();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "postgres::parent_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("PITLANE_TEST_FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.contains("ready DATABASE_URL=")));
    let server = pid(folder.path());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(is_gone(server));
}

#[test]
#[ignore = "the other half of two tests above"]
fn parent_to_be_killed() {
    let Some(folder) = std::env::var_os("PITLANE_TEST_FOLDER") else {
        return;
    };
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(foreground::run(PrivateSettings::for_testing(folder)))
        .unwrap();
}

#[tokio::test]
async fn data_of_another_version_is_refused_with_what_to_do() {
    let (folder, guard) = folder();
    let private = start(&folder, &guard).await;
    private.stop().await;
    fs::write(folder.path().join("data/PG_VERSION"), "9\n").unwrap();
    let refused = Private::start(PrivateSettings::for_testing(folder.path())).await;
    let Err(error @ PrivateError::WrongMajor { wanted: 9, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains("pg_dumpall") && text.contains("PostgreSQL 9"),
        "{text}"
    );
}

#[tokio::test]
async fn a_folder_far_down_gets_its_socket_elsewhere() {
    let (top, guard) = folder();
    let far = top.path().join("x".repeat(100));
    set_mode(top.path(), 0o711);
    let private = Private::start(PrivateSettings::for_testing(&far))
        .await
        .unwrap();
    guard.watch_group(pid(&far)).unwrap();
    assert!(PgConnection::connect(&private.owner_url()).await.is_ok());
    assert!(private.owner_url().contains(DATABASE));
    let url = url::Url::parse(&private.owner_url()).unwrap();
    let sockets = url
        .query_pairs()
        .find(|(key, _)| key == "host")
        .unwrap()
        .1
        .into_owned();
    private.stop().await;
    fs::remove_dir_all(sockets).unwrap();
}

#[tokio::test]
async fn a_folder_closed_to_the_servers_user_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (top, _guard) = folder();
    set_mode(top.path(), 0o700);
    let inner = top.path().join("postgres");
    let refused = Private::start(PrivateSettings::for_testing(&inner)).await;
    let Err(PrivateError::Closed { folder, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(folder, top.path());
}

fn set_mode(folder: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
}
