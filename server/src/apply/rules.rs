//! What must hold of a request, whoever made it. The client asks for the sake of line numbers, the server because
//! it trusts no client.

use super::{host_key, request::*};
use app::model::{
    deployment::{Fingerprint, Policy, ProbeSettings, Recipe},
    environment::BalancerProduct,
    name::Name,
    stage::Work,
    values::{ValueName, check_variable},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};
use url::Url;

/// Everything that is wrong; empty: nothing is.
pub fn check(request: &ApplyRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    once(&mut problems, "environment", request.environments.iter());
    once(
        &mut problems,
        "application",
        request.applications.iter().map(|a| &a.name),
    );
    once(
        &mut problems,
        "balancer",
        request.balancers.iter().map(|b| &b.name),
    );
    variables(&mut problems, request);
    for (i, application) in request.applications.iter().enumerate() {
        recipe(
            &mut problems,
            &format!("application[{i}].recipe"),
            &application.recipe,
        );
    }
    for (i, order) in request.balancers.iter().enumerate() {
        balancer(&mut problems, &format!("balancer[{i}]"), &order.product);
    }
    let mut titles = BTreeSet::new();
    for (i, order) in request.pools.iter().enumerate() {
        let at = format!("pool[{i}]");
        if !titles.insert(order.title()) {
            let words = format!("pool {} is in this file twice", order.title());
            problems.push(Problem::new(&at, words));
        }
        known(&mut problems, request, &at, order);
        policy(&mut problems, &at, order);
        stage_rules(&mut problems, &at, &order.policy);
        rehearsals(&mut problems, &at, &order.policy);
        probe(&mut problems, &format!("{at}.probe"), &order.probe);
        if let Some(address) = &order.visitors_url {
            web_address(&mut problems, format!("{at}.visitors_url"), address);
        }
        nodes(&mut problems, &at, order);
    }
    shared_by_nodes(&mut problems, request);
    problems
}

fn once<'a>(problems: &mut Vec<Problem>, noun: &str, names: impl Iterator<Item = &'a Name>) {
    let mut seen = BTreeSet::new();
    for (i, name) in names.enumerate() {
        if !seen.insert(name) {
            let words = format!("{noun} `{name}` is in this file twice");
            problems.push(Problem::new(format!("{noun}[{i}].name"), words));
        }
    }
}

/// Each takes a browser and visits a node that people use.
const MOST_OFTEN_MS: u64 = 60_000;

fn rehearsals(problems: &mut Vec<Problem>, at: &str, policy: &Policy) {
    if (1..MOST_OFTEN_MS).contains(&policy.rehearse_every_ms) {
        let words = "the suite is tried once a minute at the most";
        problems.push(Problem::new(format!("{at}.rehearse_every"), words));
    }
}

fn variables(problems: &mut Vec<Problem>, request: &ApplyRequest) {
    for (environment, given) in &request.variables {
        let index = request.environments.iter().position(|e| e == environment);
        let Some(index) = index else {
            let words = format!("there is no environment `{environment}` in this request");
            problems.push(Problem::new("variables", words));
            continue;
        };
        for (name, value) in given {
            let at = format!("environment[{index}].variables.{name}");
            if let Err(error) = name.parse::<ValueName>() {
                problems.push(Problem::new(&at, error.to_string()));
            }
            if let Err(words) = check_variable(value) {
                problems.push(Problem::new(&at, words));
            }
        }
    }
}

fn recipe(problems: &mut Vec<Problem>, at: &str, recipe: &Recipe) {
    for (i, path) in recipe.shared.iter().enumerate() {
        let climbs = path.split('/').any(|part| matches!(part, "" | "." | ".."));
        if climbs || path.contains(char::is_control) {
            let words = format!("`{path}` is no path below the release");
            problems.push(Problem::new(format!("{at}.shared[{i}]"), words));
        }
    }
    for (field, command) in [
        ("restart", Some(&recipe.restart)),
        ("output", recipe.output.as_ref()),
    ] {
        if command.is_some_and(|command| command.trim().is_empty() || command.contains('\0')) {
            problems.push(Problem::new(format!("{at}.{field}"), "this is no command"));
        }
    }
    if recipe.keep == 0 {
        problems.push(Problem::new(
            format!("{at}.keep"),
            "at least one release must be kept",
        ));
    }
    if recipe.prepare_at_once == 0 {
        let words = "at least one node must be prepared at a time";
        problems.push(Problem::new(format!("{at}.prepare_at_once"), words));
    }
}

fn balancer(problems: &mut Vec<Problem>, at: &str, product: &BalancerProduct) {
    match product {
        BalancerProduct::Apache {
            manager_url,
            balancer,
            referer,
            accept_no_persist: _,
        } => {
            web_address(problems, format!("{at}.manager_url"), manager_url);
            if let Some(referer) = referer {
                web_address(problems, format!("{at}.referer"), referer);
            }
            let name_at = format!("{at}.balancer");
            if balancer.contains(['&', '<']) {
                let words = format!(
                    "httpd writes the & or < of `{balancer}` unescaped; rename the balancer"
                );
                problems.push(Problem::new(name_at, words));
            } else if balancer.is_empty() || balancer.contains("://") {
                let words = "write the balancer's name without `balancer://`";
                problems.push(Problem::new(name_at, words));
            }
        }
    }
}

/// Whatever the pool names is in the request too.
fn known(problems: &mut Vec<Problem>, request: &ApplyRequest, at: &str, pool: &PoolOrder) {
    let environments: Vec<_> = request.environments.iter().collect();
    let applications: Vec<_> = request.applications.iter().map(|a| &a.name).collect();
    let balancers: Vec<_> = request.balancers.iter().map(|b| &b.name).collect();
    let mut must_be = |at: String, noun: &str, name: &Name, known: &[&Name]| {
        if !known.contains(&name) {
            let words = format!(
                "there is no {noun} `{name}` in this file; it has {}",
                list(known)
            );
            problems.push(Problem::new(at, words));
        }
    };
    must_be(
        format!("{at}.environment"),
        "environment",
        &pool.environment,
        &environments,
    );
    must_be(
        format!("{at}.application"),
        "application",
        &pool.application,
        &applications,
    );
    for (i, name) in pool.balancers.iter().enumerate() {
        must_be(format!("{at}.balancers[{i}]"), "balancer", name, &balancers);
    }
}

fn policy(problems: &mut Vec<Problem>, at: &str, pool: &PoolOrder) {
    let (batch, floor, nodes) = (pool.policy.batch, pool.policy.floor, pool.nodes.len());
    if nodes == 0 {
        problems.push(Problem::new(
            at,
            format!("pool {} has no nodes", pool.title()),
        ));
    } else if batch == 0 {
        problems.push(Problem::new(
            format!("{at}.batch"),
            "a batch has at least one node",
        ));
    } else if u64::from(batch) + u64::from(floor) > nodes as u64 {
        let words =
            format!("a floor of {floor} leaves no room for a batch of {batch} with {nodes} nodes");
        problems.push(Problem::new(format!("{at}.floor"), words));
    }
}

/// A day; the file's spans end there too.
const DAY_MS: u64 = 24 * 3_600_000;

fn stage_rules(problems: &mut Vec<Problem>, at: &str, policy: &Policy) {
    for (field, ms) in [
        ("hold_limit", policy.hold_limit_ms),
        ("soak", policy.soak_ms),
    ] {
        if ms > DAY_MS {
            problems.push(Problem::new(
                format!("{at}.{field}"),
                "this is longer than a day",
            ));
        }
    }
    if policy.hold_limit_ms == 0 {
        let words = "a hold that keeps a node out needs some time";
        problems.push(Problem::new(format!("{at}.hold_limit"), words));
    }
    let mut seen = BTreeSet::new();
    for (i, rule) in policy.stages.iter().enumerate() {
        let at = format!("{at}.stage[{i}]");
        if !seen.insert(rule.work) {
            let words = format!("{} has two rules", rule.work);
            problems.push(Problem::new(format!("{at}.work"), words));
        }
        if rule.tries == Some(0) {
            let words = format!("{} must be tried at least once", rule.work);
            problems.push(Problem::new(format!("{at}.tries"), words));
        }
        if rule.tries.is_none() && rule.limit_ms.is_none() {
            let words = format!(
                "the rule for {} says nothing; give it tries or a limit",
                rule.work
            );
            problems.push(Problem::new(format!("{at}.work"), words));
        }
        match (rule.work, rule.limit_ms) {
            (_, Some(ms)) if ms == 0 || ms > DAY_MS => {
                let words = "a limit is between 1 ms and 24 h";
                problems.push(Problem::new(format!("{at}.limit"), words));
            }
            (Work::Soak, Some(ms)) if ms < policy.soak_ms => {
                let words = "nodes are watched for longer than this limit";
                problems.push(Problem::new(format!("{at}.work"), words));
            }
            _ => {}
        }
    }
}

fn probe(problems: &mut Vec<Problem>, at: &str, probe: &ProbeSettings) {
    path_on_site(problems, format!("{at}.path"), &probe.path);
    if !(100..=599).contains(&probe.status) {
        let words = format!("{} is no HTTP status", probe.status);
        problems.push(Problem::new(format!("{at}.status"), words));
    }
    if probe.good == 0 {
        problems.push(Problem::new(
            format!("{at}.good"),
            "at least one good answer must be asked for",
        ));
    }
    if u64::from(probe.good).saturating_mul(probe.interval_ms) > probe.limit_ms {
        let words = format!("{} good answers do not fit into the limit", probe.good);
        problems.push(Problem::new(format!("{at}.good"), words));
    }
    let at = format!("{at}.fingerprint");
    match &probe.fingerprint {
        Fingerprint::Header(name) => {
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                problems.push(Problem::new(at, format!("`{name}` is no header name")));
            }
        }
        Fingerprint::Path(path) => path_on_site(problems, at, path),
        Fingerprint::None => {}
    }
}

fn nodes(problems: &mut Vec<Problem>, at: &str, pool: &PoolOrder) {
    let mut names = BTreeSet::new();
    for (i, node) in pool.nodes.iter().enumerate() {
        let at = format!("{at}.node[{i}]");
        let name = &node.name;
        if !names.insert(name) {
            let words = format!("node `{name}` is in this pool twice");
            problems.push(Problem::new(format!("{at}.name"), words));
        }
        let ssh = &node.ssh;
        // These become arguments of ssh.
        let odd = |text: &str| {
            text.is_empty()
                || text.starts_with('-')
                || text.contains(|c: char| {
                    c.is_whitespace() || c.is_control() || "'\"\\$`@/".contains(c)
                })
        };
        if odd(&ssh.user) || odd(&ssh.host) || ssh.port == 0 {
            let words = format!("`{}@{}:{}` is no SSH address", ssh.user, ssh.host, ssh.port);
            problems.push(Problem::new(format!("{at}.ssh"), words));
        }
        if let Some(key) = &node.host_key
            && let Err(words) = host_key::parse(key)
        {
            problems.push(Problem::new(format!("{at}.host_key"), words));
        }
        web_address(problems, format!("{at}.app"), &node.app_url);
        deploy_root(problems, format!("{at}.deploy_root"), &node.deploy_root);
        if node.workers.is_empty() {
            let words = format!("node `{name}` is a member of no balancer");
            problems.push(Problem::new(format!("{at}.workers"), words));
        }
        for balancer in node.workers.keys() {
            if !pool.balancers.contains(balancer) {
                let words = format!("the pool does not use the balancer `{balancer}`");
                problems.push(Problem::new(format!("{at}.workers.{balancer}"), words));
            }
        }
    }
}

fn deploy_root(problems: &mut Vec<Problem>, at: String, path: &str) {
    let climbs = path
        .split('/')
        .skip(1)
        .any(|part| matches!(part, "" | "." | ".."));
    if !path.starts_with('/') || climbs || path.contains(char::is_control) {
        problems.push(Problem::new(at, format!("`{path}` is no absolute folder")));
    }
}

/// No two nodes, of whichever pools, may be the same machine's same folder or the same worker.
fn shared_by_nodes(problems: &mut Vec<Problem>, request: &ApplyRequest) {
    let mut folders: BTreeMap<_, &Name> = BTreeMap::new();
    let mut workers: BTreeMap<_, &Name> = BTreeMap::new();
    for (p, pool) in request.pools.iter().enumerate() {
        for (n, node) in pool.nodes.iter().enumerate() {
            let at = format!("pool[{p}].node[{n}]");
            let place = (&node.ssh.host, node.ssh.port, &node.deploy_root);
            if let Some(other) = folders.insert(place, &node.name) {
                let words = format!(
                    "nodes `{other}` and `{}` share the folder {} at {}:{}",
                    node.name, node.deploy_root, node.ssh.host, node.ssh.port
                );
                problems.push(Problem::new(format!("{at}.deploy_root"), words));
            }
            for (balancer, worker) in &node.workers {
                if let Some(other) = workers.insert((balancer, worker), &node.name) {
                    let words = format!(
                        "nodes `{other}` and `{}` are the same worker `{worker}` in `{balancer}`",
                        node.name
                    );
                    problems.push(Problem::new(format!("{at}.workers.{balancer}"), words));
                }
            }
        }
    }
}

fn web_address(problems: &mut Vec<Problem>, at: String, address: &str) {
    let url = Url::parse(address).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        None => problems.push(Problem::new(
            at,
            format!("`{address}` is no http or https address"),
        )),
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            problems.push(Problem::new(
                at,
                "a user or password does not belong in an address",
            ));
        }
        Some(_) => {}
    }
}

fn path_on_site(problems: &mut Vec<Problem>, at: String, path: &str) {
    if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
        problems.push(Problem::new(
            at,
            format!("`{path}` does not begin with / or has a space in it"),
        ));
    }
}

fn list(names: &[impl Display]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
