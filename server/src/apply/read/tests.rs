use super::*;

const LAB: &str = include_str!("lab.toml");

fn refusal(text: &str) -> String {
    let errors = read(text).expect_err("it is refused");
    let lines: Vec<_> = errors.iter().map(FileError::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_lab_reads_as_it_is_meant() {
    let file = read(LAB).unwrap();
    let request = &file.request;
    assert_eq!(request.environments[0].as_str(), "production");
    let pool = &request.pools[0];
    assert_eq!(pool.title(), "production/shop");
    assert_eq!((pool.policy.batch, pool.policy.floor), (1, 2));
    assert_eq!(pool.policy.isolation_limit_ms, 600_000);
    assert_eq!(
        pool.policy.at_drain_limit,
        deployment::AtDrainLimit::PutBack
    );
    assert_eq!(
        pool.probe.fingerprint,
        deployment::Fingerprint::Header("x-release".to_owned())
    );
    let red = &pool.nodes[0];
    assert_eq!((red.ssh.host.as_str(), red.ssh.port), ("127.0.0.11", 2201));
    assert_eq!(
        red.workers.values().next().unwrap(),
        "http://127.0.0.11:9000"
    );
    assert_eq!(red.deploy_root, "/srv/red");
    let green = &pool.nodes[2];
    assert_eq!(green.workers.values().next().unwrap(), "http://green:9000");
    assert_eq!(file.suites, [["suite.toml"]]);
}

/// The lab with one thing changed, and what is said about it, where.
#[test]
fn each_mistake_is_named_with_line_and_column() {
    let cases = [
        (
            "name = \"production\"",
            "nmae = \"production\"",
            "2:1: unknown field `nmae`, expected `name`",
        ),
        (
            "name = \"production\"",
            "name = \"pro duction\"",
            "2:8: `pro duction` is no usable name",
        ),
        (
            "keep = 5",
            "keep = \"five\"",
            "11:8: invalid type: string \"five\", expected u32",
        ),
        (
            "keep = 5",
            "keep = 0",
            "11:8: at least one release must be kept",
        ),
        (
            "\"60 s\"      #",
            "\"60 sec\" #",
            "12:17: `60 sec` is no span of time",
        ),
        (
            "product = \"apache\"",
            "product = \"haproxy\"",
            "17:11: unknown variant `haproxy`, expected `apache`",
        ),
        (
            "http://127.0.0.1:8080/b",
            "http://ann:pw@127.0.0.1:8080/b",
            "18:15: a user or password does not belong in an address",
        ),
        (
            "environment = \"production\"",
            "environment = \"staging\"",
            "22:15: there is no environment `staging` in this file; it has `production`",
        ),
        (
            "application = \"shop\"",
            "application = \"shpo\"",
            "23:15: there is no application `shpo`",
        ),
        (
            "balancers = [\"front\"]",
            "balancers = [\"front\", \"back\"]",
            "24:23: there is no balancer `back`",
        ),
        (
            "floor = 2",
            "floor = 3",
            "26:9: a floor of 3 leaves no room for a batch of 1 with 3 nodes",
        ),
        (
            "path = \"/health\"",
            "path = \"health\"",
            "33:8: `health` does not begin with /",
        ),
        (
            "header = \"x-release\"",
            "header = \"x release\"",
            "39:15: `x release` is no header name",
        ),
        (
            "name = \"blue\"",
            "name = \"red\"",
            "51:8: node `red` is in this pool twice",
        ),
        (
            "deploy_root = \"/srv/blue\"",
            "deploy_root = \"srv/blue\"",
            "55:15: `srv/blue` is no absolute folder",
        ),
        (
            "127.0.0.12:2202",
            "127.0.0.12:none",
            "52:7: `deploy@127.0.0.12:none` is no SSH address",
        ),
        (
            "{ front = \"http://green:9000\" }",
            "{}",
            "64:11: node `green` is a member of no balancer",
        ),
        (
            "{ front = \"http://green:9000\" }",
            "{ front = \"http://127.0.0.11:9000\" }",
            "64:21: nodes `red` and `green` are the same worker",
        ),
        (
            "{ front = \"http://green:9000\" }",
            "{ back = \"http://green:9000\" }",
            "64:20: the pool does not use the balancer `back`",
        ),
        (
            "ssh-ed25519 AAAAC3",
            "ssh-ed25519 %AAAAC3",
            "45:12: this is no host key",
        ),
    ];
    for (before, after, expected) in cases {
        assert!(LAB.contains(before), "{before}");
        let said = refusal(&LAB.replacen(before, after, 1));
        assert!(
            said.contains(expected),
            "{after}: wanted {expected}, found {said}"
        );
    }
}

#[test]
fn what_is_written_twice_is_refused() {
    let nodes_alike = LAB
        .replace("deploy@127.0.0.12:2202", "deploy@127.0.0.11:2201")
        .replace("/srv/blue", "/srv/red");
    assert!(
        refusal(&nodes_alike).contains("share the folder /srv/red"),
        "{}",
        refusal(&nodes_alike)
    );
    let twice = format!("{LAB}\n[[environment]]\nname = \"production\"\n");
    assert!(refusal(&twice).contains("environment `production` is in this file twice"));
    let pool = &LAB[LAB.find("[[pool]]").unwrap()..];
    let twice = format!("{LAB}\n{pool}");
    assert!(refusal(&twice).contains("pool production/shop is in this file twice"));
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_text() {
    let text = LAB
        .replace("keep = 5", "keep = 0")
        .replace("floor = 2", "floor = 3");
    let said = refusal(&text);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.starts_with("11:8:"), "{said}");
}

#[test]
fn a_place_the_server_names_is_found_again() {
    let file = read(LAB).unwrap();
    for (at, line) in [
        ("pool[0].node[1]", 51),
        ("pool[0].node[1].host_key", 51),
        ("balancer[0]", 16),
        ("pool[0].suite", 30),
        ("nothing", 1),
    ] {
        assert_eq!(file.locate(&Problem::new(at, "x")).line, line, "{at}");
    }
}

/// The lab with these lines in its pool, which then begins at line 27.
fn with_policy(lines: &str) -> String {
    LAB.replacen("floor = 2", &format!("floor = 2\n{lines}"), 1)
}

#[test]
fn a_pool_says_what_a_failure_undoes_how_often_how_long_and_how_it_is_watched() {
    let usual = read(LAB).unwrap().request.pools[0].policy.clone();
    assert_eq!(usual.on_failure, deployment::OnFailure::UndoNode);
    assert_eq!((usual.hold_limit_ms, usual.soak_ms), (1_800_000, 0));
    assert_eq!(usual.stages, []);
    let text = with_policy("on_failure = \"undo-all\"\nhold_limit = \"5 min\"\nsoak = \"30 s\"")
        + "\n[[pool.stage]]\nwork = \"smoke\"\ntries = 3\nlimit = \"2 min\"\n";
    let policy = read(&text).unwrap().request.pools[0].policy.clone();
    assert_eq!(policy.on_failure, deployment::OnFailure::UndoAll);
    assert_eq!((policy.hold_limit_ms, policy.soak_ms), (300_000, 30_000));
    let smoke = Work::Stage(app::model::stage::Stage::Smoke);
    assert_eq!(
        policy.rule(smoke),
        Some(&StageRule {
            work: smoke,
            tries: Some(3),
            limit_ms: Some(120_000)
        })
    );
}

#[test]
fn a_policy_that_makes_no_sense_is_named_with_line_and_column() {
    for (lines, expected) in [
        ("on_failure = \"panic\"", "27:14: unknown variant `panic`"),
        (
            "soak = \"25 h\"",
            "27:8: `25 h` is not between 1 ms and 24 h",
        ),
        ("hold_limit = \"soon\"", "27:14: `soon` is no span of time"),
        (
            "stage = [{ work = \"smok\", tries = 1 }]",
            "27:19: `smok` is neither a stage, nor prepare, nor soak",
        ),
        (
            "stage = [{ work = \"smoke\", tries = 0 }]",
            "27:36: smoke must be tried at least once",
        ),
        (
            "stage = [{ work = \"smoke\" }]",
            "27:19: the rule for smoke says nothing; give it tries or a limit",
        ),
        (
            "stage = [{ work = \"drain\", tries = 1 }, { work = \"drain\", tries = 2 }]",
            "27:50: drain has two rules",
        ),
    ] {
        let said = refusal(&with_policy(lines));
        assert!(
            said.contains(expected),
            "{lines}: wanted {expected}, found {said}"
        );
    }
}
