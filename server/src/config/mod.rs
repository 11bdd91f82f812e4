//! What the service is told at its start: flags before environment before file, one struct per concern.
//!
//! A value that is unknown, wrong or missing stops the start and is named with where it came from; nothing is
//! read from the environment or the file later on.

/// Every setting there is: its key, flag, variable, default and sentence.
pub mod setting;

/// Flags, environment and file, merged; each value remembers its source.
pub mod source;

/// Folders, and the file of secrets.
pub mod data;

/// Where blobs are kept.
pub mod objects;

/// How long evidence is kept.
pub mod evidence;

/// PostgreSQL: given, or a private one.
pub mod database;

/// Addresses, cookies, proxies, the browser's half.
pub mod web;

/// How we sign in to the nodes.
pub mod ssh;

/// Browser and driver of the smoke tests.
pub mod browser;

/// Lease and pace of the rolling jobs.
pub mod rolling;

/// How often nodes and balancers are compared with what we left.
pub mod drift;

/// What is logged, and how.
pub mod log;

pub use self::{
    browser::BrowserConfig, data::DataConfig, database::DatabaseConfig, drift::DriftConfig,
    evidence::EvidenceConfig, log::LogConfig, objects::ObjectsConfig, rolling::RollingConfig,
    setting::ServeArgs, source::Sources, ssh::SshConfig, web::WebConfig,
};
use std::path::Path;

#[derive(Debug, Clone)]
pub struct Config {
    pub data: DataConfig,
    pub objects: ObjectsConfig,
    pub evidence: EvidenceConfig,
    pub database: DatabaseConfig,
    pub web: WebConfig,
    pub ssh: SshConfig,
    pub browser: BrowserConfig,
    pub rolling: RollingConfig,
    pub drift: DriftConfig,
    pub log: LogConfig,
}

/// Why the service does not start: which setting, from where, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `file`, `line` and `column` are in the text where there is a file.
    #[error("{place}: {why}")]
    File { place: String, why: String },
    #[error("{from}: unknown setting `{name}`{hint}")]
    Unknown {
        name: String,
        from: String,
        hint: String,
    },
    #[error("`{key}` ({from}): {why}")]
    Wrong {
        key: &'static str,
        from: String,
        why: String,
    },
}

impl Config {
    /// All concerns from the merged sources; the first wrong value is the error.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let data = DataConfig::from_sources(sources)?;
        Ok(Self {
            objects: ObjectsConfig::from_sources(sources, &data)?,
            evidence: EvidenceConfig::from_sources(sources)?,
            database: DatabaseConfig::from_sources(sources)?,
            web: WebConfig::from_sources(sources)?,
            ssh: SshConfig::from_sources(sources)?,
            browser: BrowserConfig::from_sources(sources)?,
            rolling: RollingConfig::from_sources(sources)?,
            drift: DriftConfig::from_sources(sources)?,
            log: LogConfig::from_sources(sources)?,
            data,
        })
    }

    /// A service of its own below `folder`: a free port, a socket in the folder, quick engine.
    pub fn for_testing(folder: &Path) -> Self {
        Self {
            data: DataConfig::for_testing(folder),
            objects: ObjectsConfig::for_testing(folder),
            evidence: EvidenceConfig::for_testing(),
            database: DatabaseConfig::for_testing(),
            web: WebConfig::for_testing(folder),
            ssh: SshConfig::for_testing(),
            browser: BrowserConfig::for_testing(),
            rolling: RollingConfig::for_testing(),
            drift: DriftConfig::for_testing(),
            log: LogConfig::for_testing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::KeyPlace;
    use std::collections::BTreeMap;

    fn load(
        flags: &[(&'static str, &str)],
        env: &[(&str, &str)],
        file: &str,
    ) -> Result<Config, String> {
        let pairs = |list: &[(&str, &str)]| -> BTreeMap<String, String> {
            list.iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect()
        };
        let flags = flags
            .iter()
            .map(|(key, text)| (*key, (*text).to_owned()))
            .collect();
        Sources::merge(flags, &pairs(env), Some(("pitlane.toml", file)))
            .and_then(|sources| Config::from_sources(&sources))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn flags_win_over_environment_and_environment_over_file() {
        let file = "[web]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://a.test\"\nsite = \"/srv/site\"\n";
        let env = [
            ("PITLANE_LISTEN", "127.0.0.1:2"),
            ("PITLANE_PUBLIC_URL", "https://b.test"),
        ];
        let config = load(&[("web.listen", "127.0.0.1:3")], &env, file).unwrap();
        assert_eq!(config.web.listen.port(), 3);
        assert_eq!(config.web.public_url.as_str(), "https://b.test/");
        assert_eq!(config.web.site, Path::new("/srv/site"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_source() {
        type Case<'a> = (
            &'a [(&'static str, &'a str)],
            &'a [(&'a str, &'a str)],
            &'a str,
            &'a str,
        );
        let cases: &[Case] = &[
            (
                &[],
                &[],
                "[web]\nlisen = 1\n",
                "pitlane.toml:2:1: unknown setting `web.lisen`; [web] has listen, ",
            ),
            (
                &[],
                &[],
                "[wed]\nlisten = 1\n",
                "pitlane.toml:1:2: unknown setting `wed`",
            ),
            (
                &[],
                &[],
                "listen = 1\n",
                "pitlane.toml:1:1: unknown setting `listen`",
            ),
            (
                &[],
                &[],
                "[web]\nlisten = [1]\n",
                "pitlane.toml:2:10: `web.listen` must be text",
            ),
            (&[], &[], "[web]\nlisten\n", "pitlane.toml:2:"),
            (
                &[],
                &[],
                "[web]\nlisten = 7700\n",
                "`web.listen` (pitlane.toml:2:10): `7700` is no address with port",
            ),
            (
                &[],
                &[("PITLANE_LISEN", "x")],
                "",
                "environment: unknown setting `PITLANE_LISEN`",
            ),
            (
                &[("web.public_url", "shop")],
                &[],
                "",
                "`web.public_url` (flag --public-url): `shop` is no address",
            ),
            (
                &[],
                &[("PITLANE_PUBLIC_URL", "https://a.test/x")],
                "",
                "`web.public_url` (environment PITLANE_PUBLIC_URL): ",
            ),
            (
                &[],
                &[("PITLANE_BROWSER_NO_SANDBOX", "maybe")],
                "",
                "`browser.no_sandbox` (environment PITLANE_BROWSER_NO_SANDBOX): `maybe` is neither true nor false",
            ),
            (
                &[],
                &[("PITLANE_LEASE", "soon")],
                "",
                "`rolling.lease` (environment PITLANE_LEASE): `soon` is no span of time",
            ),
            (
                &[],
                &[("PITLANE_SSH_IDENTITY", "/no/such/key")],
                "",
                "`ssh.identity` (environment PITLANE_SSH_IDENTITY): there is no file /no/such/key",
            ),
        ];
        for (flags, env, file, starts) in cases {
            let error = load(flags, env, file).unwrap_err();
            assert!(
                error.starts_with(starts),
                "{error}\nshould begin with\n{starts}"
            );
        }
    }

    #[test]
    fn a_password_in_a_database_address_is_never_repeated() {
        let error = load(&[], &[("DATABASE_URL", "mysql://u:hunter2@h/d")], "").unwrap_err();
        assert!(
            error.contains("DATABASE_URL") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn keys_come_from_the_environment_or_a_file_and_are_never_repeated() {
        let key = "ab".repeat(32);
        let two = format!("{key},{}", "cd".repeat(32));
        let config = load(&[], &[("PITLANE_SECRETS_KEY", &two)], "").unwrap();
        assert!(
            matches!(&config.data.secrets_key, KeyPlace::Given(keys) if keys.ids().count() == 2)
        );
        assert!(!format!("{config:?}").contains("abab"));
        let error = load(&[], &[("PITLANE_SECRETS_KEY", "hunter2")], "").unwrap_err();
        assert!(
            error.contains("environment PITLANE_SECRETS_KEY") && !error.contains("hunter2"),
            "{error}"
        );
        let file = ("PITLANE_SECRETS_KEY_FILE", "/srv/key");
        let config = load(&[], &[file], "").unwrap();
        assert_eq!(config.data.secrets_key, KeyPlace::File("/srv/key".into()));
        let error = load(&[], &[file, ("PITLANE_SECRETS_KEY", &key)], "").unwrap_err();
        assert!(error.contains("keep one of both"), "{error}");
    }

    #[test]
    fn a_lease_shorter_than_its_heartbeats_is_refused() {
        let error = load(&[], &[("PITLANE_LEASE", "5s")], "").unwrap_err();
        assert!(error.contains("`rolling.lease`"), "{error}");
    }
}
