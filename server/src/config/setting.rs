//! Every setting there is, in one table: the file's keys, the flags with their help, the variables.

use clap::{Arg, ArgAction, ArgMatches, Command};
use std::{collections::BTreeMap, path::PathBuf};

/// One thing that can be set.
#[derive(Debug)]
pub struct Setting {
    /// `table.key` in the file.
    pub key: &'static str,
    /// Without the dashes.
    pub flag: &'static str,
    pub variable: &'static str,
    /// Shown in the help in place of the value.
    pub value: &'static str,
    /// In words; the value itself is in the concern's own file.
    pub default: &'static str,
    pub help: &'static str,
}

/// A flag without a value: naming it means `true`.
const SWITCH: &str = "";

#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    Setting { key: "data.dir", flag: "data-dir", variable: "PITLANE_DATA_DIR", value: "FOLDER",
        default: "/var/lib/pitlane as root, else the XDG data folder",
        help: "Where everything that must survive lies" },
    Setting { key: "data.secrets", flag: "secrets", variable: "PITLANE_SECRETS", value: "FILE",
        default: "secrets.toml in the data folder, if there is one",
        help: "Secrets that smoke suites name (`name = \"value\"`), readable by its owner only" },
    Setting { key: "objects.url", flag: "objects-url", variable: "PITLANE_OBJECTS_URL", value: "URL",
        default: "the folder `objects` in the data folder",
        help: "Where artefacts and evidence are kept: s3://BUCKET/PREFIX, the same for every server" },
    Setting { key: "objects.endpoint", flag: "objects-endpoint", variable: "PITLANE_OBJECTS_ENDPOINT", value: "URL",
        default: "Amazon's own for the region",
        help: "Address of another store that speaks S3" },
    Setting { key: "objects.region", flag: "objects-region", variable: "PITLANE_OBJECTS_REGION", value: "REGION",
        default: "us-east-1",
        help: "Where the bucket is" },
    Setting { key: "objects.credentials", flag: "objects-credentials", variable: "PITLANE_OBJECTS_CREDENTIALS", value: "FILE",
        default: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        help: "File of `access_key_id` and `secret_access_key`, readable by its owner only; or `instance` for the machine's own role" },
    Setting { key: "objects.allow_http", flag: "objects-allow-http", variable: "PITLANE_OBJECTS_ALLOW_HTTP", value: SWITCH,
        default: "false, but true for an endpoint on this machine",
        help: "Speak plain http with the endpoint" },
    Setting { key: "evidence.keep_days", flag: "evidence-keep-days", variable: "PITLANE_EVIDENCE_KEEP_DAYS", value: "DAYS",
        default: "90",
        help: "How long pictures and pages of a deployment are kept at least" },
    Setting { key: "evidence.keep_deployments", flag: "evidence-keep-deployments", variable: "PITLANE_EVIDENCE_KEEP_DEPLOYMENTS", value: "COUNT",
        default: "50",
        help: "Of so many deployments of each pool they are kept, however old" },
    Setting { key: "data.secrets_key_file", flag: "secrets-key-file", variable: "PITLANE_SECRETS_KEY_FILE", value: "FILE",
        default: "secrets.key in the data folder, made at first need",
        help: "Keys that secrets of environments are encrypted with, 64 hex digits a line; the first seals, all open" },
    Setting { key: "database.url", flag: "database-url", variable: "DATABASE_URL", value: "URL",
        default: "a private PostgreSQL in the data folder",
        help: "PostgreSQL to use; a transaction pooler may stand before it" },
    Setting { key: "database.direct_url", flag: "database-direct-url", variable: "DATABASE_DIRECT_URL", value: "URL",
        default: "as --database-url",
        help: "The same database without a pooler: for migrations, notifications and heartbeats" },
    Setting { key: "web.listen", flag: "listen", variable: "PITLANE_LISTEN", value: "ADDRESS:PORT",
        default: "127.0.0.1:7700",
        help: "Where the dashboard listens; port 0 takes a free one" },
    Setting { key: "web.socket", flag: "socket", variable: "PITLANE_SOCKET", value: "FILE",
        default: "/run/pitlane/pitlane.sock as root, else below XDG_RUNTIME_DIR",
        help: "Where the command line finds the service; only its owner may connect" },
    Setting { key: "web.public_url", flag: "public-url", variable: "PITLANE_PUBLIC_URL", value: "URL",
        default: "http:// and the listening address",
        help: "The address people use; with https, cookies are sent over https only" },
    Setting { key: "web.trusted_proxies", flag: "trusted-proxies", variable: "PITLANE_TRUSTED_PROXIES", value: "NETWORKS",
        default: "none",
        help: "Reverse proxies whose X-Forwarded-For is believed: addresses or networks, with commas" },
    Setting { key: "web.site", flag: "site", variable: "PITLANE_SITE", value: "FOLDER",
        default: "the folder `site` beside the program",
        help: "The browser's half: wasm, styles, pictures" },
    Setting { key: "ssh.identity", flag: "ssh-identity", variable: "PITLANE_SSH_IDENTITY", value: "FILE",
        default: "what ssh itself would use",
        help: "Private key for the nodes; a path, the key is never stored" },
    Setting { key: "ssh.agent", flag: "ssh-agent", variable: "PITLANE_SSH_AGENT", value: "SOCKET",
        default: "SSH_AUTH_SOCK",
        help: "Agent that holds the key" },
    Setting { key: "browser.kind", flag: "browser-kind", variable: "PITLANE_BROWSER_KIND", value: "chromium|firefox",
        default: "chromium",
        help: "Which browser runs the smoke tests, here or on the Grid" },
    Setting { key: "browser.chromedriver", flag: "chromedriver", variable: "PITLANE_CHROMEDRIVER", value: "FILE",
        default: "found in PATH",
        help: "WebDriver program for the smoke tests in Chromium" },
    Setting { key: "browser.chromium", flag: "chromium", variable: "PITLANE_CHROMIUM", value: "FILE",
        default: "found in PATH",
        help: "Chromium for the smoke tests" },
    Setting { key: "browser.geckodriver", flag: "geckodriver", variable: "PITLANE_GECKODRIVER", value: "FILE",
        default: "found in PATH",
        help: "WebDriver program for the smoke tests in Firefox" },
    Setting { key: "browser.firefox", flag: "firefox", variable: "PITLANE_FIREFOX", value: "FILE",
        default: "found in PATH",
        help: "Firefox for the smoke tests" },
    Setting { key: "browser.no_sandbox", flag: "browser-no-sandbox", variable: "PITLANE_BROWSER_NO_SANDBOX", value: SWITCH,
        default: "false",
        help: "Run the browser without its own sandbox; for labs only" },
    Setting { key: "browser.at_once", flag: "browsers", variable: "PITLANE_BROWSERS", value: "NUMBER",
        default: "one per two cores; 8 with a Grid",
        help: "Browsers that run at the same time; who needs another one waits" },
    Setting { key: "browser.grid_url", flag: "grid-url", variable: "PITLANE_GRID_URL", value: "URL",
        default: "none: browsers are started here",
        help: "Selenium Grid 4 that lends browsers, with user:password@ if it asks for them" },
    Setting { key: "browser.proxy_bind", flag: "browser-proxy-bind", variable: "PITLANE_BROWSER_PROXY_BIND", value: "ADDRESS",
        default: "127.0.0.1",
        help: "Where proxies listen that lead browsers to the node under test; a Grid's machines must reach it" },
    Setting { key: "browser.proxy_host", flag: "browser-proxy-host", variable: "PITLANE_BROWSER_PROXY_HOST", value: "NAME",
        default: "as --browser-proxy-bind",
        help: "Name or address under which browsers find those proxies" },
    Setting { key: "browser.proxy_users", flag: "browser-proxy-users", variable: "PITLANE_BROWSER_PROXY_USERS", value: "NETWORKS",
        default: "this machine",
        help: "Who may use those proxies, with a Grid its machines: addresses or networks, with commas" },
    Setting { key: "rolling.lease", flag: "lease", variable: "PITLANE_LEASE", value: "SPAN",
        default: "15s",
        help: "How long a job stays with a server that went silent" },
    Setting { key: "rolling.heartbeat", flag: "heartbeat", variable: "PITLANE_HEARTBEAT", value: "SPAN",
        default: "4s",
        help: "How often a lease is renewed" },
    Setting { key: "rolling.margin", flag: "margin", variable: "PITLANE_MARGIN", value: "SPAN",
        default: "5s",
        help: "How long before its end a lease counts as lost" },
    Setting { key: "rolling.poll", flag: "poll", variable: "PITLANE_POLL", value: "SPAN",
        default: "2s",
        help: "How often waiting jobs are looked for, notified or not" },
    Setting { key: "drift.period", flag: "drift-period", variable: "PITLANE_DRIFT_PERIOD", value: "SPAN",
        default: "60s",
        help: "How often nodes and balancers are compared with what we left, between deployments" },
    Setting { key: "drift.at_once", flag: "drift-at-once", variable: "PITLANE_DRIFT_AT_ONCE", value: "NODES",
        default: "16",
        help: "Nodes of a pool that are looked at together" },
    Setting { key: "log.filter", flag: "log", variable: "PITLANE_LOG", value: "FILTER",
        default: "info",
        help: "What is logged: a level, or target=level with commas" },
    Setting { key: "log.format", flag: "log-format", variable: "PITLANE_LOG_FORMAT", value: "text|json",
        default: "text",
        help: "How lines are written to standard error" },
];

/// The keys themselves, in place of a file of them. No flag and no line of a file can hold them: others would read those.
pub const SECRETS_KEY: &str = "PITLANE_SECRETS_KEY";

/// Variables of the command line, which `serve` leaves alone.
pub const CLIENT_VARIABLES: &[&str] = &["PITLANE_TOKEN", "PITLANE_URL", "PITLANE_CONFIG"];

/// The flags of `pitlane serve`, unread: values by key, and the file.
#[derive(Debug, Clone, Default)]
pub struct ServeArgs {
    pub values: BTreeMap<&'static str, String>,
    pub config: Option<PathBuf>,
}

impl clap::FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = SETTINGS
            .iter()
            .filter_map(|setting| {
                let text = if setting.value == SWITCH {
                    matches.get_flag(setting.key).then(|| "true".to_owned())
                } else {
                    matches.get_one::<String>(setting.key).cloned()
                };
                text.map(|text| (setting.key, text))
            })
            .collect();
        Ok(Self {
            values,
            config: matches.get_one::<PathBuf>("config").cloned(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for ServeArgs {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .env("PITLANE_CONFIG")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("TOML file with settings; flags and environment win over it");
        SETTINGS.iter().fold(command.arg(file), |command, setting| {
            let help = format!(
                "{} [env: {}] [default: {}]",
                setting.help, setting.variable, setting.default
            );
            let arg = Arg::new(setting.key).long(setting.flag).help(help);
            command.arg(if setting.value == SWITCH {
                arg.action(ArgAction::SetTrue)
            } else {
                arg.value_name(setting.value)
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
