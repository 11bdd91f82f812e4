//! From the file to the request, remembering where in the text each value stands.

use super::{
    file::{self, File, Fingerprint},
    request::*,
    rules,
};
use app::model::{
    deployment::{self, Policy, ProbeSettings, Recipe, StageRule},
    environment::BalancerProduct,
    name::Name,
    stage::Work,
};
use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Range};
use toml::Spanned;

/// A file that follows the rules.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Without suites; host keys as far as the file has them.
    pub request: ApplyRequest,
    /// Paths of each pool's suite as they are written, relative to the file; empty: none.
    pub suites: Vec<Vec<String>>,
    places: Places,
}

/// Something wrong in the file, line and column counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    pub line: usize,
    pub column: usize,
    pub words: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.words)
    }
}

/// Reads a whole configuration; all problems of a kind at once, in the order of the text.
pub fn read(text: &str) -> Result<ReadFile, Vec<FileError>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![located(
            text,
            at,
            error.message().trim().replace('\n', ", "),
        )]
    })?;
    let mut places = Places {
        text: text.to_owned(),
        spans: BTreeMap::new(),
    };
    let suites = suites(&file);
    let mut problems = Vec::new();
    let request = request(file, &mut places, &mut problems);
    // An address that could not be taken apart would only cause more noise.
    if problems.is_empty() {
        problems = rules::check(&request);
    }
    if problems.is_empty() {
        return Ok(ReadFile {
            request,
            suites,
            places,
        });
    }
    let mut errors: Vec<_> = problems
        .iter()
        .map(|problem| places.find(problem))
        .collect();
    errors.sort_by_key(|error| (error.line, error.column));
    Err(errors)
}

impl ReadFile {
    /// Where in the text a problem lies that somebody else found.
    pub fn locate(&self, problem: &Problem) -> FileError {
        self.places.find(problem)
    }
}

#[derive(Debug, Clone)]
struct Places {
    text: String,
    spans: BTreeMap<String, Range<usize>>,
}

impl Places {
    /// Takes the value, remembers its place.
    fn note<T>(&mut self, at: &str, value: Spanned<T>) -> T {
        let span = value.span();
        if !span.is_empty() {
            self.spans.insert(at.to_owned(), span);
        }
        value.into_inner()
    }

    /// The longest known beginning of a place will do: a node stands where its name does.
    fn find(&self, problem: &Problem) -> FileError {
        let mut at = problem.at.as_str();
        loop {
            let known = [
                at.to_owned(),
                format!("{at}.name"),
                format!("{at}.environment"),
            ]
            .iter()
            .find_map(|key| self.spans.get(key));
            if let Some(span) = known {
                return located(&self.text, span.start, problem.words.clone());
            }
            match at.rfind('.') {
                Some(dot) => at = &at[..dot],
                None => return located(&self.text, 0, problem.words.clone()),
            }
        }
    }
}

fn located(text: &str, at: usize, words: String) -> FileError {
    let before = &text[..text.floor_char_boundary(at)];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    FileError {
        line: before.matches('\n').count() + 1,
        column: before[start..].chars().count() + 1,
        words,
    }
}

fn suites(file: &File) -> Vec<Vec<String>> {
    let paths = |pool: &file::Pool| match pool.suite.as_ref().map(Spanned::get_ref) {
        None => Vec::new(),
        Some(file::Suites::One(path)) => vec![path.clone()],
        Some(file::Suites::Many(paths)) => paths.clone(),
    };
    file.pool.iter().map(paths).collect()
}

fn request(file: File, places: &mut Places, problems: &mut Vec<Problem>) -> ApplyRequest {
    let environments: Vec<_> = file.environment.into_iter().enumerate().collect();
    let variables = variables(&environments, places);
    let environments = environments.into_iter();
    let applications = file.application.into_iter().enumerate();
    let balancers = file.balancer.into_iter().enumerate();
    let pools = file.pool.into_iter().enumerate();
    ApplyRequest {
        environments: environments
            .map(|(i, each)| places.note(&format!("environment[{i}].name"), each.name))
            .collect(),
        variables,
        applications: applications
            .map(|(i, each)| application(&format!("application[{i}]"), each, places))
            .collect(),
        balancers: balancers
            .map(|(i, each)| balancer(&format!("balancer[{i}]"), each, places))
            .collect(),
        pools: pools
            .map(|(i, each)| pool(&format!("pool[{i}]"), each, places, problems))
            .collect(),
        accept_changed_host_keys: false,
    }
}

fn variables(
    environments: &[(usize, file::Environment)],
    places: &mut Places,
) -> BTreeMap<Name, BTreeMap<String, String>> {
    let mut all = BTreeMap::<Name, BTreeMap<String, String>>::new();
    for (i, given) in environments {
        for (name, value) in &given.variables {
            let at = format!("environment[{i}].variables.{name}");
            let value = places.note(&at, value.clone());
            let own = all.entry(given.name.get_ref().clone()).or_default();
            own.insert(name.clone(), value);
        }
    }
    all
}

fn application(at: &str, given: file::Application, places: &mut Places) -> ApplicationOrder {
    let recipe = given.recipe;
    let shared = recipe.shared.into_iter().enumerate();
    ApplicationOrder {
        name: places.note(&format!("{at}.name"), given.name),
        recipe: Recipe {
            shared: shared
                .map(|(i, path)| places.note(&format!("{at}.recipe.shared[{i}]"), path))
                .collect(),
            restart: places.note(&format!("{at}.recipe.restart"), recipe.restart),
            output: recipe
                .output
                .map(|output| places.note(&format!("{at}.recipe.output"), output)),
            keep: places.note(&format!("{at}.recipe.keep"), recipe.keep),
            command_limit_ms: recipe.command_limit.0,
            prepare_at_once: places.note(
                &format!("{at}.recipe.prepare_at_once"),
                recipe.prepare_at_once,
            ),
        },
    }
}

fn balancer(at: &str, given: file::Balancer, places: &mut Places) -> BalancerOrder {
    BalancerOrder {
        name: places.note(&format!("{at}.name"), given.name),
        product: BalancerProduct::Apache {
            manager_url: places.note(&format!("{at}.manager_url"), given.manager_url),
            balancer: places.note(&format!("{at}.balancer"), given.balancer),
            referer: given
                .referer
                .map(|referer| places.note(&format!("{at}.referer"), referer)),
            accept_no_persist: given.accept_no_persist,
        },
    }
}

fn pool(
    at: &str,
    given: file::Pool,
    places: &mut Places,
    problems: &mut Vec<Problem>,
) -> PoolOrder {
    let balancers = given.balancers.into_iter().enumerate();
    let balancers: Vec<Name> = balancers
        .map(|(i, name)| places.note(&format!("{at}.balancers[{i}]"), name))
        .collect();
    if let Some(suite) = given.suite {
        places.note(&format!("{at}.suite"), suite);
    }
    let rules = given.stage.into_iter().enumerate();
    let stages = rules
        .filter_map(|(i, rule)| stage_rule(&format!("{at}.stage[{i}]"), rule, places, problems))
        .collect();
    let nodes = given.node.into_iter().enumerate();
    PoolOrder {
        environment: places.note(&format!("{at}.environment"), given.environment),
        application: places.note(&format!("{at}.application"), given.application),
        policy: Policy {
            batch: places.note(&format!("{at}.batch"), given.batch),
            floor: places.note(&format!("{at}.floor"), given.floor),
            drain_limit_ms: given.drain_limit.0,
            at_drain_limit: given.at_drain_limit.into(),
            isolation_limit_ms: given.isolation_limit.0,
            on_failure: given.on_failure.into(),
            hold_limit_ms: given.hold_limit.0,
            soak_ms: given.soak.map_or(0, |soak| soak.0),
            rehearse: given.rehearse,
            rehearse_every_ms: given.rehearse_every.map_or(0, |every| every.0),
            stages,
        },
        probe: probe(&format!("{at}.probe"), given.probe, places),
        suite: None,
        visitors_url: given
            .visitors_url
            .map(|url| places.note(&format!("{at}.visitors_url"), url)),
        nodes: nodes
            .map(|(i, each)| {
                node(
                    &format!("{at}.node[{i}]"),
                    each,
                    &balancers,
                    places,
                    problems,
                )
            })
            .collect(),
        balancers,
    }
}

/// `None`: it names no work, which is among the problems then.
fn stage_rule(
    at: &str,
    given: file::StageRule,
    places: &mut Places,
    problems: &mut Vec<Problem>,
) -> Option<StageRule> {
    let word = places.note(&format!("{at}.work"), given.work);
    let tries = given
        .tries
        .map(|tries| places.note(&format!("{at}.tries"), tries));
    match Work::try_from(Cow::from(&word)) {
        Ok(work) => Some(StageRule {
            work,
            tries,
            limit_ms: given.limit.map(|limit| limit.0),
        }),
        Err(words) => {
            problems.push(Problem::new(format!("{at}.work"), words));
            None
        }
    }
}

fn probe(at: &str, given: file::Probe, places: &mut Places) -> ProbeSettings {
    ProbeSettings {
        path: places.note(&format!("{at}.path"), given.path),
        status: places.note(&format!("{at}.status"), given.status),
        good: places.note(&format!("{at}.good"), given.good),
        interval_ms: given.interval.0,
        limit_ms: given.limit.0,
        fingerprint: match places.note(&format!("{at}.fingerprint"), given.fingerprint) {
            Fingerprint::Header(name) => deployment::Fingerprint::Header(name),
            Fingerprint::Path(path) => deployment::Fingerprint::Path(path),
            Fingerprint::None => deployment::Fingerprint::None,
        },
    }
}

fn node(
    at: &str,
    given: file::Node,
    balancers: &[Name],
    places: &mut Places,
    problems: &mut Vec<Problem>,
) -> NodeOrder {
    let ssh_at = format!("{at}.ssh");
    let ssh = places.note(&ssh_at, given.ssh);
    let ssh = ssh_order(&ssh).unwrap_or_else(|words| {
        problems.push(Problem::new(&ssh_at, words));
        SshOrder {
            user: String::new(),
            host: String::new(),
            port: 22,
        }
    });
    let app_url = places.note(&format!("{at}.app"), given.app);
    let app_url = app_url.trim_end_matches('/').to_owned();
    let workers_at = format!("{at}.workers");
    let workers = match given.workers {
        None => balancers
            .iter()
            .map(|balancer| (balancer.clone(), app_url.clone()))
            .collect(),
        Some(workers) => places
            .note(&workers_at, workers)
            .into_iter()
            .map(|(name, worker)| {
                let worker = places.note(&format!("{workers_at}.{name}"), worker);
                (name, worker)
            })
            .collect(),
    };
    let deploy_root = places.note(&format!("{at}.deploy_root"), given.deploy_root);
    NodeOrder {
        name: places.note(&format!("{at}.name"), given.name),
        group: given.group,
        ssh,
        host_key: given
            .host_key
            .map(|key| places.note(&format!("{at}.host_key"), key)),
        app_url,
        deploy_root: match deploy_root.trim_end_matches('/') {
            "" => deploy_root,
            trimmed => trimmed.to_owned(),
        },
        workers,
    }
}

/// `user@host` or `user@host:port`; an IPv6 address in brackets.
fn ssh_order(text: &str) -> Result<SshOrder, String> {
    let wrong = || format!("`{text}` is no SSH address; write user@host or user@host:port");
    let (user, rest) = text.split_once('@').ok_or_else(wrong)?;
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, "22"),
        Some((host, port)) => (host, port.strip_prefix(':').ok_or_else(wrong)?),
        None => rest.split_once(':').unwrap_or((rest, "22")),
    };
    let port = port
        .parse()
        .ok()
        .filter(|&port| port > 0)
        .ok_or_else(wrong)?;
    if user.is_empty() || host.is_empty() {
        return Err(wrong());
    }
    Ok(SshOrder {
        user: user.to_owned(),
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests;
